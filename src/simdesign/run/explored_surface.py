"""How sites and days act where they were not simulated: shares of a standard error, and a slope.

docs/explorer.md derives it: the signal of a change (change / SE) from the components of a world,
and the power from the signal by a slope that is fitted, and cross-validated, on the study's own
designs.
"""

import math
from dataclasses import dataclass, field

import numpy as np

from simdesign import evaluate
from simdesign.evaluate import LeftOut, Rounds, SharedNoise
from simdesign.records import Floats, Ints, Visits
from simdesign.run.assess import HORIZONS
from simdesign.run.explored import Explored
from simdesign.run.judge import judging_estimator
from simdesign.run.plan import Plan, visits_of
from simdesign.run.turned import WEEK, Turned, days_of, rounds_of, turned_designs
from simdesign.sample import panel
from simdesign.simulate import count_noise
from simdesign.spec.base import plain
from simdesign.spec.breaks import BreakModel
from simdesign.spec.change import LevelShift, NoChange
from simdesign.spec.design import SpreadBySize
from simdesign.spec.effect import amount, effect_of
from simdesign.spec.local import ExactLocal
from simdesign.spec.quantity import expectation
from simdesign.spec.study import Scenario
from simdesign.spec.totals import shared_parts
from simdesign.units import DAYS_PER_YEAR, residue_g_per_day


@dataclass(frozen=True, slots=True, kw_only=True)
class Surface:
    """One substance. Axes: shape ``k`` of a change, schedule ``g``, world ``w``, horizon ``h``."""

    bases: tuple[str, ...]
    shape_of: tuple[int, ...]
    """Of every cell; -1 where a change has no lasting effect."""
    scale_of: tuple[float, ...]
    """|change| of every cell in units of its shape."""
    shares: Floats  # (w, k, g, h, 3) SE^2 = A + B own(n, d) / own + C n0 / n
    sites: tuple[int, ...]
    own: Floats  # (n, 7) variance that sites and days make of a round's mean
    slope: Floats  # (b, h)
    checks: tuple[tuple[LeftOut, ...], ...]  # (b, h)
    checked: str
    """``sites_days``, ``rounds`` or empty: in what the designs left out differ from the others."""


def refusal(plan: Plan, explored: Explored) -> str:
    """Return why there is no surface: a key of the page's texts; empty when there is one."""
    spec = plan.study.estimators[judging_estimator(plan)]
    if isinstance(spec, ExactLocal):
        return "city"  # other sites are what a city is compared with
    if not isinstance(spec, BreakModel):
        return "rule"  # its score is no function of the change's standard error
    worlds = explored.worlds
    if any(item.world.catchments != worlds[0].world.catchments for item in worlds):
        return "catchments"
    first = _own_inputs(worlds[0], explored.substance)
    if any(_own_inputs(item, explored.substance) != first for item in worlds):
        return "noise"
    return ""


def surface(plan: Plan, explored: Explored) -> Surface | None:
    """Return the surface of one substance; None where no schedule turns, or no slope is found."""
    if refusal(plan, explored):
        return None
    return _Maker(plan, explored).make()


