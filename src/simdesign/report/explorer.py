"""The what-if explorer of the page: stored numbers with their names, and the drawing library."""

import base64
import gzip
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from markupsafe import Markup

from simdesign.report.attribution_tables import CATALOGUE as MECHANISM_TEXTS
from simdesign.report.attribution_tables import mechanism
from simdesign.report.environment import TEMPLATES
from simdesign.report.folder import Folder
from simdesign.report.names import change_name, design_names, level, short_names, world
from simdesign.report.numbers import number, percent
from simdesign.report.select import middle_cell
from simdesign.report.texts import LANGUAGES, Texts, catalogue

CATALOGUE = "explorer_texts.toml"
UNITS = ("per_sample", "per_site_round", "per_round", "per_batch", "per_stream", "per_programme")
_SHARES = ("lab_share", "r_lab", "share_of_years")
_SENT = (
    "budget", "budgets", "horizons", "times", "programme_years", "units", "factors", "designs",
    "reference", "substances",
)  # fmt: skip
_TEXTS = ("answer", "figures", "table", "copy", "explorer")


@dataclass(frozen=True, slots=True, kw_only=True)
class Explorer:
    """What the template needs once, whatever the language."""

    data: str
    """Numbers and names: JSON, gzip, base64."""
    library: str
    """The drawing library, the same way."""
    script: Markup
    css: Markup
    allowed: tuple[str, ...]
    """Its scripts, which the page's policy must allow."""
    units: tuple[str, ...]
    factors: tuple[str, ...]
    """Names of the factors of the worlds, in the order of their controls."""


def explorer_of(folder: Folder) -> Explorer | None:
    """Return the explorer; None where ``simdesign explore`` has not been called for these rows."""
    if folder.explore is None:
        return None
    script = (TEMPLATES / "explorer.js").read_text(encoding="utf-8")
    bundle = library()
    return Explorer(
        data=_packed(json.dumps(payload(folder, folder.explore), ensure_ascii=False,
                                separators=(",", ":"))),
        library=_packed(bundle), script=Markup(script),
        css=Markup((TEMPLATES / "explorer.css").read_text(encoding="utf-8")),
        allowed=(script, bundle), units=UNITS,
        factors=tuple(item["path"] for item in folder.explore["factors"]),
    )  # fmt: skip


@cache
def library() -> str:
    """Return Vega-Embed with all that it needs, as one script that leaves one name behind."""
    import vl_convert

    bundle = vl_convert.javascript_bundle("window.simdesignEmbed = vegaEmbed;")
    return f"(function () {{\n{bundle}\n}})();\n"


def payload(folder: Folder, content: Mapping[str, Any]) -> dict[str, Any]:
    """Return numbers and their names in every language."""
    return {
        "numbers": {key: content[key] for key in _SENT} | {"start": start_levels(folder, content)},
        "names": {lang: _names(folder, content, lang) for lang in LANGUAGES},
    }


def start_levels(folder: Folder, content: Mapping[str, Any]) -> list[int]:
    """Return the level of every factor that shows first: those of the page's figures."""
    cell = middle_cell(folder)
    found = []
    for item in content["factors"]:
        wanted = cell.get(item["path"].split(".")[-1], cell.get(item["path"]))
        levels = item["levels"]
        found.append(levels.index(wanted) if wanted in levels else len(levels) // 2)
    return found


def factor_label(path: str, lang: str) -> str:
    """Return the label of a control."""
    texts, name = Texts(lang, CATALOGUE), path.split(".")[-1]
    return texts(f"factors.{name}") if texts.has(f"factors.{name}") else name


def _names(folder: Folder, content: Mapping[str, Any], lang: str) -> dict[str, Any]:
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
            [_level(item["path"], value, texts) for value in item["levels"]]
            for item in content["factors"]
        ],
        "worlds": [
            [world({item["path"]: value}, texts) for value in item["levels"]]
            for item in content["factors"]
        ],
        "sizes": [
            [_size(change, texts) for change in part["changes"]] for part in content["substances"]
        ],
        "others": [
            [_other(change, texts) for change in part["changes"]] for part in content["substances"]
        ],
        "kinds": {key: own(f"kinds.{key}") if own.has(f"kinds.{key}") else key for key in kinds},
        "mechanisms": {key: mechanism(key, mechanisms) for key in acts},
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


def _level(path: str, value: float | str, texts: Texts) -> str:
    name = path.split(".")[-1]
    if name == "sigma_shared" and not isinstance(value, str):
        return level(value, texts)
    if name in _SHARES and not isinstance(value, str):
        return percent(value, texts.lang)
    return world({path: value}, texts)


def _size(change: Mapping[str, Any], texts: Texts) -> str:
    yearly = math.nan if change["yearly"] is None else change["yearly"]
    return change_name(change["size"], texts, yearly)


def _other(change: Mapping[str, Any], texts: Texts) -> str:
    return world({f"change.{key}": value for key, value in change["other"].items()}, texts)


def _packed(text: str) -> str:
    return base64.b64encode(gzip.compress(text.encode(), 9, mtime=0)).decode()
