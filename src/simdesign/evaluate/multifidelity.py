"""A slow estimator's probability of alarm from a few of its fits and all of a fast one's.

The fast estimator is fitted to all replications, the slow one to a random subset that is stratified
by the fast one's distance to the threshold. Estimators, variances and what they are conditional on
are derived in docs/multifidelity.md.
"""

from dataclasses import dataclass

import numpy as np

from simdesign.evaluate.measure import Measure, resampled_measure, wilson
from simdesign.records import Bools, Floats, Ints


@dataclass(frozen=True, slots=True, kw_only=True)
class Peaks:
    """Largest scores before and in the window in which a first alarm counts.

    Of an unchanged programme nothing lies before and the window is the whole programme. Minus
    infinity where there is no score: it raises no alarm.
    """

    before: Floats  # (n,) an alarm here is premature and rules out one that counts
    during: Floats  # (n,)

    def alarm(self, thresholds: Floats) -> Bools:
        """Return whether the first alarm lies in the window, shape (d, n) for (d,) thresholds."""
        at = np.asarray(thresholds, dtype=float)[:, None]
        return np.asarray((self.before[None, :] <= at) & (self.during[None, :] > at))

    def margin(self, threshold: float) -> Floats:
        """Return the signed distance to a change of the outcome: positive where there is an alarm.

        The outcome changes when the smaller of ``during - threshold`` and ``threshold - before``
        changes its sign.
        """
        return np.asarray(np.minimum(self.during - threshold, threshold - self.before))


