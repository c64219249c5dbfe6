"""The options of a study as one table: what each finds, costs and needs, from stored rows only."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from simdesign.errors import SpecError
from simdesign.evaluate import (
    Measure,
    largest_regrets,
    on_front,
    resampled_measure,
    share_of_draws,
)
from simdesign.records import Bools, Floats, Ints
from simdesign.run import VERDICT_YEARS, judging_estimator, size_of
from simdesign.run.option_dates import dates_of
from simdesign.run.option_draws import KINDS, OptionDraws, null_mixture, option_draws
from simdesign.run.results import plain_json
from simdesign.spec.mechanism import ExactMechanism
from simdesign.studies.option_costs import OptionCosts, option_costs
from simdesign.studies.option_worth import Worth, worth_of
from simdesign.units import date_of

if TYPE_CHECKING:
    from simdesign.run import Results
    from simdesign.spec.losses import LossFile
    from simdesign.spec.study import Margin

FORMAT = 1
ALL = "all"
"""Group of all worlds together; the others are ``KINDS``."""


def option_table(
    results: "Results", losses: "LossFile | None" = None, source: str = ""
) -> dict[str, Any]:
    """Return the options as JSON values.

    ``designs``: cost and dates of each, whatever the substance. ``substances``: per substance
    ``groups`` of worlds with the best choices there, ``rows`` (group x design) with what is found,
    and ``worth`` (a design each) with regret and, with losses, the value of its samples.

    Parameters
    ----------
    results : Results
    losses : LossFile, optional
        Checked against the study.
    source : str
        File of the losses, for messages.

    Raises
    ------
    SpecError
        When the study has one design only, no change that is judged, or losses contradict.
    """
    plan = results.plan
    if len(plan.study.designs) < 2:
        raise SpecError("designs", len(plan.study.designs), "must be two or more, to choose from")
    if losses is not None:
        losses.check(plan.study, source)
    decision = plan.study.decision
    budgets = decision.budgets if losses is not None and losses.losses is not None else ()
    found = option_draws(results, budgets)
    if not found:
        rule = "must hold complete replications of a change that is judged, and of its world"
        raise SpecError(str(results.folder), results.study.name, rule)
    mixture = null_mixture(results)
    least = math.ceil((1.0 - decision.budget) / decision.budget - 1e-9)
    if mixture.n_rep < least:  # the threshold would be infinite and every design silent
        rule = f"must hold {least} unchanged programmes or more for a budget of {decision.budget:g}"
        raise SpecError(f"{results.folder}: {mixture.scenario.name}", mixture.n_rep, rule)
    costs = option_costs(results, losses, mixture)
    for name in plan.study.designs:
        if name not in costs.relative:
            rule = "asks for more, and no unchanged programme is stored that says how often"
            raise SpecError(f"designs.{name}", name, rule)
    content = {
        "options": FORMAT, "state": results.state(), "study": results.study.name,
        "size": plan.size, "budget": decision.budget, "reference": decision.reference,
        "margin": decision.margin.model_dump(mode="json"), "horizon": VERDICT_YEARS,
        "programme_years": plan.study.programme.years,
        "looks": [date_of(day).isoformat() for day in plan.study.programme.look_days],
        "losses": None if losses is None else losses.model_dump(mode="json"),
        "designs": _designs(results, costs),
        "substances": [_substance(results, one, costs, losses, source) for one in found],
    }  # fmt: skip
    plain: dict[str, Any] = plain_json(content)
    return plain


def _designs(results: "Results", costs: OptionCosts) -> list[dict[str, Any]]:
    """Return cost and dates of every design, in the order of the study."""
    plan, reference = results.plan, results.study.decision.reference
    all_dates = dates_of(plan.study, plan.scenarios[0])
    reads_streams = isinstance(plan.study.estimators[judging_estimator(plan)], ExactMechanism)
    unit = costs.relative[reference].total
    found = []
    for name, design in plan.study.designs.items():
        dates = all_dates[name]
        cost, euro = costs.relative[name], costs.euro.get(name)
        once = costs.extra.get(name, 0.0)
        found.append(
            {
                "design": name, "cost": cost.total, "cost_p95": cost.high,
                "cost_changed": costs.changed.get(name),
                "cost_ratio": cost.total / unit if unit > 0.0 else None,
                "euro": None if euro is None else euro.total + once,
                "euro_p95": None if euro is None else euro.high + once,
                "unread_streams": [] if reads_streams else list(design.streams),
                "first_sample": dates.first_sample, "decide_by": dates.decide_by,
                "first_look": dates.first_look,
            }
        )  # fmt: skip
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class _Group:
    """Scenarios whose shared error is mostly of one kind, or all of them."""

    name: str
    numbers: list[int]
    shown: list[int]
    """Those with the change of natural frequencies."""


def _groups(draws: OptionDraws, shown: float) -> list[_Group]:
    kinds = [draws.kind_of(number) for number in range(len(draws.scenarios))]
    every = list(range(len(kinds)))
    parts = {ALL: every} | {
        kind: [n for n in every if kinds[n] == kind] for kind in KINDS if kind in kinds
    }
    if len(parts) == 2:  # one kind: it is all there is
        del parts[ALL]
    return [
        _Group(
            name=name, numbers=numbers,
            shown=[n for n in numbers if abs(_size(draws, n) - shown) < 1e-9],
        )
        for name, numbers in parts.items()
    ]  # fmt: skip


def _size(draws: OptionDraws, number: int) -> float:
    return size_of(draws.scenarios[number], draws.substance)


def _substance(
    results: "Results",
    draws: OptionDraws,
    costs: OptionCosts,
    losses: "LossFile | None",
    source: str,
) -> dict[str, Any]:
    decision = results.study.decision
    sizes = [_size(draws, number) for number in range(len(draws.scenarios))]
    shown = min(sizes, key=lambda size: (abs(size - decision.margin.smallest_change), size))
    cost = np.stack([costs.draws(name) for name in draws.designs], axis=1)
    worth = None
    if losses is not None and losses.losses is not None:
        worth = worth_of(results, draws, losses, costs, source)
    reference = draws.designs.index(decision.reference)
    groups, rows = [], []
    for group in _groups(draws, shown):
        groups.append(_best(group, draws, cost, decision.margin, worth))
        rows += _rows(group, draws, cost, reference)
    return {
        "substance": draws.substance, "years": draws.years, "shown_change": shown,
        "n_scenario": len(draws.scenarios), "n_rep": draws.n_rep,
        "groups": groups, "rows": rows, "worth": _worth(draws, worth),
    }  # fmt: skip


def _rows(group: _Group, draws: OptionDraws, cost: Floats, reference: int) -> list[dict[str, Any]]:
    """Return what every design finds in a group of worlds, on average over its scenarios."""
    power, delay = mean_over(draws.power, group.numbers), mean_over(draws.delay, group.numbers)
    shown = mean_over(draws.power, group.shown)
    front = share_of_draws(on_front(criteria(cost, power, delay)))
    false = draws.false_alarm[0][group.numbers]
    found = []
    for m, name in enumerate(draws.designs):
        more = shown[:, m] - shown[:, reference]
        later = delay[:, m] - delay[:, reference]
        found.append(
            {
                "group": group.name, "design": name,
                "noticed": _number(resampled_measure(shown[:, m], draws.n_rep, share=True)),
                "more": _number(resampled_measure(more, draws.n_rep)),
                "power": _number(resampled_measure(power[:, m], draws.n_rep, share=True)),
                "delay": _number(resampled_measure(delay[:, m], draws.n_rep)),
                "later": _number(resampled_measure(later, draws.n_rep)),
                "false_alarm": [float(false[:, m].min()), float(false[:, m].max())],
                "front": _number(front[m]),
            }
        )  # fmt: skip
    return found


def criteria(cost: Floats, power: Floats, delay: Floats) -> Floats:
    """Return cost, missed changes and delay, (d, m) each and all to be small, as (d, m, 3)."""
    return np.stack([cost, 1.0 - power, delay], axis=2)


def mean_over(values: Floats, numbers: Sequence[int]) -> Floats:
    """Return the mean over some scenarios, (d, s, m) -> (d, m); NaN over none."""
    if not numbers:
        return np.full((values.shape[0], values.shape[2]), np.nan)
    return np.asarray(values[:, list(numbers)].mean(axis=1))


def _best(
    group: _Group,
    draws: OptionDraws,
    cost: Floats,
    margin: "Margin",
    worth: Worth | None,
) -> dict[str, Any]:
    """Return the designs that one would choose in a group of worlds, each with how surely."""
    power, delay = mean_over(draws.power, group.numbers), mean_over(draws.delay, group.numbers)
    found = {
        "group": group.name,
        "scenarios": [draws.scenarios[n].name for n in group.numbers],
        "most": _chosen(first_best(power), draws),
        "cheapest_as_good": _chosen(cheapest_as_good(power, delay, cost, margin), draws),
        "least_loss": None,
    }
    if worth is not None and worth.has_cost:
        found["least_loss"] = _chosen(first_best(mean_over(worth.total, group.numbers)), draws)
    return found


def first_best(worth: Floats) -> Ints:
    """Return the number of the best design of every draw, (d, m) -> (d,); -1 = none is known."""
    known = np.where(np.isnan(worth), -np.inf, worth)
    return np.where(np.isfinite(known.max(axis=1)), known.argmax(axis=1), -1).astype(np.int64)


def cheapest_as_good(power: Floats, delay: Floats, cost: Floats, margin: "Margin") -> Ints:
    """Return the cheapest design within the margins of the best power and delay, (d,).

    Of equally cheap ones the one with more power; -1 where nothing is known.

    Parameters
    ----------
    power, delay, cost : ndarray of float64, shape (d, m)
    margin : Margin
    """
    known = np.isfinite(power) & np.isfinite(delay)
    most = np.where(known, power, -np.inf).max(axis=1, keepdims=True)
    soonest = np.where(known, delay, np.inf).min(axis=1, keepdims=True)
    with np.errstate(invalid="ignore"):
        fits = (power >= most - margin.power - 1e-12) & (
            delay <= soonest + margin.delay_years + 1e-12
        )
    # nobody may be within both: then power alone decides
    fits = np.where(fits.any(axis=1, keepdims=True), fits, known & (power >= most - margin.power))
    price = np.where(fits & known, cost, np.inf)
    cheapest = (price == price.min(axis=1, keepdims=True)) & np.isfinite(price)
    best = np.where(cheapest, power, -np.inf).argmax(axis=1)
    return np.where(cheapest.any(axis=1), best, -1).astype(np.int64)


def _chosen(number: Ints, draws: OptionDraws) -> dict[str, Any] | None:
    """Return the study's choice and the share of resamples that agree with it."""
    if number[0] < 0:
        return None
    agreed: Bools = (number == number[0])[:, None]
    return {"design": draws.designs[number[0]], "prob": _number(share_of_draws(agreed)[0])}


def _worth(draws: OptionDraws, worth: Worth | None) -> list[dict[str, Any]]:
    """Return regret of every design and, where losses are stated, what its samples are worth."""
    regret, where, least = largest_regrets(draws.power, draws.n_rep)
    minimax = share_of_draws(least)
    found = [
        {
            "design": name, "regret": _number(regret[m]),
            "regret_scenario": draws.scenarios[where[m]].name, "minimax": _number(minimax[m]),
        }
        for m, name in enumerate(draws.designs)
    ]  # fmt: skip
    for row, more in zip(found, worth.rows if worth is not None else (), strict=False):
        row.update(
            {
                key: _number(item) if isinstance(item, Measure) else item
                for key, item in more.items()
            }
        )
    return found


def _number(measure: Measure) -> dict[str, float]:
    return {
        "value": measure.value, "mcse": measure.mcse, "low": measure.low, "high": measure.high,
    }  # fmt: skip
