"""The errors of laboratories: constant bias, year, batch; who analyses which sample."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from simdesign._kernels.measure import batch_errors
from simdesign.records import LAB_STEP, Bools, Floats, Ints, Visits
from simdesign.sample.address import keys_of
from simdesign.seeds import Purpose
from simdesign.spec.design import Laboratory
from simdesign.spec.totals import SharedParts
from simdesign.spec.world import World
from simdesign.units import day_of

NEW_LABORATORY = 100
"""Number of the laboratory that samples go to after a change; a design's are 0 to 99."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LaboratoryErrors:
    """What laboratories do to the loads of a world's substances."""

    keys: np.ndarray  # (u, 10, 2) uint64
    bias_sd: float
    changes: Bools | None  # (s,) sites that go to the new laboratory; None without a change
    change_day: int

    @classmethod
    def of(cls, world: World, *, seed: int, luck: str) -> Self:
        """Prepare the laboratories of a world under one study seed and luck group."""
        terms = world.laboratories
        change = terms.change if terms is not None else None
        changes = None
        if change is not None:
            names = [item.name for item in world.catchments]
            changes = np.array([change.sites == "all" or name in change.sites for name in names])
        return cls(
            keys=np.stack(
                [keys_of(seed, Purpose.LABORATORY, f"{luck}/{name}") for name in world.substances]
            ),
            bias_sd=terms.bias_sd if terms is not None else 0.0,
            changes=changes,
            change_day=day_of(change.date) if change is not None else 0,
        )

    def of_visits(
        self, replication: int, visits: Visits, laboratory: Laboratory, parts: list[SharedParts]
    ) -> Floats:
        """Return the log error of every visit's batch, shape (u, v).

        Parameters
        ----------
        replication : int
        visits : Visits
        laboratory : Laboratory
            The design's arrangement; its batches are in the visits already.
        parts : list of SharedParts
            Of each substance in this replication.
        """
        error = np.zeros((len(parts), visits.n_visit))
        batch = self._batches(visits)
        factor = np.where(visits.history, 1.0, laboratory.standards)
        for u, part in enumerate(parts):
            if self.bias_sd > 0.0 or part.sd_lab_year > 0.0 or part.sd_lab_batch > 0.0:
                batch_errors(
                    self.keys[u], np.uint64(replication), batch, visits.year, factor,
                    self.bias_sd, part.sd_lab_year, part.sd_lab_batch, error[u],
                )  # fmt: skip
        return error

    def _batches(self, visits: Visits) -> Ints:
        """Return the batches as they are, unknown to the design after a change of laboratory."""
        if self.changes is None:
            return visits.batch
        moved = self.changes[visits.site] & (visits.day[:, 0] >= self.change_day)
        elsewhere = visits.batch % LAB_STEP + NEW_LABORATORY * LAB_STEP
        return np.where(moved, elsewhere, visits.batch)
