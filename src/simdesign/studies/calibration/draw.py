"""Draws from the analysis model: parameters from its priors, then the loads of a design's days.

Written from the description of the model (docs/engine.md and docs/model_check.md), not from the
engine's code: only what a panel *is* (its calendar slots, whether it moves through the year) is
shared with the engine.
"""

import datetime as dt
import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from simdesign._kernels.addressed import round_keys
from simdesign._kernels.prior_predictive import daily_loads, numbered, worded
from simdesign.fit import build_panel
from simdesign.records import (
    LAB_STEP,
    MISSING_DAY,
    Bools,
    Floats,
    Ints,
    Looks,
    Observations,
    Visits,
)
from simdesign.sample import site_number
from simdesign.seeds import Purpose, key_of, stream
from simdesign.studies.calibration.model import SCALES, AnalysisModel
from simdesign.studies.calibration.variants import OWN, Variant
from simdesign.units import DAYS_PER_YEAR, date_of, residue_g_per_day, weekday_of

EVENTS = ("broken", "step", "slope", "both", "pulse", "three_year_change")
"""What has a posterior probability: a break by the look, its kinds, a pulse without a break, and a
notable change of the trend level over the last three years."""
SPAN = 3.0
"""Years of the last of them."""
_NORMALS = ("sigma_shared", "sigma_rw", "sigma_site", "drift", "step", "slope", "pulse", "new_year",
            "cos1", "sin1", "cos2", "sin2")  # fmt: skip
_UNIFORMS = ("broken", "kind", "date", "pulse", "pulse_date")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """Where one substance is measured, and when it is analysed: one look."""

    substance: str
    sites: tuple[str, ...]
    population: Floats  # (s,) inhabitants
    level: Floats  # (s,) mg/(1000 inh d): fixed levels, the reference loads
    visits: Visits
    looks: Looks  # one day


