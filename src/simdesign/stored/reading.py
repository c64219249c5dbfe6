"""A file of JSON -> values of the right shape, or one line: file, field, rule and value."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import pydantic

from simdesign.errors import StoreError

_LONGEST = 60
"""Characters of a value in a message."""


class Record(pydantic.BaseModel):
    """What one file of JSON must hold; nothing is converted, and further keys are left alone."""

    model_config = pydantic.ConfigDict(frozen=True, strict=True, allow_inf_nan=False)


def read_record[T](path: Path, form: type[T]) -> T:
    """Return what a file holds.

    Parameters
    ----------
    path : Path
    form : type
        A `Record`, or a dataclass.

    Raises
    ------
    FileNotFoundError
    StoreError
        When it holds anything else.
    """
    return parsed(_text(path), form, str(path))


def read_plain(path: Path, form: type[Record]) -> dict[str, Any]:
    """Return the same as plain values, all keys included, after a look at those of the record.

    Raises
    ------
    FileNotFoundError
    StoreError
    """
    text = _text(path)
    parsed(text, form, str(path))
    try:
        found: dict[str, Any] = json.loads(text)
    except (ValueError, RecursionError) as error:  # a number of thousands of digits
        raise StoreError(str(path), f"must be JSON ({error})") from None
    return found


def parsed[T](text: str, form: type[T], place: str) -> T:
    """Return what a JSON text holds; ``place`` is where it stands, for the message.

    Raises
    ------
    StoreError
    """
    kind: Any = form
    try:
        found: T = _adapter(kind).validate_json(text, strict=True)
    except pydantic.ValidationError as error:
        raise StoreError(place, _rule(error)) from None
    return found


@cache
def _adapter(form: Any) -> pydantic.TypeAdapter[Any]:
    return pydantic.TypeAdapter(form)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise
    except OSError as error:
        raise StoreError(str(path), f"must be readable ({error.strerror})") from None
    except UnicodeDecodeError:
        raise StoreError(str(path), "must be UTF-8 text") from None


def _rule(error: pydantic.ValidationError) -> str:
    """Return the first problem in words."""
    first = error.errors(include_url=False)[0]
    field = ".".join(str(part) for part in first["loc"])
    said = str(first["msg"]).removeprefix("Value error, ")
    said = said.replace("Input should be", "must be", 1)
    if first["type"] == "json_invalid":
        return f"must be JSON ({first['ctx']['error']})"
    if first["type"] == "missing":
        return f"must have the key {field!r}"
    said = f"{said}, got {short(first['input'])}"
    return f"{field}: {said}" if field else said


def short(value: Any) -> str:
    """Return a value as JSON, cut where it is long."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."


def read_of_state(path: Path, form: type[Record], state: str) -> dict[str, Any] | None:
    """Return what a command found of the rows as they are; None without it, or when of others."""
    try:
        found = read_plain(path, form)
    except FileNotFoundError:
        return None
    return found if found["state"] == state else None
