"""Draws of the PyMC model -> what a fit reports: plain NumPy."""

from dataclasses import dataclass

import numpy as np

from simdesign._kernels.mixture import mixture_quantile
from simdesign.fit.pymc_data import Hypotheses, Kind
from simdesign.records import Bools, Floats
from simdesign.spec.pymc import Sampling

NEGLIGIBLE = 1e-6
"""Hypotheses with less posterior probability are left out of the effect's interval."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draws:
    """What is known at each draw, hypothesis and amplitudes summed out.

    Axes: ``n`` chain, ``t`` draw, ``h`` hypothesis.
    """

    parameters: Floats  # (n, t, parameter)
    divergent: Bools  # (n, t)
    scales: Floats  # (n, t, scale parameter): shared, walk, site, [day scale, degrees]
    log_joint: Floats  # (n, t, h) log probability of each hypothesis given the draw
    first_mean: Floats  # (n, t, h) posterior means of its amplitudes
    second_mean: Floats  # (n, t, h)
    effect_variance: Floats  # (n, t, h) of its contribution to the national level at the look
    weekday: Floats | None = None  # (n, t, 7) around the plugged-in profile; robust model only


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnostics:
    """Worst values over the reported standard deviations and P(break)."""

    r_hat: float
    ess_bulk: float
    ess_tail: float
    ess_prob: float  # of the mean of P(break)
    mcse_prob: float  # Monte Carlo standard error of P(break)
    divergent: float  # share of the draws

    def failure(self, how: Sampling) -> str:
        """Return why the samples are not to be believed, or nothing."""
        if not self.r_hat <= how.max_r_hat:
            return f"R-hat {self.r_hat:.3f} above {how.max_r_hat:g}"
        for name, value in (
            ("bulk ESS", self.ess_bulk), ("tail ESS", self.ess_tail), ("ESS of P", self.ess_prob),
        ):  # fmt: skip
            if not value >= how.min_ess:
                return f"{name} {value:.0f} below {how.min_ess:g}"
        if self.divergent > how.max_divergent:
            return f"{self.divergent:.1%} of the draws diverged, above {how.max_divergent:.1%}"
        return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """One look of one replication, as reported; names as in ``Fit``."""

    score: float  # log posterior odds of a national break
    prob_break: float
    prob_step: float
    prob_slope: float
    prob_both: float
    prob_pulse: float
    effect: float
    effect_low: float
    effect_high: float
    effect_after_one_year: float
    effect_after_three_years: float
    break_day: float  # NaN where no break is dated
    prob: Floats  # (h,) posterior probability of each hypothesis


def summarise(draws: Draws, hyp: Hypotheses) -> Summary:
    """Average the conditional posteriors over the draws (Rao-Blackwell)."""
    n = draws.log_joint.shape[2]
    log_joint = draws.log_joint.reshape(-1, n)
    weight = np.exp(log_joint)
    first, second = draws.first_mean.reshape(-1, n), draws.second_mean.reshape(-1, n)
    effect = first * hyp.first_gain + second * hyp.second_gain
    square = draws.effect_variance.reshape(-1, n) + effect**2
    return _summary(
        hyp, log_joint, weight.mean(axis=0), (weight * first).mean(axis=0),
        (weight * second).mean(axis=0), (weight * square).mean(axis=0),
    )  # fmt: skip


def prior_summary(hyp: Hypotheses) -> Summary:
    """Return the prior in the same terms, where the data can say nothing about a break."""
    variance = (hyp.first_sd * hyp.first_gain) ** 2 + (hyp.second_sd * hyp.second_gain) ** 2
    prob = np.exp(hyp.log_prior)
    nothing = np.zeros(prob.size)
    return _summary(hyp, hyp.log_prior[None, :], prob, nothing, nothing, prob * variance)


def _summary(
    hyp: Hypotheses, log_joint: Floats, prob: Floats, first: Floats, second: Floats, square: Floats
) -> Summary:
    """Report a posterior.

    Parameters
    ----------
    hyp : Hypotheses
    log_joint : ndarray, shape (draw, h)
        Log probabilities, which are averaged for the odds.
    prob, first, second, square : ndarray, shape (h,)
        Probability of each hypothesis, and that times the means of its two amplitudes and the mean
        square of its effect at the look.
    """
    broken = hyp.is_break
    shown = broken & (prob > NEGLIGIBLE)
    atom = float(prob[~broken].sum())
    weight = prob[shown] / (prob[shown].sum() + atom)
    effect = first * hyp.first_gain + second * hyp.second_gain
    mean = effect[shown] / prob[shown]
    sd = np.sqrt(np.maximum(square[shown] / prob[shown] - mean**2, 1e-18))
    atom = 1.0 - float(weight.sum())
    low, high = (mixture_quantile(level, atom, weight, mean, sd) for level in (0.025, 0.975))

    def after(years: float) -> float:
        return float((first + second * years)[broken].sum())

    def share(kind: Kind) -> float:
        return float(prob[hyp.kind == kind].sum())

    return Summary(
        score=_log_mean(log_joint[:, broken]) - _log_mean(log_joint[:, ~broken]),
        prob_break=float(prob[broken].sum()),
        prob_step=share(Kind.STEP),
        prob_slope=share(Kind.SLOPE),
        prob_both=share(Kind.BOTH),
        prob_pulse=share(Kind.PULSE),
        effect=float(effect[broken].sum()),
        effect_low=float(low),
        effect_high=float(high),
        effect_after_one_year=after(1.0),
        effect_after_three_years=after(3.0),
        break_day=_median_day(hyp, prob),
        prob=prob,
    )


def _log_mean(log_prob: Floats) -> float:
    top = log_prob.max()
    return float(top + np.log(np.exp(log_prob - top).sum() / log_prob.shape[0]))


def _median_day(hyp: Hypotheses, prob: Floats) -> float:
    """Return the posterior median of a dated break's day, days of an interval being alike."""
    dated = np.flatnonzero(hyp.is_dated)
    if dated.size == 0 or prob[dated].sum() <= 0.0:
        return float("nan")
    start, place = np.unique(hyp.start[dated], return_inverse=True)
    end = np.zeros(start.size)
    end[place] = hyp.end[dated]
    share = np.bincount(place, weights=prob[dated])
    below = np.cumsum(share) - share
    m = int(np.searchsorted(below + share, 0.5 * share.sum()))
    return float(start[m] + (0.5 * share.sum() - below[m]) / share[m] * (end[m] - start[m]))
