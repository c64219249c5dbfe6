"""Refuse a change that the world or the programme cannot hold, before anything is drawn."""

import math
from collections.abc import Iterator

from simdesign.errors import SpecError
from simdesign.simulate.change_path import strongest
from simdesign.simulate.mechanism import regime, substituted
from simdesign.simulate.users import Regime, people_of
from simdesign.spec.change import (
    Change,
    LevelShift,
    NoChange,
    Pulse,
    SlopeChange,
    Substitution,
    TwoSteps,
    amount_of,
)
from simdesign.spec.quantity import Parameter, greatest, least
from simdesign.spec.world import World, check_users
from simdesign.units import residue_g_per_day

_UNBOUNDED = {"more_users", "more_per_occasion"}
"""Mechanisms that can be of any size."""

type _Break = LevelShift | SlopeChange | Pulse | TwoSteps


def check_change(world: World, change: Change, years: int) -> None:
    """Refuse a change that the world or the programme cannot hold.

    The mechanism is tried at the least and the greatest strength that the change can reach, on
    every substance that it moves; users must fit into their towns.

    Raises
    ------
    SpecError
        Naming the field, its value and the rule.
    """
    if isinstance(change, NoChange):
        return
    _check_place(world, change, years)
    if isinstance(change.mechanism, Substitution):
        _check_substitution(world, change, change.mechanism, years)
        return
    amount = change.slope if isinstance(change, SlopeChange) else change.size
    if isinstance(amount, dict) and not amount.keys() & world.substances.keys():
        rule = f"must hold a substance of the world: {', '.join(world.substances)}"
        raise SpecError(_field(change), ", ".join(amount), rule)
    for name, substance in world.substances.items():
        for field, value, x in _extremes(change, name, substance.drift, years):
            try:
                found = regime(
                    name, substance, weekdays=world.weekdays, mechanism=change.mechanism, size=x
                )
            except SpecError as error:
                if error.field != "change.size":
                    raise
                reached = f" (the load changes by {100 * x:+.1f} %)" if value != x else ""
                raise SpecError(field, value, error.rule + reached) from None
            _check_people(world, name, found, _towns(change))


def _towns(change: _Break) -> tuple[str, ...] | None:
    return None if change.where == "national" else change.where


def _field(change: _Break) -> str:
    return "change.slope" if isinstance(change, SlopeChange) else "change.size"


def _extremes(
    change: _Break, name: str, drift: Parameter, years: int
) -> Iterator[tuple[str, object, float]]:
    """Yield field, value and strongest relative change of the load, at both ends."""
    field = _field(change)
    if isinstance(change, SlopeChange) and change.slope == "plateau":
        ends, shown = (-float(greatest(drift)), -float(least(drift))), "plateau"
    else:
        whole = change.slope if isinstance(change, SlopeChange) else change.size
        amount = amount_of(whole, name)
        if amount is None:
            return
        field += f".{name}" if isinstance(whole, dict) else ""
        ends, shown = (float(least(amount)), float(greatest(amount))), str(amount)
    how = change.mechanism
    shares = how if isinstance(how, dict) else {str(how): 1.0}
    for value, bound in zip(ends, ("a lower", "an upper"), strict=True):
        if not math.isinf(value):
            seen: object = value if ends[0] == ends[1] else shown
            yield field, seen, strongest(change, value, years)
        elif shares.keys() - _UNBOUNDED:
            rule = f"must have {bound} bound, at which {', '.join(shares)} is tried beforehand"
            raise SpecError(field, shown, rule)


def _check_place(world: World, change: _Break, years: int) -> None:
    if greatest(change.at) > years:
        rule = f"must lie within the programme of {years} years"
        shown = change.at if isinstance(change.at, int | float) else str(change.at)
        raise SpecError("change.at", shown, rule)
    if change.where == "national":
        return
    known = {item.name for item in world.catchments}
    for site in change.where:
        if site not in known:
            raise SpecError("change.where", site, "must be a catchment of the world")
    if len(set(change.where)) < len(change.where):
        raise SpecError("change.where", change.where, "must name each catchment once")


def _check_substitution(world: World, change: _Break, how: Substitution, years: int) -> None:
    for end, name in (("from", how.source), ("to", how.to)):
        if name not in world.substances:
            rule = f"must be a substance of the world: {', '.join(world.substances)}"
            raise SpecError(f"change.mechanism.{end}", name, rule)
    drift = world.substances[how.source].drift
    for field, value, x in _extremes(change, how.source, drift, years):
        if not -1.0 < x <= 0.0:
            rule = f"must be a fall of {how.source}, which {how.to} replaces"
            raise SpecError(field, value, rule)
        for name in (how.source, how.to):
            found = substituted(name, world.substances, how, -x, world.weekdays)
            _check_people(world, name, found.regime(), _towns(change))


def _check_people(
    world: World, name: str, users: Regime, where: tuple[str, ...] | None = None
) -> None:
    """Refuse a town that has fewer inhabitants than users; of all towns, or of those named."""
    if world.counts == "off":
        return
    substance = world.substances[name]
    people = people_of(substance, users)
    for town in world.catchments:
        if where is not None and town.name not in where:
            continue
        grams = residue_g_per_day(substance.level * town.level_of(name), 1.0)
        found = [(item.name, grams * n) for item, n in zip(substance.classes, people, strict=True)]
        check_users(f"world.catchments.{town.name}.population", town.population, name, found)
