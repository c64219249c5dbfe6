"""Names and sentences of the what-if explorer, in one language."""

import math
from collections.abc import Mapping
from typing import Any

from simdesign.report.attribution_tables import CATALOGUE as MECHANISM_TEXTS
from simdesign.report.attribution_tables import mechanism
from simdesign.report.folder import Folder
from simdesign.report.names import (
    change_name,
    departure_name,
    design_names,
    level,
    short_names,
    world,
)
from simdesign.report.numbers import general, number, percent
from simdesign.report.texts import Texts, catalogue
from simdesign.spec.departures import DEFAULT, DEPARTURE

CATALOGUE = "explorer_texts.toml"
_PERCENT = ("lab_share", "r_lab", "share_of_years", "sigma_rw_site", "season_amplitude")
"""Factors whose levels are told in per cent."""
_TEXTS = ("answer", "figures", "table", "copy", "explorer")


def factor_label(path: str, lang: str) -> str:
    """Return the label of a control."""
    texts, name = Texts(lang, CATALOGUE), _key(path)
    return texts(f"factors.{name}") if texts.has(f"factors.{name}") else name


def _key(path: str) -> str:
    """Return the name of a factor; the drift of a season is not that of a load."""
    longer = "_".join(path.split(".")[-2:])
    return longer if longer == "season_drift" else path.split(".")[-1]


def names(folder: Folder, content: Mapping[str, Any], lang: str) -> dict[str, Any]:
    """Return what the script says of numbers: names of designs, levels and changes, and texts."""
    texts, own = Texts(lang), Texts(lang, CATALOGUE)
    mechanisms = Texts(lang, MECHANISM_TEXTS)
    designs, short = design_names(folder.study, texts), short_names(folder.study, texts)
    changes = [change for part in content["substances"] for change in part["changes"]]
    kinds = dict.fromkeys(change["kind"] for change in changes)
    acts = dict.fromkeys(change["mechanism"] for change in changes)
    return {
        "designs": [_turned(item, designs, own, is_long=True) for item in content["designs"]],
        "schedules": {item["base"]: designs[item["base"]] for item in content["designs"]},
        "short": [_turned(item, short, own, is_long=False) for item in content["designs"]],
        "substances": [texts.substance(part["substance"]) for part in content["substances"]],
        "factors": [
            [_level(item["path"], value, texts, own) for value in item["levels"]]
            for item in content["factors"]
        ],
        "worlds": [
            [world({item["path"]: value}, texts) for value in item["levels"]]
            for item in content["factors"]
        ],
        "sizes": [
            [_size(change, texts) for change in part["changes"]] for part in content["substances"]
        ],
        "phrases": [
            [_phrase(change, texts, own) for change in part["changes"]]
            for part in content["substances"]
        ],
        "others": [
            [_other(change, texts) for change in part["changes"]] for part in content["substances"]
        ],
        "kinds": {key: own(f"kinds.{key}") if own.has(f"kinds.{key}") else key for key in kinds},
        "mechanisms": {key: mechanism(key, mechanisms) for key in acts},
        "falling": {key: mechanism(key, mechanisms, falls=True) for key in acts},
        "budgets": [
            own("explorer.budget_option", n=number(100 * value, lang, 0))
            for value in content["budgets"]
        ],
        "years": [
            own("explorer.years_option_one" if value == 1 else "explorer.years_option",
                n=f"{value:g}")
            for value in content["horizons"]
        ],
        "texts": {
            f"{part}.{key}": item[lang]
            for part in _TEXTS
            for key, item in catalogue(CATALOGUE)[part].items()
        },
    }  # fmt: skip


def _turned(
    item: Mapping[str, Any], names: Mapping[str, str], texts: Texts, *, is_long: bool
) -> str:
    """Return the name of a design; of one whose sites and days turn, with their numbers."""
    if not item["turns_sites"] or not (is_long or item["design"] != item["base"]):
        return names[item["design"]]
    parts = [
        texts(f"answer.{part}_one" if item[part] == 1 else f"answer.{part}", n=item[part])
        for part in ("sites", "days")
    ]
    where, name = ", ".join(parts), names[item["base"]]
    if not is_long:
        return f"{name}, {where}"
    return f"{name[:-1]}; {where})" if name.endswith(")") else f"{name} ({where})"


def _level(path: str, value: float | str, texts: Texts, own: Texts) -> str:
    """Return a level as a control shows it."""
    name = _key(path)
    if path == DEPARTURE and value != DEFAULT:
        return departure_name(str(value), texts)
    if isinstance(value, str):
        return world({path: value}, texts)
    if name == "sigma_shared":
        return level(value, texts)
    if name in _PERCENT:
        return percent(value, texts.lang)
    if own.has(f"levels.{name}"):
        return own(f"levels.{name}", value=general(value, texts.lang))
    return world({path: value}, texts)


def _phrase(change: Mapping[str, Any], texts: Texts, own: Texts) -> str:
    """Return a change as a noun, without its mechanism."""
    kind, size = change["kind"], percent(change["size"], texts.lang, sign=True)
    if change["yearly"] is not None:
        key = "answer.growth_higher" if change["yearly"] > 0 else "answer.growth_lower"
        return own(key, yearly=percent(abs(change["yearly"]), texts.lang), size=size)
    if own.has(f"answer.change_{kind}"):
        return own(f"answer.change_{kind}", size=size)
    named = own(f"kinds.{kind}") if own.has(f"kinds.{kind}") else kind
    return own("answer.change_other", size=size, kind=named)


def _size(change: Mapping[str, Any], texts: Texts) -> str:
    yearly = math.nan if change["yearly"] is None else change["yearly"]
    return change_name(change["size"], texts, yearly)


def _other(change: Mapping[str, Any], texts: Texts) -> str:
    return world({f"change.{key}": value for key, value in change["other"].items()}, texts)
