"""The command ``simdesign replay``: one replication from its address."""

import math
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from simdesign.studies import completion
from simdesign.studies.arguments import AsJson, ResultsFolder
from simdesign.studies.console import say, say_json

if TYPE_CHECKING:  # imported late, so that help stays quick
    from simdesign.run.replayed import Replayed


def register(app: typer.Typer) -> None:
    """Add the command to an application."""
    app.command("replay")(replay_command)


def replay_command(
    folder: ResultsFolder,
    scenario: Annotated[str, typer.Option("--scenario", help="Scenario; run --list names them.")],
    replication: Annotated[int, typer.Option("--replication", help="Its number, from 0.")],
    design: Annotated[
        str, typer.Option("--design", autocompletion=completion.designs, help="Sampling design.")
    ],
    estimator: Annotated[
        str, typer.Option("--estimator", autocompletion=completion.estimators, help="Estimator.")
    ],
    substance: Annotated[
        str | None,
        typer.Option(
            "--substance",
            autocompletion=completion.substances,
            help="May be left out where there is one only.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Compute one replication again: its data, its truth, its fit, and whether its row agrees."""
    from simdesign.run import load
    from simdesign.run.replayed import replayed

    found = replayed(
        load(folder), scenario=scenario, replication=replication, design=design,
        estimator=estimator, substance=substance,
    )  # fmt: skip
    if as_json:
        content = asdict(found)
        content["largest"] = {
            name: size if math.isfinite(size) else None for name, size in found.largest.items()
        }
        say_json(content)
        return
    say(lines(found))


def lines(found: "Replayed") -> list[str]:
    """Return a replication in words and tables."""
    out = [", ".join(f"{name} {value}" for name, value in found.address.items()), ""]
    change = found.truth["change_day"] or "never"
    drawn = ", ".join(
        f"{name} {value:.4g}" for name, value in found.truth.items() if isinstance(value, float)
    )
    out += ["truth", f"  change: {change}", f"  parameters, drawn or fixed: {drawn}", ""]
    if found.campaigns:
        out += _campaign_lines(found)
    out += ["", *_look_lines(found)]
    if found.failure:
        out += ["", "failure", *(f"  {line}" for line in found.failure)]
    note = " (its estimator is not promised to repeat bit for bit)" if found.outside else ""
    out += ["", f"stored rows: {found.stored}{note}"]
    out += [f"  {name}: largest difference {size:.3g}" for name, size in found.largest.items()]
    return out


def _campaign_lines(found: "Replayed") -> list[str]:
    sites = list(dict.fromkeys(name for item in found.campaigns for name in item.mean))
    width = [max(8, len(name)) for name in sites]
    rows = [
        f"data: mean load per campaign and site [mg/(1000 inh d)], days in brackets when not "
        f"{max(n for item in found.campaigns for n in item.days.values())}, < with days below "
        f"the limit of quantification",
        f"  {'first day':10} {'last day':10} "
        + " ".join(f"{name:>{w}}" for name, w in zip(sites, width, strict=True)),
    ]
    most = max(n for item in found.campaigns for n in item.days.values())
    for item in found.campaigns:
        cells = []
        for name in sites:
            value = item.mean.get(name)
            text = "-" if value is None else f"{value:.1f}"
            if value is not None and item.censored[name]:
                text = f"<{text}"
            if value is not None and item.days[name] != most:
                text += f" ({item.days[name]})"
            cells.append(text)
        rows.append(
            f"  {item.first:10} {item.last:10} "
            + " ".join(f"{text:>{w}}" for text, w in zip(cells, width, strict=True))
        )
    return rows


_SHOWN = (
    ("score", "score"), ("prob_break", "P(break)"), ("effect", "E"), ("effect_low", "low"),
    ("effect_high", "high"), ("true_effect", "true E"), ("level", "level"),
    ("true_level", "true level"),
)  # fmt: skip


def _look_lines(found: "Replayed") -> list[str]:
    rows = [
        "fit at each look (E and levels: natural log of the load's ratio)",
        "  look date       " + " ".join(f"{word:>10}" for _, word in _SHOWN) + "  status",
    ]
    for look in found.looks:
        numbers = " ".join(f"{_number(look[name]):>10}" for name, _ in _SHOWN)
        what = _STATUS.get(look["status"], str(look["status"]))
        if look["published_alarm"]:
            what += ", alarm as published"
        if look["reason"]:
            what += f": {look['reason']}"
        rows.append(f"  {look['look'] + 1:>4} {look['date']} {numbers}  {what}")
    return rows


_STATUS = {0: "ok", 1: "too little data", 2: "not applicable", 3: "failed"}


def _number(value: Any) -> str:
    return "-" if value is None else f"{value:.4f}"
