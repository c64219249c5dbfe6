"""A world and a change, made ready once; one truth per replication."""

import math

import numpy as np

from simdesign._kernels.counts import panel_residue
from simdesign._kernels.latent import log_path
from simdesign._kernels.loads import add_drift_and_season, expected_loads
from simdesign.records import MISSING_DAY, Floats, Truth
from simdesign.simulate.calendar import Calendar
from simdesign.simulate.carry_over import spread_over_days
from simdesign.simulate.change_check import check_change
from simdesign.simulate.change_path import ChangePath, ChangePlan
from simdesign.simulate.day_terms import DayTerms, DrawnDays
from simdesign.simulate.luck import Luck, site_word
from simdesign.simulate.sewer import Sewers
from simdesign.simulate.substance import SubstancePlan, Tables, TownTables
from simdesign.simulate.trend_parts import add_trend
from simdesign.spec.change import Change, NoChange
from simdesign.spec.streams import streams_or_default
from simdesign.spec.study import Programme
from simdesign.spec.world import World
from simdesign.units import DAYS_PER_YEAR, residue_g_per_day

EXACT_BELOW = 30.0
"""Expected use-days of a (city, day) below which classes are drawn one by one."""

_FORWARD, _BACKWARD = 0, 1  # address words of the programme's and the history's normals


