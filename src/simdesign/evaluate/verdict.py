"""Verdicts: as good, not as good, or cannot be told with these replications.

The reference design is compared with every other one on the same replications. It is *as good*
within a margin when, for every change and every other design, the upper confidence limit of what
it loses stays below the margin. Each limit is one-sided 95 %; because *all* of them must hold, the
claim as a whole is wrong with at most 5 % (intersection-union test, Berger 1982). It is *not as
good* when for at least one of them the lower limit exceeds the margin, with the 5 % divided by
the number of comparisons (Bonferroni). Everything else *cannot be told*. Designs that are all
blind are equally good at noticing nothing: where none of those compared notices half of any judged
break, the verdict is that *no design notices* them, never *as good*. Where replications failed,
each limit is taken at the end of the bounds (failed.py) that speaks against the verdict.
"""

import enum
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from operator import attrgetter
from types import MappingProxyType

import numpy as np
from scipy import stats

from simdesign.evaluate.measure import Measure

EQUAL_COST = 1.25
"""A design costs about as much as another one when it costs at most this many times as much.

At the default unit prices one round staggered over four weeks costs 15 % more than one round at
once, two rounds about twice as much.
"""
BLIND = 0.5
"""A design is blind when it notices, with 95 % confidence, less than this share of every break."""
ERROR = 0.05
"""Probability with which a verdict other than *cannot be told* may be wrong at its margin."""


class Code(enum.StrEnum):
    """A verdict. The values are stored: never rename."""

    AS_GOOD = "as_good"
    NOT_AS_GOOD = "not_as_good"
    CANNOT_TELL = "cannot_tell"
    NEITHER_NOTICES = "neither_notices"
    """It cannot be told, or they agree, because none of the designs compared notices breaks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """What the reference design loses against another one, in one scenario and one measure."""

    scenario: str
    size: float  # relative change of the load in three years; NaN for a world without change
    other: str  # the other design
    measure: str  # power, restricted_mean_delay or large_error_prob
    reference_value: float
    other_value: float
    loss: float  # > 0: the reference is worse
    mcse: float  # of the paired difference
    margin: float
    n_rep: int
    reference_high: float = np.nan  # upper end of the 95 % Monte Carlo interval
    other_high: float = np.nan
    span: float = 1.0  # range of the measure: 1 for a probability, the restriction of a delay
    failed_less: float = 0.0  # by so much the loss could be smaller had no replication failed
    failed_more: float = 0.0  # ... or larger
    yearly: float = np.nan  # relative change of the load in one year, of a change of slope only


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One line: one substance in one world, about the break or the picture."""

    topic: str  # "break" or "picture"
    substance: str
    estimator: str
    threshold: str  # "operating", "oracle"; "" for the picture, which needs none
    world: dict[str, float | str]  # factor levels of the world
    sigma_shared: float  # level of the shared error; NaN when it is no factor
    code: Code
    reference: str
    best: str  # the other design with the best mean over the changes
    reference_value: float  # mean over the changes: power within three years, or P(large error)
    best_value: float
    mcse: float  # of the difference of these two means, at most
    at_equal_cost: Code | None  # against designs of about the same cost; None without any
    losses: tuple[Loss, ...]
    reference_false_alarm: float = np.nan  # P(any alarm) in this very world when nothing breaks
    best_false_alarm: float = np.nan
    worth: float = np.nan  # power gained by the reference if it knew its world: oracle - operating
    worth_mcse: float = np.nan
    averaged_over: str = ""  # parameters that the world draws; nothing in a fixed world

    @property
    def undefined(self) -> tuple[Loss, ...]:
        """The comparisons that rest on no replication: they can never be *as good*."""
        return tuple(item for item in self.losses if not _is_known(item))

    @property
    def is_in_doubt(self) -> bool:
        """Whether failed replications keep it from being told."""
        sure = [replace(item, failed_less=0.0, failed_more=0.0) for item in self.losses]
        return self.code == Code.CANNOT_TELL and code_of(sure) != Code.CANNOT_TELL

    @property
    def neither_notices(self) -> bool:
        """Whether no design compared notices half of any judged break, whatever the code."""
        return is_blind(self.losses)


