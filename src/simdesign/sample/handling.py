"""Errors that all substances of a sample share, and samples that are not there.

Each source of error is a small record with one method that adds its part to an array of log
errors, one number a sampled day. A world without a source has no record of it.
"""

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from simdesign._kernels.days import add_day_normals
from simdesign._kernels.mishaps import add_meter_bias, add_odd_days, mark_missing
from simdesign.records import LAB_STEP, MISSING_DAY, Floats, Visits
from simdesign.sample.address import YEAR_START, keys_of
from simdesign.sample.visits import YEAR_STEP
from simdesign.seeds import Purpose
from simdesign.spec.world import World
from simdesign.units import DAYS_PER_YEAR

_DAYS_PER_MONTH = DAYS_PER_YEAR / 12.0


class SampleError(Protocol):
    """One source of error of a (city, day)."""

    def add(self, replication: int, visits: Visits, error: Floats) -> None:
        """Add the log error of every sampled day to ``error``, shape (v, d); NaN = no sample."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class DayError:
    """Flow and sampling: a normal for every (city, day)."""

    keys: np.ndarray  # (10, 2) uint64
    site_number: np.ndarray  # (s,) uint64
    sd: float

    def add(self, replication: int, visits: Visits, error: Floats) -> None:
        """Add sd times the day's normal."""
        add_day_normals(
            self.keys, np.uint64(replication), visits.site, visits.day, self.site_number,
            YEAR_START, self.sd, error,
        )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterBias:
    """The bias of a site's flow meter, constant until the meter is recalibrated."""

    keys: np.ndarray  # (10, 2) uint64
    site_number: np.ndarray  # (s,) uint64
    sd: float
    recalibrated: float  # probability in a calendar year

    def add(self, replication: int, visits: Visits, error: Floats) -> None:
        """Add the bias that holds on the day."""
        add_meter_bias(
            self.keys, np.uint64(replication), visits.site, visits.day, self.site_number,
            YEAR_START, self.recalibrated, self.sd, error,
        )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class OddDay:
    """A further error on a small share of the days."""

    keys: np.ndarray  # (10, 2) uint64
    site_number: np.ndarray  # (s,) uint64
    share: float
    sd: float

    def add(self, replication: int, visits: Visits, error: Floats) -> None:
        """Add the further error of the days that are odd."""
        add_odd_days(
            self.keys, np.uint64(replication), visits.site, visits.day, self.site_number,
            YEAR_START, self.share, self.sd, error,
        )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageLoss:
    """What decays between the day of a sample and the week in which its batch is analysed."""

    log_per_day: float  # <= 0

    def add(self, replication: int, visits: Visits, error: Floats) -> None:
        """Add the loss; the same in every replication."""
        of_year = visits.batch % LAB_STEP
        week = of_year % YEAR_STEP
        analysed = YEAR_START[of_year // YEAR_STEP - 1970] + 7 * (week - 1)
        stored = np.maximum(analysed[:, None] - visits.day, 0)
        error += np.where(visits.day == MISSING_DAY, 0.0, self.log_per_day * stored)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gaps:
    """Samples, site-weeks and rounds that are missing."""

    sample_keys: np.ndarray  # (10, 2) uint64
    site_week_keys: np.ndarray  # (10, 2) uint64
    round_keys: np.ndarray  # (10, 2) uint64
    site_number: np.ndarray  # (s,) uint64
    sample: float
    site_week: float
    everyone: float

    def add(self, replication: int, visits: Visits, error: Floats) -> None:
        """Put NaN where there is no sample."""
        mark_missing(
            self.sample_keys, self.site_week_keys, self.round_keys, np.uint64(replication),
            visits.site, visits.day, self.site_number, YEAR_START,
            self.sample, self.site_week, self.everyone, error,
        )  # fmt: skip


def sample_errors(
    world: World, site_number: np.ndarray, *, seed: int, luck: str
) -> tuple[SampleError, ...]:
    """Return the errors that a world's samples have, in the order in which they are added."""
    found: list[SampleError] = []
    sd = math.hypot(world.flow_sd, world.sampling_sd)
    if sd > 0.0:
        keys = keys_of(seed, Purpose.SAMPLING, luck)
        found.append(DayError(keys=keys, site_number=site_number, sd=sd))
    if world.meters is not None and world.meters.bias_sd > 0.0:
        found.append(
            MeterBias(
                keys=keys_of(seed, Purpose.METER, f"{luck}/bias"),
                site_number=site_number,
                sd=world.meters.bias_sd,
                recalibrated=world.meters.recalibrated,
            )
        )
    if world.odd_days is not None and world.odd_days.share > 0.0 and world.odd_days.sd > 0.0:
        found.append(
            OddDay(
                keys=keys_of(seed, Purpose.METER, f"{luck}/odd"),
                site_number=site_number,
                share=world.odd_days.share,
                sd=world.odd_days.sd,
            )
        )
    if world.laboratories is not None and world.laboratories.storage_loss > 0.0:
        kept = math.log1p(-world.laboratories.storage_loss)
        found.append(StorageLoss(log_per_day=kept / _DAYS_PER_MONTH))
    if world.missing is not None:
        found.append(
            Gaps(
                sample_keys=keys_of(seed, Purpose.MISSING, f"{luck}/sample"),
                site_week_keys=keys_of(seed, Purpose.MISSING, f"{luck}/site_week"),
                round_keys=keys_of(seed, Purpose.MISSING, f"{luck}/round"),
                site_number=site_number,
                sample=world.missing.sample,
                site_week=world.missing.site_week,
                everyone=world.missing.round,
            )
        )
    return tuple(found)
