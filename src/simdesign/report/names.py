"""Names of designs, estimators, scenarios and levels as a reader would say them."""

import math
from collections.abc import Mapping

from simdesign.report.numbers import general, percent
from simdesign.report.texts import Texts
from simdesign.spec.design import Design, Laboratory
from simdesign.spec.schedule import EveryDays, FixedWeeks, Rounds, StratifiedDays, Triggered
from simdesign.spec.study import Study


def design_names(study: Study, texts: Texts) -> dict[str, str]:
    """Return a readable name of every design; the study's own name where words would not do."""
    return _unique({name: _described(name, item, texts) for name, item in study.designs.items()})


def short_names(study: Study, texts: Texts) -> dict[str, str]:
    """Return a name of every design that fits beside a line of a figure."""
    found = {}
    for name, item in study.designs.items():
        kind, values = _schedule(item, texts, words=False)
        key = f"designs.short_{'rounds' if kind == 'one_round' else kind}"
        plain = _is_plain(item) and texts.has(key)
        found[name] = texts(key, **values) if plain else name
    return _unique(found)


def _described(name: str, design: Design, texts: Texts) -> str:
    kind, values = _schedule(design, texts, words=True)
    if not texts.has(f"designs.{kind}"):
        return name
    text = texts(f"designs.{kind}", **values)
    return text if _is_plain(design) else f"{text} ({name})"


def _schedule(design: Design, texts: Texts, *, words: bool) -> tuple[str, dict[str, str]]:
    schedule = design.schedule
    kind = schedule.kind
    if isinstance(schedule, FixedWeeks | Rounds):
        n = schedule.per_year if isinstance(schedule, Rounds) else len(schedule.weeks)
        if words and n == 1:
            return "one_round", {}
        return "rounds", {"n": texts.count(n) if words else str(n)}
    if isinstance(schedule, Triggered):
        base, more = len(getattr(schedule.base, "weeks", ())), len(schedule.extra_weeks)
        return kind, {
            "base": texts.count(base) if words else str(base),
            "n": texts.count(more) if words else str(more),
        }
    if isinstance(schedule, EveryDays):
        return kind, {"n": str(schedule.interval)}
    if isinstance(schedule, StratifiedDays):
        return kind, {"n": str(schedule.per_year)}
    return kind, {}


def _is_plain(design: Design) -> bool:
    """Whether the schedule says it all: seven days, all sites, one laboratory, no history."""
    return (
        design.days == 7
        and design.sites == "all"
        and design.laboratory == Laboratory()
        and design.history == "none"
        and not design.streams
    )


def _unique(names: Mapping[str, str]) -> dict[str, str]:
    said = list(names.values())
    return {
        name: text if said.count(text) == 1 or name in text else f"{text} ({name})"
        for name, text in names.items()
    }


def estimator_names(study: Study, texts: Texts) -> dict[str, str]:
    """Return a readable name of every estimator."""
    found = {}
    for name, item in study.estimators.items():
        key = f"estimators.{item.kind}"
        found[name] = texts(key) if texts.has(key) else name
    return _unique(found)


def level(sigma: float, texts: Texts) -> str:
    """Return a shared error in per cent: an SD of logs of 0.06 is about 6 %."""
    return percent(sigma, texts.lang) if math.isfinite(sigma) else texts("verdict.fixed_level")


def at_level(sigma: float, texts: Texts) -> str:
    """Return a shared error as a title, or that of worlds without levels of it."""
    if not math.isfinite(sigma):
        return texts("figures.panel_fixed")
    return texts("figures.panel_plain", level=level(sigma, texts))


def moves(yearly: float, texts: Texts) -> str:
    """Return a change of slope as a verb: rises by 2 % a year more than before."""
    key = "frequency.rises" if yearly > 0 else "frequency.falls"
    return texts(key, yearly=percent(abs(yearly), texts.lang))


def size(change: float, texts: Texts) -> str:
    """Return the size of a change with its sign."""
    return percent(change, texts.lang, sign=True)


def change_name(change: float, texts: Texts, yearly: float = math.nan) -> str:
    """Return a change in words: its size, or a change of slope by the year and by its size."""
    if not math.isfinite(yearly):
        return size(change, texts)
    return texts("tables.slope", yearly=size(yearly, texts), size=size(change, texts))


def world(levels: Mapping[str, float | str], texts: Texts) -> str:
    """Return the factor levels of a world, without the shared error."""
    said = []
    for path, value in sorted(levels.items()):
        name = path.split(".")[-1]
        if name == "sigma_shared":
            continue
        text = _switch(value, texts) if isinstance(value, str) else general(value, texts.lang)
        if texts.has(f"factors.{name}_{value}"):  # a level with a name of its own
            said.append(texts(f"factors.{name}_{value}"))
            continue
        longer = "_".join(path.split(".")[-2:])  # the drift of a season is not that of a load
        name = longer if texts.has(f"factors.{longer}") else name
        if texts.has(f"factors.{name}"):
            said.append(texts(f"factors.{name}", value=text))
        else:
            said.append(texts("factors.other", name=name, value=text))
    return ", ".join(said)


def _switch(value: str, texts: Texts) -> str:
    """Return a level that is no number: an optional term that is off, on, or a text or table."""
    if value == "False":
        return texts("factors.off")
    return texts("factors.on") if value in ("True", "{}") else value
