"""The command ``simdesign stability``: what would change the verdicts, from stored rows only."""

import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import typer

from simdesign.studies.arguments import AsJson, ReadableFolder
from simdesign.studies.console import say_json, show

if TYPE_CHECKING:  # imported late, so that help stays quick
    from simdesign.evaluate import Verdict, Weights
    from simdesign.records import Floats
    from simdesign.run import Results
    from simdesign.run.moved import Option
    from simdesign.spec.quantity import Parameter
    from simdesign.spec.shipped import ShippedDraws

BUDGETS = (0.05, 0.10, 0.20, 0.50)
CONSTANCY = (5.0, 10.0, 15.0, 20.0, 30.0)
"""Per cent by which the pilot's rounds differed at most, as evidence: the level is unpublished."""
FORMAT = 1
AVERAGED_OUT = ("sigma_site",)
"""Parameters that sites average out: left as stated where weighting them, too, leaves little."""
_ORDERED = ("budget", "constancy")
"""Groups whose options are numbers on one scale."""


def register(app: typer.Typer) -> None:
    """Add the command to an application."""
    app.command("stability")(stability_command)


def stability_command(
    folder: ReadableFolder,
    as_json: AsJson = False,
) -> None:
    """List what would change the verdicts: budget, threshold, priors, margin, estimator."""
    from simdesign.run import Published, read, write_atomic
    from simdesign.stored import Paths, StabilityFile
    from simdesign.studies.stability_words import grids, lines

    results, path = read(folder), Paths(folder).stability
    if isinstance(results, Published):
        content = results.found_later(path, StabilityFile)
    else:
        content = stability(results)
        results.save()
        text = json.dumps(content, indent=1, ensure_ascii=False) + "\n"
        write_atomic(path, text.encode())
    if as_json:
        say_json(content)
        return
    show(grids(content), lines(content))


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """The verdict on one substance in one world under one option."""

    group: str
    option: str
    value: float  # of an option that is a number; NaN for others
    substance: str
    world: dict[str, float | str]
    sigma_shared: float
    topic: str
    code: str
    reference_value: float
    best: str
    best_value: float
    mcse: float
    excess: float  # the worst (loss - margin) / margin: above 0 the estimate is beyond the margin
    excess_mcse: float


def stability(results: "Results") -> dict[str, Any]:
    """Return how the verdicts move, as JSON values.

    ``rows``: the verdict under every option, ``stated`` first. ``flips``: where it changes.
    ``margins``: how wide each margin would have to be for another answer. ``grids``: estimators
    that differ in one number. ``refused``: options that the stored rows do not allow, and why.
    """
    from simdesign.run import plain_json
    from simdesign.run.moved import verdicts_at
    from simdesign.studies.prior_grid import grids, judged_along

    options, refused, priors = _options(results)
    found = verdicts_at(results, options)
    stated = results.verdicts()
    rows = [_row("stated", "stated", math.nan, v) for v in stated if v.threshold != "oracle"]
    for option, verdicts in zip(options, found, strict=True):
        value = float(option.name) if option.group in _ORDERED else math.nan
        rows += [_row(option.group, option.name, value, item) for item in verdicts]
    by_estimator = {
        option.estimator: verdicts
        for option, verdicts in zip(options, found, strict=True)
        if option.group == "estimator"
    }
    base = [item for item in stated if item.threshold == "operating"]
    if base:
        by_estimator[base[0].estimator] = base
    along = [
        {
            "substance": grid.substance, "field": grid.field, "values": grid.value,
            "world": item.world, "codes": item.code, "excess": item.excess, "mcse": item.mcse,
            "answer": item.flip.answer, "text": item.flip.text,
        }
        for grid in grids(results)
        if all(name in by_estimator for name in grid.estimator)
        for item in judged_along(grid, [by_estimator[name] for name in grid.estimator])
    ]  # fmt: skip
    content = {
        "stability": FORMAT, "state": results.state(), "study": results.study.name,
        "size": results.plan.size, "budget": results.study.decision.budget,
        "rows": [asdict(row) for row in rows],
        "flips": [*_flips(rows), *_factor_flips(stated)],
        "margins": _margins(stated), "grids": along, "design_priors": priors,
        "refused": refused,
    }  # fmt: skip
    plain: dict[str, Any] = plain_json(content)
    return plain


