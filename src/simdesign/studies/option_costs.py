"""What every option costs: relative, in euro and in samples, from the calendar of its visits.

A design that asks for more costs what the unchanged programmes of the null mixture asked for; what
it costs when something changes stands beside it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from simdesign.evaluate import DesignCost
from simdesign.records import Floats
from simdesign.run.asked import Asked, costs_of
from simdesign.run.option_draws import judged_changes
from simdesign.run.resamples import Resamples
from simdesign.spec.design import Cost, Design

if TYPE_CHECKING:
    from simdesign.run import Results
    from simdesign.run.grid import Grid
    from simdesign.spec.losses import LossFile

_NOTHING = Cost(per_sample=0.0, per_site_round=0.0, per_round=0.0, per_batch=0.0, per_stream=0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionCosts:
    """Costs of the programme by design."""

    relative: Mapping[str, DesignCost]
    """In units of one sample analysed, or whatever the study's unit costs are in."""
    changed: Mapping[str, float]
    """Expected cost when something changes, mean over the scenarios that are judged; of designs
    that ask for more only."""
    weight: Floats
    """(1 + n_draw, r) of the replications of a design that asks for more."""
    euro: Mapping[str, DesignCost]
    """Empty without unit prices."""
    extra: Mapping[str, float]
    """What a design costs once [euro]."""
    samples: Mapping[str, float]
    """Expected number of samples, each as dear as the design says; empty without unit prices."""
    price: float
    """Of a sample [euro]; NaN without unit prices."""

    def draws(self, name: str, *, euro: bool = False) -> Floats:
        """Return the expected cost on the study and on every resample, (1 + n_draw,)."""
        totals = (self.euro if euro else self.relative)[name].totals
        once = self.extra.get(name, 0.0) if euro else 0.0
        if totals.size == 1:
            return np.full(self.weight.shape[0], totals[0] + once)
        return np.asarray(self.weight @ totals / self.weight.sum(axis=1) + once)


def option_costs(results: "Results", losses: "LossFile | None", mixture: "Grid") -> OptionCosts:
    """Return the costs of a study's designs, in euro where prices are stated.

    Parameters
    ----------
    results : Results
    losses : LossFile, optional
    mixture : Grid
        The null mixture.
    """
    designs = results.study.designs
    prices = None if losses is None else losses.prices
    euro: Mapping[str, DesignCost] = {}
    samples: dict[str, float] = {}
    if losses is not None and prices is not None:
        euro = _with(results, losses.priced(designs), mixture)
        counted = {
            name: _costing(item, _NOTHING.model_copy(update={"per_sample": item.cost.per_sample}))
            for name, item in designs.items()
        }
        samples = {name: item.total for name, item in _with(results, counted, mixture).items()}
    return OptionCosts(
        relative=_with(results, designs, mixture), changed=_changed(results),
        weight=Resamples(results.plan).weight(mixture.scenario, mixture.replication),
        euro=euro, extra={} if losses is None else losses.extra, samples=samples,
        price=float("nan") if prices is None else prices.per_sample,
    )  # fmt: skip


def _changed(results: "Results") -> dict[str, float]:
    """Return what designs that ask for more cost on average over the changes that are judged."""
    asked = Asked(results.plan)
    if not asked.designs:
        return {}
    found = [asked.costs(grid) for grid in judged_changes(results)]
    return {
        name: float(np.mean([item[name].total for item in found])) for name in asked.designs
    } if found else {}  # fmt: skip


def _costing(design: Design, cost: Cost) -> Design:
    return design.model_copy(update={"cost": cost})


def _with(
    results: "Results", designs: Mapping[str, Design], mixture: "Grid"
) -> Mapping[str, DesignCost]:
    """Return the costs with other unit costs; these change no row."""
    study = results.study.model_copy(update={"designs": dict(designs)})
    return costs_of(replace(results.plan, study=study), mixture)
