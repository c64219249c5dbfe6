"""One look of one replication, laid out as tables for the PyMC model: plain NumPy.

Nothing of the exact engine's algebra is used here: sites are columns of a table whose rows are
*cells* (one campaign time and laboratory batch), the national path is a covariance between cells,
and every explanation of the data, no break included, is one *hypothesis* with up to two amplitudes
(docs/pymc.md).
"""

import enum
import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.polynomial.legendre import leggauss

from simdesign._kernels.break_summary import N_KIND
from simdesign.fit.hypotheses import POINTS
from simdesign.fit.prior_mass import hidden_days, intervals, masses, pulse_windows
from simdesign.fit.priors import BreakPriors
from simdesign.fit.season import harmonics, new_year_share, season_moves
from simdesign.fit.site_weeks import SiteWeeks
from simdesign.records import LAB_STEP, Bools, Floats, Ints, Looks, Visits
from simdesign.spec.breaks import Scale
from simdesign.spec.quantity import HalfNormal, LogNormal
from simdesign.units import DAYS_PER_YEAR

HALF_NORMAL, LOG_NORMAL = 0, 1
"""Families of a scale parameter; a point mass is a log-normal without spread."""


class Kind(enum.IntEnum):
    """What a hypothesis says."""

    NOTHING = 0
    STEP = 1
    SLOPE = 2
    BOTH = 3
    PULSE = 4


