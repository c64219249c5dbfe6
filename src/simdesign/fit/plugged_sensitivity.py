"""P(break) and E with every plugged-in value at the low and the high end of what data leave open.

The ranges and their sources are in ``spec/catalogue/plugged.toml``; docs/sensitivity.md says what
the table can and cannot show.
"""

from dataclasses import dataclass, replace

import numpy as np

from simdesign.fit.priors import BreakPriors, ExactSpec, break_priors
from simdesign.fit.quick_answer import QuickAnswer, quick_answer
from simdesign.fit.site_weeks import DayNoise
from simdesign.records import Looks, Observations
from simdesign.spec.catalogue import plugged_ranges

FLAT = (1.0,) * 7


@dataclass(frozen=True, slots=True, kw_only=True)
class PluggedRow:
    """One plugged-in value moved, everything else as it was."""

    name: str  # day_sd, day_rho, count_noise, weekday, r_lab or nugget
    end: str  # "low" or "high"; of the weekday profile "flat" or "other"
    value: float  # NaN for a profile
    answer: QuickAnswer


@dataclass(frozen=True, slots=True, kw_only=True)
class PluggedTable:
    """The answer as plugged in, and with each value moved."""

    plugged: QuickAnswer
    rows: tuple[PluggedRow, ...]

    @property
    def largest(self) -> PluggedRow:
        """The row that moves P(break) most."""
        return max(self.rows, key=lambda row: abs(self.shift(row)))

    def shift(self, row: PluggedRow) -> float:
        """Return how far a row moves P(break)."""
        return row.answer.prob_break - self.plugged.prob_break

    @property
    def prob_range(self) -> tuple[float, float]:
        """Smallest and largest P(break) of the table, one value moved at a time."""
        every = [self.plugged.prob_break, *(row.answer.prob_break for row in self.rows)]
        return min(every), max(every)


def plugged_sensitivity(
    spec: ExactSpec, observations: Observations, looks: Looks, substance: str
) -> PluggedTable:
    """Return what the first replication's answer at the last look owes to what is plugged in.

    Parameters
    ----------
    spec : ExactSpec
        Its own plugged-in values are the middle of the table.
    observations : Observations
    looks : Looks
    substance : str
    """
    priors = break_priors(spec, substance)
    rows = [
        PluggedRow(
            name=name, end=end, value=value,
            answer=quick_answer(moved, observations, looks, substance),
        )
        for name, end, value, moved in _moved(priors, substance)
    ]  # fmt: skip
    plugged = quick_answer(priors, observations, looks, substance)
    return PluggedTable(plugged=plugged, rows=tuple(rows))


def _moved(priors: BreakPriors, substance: str) -> list[tuple[str, str, float, BreakPriors]]:
    ranges, noise = plugged_ranges(substance), priors.day_noise
    found = []
    for number, end in enumerate(("low", "high")):
        day_sd, rho, count = (ranges[key][number] for key in ("day_sd", "day_rho", "count_noise"))
        r_lab, nugget = ranges["r_lab"][number], ranges["nugget"][number]
        profile = np.array((FLAT, ranges["weekday"])[number])
        log_weekday = np.log(profile / profile.mean())
        found += [
            ("day_sd", end, day_sd, _noise(priors, replace(noise, variance=day_sd**2))),
            ("day_rho", end, rho, _noise(priors, replace(noise, rho=rho))),
            ("count_noise", end, count, _noise(priors, replace(noise, count_noise=count))),
            ("weekday", ("flat", "other")[number], np.nan,
             _noise(priors, replace(noise, log_weekday=log_weekday))),
            ("r_lab", end, r_lab, replace(priors, r_lab=r_lab)),
            ("nugget", end, nugget, replace(priors, nugget=nugget)),
        ]  # fmt: skip
    return sorted(found, key=lambda item: item[0])


def _noise(priors: BreakPriors, noise: DayNoise) -> BreakPriors:
    return replace(priors, day_noise=noise)
