"""The command ``simdesign refine``: a slow estimator's power from some of its fits."""

import math
import tomllib
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from simdesign.errors import SpecError
from simdesign.studies import completion
from simdesign.studies.arguments import AsJson, ResultsFolder
from simdesign.studies.console import note, say, say_json

if TYPE_CHECKING:  # imported late, so that help stays quick
    from simdesign.run.refined import RefinedMeasure
    from simdesign.spec.estimator import Estimator
    from simdesign.spec.study import Study


def register(app: typer.Typer) -> None:
    """Add the command to an application."""
    app.command("refine")(refine_command)


def refine_command(
    folder: ResultsFolder,
    slow: Annotated[
        str,
        typer.Option(
            "--with",
            help="Slow estimator: a name of the study, a kind, or a TOML file that describes one.",
        ),
    ],
    minutes: Annotated[
        float, typer.Option("--budget-minutes", help="Time for fits; 0 only measures again.")
    ] = 10.0,
    fast: Annotated[
        str | None,
        typer.Option(
            "--fast",
            autocompletion=completion.estimators,
            help="Estimator of the study; default: the judging one.",
        ),
    ] = None,
    budget: Annotated[
        float | None, typer.Option("--budget", help="False-alarm probability per programme.")
    ] = None,
    scenario: Annotated[
        list[str] | None,
        typer.Option("--scenario", help="Only these, and the null mixture; several times."),
    ] = None,
    design: Annotated[
        list[str] | None,
        typer.Option("--design", autocompletion=completion.designs, help="Only these."),
    ] = None,
    substance: Annotated[
        list[str] | None,
        typer.Option("--substance", autocompletion=completion.substances, help="Only these."),
    ] = None,
    workers: Annotated[int, typer.Option("--workers", help="Worker processes.")] = 1,
    as_json: AsJson = False,
) -> None:
    """Estimate a slow estimator's false alarms and power; a second call goes on."""
    from simdesign.run import load
    from simdesign.run.refine import refine
    from simdesign.run.refined import refined_measures, save

    if not (math.isfinite(minutes) and minutes >= 0.0):
        raise SpecError("--budget-minutes", minutes, "must be >= 0")
    if budget is not None and not 0.0 < budget < 1.0:
        raise SpecError("--budget", budget, "must be in (0, 1)")
    if workers < 1:
        raise SpecError("--workers", workers, "must be >= 1")
    results = load(folder)
    label, spec = slow_estimator(results.study, slow)
    found = refine(
        results, label, spec, 60.0 * minutes, workers, fast=fast, budget=budget,
        scenarios=scenario or (), designs=design or (), substances=substance or (),
        say=note,
    )  # fmt: skip
    measures = refined_measures(found)
    save(found, measures)
    if as_json:
        content = {
            "study": results.study.name, "slow": label, "fast": found.fast,
            "budget": found.budget, "measures": [asdict(item) for item in measures],
        }  # fmt: skip
        say_json(content)
        return
    say(lines(label, found.fast, measures))
    say(f"measures: {found.store.measures_path}")


def slow_estimator(study: "Study", name: str) -> tuple[str, "Estimator"]:
    """Return label and description of an estimator of the study, of a file, or of a kind."""
    import pydantic

    from simdesign.spec.base import spec_error
    from simdesign.spec.estimator import Estimator

    if name in study.estimators:
        return name, study.estimators[name]
    content: Any = {"kind": name}
    label = name
    if name.endswith(".toml"):
        try:
            content = tomllib.loads(Path(name).read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise SpecError("--with", name, f"must be a readable TOML file ({error})") from None
        label = Path(name).stem
    try:
        adapter: pydantic.TypeAdapter[Estimator] = pydantic.TypeAdapter(Estimator)
        return label, adapter.validate_python(content)
    except pydantic.ValidationError as error:
        found = spec_error(error)
        known = ", ".join(study.estimators)
        if label == name:
            rule = f"must be an estimator of the study ({known}), a kind or a TOML file"
            raise SpecError("--with", name, rule) from None
        raise SpecError(found.field, found.value, found.rule, name) from None


def lines(label: str, fast: str, measures: "list[RefinedMeasure]") -> list[str]:
    """Return the table in words."""
    out = [f"{label} against {fast}: probability (MCSE), all replications against some refitted"]
    for item in measures:
        what = "false alarm" if item.horizon != item.horizon else f"power, {item.horizon:g} years"
        place = f"{item.scenario} | {item.design} | {item.substance}"
        head = f"{place} | {what} | {item.threshold} threshold"
        if math.isnan(item.slow):
            out.append(f"{head}: {fast} {item.fast:.3f} ({item.fast_mcse:.3f}); {item.note}")
            continue
        out.append(
            f"{head}: {fast} {item.fast:.3f} ({item.fast_mcse:.3f}), {label} {item.slow:.3f} "
            f"({item.slow_mcse:.3f}; {item.slow_low:.3f} to {item.slow_high:.3f}), difference "
            f"{item.difference:+.3f} ({item.difference_mcse:.3f}), with a regression "
            f"{item.regression:.3f} ({item.regression_mcse:.3f}); {item.n_fitted} of {item.n_rep} "
            f"refitted, {item.n_failed} failed, {item.seconds_per_fit:.2g} s a fit"
        )
    return out
