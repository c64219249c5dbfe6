"""The command ``simdesign constancy``: what the pilot says about season and shared error."""

import math
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from simdesign.errors import SpecError
from simdesign.studies import completion
from simdesign.studies.arguments import AsJson, StudyFile
from simdesign.studies.console import say, say_json

if TYPE_CHECKING:  # imported late, so that help stays quick
    from simdesign.studies.constancy.evidence import Evidence, Interval, Shown
    from simdesign.studies.constancy.fixed_week import FixedWeek

SHARED = (0.0, 0.03, 0.06, 0.10)
"""Levels of the shared error in the table."""
SHARES = (0.0, 0.5, 0.8)
"""Shares of the laboratory's error that last a year in the table."""


def register(app: typer.Typer) -> None:
    """Add the command to an application."""
    app.command("constancy")(constancy_command)


def constancy_command(
    study_file: StudyFile,
    at_most: Annotated[
        str, typer.Option("--at-most", help="Largest differences between rounds, in per cent.")
    ] = "5,10,15,20,30",
    substance: Annotated[
        list[str] | None,
        typer.Option(
            "--substance", autocompletion=completion.substances, help="Several times; default: all."
        ),
    ] = None,
    draws: Annotated[int, typer.Option("--draws", help="Draws of the design prior.")] = 20_000,
    week: Annotated[
        list[int] | None,
        typer.Option("--week", help="What this fixed week says of its year too; several times."),
    ] = None,
    size: Annotated[
        str,
        typer.Option(
            "--size", autocompletion=completion.sizes, help="Whose worlds --week goes through."
        ),
    ] = "quick",
    replications: Annotated[
        int, typer.Option("--replications", help="Of each world, for --week.")
    ] = 200,
    as_json: AsJson = False,
) -> None:
    """Say what is learnt when rounds of one year hardly differ: season, shared error, nothing."""
    from simdesign.spec.study import Study
    from simdesign.studies.constancy.evidence import evidence, shown
    from simdesign.studies.constancy.fixed_week import fixed_week_lines, fixed_weeks

    limits = limits_of(at_most)
    if draws < 100:
        raise SpecError("--draws", draws, "must be at least 100")
    for number in week or ():
        if not 1 <= number <= 52:
            raise SpecError("--week", number, "must be 1 to 52")
    if replications < 2:
        raise SpecError("--replications", replications, "must be at least 2")
    study = Study.from_toml(study_file)
    study.size(size)
    known = list((study.null or study.world).substances)
    chosen = substance or known
    for name in chosen:
        if name not in known:
            raise SpecError("--substance", name, f"must be one of {', '.join(known)}")
    found = [item for name in chosen for item in evidence(study, name, limits, draws)]
    table = [item for name in chosen for item in shown(study, name, limits, SHARED, SHARES)]
    weeks = fixed_weeks(study, size, week, replications, chosen) if week else []
    if as_json:
        content = {
            "study": study.name,
            "evidence": [asdict(item) for item in found],
            "shown": [asdict(item) for item in table],
            "fixed_weeks": [_measured(item) for item in weeks],
        }
        say_json(content)
        return
    last = ["", *fixed_week_lines(weeks)] if weeks else []
    say([*shown_lines(table), "", *evidence_lines(found), *last])


def limits_of(text: str) -> tuple[float, ...]:
    """Return limits as shares from per cents between commas."""
    try:
        values = tuple(float(item) / 100.0 for item in text.split(","))
    except ValueError:
        raise SpecError("--at-most", text, "must be per cents between commas, as 5,10") from None
    if not all(0.0 < item < 10.0 for item in values):
        raise SpecError("--at-most", text, "must be above 0 and below 1000 per cent")
    return values


def shown_lines(table: "list[Shown]") -> list[str]:
    """Return the first table in words."""
    out = [
        "P(rounds of November, March, September, November differ by more than x), by the swing of"
        " the season (highest over lowest day, any date); MCSE at most "
        f"{max(max(item.mcse) for item in table):.3f}"
    ]
    for item in table:
        cells = "  ".join(
            f"{limit:.0%} {prob:.2f}" for limit, prob in zip(item.limits, item.prob, strict=True)
        )
        out.append(
            f"{item.substance}, swing {item.swing:.0%}, shared error {item.sigma_shared:.0%}, "
            f"r_lab {item.r_lab:g}: {cells}"
        )
    return out


def evidence_lines(found: "list[Evidence]") -> list[str]:
    """Return the second table in words."""
    out = ["median [95 % interval] under the design prior, and given that rounds hardly differed"]
    for item in found:
        what = "design prior" if math.isnan(item.limit) else f"at most {item.limit:.0%} apart"
        text = f"{item.substance}, {what}"
        if not math.isnan(item.limit):
            text += f" (probability {item.prob:.3f}, MCSE {item.mcse:.3f})"
        out.append(
            f"{text}: swing {_words(item.swing, percent=True)}; shared error "
            f"{_words(item.sigma_shared, percent=True)}; its correlation within a year "
            f"{_words(item.within_year, percent=False)}; {item.effective:.0f} effective draws"
        )
    return out


def _words(item: "Interval", *, percent: bool) -> str:
    form = ".1%" if percent else ".2f"
    return f"{item.median:{form}} [{item.low:{form}}, {item.high:{form}}]"


def _measured(item: "FixedWeek") -> dict[str, Any]:
    """Return a row as plain data: of measures their value, error and number of replications."""
    return {
        key: {"value": x.value, "mcse": x.mcse, "n_rep": x.n_rep} if hasattr(x, "mcse") else x
        for key in item.__dataclass_fields__
        for x in (getattr(item, key),)
    }
