"""Classes of users: how often they use, on which days, how much they excrete."""

import math
from typing import Annotated, Literal

from pydantic import Field, model_validator

from simdesign.errors import FieldError
from simdesign.spec.base import Spec
from simdesign.units import grams

Positive = Annotated[float, Field(gt=0)]
Share = Annotated[float, Field(ge=0, le=1)]
Variation = Annotated[float, Field(ge=0)]


class UseClass(Spec):
    r"""Users who use equally often and equally much, up to a persistent spread.

    User i of a class uses on weekday d with probability ``p h(d) x_i e_id`` and then leaves the
    residue ``r b_i g``. All of these are independent and have mean 1; x, e and b stay the same
    for years, g is new on every occasion:

    ============  ===============================  =============================================
    x_i           propensity, ``propensity_cv`` P  B times Beta(m f, (1 - m) f), on [0, B], with
                                                   B = 1 / (p max h (1 + H)), m = 1 / B,
                                                   f = (B - 1) / P^2 - 1
    e_id          habit, ``habit_cv`` H            1 - H or 1 + H, a fair coin for every user
                                                   and weekday
    b_i           usual dose, ``user_dose_cv`` V   gamma, shape 1 / V^2
    g             this occasion, ``dose_cv`` v     gamma, shape 1 / v^2
    ============  ===============================  =============================================

    No user's probability exceeds 1, whoever they are and whatever the day. Such a Beta exists
    where P^2 < B - 1, that is ``p max h (1 + H) (1 + P^2) < 1``.
    """

    name: Literal["light", "regular", "heavy"]
    mass_share: Share
    """Share of the reference load that this class excretes."""
    use_prob: Annotated[float, Field(gt=0, lt=1)]
    """Mean probability p that a user uses on a day."""
    weekday: Annotated[tuple[Positive, ...], Field(min_length=7, max_length=7)]
    """Weights of the *excreted residue* from Monday to Sunday, mean 1 after scaling: h."""
    residue_mg: Positive
    """Effective residue per use-day at the reference purity [mg]: sets the count noise."""
    dose_cv: Variation
    """Coefficient of variation of a user's residue from one use-day to the next [1]."""
    propensity_cv: Variation = 0.0
    """Coefficient of variation, between users, of how often they use [1]."""
    user_dose_cv: Variation = 0.0
    """Coefficient of variation, between users, of their usual residue per use-day [1]."""
    habit_cv: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Coefficient of variation, between users, of the weight of a weekday [1]."""

    @property
    def weekday_factor(self) -> tuple[float, ...]:
        """Weekday weights scaled to mean 1, Monday to Sunday."""
        mean = math.fsum(self.weekday) / 7.0
        return tuple(weight / mean for weight in self.weekday)

    @property
    def busiest(self) -> float:
        """Return max h (1 + H) (1 + P^2): p times this must stay below 1."""
        spread = (1.0 + self.habit_cv) * (1.0 + self.propensity_cv**2)
        return max(self.weekday_factor) * spread

    @property
    def users(self) -> float:
        """Users for every gram a day of the reference load, before carry-over [1/(g/d)]."""
        return self.mass_share / (self.use_prob * grams(self.residue_mg))

    @model_validator(mode="after")
    def _no_day_is_certain(self) -> "UseClass":
        busiest = self.use_prob * self.busiest
        if busiest >= 1:
            rule = (
                "times the largest weekday weight must be below 1, it is"
                f" {busiest:g} with propensity_cv {self.propensity_cv:g} and habit_cv"
                f" {self.habit_cv:g}: max h p (1 + habit_cv) (1 + propensity_cv^2)"
            )
            raise FieldError("use_prob", self.use_prob, rule)
        return self
