"""The users of a substance before or after a change, and what the kernels need of them."""

import math
from dataclasses import dataclass
from typing import Self

import numpy as np

from simdesign.records import Floats
from simdesign.spec.substance import Substance
from simdesign.spec.users import UseClass
from simdesign.units import grams

WEEK = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Regime:
    """One substance's users before or after a change, as the kernels want it.

    Weekdays run from Monday to Sunday. ``prob`` and ``dose_cv`` are those of a class of equal
    users with the same moments: with p the mean probability, h the weekday factor, P, H, V and v
    the variation of propensity, habit, usual dose and occasion (``UseClass``),

        prob = p h (1 + P^2) (1 + H^2),     dose_cv^2 = v^2 (1 + V^2) + V^2 (1 - prob).
    """

    factor: Floats  # (7,) load factor [1]; mean 1 before a change, 1 + size after it
    mass: Floats  # (7, k) share of each class in the residue of that weekday
    prob: Floats  # (7, k) probability that one of equal users uses on that weekday
    residue: Floats  # (k,) mean residue of a use-day [g]
    dose_cv: Floats  # (7, k) coefficient of variation of an equal user's residue of a use-day
    purity: float = 1.0  # of what is sold, relative to the start

    @property
    def noise(self) -> Floats:
        """c, a day's count variance times its residue [g/d] [g], shape (7,): docs/world.md."""
        return np.array(
            [
                math.fsum(
                    float(self.mass[day, k])
                    * float(self.residue[k])
                    * (1.0 - float(self.prob[day, k]) + float(self.dose_cv[day, k]) ** 2)
                    for k in range(self.residue.size)
                )
                for day in range(WEEK)
            ]
        )

    @property
    def use_days(self) -> Floats:
        """Expected use-days per gram of residue [1/g], shape (7,)."""
        return np.array(
            [
                math.fsum(
                    float(self.mass[day, k]) / float(self.residue[k])
                    for k in range(self.residue.size)
                )
                for day in range(WEEK)
            ]
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Users:
    """Who uses how often and how much: what a mechanism of change works on."""

    classes: tuple[UseClass, ...]
    profile: tuple[tuple[float, ...], ...]
    """Weekday factor of the use of each class, mean 1."""
    share: tuple[float, ...]
    """Load of each class over a week, relative to the load of all before any change."""
    often: tuple[float, ...]
    """Mean probability that a user of the class uses on a day."""
    dose: tuple[float, ...]
    """Mean residue of a use-day [g]."""
    purity: float = 1.0
    """Relative to the start."""

    @classmethod
    def of(cls, substance: Substance, *, weekdays: bool = True) -> Self:
        """Return the users before any change; ``weekdays=False`` flattens their profiles."""
        classes = substance.classes
        flat = (1.0,) * WEEK
        return cls(
            classes=classes,
            profile=substance.weeks_of_use if weekdays else (flat,) * len(classes),
            share=tuple(item.mass_share for item in classes),
            often=tuple(item.use_prob for item in classes),
            dose=tuple(grams(item.residue_mg) * substance.residue_scale for item in classes),
        )

    @property
    def load(self) -> float:
        """Load over a week relative to the load before any change [1]."""
        return math.fsum(self.share)

    def regime(self) -> Regime:
        """Return what the kernels need."""
        n_class = len(self.classes)
        mass, prob = np.empty((WEEK, n_class)), np.empty((WEEK, n_class))
        factor, dose_cv = np.empty(WEEK), np.empty((WEEK, n_class))
        for day in range(WEEK):
            load = [self.share[k] * self.profile[k][day] for k in range(n_class)]
            total = math.fsum(load)
            factor[day] = total
            for k, item in enumerate(self.classes):
                mass[day, k] = load[k] / total
                uneven = (1.0 + item.propensity_cv**2) * (1.0 + item.habit_cv**2)
                prob[day, k] = self.often[k] * self.profile[k][day] * uneven
                usual = item.user_dose_cv**2
                of_occasion = item.dose_cv**2 * (1.0 + usual)
                dose_cv[day, k] = math.sqrt(of_occasion + usual * (1.0 - float(prob[day, k])))
        return Regime(
            factor=factor, mass=mass, prob=prob, residue=np.array(self.dose), dose_cv=dose_cv,
            purity=self.purity,
        )  # fmt: skip


def people_of(substance: Substance, regime: Regime) -> tuple[float, ...]:
    """Return the users of each class for every gram a day of the load before any change.

    Found from a regime, so that it holds for a user's own mechanism too: the mean over the week
    of ``factor m_k / (r_k p_k h_k)`` [1/(g/d)].
    """
    people = []
    for k, item in enumerate(substance.classes):
        uneven = (1.0 + item.propensity_cv**2) * (1.0 + item.habit_cv**2)
        parts = [
            float(regime.factor[day] * regime.mass[day, k] / regime.prob[day, k])
            for day in range(WEEK)
            if regime.mass[day, k] > 0.0
        ]
        people.append(math.fsum(parts) / WEEK * uneven / float(regime.residue[k]))
    return tuple(people)
