"""Lays the campaigns of a design on the calendar: visits with their slots and batches."""

from collections.abc import Sequence

import numpy as np

from simdesign.errors import SpecError
from simdesign.records import LAB_STEP, MISSING_DAY, Visits
from simdesign.sample.calendar import Calendar, Campaign, week_of
from simdesign.sample.policy import Policy, build_policy
from simdesign.sample.sites import dealt, indices
from simdesign.spec.design import Design, Laboratory
from simdesign.spec.schedule import Weekday
from simdesign.spec.study import Programme
from simdesign.units import date_of

YEAR_STEP = 100
"""A batch is laboratory * LAB_STEP + calendar year * YEAR_STEP + week of analysis."""
_MONTHS = {"month": 1, "quarter": 3, "year": 12}


def calendar_of(
    design: Design,
    programme: Programme,
    sites: Sequence[str],
    populations: Sequence[float],
    *,
    seed: int = 0,
    field: str = "design",
) -> Calendar:
    """Return the programme's calendar for a design.

    Raises
    ------
    SpecError
        Without a site, or with another number of populations than sites.
    """
    if not sites:
        raise SpecError(f"{field}.sites", tuple(sites), "at least one site is needed")
    if len(sites) != len(populations):
        raise SpecError(f"{field}.sites", len(populations), f"must be {len(sites)} populations")
    return Calendar(
        start_day=programme.start_day,
        end_day=programme.end_day,
        look_days=programme.look_days,
        sites=tuple(sites),
        population=np.asarray(populations, dtype=np.float64),
        start_weekday=design.start_weekday,
        weekdays=design.weekdays,
        seed=seed,
    )


def policy(
    design: Design,
    programme: Programme,
    sites: Sequence[str],
    populations: Sequence[float],
    *,
    seed: int = 0,
    field: str = "design",
) -> Policy:
    """Return the design as a policy; the arguments are those of ``schedule``."""
    calendar = calendar_of(design, programme, sites, populations, seed=seed, field=field)
    return build_policy(design, calendar, field)


def schedule(
    design: Design,
    programme: Programme,
    sites: Sequence[str],
    populations: Sequence[float],
    *,
    seed: int = 0,
    field: str = "design",
) -> Visits:
    """Lay a design on the calendar: every visit it makes or, when triggered, could make.

    Parameters
    ----------
    design : Design
    programme : Programme
    sites : sequence of str
    populations : sequence of float
        Inhabitants, in the order of the sites.
    seed : int
        Study seed; only schedules that draw their days use it.
    field : str
        Where the design stands, for messages: ``designs.annual``.

    Raises
    ------
    SpecError
        When the design cannot be laid: an unknown site, a campaign outside the programme, none
        inside it.
    """
    calendar = calendar_of(design, programme, sites, populations, seed=seed, field=field)
    campaigns = build_policy(design, calendar, field).candidates()
    if all(campaign.history for campaign in campaigns):
        start, end = date_of(calendar.start_day), date_of(calendar.end_day - 1)
        rule = f"must have a campaign wholly inside the programme, {start} to {end}"
        raise SpecError(f"{field}.schedule", design.schedule.kind, rule)
    _check_campaigns(campaigns, calendar, f"{field}.schedule")
    laboratory = _laboratories(design.laboratory, calendar, field)
    rows = [(number, site) for number, item in enumerate(campaigns) for site in item.sites]
    slots, n_slot = _slots(campaigns)
    batch, year = _batches(rows, campaigns, laboratory, design.laboratory, design.start_weekday)
    day = np.full((len(rows), max(len(item.days) for item in campaigns)), MISSING_DAY)
    for v, (number, _) in enumerate(rows):
        day[v, : len(campaigns[number].days)] = campaigns[number].days
    return Visits(
        site=np.array([site for _, site in rows], dtype=np.int64),
        campaign=np.array([number for number, _ in rows], dtype=np.int64),
        slot=np.array([slots[number] for number, _ in rows], dtype=np.int64),
        batch=batch,
        year=year,
        day=day.astype(np.int64),
        history=np.array([campaigns[number].history for number, _ in rows], dtype=bool),
        n_slot=n_slot,
    )


