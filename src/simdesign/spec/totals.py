"""How the observed totals of a world are shared out: the part that several stages need.

The data give totals (docs/world.md). What the simulator solves for is in
``simulate.totals``; the split of the shared error between laboratory and nation is here, because
the laboratory's part is drawn where samples are measured.
"""

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

from simdesign.errors import SpecError
from simdesign.spec.quantity import Draws, in_every_draw


class SharedParts(NamedTuple):
    """What sigma_shared is made of; the squares of the three sum to its square."""

    sd_lab_year: float
    """Error common to all batches of one laboratory in one calendar year, SD [1]."""
    sd_lab_batch: float
    """Error of one batch beyond its year, SD [1]."""
    sd_swing: float
    """Mean over seven consecutive days of the shared swing outside the laboratory, SD [1]."""


def shared_parts(sigma_shared: float, lab_share: float, r_lab: float) -> SharedParts:
    """Split the shared SD of seven-day means.

    ``sigma_shared^2 = lab_share sigma_shared^2 [r_lab (year) + (1 - r_lab) (batch)]
    + (1 - lab_share) sigma_shared^2 (swing)``

    Parameters
    ----------
    sigma_shared : float
        SD of what all sites of one seven-day campaign share, >= 0 [1].
    lab_share, r_lab : float
        Shares of variance in [0, 1]: made in the laboratory; of that, common to its year.
    """
    lab = sigma_shared * math.sqrt(lab_share)
    return SharedParts(
        sd_lab_year=lab * math.sqrt(r_lab),
        sd_lab_batch=lab * math.sqrt(1.0 - r_lab),
        sd_swing=sigma_shared * math.sqrt(1.0 - lab_share),
    )


class DayErrors(NamedTuple):
    """Errors of a day that are independent between days: SDs on the log scale, zero when off.

    Every term of a world that adds such an error has a field here, so that the observed totals
    leave room for it. ``World.day_errors`` fills the record.
    """

    flow_sd: float = 0.0
    """Of the flow [1]."""
    sampling_sd: float = 0.0
    """Of sampling [1]."""
    repeat_sd: float = 0.0
    """Of one analysis [1]."""
    odd_share: float = 0.0
    """Share of days on which the chain is odd [1]."""
    odd_sd: float = 0.0
    """Further error of such a day [1]."""
    people_sd: float = 0.0
    """Of the number of people who are there [1]."""

    @property
    def variance(self) -> float:
        """Of all of them together [1]."""
        chain = self.flow_sd**2 + self.sampling_sd**2 + self.repeat_sd**2
        return chain + self.odd_share * self.odd_sd**2 + self.people_sd**2


def check_day_total(field: str, day_sd: float, day_rho: float, errors: DayErrors) -> None:
    """Refuse errors of a day that the observed day noise has no room for.

    Independent errors add to the variance of a day and nothing to the covariance of two days, so
    what else there is on a day must have variance ``day_sd^2 - errors`` and covariance
    ``day_sd^2 day_rho`` between neighbours; the second cannot exceed the first.

    Parameters
    ----------
    field : str
        Dotted path of ``day_sd``, for the message.
    day_sd, day_rho : float
        Observed SD and lag-1 correlation of day noise [1].
    errors : DayErrors

    Raises
    ------
    SpecError
        Naming the field, its value and the rule.
    """
    least = math.sqrt(errors.variance / (1.0 - max(day_rho, 0.0)))
    if day_sd < least * (1.0 - 1e-12):
        found = [name for name, value in errors._asdict().items() if value > 0.0]
        rule = (
            f"must be at least {least:.4g}: {', '.join(found)} are independent between days,"
            f" with SD {math.sqrt(errors.variance):.4g}, and day_rho is {day_rho:g}"
        )
        raise SpecError(field, day_sd, rule)


def check_day_totals(
    field: str, day_sd: float | Draws, day_rho: float | Draws, errors: DayErrors
) -> None:
    """Refuse a world that :func:`check_day_total` refuses, or a table with draws that it refuses.

    Raises
    ------
    SpecError
        For a table with how many of its draws are refused.
    """
    rows = in_every_draw(day_sd, day_rho)
    refuse_draws(rows, lambda row: check_day_total(field, row[0], row[1], errors))


def refuse_draws(
    rows: Sequence[tuple[float, ...]], check: Callable[[tuple[float, ...]], object]
) -> None:
    """Raise the error of the first draw that is refused, and say how many are.

    A draw that no world can have is neither dropped nor drawn again, either of which would change
    the design prior without a word.
    """
    refused: list[tuple[int, SpecError]] = []
    for number, row in enumerate(rows):
        try:
            check(row)
        except SpecError as problem:
            refused.append((number, problem))
    if not refused:
        return
    first, error = refused[0]
    several = f" (so in {len(refused)} of {len(rows)} draws, the first is number {first + 1})"
    rule = error.rule + (several if len(rows) > 1 else "")
    raise SpecError(error.field, error.value, rule)
