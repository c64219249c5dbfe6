"""A performance measure with its Monte Carlo standard error, and differences of two of them."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from simdesign.records import Bools, Floats

Z95 = 1.959963984540054
"""Standard normal quantile of a two-sided 95 % interval."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One number about a condition and how far the next run of the study may be from it."""

    value: float
    mcse: float
    """Monte Carlo standard error."""
    n_rep: int
    """Replications that the value rests on."""
    n_failed: int = 0
    """Replications with a failed fit. They raise no alarm and have no estimate."""
    low: float = np.nan
    """Lower end of the 95 % Monte Carlo interval."""
    high: float = np.nan
    influence: Floats | None = field(default=None, repr=False, compare=False)
    """Contribution of each replication to the error, (n_total,); where no threshold is used."""
    draws: Floats | None = field(default=None, repr=False, compare=False)
    """The same measure on resampled replications, (n_draw,); for measures with a threshold."""


def wilson(share: float, n: int) -> tuple[float, float]:
    """Return Wilson's 95 % interval of a proportion (Wilson 1927, JASA 22:209)."""
    if n == 0:
        return np.nan, np.nan
    z2 = Z95**2 / n
    middle = (share + 0.5 * z2) / (1.0 + z2)
    half = Z95 / (1.0 + z2) * np.sqrt(share * (1.0 - share) / n + 0.25 * z2 / n)
    return max(0.0, middle - half), min(1.0, middle + half)


def mean_measure(values: Floats, used: Bools, n_failed: int = 0, *, share: bool = False) -> Measure:
    """Return the mean over the replications used.

    Parameters
    ----------
    values : ndarray of float64, shape (n_total,)
        One value a replication.
    used : ndarray of bool, shape (n_total,)
        Replications that count.
    n_failed : int
    share : bool
        The mean is a probability: at 0 and 1 the interval is Wilson's, elsewhere it is cut to
        [0, 1].
    """
    n = int(used.sum())
    value = float(values[used].mean()) if n else np.nan
    return _from_influence(value, values - value, used, n_failed, share)


def root_mean_square(errors: Floats, used: Bools, n_failed: int = 0) -> Measure:
    """Return the root of the mean squared error; its MCSE by the delta method."""
    n = int(used.sum())
    value = float(np.sqrt(np.mean(errors[used] ** 2))) if n else np.nan
    influence = (errors**2 - value**2) / (2.0 * value) if n and value > 0.0 else 0.0 * errors
    return _from_influence(value, influence, used, n_failed, share=False)


def _from_influence(
    value: float, influence: Floats, used: Bools, n_failed: int, share: bool
) -> Measure:
    total, n = used.size, int(used.sum())
    if n == 0:
        return Measure(value=np.nan, mcse=np.nan, n_rep=0, n_failed=n_failed)
    scaled = np.zeros(total)
    scaled[used] = influence[used] * (total / n)
    mcse = float(np.sqrt(np.sum(influence[used] ** 2) / (n - 1) / n)) if n > 1 else np.nan
    low, high = value - Z95 * mcse, value + Z95 * mcse
    if share:
        low, high = wilson(value, n) if value in (0.0, 1.0) else (max(0.0, low), min(1.0, high))
    return Measure(
        value=value, mcse=mcse, n_rep=n, n_failed=n_failed, low=low, high=high, influence=scaled
    )


def resampled_measure(
    values: Floats, n_rep: int, n_failed: int = 0, *, share: bool = False
) -> Measure:
    """Return a measure from its values on the data (first) and on resamples (the rest).

    Parameters
    ----------
    values : ndarray of float64, shape (1 + n_draw,)
        NaN where a resample does not define the measure.
    n_rep, n_failed : int
    share : bool
        The measure is a probability: at 0 and 1 the interval is Wilson's, elsewhere it is cut
        to [0, 1].
    """
    value, draws = float(values[0]), np.asarray(values[1:], dtype=float)
    mcse = _spread(draws) if np.isfinite(value) else np.nan
    low, high = value - Z95 * mcse, value + Z95 * mcse
    if share and np.isfinite(value):
        if value in (0.0, 1.0):
            low, high = wilson(value, n_rep)
        low, high = max(0.0, low), min(1.0, high)
    return Measure(
        value=value, mcse=mcse, n_rep=n_rep, n_failed=n_failed, low=low, high=high, draws=draws
    )


