"""Which replications a slow estimator should fit: strata by distance to the threshold, and sizes.

Derivations: docs/multifidelity.md.
"""

import numpy as np
from scipy import optimize, special

from simdesign.records import Bools, Floats, Ints

SHARES = (0.1, 0.3, 0.6)
"""Cuts of each side of the threshold, as shares of its replications in order of distance: the
strata grow with the distance, because estimators disagree near the threshold."""
FAR = 10.0
"""Distance, in median distances, beyond which a margin counts as this far."""
SMALLEST_STRATUM = 10
"""Replications that a stratum should have; fewer cuts are made where a side holds fewer."""


def strata_by_distance(alarm: Bools, margin: Floats) -> Ints:
    """Return every replication's stratum, numbered from the surest silence to the surest alarm.

    Alarms and silences are never in one stratum: the fast estimator's alarm is constant in each.

    Parameters
    ----------
    alarm : ndarray of bool, shape (n,)
        Of the fast estimator.
    margin : ndarray, shape (n,)
        Signed distance of its score to the threshold, positive where it raises the alarm. It may
        be infinite.
    """
    label = np.zeros(alarm.size, dtype=np.int64)
    first = 0
    for side in (False, True):
        members = np.flatnonzero(alarm == side)
        members = members[np.argsort(np.abs(margin[members]), kind="stable")]
        n = members.size
        cuts: list[int] = []
        for share in SHARES:
            at = round(share * n)
            if at - (cuts[-1] if cuts else 0) >= SMALLEST_STRATUM and n - at >= SMALLEST_STRATUM:
                cuts.append(at)
        parts = [part for part in np.split(members, cuts) if part.size]
        for place, part in enumerate(parts):
            near = place if side else len(parts) - 1 - place
            label[part] = first + near
        first += len(parts)
    return label


def guessed_sd(margin: Floats, stratum: Ints, fitted: Ints, alarm: Bools) -> Floats:
    r"""Return the SD of the slow alarm that each stratum is expected to have, from all fits so far.

    A logistic curve :math:`\log\frac{p}{1-p} = a + b\,g / s` of the margin g, with a weak prior
    (a ~ N(0, 2.5^2), b ~ N(3, 2.5^2), s the median distance of all replications), so that few and
    unanimous fits leave doubt. One curve for all strata: were each stratum's own share used, its
    size would depend on its own luck, and a mean over a size chosen by luck is biased
    (docs/multifidelity.md). The curve decides on sizes only; no estimate uses it.

    Parameters
    ----------
    margin : ndarray, shape (n,)
        As in ``strata_by_distance``.
    stratum : ndarray of int64, shape (n,)
    fitted : ndarray of int64, shape (m,)
    alarm : ndarray of bool, shape (m,)
        Of the slow estimator.
    """
    known = np.isfinite(margin)
    scale = float(np.median(np.abs(margin[known]))) if known.any() else 1.0
    x = np.clip(margin / (scale or 1.0), -FAR, FAR)
    seen, y = x[fitted], alarm.astype(float)

    def loss(ab: Floats) -> float:
        eta = ab[0] + ab[1] * seen
        prior = 0.5 * (ab[0] ** 2 + (ab[1] - 3.0) ** 2) / 2.5**2
        return float(np.logaddexp(0.0, eta).sum() - y @ eta + prior)

    a, b = optimize.minimize(loss, np.array([0.0, 3.0]), method="BFGS").x
    p = special.expit(a + b * x)
    share = np.bincount(stratum, p) / np.bincount(stratum)
    return np.asarray(np.sqrt(share * (1.0 - share)))


def neyman(
    weight: Floats, sd: Floats, cost: Floats, budget: float, least: Ints, most: Ints
) -> Ints:
    r"""Return the whole sample sizes that minimise the variance of a stratified mean at a cost.

    .. math:: \min_n \sum_h W_h^2 s_h^2 / n_h \quad\text{with}\quad
              \sum_h c_h n_h \le C,\ l_h \le n_h \le N_h

    Without the bounds n is proportional to W s / sqrt(c) (Neyman 1934; Cochran 1977, eq. 5.23);
    with them the same rule is cut to the bounds, with the one factor that spends the budget. The
    rest that rounding down leaves is spent one fit at a time, where a fit gains most for its cost.

    Parameters
    ----------
    weight : ndarray, shape (h,)
        Share of the replications, of one condition; conditions may be joined: then the sum of
        their variances is minimised.
    sd : ndarray, shape (h,)
    cost : ndarray, shape (h,)
        Of one fit, in the unit of ``budget``; positive.
    budget : float
        Cost of all fits, those in ``least`` included.
    least, most : ndarray of int64, shape (h,)
        What is fitted already (it is kept even where it exceeds the budget), and the stratum.
    """
    least, most = np.asarray(least, dtype=np.int64), np.asarray(most, dtype=np.int64)
    slope = np.asarray(weight * sd / np.sqrt(cost), dtype=float)

    def sizes(log_factor: float) -> Floats:
        return np.asarray(np.clip(np.exp(log_factor) * slope, least, most), dtype=float)

    def spent(log_factor: float) -> float:
        return float((cost * sizes(log_factor)).sum()) - budget

    low, high = -60.0, 60.0
    if spent(low) >= 0.0:
        return least
    if spent(high) <= 0.0:
        found = sizes(high)
    else:
        found = sizes(float(optimize.brentq(spent, low, high, xtol=1e-12)))
    n = np.clip(np.floor(found + 1e-9).astype(np.int64), least, most)
    left = budget - float((cost * n).sum())
    while True:
        with np.errstate(divide="ignore", invalid="ignore"):
            gain = (weight * sd) ** 2 / (n * (n + 1.0)) / cost
        gain = np.where((n < most) & (cost <= left + 1e-9) & (weight * sd > 0.0), gain, -1.0)
        best = int(np.argmax(gain)) if gain.size else -1
        if best < 0 or gain[best] < 0.0:
            return n
        n[best] += 1
        left -= float(cost[best])
