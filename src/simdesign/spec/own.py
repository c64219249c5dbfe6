"""A user's own part of a study: found by its name, known by the source that holds it."""

import hashlib
import importlib
import inspect
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from simdesign.errors import SpecError


def look_in(folder: str | Path) -> None:
    """Let own parts be imported from a folder too, after every other place."""
    place = str(Path(folder).resolve())
    if place not in sys.path:
        sys.path.append(place)
        importlib.invalidate_caches()


def imported(field: str, uses: str) -> Any:
    """Import ``package.module:Name``.

    Raises
    ------
    SpecError
        Naming the field, when there is no such module or name, or the module itself fails.
    """
    module, _, name = uses.partition(":")
    try:
        return getattr(importlib.import_module(module), name)
    except Exception as error:  # a user's module can fail with anything
        text = " ".join(f"{error}".split())
        raise SpecError(field, uses, f"must be importable ({text})") from None


def own_parts(content: Any, field: str) -> Iterator[tuple[str, str]]:
    """Yield (field, ``package.module:Name``) of every own part in plain data, at any depth."""
    if isinstance(content, dict):
        uses = content.get("uses") if content.get("kind") == "own" else None
        if isinstance(uses, str):
            yield f"{field}.uses", uses
            return  # its options are the user's own business
        for key, item in content.items():
            if key == "mechanism" and isinstance(item, str) and ":" in item:
                yield f"{field}.{key}", item
            yield from own_parts(item, f"{field}.{key}")
    elif isinstance(content, list | tuple):
        for number, item in enumerate(content):
            yield from own_parts(item, f"{field}.{number}")


def source_hash(field: str, uses: str) -> str:
    """Return a hash of the files that name and define an own part.

    What these files import is not in it: what changes numbers belongs into them.

    Raises
    ------
    SpecError
        When it cannot be imported, or its source is no file.
    """
    found = imported(field, uses)
    named = sys.modules[uses.partition(":")[0]]
    digest = hashlib.sha256()
    try:
        files = {str(inspect.getsourcefile(inspect.getmodule(found) or named)),
                 str(inspect.getsourcefile(named))}  # fmt: skip
        for content in sorted(Path(name).read_bytes() for name in files):
            digest.update(content + b"\0")
    except (OSError, TypeError):
        raise SpecError(field, uses, "its source must be a file") from None
    return digest.hexdigest()[:16]
