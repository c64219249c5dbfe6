"""Optional terms of a world: where their names are registered and how they are switched.

A term is a frozen description that is ``None`` when it is off. Given as a table it is laid over
the catalogue's numbers (``terms.toml``), so that ``{}`` takes all of them; ``false`` is off. A
*group* is a table of terms: ``{}`` takes every member, otherwise the members that are named.
``realism = "full"`` fills what is not given. All of this happens before validation: what a world
holds afterwards are the terms themselves.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from simdesign.spec.catalogue import SUBSTANCES, Entry, catalogue_entries, term_values

if TYPE_CHECKING:
    from simdesign.spec.world import World

WORLD_TERMS: tuple[str, ...] = (
    "rain", "meters", "odd_days", "missing", "laboratories", "events", "people",
)  # fmt: skip
"""Fields of ``World`` that are terms."""
SUBSTANCE_TERMS: tuple[str, ...] = ("season", "carry_over", "sewer_loss", "dumping", "town_mix")
"""Fields of ``Substance`` that are terms; their numbers may differ by substance."""
GROUPS = frozenset({"events", "people"})
"""Terms that are tables of terms."""


def with_terms(
    given: Mapping[str, Any], terms: tuple[str, ...], *, full: bool, substance: str | None = None
) -> dict[str, Any]:
    """Return a description in which every term stands as it will be validated.

    Parameters
    ----------
    given : mapping
        Plain fields of a world or a substance, as in a study file.
    terms : tuple of str
        ``WORLD_TERMS`` or ``SUBSTANCE_TERMS``.
    full : bool
        Fill terms that are missing or None from the catalogue.
    substance : str, optional
        Whose numbers are taken where they differ.
    """
    found = dict(given)
    for name in terms:
        values = term_values(name, substance)
        if name in GROUPS:
            found[name] = _group(found.get(name), values, full)
        else:
            found[name] = _term(found.get(name), values, full)
    return found


def _term(given: Any, values: Any, full: bool) -> Any:
    if given is False:
        return None
    if given is None:
        return values if full else None
    if isinstance(given, Mapping) and isinstance(values, Mapping):
        return {**values, **given}
    return given


def _group(given: Any, values: Mapping[str, Any], full: bool) -> Any:
    if given is False:
        return None
    if given is None or given == {}:
        return dict(values) if full or given is not None else None
    if not isinstance(given, Mapping):
        return given
    names = [*given, *(name for name in values if full and name not in given)]
    members = {name: _term(given.get(name), values.get(name, {}), full) for name in names}
    return {name: member for name, member in members.items() if member is not None} or None


def terms_on(world: "World") -> frozenset[str]:
    """Return the optional terms that a world or one of its substances has."""
    found = {name for name in WORLD_TERMS if getattr(world, name) is not None}
    for substance in world.substances.values():
        found |= {name for name in SUBSTANCE_TERMS if getattr(substance, name) is not None}
    return frozenset(found)


def term_entries(world: "World") -> list[Entry]:
    """Return what the catalogue has for the terms that are on in a world and its substances."""
    on = [f"terms.{name}." for name in WORLD_TERMS if name not in GROUPS and getattr(world, name)]
    for group in sorted(GROUPS):
        members = getattr(world, group) or {}
        on += [f"terms.{group}.{name}." for name, member in dict(members).items() if member]
    on += [
        f"terms.{name}."
        for name in SUBSTANCE_TERMS
        if any(getattr(item, name) for item in world.substances.values())
    ]
    absent = tuple(f".{name}." for name in SUBSTANCES if name not in world.substances)
    found = []
    for entry in catalogue_entries():
        name = entry.name + "."
        if name.startswith(tuple(on)) and not any(other in name for other in absent):
            found.append(entry)
    return found
