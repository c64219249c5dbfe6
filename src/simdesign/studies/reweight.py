"""The command ``simdesign reweight``: assurance and thresholds under another design prior."""

import math
import tomllib
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from simdesign.errors import FlagError, SpecError
from simdesign.studies import completion
from simdesign.studies.arguments import AsJson, ResultsFolder
from simdesign.studies.console import say, say_json

if TYPE_CHECKING:  # imported late, so that help stays quick
    from collections.abc import Mapping

    from simdesign.records import Floats
    from simdesign.run.reweighted import Likelihood, Prior, ReweightedMeasure
    from simdesign.spec.study import Study


def register(app: typer.Typer) -> None:
    """Add the command to an application."""
    app.command("reweight")(reweight_command)


def reweight_command(
    folder: ResultsFolder,
    prior: Annotated[
        Path | None,
        typer.Option(
            "--prior", help="TOML: a table for each substance, in it parameter = distribution."
        ),
    ] = None,
    constancy: Annotated[
        float | None,
        typer.Option(
            "--constancy",
            help="Evidence: the pilot's rounds outside New Year differed by at most so many %.",
        ),
    ] = None,
    estimator: Annotated[
        str | None,
        typer.Option(
            "--estimator", autocompletion=completion.estimators, help="Default: the judging one."
        ),
    ] = None,
    budget: Annotated[
        float | None, typer.Option("--budget", help="False-alarm probability per programme.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Weight stored replications to another design prior; nothing is simulated."""
    from simdesign.run import load
    from simdesign.run.reweighted import reweighted

    if budget is not None and not 0.0 < budget < 1.0:
        raise SpecError("--budget", budget, "must be in (0, 1)")
    if prior is None and constancy is None:
        raise FlagError("--prior", "or --constancy must be given")
    results = load(folder)
    likelihood = None if constancy is None else _constancy(results.study, constancy)
    wanted = (
        {name: {} for name in results.plan.scenarios[0].world.substances}
        if prior is None
        else read_prior(prior)
    )
    found = reweighted(results, wanted, estimator=estimator, budget=budget, likelihood=likelihood)
    if as_json:
        content = [asdict(item) for item in found]
        say_json({"study": results.study.name, "measures": content})
        return
    say(lines(found))


def _constancy(study: "Study", percent: float) -> "Likelihood":
    from simdesign.studies.constancy.evidence import constancy_weights
    from simdesign.studies.constancy.rounds import rounds_of

    if not 0.0 < percent < 1000.0:
        raise SpecError("--constancy", percent, "must be above 0 and below 1000 per cent")
    world = study.null or study.world
    rounds = rounds_of(world)

    def likelihood(substance: str, drawn: "Mapping[str, Floats]") -> "Floats":
        item = world.substances[substance]
        return constancy_weights(drawn, rounds, item, percent / 100.0, study.seed)

    return likelihood


def read_prior(path: Path) -> "Prior":
    """Read a design prior.

    Raises
    ------
    SpecError
        With the file, the field and the rule.
    """
    import pydantic

    from simdesign.spec.base import spec_error
    from simdesign.spec.quantity import Quantity

    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SpecError("--prior", str(path), f"must be a readable TOML file ({error})") from None
    for substance, fields in content.items():
        if isinstance(fields, dict) and "estimate" in fields:
            rule = (
                "cannot be reached by weights: a table of joint draws has no density; simulate a"
                " study whose null mixture has this estimate"
            )
            raise SpecError(f"{substance}.estimate", fields["estimate"], rule, str(path))
    if not content:
        raise SpecError("--prior", str(path), "must hold a table for a substance")
    try:
        return pydantic.TypeAdapter(dict[str, dict[str, Quantity]]).validate_python(content)
    except pydantic.ValidationError as error:
        found = spec_error(error)
        raise SpecError(found.field, found.value, found.rule, str(path)) from None


def lines(found: "list[ReweightedMeasure]") -> list[str]:
    """Return the table in words."""
    out = ["probability (MCSE) under the study's design prior, and under the new one"]
    for item in found:
        what = "false alarm" if math.isnan(item.horizon) else f"power, {item.horizon:g} years"
        place = f"{item.scenario} | {item.design} | {item.substance}"
        text = (
            f"{place} | {what} | {item.threshold} threshold: "
            f"{item.before:.3f} ({item.before_mcse:.3f}) -> "
        )
        if math.isnan(item.value):
            text += "refused"
        else:
            text += (
                f"{item.value:.3f} ({item.mcse:.3f}), difference {item.difference:+.3f} "
                f"({item.difference_mcse:.3f})"
            )
        text += f"; {item.effective:.0f} effective of {item.n_rep}"
        if item.fixed:
            text += f"; kept as in the scenario: {', '.join(item.fixed)}"
        out.append("; ".join([text, *item.warnings]))
    return out