BREAKS = (Kind.STEP, Kind.SLOPE, Kind.BOTH)
"""In the order of the exact engine's kinds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScalePriors:
    r"""Priors of scale parameters in terms of standard normals ``z``.

    Half-normal: :math:`\sigma = a|z|`; log-normal: :math:`\sigma = a\,e^{bz}`.
    """

    family: Ints  # (n,) HALF_NORMAL or LOG_NORMAL
    scale: Floats  # (n,) a
    spread: Floats  # (n,) b


@dataclass(frozen=True, slots=True, kw_only=True)
class Hypotheses:
    """Everything that may have happened to the national level by a look, with its prior.

    Axes: ``c`` cell, ``h`` hypothesis.
    """

    first: Floats  # (c, h) column of the first amplitude: step or pulse; 0 = it does not show
    second: Floats  # (c, h) column of the second amplitude: change of slope
    first_sd: Floats  # (h,) prior SD of the amplitudes; 0 = there is none
    second_sd: Floats  # (h,)
    log_prior: Floats  # (h,)
    kind: Ints  # (h,) Kind
    first_gain: Floats  # (h,) what an amplitude adds to the national log level at the look
    second_gain: Floats  # (h,) years from the break to the look; their root mean square if hidden
    start: Ints  # (h,) first day of the break; -1 where the data do not show it
    end: Ints  # (h,) first day after it

    @property
    def is_break(self) -> Bools:
        """Which hypotheses are national breaks; a pulse is none."""
        return np.asarray((self.kind > Kind.NOTHING) & (self.kind < Kind.PULSE))

    @property
    def is_dated(self) -> Bools:
        """Which breaks the data can show."""
        return np.asarray(self.is_break & (self.start >= 0))


@dataclass(frozen=True, slots=True, kw_only=True)
class LookTable:
    """Site-weeks known at a look. Axes: ``c`` cell, ``q`` site, ``j`` campaign time."""

    mean: Floats  # (c, q) mean log load around the site's own mean; 0 where not seen
    noise: Floats  # (c, q) known variance, nugget included; 1 where not seen
    seen: Floats  # (c, q) 1 = there is a site-week
    time: Floats  # (c,) years since the first cell
    times: Floats  # (j,) mean days of the campaign times, different and increasing
    rank: Ints  # (c,) j of each cell
    walk: Floats  # (c, c) covariance of the walk at unit variance per year
    shared: Floats  # (c, c) of the shared error at unit variance
    fixed: Floats  # (c, c) of drift and season
    visit: Ints  # (v,) index into the visits
    cell: Ints  # (v,) c of each used visit
    site: Ints  # (v,) q of each used visit


def scale_priors(*priors: Scale) -> ScalePriors:
    """Return priors of scale parameters as functions of standard normals."""
    half = [isinstance(p, HalfNormal) for p in priors]
    spread = [p.log_sd if isinstance(p, LogNormal) else 0.0 for p in priors]
    return ScalePriors(
        family=np.where(half, HALF_NORMAL, LOG_NORMAL).astype(np.int64),
        scale=np.array([_scale(p) for p in priors]),
        spread=np.array(spread),
    )


def _scale(prior: Scale) -> float:
    if isinstance(prior, HalfNormal):
        return prior.scale
    return prior.median if isinstance(prior, LogNormal) else float(prior)


def known_visits(visits: Visits, usable: Bools, looks: Looks, k: int) -> Ints:
    """Return the usable visits that count at look ``k``.

    Campaigns count in order of their middle day: one that ended early waits for those before it,
    as in the exact engine.
    """
    used = np.flatnonzero(usable)
    last, middle = visits.last_day[used], visits.middle_day[used]
    order = np.lexsort((last, visits.batch[used], visits.campaign[used], middle))
    known = np.maximum.accumulate(last[order]) + looks.report_lag <= looks.day[k]
    return np.asarray(np.sort(used[order[known]]), dtype=np.int64)


def look_table(
    visits: Visits, usable: Bools, used: Ints, reduced: SiteWeeks, replication: int,
    priors: BreakPriors,
) -> LookTable:  # fmt: skip
    """Lay out the used visits of one replication.

    Whether the panel moves through the year is a property of all its ``usable`` visits, those to
    come included.
    """
    share = new_year_share(visits.day[used])
    keys = np.column_stack([
        visits.middle_day[used], visits.campaign[used], visits.batch[used], visits.last_day[used],
        visits.slot[used], visits.year[used], share,
    ])  # fmt: skip
    sites, site = np.unique(visits.site[used], return_inverse=True)
    _, first, cell = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    cell = cell.ravel()
    shape = (first.size, sites.size)
    seen, mean, noise = np.zeros(shape), np.zeros(shape), np.ones(shape)
    seen[cell, site] = 1.0
    mean[cell, site] = reduced.mean[replication, used]
    noise[cell, site] = reduced.variance[replication, used] + priors.nugget**2
    mean = seen * (mean - mean.sum(axis=0) / np.maximum(seen.sum(axis=0), 1.0))
    at = used[first]
    day, batch = visits.middle_day[at], visits.batch[at]
    times, rank = np.unique(day, return_inverse=True)
    time = (day - day[:1]) / DAYS_PER_YEAR
    lab_year = np.column_stack([batch // LAB_STEP, visits.year[at]])
    same_batch = batch[:, None] == batch[None, :]
    same_year = (lab_year[:, None] == lab_year[None, :]).all(axis=2)
    moves = visits.n_slot == 1 and season_moves(visits.middle_day[usable], visits.site[usable])
    slot = visits.slot[at] if visits.n_slot > 1 else None
    return LookTable(
        mean=mean,
        noise=noise,
        seen=seen,
        time=time,
        times=times,
        rank=rank.astype(np.int64),
        walk=np.minimum(time[:, None], time[None, :]),
        shared=(1.0 - priors.r_lab) * same_batch + priors.r_lab * same_year,
        fixed=priors.drift_sd**2 * np.outer(time, time)
        + _season(day, slot, share[first] if moves else None, priors),
        visit=used,
        cell=cell.astype(np.int64),
        site=site.astype(np.int64),
    )


def _season(day: Floats, slot: Ints | None, new_year: Floats | None, priors: BreakPriors) -> Floats:
    """Return the covariance of the season between cells.

    One effect a calendar slot; where campaigns move through the year instead, two harmonics and an
    effect of a day at New Year.
    """
    if slot is not None:
        return np.asarray(priors.slot_sd**2 * (slot[:, None] == slot[None, :]))
    if new_year is None:
        return np.zeros((day.size, day.size))
    wave = harmonics(day)
    return np.asarray(
        priors.harmonic_sd**2 * (wave @ wave.T)
        + priors.new_year_sd**2 * np.outer(new_year, new_year)
    )


def hypotheses(table: LookTable, looks: Looks, k: int, priors: BreakPriors) -> Hypotheses:
    """List what may have happened by look ``k``, with its prior probability.

    The prior masses are the exact engine's: they are what both engines mean by a break. The day on
    which a slope starts within its interval stands at the same Gauss points.
    """
    times = table.times
    look = float(looks.day[k])
    now = replace(looks, day=looks.day[k : k + 1].copy())
    admitted = np.array(admissible(times.size, priors), dtype=np.int64)
    last = np.array([times.size - 1])
    windows = pulse_windows(times, priors.pulse_days) if priors.pulse_hazard > 0.0 else []
    mass = masses(times, admitted, np.array([admitted.size]), last, windows, now, priors)
    listed = _List(np.zeros(table.time.size))
    listed.add(Kind.NOTHING, mass.none[0])
    listed.add(Kind.PULSE, mass.unseen_pulse[0])
    for window, probability in zip(windows, mass.pulse[0], strict=True):
        covered = (table.rank >= window.first) & (table.rank < window.after)
        listed.add(Kind.PULSE, probability, first=covered.astype(float), first_sd=priors.pulse_sd)
    for region, probability in zip(
        hidden_days(times, admitted, int(last[0]), now, 0),
        mass.hidden[0].reshape(-1, N_KIND),
        strict=True,
    ):
        for kind, part in zip(BREAKS, probability, strict=True):
            listed.add_break(kind, part, priors, math.sqrt(region.mean_square_age))
    whole_days = intervals(times, admitted)
    for m, (start, end) in enumerate(whole_days):
        j = int(admitted[m])
        before, after = float(times[j - 1]), float(times[j])
        for kind, day, share in starts(before, after):
            listed.add_break(
                kind, mass.interval[0, m, kind - Kind.STEP] * share, priors,
                (look - day) / DAYS_PER_YEAR,
                first=(table.rank >= j).astype(float),
                second=np.maximum(table.time - (day - times[0]) / DAYS_PER_YEAR, 0.0),
                start=start, end=end,
            )  # fmt: skip
    return listed.hypotheses()


def starts(before: float, after: float) -> list[tuple[Kind, float, float]]:
    """Return kind, day and share of prior mass of the breaks between two campaign times.

    Days of an interval are alike to a step, but not to a slope.
    """
    years = (after - before) / DAYS_PER_YEAR
    n_point = next(n for limit, n in POINTS if years <= limit)
    out = []
    for kind, n in ((Kind.STEP, 1), (Kind.SLOPE, n_point), (Kind.BOTH, max(1, n_point - 1))):
        point, weight = leggauss(n)
        days = before + 0.5 * (after - before) * (1.0 + point)
        out += [(kind, float(d), 0.5 * float(w)) for d, w in zip(days, weight, strict=True)]
    return out


def admissible(n_time: int, priors: BreakPriors) -> list[int]:
    """Return the numbers of the campaign times before which a break is admitted."""
    if priors.break_intervals is None:
        return list(range(2, n_time))
    return [m for m in sorted(set(priors.break_intervals)) if 0 < m < n_time]


class _List:
    """Hypotheses on the way to their record."""

    def __init__(self, empty: Floats) -> None:
        self.empty = empty
        self.columns: list[tuple[Floats, Floats]] = []
        self.rows: list[tuple[float, ...]] = []

    def add(
        self, kind: Kind, prior: float, *, first: Floats | None = None, first_sd: float = 0.0,
        second: Floats | None = None, second_sd: float = 0.0, years: float = 0.0,
        start: int = -1, end: int = -1,
    ) -> None:  # fmt: skip
        """Add one; those without prior probability are left out."""
        if prior <= 0.0:
            return
        jumps = float(first_sd > 0.0 and kind != Kind.PULSE)
        bends = years if second_sd > 0.0 else 0.0
        self.columns.append(
            (self.empty if first is None else first, self.empty if second is None else second)
        )
        self.rows.append((first_sd, second_sd, prior, jumps, bends, kind, start, end))

    def add_break(
        self, kind: Kind, prior: float, priors: BreakPriors, years: float, *,
        first: Floats | None = None, second: Floats | None = None, start: float = -1,
        end: float = -1,
    ) -> None:  # fmt: skip
        """Add a break so many years before the look; without columns the data cannot show it."""
        jumps, bends = kind != Kind.SLOPE, kind != Kind.STEP
        self.add(
            kind, prior, years=years, start=int(start), end=int(end),
            first=first if jumps else None, first_sd=priors.step_sd if jumps else 0.0,
            second=second if bends else None, second_sd=priors.slope_sd if bends else 0.0,
        )  # fmt: skip

    def hypotheses(self) -> Hypotheses:
        """Return the record."""
        rows = np.array(self.rows)
        whole = rows[:, 5:].astype(np.int64)
        return Hypotheses(
            first=np.column_stack([first for first, _ in self.columns]),
            second=np.column_stack([second for _, second in self.columns]),
            first_sd=rows[:, 0].copy(), second_sd=rows[:, 1].copy(),
            log_prior=np.array([math.log(p) for p in rows[:, 2]]),
            first_gain=rows[:, 3].copy(), second_gain=rows[:, 4].copy(),
            kind=whole[:, 0], start=whole[:, 1], end=whole[:, 2],
        )  # fmt: skip
