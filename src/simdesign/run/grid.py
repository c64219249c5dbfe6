"""The rows of one scenario as arrays with an axis for everything that was crossed."""

from dataclasses import dataclass

import numpy as np

from simdesign.records import Bools, Floats, Ints, Status
from simdesign.run.plan import Plan
from simdesign.run.policies import may_ask
from simdesign.run.store import Store
from simdesign.spec.mechanism import MECHANISM_CLASSES, ExactMechanism
from simdesign.spec.study import Scenario

_COLUMNS = (
    "look_day", "score", "published_alarm", "effect", "effect_low", "effect_high",
    "fitted_break_day", "status", "level", "true_level", "true_effect", "change_day",
    "sigma_shared", "sigma_rw",
)  # fmt: skip
PROBS = tuple(f"prob_{name}" for name in MECHANISM_CLASSES)
"""Read where an estimator of the study fills them."""
_WITHOUT_FIT = (int(Status.FAILED), int(Status.NOT_APPLICABLE))


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """Complete replications of one scenario.

    Values have axes (replication, design, estimator, substance, look); names are sorted.
    """

    scenario: Scenario
    designs: tuple[str, ...]
    estimators: tuple[str, ...]
    substances: tuple[str, ...]
    replication: Ints  # (r,)
    look_day: Ints  # (k,)
    values: dict[str, np.ndarray]

    @property
    def n_rep(self) -> int:
        """Number of complete replications."""
        return int(self.replication.size)

    def cell(self, column: str, design: str, estimator: str, substance: str) -> np.ndarray:
        """Return a column of one cell, shape (r, k)."""
        return np.asarray(
            self.values[column][
                :,
                self.designs.index(design),
                self.estimators.index(estimator),
                self.substances.index(substance),
            ]
        )

    def failed(self, design: str, estimator: str, substance: str) -> Bools:
        """Return which replications have a look without a fit, shape (r,).

        The fit failed there, or the estimator does not serve such data; too little data yet is
        neither.
        """
        status = self.cell("status", design, estimator, substance)
        return np.asarray(np.isin(status, _WITHOUT_FIT).any(axis=1))

    def n_failed(self, design: str, estimator: str, substance: str) -> int:
        """Return the number of replications that have a look without a fit."""
        return int(self.failed(design, estimator, substance).sum())

    def is_fitted(self, design: str, estimator: str, substance: str) -> bool:
        """Return False when no replication was fitted: silence is no power of zero then."""
        status = self.cell("status", design, estimator, substance)
        every = np.isin(status, _WITHOUT_FIT).any(axis=1).all()
        return bool((status == int(Status.OK)).any() or not every)

    def n_lost(self, design: str, estimator: str, substance: str) -> int:
        """Return the number of replications with an exception, in the world or in the fit."""
        status = self.cell("status", design, estimator, substance)
        return int((status == int(Status.FAILED)).any(axis=1).sum())

    def drawn(self, column: str, substance: str) -> Floats:
        """Return a parameter of every replication, shape (r,)."""
        return np.asarray(self.values[column][:, 0, 0, self.substances.index(substance), 0])

    @property
    def change_day(self) -> Ints:
        """Day of the break in every replication, shape (r,)."""
        return np.asarray(self.values["change_day"][:, 0, 0, 0, 0])


def load_grid(store: Store, plan: Plan, scenario: Scenario) -> Grid:
    """Read one scenario; replications whose rows are not all there are left out."""
    told = ("prob_break",) if any(map(may_ask, plan.study.designs.values())) else ()
    asks = any(isinstance(item, ExactMechanism) for item in plan.study.estimators.values())
    columns = (*_COLUMNS, *told, *(PROBS if asks else ()))
    rows = store.rows(plan, scenario.name, columns)
    designs = tuple(sorted(plan.study.designs))
    estimators = tuple(sorted(plan.study.estimators))
    substances = tuple(sorted(scenario.world.substances))
    n_look = len(plan.study.programme.look_days)
    shape = (len(designs), len(estimators), len(substances), n_look)
    replication, n_row = np.unique(rows["replication"], return_counts=True)
    complete = replication[n_row == int(np.prod(shape))]
    if complete.size < replication.size:
        use = np.isin(rows["replication"], complete)
        rows = {name: values[use] for name, values in rows.items()}
    values = {name: rows[name].reshape((complete.size, *shape)) for name in columns}
    return Grid(
        scenario=scenario,
        designs=designs,
        estimators=estimators,
        substances=substances,
        replication=complete.astype(np.int64),
        look_day=np.array(plan.study.programme.look_days, dtype=np.int64),
        values=values,
    )