def peaks(score: Floats, premature: Bools, counts: Bools) -> Peaks:
    """Return the largest scores of the looks before and within the window.

    Parameters
    ----------
    score : ndarray of float64, shape (n, k)
        NaN raises no alarm.
    premature, counts : ndarray of bool, shape (n, k)
        Looks whose alarm would be premature, or would count.
    """
    known = np.where(np.isnan(score), -np.inf, score)
    return Peaks(
        before=np.where(premature, known, -np.inf).max(axis=1, initial=-np.inf),
        during=np.where(counts, known, -np.inf).max(axis=1, initial=-np.inf),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Subset:
    """Which replications the slow estimator fitted, and with which probability each was chosen."""

    stratum: Ints  # (n,) of every replication, 0-based without gaps
    fitted: Ints  # (m,) numbers of the replications that were fitted

    @property
    def size(self) -> Ints:
        """Replications of each stratum, shape (h,)."""
        return np.bincount(self.stratum).astype(np.int64)

    @property
    def n_fitted(self) -> Ints:
        """Fitted replications of each stratum, shape (h,)."""
        return np.bincount(self.stratum[self.fitted], minlength=self.size.size).astype(np.int64)

    @property
    def inclusion(self) -> Floats:
        """Probability with which each fitted replication was chosen, shape (m,)."""
        return np.asarray((self.n_fitted / self.size)[self.stratum[self.fitted]])

    @property
    def is_complete(self) -> bool:
        """Whether every stratum has a fit; without that nothing is known about one of them."""
        return bool(self.size.size and (self.n_fitted > 0).all())


def difference_share(fast: Bools, slow: Bools, subset: Subset, n_failed: int = 0) -> Measure:
    r"""Return P(alarm of the slow estimator) by the stratified difference estimator.

    .. math:: \hat p = \frac1N \sum_r F_r + \sum_h \frac{N_h}{N}\,
              \frac{1}{n_h}\sum_{r \in s_h} (S_r - F_r)
              = \frac1N \sum_r F_r + \frac1N \sum_{r \in s} \frac{S_r - F_r}{\pi_r}

    Its MCSE has two parts: that of N replications instead of all, and that of the subset. The 95 %
    interval adds Wilson intervals of the strata (Zou & Donner 2008, Statistics in Medicine
    27:1693), so that unanimous strata do not pass for known ones.

    Parameters
    ----------
    fast : ndarray of bool, shape (n,)
        Alarm of the fast estimator.
    slow : ndarray of bool, shape (m,)
        Alarm of the slow one, in the order of ``subset.fitted``.
    subset : Subset
    n_failed : int
        Fitted replications with a failed look; they raise no alarm there.
    """
    if not subset.is_complete:
        return _unknown(subset, n_failed)
    change = slow.astype(float) - fast[subset.fitted]
    share, n = subset.size / fast.size, subset.n_fitted
    mean, variance = _stratum_moments(change, subset)
    value = float(fast.mean() + share @ mean)
    level = _mean_by(fast.astype(float), subset.stratum) + mean  # the slow share of each stratum
    between = _between(level, value, share, fast.size)
    within = float((share**2 * variance / n).sum())
    mcse = float(np.sqrt(within + between))
    low, high = _interval(value, level, share, subset, between)
    return Measure(
        value=value, mcse=mcse, n_rep=int(n.sum()), n_failed=n_failed, low=low, high=high
    )


def subset_error(fast: Bools, slow: Bools, subset: Subset) -> float:
    """Return the part of the MCSE that more slow fits of the same replications would remove."""
    if not subset.is_complete:
        return np.nan
    change = slow.astype(float) - fast[subset.fitted]
    share, n = subset.size / fast.size, subset.n_fitted
    _, variance = _stratum_moments(change, subset)
    return float(np.sqrt((share**2 * variance * (1.0 / n - 1.0 / subset.size)).sum()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Regression:
    """A regression control variate."""

    share: Measure
    coefficient: float
    """Of the control, fitted within strata; NaN where the control does not vary in any."""


def regression_share(control: Floats, slow: Bools, subset: Subset, n_failed: int = 0) -> Regression:
    r"""Return P(alarm of the slow estimator) with a control known for every replication.

    The combined regression estimator (Cochran 1977, section 7.10)

    .. math:: \hat p = \sum_h W_h \left[\bar S_h + \beta(\bar X_h^{all} - \bar X_h)\right],\quad
              \beta = \frac{\sum_h W_h^2 / n_h \; \widehat{cov}_h(S, X)}
                           {\sum_h W_h^2 / n_h \; \widehat{var}_h(X)}

    with the one coefficient that minimises its variance (written here without the finite-population
    factor 1 - n_h / N_h, which is used). Where the control is constant in every
    stratum, as the fast alarm itself is, the stratification has used it up and the coefficient is
    not defined: then this is the stratified mean.

    Parameters
    ----------
    control : ndarray of float64, shape (n,)
        Finite, known for every replication, for example the fast estimator's probability of a
        break on the scale of the threshold.
    slow : ndarray of bool, shape (m,)
    subset : Subset
    n_failed : int
    """
    if not subset.is_complete:
        return Regression(share=_unknown(subset, n_failed), coefficient=np.nan)
    share, n = subset.size / control.size, subset.n_fitted
    x, y = control[subset.fitted], slow.astype(float)
    at = subset.stratum[subset.fitted]
    x_mean, x_variance = _stratum_moments(x, subset)
    y_mean, _ = _stratum_moments(y, subset)
    cross = np.bincount(at, (x - x_mean[at]) * (y - y_mean[at]), n.size) / np.maximum(n - 1, 1)
    free = share**2 * (1.0 / n - 1.0 / subset.size)  # strata fitted in full need no control
    scale = float((free * x_variance * (n > 1)).sum())
    slope = float((free * cross).sum()) / scale if scale > 0.0 else np.nan
    used = slope if np.isfinite(slope) else 0.0
    level = y_mean + used * (_mean_by(control, subset.stratum) - x_mean)
    value = float(share @ level)
    _, rest = _stratum_moments(y - used * x, subset)
    between = _between(level, value, share, control.size)
    # the part of the first phase within strata is that of the outcome, not of the residual
    _, whole = _stratum_moments(y, subset)
    within = free * rest + share * whole / control.size
    mcse = float(np.sqrt(within.sum() + between))
    low, high = _interval(value, y_mean, share, subset, between)
    measure = Measure(
        value=value, mcse=mcse, n_rep=int(n.sum()), n_failed=n_failed, low=low, high=high
    )
    return Regression(share=measure, coefficient=slope)


def resampled_share(
    fast: Bools, slow: Bools, subset: Subset, weight: Floats, n_failed: int = 0
) -> Measure:
    """Return the difference estimator with the error of the threshold in its MCSE.

    Parameters
    ----------
    fast : ndarray of bool, shape (d, n)
        Alarm at the threshold of the study (first) and of each resample of the null programmes.
    slow : ndarray of bool, shape (d, m)
    subset : Subset
    weight : ndarray, shape (d, n)
        How often each replication is in the study (once) and in its resamples.
    n_failed : int
    """
    if not subset.is_complete:
        return _unknown(subset, n_failed)
    draws = _difference_draws(fast, slow, subset, weight)
    once = difference_share(fast[0], slow[0], subset, n_failed)
    found = resampled_measure(draws, once.n_rep, n_failed, share=True)
    # unanimous strata have no spread in resamples either: the wider interval is kept
    return Measure(
        value=once.value, mcse=found.mcse, n_rep=once.n_rep, n_failed=n_failed,
        low=min(found.low, once.low), high=max(found.high, once.high), draws=found.draws,
    )  # fmt: skip


def _difference_draws(fast: Bools, slow: Bools, subset: Subset, weight: Floats) -> Floats:
    total = weight.sum(axis=1)
    value = np.einsum("dn,dn->d", weight, fast.astype(float)) / total
    at = subset.stratum[subset.fitted]
    chosen = weight[:, subset.fitted]
    change = slow.astype(float) - fast[:, subset.fitted]
    for h in range(subset.size.size):
        mine = at == h
        own = chosen[:, mine].sum(axis=1)
        share = weight[:, subset.stratum == h].sum(axis=1) / total
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = (chosen[:, mine] * change[:, mine]).sum(axis=1) / own
        value = value + np.where(share > 0.0, share * mean, 0.0)
    return np.asarray(value)


def fitted_weight(subset: Subset) -> Floats:
    """Return how many replications each fitted one stands for, shape (m,): 1 / inclusion."""
    return np.asarray(1.0 / subset.inclusion)


def _stratum_moments(values: Floats, subset: Subset) -> tuple[Floats, Floats]:
    """Return mean and variance (n - 1) of the fitted in each stratum; variance 0 for a single one.

    A single fit of a larger stratum has no estimate of its own; the largest variance of an
    outcome of two values, 1/4, stands for it.
    """
    at, n = subset.stratum[subset.fitted], subset.n_fitted
    mean = np.bincount(at, values, n.size) / n
    square = np.bincount(at, (values - mean[at]) ** 2, n.size)
    variance = np.where(n > 1, square / np.maximum(n - 1, 1), 0.25)
    return mean, np.where(subset.size == 1, 0.0, variance)


def _mean_by(values: Floats, label: Ints) -> Floats:
    return np.asarray(np.bincount(label, values) / np.bincount(label))


def _between(level: Floats, value: float, share: Floats, n: int) -> float:
    """Return the variance of the first phase between strata."""
    return float(share @ (level - value) ** 2) / n


def _interval(
    value: float, level: Floats, share: Floats, subset: Subset, between: float
) -> tuple[float, float]:
    """Return the 95 % interval from Wilson intervals of the strata and the part between them."""
    z = 1.959963984540054
    below, above = z * z * between, z * z * between
    for p, w, n in zip(level.tolist(), share.tolist(), subset.n_fitted.tolist(), strict=True):
        p = min(max(p, 0.0), 1.0)
        low, high = wilson(p, n)
        below += (w * (p - low)) ** 2
        above += (w * (high - p)) ** 2
    return max(0.0, value - float(np.sqrt(below))), min(1.0, value + float(np.sqrt(above)))


def _unknown(subset: Subset, n_failed: int) -> Measure:
    return Measure(value=np.nan, mcse=np.nan, n_rep=int(subset.fitted.size), n_failed=n_failed)
