"""The what-if explorer of the page: stored numbers with their names, and the drawing library."""

import base64
import gzip
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from markupsafe import Markup

from simdesign.report.environment import TEMPLATES
from simdesign.report.explorer_numbers import numbers
from simdesign.report.explorer_words import CATALOGUE as CATALOGUE
from simdesign.report.explorer_words import factor_label as factor_label
from simdesign.report.explorer_words import names
from simdesign.report.folder import Folder
from simdesign.report.texts import LANGUAGES
from simdesign.spec.departures import DEPARTURE

UNITS = ("per_sample", "per_site_round", "per_round", "per_batch", "per_stream", "per_programme")
PARTS = (
    "state", "arithmetic", "stored", "estimated", "answer", "words", "controls", "address",
    "tables", "drawings", "explorer",
)  # fmt: skip
"""Files of the script, in the order of reading: a part may call those before it, and later ones."""


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
    only_ordinary: bool
    """Whether the study has departures that these numbers leave out."""


def explorer_of(folder: Folder) -> Explorer | None:
    """Return the explorer; None where ``simdesign explore`` has not been called for these rows."""
    if folder.explore is None:
        return None
    script = explorer_script()
    bundle = library()
    factors = tuple(item["path"] for item in folder.explore["factors"])
    return Explorer(
        data=_packed(json.dumps(payload(folder, folder.explore), ensure_ascii=False,
                                separators=(",", ":"))),
        library=_packed(bundle), script=Markup(script),
        css=Markup((TEMPLATES / "explorer.css").read_text(encoding="utf-8")),
        allowed=(script, bundle), units=UNITS, factors=factors,
        only_ordinary=bool(folder.study.departures) and DEPARTURE not in factors,
    )  # fmt: skip


@cache
def explorer_script() -> str:
    """Return the explorer's parts as one script that leaves no name behind.

    Stored numbers -> answer -> sentences, tables and drawings; the state stands in the address.
    """
    parts = [(TEMPLATES / "explorer" / f"{name}.js").read_text("utf-8") for name in PARTS]
    return '(function () {\n"use strict";\n' + "\n".join(parts) + "})();\n"


@cache
def library() -> str:
    """Return Vega-Embed with all that it needs, as one script that leaves one name behind."""
    import vl_convert

    bundle = vl_convert.javascript_bundle("window.simdesignEmbed = vegaEmbed;")
    return f"(function () {{\n{bundle}\n}})();\n"


def payload(folder: Folder, content: Mapping[str, Any]) -> dict[str, Any]:
    """Return numbers and their names in every language."""
    content = {**content, "designs": [_schedule(item) for item in content["designs"]]}
    return {
        "numbers": numbers(folder, content),
        "names": {lang: names(folder, content, lang) for lang in LANGUAGES},
    }


def _packed(text: str) -> str:
    return base64.b64encode(gzip.compress(text.encode(), 9, mtime=0)).decode()


def _schedule(design: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a design; one whose sites cannot be turned is a schedule of its own to choose."""
    return design if design["turns_sites"] else {**design, "base": design["design"]}