def with_draws(measure: Measure, counts: Floats) -> Measure:
    """Return a mean with its values on resamples, to first order: from its influences.

    Parameters
    ----------
    measure : Measure
        With influences, as of ``mean_measure``.
    counts : ndarray, shape (n_draw, n_total)
        How often each replication is in each resample.
    """
    if measure.influence is None:
        raise ValueError("a measure needs its influences")
    draws = measure.value + (counts - 1.0) @ measure.influence / measure.influence.size
    return replace(measure, draws=draws)


def _spread(draws: Floats) -> float:
    """Return the standard deviation of resamples; those that define nothing are left out."""
    n = draws.size
    if n > 1:
        centred = draws - draws.sum() / n
        variance = float(centred @ centred) / (n - 1)
        if np.isfinite(variance):
            return float(np.sqrt(variance))
        known = draws[np.isfinite(draws)]
        if known.size > 1:
            return float(known.std(ddof=1))
    return np.nan


def difference(one: Measure, other: Measure) -> Measure:
    """Return ``one`` minus ``other`` for two designs that saw the same replications.

    The MCSE is that of the paired difference: replications (and the null programmes behind the
    thresholds) are shared, so most of their luck cancels.
    """
    value = one.value - other.value
    n_rep = min(one.n_rep, other.n_rep)
    n_failed = max(one.n_failed, other.n_failed)
    draws = None
    influence = None
    if one.draws is not None and other.draws is not None:
        draws = one.draws - other.draws
        mcse = _spread(draws)
    elif one.influence is not None and other.influence is not None:
        influence = one.influence - other.influence
        total = influence.size
        mcse = float(np.sqrt(np.sum(influence**2) / total / max(total - 1, 1)))
    elif n_rep == 0:
        mcse = np.nan
    else:
        raise ValueError("paired measures must be of one kind")
    return Measure(
        value=value, mcse=mcse, n_rep=n_rep, n_failed=n_failed,
        low=value - Z95 * mcse, high=value + Z95 * mcse, influence=influence, draws=draws,
    )  # fmt: skip


def mean_of(measures: Sequence[Measure], weights: Sequence[float] | None = None) -> Measure:
    """Return a weighted mean of measures that rest on the same replications.

    Their luck is common, so the MCSE is the spread of the mean over the common resamples (or of
    the mean of their influences), never that of independent numbers.

    Parameters
    ----------
    measures : sequence of Measure
        At least one; all of one kind.
    weights : sequence of float, optional
        Summing to 1; equal without them.
    """
    n = len(measures)
    share = np.full(n, 1.0 / n) if weights is None else np.asarray(weights, dtype=float)
    used = [i for i in range(n) if share[i] > 0.0]
    value = float(sum(share[i] * measures[i].value for i in used))
    draws = [measures[i].draws for i in used]
    influence = [measures[i].influence for i in used]
    common, mcse = None, np.nan
    if all(item is not None for item in draws):
        least = min(item.size for item in draws if item is not None)
        common = np.zeros(least)
        for i, item in zip(used, draws, strict=True):
            if item is not None:
                common += share[i] * item[:least]
        mcse = _spread(common)
    elif all(item is not None for item in influence):
        total = sum(
            share[i] * item for i, item in zip(used, influence, strict=True) if item is not None
        )
        mcse = float(
            np.sqrt(np.sum(np.square(total)) / np.size(total) / max(np.size(total) - 1, 1))
        )
    return Measure(
        value=value, mcse=mcse, n_rep=min(measures[i].n_rep for i in used),
        n_failed=max(measures[i].n_failed for i in used),
        low=value - Z95 * mcse, high=value + Z95 * mcse, draws=common,
    )  # fmt: skip
