"""The command ``simdesign verify``: whether stored rows come out again."""

import shlex
from typing import TYPE_CHECKING, Annotated, Any

import typer

from simdesign.errors import SpecError
from simdesign.studies.arguments import AsJson, ResultsFolder
from simdesign.studies.console import say, say_json

if TYPE_CHECKING:  # imported late, so that help stays quick
    from simdesign.run import Results
    from simdesign.run.verify import Verification


def register(app: typer.Typer) -> None:
    """Add the command to an application."""
    app.command("verify")(verify_command)


def verify_command(
    folder: ResultsFolder,
    sample: Annotated[
        int, typer.Option("--sample", help="Replications to compute again, of all scenarios.")
    ] = 20,
    seed: Annotated[int, typer.Option("--seed", help="Of the sample.")] = 1,
    as_json: AsJson = False,
) -> None:
    """Compute a random sample of a study again and compare it with what is stored."""
    from simdesign.run import load
    from simdesign.run.provenance import code_hash
    from simdesign.run.verify import Answer, verify

    if sample < 1:
        raise SpecError("--sample", sample, "must be >= 1")
    if not 0 <= seed < 2**63:
        raise SpecError("--seed", seed, "must be in [0, 2**63)")
    results = load(folder)
    found = verify(results, sample, seed, code_hash())
    if as_json:
        say_json(_plain(results, found))
    else:
        say(lines(results, found))
    if found.comparison.answer == Answer.DIFFERENT:
        raise typer.Exit(1)


def lines(results: "Results", found: "Verification") -> list[str]:
    """Return a verification in words."""
    from simdesign.run.verify import Answer

    comparison = found.comparison
    out = [
        f"{results.study.name}, size {results.plan.size}: {found.n_sampled} of {found.n_stored} "
        f"stored replications computed again (sample seed {found.seed}), {comparison.n_row} rows"
    ]
    if found.excluded:
        out.append(
            f"not compared: {', '.join(found.excluded)} (not promised to repeat bit for bit)"
        )
    if not found.same_code:
        out.append("the results were made by another version of the code")
    for name, size in comparison.largest.items():
        out.append(f"{name}: largest difference {size:.3g}")
    if comparison.n_alarm_changed:
        out.append(f"alarms that differ: {comparison.n_alarm_changed} rows")
    if comparison.answer == Answer.DIFFERENT and comparison.first:
        folder = shlex.quote(str(results.folder))
        out.append(f"first: simdesign replay {folder} {comparison.first}")
    return [*out, str(comparison.answer)]


def _plain(results: "Results", found: "Verification") -> dict[str, Any]:
    comparison = found.comparison
    return {
        "study": results.study.name, "size": results.plan.size, "answer": str(comparison.answer),
        "sampled": found.n_sampled, "stored": found.n_stored, "seed": found.seed,
        "rows": comparison.n_row, "excluded": list(found.excluded), "same_code": found.same_code,
        "largest_difference": comparison.largest,
        "alarms_changed": comparison.n_alarm_changed, "first": comparison.first,
    }  # fmt: skip
