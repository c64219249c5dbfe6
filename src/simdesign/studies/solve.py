"""The command ``simdesign solve``: the smallest design, or change, that reaches a target."""

import math
from pathlib import Path
from typing import Annotated

import typer

from simdesign.errors import SpecError
from simdesign.studies import completion
from simdesign.studies.arguments import AsJson, StudyFile
from simdesign.studies.console import note, say, say_json


def register(app: typer.Typer) -> None:
    """Add the command to an application."""
    app.command("solve")(solve_command)


def solve_command(
    study: StudyFile,
    knob: Annotated[
        list[str],
        typer.Option(
            "--knob",
            metavar="NAME[=LOW:HIGH[:STEP]]",
            help="What is turned: rounds, days, sites, years or size; twice for two.",
        ),
    ],
    target: Annotated[
        str | None,
        typer.Option(
            "--target",
            metavar="MEASURE[@YEARS]=VALUE",
            help="power, restricted_mean_delay or large_error_prob; default: power@3=0.8.",
        ),
    ] = None,
    design: Annotated[
        list[str] | None,
        typer.Option(
            "--design",
            autocompletion=completion.designs,
            help="Design that is turned; several: one answer each.",
        ),
    ] = None,
    scenario: Annotated[
        str | None, typer.Option("--scenario", help="World and change, as run --list names them.")
    ] = None,
    substance: Annotated[
        str | None,
        typer.Option(
            "--substance",
            autocompletion=completion.substances,
            help="Needed where there are several.",
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
    budget: Annotated[
        float | None,
        typer.Option("--budget", help="False-alarm probability per programme; default: study's."),
    ] = None,
    threshold: Annotated[
        str,
        typer.Option(
            "--threshold",
            autocompletion=completion.one_of("operating", "oracle"),
            help="operating or oracle.",
        ),
    ] = "operating",
    size: Annotated[
        str,
        typer.Option(
            "--size",
            autocompletion=completion.sizes,
            help="Size of the study whose scenarios are meant.",
        ),
    ] = "quick",
    limit: Annotated[
        int | None, typer.Option("--limit", help="Replications of a value at most; default: 3200.")
    ] = None,
    within: Annotated[
        float | None,
        typer.Option("--within", help="With --knob size: half-width wanted; default: 0.02."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Results folder; default: below runs.")
    ] = None,
    workers: Annotated[int, typer.Option("--workers", help="Worker processes.")] = 1,
    as_json: AsJson = False,
) -> None:
    """Find the smallest rounds, days, sites, years or change that reach a target; goes on."""
    from simdesign.run import LocalBackend
    from simdesign.run.question import question_of
    from simdesign.run.search import FIRST, LIMIT, WITHIN
    from simdesign.run.solve import plain_answer, solve
    from simdesign.spec.study import Study
    from simdesign.stored import MOST_OF_A_SCENARIO
    from simdesign.studies.solve_words import lines

    most = LIMIT if limit is None else limit
    if not FIRST <= most <= MOST_OF_A_SCENARIO // 3:
        rule = f"must be {FIRST} to {MOST_OF_A_SCENARIO // 3}"
        raise SpecError("--limit", most, rule)
    if within is not None:
        if not any(text.partition("=")[0] == "size" for text in knob):
            raise SpecError("--within", within, "needs --knob size")
        if not 0.0 < within < math.inf:
            raise SpecError("--within", within, "must be above 0")
    if workers < 1:
        raise SpecError("--workers", workers, "must be >= 1")
    question = question_of(
        Study.from_toml(study), knobs=knob, target=target, designs=design or (),
        scenario=scenario, substance=substance, estimator=estimator, budget=budget,
        threshold=threshold, size=size, folder=study.parent,
    )  # fmt: skip
    with LocalBackend(workers) as backend:
        answer = solve(
            question, out, limit=most, within=WITHIN if within is None else within,
            backend=backend, quiet=False,
            say=note,
        )  # fmt: skip
    if as_json:
        say_json(plain_answer(answer))
        return
    say(lines(answer))
