"""A schedule's campaigns, before and during the programme."""

from collections.abc import Iterable, Iterator, Sequence

from simdesign.errors import SpecError
from simdesign.sample.calendar import Calendar, Campaign, week_opens
from simdesign.sample.sites import dealt, indices, panel
from simdesign.spec.design import AnnualHistory, Design, PilotHistory
from simdesign.spec.schedule import (
    Continuous,
    Dates,
    EveryDays,
    FixedWeeks,
    Groups,
    Monthly,
    PilotRhythm,
    RandomWeeks,
    Rounds,
    Staggered,
    StratifiedDays,
)
from simdesign.units import date_of, day_of

PILOT_ROUNDS = ((2023, 46), (2024, 1), (2024, 11), (2024, 37), (2024, 46))
"""Year and week of the pilot's five announced rounds; exact dates were not published."""
SampledWeek = tuple[tuple[int, ...], str | None]


def history_campaigns(design: Design, calendar: Calendar, field: str) -> list[Campaign]:
    """Return the campaigns before the programme: full weeks, Wednesday to Tuesday."""
    history = design.history
    everywhere = tuple(range(len(calendar.sites)))
    weeks: list[tuple[int, int]] = []
    is_pilot = history == "pilot" or isinstance(history, PilotHistory)
    if is_pilot:
        weeks = list(PILOT_ROUNDS)
    elif isinstance(history, AnnualHistory):
        last = date_of(calendar.start_day).year
        weeks = [(year, week) for year in range(history.since, last + 1) for week in history.weeks]
    if isinstance(history, AnnualHistory | PilotHistory):
        everywhere = panel(
            history.sites, calendar.sites, calendar.population, 0, f"{field}.history.sites"
        )
    found = []
    for year, week in weeks:
        opens = week_opens(year, week)
        days = calendar.window(opens)
        if days[-1] < calendar.start_day:
            slot = f"week {week:02d}"
            found.append(Campaign(days=days, sites=everywhere, slot=slot, history=True))
        elif is_pilot:
            rule = f"must end before the programme starts on {date_of(calendar.start_day)}"
            raise SpecError(f"{field}.history", "pilot", rule)
    if weeks and not found:
        raise SpecError(f"{field}.history", history, "must hold a week before the programme")
    return found


def sampled_weeks(schedule: object, calendar: Calendar, field: str) -> Iterable[SampledWeek]:
    """Yield days and slot of every campaign of a schedule that does not depend on the site."""
    match schedule:
        case FixedWeeks() | Rounds() | PilotRhythm():
            return calendar.fixed_weeks(schedule.weeks)
        case Monthly():
            return calendar.months(schedule.months, schedule.from_day)
        case RandomWeeks():
            weeks = calendar.random_weeks(
                schedule.per_year, schedule.first_week, schedule.last_week, schedule.draw
            )
            return ((days, None) for days in weeks)
        case EveryDays():
            every = calendar.every_days(schedule.interval, schedule.offset)
            return ((days, None) for days in every)
        case StratifiedDays():
            drawn = calendar.stratified_days(schedule.per_year, schedule.draw)
            return ((days, None) for days in drawn)
        case Continuous():
            return ((days, None) for days in calendar.continuous())
        case Dates():
            return _dates(schedule, calendar, field)
        case _:
            raise SpecError(field, getattr(schedule, "kind", schedule), "must be a known schedule")


def _dates(schedule: Dates, calendar: Calendar, field: str) -> Iterator[SampledWeek]:
    for number, date in enumerate(schedule.first_days):
        window = calendar.window(day_of(date))
        if not calendar.holds(window):
            start, end = date_of(calendar.start_day), date_of(calendar.end_day - 1)
            rule = f"campaign outside the programme, which runs from {start} to {end}"
            raise SpecError(f"{field}.first_days.{number}", date.isoformat(), rule)
        yield calendar.sampled(window), None


def fixed_campaigns(design: Design, calendar: Calendar, field: str) -> list[Campaign]:
    """Return the campaigns of a fixed schedule within the programme, in order of time.

    A campaign that is not wholly inside the programme is left out; one on a given date is
    refused.
    """
    schedule = design.schedule
    everyone = tuple(range(len(calendar.sites)))
    found: list[Campaign] = []
    if isinstance(schedule, Staggered):
        if schedule.groups is None:
            members = _ever_sampled(design, calendar, field)
            weekly = dealt(members, calendar.population, len(schedule.weeks))
        else:
            weekly = [
                indices(names, calendar.sites, f"{field}.schedule.groups.{number}")
                for number, names in enumerate(schedule.groups)
            ]
        for week, sites in zip(schedule.weeks, weekly, strict=True):
            if sites:
                found += _campaigns(calendar.fixed_weeks((week,)), sites)
    elif isinstance(schedule, Groups):
        named = [
            indices(group.sites, calendar.sites, f"{field}.schedule.groups.{number}.sites")
            if group.sites != "rest"
            else None
            for number, group in enumerate(schedule.groups)
        ]
        taken = {site for group in named if group is not None for site in group}
        rest = tuple(site for site in everyone if site not in taken)
        for number, (group, own) in enumerate(zip(schedule.groups, named, strict=True)):
            place = f"{field}.schedule.groups.{number}.schedule"
            members = rest if own is None else own
            if not members:
                raise SpecError(f"{field}.schedule.groups.{number}.sites", "rest", "must be a site")
            found += _campaigns(sampled_weeks(group.schedule, calendar, place), members)
    else:
        found += _campaigns(sampled_weeks(schedule, calendar, f"{field}.schedule"), everyone)
    return in_order(restricted(found, design, calendar, field))


def _ever_sampled(design: Design, calendar: Calendar, field: str) -> tuple[int, ...]:
    years = range(len(calendar.years))
    return tuple(
        sorted(
            {
                site
                for year in years
                for site in panel(
                    design.sites, calendar.sites, calendar.population, year, f"{field}.sites"
                )
            }
        )
    )


def _campaigns(weeks: Iterable[SampledWeek], sites: tuple[int, ...]) -> list[Campaign]:
    return [Campaign(days=days, sites=sites, slot=slot) for days, slot in weeks]


def restricted(
    campaigns: Iterable[Campaign], design: Design, calendar: Calendar, field: str
) -> list[Campaign]:
    """Keep the sites that the design samples in the year of each campaign."""
    first_year = calendar.years[0]
    panels: dict[int, set[int]] = {}
    kept = []
    for campaign in campaigns:
        year = date_of(campaign.days[0]).year - first_year
        if year not in panels:
            panels[year] = set(
                panel(design.sites, calendar.sites, calendar.population, year, f"{field}.sites")
            )
        sites = tuple(site for site in campaign.sites if site in panels[year])
        if sites:
            kept.append(Campaign(days=campaign.days, sites=sites, slot=campaign.slot))
    return kept


def in_order(campaigns: Sequence[Campaign]) -> list[Campaign]:
    """Merge campaigns on the same days and order all by their days."""
    merged: dict[tuple[int, ...], Campaign] = {}
    for campaign in campaigns:
        before = merged.get(campaign.days)
        sites = set(campaign.sites) | (set(before.sites) if before else set())
        merged[campaign.days] = Campaign(
            days=campaign.days,
            sites=tuple(sorted(sites)),
            slot=before.slot if before else campaign.slot,
            history=campaign.history,
        )
    return [merged[days] for days in sorted(merged)]
