"""Departures of a study: named worlds that differ from its own in some fields.

A departure is a table from dotted paths below ``world`` or ``change`` to what stands there instead.
It is laid over the study's world and change before any factor is, so that a departed world has the
same grid, the same further changes and the same luck as the default one. docs/evaluation.md says
how the two are compared.
"""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from simdesign.errors import SpecError
from simdesign.spec.base import plain
from simdesign.spec.dotted import assign

DEPARTURE = "world.departure"
"""Under this path the factors of a scenario name its departure: no field of a world."""
DEFAULT = "default"
"""What they name in the study's own world."""
RESERVED = (DEFAULT, "none", "change", "null_mixture")
"""Names of scenarios, or parts of them."""

Overrides = Annotated[
    dict[str, Annotated[Any, AfterValidator(plain)]],  # dates become text: it reads back as itself
    Field(min_length=1),
]
"""Dotted path below ``world`` or ``change`` (``*`` = every substance) -> value or table."""


def check_name(name: str, further: Mapping[str, object]) -> None:
    """Refuse the name of a departure that names another scenario too."""
    field = f"departures.{name}"
    if name in RESERVED:
        raise SpecError(field, name, f"must not be one of {', '.join(RESERVED)}")
    if name in further:
        raise SpecError(field, name, "must not have the name of a change of also")


def check_paths(name: str, overrides: Mapping[str, Any], factors: Mapping[str, object]) -> None:
    """Refuse paths that a departure cannot lay over a world or a change."""
    for path in overrides:
        field = f"departures.{name}.{path}"
        if path in factors:
            raise SpecError(field, path, "must not be a factor of the study too")
        if "." not in path or path.split(".")[0] not in ("world", "change"):
            raise SpecError(field, path, "must start with world. or change.")
        if path.split(".")[-1] == "estimate":
            rule = "cannot differ: draws are laid into the world when the file is read"
            raise SpecError(field, overrides[path], rule)


def overlaid(
    name: str, overrides: Mapping[str, Any], world: Mapping[str, Any], change: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the plain world and change of a departure, not validated yet.

    Parameters
    ----------
    name : str
        Of the departure, for messages.
    overrides : mapping
    world, change : mapping
        Plain data of the study's own; not changed.
    """
    parts: dict[str, Any] = {"world": _copy(world), "change": _copy(change)}
    paths = sorted(overrides, key=lambda path: path != "world.realism")  # it fills terms, so first
    for path in paths:
        if path == "world.realism":
            parts["world"]["realism"] = overrides[path]
        else:
            assign(parts, path, _copy(overrides[path]), place=f"departures.{name}", may_be_new=True)
    return parts["world"], parts["change"]


def in_default(scenario: str, departure: str) -> str:
    """Return the name that a departure's scenario has in the default world."""
    words = scenario.split(",")
    words.remove(departure)  # the first of them: no other scenario begins with its name
    return ",".join(words)


def _copy(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _copy(item) for key, item in value.items()}
    return [_copy(item) for item in value] if isinstance(value, list | tuple) else value
