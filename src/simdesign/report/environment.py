"""How templates become pages: one environment, in which every text is escaped and seen."""

from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from simdesign.plain import printable

TEMPLATES = Path(__file__).parent / "templates"


def environment() -> jinja2.Environment:
    """Return the environment of all pages; a name that is not defined is an error."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
        finalize=_seen,
    )
    made.filters["svg"] = Markup  # drawn by ourselves
    return made


def _seen(value: Any) -> Any:
    """Return a text whose characters all have a shape: none turns others round or hides them."""
    return printable(value) if isinstance(value, str) and not isinstance(value, Markup) else value
