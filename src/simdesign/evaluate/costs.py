"""What a design costs, in relative units: one sample analysed for all substances is 1."""

from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from scipy import stats

from simdesign.evaluate.measure import Measure
from simdesign.records import MISSING_DAY, Bools, Floats, Ints, Visits
from simdesign.spec.design import Design
from simdesign.spec.study import Programme

HIGH = 0.95
"""Share of the programmes that do not exceed a high cost."""
_ROUNDING = 1e-12  # of a sum of weights


@dataclass(frozen=True, slots=True, kw_only=True)
class DesignCost:
    """Cost of one design over the programme; what was measured before it is paid already."""

    totals: Floats
    """(r,) total of every replication; one value when the schedule is fixed."""
    years: int
    parts: MappingProxyType[str, float]
    """Samples, site rounds, rounds, batches, streams and programme: means, they sum to total."""

    @property
    def total(self) -> float:
        """Expected cost of the programme."""
        return float(self.totals.mean())

    @property
    def per_year(self) -> float:
        """Expected cost of one year of the programme."""
        return self.total / self.years

    @property
    def high(self) -> float:
        """95th percentile of the programme's cost: the smallest total that 95 % do not exceed."""
        return float(np.quantile(self.totals, HIGH, method="inverted_cdf"))


def design_cost(
    design: Design, visits: Visits, programme: Programme, taken: Bools | None = None
) -> DesignCost:
    """Return the cost of a design's visits.

    Counted are samples (present days); site rounds (visits); rounds, in every calendar year as
    many as the most often visited site has visits, so that one round staggered over four weeks
    stays one round; and laboratory batches, four in that case. Unit prices are ``design.cost``.

    Parameters
    ----------
    design : Design
    visits : Visits
        From ``sample.schedule``.
    programme : Programme
    taken : ndarray of bool, shape (r, v), optional
        Visits that a triggered design asked for in every replication; None takes all.

    Returns
    -------
    DesignCost
    """
    programmed = np.flatnonzero(~visits.history)
    chosen = np.ones((1, visits.n_visit), dtype=bool) if taken is None else taken
    # replications that took the same visits are counted once
    packed = np.packbits(chosen[:, programmed], axis=1)
    _, first, which = np.unique(packed, axis=0, return_index=True, return_inverse=True)
    chosen = chosen[np.ix_(first, programmed)]
    n_day = (visits.day[programmed] != MISSING_DAY).sum(axis=1)
    n_batch = (_sums(chosen, visits.batch[programmed]) > 0).sum(axis=1)
    price = design.cost
    once = np.ones(chosen.shape[0])
    parts = {
        "samples": price.per_sample * (chosen * n_day).sum(axis=1),
        "site_rounds": price.per_site_round * chosen.sum(axis=1),
        "rounds": price.per_round * _n_round(visits, programmed, chosen),
        "batches": price.per_batch * n_batch,
        "streams": price.per_stream * len(design.streams) * programme.years * once,
        "programme": price.per_programme * once,
    }
    parts = {name: value[which.ravel()] for name, value in parts.items()}
    return DesignCost(
        totals=np.sum(list(parts.values()), axis=0),
        years=programme.years,
        parts=MappingProxyType({name: float(value.mean()) for name, value in parts.items()}),
    )


def high_cost(totals: Floats, weight: Floats, n_failed: int = 0) -> Measure:
    """Return the cost that 95 % of programmes do not exceed (docs/designs.md, Cost).

    The MCSE is the spread over resamples; the interval is that of order statistics, which holds for
    totals that take a few values only.

    Parameters
    ----------
    totals : ndarray, shape (r,)
        Cost of every replication.
    weight : ndarray, shape (1 + d, r)
        How often each is in the study (once) and in its resamples.
    n_failed : int
    """
    n = totals.size
    if not n:
        return Measure(value=np.nan, mcse=np.nan, n_rep=0, n_failed=n_failed)
    order = np.argsort(totals, kind="stable")
    ranked = totals[order]
    below = np.cumsum(weight[:, order], axis=1)
    enough = below >= HIGH * below[:, -1:] * (1.0 - _ROUNDING)
    values = ranked[enough.argmax(axis=1)]
    low, high = (int(stats.binom.ppf(tail, n, HIGH)) for tail in (0.025, 0.975))
    return Measure(
        value=float(values[0]),
        mcse=float(values[1:].std(ddof=1)) if values.size > 2 else np.nan,
        n_rep=n, n_failed=n_failed,
        low=float(ranked[max(low, 1) - 1]), high=float(ranked[min(high + 1, n) - 1]),
        draws=values[1:],
    )  # fmt: skip


def _sums(chosen: Bools, group: Ints) -> Ints:
    """Return the chosen visits of every group, shape (r, number of groups), groups in order."""
    order = np.argsort(group, kind="stable")
    starts = np.flatnonzero(np.diff(group[order], prepend=group[order[:1]] - 1))
    return np.asarray(np.add.reduceat(chosen[:, order], starts, axis=1, dtype=np.int64))


def _n_round(visits: Visits, programmed: Ints, chosen: Bools) -> Ints:
    """Return the rounds of the programme, shape (r,)."""
    year = visits.day[programmed, 0].astype("datetime64[D]").astype("datetime64[Y]").astype(int)
    n_site = int(visits.site.max()) + 1
    key = year * n_site + visits.site[programmed]  # year first: one year's sites are neighbours
    visited = _sums(chosen, key)
    years = np.unique(key) // n_site
    starts = np.flatnonzero(np.diff(years, prepend=years[:1] - 1))
    return np.asarray(np.maximum.reduceat(visited, starts, axis=1).sum(axis=1))
