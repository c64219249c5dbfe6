"""Designs in words: their schedule, and what sets them apart from the judged one.

What a design has in common with the judged one is not said, so that a study of one laboratory, or
of one set of sites, does not repeat it in every name. Where two designs would be called the same,
the weeks are said; the study's own key is the last resort.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise

from simdesign.report.texts import Texts
from simdesign.spec.design import (
    AnnualHistory,
    Design,
    FixedWeeks,
    Largest,
    PilotRhythm,
    Rotating,
    Rounds,
    SpreadBySize,
    Staggered,
    Triggered,
)
from simdesign.spec.schedule import (
    SINGLE_DAYS,
    Dates,
    EveryDays,
    Groups,
    RandomWeeks,
    StratifiedDays,
)
from simdesign.spec.study import Study

_WEEKS = FixedWeeks | Rounds | PilotRhythm | Staggered


@dataclass(frozen=True, slots=True, kw_only=True)
class Speech:
    """How designs are named: in a sentence, or beside a line of a figure."""

    texts: Texts
    short: bool = False
    n_site: int = 0
    """Sites of the world."""

    def __call__(self, key: str, **values: str) -> str:
        """Return a text of section ``designs``, of the short form where that is asked."""
        return self.texts(f"designs.{'short_' if self.short else ''}{key}", **values)

    def has(self, key: str) -> bool:
        """Return whether there are words for it."""
        return self.texts.has(f"designs.{'short_' if self.short else ''}{key}")

    def count(self, n: int) -> str:
        """Return a number: a word in a sentence, digits in a figure."""
        return str(n) if self.short else self.texts.count(n)

    def counted(self, key: str, n: int) -> str:
        """Return a text about so many; one has words of its own."""
        one = f"{key}_one"
        return self(one) if n == 1 and self.has(one) else self(key, n=self.count(n))

    def joined(self, words: Iterable[str]) -> str:
        """Return ``a, b and c``."""
        return self.texts.all_of(list(words))


def names_of(study: Study, speech: Speech) -> dict[str, str]:
    """Return the name of every design; no two are equal."""
    reference = study.decision.reference
    judged = study.designs[reference]
    names = {name: _name(name, item, judged, speech) for name, item in study.designs.items()}
    for more in (_batch, _weeks):
        for alike in _alike(names):
            said = {name: more(study.designs[name], speech) for name in alike}
            if len(set(said.values())) == 1:
                continue  # it would tell nobody apart
            for name, words in said.items():
                if words and words != said.get(reference):
                    names[name] += f", {words}" if speech.short else f" {words}"
    keyed = {name for alike in _alike(names) for name in alike} - {reference}
    return {name: f"{text} ({name})" if name in keyed else text for name, text in names.items()}


def unsaid(study: Study, texts: Texts) -> str:
    """Return what the judged design has that is no default and that no name repeats."""
    judged = study.designs[study.decision.reference]
    plain = Design(schedule=judged.schedule)
    speech = Speech(texts=texts, n_site=len(study.world.catchments))
    return ", ".join(_parts(judged, plain, speech))


def _alike(names: Mapping[str, str]) -> list[list[str]]:
    """Return the designs that are called the same, together."""
    found: dict[str, list[str]] = {}
    for name, text in names.items():
        found.setdefault(text, []).append(name)
    return [alike for alike in found.values() if len(alike) > 1]


def _name(name: str, design: Design, judged: Design, speech: Speech) -> str:
    head = _head(design, speech)
    if not head:
        return name
    parts = _parts(design, judged, speech)
    if not parts:
        return head
    if speech.short:
        return ", ".join(parts if head == _head(judged, speech) else [head, *parts])
    first, *rest = parts
    between = ", " if isinstance(design.schedule, Triggered) else " "
    return ", ".join([f"{head}{between}{first}", *rest])


def _head(design: Design, speech: Speech) -> str:
    """Return the schedule in words; empty where there are none for its kind."""
    schedule = design.schedule
    if isinstance(schedule, FixedWeeks | Rounds):
        return _rounds(schedule.weeks, speech)
    if isinstance(schedule, Triggered):
        base = getattr(schedule.base, "weeks", ())
        more = speech.count(len(schedule.extra_weeks))
        return speech("triggered", base=_rounds(base, speech), n=more)
    if isinstance(schedule, RandomWeeks):
        return speech.counted("random_weeks", schedule.per_year)
    if isinstance(schedule, Dates):
        years = sorted({day.year for day in schedule.first_days})
        span = str(years[0]) if len(years) == 1 else f"{years[0]}\N{EN DASH}{years[-1]}"
        return speech("dates", n=speech.count(len(schedule.first_days)), years=span)
    if isinstance(schedule, Groups):
        return speech("groups", n=speech.count(len(schedule.groups)))
    if isinstance(schedule, EveryDays):
        return speech("every_days", n=str(schedule.interval))
    if isinstance(schedule, StratifiedDays):
        return speech("stratified_days", n=str(schedule.per_year))
    return speech(schedule.kind) if speech.has(schedule.kind) else ""


def _rounds(weeks: tuple[int, ...], speech: Speech) -> str:
    if len(weeks) > 1 and all(later - week == 1 for week, later in pairwise(weeks)):
        return speech("in_a_row", n=speech.count(len(weeks)))
    return speech.counted("rounds", len(weeks))


def _parts(design: Design, judged: Design, speech: Speech) -> list[str]:
    """Return what differs from the judged design, in the order of reading."""
    found = []
    for item, of_judged, say in (
        (design.days, judged.days, _days),
        (design.sites, judged.sites, _sites),
        (design.history, judged.history, _history),
        (design.streams, judged.streams, _streams),
    ):
        told: Callable[..., str] = say
        if item != of_judged:
            found.append(told(item, speech))
    return [*found[:2], *_laboratory(design, judged, speech), *found[2:]]


def _days(days: int | str | tuple[str, ...], speech: Speech) -> str:
    if isinstance(days, int):
        return speech.counted("days", days)
    if isinstance(days, str):
        return speech(days)
    names = [speech.texts(f"weekdays.{day}") for day in days]
    return speech("weekdays", days=speech.joined(names))


def _sites(sites: object, speech: Speech) -> str:
    if isinstance(sites, Rotating | Largest | SpreadBySize):
        key = {"rotating": "rotating", "largest": "largest"}.get(sites.kind, "sites")
        return speech.counted(key, sites.n)
    if isinstance(sites, tuple):
        return speech.counted("sites", len(sites))
    return speech.counted("all_sites", speech.n_site)


def _laboratory(design: Design, judged: Design, speech: Speech) -> list[str]:
    mine, theirs = design.laboratory, judged.laboratory
    found = []
    if mine.n != theirs.n:
        found.append(speech.counted("laboratories", mine.n))
    if mine.standards != theirs.standards:
        found.append(speech("standards" if mine.standards < theirs.standards else "no_standards"))
    if mine.batch != theirs.batch and not isinstance(design.schedule, SINGLE_DAYS):
        found.append(speech(f"batch_{mine.batch}"))
    return found


def _history(history: object, speech: Speech) -> str:
    if isinstance(history, AnnualHistory):
        return speech("series", since=str(history.since))
    return speech("no_history" if history == "none" else "pilot")


def _streams(streams: tuple[str, ...], speech: Speech) -> str:
    if not streams:
        return speech("no_streams")
    names = [speech(f"stream_{kind}") for kind in streams]
    return speech("streams", streams=speech.joined(names))


def _batch(design: Design, speech: Speech) -> str:
    """Return how single days are analysed together."""
    if isinstance(design.schedule, SINGLE_DAYS):
        return speech(f"batch_{design.laboratory.batch}")
    return ""


def _weeks(design: Design, speech: Speech) -> str:
    """Return the weeks of a schedule that has some."""
    schedule = design.schedule
    if not isinstance(schedule, _WEEKS):
        return ""
    weeks = schedule.weeks
    if len(weeks) == 1:
        return speech("week", week=str(weeks[0]))
    return speech("weeks", weeks=speech.joined(map(str, weeks)))