@dataclass(slots=True)
class _Maker:
    plan: Plan
    explored: Explored
    turned: dict[str, Turned] = field(init=False)
    visits: dict[str, Visits] = field(init=False)
    bases: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        self.turned = turned_designs(self.plan)
        self.visits = visits_of(self.plan.study, self.explored.worlds[0])
        names = {item.base for item in self.turned.values() if item.is_whole}
        self.bases = tuple(name for name in self.plan.study.designs if name in names)

    def make(self) -> Surface | None:
        shapes, shape_of, scale_of = _shapes(self.explored)
        if not self.bases or not shapes:
            return None
        sites, own = self.own_table()
        parts = np.stack(
            [
                np.stack([self.shares_of(world, shape, dates) for shape, dates in shapes])
                for world in self.explored.worlds
            ]
        )
        signal = self.signals_of(parts, shape_of, scale_of, own)
        slope, checks, checked = self.checked(signal)
        if not np.isfinite(slope).any():
            return None
        return Surface(
            bases=self.bases, shape_of=shape_of, scale_of=scale_of, shares=parts, sites=sites,
            own=own, slope=slope, checks=checks, checked=checked,
        )  # fmt: skip

    def own_table(self) -> tuple[tuple[int, ...], Floats]:
        """Return the variance of a round's mean for every number of sites and of days."""
        n_site = len(self.explored.worlds[0].world.catchments)
        sites = tuple(range(1, n_site + 1))
        return sites, np.array([[self.own(n, days_of(d)) for d in range(1, 8)] for n in sites])

    def own(self, n: int, days: Ints) -> float:
        world, name = self.explored.worlds[0].world, self.explored.substance
        given = world.substances[name]
        population = np.array([item.population for item in world.catchments])
        level = np.array([item.level_of(name) for item in world.catchments])
        names = [item.name for item in world.catchments]
        chosen = list(panel(SpreadBySize(n=n), names, population, 0, "sites"))
        count = 0.0
        if world.counts != "off":
            count = count_noise(name, given, weekdays=world.weekdays)
        residue = residue_g_per_day(given.level * level[chosen], population[chosen])
        return evaluate.round_variance(
            expectation(given.sigma_site), expectation(given.day_sd), expectation(given.day_rho),
            count, residue, days,
        )  # fmt: skip

    def shares_of(self, world: Scenario, shape: Scenario, dates: Floats) -> Floats:
        """Return the shares of SE^2 at every horizon with every schedule, (g, h, 3)."""
        return np.stack([self.shares_with(name, world, shape, dates) for name in self.bases])

    def shares_with(self, name: str, world: Scenario, shape: Scenario, dates: Floats) -> Floats:
        rounds, week = rounds_of(self.visits[name])
        n = self.turned[name].sites
        base = self.own(n, week)
        turns = self.turned[name].turns_days and self.turned[name].days == WEEK
        some = [days_of(d) for d in (7, 3, 1)] if turns else [week]
        points = [
            (self.own(few, days), few)
            for few in sorted({n, max(n // 2, 1), max(n // 4, 1)})
            for days in some
        ]
        variance = np.array(
            [self.error_variance(rounds, world, shape, dates, own, few) for own, few in points]
        )  # (k, h)
        own = np.array([item[0] for item in points]) / base
        walk = n / np.array([item[1] for item in points], dtype=float)
        return np.stack([evaluate.shares(column, own, walk) for column in variance.T])

    def error_variance(
        self,
        rounds: Rounds,
        world: Scenario,
        shape: Scenario,
        dates: Floats,
        own: float,
        n_site: int,
    ) -> Floats:
        """Return SE^2 of one unit of a change, from its mean signal over dates, (h,)."""
        programme = self.plan.study.programme
        looks = np.array(programme.look_days, dtype=float)
        until = dates[:, None] + np.array(HORIZONS)[None, :] * DAYS_PER_YEAR
        last = np.searchsorted(looks, until, side="right") - 1
        known_by = np.where(last >= 0, looks[np.maximum(last, 0)], -np.inf) - programme.report_lag
        since = (rounds.day[None, :] - dates[:, None]) / DAYS_PER_YEAR
        change = effect_of(shape.change, _unit(shape, self.explored.substance), since)
        noise = shared_noise(world, self.explored.substance, n_site)
        found = evaluate.signals(rounds, noise, own, change, known_by)
        found = np.where(until <= looks[-1], found, np.nan)  # followed so long
        counted = np.isfinite(found).sum(axis=0)
        mean = np.nansum(found, axis=0) / np.maximum(counted, 1)
        return np.asarray(1.0 / np.maximum(mean, 1e-6) ** 2)

    def signals_of(
        self, parts: Floats, shape_of: tuple[int, ...], scale_of: tuple[float, ...], own: Floats
    ) -> Floats:
        """Return the signal of every cell, design and horizon, NaN where there is none."""
        found = np.full((len(shape_of), len(self.turned), len(HORIZONS)), math.nan)
        for m, item in enumerate(self.turned.values()):
            if not item.is_whole:
                continue
            g, base = self.bases.index(item.base), self.turned[item.base]
            ratio = own[item.sites - 1, item.days - 1] / own[base.sites - 1, base.days - 1]
            terms = np.array([1.0, ratio, base.sites / item.sites])
            for c, (world, _) in enumerate(self.explored.cells):
                if shape_of[c] >= 0:
                    variance = parts[world, shape_of[c], g] @ terms
                    found[c, m] = scale_of[c] / np.sqrt(variance)
        return found

    def checked(self, signal: Floats) -> tuple[Floats, tuple[tuple[LeftOut, ...], ...], str]:
        """Return slopes, cross-validated errors, and what was left out."""
        items = list(self.turned.values())
        group = np.array([self.bases.index(i.base) if i.is_whole else -1 for i in items])
        variant = np.array(
            [i.is_whole and name != i.base for name, i in self.turned.items()], dtype=bool
        )
        whole = np.array([i.is_whole for i in items], dtype=bool)
        checked = "sites_days" if variant.any() else "rounds"
        if checked == "rounds":
            group, variant = np.where(whole, 0, -1), whole
        slope = np.full((len(self.explored.budgets), len(HORIZONS)), math.nan)
        checks = []
        for b in range(slope.shape[0]):
            row = []
            for h in range(slope.shape[1]):
                told = (
                    np.where(whole[None, :], signal[:, :, h], math.nan),
                    self.explored.power[:, :, b, h, 0], self.explored.power[:, :, b, h, 1],
                    self.explored.n_rep[:, :, b, h],
                )  # fmt: skip
                slope[b, h] = evaluate.fitted_slope(*told)
                row.append(evaluate.left_out(*told, group, variant))
            checks.append(tuple(row))
        return slope, tuple(checks), checked


def shared_noise(world: Scenario, substance: str, n_site: int) -> SharedNoise:
    """Return what all sites share, and the mean of their own walks with it."""
    given = world.world.substances[substance]
    parts = shared_parts(
        expectation(given.sigma_shared), expectation(given.lab_share), expectation(given.r_lab)
    )
    walk = expectation(given.sigma_rw) ** 2 + expectation(given.sigma_rw_site) ** 2 / n_site
    return SharedNoise(
        batch=parts.sd_lab_batch, year=parts.sd_lab_year, week=parts.sd_swing,
        weeks=expectation(given.shared_weeks), walk=math.sqrt(walk),
    )  # fmt: skip


def _shapes(
    explored: Explored,
) -> tuple[list[tuple[Scenario, Floats]], tuple[int, ...], tuple[float, ...]]:
    """Return shapes of change with their dates, and shape and scale of every cell."""
    shapes: list[tuple[Scenario, Floats]] = []
    names: list[str] = []
    shape_of, scale_of = [], []
    for (_, scenario), dates in zip(explored.cells, explored.dates, strict=True):
        whole = amount(scenario.change, explored.substance, _drift(scenario, explored.substance))
        effect = effect_of(scenario.change, whole, np.array([1.0]))
        if isinstance(scenario.change, NoChange) or not np.isfinite(effect).all():
            shape_of.append(-1)
            scale_of.append(math.nan)
            continue
        step = isinstance(scenario.change, LevelShift)
        name = "step" if step else repr(plain(scenario.change))
        if name not in names:
            names.append(name)
            shapes.append((scenario, dates))
        shape_of.append(names.index(name))
        scale_of.append(abs(math.log1p(whole)) if step else 1.0)
    return shapes, tuple(shape_of), tuple(scale_of)


def _unit(scenario: Scenario, substance: str) -> float:
    """Return the amount of one unit of a shape: a step of log 1, or the change itself."""
    if isinstance(scenario.change, LevelShift):
        return math.expm1(1.0)
    return amount(scenario.change, substance, _drift(scenario, substance))


def _drift(scenario: Scenario, substance: str) -> float:
    return expectation(scenario.world.substances[substance].drift)


def _own_inputs(scenario: Scenario, substance: str) -> tuple[object, ...]:
    """Return what the variance of sites and days is computed from."""
    given = scenario.world.substances[substance]
    return (
        given.sigma_site, given.day_sd, given.day_rho, given.level, given.classes,
        scenario.world.counts, scenario.world.weekdays,
    )  # fmt: skip
