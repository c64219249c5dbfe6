"""One replication again from its address: what the laboratory reported, for another estimator."""

from collections.abc import Sequence

import numpy as np

from simdesign.records import Looks, Observations, Truth
from simdesign.run.replicate import Bench
from simdesign.sample import Policy
from simdesign.spec.study import Scenario, Study


class Replay:
    """The observations of a scenario's replications under one design, bit for bit those of the run.

    Same luck (docs/streams.md) makes this possible: nothing depends on which other
    replications, designs or estimators were computed.
    """

    def __init__(self, study: Study, scenario: Scenario, design: str) -> None:
        # all designs stay: the longest history among them sets where the calendar starts
        self._bench = Bench(study.model_copy(update={"estimators": {}}), scenario)
        self._design = design

    @property
    def looks(self) -> Looks:
        """The looks of the programme."""
        return self._bench.looks[self._design]

    @property
    def policy(self) -> Policy | None:
        """What decides on its campaigns as scores come in; None for a fixed schedule."""
        return self._bench.policies.get(self._design)

    def truth(self, replication: int) -> Truth:
        """Return what really happened in a replication.

        Raises
        ------
        Exception
            Whatever kept the world from being made.
        """
        return self._bench.prepared.truth(replication)

    def observations(self, replications: Sequence[int]) -> Observations:
        """Return what is reported of some replications: all that the design could ask for.

        Raises
        ------
        Exception
            Whatever kept the world of one of them from being made.
        """
        bench, visits = self._bench, self._bench.visits[self._design]
        shape = (len(replications), len(bench.chain.substances), *visits.day.shape)
        load, censored = np.empty(shape), np.zeros(shape, dtype=bool)
        bought = []
        for row, replication in enumerate(replications):
            truth = bench.prepared.truth(replication)
            bench.chain.observe_into(
                truth, visits, replication=replication,
                laboratory=bench.study.designs[self._design].laboratory,
                load=load[row], censored=censored[row],
            )  # fmt: skip
            bought.append(bench.streams[self._design].draw(truth, replication))
        population = np.array([item.population for item in bench.scenario.world.catchments])
        return bench.chain.gather(visits, population, load, censored, bought)
