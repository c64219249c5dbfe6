"""What the exact engine says of one data set under any priors: the few numbers of a sensitivity."""

from dataclasses import dataclass, replace

import numpy as np

from simdesign.fit.exact import MOST_LEFT_OUT, left_out_share, scan_breaks
from simdesign.fit.priors import BreakPriors
from simdesign.fit.site_weeks import site_weeks
from simdesign.records import Looks, Observations, Status


@dataclass(frozen=True, slots=True, kw_only=True)
class QuickAnswer:
    """P(break) and E of the first replication at the last look."""

    prob_break: float
    log_odds: float  # of a break: finite where prob_break is rounded to 0 or 1
    effect: float  # E: contribution of the break to the national log level at the look
    effect_low: float  # equal-tailed 95 % interval
    effect_high: float
    status: Status


def quick_answer(
    priors: BreakPriors, observations: Observations, looks: Looks, substance: str
) -> QuickAnswer:
    """Fit once, without the check of the quadrature that ``break_posterior`` adds."""
    last = replace(looks, day=looks.day[-1:].copy())
    reduced = site_weeks(observations, substance, priors.day_noise)
    scan = scan_breaks(reduced, np.array([0]), observations.visits, last, priors)
    status = Status.OK if scan.model.n_interval[0] else Status.TOO_LITTLE_DATA
    if left_out_share(reduced, observations.visits, last)[0, 0] > MOST_LEFT_OUT:
        status = Status.NOT_APPLICABLE
    found = scan.summary
    return QuickAnswer(
        prob_break=float(found.prob[0, 0]),
        log_odds=float(found.log_odds[0, 0]),
        effect=float(found.effect[0, 0, 0]),
        effect_low=float(found.low[0, 0, 0]),
        effect_high=float(found.high[0, 0, 0]),
        status=status,
    )
