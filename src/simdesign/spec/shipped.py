"""The shipped estimates of a substance: draws that a report or an average may look up by name."""

from dataclasses import dataclass
from functools import cache

from simdesign.errors import SpecError
from simdesign.spec.draws import Estimate, shipped_estimates, with_draws
from simdesign.spec.quantity import Draws


@dataclass(frozen=True, slots=True, kw_only=True)
class ShippedDraws:
    """Joint draws of one substance."""

    name: str  # of the estimate, for example NL
    n_draw: int
    n_effective: float  # independent draws that they are worth
    fields: dict[str, tuple[float, ...]]  # parameter -> one value a draw, in the table's order


@cache
def shipped_draws(substance: str) -> tuple[ShippedDraws, ...]:
    """Return what every shipped estimate holds of a substance; nothing where none does."""
    found = []
    for name in shipped_estimates():
        try:
            given = with_draws({"estimate": name}, substance, None)
        except SpecError:  # the table has no such substance
            continue
        origin = given["estimate"]
        if isinstance(origin, Estimate):
            worth = origin.n_effective or origin.n_draw
            fields = {key: item.values for key, item in given.items() if isinstance(item, Draws)}
            found.append(
                ShippedDraws(name=name, n_draw=origin.n_draw, n_effective=worth, fields=fields)
            )
    return tuple(found)
