"""The records that the stages exchange. Each is frozen and states the axes of its arrays.

Data flow::

    spec -> simulate -> Truth -> sample -> Observations -> fit -> Fit -> rows -> decide -> evaluate

Axis names used below: ``r`` replication, ``u`` substance, ``s`` site, ``t`` calendar day,
``v`` visit (one site in one campaign), ``d`` day within a visit, ``k`` look.
"""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

MISSING_DAY = -1
"""Pads ``Visits.day`` where a visit has fewer days than the longest one."""
LAB_STEP = 10**6
"""A batch number is laboratory * LAB_STEP + a number within the laboratory."""


class Status(enum.IntEnum):
    """What became of a fit. Numbers are stored in results: never renumber."""

    OK = 0
    TOO_LITTLE_DATA = 1
    """The posterior is the prior; not an error."""
    NOT_APPLICABLE = 2
    """The estimator does not serve such data (for example too many weeks below LOQ)."""
    FAILED = 3
    """An exception or a non-convergence; the reason is in the row."""


def _nothing() -> Floats:
    """Return what stands for an output that an estimator does not have."""
    return np.zeros(0)


def _read_only(record: Any) -> None:
    for item in fields(record):
        value = getattr(record, item.name)
        if isinstance(value, np.ndarray):
            value.flags.writeable = False


