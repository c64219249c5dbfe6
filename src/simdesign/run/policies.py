"""The designs of a study that ask for more as scores come in: found, and checked before the run."""

import numpy as np

from simdesign.errors import SpecError
from simdesign.sample import Calendar, FixedPolicy, Policy, calendar_of, foreseen, policy, watched
from simdesign.spec.base import Spec
from simdesign.spec.design import Design
from simdesign.spec.rules import Rbeast, Rule
from simdesign.spec.schedule import OwnSchedule, Triggered
from simdesign.spec.study import Scenario, Study


def may_ask(design: Design) -> bool:
    """Say whether a design's campaigns may depend on its scores."""
    return isinstance(design.schedule, Triggered | OwnSchedule)


def policies_of(study: Study, scenario: Scenario) -> dict[str, Policy]:
    """Return the designs whose campaigns depend on scores, as policies for a scenario's sites."""
    sites = [item.name for item in scenario.world.catchments]
    people = [item.population for item in scenario.world.catchments]
    made = {
        name: policy(
            design, study.programme, sites, people, seed=study.seed, field=f"designs.{name}"
        )
        for name, design in study.designs.items()
        if may_ask(design)
    }
    return {name: item for name, item in made.items() if not isinstance(item, FixedPolicy)}


def check_policies(study: Study, scenario: Scenario) -> None:
    """Refuse a policy that an estimator cannot serve, and a trigger that can never fire.

    Raises
    ------
    SpecError
        With the estimator, or with the weeks that would do.
    """
    sites = [item.name for item in scenario.world.catchments]
    people = [item.population for item in scenario.world.catchments]
    for name, item in policies_of(study, scenario).items():
        field = f"designs.{name}"
        if watched(item) == "prob_break":
            for estimator, spec in study.estimators.items():
                _check_estimator(estimator, spec, name)
        schedule = study.designs[name].schedule
        if isinstance(schedule, Triggered):
            calendar = calendar_of(study.designs[name], study.programme, sites, people, field=field)
            _check_weeks(schedule, calendar, study.programme.report_lag, f"{field}.schedule")
        else:  # what fails without any score would fail in every replication
            foreseen(item, np.zeros((1, 0)), len(study.programme.look_days))


def _check_estimator(name: str, spec: Spec, design: str) -> None:
    if isinstance(spec, Rule) and not isinstance(spec, Rbeast):
        rule = f'gives no P(break), which designs.{design} waits for; on = "score" takes its score'
        raise SpecError(f"estimators.{name}", getattr(spec, "kind", ""), rule)


def _check_weeks(schedule: Triggered, calendar: Calendar, report_lag: int, field: str) -> None:
    """Refuse an extra week that no look can ask for, or whose result no look sees."""
    first, last = calendar.look_days[0], calendar.look_days[-1]

    def serves(week: int) -> bool:
        return any(
            first < days[0] and days[-1] + report_lag <= last
            for days, _ in calendar.fixed_weeks((week,))
        )

    idle = [week for week in schedule.extra_weeks if not serves(week)]
    if not idle:
        return
    able = [week for week in range(1, 52) if serves(week)]
    if not able:
        rule = (
            "no look can ask for it and another one see its result; the programme needs more years"
        )
    else:
        rule = f"no look can ask for it and another one see its result; weeks {_runs(able)} will do"
    raise SpecError(f"{field}.extra_weeks", idle[0], rule)


def _runs(weeks: list[int]) -> str:
    """Return increasing weeks as ``14 to 51``, or ``1 to 9 and 14 to 51``."""
    breaks = [i for i in range(1, len(weeks)) if weeks[i] != weeks[i - 1] + 1]
    runs = np.split(np.array(weeks), breaks)
    return " and ".join(f"{run[0]} to {run[-1]}" if run.size > 1 else f"{run[0]}" for run in runs)