def _options(
    results: "Results",
) -> tuple[list["Option"], list[dict[str, str]], list[dict[str, Any]]]:
    """Return the options that the stored rows allow, why others are refused, and the weights."""
    from simdesign.run import judging_estimator
    from simdesign.run.moved import Option, at_budget, guarded_at, weighted_at

    plan = results.plan
    decision, name = plan.study.decision, judging_estimator(plan)
    budget = decision.budget
    found = [
        Option(group="budget", name=f"{b:g}", estimator=name, limit=at_budget(b))
        for b in sorted({*BUDGETS, *decision.budgets, budget})
    ]
    found += [
        Option(
            group="threshold", name="oracle", estimator=name, limit=at_budget(budget),
            in_each_world=True,
        ),
        Option(group="threshold", name="guarded", estimator=name, limit=guarded_at(budget)),
    ]  # fmt: skip
    refused: list[dict[str, str]] = []
    priors: list[dict[str, Any]] = []
    for prior in _design_priors(results):
        place = {"group": prior.group, "option": prior.option}
        refused += [
            {**place, "substance": substance, "reason": reason}
            for substance, reason in prior.reasons.items()
        ]
        priors += [
            {
                **place, "substance": substance, "effective": made.effective,
                "mean_weight": made.mean, "mean_weight_error": made.mean_error,
                "fields": prior.fields.get(substance, ()),
            }
            for substance, made in prior.weights.items()
        ]  # fmt: skip
        if prior.weights:
            limit = weighted_at(budget, {k: made.weight for k, made in prior.weights.items()})
            found.append(Option(group=prior.group, name=prior.option, estimator=name, limit=limit))
    found += [
        Option(group="estimator", name=other, estimator=other, limit=at_budget(budget))
        for other in plan.study.estimators
        if other != name
    ]
    return found, refused, priors


@dataclass(slots=True, kw_only=True)
class _Prior:
    """Another design prior: weights by substance, or why there are none."""

    group: str
    option: str
    weights: "dict[str, Weights]" = field(default_factory=dict)
    fields: dict[str, tuple[str, ...]] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)

    def keep(self, substance: str, made: "Weights") -> None:
        """Keep weights that leave enough to say something."""
        if made.is_refused:
            self.reasons[substance] = f"only {made.effective:.0f} effective replications are left"
        else:
            self.weights[substance] = made


def _design_priors(results: "Results") -> Iterable[_Prior]:
    """Return the other design priors that are tried."""
    from simdesign.evaluate import POOR_BELOW, smooth_fields
    from simdesign.run import judging_estimator
    from simdesign.run.reweighted import drawn_parameters
    from simdesign.spec.shipped import shipped_draws

    plan = results.plan
    mixture = next(item for item in plan.scenarios if item.role == "null_mixture")
    drawn = drawn_parameters(
        results.store, plan, mixture, plan.study.decision.reference, judging_estimator(plan)
    )
    substances = mixture.world.substances
    names = dict.fromkeys(table.name for name in substances for table in shipped_draws(name))
    for estimate in names:
        prior = _Prior(group="design_prior", option=estimate)
        for substance, spec in substances.items():
            table = next((t for t in shipped_draws(substance) if t.name == estimate), None)
            if table is None:
                prior.reasons[substance] = "the estimate has no such substance"
                continue
            old = {key: getattr(spec, key) for key in table.fields if hasattr(spec, key)}
            fields = smooth_fields(old, table.fields)
            if "sigma_shared" not in fields:
                prior.reasons[substance] = "the stored draws of sigma_shared are no density"
                continue
            made = _weighted(drawn[substance], old, fields, table)
            few = tuple(key for key in fields if key not in AVERAGED_OUT)
            if made.effective < POOR_BELOW and few != fields:
                fields, made = few, _weighted(drawn[substance], old, few, table)
            prior.fields[substance] = fields
            prior.keep(substance, made)
        yield prior
    yield from _constant_rounds(results, drawn)


def _weighted(
    drawn: "Mapping[str, Floats]",
    old: "Mapping[str, Parameter]",
    fields: Sequence[str],
    table: "ShippedDraws",
) -> "Weights":
    from simdesign.evaluate import table_weights

    mine = {key: drawn[key] for key in fields}
    densities = {key: old[key] for key in fields}
    return table_weights(mine, densities, table.fields, table.n_effective)


