"""The page of the study file, written from the descriptions that read it when the site is built.

Types, defaults and ranges are those of the JSON schema (`simdesign schema`), which is published
beside the page; what a field means is said where the field is declared.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.pycode import ModuleAnalyzer

from simdesign.spec.base import Spec
from simdesign.spec.study import Study

PAGE = "reference/study_file"
FILE = "study.schema.json"
_DRAWN = ("Normal", "HalfNormal", "LogNormal", "Uniform", "Choice")
_HUGE = 1e15
_RANGE = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}


def schema() -> dict[str, Any]:
    """Return the JSON schema of a study file."""
    return Study.model_json_schema()


def _link(name: str) -> str:
    return f"[{name}](#study-{name.lower()})"


def _type(item: dict[str, Any]) -> str:
    """Return the type of a field in words, with links to tables."""
    if "$ref" in item:
        return _link(item["$ref"].rpartition("/")[2])
    for key in ("anyOf", "oneOf", "allOf"):
        if key in item:
            found = [_type(part) for part in item[key] if part.get("type") != "null"]
            drawn = [_link(name) for name in _DRAWN]
            if set(drawn) <= set(found):  # a number that may be drawn, said shortly
                found = [name for name in found if name not in drawn]
                found.append(f"[distribution](#study-{_DRAWN[0].lower()})")
            return " or ".join(dict.fromkeys(found))
    if "const" in item:
        return f"`{json.dumps(item['const'])}`"
    if "enum" in item:
        return ", ".join(f"`{json.dumps(value)}`" for value in item["enum"])
    kind = item.get("type", "any")
    if kind == "array":
        inner = item.get("items") or {"anyOf": item.get("prefixItems", [{}])}
        return f"list of {_type(inner)}"
    if kind == "object":
        inner = item.get("additionalProperties") or item.get("patternProperties")
        if isinstance(inner, dict):
            named = next(iter(inner.values())) if "patternProperties" in item else inner
            return f"table of {_type(named)}"
        return "table"
    limits = [
        f"{sign} {item[key]:g}"
        for key, sign in _RANGE.items()
        if key in item and abs(item[key]) < _HUGE  # a limit of the computer says nothing
    ]
    return f"{kind} {' and '.join(limits)}".strip()


def _classes() -> dict[str, type[Spec]]:
    """Return every description by its name."""
    found: dict[str, type[Spec]] = {}
    todo = [Spec]
    while todo:
        for kind in todo.pop().__subclasses__():
            found[kind.__name__] = kind
            todo.append(kind)
    return found


def _meaning(kind: type[Spec], field: str) -> str:
    """Return what is written below the declaration of a field, in the class or one above it."""
    names = {item.alias: name for name, item in kind.model_fields.items() if item.alias}
    field = names.get(field, field)
    for owner in kind.__mro__:
        if owner.__module__.startswith("simdesign."):
            documented = ModuleAnalyzer.for_module(owner.__module__).find_attr_docs()
            if lines := documented.get((owner.__name__, field)):
                return " ".join(" ".join(lines).split())
    return ""


def _table(name: str, item: dict[str, Any], kind: type[Spec] | None) -> Iterator[str]:
    yield f"(study-{name.lower()})=\n## {name}\n"
    yield " ".join(item.get("description", "").split()) + "\n"
    required = item.get("required", ())
    for field, entry in item.get("properties", {}).items():
        default = entry.get("default")
        is_short = default is not None and len(json.dumps(default)) < 60
        told = f"; default `{json.dumps(default)}`" if is_short else ""
        told = "; required" if field in required else told
        meaning = _meaning(kind, field) if kind else ""
        yield f"`{field}`\n: {_type(entry)}{told}. {meaning}".rstrip() + "\n"


def _order(found: dict[str, Any]) -> list[str]:
    """Return the names of tables as they are met from the study downwards."""
    names: list[str] = []
    todo = [json.dumps(found["properties"])]
    while todo:
        text = todo.pop(0)
        for part in text.split('"#/$defs/')[1:]:
            name = part.partition('"')[0]
            if name not in names:
                names.append(name)
                todo.append(json.dumps(found["$defs"][name]))
    return names


def tables() -> str:
    """Return Markdown with one section for every table of a study file."""
    found, classes = schema(), _classes()
    parts = [*_table("Study", found, Study)]
    for name in _order(found):
        parts += _table(name, found["$defs"][name], classes.get(name))
    return "\n".join(parts)


def _add(app: Sphinx, docname: str, source: list[str]) -> None:
    if docname == PAGE:
        source[0] += "\n" + tables()


def _publish(app: Sphinx, error: Exception | None) -> None:
    if error is None:
        text = json.dumps(schema(), indent=1, ensure_ascii=False) + "\n"
        Path(app.outdir, "reference", FILE).write_text(text, encoding="utf-8")


def setup(app: Sphinx) -> dict[str, Any]:
    """Add the tables while the page is read, at every build: the code may have changed."""
    app.connect("source-read", _add)
    app.connect("env-get-outdated", lambda app, env, added, changed, removed: [PAGE])
    app.connect("build-finished", _publish)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
