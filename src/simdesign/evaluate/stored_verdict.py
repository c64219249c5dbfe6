"""Verdicts as JSON has them -> verdicts."""

import math
from dataclasses import replace
from functools import cache
from typing import Any

import pydantic

from simdesign.evaluate.averaged import Average
from simdesign.evaluate.verdict import Verdict


def stored_verdict(content: Any) -> Verdict:
    """Return a verdict from JSON values, in which null stands for a number that is not defined.

    Raises
    ------
    ValueError
        When it is none.
    """
    if not isinstance(content, dict) or not isinstance(content.get("world"), dict):
        raise ValueError("must be an object with a world")
    losses = content.get("losses")
    if not isinstance(losses, list):
        raise ValueError("must have a list of losses")
    fields = {
        **_numbers(content),
        "at_equal_cost": content.get("at_equal_cost"),  # None says that there is none
        "losses": [_numbers(item) for item in losses],
        "world": {},  # levels of factors may be of any kind
    }
    return replace(_adapter().validate_python(fields), world=content["world"])


def stored_average(content: Any) -> Average:
    """Return an average from JSON values; null stands for a number that is not defined.

    Raises
    ------
    ValueError
        When it is none.
    """
    if not isinstance(content, dict) or not isinstance(content.get("world"), dict):
        raise ValueError("must be an object with a world")
    fields = {**_numbers(content), "world": {}}
    return replace(_average_adapter().validate_python(fields), world=content["world"])


@cache
def _average_adapter() -> pydantic.TypeAdapter[Average]:
    return pydantic.TypeAdapter(Average)


@cache
def _adapter() -> pydantic.TypeAdapter[Verdict]:
    return pydantic.TypeAdapter(Verdict)


def _numbers(item: Any) -> Any:
    if not isinstance(item, dict):
        return item
    return {key: math.nan if value is None else value for key, value in item.items()}
