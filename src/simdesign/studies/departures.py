"""The command ``simdesign departures``: a study's wrong worlds beside its default world."""

import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from simdesign.errors import SpecError
from simdesign.studies import completion
from simdesign.studies.arguments import AsJson, ReadableFolder
from simdesign.studies.console import Grid, say_json, show
from simdesign.studies.sensitivity import WORDS

if TYPE_CHECKING:  # imported late, so that help stays quick
    from simdesign.evaluate import Line, Move, Number

_HEADS = {
    "false_alarm_prob": "false alarms", "power": "noticed in 3 years",
    "restricted_mean_delay": "mean delay to 5 years", "effect_bias": "bias of E",
    "effect_coverage": "coverage of E", "large_error_prob": "3-year change > 10 % off",
    "recalibrated_power": "noticed, threshold set there",
}  # fmt: skip


def register(app: typer.Typer) -> None:
    """Add the command to an application."""
    app.command("departures")(departures_command)


def departures_command(
    folder: ReadableFolder,
    change: Annotated[
        list[str] | None,
        typer.Option(
            "--change", help="Scenario of the default world, several times; default: all."
        ),
    ] = None,
    design: Annotated[
        str | None,
        typer.Option(
            "--design",
            autocompletion=completion.designs,
            help="Shown in every world; default: the judged one.",
        ),
    ] = None,
    estimator: Annotated[
        str | None,
        typer.Option(
            "--estimator",
            autocompletion=completion.estimators,
            help="Default: the one that verdicts rest on.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Print what each wrong world does, the worst beside the default world, and the verdicts."""
    from simdesign.evaluate import departure_lines, verdict_moves, worst_cases
    from simdesign.run import judging_estimator, read

    results = read(folder)
    study, plan = results.study, results.plan
    if not study.departures:
        raise SpecError("departures", study.name, "must name a departure; the study has none")
    known = [i.name for i in plan.scenarios if i.role == "alternative" and not i.departure]
    for name in change or ():
        if name not in known:
            raise SpecError("--change", name, f"must be one of {'; '.join(known)}")
    if design is not None and design not in study.designs:
        raise SpecError("--design", design, f"must be one of {', '.join(study.designs)}")
    if estimator is not None and estimator not in study.estimators:
        raise SpecError("--estimator", estimator, f"must be one of {', '.join(study.estimators)}")
    fitted = estimator or judging_estimator(plan)
    lines = departure_lines(plan.scenarios, results.records(), fitted, study.decision.budget)
    lines = [line for line in lines if not change or line.change in change]
    moves = verdict_moves(results.verdicts())
    worst = worst_cases(lines)
    if as_json:
        content = {
            "study": study.name, "budget": study.decision.budget,
            "reference": study.decision.reference, "estimator": fitted,
            "departures": study.departures,
            "worlds": [asdict(item) for item in lines],
            "worst": [asdict(item) for item in worst],
            "verdicts": [{**asdict(item), "is_another": item.is_another} for item in moves],
        }  # fmt: skip
        say_json(content)
        return
    shown = design or study.decision.reference
    parts: list[str | Grid] = []
    for substance, name in dict.fromkeys((line.substance, line.change) for line in lines):
        mine = [line for line in lines if (line.substance, line.change) == (substance, name)]
        parts.append(each_table(mine, shown, f"{substance}, {name}: {shown} in every world"))
        title = f"{substance}, {name}: the worst beside the default"
        parts.append(worst_table(worst_cases(mine), title))
    show([*parts, *move_lines(moves, study.decision.reference)])


def each_table(lines: Sequence["Line"], design: str, title: str) -> Grid:
    """Return one design in every world, for one substance and change."""
    rows = [
        (line.departure or "default", *(_words(line.numbers[key], "\n") for key in _HEADS))
        for line in lines
        if line.design == design
    ]
    return Grid(title, ("world", *_HEADS.values()), tuple(rows))


def worst_table(items: Sequence[Any], title: str) -> Grid:
    """Return, for every design and measure, the default world and the worst departure."""
    heads = ("design", "measure", "default", "worst departure", "there (difference)")
    rows = [
        (
            item.design, _HEADS[item.key], _words(item.default), item.departure,
            _words(item.worst),
        )
        for item in items
    ]  # fmt: skip
    return Grid(title, heads, tuple(rows), (0, 1, 3))


def move_lines(moves: Sequence["Move"], reference: str) -> list[str]:
    """Return the verdicts on the reference design that a departure changes, in words."""
    kinds = dict.fromkeys(
        (m.substance, m.topic, m.threshold, tuple(sorted(m.world.items()))) for m in moves
    )
    found = []
    for substance, topic, threshold, world in kinds:
        mine = [
            m
            for m in moves
            if (m.substance, m.topic, m.threshold) == (substance, topic, threshold)
            and tuple(sorted(m.world.items())) == world
        ]
        place = ", ".join(f"{path.split('.')[-1]} {level}" for path, level in world)
        what = " ".join(word for word in (topic, threshold) if word)
        head = f"{what}, {substance}{', ' + place if place else ''}, {reference}"
        another = [
            f"{m.departure} ({WORDS[m.after.value]})"
            for m in mine
            if m.after is not None and m.is_another
        ]
        before = WORDS[mine[0].before.value]
        said = f"another verdict in {', '.join(another)}" if another else "in no departure another"
        silent = [m.departure for m in mine if m.after is None]
        tail = f"; not judged in {', '.join(silent)}" if silent else ""
        found.append(f"{head}: {before} in the default world; {said}{tail}")
    return found


def _words(item: "Number", between: str = " ") -> str:
    if not math.isfinite(item.value):
        return "-"
    text = f"{item.value:.3f} ± {item.mcse:.3f}"
    if math.isfinite(item.difference):
        text += f"{between}({item.difference:+.3f} ± {item.difference_mcse:.3f})"
    return text + (f"{between}{item.n_failed} failed" if item.n_failed else "")