def first_day_of(*visits: Visits) -> int:
    """Return the first sampled day of some designs: truth must begin on it or before."""
    return min(int(item.day[:, 0].min()) for item in visits)


def _check_campaigns(campaigns: Sequence[Campaign], calendar: Calendar, field: str) -> None:
    """Refuse what only a user's own schedule can get wrong."""
    seen: set[tuple[int, int]] = set()
    for campaign in campaigns:
        if list(campaign.days) != sorted(set(campaign.days)):
            raise SpecError(field, campaign.days, "days of a campaign must increase")
        for site in campaign.sites:
            if not 0 <= site < len(calendar.sites):
                rule = f"a site index must be in 0..{len(calendar.sites) - 1}"
                raise SpecError(field, site, rule)
            for day in campaign.days:
                if (site, day) in seen:
                    text = f"{calendar.sites[site]} on {date_of(day)}"
                    raise SpecError(field, text, "a site can be sampled once a day")
                seen.add((site, day))


def _laboratories(laboratory: Laboratory, calendar: Calendar, field: str) -> list[int]:
    """Return the number of every site's laboratory."""
    everyone = range(len(calendar.sites))
    if laboratory.groups is None:
        groups = dealt(everyone, calendar.population, laboratory.n)
    else:
        groups = [
            indices(names, calendar.sites, f"{field}.laboratory.groups.{number}")
            for number, names in enumerate(laboratory.groups)
        ]
    number_of = {site: number for number, group in enumerate(groups) for site in group}
    for site, name in enumerate(calendar.sites):
        if site not in number_of:
            raise SpecError(f"{field}.laboratory.groups", name, "needs a laboratory")
    return [number_of[site] for site in everyone]


def _slots(campaigns: Sequence[Campaign]) -> tuple[list[int], int]:
    """Return the slot of every campaign and their number.

    There is nothing to tell slots apart by where one campaign moves, or where every site has
    only one of them: the site's own level holds its place in the year.
    """
    if any(item.slot is None for item in campaigns):
        return [0] * len(campaigns), 1
    place: dict[str, int] = {}
    of_site: dict[int, set[str]] = {}
    for item in campaigns:
        slot = str(item.slot)
        day_of_year = date_of(item.days[0]).timetuple().tm_yday
        place[slot] = min(day_of_year, place.get(slot, day_of_year))
        for site in item.sites:
            of_site.setdefault(site, set()).add(slot)
    if all(len(slots) == 1 for slots in of_site.values()):
        return [0] * len(campaigns), 1
    order = {slot: i for i, slot in enumerate(sorted(place, key=lambda name: (place[name], name)))}
    return [order[str(item.slot)] for item in campaigns], len(order)


def _batches(
    rows: Sequence[tuple[int, int]],
    campaigns: Sequence[Campaign],
    lab_of: Sequence[int],
    laboratory: Laboratory,
    start_weekday: Weekday,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the batch and the laboratory's calendar year of every visit.

    A campaign belongs to the week that holds its first day. What is stored is analysed in the
    week of the last campaign of its period. The rounds before the programme are one laboratory's
    weekly batches.
    """
    keys = []
    for number, site in rows:
        item = campaigns[number]
        year, week = week_of(item.days[0], start_weekday)
        lab, period = (0, 0) if item.history else (lab_of[site], 0)
        if not item.history and laboratory.batch != "week":
            opened = date_of(item.days[0])
            year = opened.year
            period = (opened.month - 1) // _MONTHS[laboratory.batch] + 1
            week = _week_within(item.days[0], year, start_weekday)
        keys.append((lab, year, week, period))
    analysed: dict[tuple[int, int, int], int] = {}
    for lab, year, week, period in keys:
        if period:
            analysed[lab, year, period] = max(week, analysed.get((lab, year, period), 0))
    batch = [
        lab * LAB_STEP + year * YEAR_STEP + (analysed[lab, year, period] if period else week)
        for lab, year, week, period in keys
    ]
    return np.array(batch, dtype=np.int64), np.array([key[1] for key in keys], dtype=np.int64)


def _week_within(day: int, year: int, start_weekday: Weekday) -> int:
    """Return the week of a day; the first days of a year count to its week 1."""
    of_year, week = week_of(day, start_weekday)
    return week if of_year == year else 1
