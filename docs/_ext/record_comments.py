"""What a record says of its fields: shape, axes and unit stand in a comment beside each of them."""

import ast
import inspect
from functools import cache
from importlib import import_module
from typing import Any

from sphinx.application import Sphinx

MODULE = "simdesign.records"


@cache
def comments() -> dict[str, str]:
    """Return the comment of every field, by ``Class.field``."""
    source = inspect.getsource(import_module(MODULE))
    lines = source.splitlines()
    found = {}
    for owner in ast.parse(source).body:
        for item in owner.body if isinstance(owner, ast.ClassDef) else ():
            if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name):
                _, mark, text = lines[(item.end_lineno or item.lineno) - 1].partition("  # ")
                if mark:
                    found[f"{owner.name}.{item.target.id}"] = text.strip()
    return found


def _document(
    app: Sphinx, what: str, name: str, obj: object, options: object, lines: list[str]
) -> None:
    if what == "attribute" and name.startswith(f"{MODULE}."):
        told = comments().get(name.removeprefix(f"{MODULE}."))
        if told:
            lines[:] = [told.replace("*", r"\*").replace("|", r"\|")]


def setup(app: Sphinx) -> dict[str, Any]:
    """Write them where autodoc would write a docstring."""
    app.connect("autodoc-process-docstring", _document)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
