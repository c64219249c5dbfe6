"""What the samples of every option are worth in euro, where losses are stated (docs/options.md)."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from simdesign.errors import SpecError
from simdesign.evaluate import (
    Measure,
    Stakes,
    break_even,
    dearest_false_alarm,
    information,
    largest_regrets,
    resampled_measure,
    share_of_draws,
)
from simdesign.records import Floats
from simdesign.run.option_draws import OptionDraws
from simdesign.studies.option_costs import OptionCosts

if TYPE_CHECKING:
    from simdesign.run import Results
    from simdesign.spec.losses import LossFile


@dataclass(frozen=True, slots=True, kw_only=True)
class Worth:
    """Of every design of one substance."""

    has_cost: bool
    """Whether unit prices are given, so that costs and losses are on one scale."""
    total: Floats
    """(d, s, m) minus expected loss, minus cost where it is known [euro]."""
    rows: tuple[dict[str, Any], ...]
    """A design each: measures, and words."""


def worth_of(
    results: "Results",
    draws: OptionDraws,
    losses: "LossFile",
    costs: OptionCosts,
    source: str,
) -> Worth:
    """Return the value of every design's samples, its break-even price and its regret in euro.

    Parameters
    ----------
    results : Results
    draws : OptionDraws
        With the budgets that losses choose from.
    losses : LossFile
        With losses.
    costs : OptionCosts
    source : str
        File of the losses, for messages.

    Raises
    ------
    SpecError
        When a false alarm is dearer than whatever noticing saves.
    """
    stakes = _stakes(results, draws, losses, source)
    loss = stakes.loss(draws.delay_at, draws.premature_at, draws.false_alarm_at)
    value, chosen = information(stakes.blind, loss.mean(axis=1))
    reference = draws.designs.index(results.study.decision.reference)
    gain = value - value[:, [reference]]
    cost = None
    if costs.euro:
        cost = np.stack([costs.draws(name, euro=True) for name in draws.designs], axis=1)
        cost = cost[: loss.shape[0]]
    at_chosen = np.where(
        chosen[None, None, :] < 0, stakes.blind,
        np.take_along_axis(loss, np.maximum(chosen, 0)[None, None, :, None], axis=3)[..., 0],
    )  # fmt: skip
    total = -at_chosen - (0.0 if cost is None else cost[:, None, :])
    regret, where, least = largest_regrets(total, draws.n_rep)
    minimax = share_of_draws(least)
    units, rest = _more_of(draws, costs, reference)
    price = break_even(gain, units[None, :], rest[None, :])
    rows = []
    for m in range(len(draws.designs)):
        net = None
        if cost is not None:
            net = _measure(gain[:, m] - (cost[:, m] - cost[:, reference]), draws)
        rows.append(
            {
                "information": _measure(value[:, m], draws),
                "more_information": _measure(gain[:, m], draws),
                "best_budget": None if chosen[m] < 0 else draws.budgets[chosen[m]],
                "net": net, "break_even": _measure(price[:, m], draws),
                "pays": "" if m == reference else _pays(units[m], rest[m], gain[0, m]),
                "euro_regret": regret[m],
                "euro_regret_scenario": draws.scenarios[where[m]].name,
                "euro_minimax": minimax[m],
            }
        )  # fmt: skip
    return Worth(has_cost=cost is not None, total=total, rows=tuple(rows))


def _stakes(results: "Results", draws: OptionDraws, losses: "LossFile", source: str) -> Stakes:
    """Return what is at stake; losses under which nobody would alarm are refused."""
    stated = losses.losses
    if stated is None:
        raise SpecError("losses", None, "must be given", source)
    stakes = Stakes(
        missed_per_year=stated.missed_per_year, false_alarm=stated.false_alarm,
        prob_change=stated.chance_of_change(results.study.programme.years), years=draws.years,
    )  # fmt: skip
    of_study = (item[0].mean(axis=0) for item in (
        draws.delay_at, draws.premature_at, draws.false_alarm_at
    ))  # fmt: skip
    dearest = dearest_false_alarm(stakes, *of_study)
    if stakes.false_alarm >= dearest:
        said = ", ".join(f"{budget:g}" for budget in draws.budgets)
        rule = (
            f"must be below {round_down(dearest):g}: a dearer one costs more than noticing"
            f" {draws.substance} saves, with every design and budget ({said}), so that never to"
            " alarm is best"
        )
        if dearest <= 0.0:
            rule = f"no design notices {draws.substance} sooner than never, whatever is lost"
        raise SpecError("losses.false_alarm", stated.false_alarm, rule, source)
    return stakes


def round_down(value: float) -> float:
    """Return three significant digits of a number, never above it."""
    if not np.isfinite(value) or value <= 0.0:
        return value
    step = 10.0 ** (np.floor(np.log10(value)) - 2.0)
    return float(f"{np.floor(value / step * (1.0 + 1e-12)) * step:.3g}")


def _more_of(draws: OptionDraws, costs: OptionCosts, reference: int) -> tuple[Floats, Floats]:
    """Return samples and other euro that a design takes more than the reference, (m,) each.

    Without prices every unit keeps its relation to a sample: then the units are those of the
    relative cost, and there is nothing else.
    """
    if not costs.euro:
        units = np.array([costs.relative[name].total for name in draws.designs])
        return units - units[reference], np.zeros(units.size)
    n = np.array([costs.samples[name] for name in draws.designs])
    total = [costs.draws(name, euro=True)[0] for name in draws.designs]
    rest = np.array(total) - costs.price * n
    return n - n[reference], rest - rest[reference]


def _pays(units: float, rest: float, gain: float) -> str:
    """Return on which side of the break-even price a design pays: below, above, always, never."""
    price = (gain - rest) / units if units != 0.0 else np.nan
    if units == 0.0:
        return "always" if gain >= rest else "never"
    if units > 0.0:
        return "below" if price > 0.0 else "never"
    return "above" if price > 0.0 else "always"


def _measure(values: Floats, draws: OptionDraws) -> Measure:
    return resampled_measure(values, draws.n_rep)
