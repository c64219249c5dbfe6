"""What could have happened by a look, as columns with priors: breaks of every kind, and pulses.

The days between two campaign times give one step column. A slope that starts ``d`` before the
first campaign after it is the ramp of that campaign plus ``d`` times its step, so that any day in
between costs no further column (docs/engine.md, section 4).
"""

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from simdesign._kernels.break_design import Hypotheses, Spans
from simdesign._kernels.break_summary import BOTH, N_HIDDEN, N_KIND, SLOPE, STEP, Prior
from simdesign.fit.panel import Panel
from simdesign.fit.prior_mass import Masses, hidden_days, masses, pulse_windows
from simdesign.fit.priors import BreakPriors
from simdesign.fit.regressors import regressor_ridge
from simdesign.records import Floats, Ints, Looks
from simdesign.units import DAYS_PER_YEAR

YEARS_AFTER = (1.0, 3.0)
"""E is reported at the look and so many years after the break."""
SPAN = 3.0
"""Years over which a change of the trend level is reported."""
POINTS = ((0.15, 1), (1.5, 2), (np.inf, 3))
"""Up to so many years between two campaigns, so many Gauss points for the day a slope starts; one
less for both at once, whose step takes up what the day leaves over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Break:
    """One break hypothesis."""

    kind: int
    interval: int  # number among the admissible intervals
    campaign: int  # number j of the first campaign time after it
    lead: float  # years between the break and that campaign
    share: float  # of the interval's and kind's prior mass


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """All hypotheses about one panel, as the kernels want them."""

    admissible: Ints  # (m,) campaign times j before which a break is admitted
    n_interval: Ints  # (k,)
    breaks: tuple[Break, ...]  # (h,) what the hypotheses mean
    hypotheses: Hypotheses
    prior: Prior
    spans: Spans
    spans_known: np.ndarray  # (k,) whether the data reach back as far as the span


def break_model(
    panel: Panel, looks: Looks, priors: BreakPriors, path_of: int | None = None
) -> Model:
    """Lay out the hypotheses of a panel.

    Parameters
    ----------
    panel : Panel
    looks : Looks
    priors : BreakPriors
    path_of : int, optional
        A look whose trend level at every campaign time is wanted too, relative to the first.
    """
    times = (panel.times - panel.times[0]) / DAYS_PER_YEAR if panel.times.size else panel.times
    admissible = np.arange(2, times.size)
    if priors.break_intervals is not None:
        inside = [m for m in sorted(set(priors.break_intervals)) if 0 < m < times.size]
        admissible = np.array(inside, dtype=np.int64)
    last = np.array([panel.rank[n - 1] if n else -1 for n in panel.n_observation], dtype=np.int64)
    n_interval = np.searchsorted(admissible, last, side="right").astype(np.int64)
    look = (looks.day - (panel.times[0] if times.size else 0.0)) / DAYS_PER_YEAR
    breaks = _breaks(admissible, times, priors, look - SPAN)
    windows = pulse_windows(panel.times, priors.pulse_days) if priors.pulse_hazard > 0 else []
    mass = masses(panel.times, admissible, n_interval, last, windows, looks, priors)
    hypotheses = Hypotheses(
        campaign=_ints(item.campaign for item in breaks),
        covariance=np.array([_covariance(item, priors) for item in breaks]).reshape(-1, 3).T.copy(),
        log_prior=_log_prior(breaks, mass),
        n_break=np.searchsorted(_ints(item.interval for item in breaks), n_interval),
        pulse_from=_ints(w.first for w in windows),
        pulse_to=_ints(w.after for w in windows),
        pulse_variance=priors.pulse_sd**2,
        pulse_log_prior=_log(mass.pulse),
        n_pulse=np.searchsorted(_ints(w.first for w in windows), last, side="right")
        * (n_interval > 0),
    )
    prior = Prior(
        none=mass.none,
        hidden=mass.hidden,
        unseen_pulse=mass.unseen_pulse,
        kind=_ints(item.kind for item in breaks),
        interval=_ints(item.interval for item in breaks),
        effect=_effects(breaks, times, look),
        hidden_sd=_hidden_sd(panel.times, admissible, n_interval, last, looks, priors),
        start=np.ceil(panel.times[admissible - 1]),
        end=np.ceil(panel.times[admissible]),
    )
    dates = np.stack([look - SPAN, look], axis=1)[:, None, :]
    if path_of is not None:
        path = np.stack([np.zeros(times.size), times], axis=1)
        dates = np.concatenate([dates, np.repeat(path[None], look.size, axis=0)], axis=1)
    return Model(
        admissible=admissible,
        n_interval=n_interval,
        breaks=tuple(breaks),
        hypotheses=hypotheses,
        prior=prior,
        spans=_spans(panel, breaks, times, dates, priors),
        spans_known=(look - SPAN >= 0.0) & (n_interval > 0),
    )


def _ints(values: object) -> Ints:
    return np.array(list(values), dtype=np.int64)  # type: ignore[call-overload]


def _log(mass: Floats) -> Floats:
    out = np.full(mass.shape, -np.inf)
    for place in np.ndindex(mass.shape):
        if mass[place] > 0.0:
            out[place] = math.log(mass[place])
    return out


def _breaks(admissible: Ints, times: Floats, priors: BreakPriors, cuts: Floats) -> list[Break]:
    """Return all break hypotheses in order of their interval.

    A step alone is the same to the data on all days of an interval, but not to a span of the
    trend that starts among them: it is cut there.
    """
    out = []
    for m, j in enumerate(admissible.tolist()):
        start, end = float(times[j - 1]), float(times[j])
        length = end - start
        n_point = next(n for limit, n in POINTS if length <= limit)
        if priors.kinds.step > 0:
            inside = sorted({cut for cut in cuts.tolist() if start < cut < end})
            for a, b in pairwise([start, *inside, end]):
                out.append(
                    Break(
                        kind=STEP, interval=m, campaign=j, lead=end - 0.5 * (a + b),
                        share=(b - a) / length,
                    )
                )  # fmt: skip
        parts = (
            (SLOPE, priors.kinds.slope, n_point),
            (BOTH, priors.kinds.both, max(1, n_point - 1)),
        )
        for kind, mass, n in parts:
            if mass > 0:
                point, weight = np.polynomial.legendre.leggauss(n)
                out += [
                    Break(
                        kind=kind, interval=m, campaign=j, lead=0.5 * length * (1.0 + x),
                        share=0.5 * w,
                    )
                    for x, w in zip(point.tolist(), weight.tolist(), strict=True)
                ]  # fmt: skip
    return out


def _covariance(item: Break, priors: BreakPriors) -> tuple[float, float, float]:
    """Return the prior covariance of the coefficients of step and ramp of the next campaign."""
    slope = 0.0 if item.kind == STEP else priors.slope_sd**2
    step = 0.0 if item.kind == SLOPE else priors.step_sd**2
    return step + slope * item.lead**2, slope * item.lead, slope


def _log_prior(breaks: list[Break], mass: Masses) -> Floats:
    out = np.zeros((mass.none.size, len(breaks)))
    for h, item in enumerate(breaks):
        out[:, h] = mass.interval[:, item.interval, item.kind] * item.share
    return _log(out)


def _effects(breaks: list[Break], times: Floats, look: Floats) -> Floats:
    """Return E per unit of both coefficients, (e, k, 2, h)."""
    out = np.ones((1 + len(YEARS_AFTER), look.size, 2, len(breaks)))
    for h, item in enumerate(breaks):
        out[0, :, 1, h] = look - times[item.campaign]
        for e, years in enumerate(YEARS_AFTER):
            out[1 + e, :, 1, h] = years - item.lead
    return out


def _hidden_sd(
    times: Floats, admissible: Ints, n_interval: Ints, last: Ints, looks: Looks,
    priors: BreakPriors,
) -> Floats:  # fmt: skip
    """Return the SD of E where the data do not show the break, (e, k, 6)."""
    out = np.zeros((1 + len(YEARS_AFTER), looks.day.size, N_HIDDEN))
    for k in range(looks.day.size):
        regions = hidden_days(times, admissible[: n_interval[k]], int(last[k]), looks, k)
        for place, region in enumerate(regions):
            squares = [region.mean_square_age, *(years**2 for years in YEARS_AFTER)]
            for e, square in enumerate(squares):
                slope, step = priors.slope_sd**2 * square, priors.step_sd**2
                kinds = {STEP: step, SLOPE: slope, BOTH: step + slope}
                for kind, variance in kinds.items():
                    out[e, k, place * N_KIND + kind] = variance**0.5
    return out


def _spans(
    panel: Panel, breaks: list[Break], times: Floats, dates: Floats, priors: BreakPriors
) -> Spans:
    """Return what the change of the trend level between pairs of dates (k, d, 2) depends on."""
    start, end = dates[..., 0], dates[..., 1]
    after = np.maximum(start, 0.0)[..., None]
    ramp = np.clip(panel.time - after, 0.0, np.maximum(end[..., None] - after, 0.0))
    out = np.zeros((*start.shape, 2, len(breaks)))
    for h, item in enumerate(breaks):
        begin = times[item.campaign] - item.lead
        for date, sign in ((end, 1.0), (start, -1.0)):
            on = sign * (date >= begin)
            out[..., 0, h] += on
            out[..., 1, h] += on * (date - times[item.campaign])
    regressors = np.zeros((*start.shape, regressor_ridge(panel, priors).size))
    if priors.drift_sd > 0:
        regressors[..., 0] = end - start
    return Spans(
        ramp=np.ascontiguousarray(ramp), length=end - start, regressors=regressors, breaks=out
    )
