"""The command ``simdesign replay``: one replication from its address."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from simdesign.studies import completion
from simdesign.studies.arguments import AsJson, ResultsFolder
from simdesign.studies.console import Grid, say_json, show

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
        say_json(asdict(found))
        return
    show(parts(found), lines(found))


def parts(found: "Replayed") -> list[str | Grid]:
    """Return a replication in words and tables."""
    out: list[str | Grid] = [*_head(found)]
    if found.campaigns:
        title, heads, *rows = _campaign_rows(found)
        out.append(Grid(title[0], heads, tuple(rows), (0, 1)))
    title, heads, *rows = _look_rows(found)
    out.append(Grid(title[0], heads, tuple(rows), (1, len(heads) - 1)))
    return [*out, *_tail(found)]


def lines(found: "Replayed") -> list[str]:
    """Return the same as text."""
    out = [*_head(found)]
    if found.campaigns:
        out += _campaign_lines(found)
    return [*out, "", *_look_lines(found), *_tail(found)]


def _head(found: "Replayed") -> list[str]:
    out = [", ".join(f"{name} {value}" for name, value in found.address.items()), ""]
    change = found.truth["change_day"] or "never"
    drawn = ", ".join(
        f"{name} {value:.4g}" for name, value in found.truth.items() if isinstance(value, float)
    )
    return [*out, "truth", f"  change: {change}", f"  parameters, drawn or fixed: {drawn}", ""]


def _tail(found: "Replayed") -> list[str]:
    out: list[str] = []
    if found.failure:
        out += ["", "failure", *(f"  {line}" for line in found.failure)]
    note = " (its estimator is not promised to repeat bit for bit)" if found.outside else ""
    out += ["", f"stored rows: {found.stored}{note}"]
    out += [f"  {name}: largest difference {size:.3g}" for name, size in found.largest.items()]
    return out


def _campaign_rows(found: "Replayed") -> list[tuple[str, ...]]:
    """Return title, heads and cells: a row a campaign, a column a site."""
    sites = list(dict.fromkeys(name for item in found.campaigns for name in item.mean))
    most = max(n for item in found.campaigns for n in item.days.values())
    title = (
        "data: mean load per campaign and site [mg/(1000 inh d)], days in brackets when not "
        f"{most}, < with days below the limit of quantification"
    )
    rows: list[tuple[str, ...]] = [(title,), ("first day", "last day", *sites)]
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
        rows.append((item.first, item.last, *cells))
    return rows


def _campaign_lines(found: "Replayed") -> list[str]:
    title, *rows = _campaign_rows(found)
    width = [max(8, len(name)) for name in rows[0][2:]]
    return [
        title[0],
        *(
            f"  {first:10} {last:10} "
            + " ".join(f"{text:>{w}}" for text, w in zip(cells, width, strict=True))
            for first, last, *cells in rows
        ),
    ]


_SHOWN = (
    ("score", "score"), ("prob_break", "P(break)"), ("effect", "E"), ("effect_low", "low"),
    ("effect_high", "high"), ("true_effect", "true E"), ("level", "level"),
    ("true_level", "true level"),
)  # fmt: skip


def _look_rows(found: "Replayed") -> list[tuple[str, ...]]:
    """Return title, heads and cells: a row a look."""
    title = "fit at each look (E and levels: natural log of the load's ratio)"
    rows: list[tuple[str, ...]] = [
        (title,), ("look", "date", *(word for _, word in _SHOWN), "status"),
    ]  # fmt: skip
    for look in found.looks:
        what = _STATUS.get(look["status"], str(look["status"]))
        if look["published_alarm"]:
            what += ", alarm as published"
        if look["reason"]:
            what += f": {look['reason']}"
        numbers = (_number(look[name]) for name, _ in _SHOWN)
        rows.append((str(look["look"] + 1), str(look["date"]), *numbers, what))
    return rows


def _look_lines(found: "Replayed") -> list[str]:
    title, *rows = _look_rows(found)
    return [
        title[0],
        *(
            f"  {look:>4} {date:10} {' '.join(f'{text:>10}' for text in numbers)}  {what}"
            for look, date, *numbers, what in rows
        ),
    ]


_STATUS = {0: "ok", 1: "too little data", 2: "not applicable", 3: "failed"}


def _number(value: Any) -> str:
    return "-" if value is None else f"{value:.4f}"
