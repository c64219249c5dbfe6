"""The command ``simdesign frontier``: cost, power, delay and picture of every design, by cost."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import Annotated, Any

import typer

from simdesign.errors import SpecError
from simdesign.studies import completion
from simdesign.studies.arguments import AsJson, ReadableFolder
from simdesign.studies.console import Grid, say_json, show

_COLUMNS = (
    ("power", 3.0, "noticed in 3 years"), ("restricted_mean_delay", 5.0, "mean delay to 5 years"),
    ("large_error_prob", 3.0, "3-year change > 10 % off"),
)  # fmt: skip
"""Measure, horizon and heading, of those that verdicts use."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """A measure and its difference from the reference design, with Monte Carlo errors."""

    value: float = math.nan
    mcse: float = math.nan
    difference: float = math.nan
    difference_mcse: float = math.nan


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One design in one scenario with a change."""

    scenario: str
    substance: str
    design: str
    cost_per_year: float
    numbers: Mapping[str, Number]
    """Measure -> its number."""


def register(app: typer.Typer) -> None:
    """Add the command to an application."""
    app.command("frontier")(frontier_command)


def frontier_command(
    folder: ReadableFolder,
    scenario: Annotated[
        list[str] | None,
        typer.Option("--scenario", help="Several times; default: all with a change."),
    ] = None,
    threshold: Annotated[
        str,
        typer.Option(
            "--threshold",
            autocompletion=completion.one_of("operating", "oracle", "guarded"),
            help="operating, oracle or guarded.",
        ),
    ] = "operating",
    as_json: AsJson = False,
) -> None:
    """Print what every design costs and achieves, cheapest first, beside the reference design."""
    from simdesign.run import judging_estimator, read

    if threshold not in ("operating", "oracle", "guarded"):
        raise SpecError("--threshold", threshold, "must be operating, oracle or guarded")
    results = read(folder)
    known = [item.name for item in results.plan.scenarios if item.role == "alternative"]
    for name in scenario or ():
        if name not in known:
            raise SpecError("--scenario", name, f"must be one of {'; '.join(known)}")
    found = table(
        results.records(), scenario or known, judging_estimator(results.plan), threshold,
        results.study.decision.budget,
    )  # fmt: skip
    if as_json:
        content = [asdict(item) for item in found]
        say_json({"study": results.study.name, "designs": content})
        return
    reference = results.study.decision.reference
    show(grids(found, reference), lines(found, reference))


def table(
    records: Iterable[Mapping[str, Any]],
    scenarios: Iterable[str],
    estimator: str,
    threshold: str,
    budget: float,
) -> list[Line]:
    """Return the designs of every scenario and substance, cheapest first.

    Parameters
    ----------
    records : iterable of mapping
        Rows of the tidy table of measures.
    scenarios : iterable of str
        In the order wanted.
    estimator, threshold : str
        Of the measures that depend on them.
    budget : float
    """
    from simdesign.evaluate import DEFAULT_WORLD

    cost: dict[str, float] = {}
    own: dict[tuple[str, str, str, str], tuple[float, float]] = {}
    beside: dict[tuple[str, str, str, str], tuple[float, float]] = {}
    for row in records:
        if row["measure"] == "cost_per_year":
            cost[row["design"]] = row["value"]
        judged = row["estimator"] == "" or (
            row["estimator"] == estimator
            and row["threshold"] == threshold
            and math.isclose(row["budget"], budget)
        )
        if row["compared_with"] == DEFAULT_WORLD:  # another world, not another design
            continue
        if judged and (row["measure"], row["horizon"]) in {(m, h) for m, h, _ in _COLUMNS}:
            key = (row["scenario"], row["substance"], row["design"], row["measure"])
            (beside if row["compared_with"] else own)[key] = (row["value"], row["mcse"])
    found = []
    for name in scenarios:
        for substance in sorted({key[1] for key in own if key[0] == name}):
            designs = sorted({key[2] for key in own if key[:2] == (name, substance)})
            for design in sorted(designs, key=lambda item: (cost.get(item, math.inf), item)):
                numbers = {}
                for measure, _, _ in _COLUMNS:
                    key = (name, substance, design, measure)
                    value, mcse = own.get(key, (math.nan, math.nan))
                    less, error = beside.get(key, (math.nan, math.nan))
                    numbers[measure] = Number(
                        value=value, mcse=mcse, difference=less, difference_mcse=error
                    )
                found.append(
                    Line(
                        scenario=name, substance=substance, design=design,
                        cost_per_year=cost.get(design, math.nan), numbers=numbers,
                    )
                )  # fmt: skip
    return found


def grids(found: Iterable[Line], reference: str) -> list[Grid]:
    """Return a table for every substance and scenario; in brackets the difference."""
    heads = ("design", "cost/year", *(head for _, _, head in _COLUMNS))
    return [
        Grid(
            f"{substance}, {scenario} (in brackets: less {reference})",
            heads,
            tuple(
                (
                    item.design,
                    f"{item.cost_per_year:.0f}",
                    *(_words(item.numbers[measure]).rstrip() for measure, _, _ in _COLUMNS),
                )
                for item in members
            ),
        )
        for (scenario, substance), members in groupby(
            found, key=lambda item: (item.scenario, item.substance)
        )
    ]


def lines(found: Iterable[Line], reference: str) -> list[str]:
    """Return the table in words; in brackets the difference from the reference design."""
    out: list[str] = []
    before = ("", "")
    for item in found:
        if (item.scenario, item.substance) != before:
            before = (item.scenario, item.substance)
            heads = "  ".join(f"{head:>33}" for _, _, head in _COLUMNS)
            out += [
                *([""] if out else []),
                f"{item.substance}, {item.scenario} (in brackets: less {reference})",
                f"{'design':24} {'cost/year':>9}  {heads}",
            ]
        cells = "  ".join(f"{_words(item.numbers[measure]):>33}" for measure, _, _ in _COLUMNS)
        out.append(f"{item.design:24} {item.cost_per_year:>9.0f}  {cells}")
    return out


def _words(item: Number) -> str:
    if not math.isfinite(item.value):
        return f"-{'':19}"  # no programme was followed so long
    text = f"{item.value:.3f} ± {item.mcse:.3f}"
    if math.isfinite(item.difference):
        return f"{text} ({item.difference:+.3f} ± {item.difference_mcse:.3f})"
    return f"{text}{'':19}"
