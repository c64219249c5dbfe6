"""Residue of one use is excreted over several days: the shares, and the week before they act."""

import cmath
import math
from functools import lru_cache
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from simdesign.errors import FieldError
from simdesign.spec.base import Spec

Share = Annotated[float, Field(ge=0, le=1)]
Week = tuple[float, ...]

AT_ONCE: tuple[float, ...] = (1.0,)
"""Shares of a residue that is excreted on the day of use."""
WEEK = 7
_LEAST = 1e-6  # of a weekly rhythm that must be left to be undone


class CarryOver(Spec):
    """How the residue of a use-day is spread over days. A bare list is taken as ``shares``."""

    shares: Annotated[tuple[Share, ...], Field(min_length=1, max_length=WEEK)]
    """Excreted on the day of use, the day after, and so on, sum 1 [1]."""
    residue_scale: Annotated[float, Field(gt=0)] = 1.0
    """Residue per use-day, relative to the classes' effective ``residue_mg``. Carry-over averages
    use-days over days; 1 / sum(shares^2) keeps the count noise c of a day where it was [1]."""

    @model_validator(mode="before")
    @classmethod
    def _bare_list(cls, value: Any) -> Any:
        return {"shares": value} if isinstance(value, list | tuple) else value

    @model_validator(mode="after")
    def _everything_is_excreted(self) -> Self:
        total = math.fsum(self.shares)
        if abs(total - 1.0) > 1e-9:
            raise FieldError("shares", list(self.shares), f"must sum to 1, they sum to {total:g}")
        if min(abs(_wave(self.shares, m)) for m in range(WEEK)) < _LEAST:
            raise FieldError("shares", list(self.shares), "must not even out the week")
        return self


@lru_cache(maxsize=256)
def week_of_use(excreted: Week, shares: tuple[float, ...]) -> Week:
    r"""Return the weekday profile of use that gives a profile of excreted residue.

    The week is a circle, on which use u, shares w and residue h are related by
    ``h_d = sum_j w_j u_{d-j}``; discrete Fourier transforms turn that into products,

    .. math:: u_d = \frac17 \sum_{m=0}^{6} \frac{H_m}{W_m}\, e^{2\pi i m d / 7} .

    The mean of the week stays. Values may be negative: then no use gives such a profile.

    Parameters
    ----------
    excreted : tuple of float
        Weekday factors, Monday to Sunday [1].
    shares : tuple of float
        As in :class:`CarryOver`.
    """
    if shares == AT_ONCE:
        return excreted
    ratio = [_wave(excreted, m) / _wave(shares, m) for m in range(WEEK)]
    return tuple(
        math.fsum((ratio[m] * cmath.exp(2j * math.pi * m * d / WEEK)).real for m in range(WEEK))
        / WEEK
        for d in range(WEEK)
    )


def _wave(values: tuple[float, ...], m: int) -> complex:
    """Return the Fourier coefficient of m turns a week."""
    return sum(x * cmath.exp(-2j * math.pi * m * j / WEEK) for j, x in enumerate(values))