def _constant_rounds(
    results: "Results", drawn: "Mapping[str, Mapping[str, Floats]]"
) -> Iterable[_Prior]:
    """Return the stated design prior given that the pilot's rounds hardly differed."""
    from simdesign.evaluate import times, unit_weights
    from simdesign.studies.constancy.evidence import constancy_weights_at
    from simdesign.studies.constancy.rounds import rounds_of

    world = results.study.null or results.study.world
    rounds, limits = rounds_of(world), [percent / 100.0 for percent in CONSTANCY]
    found = [_Prior(group="constancy", option=f"{percent:g}") for percent in CONSTANCY]
    for substance, values in drawn.items():
        first = next(iter(values.values()))
        known = unit_weights(first == first)  # NaN where the world could not be made
        if all(len({x for x in item.tolist() if x == x}) < 2 for item in values.values()):
            for prior in found:
                prior.reasons[substance] = "the null mixture draws no parameter"
            continue
        spec = world.substances[substance]
        evidence = constancy_weights_at(values, rounds, spec, limits, results.study.seed)
        for column, prior in enumerate(found):
            prior.keep(substance, times(known, evidence[:, column]))
    return found


def _row(group: str, option: str, value: float, item: "Verdict") -> Row:
    from simdesign.evaluate import worst_excess

    excess, error = worst_excess(item)
    return Row(
        group=group, option=option, value=value, substance=item.substance, world=item.world,
        sigma_shared=item.sigma_shared, topic=item.topic, code=item.code,
        reference_value=item.reference_value, best=item.best, best_value=item.best_value,
        mcse=item.mcse, excess=excess, excess_mcse=error,
    )  # fmt: skip


def _key(row: Row) -> tuple[str, ...]:
    return row.topic, row.substance, repr(sorted(row.world.items()))


def _flips(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Return where a verdict moves: between two values of a number, or from the stated choice."""
    base = {_key(row): row for row in rows if row.group == "stated"}
    told = ("as_good", "not_as_good", "neither_notices")
    found = []
    ordered: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        if row.group in _ORDERED:
            ordered.setdefault((row.group, *_key(row)), []).append(row)
        elif row.group != "stated" and _key(row) in base and row.code != base[_key(row)].code:
            found.append(_flip(row, base[_key(row)].code, option=row.option))
    for members in ordered.values():
        known = sorted((row for row in members if row.code in told), key=lambda row: row.value)
        found += [
            _flip(after, before.code, low=before.value, high=after.value)
            for before, after in pairwise(known)
            if before.code != after.code
        ]
    return found


def _flip(row: Row, before: str, **place: Any) -> dict[str, Any]:
    return {
        "group": row.group, "topic": row.topic, "substance": row.substance, "world": row.world,
        "sigma_shared": row.sigma_shared, "before": before, "after": row.code, **place,
    }  # fmt: skip


def _factor_flips(verdicts: Sequence["Verdict"]) -> list[dict[str, Any]]:
    """Return where verdicts change along each factor of the worlds, all else equal."""
    from simdesign.evaluate import flips

    found = []
    paths = {
        path for v in verdicts for path, level in v.world.items() if isinstance(level, int | float)
    }
    for path in sorted(paths):
        groups: dict[tuple[str, ...], list[Verdict]] = {}
        for item in verdicts:
            rest = sorted((k, v) for k, v in item.world.items() if k != path)
            key = (item.topic, item.threshold, item.substance, repr(rest))
            groups.setdefault(key, []).append(item)
        at = _level(path)
        for members in groups.values():
            first = members[0]
            found += [
                {
                    "group": path.split(".")[-1], "topic": first.topic,
                    "threshold": first.threshold, "substance": first.substance,
                    "world": {k: v for k, v in first.world.items() if k != path},
                    "low": flip.low, "high": flip.high, "before": flip.before,
                    "after": flip.after,
                }
                for flip in flips(members, at)
            ]  # fmt: skip
    return found


def _level(path: str) -> Callable[["Verdict"], float]:
    def at(item: "Verdict") -> float:
        return float(item.world[path])

    return at


def _margins(verdicts: Sequence["Verdict"]) -> list[dict[str, Any]]:
    from simdesign.evaluate import margin_flips

    return [
        {
            "topic": item.topic, "threshold": item.threshold, "substance": item.substance,
            "world": item.world, "sigma_shared": item.sigma_shared, **asdict(flip),
        }
        for item in verdicts
        for flip in margin_flips(item)
    ]  # fmt: skip