@dataclass(frozen=True, slots=True, kw_only=True)
class Luck:
    """Address of random numbers: seed and a name for what they are used for."""

    seed: int
    group: str

    def keys(self, purpose: Purpose, name: str) -> np.ndarray:
        """Return Philox round keys, (10, 2) uint64."""
        return round_keys(key_of(self.seed, purpose, f"{self.group}/{name}"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """Loads, and what they were drawn from. Axis ``r``: replication."""

    observations: Observations
    scales: Mapping[str, Floats]  # (r,) each of ``SCALES``
    events: Mapping[str, Bools]  # (r,) each of ``EVENTS``; three_year_change: False where unknown
    effect: Floats  # (r,) E at the look
    seen: Bools  # (r,) the break lies where the model looks for one


def draw(
    model: AnalysisModel,
    ground: Ground,
    replications: Ints,
    luck: Luck,
    variant: Variant = OWN,
) -> Drawn:
    """Draw parameters and daily loads of some replications."""
    spec, visits, looks = model.spec, ground.visits, ground.looks
    n = replications.size
    normal = _named(luck, replications, "normals", _NORMALS, as_normal=True)
    uniform = _named(luck, replications, "uniforms", _UNIFORMS, as_normal=False)
    scales = {name: model.scale(name, normal[name]) for name in SCALES}
    times, rank = np.unique(visits.middle_day, return_inverse=True)
    look, origin = float(looks.day[0]), float(looks.origin_day)
    span = max(look - origin, 0.0)

    prob = -math.expm1(-spec.hazard * variant.hazard_factor * span / DAYS_PER_YEAR)
    broken = uniform["broken"] < prob
    masses = np.cumsum([spec.kinds.step, spec.kinds.slope, spec.kinds.both])
    kind = np.minimum(np.searchsorted(masses, uniform["kind"], side="right"), 2)
    date = origin + span * uniform["date"]
    step = np.where(broken & (kind != 1), spec.step_sd * normal["step"], 0.0)
    slope = np.where(broken & (kind != 0), spec.slope_sd * normal["slope"], 0.0)
    first = np.searchsorted(np.ceil(times), date, side="right")  # campaign after the break
    last = _last_known(visits, looks, rank)
    inside = (first >= 2) & (first <= last)
    if spec.break_intervals is not None:
        inside = np.isin(first, spec.break_intervals) & (first <= last)
    shows = inside | variant.breaks_show

    pulses = ~broken & (uniform["pulse"] < -math.expm1(-spec.pulse_hazard * span / DAYS_PER_YEAR))
    begin = origin + span * uniform["pulse_date"]
    on = (times >= begin[:, None]) & (times < begin[:, None] + spec.pulse_days)
    pulse = (spec.pulse_sd * normal["pulse"] * pulses)[:, None] * on

    grid = np.unique(np.r_[times, look, look - SPAN * DAYS_PER_YEAR])
    walk = _walk(luck, replications, grid) * scales["sigma_rw"][:, None]
    drift = spec.drift_sd * normal["drift"]
    years = (times - times[0]) / DAYS_PER_YEAR
    age = np.maximum((times - date[:, None]) / DAYS_PER_YEAR, 0.0)
    after = np.arange(times.size) >= first[:, None]
    change = np.where(shows[:, None] & after, step[:, None] + slope[:, None] * age, 0.0)
    path = walk[:, np.searchsorted(grid, times)] + drift[:, None] * years + change + pulse
    if variant.transient_sd > 0:
        path = path + variant.transient_sd * _transients(
            luck, replications, times, 7.0 * variant.transient_weeks
        )
    national = path[:, rank] + _season(model, ground, normal, luck, replications)
    national += _laboratory(luck, replications, visits, scales["sigma_shared"], spec.r_lab)

    def effect_at(day: float) -> Floats:
        since = np.maximum(day - date, 0.0) / DAYS_PER_YEAR
        return np.where(date <= day, step + slope * since, 0.0)

    start = look - SPAN * DAYS_PER_YEAR
    moved = walk[:, np.searchsorted(grid, look)] - walk[:, np.searchsorted(grid, start)]
    moved += SPAN * drift + effect_at(look) - effect_at(start)
    events = {
        "broken": broken,
        "step": broken & (kind == 0),
        "slope": broken & (kind == 1),
        "both": broken & (kind == 2),
        "pulse": pulses,
        "three_year_change": np.abs(moved) > math.log1p(spec.notable_change),
    }
    load = _days(model, ground, replications, luck, variant, np.ascontiguousarray(national), scales)
    observations = Observations(
        substances=(ground.substance,),
        sites=ground.sites,
        population=ground.population,
        reference_load=ground.level[None, :].copy(),
        visits=visits,
        load=load[:, None],
        censored=np.zeros((n, 1, *visits.day.shape), dtype=bool),
    )
    return Drawn(
        observations=observations, scales=scales, events=events,
        effect=np.where(broken, effect_at(look), 0.0), seen=broken & inside,
    )  # fmt: skip


def _named(
    luck: Luck, replications: Ints, name: str, parts: tuple[str, ...], *, as_normal: bool
) -> dict[str, Floats]:
    out = np.empty((replications.size, len(parts)))
    numbered(luck.keys(Purpose.PARAMETERS, name), replications, as_normal, out)
    return {part: out[:, i].copy() for i, part in enumerate(parts)}


def _normals(luck: Luck, purpose: Purpose, name: str, replications: Ints, words: Ints) -> Floats:
    out = np.empty((replications.size, words.size))
    worded(luck.keys(purpose, name), replications, words.astype(np.int64), out)
    return out


def _last_known(visits: Visits, looks: Looks, rank: Ints) -> int:
    """Return the number of the last campaign time that has been reported; -1 = none."""
    known = visits.last_day + looks.report_lag <= looks.day[0]
    return int(rank[known].max()) if known.any() else -1


def _walk(luck: Luck, replications: Ints, grid: Floats) -> Floats:
    """Return a walk of one unit per root year at the days of a grid, (r, t)."""
    steps = np.sqrt(np.diff(grid, prepend=grid[0]) / DAYS_PER_YEAR)
    words = np.arange(grid.size)
    return np.cumsum(_normals(luck, Purpose.NATION, "walk", replications, words) * steps, axis=1)


def _transients(luck: Luck, replications: Ints, times: Floats, days: float) -> Floats:
    """Return a stationary Ornstein-Uhlenbeck process of variance 1, (r, t)."""
    z = _normals(luck, Purpose.NATION, "transients", replications, np.arange(times.size))
    out = z.copy()
    for t in range(1, times.size):
        phi = math.exp(-(times[t] - times[t - 1]) / days)
        out[:, t] = phi * out[:, t - 1] + math.sqrt(1.0 - phi * phi) * z[:, t]
    return out


def _laboratory(
    luck: Luck, replications: Ints, visits: Visits, sigma_shared: Floats, r_lab: float
) -> Floats:
    """Return the errors that the visits of a batch and of a laboratory's year share, (r, v)."""
    out = np.zeros((replications.size, visits.n_visit))
    years = visits.batch // LAB_STEP * LAB_STEP + visits.year
    for name, number, share in (("batch", visits.batch, 1.0 - r_lab), ("year", years, r_lab)):
        words, place = np.unique(number, return_inverse=True)
        z = _normals(luck, Purpose.LABORATORY, name, replications, words)
        out += math.sqrt(share) * z[:, place]
    return out * sigma_shared[:, None]


def _season(
    model: AnalysisModel,
    ground: Ground,
    normal: Mapping[str, Floats],
    luck: Luck,
    replications: Ints,
) -> Floats:
    """Return slot effects, or harmonics and New Year where the campaigns move, (r, v)."""
    spec, visits = model.spec, ground.visits
    out = np.zeros((replications.size, visits.n_visit))
    if visits.n_slot > 1:
        slots = _normals(luck, Purpose.NATION, "slots", replications, np.arange(visits.n_slot))
        out += spec.slot_sd * slots[:, visits.slot]
        return out
    everything = np.ones(visits.n_visit, dtype=bool)
    panel = build_panel(visits, everything, everything.astype(float), ground.looks, nugget=0.0)
    if not panel.moves:
        return out
    place = np.array([_place_in_year(day) for day in visits.middle_day.tolist()])
    angle = 2.0 * math.pi * place / DAYS_PER_YEAR
    for m in (1, 2):
        out += spec.harmonic_sd * normal[f"cos{m}"][:, None] * np.cos(m * angle)
        out += spec.harmonic_sd * normal[f"sin{m}"][:, None] * np.sin(m * angle)
    days = [[date_of(day) for day in row if day != MISSING_DAY] for row in visits.day.tolist()]
    feast = [sum((d.month, d.day) in _NEW_YEAR for d in row) / len(row) for row in days]
    out += spec.new_year_sd * normal["new_year"][:, None] * np.array(feast)
    return out


_NEW_YEAR = ((12, 31), (1, 1), (1, 2))


def _place_in_year(day: float) -> float:
    date = date_of(math.floor(day))
    return (date - dt.date(date.year, 1, 1)).days + day % 1.0


def _days(
    model: AnalysisModel,
    ground: Ground,
    replications: Ints,
    luck: Luck,
    variant: Variant,
    national: Floats,
    scales: Mapping[str, Floats],
) -> Floats:
    """Return the loads of all days, (r, v, d) [mg/(1000 inh d)]."""
    visits = ground.visits
    residue = residue_g_per_day(ground.level, ground.population)
    day_sd = np.sqrt(model.day_sd**2 + model.count_noise / residue)[visits.site]
    weekday = np.array([[weekday_of(max(day, 0)) for day in row] for row in visits.day.tolist()])
    load = np.empty((replications.size, *visits.day.shape))
    daily_loads(
        luck.keys(Purpose.CITY, "weeks"), luck.keys(Purpose.SAMPLING, "days"), replications,
        national, scales["sigma_site"], model.spec.nugget,
        np.array([site_number(name) for name in ground.sites], dtype=np.uint64), visits.site,
        np.ascontiguousarray(visits.day), variant.day_sd_factor * day_sd, variant.heavy_days,
        model.rho, np.ascontiguousarray(model.log_weekday[weekday]), ground.level, load,
    )  # fmt: skip
    if variant.waste_share > 0:
        usual = ground.level[visits.site][:, None]
        for r, replication in enumerate(replications.tolist()):
            rng = stream(luck.seed, Purpose.WASTE, luck.group, replication)
            poured = rng.random(visits.day.shape) < variant.waste_share
            load[r] += poured * usual * rng.exponential(variant.waste_mean, visits.day.shape)
    return load
