"""How templates become pages: one environment, in which every text is escaped and seen."""

import base64
import hashlib
from collections.abc import Sequence
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


def policy(scripts: Sequence[str]) -> Markup:
    """Return the content security policy: nothing from outside, and no scripts but these."""
    hashes = (base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in scripts)
    allowed = " ".join(f"'sha256-{item}'" for item in hashes) or "'none'"
    return Markup(
        f"default-src 'none'; style-src 'unsafe-inline'; script-src {allowed}; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _seen(value: Any) -> Any:
    """Return a text whose characters all have a shape: none turns others round or hides them."""
    return printable(value) if isinstance(value, str) and not isinstance(value, Markup) else value
