"""Real against simulated: every statistic with both its errors."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from simdesign.records import Floats
from simdesign.seeds import Purpose, stream
from simdesign.studies.validation.panel import Group, Panel, weeks_of
from simdesign.studies.validation.sources import used
from simdesign.studies.validation.statistics import all_statistics, label_of
from simdesign.studies.validation.twin import Twins
from simdesign.studies.validation.weeks import Weeks, site_bootstrap

BOOTSTRAPS = 200
"""Resamples of the sites for the error of a real value."""
LIMITS = (0.025, 0.975)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One statistic of one substance and group, real and in one world."""

    group: str
    substance: str
    key: str
    label: str
    used: str  # "tuned" or "held out"
    real: float
    real_se: float  # over resampled sites
    real_low: float  # 95 % interval over resampled sites
    real_high: float
    world: str
    sim_mean: float
    sim_sd: float  # over replications
    sim_low: float  # central 95 % of replications
    sim_high: float
    n_sim: int  # replications in which it could be computed
    tail: float  # two-sided share of replications that are as far out as the real value

    @property
    def discrepancy(self) -> float:
        """(real - simulated mean) / sqrt(real SE^2 + simulated SD^2); positive: real is larger."""
        return _ratio(self.real - self.sim_mean, math.hypot(self.real_se, self.sim_sd))

    @property
    def z(self) -> float:
        """(real - simulated mean) / simulated SD, for the error of the mean too.

        Where the world is right this is the standardised residual of one more replication, with
        mean 0 and variance 1; the real SE estimates the same spread a second time.
        """
        n = self.n_sim
        scale = self.sim_sd * math.sqrt(1.0 + 1.0 / n) if n else math.nan
        return _ratio(self.real - self.sim_mean, scale)


def tail_share(value: float, draws: Floats) -> float:
    """Return how often a replication is as far out as a value, on either side.

    With n replications, ``2 min(1 + #(draw >= value), 1 + #(draw <= value)) / (n + 1)``, at most
    1: a value from the same world has at most p with probability p, whatever the distribution.
    """
    kept = _finite(draws)
    if not kept.size or not math.isfinite(value):
        return math.nan
    above, below = int((kept >= value).sum()), int((kept <= value).sum())
    return min(1.0, 2.0 * (1 + min(above, below)) / (kept.size + 1))


def _ratio(difference: float, scale: float) -> float:
    if difference == 0.0:
        return 0.0
    return difference / scale if scale > 0 else math.nan


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """All rows, by group, substance, statistic and world."""

    panel: Panel
    worlds: tuple[str, ...]
    seed: int
    replications: int
    rows: tuple[Row, ...]

    def of(self, group: str, substance: str, world: str) -> dict[str, Row]:
        """Return the rows of one substance of a group in one world, by key."""
        place = (group, substance, world)
        return {r.key: r for r in self.rows if (r.group, r.substance, r.world) == place}


def compare(
    panel: Panel,
    simulated: Mapping[str, Twins],
    *,
    seed: int,
    bootstraps: int = BOOTSTRAPS,
) -> Comparison:
    """Compare a real panel with panels of some worlds.

    Parameters
    ----------
    panel : Panel
    simulated : mapping
        World -> the panel in it.
    seed : int
        Of the bootstrap.
    bootstraps : int
        Resamples of the sites.
    """
    rows: list[Row] = []
    for group in panel.groups:
        weeks = panel.weeks(group)
        real = all_statistics(weeks)
        again = _resampled(weeks, seed, group, bootstraps)
        worlds = {
            name: _table(
                [all_statistics(weeks_of(item.countries, group, r)) for r in range(item.n_rep)]
            )
            for name, item in simulated.items()
        }
        for substance, values in real.items():
            for key, value in values.items():
                place = (substance, key)
                low, high = _interval(again[place])
                for name, draws in worlds.items():
                    sim_low, sim_high = _interval(draws[place])
                    rows.append(
                        Row(
                            group=group.name, substance=substance, key=key, label=label_of(key),
                            used=used(key, substance, home=group.home, terms=simulated[name].terms),
                            real=value,
                            real_se=_spread(again[place]), real_low=low, real_high=high,
                            world=name, sim_mean=_mean(draws[place]),
                            sim_sd=_spread(draws[place]), sim_low=sim_low, sim_high=sim_high,
                            n_sim=int(np.isfinite(draws[place]).sum()),
                            tail=tail_share(value, draws[place]),
                        )
                    )  # fmt: skip
    return Comparison(
        panel=panel,
        worlds=tuple(simulated),
        seed=seed,
        replications=min(item.n_rep for item in simulated.values()),
        rows=tuple(rows),
    )


def _resampled(
    weeks: Mapping[str, Weeks], seed: int, group: Group, n: int
) -> dict[tuple[str, str], Floats]:
    first = next(iter(weeks.values()))
    draws = []
    for b in range(n):
        rng = stream(seed, Purpose.BOOTSTRAP, f"validate/{group.name}", replication=b)
        rows, site = site_bootstrap(first, rng)
        again = {name: item.resampled(rows, site) for name, item in weeks.items()}
        draws.append(all_statistics(again))
    return _table(draws)


def _table(draws: list[dict[str, dict[str, float]]]) -> dict[tuple[str, str], Floats]:
    """Return (substance, key) -> values, shape (draw,)."""
    return {
        (name, key): np.array([draw[name][key] for draw in draws])
        for name, values in draws[0].items()
        for key in values
    }


def _finite(values: Floats) -> Floats:
    return np.asarray(values[np.isfinite(values)])


def _mean(values: Floats) -> float:
    kept = _finite(values)
    return float(kept.mean()) if kept.size else math.nan


def _spread(values: Floats) -> float:
    kept = _finite(values)
    return float(kept.std(ddof=1)) if kept.size > 1 else math.nan


def _interval(values: Floats) -> tuple[float, float]:
    kept = _finite(values)
    if not kept.size:
        return math.nan, math.nan
    low, high = np.quantile(kept, LIMITS)
    return float(low), float(high)