def loss(
    scenario: str,
    size: float,
    other: str,
    measure: str,
    values: tuple[Measure, Measure],
    paired: Measure,
    margin: float,
    span: float = 1.0,
    bounds: tuple[tuple[float, float], tuple[float, float]] | None = None,
    yearly: float = np.nan,
) -> Loss:
    """Return a loss from the reference's and the other's measure and their paired difference.

    ``paired`` is reference minus other; more power is better, more of anything else worse.
    ``span`` is the range of the measure; ``bounds`` are the ends of the two values where
    replications failed (see failed.py); ``yearly`` is that of a change of slope.
    """
    sign = -1.0 if measure == "power" else 1.0
    less = more = 0.0
    high = [values[0].high, values[1].high]
    if bounds is not None:
        (mine_low, mine_high), (their_low, their_high) = bounds
        ends = sign * (mine_low - their_high), sign * (mine_high - their_low)
        less = max(sign * paired.value - min(ends), 0.0)
        more = max(max(ends) - sign * paired.value, 0.0)
        high[0] += max(mine_high - values[0].value, 0.0)
        high[1] += max(their_high - values[1].value, 0.0)
    return Loss(
        scenario=scenario, size=size, other=other, measure=measure,
        reference_value=values[0].value, other_value=values[1].value,
        loss=sign * paired.value, mcse=paired.mcse, margin=margin, n_rep=paired.n_rep,
        reference_high=high[0], other_high=high[1], span=span, failed_less=less, failed_more=more,
        yearly=yearly,
    )  # fmt: skip


def _is_known(item: Loss) -> bool:
    return item.n_rep > 0 and bool(np.isfinite(item.loss) and np.isfinite(item.mcse))


def _half_width(item: Loss, error: float) -> float:
    """Return the one-sided confidence half-width.

    Where no replication tells two designs apart the MCSE is 0; then the share that could is
    bounded by log(1/error)/n (the rule of three for 5 %), each by at most the measure's range.
    """
    if not _is_known(item):
        return np.inf
    least = item.span * np.log(1.0 / error) / item.n_rep
    return float(max(stats.norm.isf(error) * item.mcse, least))


def is_blind(losses: Sequence[Loss]) -> bool:
    """Return whether no design compared notices half of any break judged.

    True when the upper end of the 95 % Monte Carlo interval of every design's power is below
    ``BLIND`` on every change; never without a known power.
    """
    power = [item for item in losses if item.measure == "power"]
    return bool(power) and all(
        item.reference_high < BLIND and item.other_high < BLIND for item in power
    )


def code_of(losses: Sequence[Loss]) -> Code:
    """Return the verdict over all comparisons."""
    if not losses:
        return Code.CANNOT_TELL
    each = ERROR / len(losses)
    if any(item.loss - item.failed_less - _half_width(item, each) > item.margin for item in losses):
        return Code.NOT_AS_GOOD
    if is_blind(losses):
        return Code.NEITHER_NOTICES
    if all(
        item.loss + item.failed_more + _half_width(item, ERROR) <= item.margin for item in losses
    ):
        return Code.AS_GOOD
    return Code.CANNOT_TELL


