"""What a design costs, in relative units: one sample analysed for all substances is 1."""

from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from simdesign.records import MISSING_DAY, Bools, Floats, Ints, Visits
from simdesign.spec.design import Design
from simdesign.spec.study import Programme


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
        return float(np.quantile(self.totals, 0.95, method="inverted_cdf"))


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
    chosen = chosen[:, programmed]
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
    return DesignCost(
        totals=np.sum(list(parts.values()), axis=0),
        years=programme.years,
        parts=MappingProxyType({name: float(value.mean()) for name, value in parts.items()}),
    )


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
