"""What one fixed week says of its year, if it is measured without any error (docs/constancy.md).

The truth is simulated; nothing is sampled, so that what is left is season, its wandering date,
moving holidays and the short-lived swings of the world itself.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simdesign import evaluate
from simdesign.errors import SpecError
from simdesign.evaluate import Measure
from simdesign.records import Floats, Truth
from simdesign.sample import week_opens
from simdesign.simulate import prepare
from simdesign.spec.study import Programme, Scenario, Study
from simdesign.units import date_of, day_of

TOLERANCE = float(np.log(1.10))
"""An error of ten per cent, on the log scale."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedWeek:
    """The error of one week as the mean of its year, in one world."""

    scenario: str
    substance: str
    week: int
    first_year: int
    last_year: int
    bias: Measure  # mean of log(week / year) in the last year
    rmse: Measure  # of the same
    off: Measure  # P(|log(week / year)| > log 1.1) in the last year
    change_rmse: Measure  # of the change from the first year to the last
    change_off: Measure  # P(an error of a three-year change > 10 %)


def fixed_weeks(
    study: Study, size: str, weeks: Sequence[int], n: int, substances: Sequence[str]
) -> list[FixedWeek]:
    """Return what fixed weeks say of their years in every fixed world of a study.

    Parameters
    ----------
    study : Study
    size : str
        Its factors make the worlds.
    weeks : sequence of int
        Calendar weeks, 1 to 52.
    n : int
        Replications of each world.
    substances : sequence of str
    """
    years = whole_years(study.programme)
    if len(years) < 4:
        raise SpecError(
            "programme.years", study.programme.years, "must hold four whole calendar years"
        )
    worlds = [item for item in study.scenarios(size) if item.role == "null_world"]
    found = []
    for scenario in worlds:
        week, year = levels(study, scenario, weeks, n)
        for u, substance in enumerate(scenario.world.substances):
            if substance not in substances:
                continue
            for w, number in enumerate(weeks):
                seen, real = week[:, u, w], year[:, u]
                error = seen - real
                last, span = error[:, -1], error[:, -1] - error[:, 0]
                known = np.ones(n, dtype=bool)
                found.append(
                    FixedWeek(
                        scenario=scenario.name, substance=substance, week=number,
                        first_year=years[0], last_year=years[-1],
                        bias=evaluate.mean_measure(last, known),
                        rmse=evaluate.rmse(last, np.zeros(n)),
                        off=evaluate.mean_measure(
                            (np.abs(last) > TOLERANCE).astype(float), known, share=True
                        ),
                        change_rmse=evaluate.rmse(span, np.zeros(n)),
                        change_off=evaluate.large_error_prob(seen, real),
                    )
                )  # fmt: skip
    return found


def whole_years(programme: Programme) -> list[int]:
    """Return the calendar years that lie wholly inside a programme."""
    first, last = date_of(programme.start_day), date_of(programme.end_day)
    start = first.year if (first.month, first.day) == (1, 1) else first.year + 1
    return list(range(start, last.year))


def levels(study: Study, scenario: Scenario, weeks: Sequence[int], n: int) -> tuple[Floats, Floats]:
    """Return true national log levels of weeks, (n, u, w, y), and of their years, (n, u, y)."""
    years = whole_years(study.programme)
    prepared = prepare(
        scenario.world, scenario.change, study.programme, seed=study.seed, luck=scenario.luck
    )
    week = np.empty((n, len(prepared.substances), len(weeks), len(years)))
    whole = np.empty((n, len(prepared.substances), len(years)))
    for r in range(n):
        truth = prepared.truth(r)
        nation = _nation(truth)
        for y, year in enumerate(years):
            january, following = (day_of(dt.date(item, 1, 1)) for item in (year, year + 1))
            whole[r, :, y] = _mean(truth, nation, january, following)
            for w, number in enumerate(weeks):
                opens = week_opens(year, number)
                week[r, :, w, y] = _mean(truth, nation, opens, opens + 7)
    return np.log(week), np.log(whole)


def _nation(truth: Truth) -> Floats:
    """Return the population-weighted mean of the expected load, shape (u, t)."""
    weight = truth.population / truth.population.sum()
    return np.asarray((truth.expected_load * weight[None, :, None]).sum(axis=1))


def _mean(truth: Truth, nation: Floats, first: int, stop: int) -> Floats:
    return np.asarray(nation[:, first - truth.first_day : stop - truth.first_day].mean(axis=1))


def fixed_week_lines(found: Sequence[FixedWeek]) -> list[str]:
    """Return the table in words."""
    out = [
        "One week as the mean of its year, measured without error: error of the level in the last"
        " year, and of changes (± Monte Carlo standard error)"
    ]
    for item in found:
        out.append(
            f"{item.substance}, week {item.week}, {item.scenario}: level {item.last_year} bias"
            f" {_percent(item.bias)}, RMSE {_percent(item.rmse)}, P(more than 10 % off)"
            f" {_share(item.off)}; change {item.first_year} to {item.last_year} RMSE"
            f" {_percent(item.change_rmse)}; P(a three-year change more than 10 % off)"
            f" {_share(item.change_off)}"
        )
    return out


def _percent(item: Measure) -> str:
    return f"{100 * item.value:+.1f} ± {100 * item.mcse:.1f} %"


def _share(item: Measure) -> str:
    return f"{item.value:.3f} ± {item.mcse:.3f}"
