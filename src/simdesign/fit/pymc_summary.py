"""Draws of the PyMC model -> what a fit reports: plain NumPy."""

from dataclasses import dataclass

import numpy as np

from simdesign._kernels.mixture import mixture_quantile
from simdesign.fit.pymc_data import Hypotheses
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
    effect_mean: Floats  # (n, t, h) of its contribution to the national level at the look
    effect_variance: Floats  # (n, t, h)
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
    """One look of one replication, as reported."""

    score: float  # log posterior odds of a national break
    prob_break: float
    effect: float
    effect_low: float
    effect_high: float
    break_day: float  # NaN where no break is dated
    prob: Floats  # (h,) posterior probability of each hypothesis


def summarise(draws: Draws, hyp: Hypotheses) -> Summary:
    """Average the conditional posteriors over the draws (Rao-Blackwell)."""
    n = draws.log_joint.shape[2]
    log_joint = draws.log_joint.reshape(-1, n)
    weight = np.exp(log_joint)
    mean, variance = draws.effect_mean.reshape(-1, n), draws.effect_variance.reshape(-1, n)
    return summary_of(
        hyp, log_joint, weight.mean(axis=0), (weight * mean).mean(axis=0),
        (weight * (variance + mean**2)).mean(axis=0),
    )  # fmt: skip


def prior_summary(hyp: Hypotheses) -> Summary:
    """Return the prior in the same terms, where the data can say nothing about a break."""
    variance = (hyp.first_sd * hyp.first_gain) ** 2 + (hyp.second_sd * hyp.second_gain) ** 2
    prob = np.exp(hyp.log_prior)
    return summary_of(hyp, hyp.log_prior[None, :], prob, np.zeros(prob.size), prob * variance)


def summary_of(
    hyp: Hypotheses, log_joint: Floats, prob: Floats, first: Floats, second: Floats
) -> Summary:
    """Report a posterior.

    Parameters
    ----------
    hyp : Hypotheses
    log_joint : ndarray, shape (draw, h)
        Log probabilities, which are averaged for the odds.
    prob, first, second : ndarray, shape (h,)
        Probability of each hypothesis, and that times the first two moments of the effect.
    """
    broken = hyp.is_break
    shown = broken & (prob > NEGLIGIBLE)
    atom = float(prob[~broken].sum())
    weight = prob[shown] / (prob[shown].sum() + atom)
    mean = first[shown] / prob[shown]
    sd = np.sqrt(np.maximum(second[shown] / prob[shown] - mean**2, 1e-18))
    atom = 1.0 - float(weight.sum())
    low, high = (mixture_quantile(level, atom, weight, mean, sd) for level in (0.025, 0.975))
    return Summary(
        score=_log_mean(log_joint[:, broken]) - _log_mean(log_joint[:, ~broken]),
        prob_break=float(prob[broken].sum()),
        effect=float(first[broken].sum()),
        effect_low=float(low),
        effect_high=float(high),
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
