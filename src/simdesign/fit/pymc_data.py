"""One look of one replication, laid out as tables for the PyMC model: plain NumPy.

Nothing of the exact engine's algebra is used here: sites are columns of a table whose rows are
*cells* (one campaign time and laboratory batch), the national path is a covariance between cells,
and every explanation of the data, no break included, is one *hypothesis* with up to two amplitudes
(docs/pymc.md).
"""

import enum
import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from simdesign.fit.site_weeks import SiteWeeks
from simdesign.records import LAB_STEP, MISSING_DAY, Bools, Floats, Ints, Looks, Visits
from simdesign.spec.breaks import GeneralBreakModel, Scale
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

    first: Floats  # (c, h) column of the first amplitude: step or pulse; 0 = not to be seen
    second: Floats  # (c, h) column of the second amplitude: change of slope
    first_sd: Floats  # (h,) prior SD of the amplitudes; 0 = there is none
    second_sd: Floats  # (h,)
    log_prior: Floats  # (h,)
    kind: Ints  # (h,) Kind
    first_gain: Floats  # (h,) what an amplitude adds to the national log level at the look
    second_gain: Floats  # (h,) years from the break to the look
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
    """Site-weeks known at a look. Axes: ``c`` cell, ``q`` site."""

    mean: Floats  # (c, q) mean log load around the site's own mean; 0 where not seen
    noise: Floats  # (c, q) known variance, nugget included; 1 where not seen
    seen: Floats  # (c, q) 1 = there is a site-week
    time: Floats  # (c,) years since the first cell
    rank: Ints  # (c,) number of the campaign time
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
    """Return the usable visits that were reported by look ``k``."""
    reported = visits.last_day + looks.report_lag <= looks.day[k]
    return np.flatnonzero(usable & reported).astype(np.int64)


