"""Which option to choose: the stored table as sentences and tables of the page."""

import datetime as dt
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from simdesign.report.design_words import unsaid
from simdesign.report.folder import Folder
from simdesign.report.names import design_names
from simdesign.report.numbers import decimals, general, grouped, number, of_hundred, percent
from simdesign.report.tables import Table
from simdesign.report.texts import Texts, capital
from simdesign.spec.study import Study

_DASH = "\N{EN DASH}"
_ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionsPart:
    """The options for one substance."""

    title: str
    lines: tuple[str, ...]
    tables: tuple[Table, ...]


def options_parts(folder: Folder, texts: Texts) -> list[OptionsPart]:
    """Return a part for every substance; nothing when the table was not made for these rows."""
    content = folder.options
    if content is None:
        return []
    names = design_names(folder.study, texts)
    costs = {item["design"]: item for item in content["designs"]}
    found = []
    for part in content["substances"]:
        rows = {(row["group"], row["design"]): row for row in part["rows"]}
        said = [_best(group, rows, content["reference"], names, texts) for group in part["groups"]]
        said += _notes(content, folder.study, names, texts)
        found.append(
            OptionsPart(
                title=texts.heading(part["substance"]),
                lines=tuple(line for line in said if line),
                tables=(
                    _finds(part, costs, names, content["reference"], texts),
                    _takes(content, part, costs, folder.study, texts),
                ),
            )
        )  # fmt: skip
    return found


def _best(
    group: Mapping[str, Any],
    rows: Mapping[tuple[str, str], Mapping[str, Any]],
    reference: str,
    names: Mapping[str, str],
    texts: Texts,
) -> str:
    """Return what notices most in a group of worlds, the cheapest as good, and false alarms."""
    most, cheap = group["most"], group["cheapest_as_good"]
    if most is None or cheap is None:
        return ""
    text = texts(
        "options.best_same" if most["design"] == cheap["design"] else "options.best",
        where=texts(f"options.group_{group['group']}"),
        most=names[most["design"]], most_prob=_chance(most["prob"], texts.lang),
        cheap=names[cheap["design"]], cheap_prob=_chance(cheap["prob"], texts.lang),
    )  # fmt: skip
    text = f"{text} {_alarms(group, rows, reference, names, texts)}".rstrip()
    least = group["least_loss"]
    if least is None:
        return text
    more = texts(
        "options.least_loss", design=names[least["design"]],
        prob=_chance(least["prob"], texts.lang),
    )  # fmt: skip
    return f"{text} {more}"


def _alarms(
    group: Mapping[str, Any],
    rows: Mapping[tuple[str, str], Mapping[str, Any]],
    reference: str,
    names: Mapping[str, str],
    texts: Texts,
) -> str:
    """Return the most false alarms in a group of worlds, of what is named there and the judged."""
    named = (group["most"]["design"], group["cheapest_as_good"]["design"], reference)
    parts = [
        texts("options.alarms_with", design=names[name], high=of_hundred(high, 0.0, texts.lang))
        for name in dict.fromkeys(named)
        if (high := rows[group["group"], name]["false_alarm"][1]) is not None
    ]
    return texts("options.alarms_there", parts=texts.all_of(parts)) if parts else ""


def _notes(
    content: Mapping[str, Any], study: Study, names: Mapping[str, str], texts: Texts
) -> list[str]:
    alike = unsaid(study, texts)
    found = [texts("options.unsaid", unsaid=alike)] if alike else []
    start = study.programme.start
    begun = f"{start.day} {texts.month(start.month)} {start.year}"
    found.append(texts("options.year_one", start=begun))
    found += [
        texts("options.unread", design=capital(names[item["design"]]))
        for item in content["designs"]
        if item["unread_streams"]
    ]
    if all(item.world.laboratories is None for item in study.scenarios(content["size"])):
        found += [
            texts("options.no_bias", design=capital(names[name]))
            for name, item in study.designs.items()
            if item.laboratory.n > 1
        ]
    found += [
        texts(
            "options.changed", design=capital(names[item["design"]]),
            cost=grouped(item["cost"], texts.lang),
            changed=grouped(item["cost_changed"], texts.lang),
        )
        for item in content["designs"]
        if item["cost_changed"] is not None
    ]  # fmt: skip
    stated = content["losses"] or {}
    if stated.get("losses"):
        losses = stated["losses"]
        found.append(
            texts(
                "options.losses", missed=_euro(losses["missed_per_year"], texts.lang),
                false=_euro(losses["false_alarm"], texts.lang),
            )
        )  # fmt: skip
    else:
        found.append(texts("options.no_losses"))
    if not stated.get("prices"):
        found.append(texts("options.no_prices"))
    return found


