"""The JSON schema of what a study file may say, where that is more than a validated world holds.

In a file a substance or a term may be a part of its fields, because the catalogue has the rest,
and a term may be ``false``.
"""

from collections.abc import Callable
from typing import Any

from simdesign.spec.terms import GROUPS

Schema = dict[str, Any]
Resolve = Callable[[Schema], Schema]

_OFF: Schema = {"const": False}


def let_terms_be_partial(schema: Schema, terms: tuple[str, ...], resolve: Resolve) -> None:
    """Change the schema of a world or a substance, in place.

    Parameters
    ----------
    schema : dict
        Of the world or the substance.
    terms : tuple of str
        Its fields that are terms.
    resolve : callable
        Returns the definition behind a reference.
    """
    for name in terms:
        field = schema["properties"][name]
        for option in field["anyOf"]:
            _make_partial(option, resolve, group=name in GROUPS)
        field["anyOf"].append(_OFF)


def let_be_partial(schema: Schema) -> None:
    """Make every field optional, in place."""
    schema.pop("required", None)


def _make_partial(option: Schema, resolve: Resolve, *, group: bool) -> None:
    if "$ref" in option:
        found = resolve(option)
        let_be_partial(found)
        if group:
            for member in found["properties"].values():
                for inner in member["anyOf"]:
                    _make_partial(inner, resolve, group=False)
                member["anyOf"].append(_OFF)
    for pattern, member in option.get("patternProperties", {}).items():  # a table of terms
        _make_partial(member, resolve, group=False)
        option["patternProperties"][pattern] = {"anyOf": [member, _OFF]}
        option.pop("minProperties", None)