def look_table(
    visits: Visits, used: Ints, reduced: SiteWeeks, replication: int, spec: GeneralBreakModel
) -> LookTable:
    """Lay out the used visits of one replication."""
    middle, batch = visits.middle_day[used], visits.batch[used]
    sites, site = np.unique(visits.site[used], return_inverse=True)
    where, first, cell = np.unique(
        np.column_stack([middle, batch]), axis=0, return_index=True, return_inverse=True
    )
    cell = cell.ravel()
    shape = (first.size, sites.size)
    seen, mean, noise = np.zeros(shape), np.zeros(shape), np.ones(shape)
    seen[cell, site] = 1.0
    mean[cell, site] = reduced.mean[replication, used]
    noise[cell, site] = reduced.variance[replication, used] + spec.nugget**2
    mean = seen * (mean - mean.sum(axis=0) / np.maximum(seen.sum(axis=0), 1.0))
    day, batch = where[:, 0], batch[first]
    time = (day - day[:1]) / DAYS_PER_YEAR
    lab_year = np.column_stack([batch // LAB_STEP, visits.year[used][first]])
    same_batch = batch[:, None] == batch[None, :]
    same_year = (lab_year[:, None] == lab_year[None, :]).all(axis=2)
    return LookTable(
        mean=mean,
        noise=noise,
        seen=seen,
        time=time,
        rank=np.unique(day, return_inverse=True)[1].astype(np.int64),
        walk=np.minimum(time[:, None], time[None, :]),
        shared=(1.0 - spec.r_lab) * same_batch + spec.r_lab * same_year,
        fixed=_fixed(visits, used, first, cell, time, spec),
        visit=used,
        cell=cell.astype(np.int64),
        site=site.astype(np.int64),
    )


def _fixed(
    visits: Visits, used: Ints, first: Ints, cell: Ints, time: Floats, spec: GeneralBreakModel
) -> Floats:
    """Return the covariance of drift and season between cells.

    The season is one effect a calendar slot, or two harmonics of the year and New Year where
    campaigns have no slots.
    """
    fixed = spec.drift_sd**2 * np.outer(time, time)
    if visits.n_slot > 1:
        slot = visits.slot[used][first]
        return np.asarray(fixed + spec.slot_sd**2 * (slot[:, None] == slot[None, :]))
    lag = 2.0 * np.pi * (time[:, None] - time[None, :])
    fixed = fixed + spec.harmonic_sd**2 * (np.cos(lag) + np.cos(2.0 * lag))
    share = _new_year_share(visits.day[used], cell, time.size)
    return np.asarray(fixed + spec.new_year_sd**2 * np.outer(share, share))


def _new_year_share(day: Ints, cell: Ints, n_cell: int) -> Floats:
    """Return the share of each cell's days that are 31 December or 1 January."""
    dates = day.astype("datetime64[D]")
    of_year = (dates - dates.astype("datetime64[Y]")).astype(np.int64)
    following = dates + np.timedelta64(1, "D")
    last = following.astype("datetime64[Y]") == following
    present = day != MISSING_DAY
    counted = present & ((of_year == 0) | last)
    total = np.bincount(cell, weights=present.sum(axis=1), minlength=n_cell)
    return np.bincount(cell, weights=counted.sum(axis=1), minlength=n_cell) / total


def hypotheses(
    table: LookTable, day: Floats, looks: Looks, k: int, spec: GeneralBreakModel
) -> Hypotheses:
    """List what may have happened by look ``k``, with its prior probability.

    A break by the look has probability ``1 - exp(-hazard * years)``, spread evenly over the days
    since the origin; days on which the data could not show it share the likelihood of nothing.

    Parameters
    ----------
    table : LookTable
    day : ndarray, shape (n_time,)
        Increasing days of the campaign times.
    looks : Looks
    k : int
    spec : GeneralBreakModel
    """
    look, origin = int(looks.day[k]), looks.origin_day
    span = float(max(look - origin, 0))
    none = math.exp(-spec.hazard * span / DAYS_PER_YEAR)
    listed = _List(np.zeros(table.time.size))
    pulses = _pulses(table.rank, day, origin, look, spec)
    listed.add(Kind.NOTHING, none * (1.0 - sum(p for p, _ in pulses)))
    for share, column in pulses:
        listed.add(Kind.PULSE, none * share, first=column, first_sd=spec.pulse_sd)
    seen = [(math.ceil(day[m - 1]), math.ceil(day[m]), m) for m in admissible(day.size, spec)]
    for start, end, m in seen:
        middle = 0.5 * (day[m - 1] + day[m])
        listed.add_break(
            spec, (1.0 - none) * (end - start) / span, (look - middle) / DAYS_PER_YEAR,
            first=(table.rank >= m).astype(float),
            second=np.maximum(table.time - (middle - day[0]) / DAYS_PER_YEAR, 0.0),
            start=start, end=end,
        )  # fmt: skip
    early = min(seen[0][0], look) - origin if seen else 0
    hidden = span - sum(end - start for start, end, _ in seen)
    for days, years in ((early, span - 0.5 * early), (hidden - early, 0.5 * (hidden - early))):
        if days > 0:
            prior = (1.0 - none) * days / span
            listed.add_break(spec, prior, max(years, 0.0) / DAYS_PER_YEAR)
    return listed.hypotheses()


def admissible(n_time: int, spec: GeneralBreakModel) -> list[int]:
    """Return the numbers of the campaign times before which a break is admitted."""
    if spec.break_intervals is None:
        return list(range(2, n_time))
    return [m for m in spec.break_intervals if 0 < m < n_time]


def _pulses(
    rank: Ints, day: Floats, origin: int, look: int, spec: GeneralBreakModel
) -> list[tuple[float, Floats]]:
    """Return probability and column of every set of campaigns that a pulse can cover.

    The first day of a pulse is spread evenly; between two days at which a campaign enters or leaves
    the pulse, the campaigns covered are the same.
    """
    span = look - origin
    if span <= 0 or spec.pulse_hazard <= 0.0 or day.size < 2:
        return []
    some = 1.0 - math.exp(-spec.pulse_hazard * span / DAYS_PER_YEAR)
    turns = np.unique(np.clip(np.r_[origin, look, day, day - spec.pulse_days], origin, look))
    found: dict[bytes, tuple[float, Floats]] = {}
    for start, end in pairwise(turns):
        first = 0.5 * (start + end)
        covered = ((day >= first) & (day < first + spec.pulse_days))[rank].astype(float)
        if covered.any() and not covered.all():
            before = found.get(covered.tobytes(), (0.0, covered))[0]
            found[covered.tobytes()] = (before + some * (end - start) / span, covered)
    return list(found.values())


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
        self, spec: GeneralBreakModel, prior: float, years: float, *,
        first: Floats | None = None, second: Floats | None = None, start: int = -1, end: int = -1,
    ) -> None:  # fmt: skip
        """Add a break of every kind; without columns the data cannot show it."""
        for kind, share in (
            (Kind.STEP, spec.kinds.step), (Kind.SLOPE, spec.kinds.slope),
            (Kind.BOTH, spec.kinds.both),
        ):  # fmt: skip
            jumps, bends = kind != Kind.SLOPE, kind != Kind.STEP
            self.add(
                kind, share * prior, years=years, start=start, end=end,
                first=first if jumps else None, first_sd=spec.step_sd if jumps else 0.0,
                second=second if bends else None, second_sd=spec.slope_sd if bends else 0.0,
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