def _finds(
    part: Mapping[str, Any],
    costs: Mapping[str, Mapping[str, Any]],
    names: Mapping[str, str],
    reference: str,
    texts: Texts,
) -> Table:
    """Return what each option finds that the reference does not, cheapest first."""
    lang = texts.lang
    groups = [item["group"] for item in part["groups"]]
    shown = [name for name in groups if name != _ALL] or groups
    rows = {(row["group"], row["design"]): row for row in part["rows"]}
    regret = {item["design"]: item for item in part["worth"]}
    found = []
    for name in _by_cost(costs, names):
        whole = rows[groups[0], name]
        low, high = (math.nan if value is None else value for value in whole["false_alarm"])
        found.append(
            (
                names[name], _plain(costs[name]["cost_ratio"], lang, 2),
                *(
                    _DASH if name == reference
                    else _hundred(rows[group, name]["more"], lang, sign=True)
                    for group in shown
                ),
                _years(whole["delay"], lang),
                f"{number(100.0 * low, lang, 0)}{_DASH}{number(100.0 * high, lang, 0)}",
                _chance(whole["front"], lang), _hundred(regret[name]["regret"], lang),
            )
        )  # fmt: skip
    size = percent(part["shown_change"], lang, sign=True)
    heads = (
        texts("options.option"), texts("options.ratio"),
        *(texts("options.more", where=texts(f"options.short_{group}")) for group in shown),
        texts("options.delay"), texts("options.false"), texts("options.front"),
        texts("options.regret"),
    )  # fmt: skip
    return Table(
        caption=texts("options.finds", size=size), columns=heads, rows=tuple(found), n_head=1
    )


def _takes(
    content: Mapping[str, Any],
    part: Mapping[str, Any],
    costs: Mapping[str, Mapping[str, Any]],
    study: Study,
    texts: Texts,
) -> Table:
    """Return what each option costs, what its samples are worth, and by when it is chosen."""
    lang, names, start = texts.lang, design_names(study, texts), study.programme.start
    stated = content["losses"] or {}
    columns = ["option", "cost", "high"]
    columns += ["euro", "euro_high"] if stated.get("prices") else []
    columns += ["worth", "break_even"] if stated.get("losses") else []
    columns += ["net", "euro_regret"] if stated.get("prices") and stated.get("losses") else []
    columns += ["decide", "look"]
    worth = {item["design"]: item for item in part["worth"]}
    found = []
    for name in _by_cost(costs, names):
        item, mine = costs[name], worth[name]
        cells = {
            "option": names[name], "cost": _units(item["cost"], lang),
            "high": _units(item["cost_p95"], lang), "euro": _euro(item["euro"], lang),
            "euro_high": _euro(item["euro_p95"], lang),
            "worth": _amount(mine, "more_information", lang),
            "break_even": _price(mine, texts), "net": _amount(mine, "net", lang),
            "euro_regret": _amount(mine, "euro_regret", lang),
            "decide": _day(item["decide_by"], start, texts),
            "look": _day(item["first_look"], start, texts),
        }  # fmt: skip
        found.append(tuple(cells[column] for column in columns))
    return Table(
        caption=texts("options.takes"),
        columns=tuple(texts(f"options.{column}") for column in columns), rows=tuple(found),
    )  # fmt: skip


def _by_cost(costs: Mapping[str, Mapping[str, Any]], names: Mapping[str, str]) -> list[str]:
    return sorted(names, key=lambda name: (costs[name]["cost"], name))


def _hundred(item: Mapping[str, Any], lang: str, *, sign: bool = False) -> str:
    """Return ``+12 (2.1)``: a number of 100 and its Monte Carlo error."""
    if item["value"] is None:
        return _DASH
    text = number(100.0 * item["value"], lang, 0, sign=sign)
    if item["mcse"] is None:
        return text
    error = 100.0 * item["mcse"]
    return f"{text} ({number(error, lang, min(decimals(error), 1))})"


def _years(item: Mapping[str, Any], lang: str) -> str:
    return _DASH if item["value"] is None else number(item["value"], lang, 1)


def _chance(item: Mapping[str, Any], lang: str) -> str:
    return _DASH if item["value"] is None else number(100.0 * item["value"], lang, 0)


def _plain(value: float | None, lang: str, places: int) -> str:
    return _DASH if value is None else number(value, lang, places)


def _units(value: float | None, lang: str) -> str:
    return _DASH if value is None else grouped(value, lang)


def _day(iso: str | None, start: dt.date, texts: Texts) -> str:
    """Return a day by the year of the programme: studies begin at some date, readers at another."""
    if not iso:
        return texts("options.no_matter")
    day = dt.date.fromisoformat(iso)
    if day <= start:
        return texts("options.the_start")
    year = day.year - start.year + ((day.month, day.day) >= (start.month, start.day))
    return texts(
        "options.day_of_year", day=str(day.day), month=texts.month(day.month), year=str(year)
    )


def _euro(value: float | None, lang: str) -> str:
    """Return an amount in three significant digits, in thousands or millions as it needs."""
    if value is None:
        return _DASH
    for size, unit in ((1e6, {"en": "M", "nl": "mln"}), (1e3, {"en": "k", "nl": "dzd"})):
        if abs(value) >= size:
            return f"\N{EURO SIGN} {general(float(f'{value / size:.3g}'), lang)} {unit[lang]}"
    return f"\N{EURO SIGN} {general(float(f'{value:.3g}'), lang)}"


def _amount(row: Mapping[str, Any], key: str, lang: str) -> str:
    item = row.get(key)
    if item is None or item["value"] is None:
        return _DASH
    return _euro(item["value"], lang)


def _price(row: Mapping[str, Any], texts: Texts) -> str:
    side = row.get("pays", "")
    if not side:
        return _DASH
    words = texts(f"options.pays_{side}")
    if side in ("always", "never"):
        return words
    return f"{words} {_euro(row['break_even']['value'], texts.lang)}"
