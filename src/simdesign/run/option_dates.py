"""By when a choice among designs must be made: from the days on which they are laid."""

from dataclasses import dataclass

import numpy as np

from simdesign.records import MISSING_DAY, Bools, Visits
from simdesign.run.plan import visits_of
from simdesign.run.policies import policies_of
from simdesign.sample import TriggeredPolicy, select
from simdesign.spec.design import Design
from simdesign.spec.study import Programme, Scenario, Study
from simdesign.units import date_of


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionDates:
    """Dates of one design, ISO 8601; None where there is none."""

    first_sample: str
    """First day of the programme that it samples, or could when a score asks for it."""
    decide_by: str | None
    """First day on which something is done otherwise than with the reference; None when nothing
    is: the two differ in what was measured before."""
    first_look: str
    """Date of the first look with a sample of the programme."""


def dates_of(study: Study, scenario: Scenario) -> dict[str, OptionDates]:
    """Return the dates of every design of a study, on the calendar of a scenario's sites."""
    laid = visits_of(study, scenario)
    days = {name: _sampled(visits, ~visits.history) for name, visits in laid.items()}
    n_look = len(study.programme.look_days)
    for name, policy in policies_of(study, scenario).items():
        if isinstance(
            policy, TriggeredPolicy
        ):  # its candidates are weeks before the first look too
            told = np.full((1, n_look), 0.5 * (policy.low + policy.high))
            could = select(policy, laid[name], told)[0] & ~laid[name].history
            days[name] = _sampled(laid[name], could)
    reference = study.decision.reference
    return {
        name: option_dates(
            design, days[name], study.designs[reference], days[reference], study.programme
        )
        for name, design in study.designs.items()
    }


def option_dates(
    design: Design,
    mine: set[tuple[int, int]],
    reference: Design,
    other: set[tuple[int, int]],
    programme: Programme,
) -> OptionDates:
    """Return when a design starts, and when it departs from the reference.

    It departs on the first day that one of them samples a site and the other does not; with the
    first sample of either where laboratory or extra streams differ. Whoever has chosen before that
    day has lost nothing; contracts need their own time before it.

    Parameters
    ----------
    design, reference : Design
    mine, other : set of (day, site)
        What the two sample in the programme, or could when a score asks for it.
    programme : Programme
    """
    apart = {day for day, _ in mine ^ other}
    if design.laboratory != reference.laboratory or design.streams != reference.streams:
        apart |= {min(mine)[0], min(other)[0]}
    first = min(mine)[0]
    looks = [day for day in programme.look_days if day - programme.report_lag >= first]
    return OptionDates(
        first_sample=date_of(first).isoformat(),
        decide_by=date_of(min(apart)).isoformat() if apart else None,
        first_look=date_of(looks[0] if looks else programme.look_days[-1]).isoformat(),
    )


def _sampled(visits: Visits, chosen: Bools) -> set[tuple[int, int]]:
    """Return (day, site) of every sample of the chosen visits, (v,)."""
    return {
        (int(day), int(visits.site[row]))
        for row in np.flatnonzero(chosen)
        for day in visits.day[row]
        if day != MISSING_DAY
    }
