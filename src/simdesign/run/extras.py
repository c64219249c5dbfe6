"""Measures that only some estimators ask for: one city among many, rounds that differ, mechanisms.

`run/assess.py` calls this beside the measures that every estimator has; docs/network.md and
docs/constancy.md say what they mean.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from simdesign import decide, evaluate
from simdesign.records import Floats, Ints
from simdesign.run.attribution import Attributions
from simdesign.run.grid import Grid
from simdesign.run.tidy import Table
from simdesign.spec.base import Spec
from simdesign.spec.change import Change, LevelShift, SlopeChange, Substitution, amount_of
from simdesign.spec.effect import effect_of
from simdesign.spec.local import LARGEST, ExactLocal
from simdesign.spec.rules import RoundSpread
from simdesign.spec.study import Study
from simdesign.units import DAYS_PER_YEAR

NETWORKS = (20, 300)
"""Cities of a network: those of the pilot, and about all treatment plants of the country."""
ROUND_BOUNDS = (0.05, 0.10, 0.15, 0.20, 0.30)
"""Differences between rounds that are asked about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """One city that was named beforehand, and the search over all with the same model."""

    site: str
    named: str
    searched: str


def pairs(estimators: Mapping[str, Spec]) -> list[Pair]:
    """Return the estimators of a named city together with the search that they belong to."""
    local = {name: spec for name, spec in estimators.items() if isinstance(spec, ExactLocal)}
    return [
        Pair(site=mine.site, named=named, searched=searched)
        for named, mine in sorted(local.items())
        for searched, spec in sorted(local.items())
        if mine.site != LARGEST and spec == mine.model_copy(update={"site": LARGEST})
    ]


def effect_at_looks(
    change: Change, site: str, substance: str, change_day: Ints, look_day: Ints, end_day: int
) -> Floats | None:
    """Return what a change adds to the log level of a city against the nation, shape (r, k).

    Zero for a city that does not change alone; None where the amount is drawn, cancels a drift,
    passes, or is that of another substance: rows do not hold it then.

    Parameters
    ----------
    change : Change
    site, substance : str
    change_day : ndarray of int64, shape (r,)
    look_day : ndarray of int64, shape (k,)
    end_day : int
        First day after the programme: a later look sees the effect of the last day.
    """
    if not isinstance(change, LevelShift | SlopeChange):
        return None
    if isinstance(change.mechanism, Substitution):
        return None
    gone = np.minimum(look_day, end_day - 1)[None, :] - change_day[:, None]
    if change.where == "national" or site not in change.where:
        return np.zeros(gone.shape)
    field = change.slope if isinstance(change, SlopeChange) else change.size
    amount = amount_of(field, substance) if field != "plateau" else None
    if not isinstance(amount, int | float):
        return None
    return effect_of(change, float(amount), gone / DAYS_PER_YEAR)


class Extras:
    """Adds the measures of the estimators that ask for them to a study's table."""

    def __init__(self, study: Study, table: Table) -> None:
        self.table, self.study = table, study
        self.pairs = pairs(study.estimators)
        self.attributions = Attributions(study, table)

    def rounds(self, grid: Grid) -> None:
        """Add how often the rounds known at the last look differ, in a world without change."""
        for estimator, spec in self.study.estimators.items():
            if not isinstance(spec, RoundSpread):
                continue
            for substance in grid.substances:
                for design in grid.designs:
                    cell = (design, estimator, substance)
                    last = grid.cell("score", *cell)[:, -1]
                    for bound in ROUND_BOUNDS:
                        found = evaluate.rounds_differ_prob(last, bound, grid.n_lost(*cell))
                        self.table.add(
                            "rounds_differ_prob", found, scenario=grid.scenario,
                            substance=substance, design=design, estimator=estimator,
                            horizon=bound,
                        )  # fmt: skip

    def quiet(
        self,
        grid: Grid,
        weight: Floats,
        threshold: Floats,
        rate: evaluate.Measure,
        place: dict[str, Any],
    ) -> None:
        """Add the network view of one city's threshold, when nothing breaks.

        Parameters
        ----------
        grid : Grid
        weight : ndarray, shape (d, r)
        threshold : ndarray, shape (d,)
            On the study and on its resamples.
        rate : Measure
            P(any alarm) of the estimator at that threshold.
        place : dict
            Where the table has it.
        """
        substance, design, estimator = place["substance"], place["design"], place["estimator"]
        asking = estimator in self.attributions.asking
        searched = {item for pair in self.pairs for item in (pair.named, pair.searched)}
        if estimator not in searched and not asking:
            return
        values = threshold[: weight.shape[0]]
        score = grid.cell("score", design, estimator, substance)
        look = decide.first_alarms(score, values)
        if asking:
            self.attributions.quiet(grid, look, weight, place)
            return
        effect = grid.cell("effect", design, estimator, substance)
        n_failed = grid.n_failed(design, estimator, substance)
        reported = evaluate.reported_effect(look, weight, effect, n_failed)
        self.table.add("reported_effect", reported, **place)
        for pair in self.pairs:
            if pair.named != estimator:
                continue
            for n in NETWORKS:
                found = evaluate.expected_false_cities(rate, n)
                self.table.add("expected_false_cities", found, horizon=n, **place)
            among = grid.cell("score", design, pair.searched, substance)
            hit = decide.largest_scores(among) > values[:, None]
            share = evaluate.alarm_share(hit, weight, n_failed)
            n_city = len(grid.scenario.world.catchments)
            self.table.add("any_false_city", share, horizon=n_city, **place)
            for n in NETWORKS:
                if n > n_city and grid.scenario.role == "null_world":
                    grown = evaluate.any_false_city(share, n_city, n)
                    self.table.add("any_false_city", grown, horizon=n, **place)

    def changed(self, grid: Grid, alarms: evaluate.Alarms, place: dict[str, Any]) -> None:
        """Add what an alarm says of a city, after a break of that city."""
        substance, design, estimator = place["substance"], place["design"], place["estimator"]
        for pair in self.pairs:
            if estimator not in (pair.named, pair.searched):
                continue
            truth = self._effect(grid, pair.site, substance)
            if truth is None or not np.any(truth[:, -1]):
                continue
            effect = grid.cell("effect", design, estimator, substance)
            if estimator == pair.searched:
                score = grid.cell("score", design, pair.searched, substance)
                right = score == grid.cell("score", design, pair.named, substance)
                self.table.add("right_city_prob", evaluate.right_city_prob(alarms, right), **place)
                effect = np.where(right, effect, np.nan)
            full = truth[:, -1]
            self.table.add("type_s", evaluate.type_s(alarms, effect, full), **place)
            self.table.add("type_m", evaluate.type_m(alarms, effect, full), **place)
            return  # one city is enough to say what the search found

    def truth(self, grid: Grid, substance: str, estimator: str) -> Floats | None:
        """Return the effect on a named city at the last look, (r,); None for other estimators."""
        spec = self.study.estimators[estimator]
        if not isinstance(spec, ExactLocal) or spec.site == LARGEST:
            return None
        found = self._effect(grid, spec.site, substance)
        return None if found is None else found[:, -1]

    def _effect(self, grid: Grid, site: str, substance: str) -> Floats | None:
        return effect_at_looks(
            grid.scenario.change, site, substance, grid.change_day, grid.look_day,
            self.study.programme.end_day,
        )  # fmt: skip