def _check(name: str, array: np.ndarray, shape: tuple[int, ...]) -> None:
    if array.shape != shape:
        raise ValueError(f"{name}: shape must be {shape}, got {array.shape}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """An extra series beside the loads: purity, survey prevalence."""

    kind: str
    day: Ints  # (n,) day to which a value belongs
    value: Floats  # (n,) unit depends on kind: purity [1], prevalence [1]
    standard_error: Floats  # (n,) same unit
    reported_day: Ints  # (n,) day from which it is known

    def __post_init__(self) -> None:
        n = self.day.shape
        for name in ("value", "standard_error", "reported_day"):
            _check(f"Stream.{name}", getattr(self, name), n)
        _read_only(self)

    def known_at(self, day: int) -> "Stream":
        """Return what is reported by a day."""
        known = self.reported_day <= day
        return Stream(
            kind=self.kind,
            day=self.day[known],
            value=self.value[known],
            standard_error=self.standard_error[known],
            reported_day=self.reported_day[known],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """What really happened in one replication: every substance, city and day."""

    first_day: int  # day of index 0 on the t axis
    substances: tuple[str, ...]
    sites: tuple[str, ...]
    population: Floats  # (s,) inhabitants, de jure
    expected_load: Floats  # (u, s, t) mg/(1000 inh d): the expectation given all that happened
    trend_load: Floats  # (u, s, t) the same without season, events and shared short-lived swing
    residue_load: Floats  # (u, s, t) mg/(1000 inh d): what left the catchment, counts included
    change_day: int  # first day of the new regime; MISSING_DAY without a change
    change_effect: Floats  # (u, t) the change's part of the national log trend level [1]
    waste_load: Floats  # (u, s, t) mg/(1000 inh d): production waste poured away, not used
    litres: Floats  # (s, t) sewage per inhabitant and day [L]
    purity: Floats  # (u, t) of what is sold in the country [1]
    users: Floats  # (u, t) number of users in the country relative to the programme's start [1]
    drawn: Mapping[str, float] = field(default_factory=dict)  # parameters drawn this time
    streams: Mapping[str, Stream] = field(default_factory=dict)

    def __post_init__(self) -> None:
        shape = self.expected_load.shape
        _check(
            "Truth.expected_load",
            self.expected_load,
            (len(self.substances), len(self.sites), shape[-1]),
        )
        _check("Truth.trend_load", self.trend_load, shape)
        _check("Truth.residue_load", self.residue_load, shape)
        _check("Truth.population", self.population, (len(self.sites),))
        _check("Truth.waste_load", self.waste_load, shape)
        _check("Truth.litres", self.litres, shape[1:])
        for name in ("change_effect", "purity", "users"):
            _check(f"Truth.{name}", getattr(self, name), (shape[0], shape[2]))
        _read_only(self)

    @property
    def n_day(self) -> int:
        """Number of calendar days."""
        return int(self.expected_load.shape[-1])


@dataclass(frozen=True, slots=True, kw_only=True)
class Visits:
    """When which site is sampled and how its samples are handled: a design laid on a calendar.

    One visit is one site in one campaign. Visits are ordered by (campaign, site); campaigns are
    ordered by their first day.
    """

    site: Ints  # (v,) index into the sites
    campaign: Ints  # (v,) 0-based number of the campaign
    slot: Ints  # (v,) calendar slot within the year, for seasonal slot effects; 0 when moving
    batch: Ints  # (v,) laboratory batch: equal numbers were analysed together
    year: Ints  # (v,) calendar year of the laboratory year part
    day: Ints  # (v, d) calendar days, MISSING_DAY as padding at the end
    history: Bools  # (v,) True before the programme's start: informs, raises no alarm
    n_slot: int  # number of calendar slots; 1 when there are none

    def __post_init__(self) -> None:
        n = self.site.shape
        for name in ("campaign", "slot", "batch", "year", "history"):
            _check(f"Visits.{name}", getattr(self, name), n)
        _check("Visits.day", self.day, (n[0], self.day.shape[1]))
        _read_only(self)

    @property
    def n_visit(self) -> int:
        """Number of visits."""
        return int(self.site.size)

    @property
    def middle_day(self) -> Floats:
        """Mean day of each visit, shape (v,)."""
        present = self.day != MISSING_DAY
        return np.asarray(np.where(present, self.day, 0).sum(axis=1) / present.sum(axis=1))

    @property
    def last_day(self) -> Ints:
        """Last day of each visit, shape (v,)."""
        return np.asarray(self.day.max(axis=1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Observations:
    """What the laboratory reports, for one or many replications of the same visits."""

    substances: tuple[str, ...]
    sites: tuple[str, ...]
    population: Floats  # (s,) inhabitants used for normalising
    reference_load: Floats  # (u, s) mg/(1000 inh d): known beforehand; sets the plugged-in noise
    visits: Visits
    load: Floats  # (r, u, v, d) mg/(1000 inh d); NaN = missing; the LOQ where censored
    censored: Bools  # (r, u, v, d) True = below the LOQ
    streams: Mapping[str, tuple[Stream, ...]] = field(default_factory=dict)  # one a replication

    def __post_init__(self) -> None:
        n_u, n_s = len(self.substances), len(self.sites)
        shape = (self.load.shape[0], n_u, *self.visits.day.shape)
        _check("Observations.load", self.load, shape)
        _check("Observations.censored", self.censored, shape)
        _check("Observations.reference_load", self.reference_load, (n_u, n_s))
        _check("Observations.population", self.population, (n_s,))
        _read_only(self)

    @property
    def n_rep(self) -> int:
        """Number of replications."""
        return int(self.load.shape[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class Looks:
    """The dates of analysis. A look uses what was *reported* by its day."""

    day: Ints  # (k,) day of the look, increasing
    report_lag: int  # days between the last sample of a campaign and its report
    origin_day: int  # first day on which a break is thinkable (start of history or programme)
    start_day: int  # start of the programme; alarms count from here

    def __post_init__(self) -> None:
        _read_only(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """What one estimator says about one substance, for every replication and look."""

    estimator: str
    substance: str
    score: Floats  # (r, k) larger = more evidence of a national break; NaN = none
    published_alarm: Bools  # (r, k) the rule as published; False for engines without one
    prob_break: Floats  # (r, k) P(a break up to the look); NaN for rules without one
    effect: Floats  # (r, k) E: contribution of the break to the national log level at the look
    effect_low: Floats  # (r, k) lower end of the equal-tailed 95 % interval of E
    effect_high: Floats  # (r, k) upper end
    break_day: Floats  # (r, k) posterior median date given a break; NaN for rules
    log_evidence: Floats  # (r, k) log marginal likelihood up to a constant; NaN for rules
    status: Ints  # (r, k) Status
    prob_step: Floats = field(
        default_factory=_nothing
    )  # (r, k) P(a step alone); these: NaN if none
    prob_slope: Floats = field(default_factory=_nothing)  # (r, k) P(a change of slope alone)
    prob_both: Floats = field(default_factory=_nothing)  # (r, k) P(both); three parts of prob_break
    prob_pulse: Floats = field(default_factory=_nothing)  # (r, k) P(a pulse and no break)
    prob_three_year_change: Floats = field(default_factory=_nothing)  # (r, k) of the trend level
    effect_after_one_year: Floats = field(
        default_factory=_nothing
    )  # (r, k) E then, after the break
    effect_after_three_years: Floats = field(default_factory=_nothing)  # (r, k)
    prob_more_users: Floats = field(default_factory=_nothing)  # (r, k) by which mechanism, given a
    prob_heavier_use: Floats = field(default_factory=_nothing)  # break; the three add up to 1
    prob_dose_or_purity: Floats = field(default_factory=_nothing)

    def __post_init__(self) -> None:
        for item in fields(self):
            value = getattr(self, item.name)
            if isinstance(value, np.ndarray) and value.shape == (0,):
                value = np.full(self.score.shape, np.nan)
                object.__setattr__(self, item.name, value)
            if isinstance(value, np.ndarray):
                _check(f"Fit.{item.name}", value, self.score.shape)
        _read_only(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasonedFit(Fit):
    """A fit that says why it failed where it did, instead of raising for a whole batch."""

    reason: tuple[tuple[str, ...], ...]  # (r)(k) empty where the status is not FAILED
