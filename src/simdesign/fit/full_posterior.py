"""Everything the exact engine knows about one replication at one look."""

from dataclasses import dataclass, replace

import numpy as np

from simdesign._kernels.break_summary import BOTH, SLOPE, STEP
from simdesign.fit.exact import MOST_LEFT_OUT, left_out_share, scan_breaks
from simdesign.fit.priors import ExactSpec, break_priors
from simdesign.fit.quadrature import resolution
from simdesign.fit.site_weeks import site_weeks
from simdesign.records import Floats, Ints, Looks, Observations, Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """E at one date: posterior mean and equal-tailed 95 % interval, the no-break atom included."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakPosterior:
    """The posterior at one look, in full."""

    prob_break: float
    prob_step: float
    prob_slope: float
    prob_both: float
    prob_pulse: float
    interval_start: Ints  # (m,) first day of each admissible interval
    interval_end: Ints  # (m,) first day after it
    prob_interval: Floats  # (m,) posterior probability of a break in it
    prob_unidentified: float  # a break where the data say nothing about it
    effect: Effect  # at the look
    effect_after_one_year: Effect  # one year after the break
    effect_after_three_years: Effect
    prob_three_year_change: float  # P(|change of the trend level| is notable); NaN: too short
    path_day: Floats  # (j,) mean days of the campaigns
    path_mean: Floats  # (j,) trend level against the first campaign [1, log]
    path_sd: Floats  # (j,)
    log_evidence: float
    quadrature_error: float  # |P(break) - the same with twice the nodes in every dimension|
    n_campaigns: int
    status: Status

    @property
    def effect_mean(self) -> float:
        """E at the look."""
        return self.effect.mean

    @property
    def effect_low(self) -> float:
        """Lower end of its interval."""
        return self.effect.low

    @property
    def effect_high(self) -> float:
        """Upper end of its interval."""
        return self.effect.high


def break_posterior(
    spec: ExactSpec, observations: Observations, looks: Looks, substance: str
) -> BreakPosterior:
    """Return the whole posterior of the first replication at the last look."""
    priors = break_priors(spec, substance)
    reduced = site_weeks(observations, substance, priors.day_noise)
    last = replace(looks, day=looks.day[-1:].copy())
    visits, row = observations.visits, np.array([0])
    scan = scan_breaks(reduced, row, visits, last, priors, path_of=0)
    panel, model, found = scan.panel, scan.model, scan.summary
    n = int(model.n_interval[0])
    finer = resolution(panel.times.size).doubled
    again = scan_breaks(reduced, row, visits, last, priors, size=finer).summary
    status = Status.OK if n else Status.TOO_LITTLE_DATA
    if left_out_share(reduced, visits, last)[0, 0] > MOST_LEFT_OUT:
        status = Status.NOT_APPLICABLE
    effects = [
        Effect(
            mean=float(found.effect[0, 0, e]),
            low=float(found.low[0, 0, e]),
            high=float(found.high[0, 0, e]),
        )
        for e in range(3)
    ]
    prob = float(found.prob[0, 0])
    seen = int(panel.rank[panel.n_observation[0] - 1]) + 1 if panel.n_observation[0] else 0
    nothing = np.full(seen, np.nan)
    return BreakPosterior(
        prob_break=prob,
        prob_step=float(found.kind[0, 0, STEP]),
        prob_slope=float(found.kind[0, 0, SLOPE]),
        prob_both=float(found.kind[0, 0, BOTH]),
        prob_pulse=float(found.pulse[0, 0]),
        interval_start=model.prior.start[:n].astype(np.int64),
        interval_end=model.prior.end[:n].astype(np.int64),
        prob_interval=found.interval[0, 0, :n],
        prob_unidentified=float(prob - found.interval[0, 0, :n].sum()),
        effect=effects[0],
        effect_after_one_year=effects[1],
        effect_after_three_years=effects[2],
        prob_three_year_change=float(found.span[0, 0, 0, 2]) if model.spans_known[0] else np.nan,
        path_day=panel.times[:seen],
        path_mean=found.span[0, 0, 1 : 1 + seen, 0] if n else nothing,
        path_sd=found.span[0, 0, 1 : 1 + seen, 1] if n else nothing,
        log_evidence=float(found.log_evidence[0, 0]),
        quadrature_error=abs(prob - float(again.prob[0, 0])),
        n_campaigns=seen,
        status=status,
    )