class Prepared:
    """A scenario of which replications can be drawn, in any order; see :func:`prepare`."""

    def __init__(
        self,
        world: World,
        change: Change,
        programme: Programme,
        *,
        seed: int,
        luck: str,
        history_years: int,
    ) -> None:
        check_change(world, change, programme.years)
        self._change = change
        self._calendar = Calendar.of(programme, history_years)
        self._sites = tuple(item.name for item in world.catchments)
        self._words = [site_word(name) for name in self._sites]
        self._population = np.array([item.population for item in world.catchments])
        self._site_words = np.array(self._words, dtype=np.uint64)
        word, first, n_day = zip(*self._calendar.years, strict=True)
        self._years = (np.array(word, dtype=np.uint64), np.array(first), np.array(n_day))
        self._grams = residue_g_per_day(np.ones_like(self._population), self._population)
        self._counts = world.counts
        self._sewers = Sewers(world, self._calendar, seed=seed, luck=luck)
        self._purity = np.array([item.purity for item in world.substances.values()])
        self._ceiling = [item.purity_ceiling for item in world.substances.values()]
        self._trend_parts = streams_or_default(world.streams)
        self._national = isinstance(change, NoChange) or change.where == "national"
        self._changed = np.array([_changes(change, name) for name in self._sites])
        self._day_terms = DayTerms(world, self._calendar, seed, luck)
        self._change_plan = ChangePlan(world, change, self._calendar, seed, luck)
        self._plans = [
            SubstancePlan(name, substance, world, change, seed, luck)
            for name, substance in world.substances.items()
        ]

    @property
    def substances(self) -> tuple[str, ...]:
        """Names of the substances, in the order of ``Truth``."""
        return tuple(plan.name for plan in self._plans)

    @property
    def n_day(self) -> int:
        """Number of calendar days of every truth."""
        return self._calendar.n_day

    def truth(self, replication: int) -> Truth:
        """Draw one replication; depends on the address alone, never on earlier calls."""
        change = self._change_plan.draw(replication)
        change_day, drawn = MISSING_DAY, dict(change.values)
        if not isinstance(self._change, NoChange):
            change_day = self._calendar.first_day + change.since
        days = self._day_terms.at(replication)

        shape = (len(self._plans), len(self._sites), self._calendar.n_day)
        trend, expected, residue = np.empty(shape), np.empty(shape), np.empty(shape)
        effect, users = np.zeros((shape[0], shape[2])), np.ones((shape[0], shape[2]))
        purity = np.repeat(self._purity[:, None], shape[2], axis=1)
        for u, plan in enumerate(self._plans):
            values = plan.parameters.draw(replication)
            drawn |= {f"{plan.name}.{field}": value for field, value in values.items()}
            drawn[f"{plan.name}.totals_met"] = float(plan.parameters.parts(values).totals_met)
            path = self._change_plan.path(plan.name, change, values["drift"])
            tables = plan.tables(path.nodes)
            towns = plan.towns(tables, replication)
            if self._national:
                effect[u] = path.effect
                users[u] *= path.between(tables.users)
                purity[u] *= path.between(tables.purity)
            nation, arriving = self._loads(
                plan, towns, values, replication, path, days, trend[u], expected[u]
            )
            add_trend(
                self._trend_parts[plan.name], nation, self._calendar.start, self._ceiling[u],
                users[u], purity[u],
            )  # fmt: skip
            self._residue(plan, tables, towns, replication, path, expected[u], residue[u])
            spread_over_days(
                plan.substance.excreted, self._calendar, towns.factor[:, 0], arriving,
                trend[u], expected[u], residue[u],
            )  # fmt: skip

        return Truth(
            first_day=self._calendar.first_day,
            substances=self.substances,
            sites=self._sites,
            population=self._population,
            expected_load=expected,
            trend_load=trend,
            residue_load=residue,
            change_day=change_day,
            change_effect=effect,
            waste_load=self._sewers.waste(replication),
            litres=self._sewers.litres(replication),
            purity=purity,
            users=users,
            drawn=drawn | days.drawn,
        )

    def _loads(
        self,
        plan: SubstancePlan,
        towns: TownTables,
        values: dict[str, float],
        replication: int,
        path: ChangePath,
        days: DrawnDays,
        trend: Floats,
        expected: Floats,
    ) -> tuple[Floats, Floats]:
        """Write trend and expected loads of what is used, each (site, day).

        Returned are the national trend, shape (day,), and the deviation of what arrives, which
        carry-over leaves on its day, shape (site, day).
        """
        parts = plan.parameters.parts(values)
        root_day = math.sqrt(1.0 / DAYS_PER_YEAR)
        nation, swing = np.empty(self._calendar.n_day), np.empty(self._calendar.n_day)
        walk, deviation = np.empty(trend.shape), np.empty(trend.shape)
        self._path(
            plan.nation, replication, 0, nation, swing,
            (values["sigma_rw"] * root_day, parts.swing_phi, parts.swing_sd, 0.0, 0.0),
        )  # fmt: skip
        city = (
            values["sigma_rw_site"] * root_day,
            parts.slow_phi, parts.slow_sd, parts.fast_phi, parts.fast_sd,
        )  # fmt: skip
        for s, word in enumerate(self._words):
            self._path(plan.city, replication, word, walk[s], deviation[s], city)
        days.add_people(walk, deviation)
        arriving = deviation.copy()
        day_of_year = days.add_use(plan.name, swing, deviation)
        add_drift_and_season(
            self._calendar.start,
            day_of_year,
            values["drift"] / DAYS_PER_YEAR,
            values["season_amplitude"],
            values["season_peak"],
            nation,
            swing,
        )
        expected_loads(
            self._calendar.weekday,
            path.stage,
            path.weight,
            self._changed,
            towns.factor,
            plan.level,
            nation,
            swing,
            walk,
            deviation,
            trend,
            expected,
        )
        return nation, arriving

    def _path(
        self,
        luck: Luck,
        replication: int,
        word: int,
        walk: Floats,
        deviation: Floats,
        process: tuple[float, float, float, float, float],
    ) -> None:
        """Draw the programme forwards from its start and its history backwards from there."""
        state = np.zeros(3)
        n_programme = self._calendar.n_day - self._calendar.start
        rng = luck.at(replication, word, _FORWARD)
        log_path(rng, self._calendar.start, 1, n_programme, True, state, *process, walk, deviation)
        if self._calendar.start:
            rng = luck.at(replication, word, _BACKWARD)
            log_path(
                rng,
                self._calendar.start - 1,
                -1,
                self._calendar.start,
                False,
                state,
                *process,
                walk,
                deviation,
            )

    def _residue(
        self,
        plan: SubstancePlan,
        tables: Tables,
        towns: TownTables,
        replication: int,
        path: ChangePath,
        expected: Floats,
        residue: Floats,
    ) -> None:
        """Draw the counts of every (site, programme year) from a stream of its own."""
        if self._counts == "off":
            residue[:] = expected
            return
        exact_below = math.inf if self._counts == "exact" else EXACT_BELOW
        luck = plan.counts
        panel_residue(
            luck.rng, *luck.steering, np.uint64(replication), self._site_words, *self._years,
            self._calendar.weekday, self._changed, path.nearest, self._grams, exact_below,
            towns.noise, towns.use_days, towns.mass, tables.residue, tables.prob,
            tables.dose_cv, expected, residue,
        )  # fmt: skip


def prepare(
    world: World,
    change: Change,
    programme: Programme,
    *,
    seed: int,
    luck: str,
    history_years: int = 0,
) -> Prepared:
    """Check a scenario and do once what all its replications share.

    Parameters
    ----------
    world, change, programme
        What is simulated, and on which days: the programme's years.
    seed : int
        Study seed.
    luck : str
        Luck group: scenarios of one group differ by their content alone.
    history_years : int
        Whole years before the programme's start to simulate too; the programme's own numbers
        do not depend on it.

    Raises
    ------
    SpecError
        When the change cannot happen in this world, or the totals cannot be met.
    """
    return Prepared(world, change, programme, seed=seed, luck=luck, history_years=history_years)


def simulate(
    world: World,
    change: Change,
    programme: Programme,
    *,
    seed: int,
    luck: str,
    replication: int,
    history_years: int = 0,
) -> Truth:
    """Draw one replication of a scenario; :func:`prepare` is the faster way to many."""
    prepared = prepare(world, change, programme, seed=seed, luck=luck, history_years=history_years)
    return prepared.truth(replication)


def _changes(change: Change, site: str) -> bool:
    if isinstance(change, NoChange):
        return False
    return change.where == "national" or site in change.where