def verdict_of(
    topic: str,
    losses: Sequence[Loss],
    *,
    substance: str,
    estimator: str,
    threshold: str,
    world: dict[str, float | str],
    sigma_shared: float,
    reference: str,
    cost: dict[str, float],
    false_alarm: Mapping[str, float] = MappingProxyType({}),
    worth: Measure | None = None,
    averaged_over: str = "",
) -> Verdict:
    """Return one verdict of the reference design against all others.

    Parameters
    ----------
    topic : str
    losses : sequence of Loss
        Every scenario that counts x every other design x every measure of the topic.
    substance, estimator, threshold, world, sigma_shared, reference
        What the verdict is about.
    cost : dict
        Design -> expected cost.
    false_alarm : mapping, optional
        Design -> P(any alarm) in this world when nothing breaks, at this threshold.
    worth : Measure, optional
        Power that the reference would gain at the oracle threshold, mean over the changes.
    averaged_over : str, optional
        Parameters that the world draws.
    """
    headline = "power" if topic == "break" else "large_error_prob"
    mine = [item for item in losses if item.measure == headline]
    others = sorted({item.other for item in mine})
    means = {
        name: float(np.mean([item.loss for item in mine if item.other == name])) for name in others
    }
    known = {name: value for name, value in means.items() if np.isfinite(value)}
    best = max(known, key=lambda name: known[name]) if known else ""
    chosen = [item for item in mine if item.other == best]
    affordable = {n for n in others if cost[n] <= cost[reference] * EQUAL_COST}
    equal = [item for item in losses if item.other in affordable]
    return Verdict(
        topic=topic, substance=substance, estimator=estimator, threshold=threshold, world=world,
        sigma_shared=sigma_shared, code=code_of(losses), reference=reference, best=best,
        reference_value=_mean([item.reference_value for item in chosen]),
        best_value=_mean([item.other_value for item in chosen]),
        mcse=_mean([item.mcse for item in chosen]),
        at_equal_cost=code_of(equal) if equal else None,
        losses=tuple(losses),
        reference_false_alarm=false_alarm.get(reference, np.nan),
        best_false_alarm=false_alarm.get(best, np.nan),
        worth=np.nan if worth is None else worth.value,
        worth_mcse=np.nan if worth is None else worth.mcse,
        averaged_over=averaged_over,
    )  # fmt: skip


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if values else np.nan


@dataclass(frozen=True, slots=True, kw_only=True)
class Flip:
    """Two levels of the shared error between which a verdict changes from one to the other."""

    low: float
    high: float
    before: Code
    after: Code


def flips(
    verdicts: Sequence[Verdict], level: Callable[[Verdict], float] = attrgetter("sigma_shared")
) -> list[Flip]:
    """Return where a series of verdicts changes as the shared error, or another level, grows.

    A level at which nothing can be told lies between the two levels of a flip and makes none; one
    from which no design notices breaks any more is a flip.

    Parameters
    ----------
    verdicts : sequence of Verdict
        One topic, substance, threshold and otherwise equal world.
    level : callable, optional
        Verdict -> its place in the series.
    """
    ordered = sorted(verdicts, key=level)
    told = [item for item in ordered if item.code != Code.CANNOT_TELL]
    return [
        Flip(low=level(a), high=level(b), before=a.code, after=b.code)
        for a, b in pairwise(told)
        if a.code != b.code
    ]


def worst_excess(verdict: Verdict) -> tuple[float, float]:
    """Return the comparison that exceeds its margin most, in margins, and its error.

    Above 0 the estimate is beyond the margin. In units of the measure's range at a margin of 0.
    """
    known = [item for item in verdict.losses if np.isfinite(item.loss)]
    if not known:
        return np.nan, np.nan
    return max(
        ((item.loss - item.margin) / scale, item.mcse / scale)
        for item in known
        for scale in [item.margin if item.margin > 0.0 else item.span]
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class MarginFlip:
    """How wide the margin of one measure would have to be for another answer."""

    measure: str
    margin: float  # the study's
    as_good_from: float  # the smallest margin within which every comparison certainly stays
    not_as_good_below: float  # below this margin some comparison is certainly beyond it


def margin_flips(verdict: Verdict) -> list[MarginFlip]:
    """Return the margins at which the comparisons of each measure change their answer.

    From the same limits as the verdict (``code_of``): the loss with its one-sided 95 % half-width
    for *as good*, less the Bonferroni half-width for *not as good*.
    """
    each = ERROR / max(len(verdict.losses), 1)
    found = []
    for measure in sorted({item.measure for item in verdict.losses}):
        mine = [item for item in verdict.losses if item.measure == measure]
        high = max(item.loss + item.failed_more + _half_width(item, ERROR) for item in mine)
        known = [item for item in mine if _is_known(item)]
        low = max(
            (item.loss - item.failed_less - _half_width(item, each) for item in known),
            default=-np.inf,
        )
        found.append(
            MarginFlip(
                measure=measure, margin=mine[0].margin,
                as_good_from=float(max(high, 0.0)) if len(known) == len(mine) else np.inf,
                not_as_good_below=float(max(low, 0.0)),
            )
        )  # fmt: skip
    return found
