"""Which replications are in each resample of a study: one set, whatever is evaluated from its rows.

Errors and paired differences of an assessment, a refinement, other thresholds and other priors then
rest on the same luck.
"""

import numpy as np

from simdesign import decide
from simdesign.records import Floats, Ints
from simdesign.run.plan import Plan
from simdesign.seeds import Purpose, stream
from simdesign.spec.study import Scenario

N_DRAW = 500
"""Resamples at the decision's budget: a standard error from 500 is itself within about 3 %."""
N_DRAW_OTHER = 200
"""Resamples, the first of these, where no verdict of the study rests on them: within about 5 %."""


class Resamples:
    """How often each replication is in each resample of a study; the study itself comes first.

    Scenarios of one luck group share their resamples, since they share their luck.

    Parameters
    ----------
    plan : Plan
    n_draw : int
        The first so many of them.
    frozen_null : bool
        Unchanged programmes are once in every resample: thresholds are taken as known.
    """

    def __init__(self, plan: Plan, n_draw: int = N_DRAW, *, frozen_null: bool = False) -> None:
        most = {"null": 1, "study": 1}
        for item in plan.scenarios:
            most[item.luck] = max(most[item.luck], plan.n_rep(item))
        self._counts = {
            luck: decide.resampling_counts(
                stream(plan.study.seed, Purpose.BOOTSTRAP, luck), N_DRAW, n
            )[:n_draw]
            for luck, n in most.items()
        }
        if frozen_null:
            self._counts["null"] = np.ones_like(self._counts["null"])

    def counts(self, scenario: Scenario, replication: Ints) -> Floats:
        """Return the counts of some replications, shape (d, n)."""
        return np.asarray(self._counts[scenario.luck][:, replication])

    def weight(self, scenario: Scenario, replication: Ints) -> Floats:
        """Return ones, then the counts, shape (1 + d, n)."""
        counts = self.counts(scenario, replication)
        return np.concatenate([np.ones((1, counts.shape[1])), counts])
