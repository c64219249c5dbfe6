"""The parameters of one replication: fixed, or drawn at an address of their own."""

import math
from collections.abc import Mapping
from typing import NamedTuple

from simdesign.seeds import Purpose
from simdesign.simulate.luck import Luck
from simdesign.simulate.totals import LatentParts, latent_parts
from simdesign.spec.quantity import Draws, Parameter, in_every_draw
from simdesign.spec.quantity import draw as draw_quantity
from simdesign.spec.substance import Substance
from simdesign.spec.totals import refuse_draws, shared_parts
from simdesign.spec.world import World

DRAWN_FIELDS = (
    "sigma_shared",
    "lab_share",
    "r_lab",
    "shared_weeks",
    "sigma_site",
    "drift",
    "sigma_rw",
    "sigma_rw_site",
    "season_amplitude",
    "season_peak",
)
"""Fields of a substance that may be distributions; their values are in ``Truth.drawn``."""
DAY_FIELDS = ("day_sd", "day_rho")
"""Fields that are values or columns of joint draws; which row they took, the others tell."""
JOINT = "draws"
"""Address of the row of joint draws: one for all parameters and substances of a replication."""


class Source(NamedTuple):
    """A parameter: its value, or the distribution and the luck that give one."""

    value: float
    quantity: Parameter
    luck: Luck | None

    def at(self, replication: int) -> float:
        """Return the value in one replication."""
        if self.luck is None:
            return self.value
        return draw_quantity(self.quantity, self.luck.at(replication))


def source(quantity: Parameter, seed: int, address: str) -> Source:
    """Return a parameter; ``address`` is that of its draws."""
    if isinstance(quantity, int | float):
        return Source(float(quantity), quantity, None)
    return Source(math.nan, quantity, Luck(seed, Purpose.PARAMETERS, address))


class SubstanceParameters:
    """The parameters of one substance, ready to be drawn replication by replication."""

    def __init__(self, name: str, substance: Substance, world: World, seed: int, luck: str):
        self._substance = substance
        self._field = f"world.substances.{name}.day_sd"
        self._sources = {}
        for field in (*DRAWN_FIELDS, *DAY_FIELDS):
            quantity = getattr(substance, field)
            address = JOINT if isinstance(quantity, Draws) else f"{name}.{field}"
            self._sources[field] = source(quantity, seed, f"{luck}/{address}")
        self._errors = world.day_errors(substance)
        self._last: tuple[tuple[float, ...], LatentParts] | None = None
        self._check()

    def _check(self) -> None:
        """Refuse a world whose totals cannot be met, in any row of its joint draws."""
        columns = self._substance.drawn_jointly
        given = self.draw(0)
        refuse_draws(
            in_every_draw(*columns.values()),
            lambda row: self.parts(given | dict(zip(columns, row, strict=True))),
        )

    def draw(self, replication: int) -> dict[str, float]:
        """Return the value of every field of ``DRAWN_FIELDS`` and ``DAY_FIELDS``."""
        return {field: source.at(replication) for field, source in self._sources.items()}

    def parts(self, drawn: Mapping[str, float]) -> LatentParts:
        """Return the latent parts for drawn parameters; the last answer is kept."""
        key = tuple(drawn[field] for field in (*DRAWN_FIELDS[:5], *DAY_FIELDS))
        if self._last is None or self._last[0] != key:
            sigma_shared, lab_share, r_lab, shared_weeks, sigma_site, day_sd, day_rho = key
            parts = latent_parts(
                sd_swing=shared_parts(sigma_shared, lab_share, r_lab).sd_swing,
                shared_weeks=shared_weeks,
                sigma_site=sigma_site,
                site_days=self._substance.site_days,
                day_sd=day_sd,
                day_rho=day_rho,
                errors=self._errors,
                excreted=self._substance.excreted,
                field=self._field,
            )
            self._last = (key, parts)
        return self._last[1]
