"""Verdicts and averages as JSON has them -> their records; null is a number that is not defined."""

import math
from dataclasses import replace
from functools import cache
from typing import Any

import pydantic

from simdesign.evaluate.averaged import Average
from simdesign.evaluate.verdict import Verdict


def stored_verdict(content: Any) -> Verdict:
    """Return a verdict from JSON values.

    Raises
    ------
    ValueError
        When it is none.
    """
    losses = content.get("losses") if isinstance(content, dict) else None
    if not isinstance(losses, list):
        raise ValueError("must have a list of losses")
    kept = {
        "at_equal_cost": content.get("at_equal_cost"),  # None says that there is none
        "losses": [_numbers(item) for item in losses],
    }
    return _record(Verdict, content, kept)


def stored_average(content: Any) -> Average:
    """Return an average from JSON values.

    Raises
    ------
    ValueError
        When it is none.
    """
    return _record(Average, content, {})


def _record[T: (Verdict, Average)](form: type[T], content: Any, kept: dict[str, Any]) -> T:
    if not isinstance(content, dict) or not isinstance(content.get("world"), dict):
        raise ValueError("must be an object with a world")
    fields = {**_numbers(content), **kept, "world": {}}  # levels of factors may be of any kind
    kind: Any = form  # a type of unhashable records is itself hashable
    found: T = _adapter(kind).validate_python(fields)
    return replace(found, world=content["world"])


@cache
def _adapter(form: Any) -> pydantic.TypeAdapter[Any]:
    return pydantic.TypeAdapter(form)


def _numbers(item: Any) -> Any:
    if not isinstance(item, dict):
        return item
    return {key: math.nan if value is None else value for key, value in item.items()}
