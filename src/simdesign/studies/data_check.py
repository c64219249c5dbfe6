"""The command ``simdesign data check``: what was understood of a file, and what is doubtful."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from simdesign.studies.arguments import AsJson
from simdesign.studies.console import say, say_json

if TYPE_CHECKING:  # imported late, so that help stays quick
    from simdesign.data import Doubt, LoadTable

EXAMPLES = 5
"""Doubts of one kind that are printed; ``--json`` has them all."""


def register(app: typer.Typer) -> None:
    """Add the command group to an application."""
    group = typer.Typer(
        help="Look at a file of real measurements before it is used.", no_args_is_help=True
    )
    group.callback()(data)
    group.command("check")(check_command)
    app.add_typer(group, name="data")


def data() -> None:
    """Look at a file of real measurements before it is used."""


def check_command(
    file: Annotated[Path, typer.Argument(help="The EUDA release, or a tidy CSV or Parquet file.")],
    sites: Annotated[
        Path | None,
        typer.Option("--sites", help="Site table with populations; else the one beside a release."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Print what was understood of a file of measurements and what is doubtful."""
    from simdesign.data import doubts, overview, read

    table = read(file, sites)
    found = doubts(table)
    if as_json:
        plain = plain_check(table, overview(table), found)
        say_json(plain)
        return
    say(check_lines(table, overview(table), found))


def check_lines(
    table: "LoadTable", understood: dict[str, Any], found: "list[Doubt]"
) -> Iterator[str]:
    """Yield what `check_command` prints."""
    report = table.report
    excluded = sum(report.excluded.values())
    years, people = understood["years"], understood["population"]
    countries = understood["countries"]
    yield f"{report.file}: read as {'the EUDA release' if report.layout == 'release' else 'tidy'}"
    yield f"SHA-256 {report.sha256}"
    yield f"rows: {report.n_rows}; used {report.n_read}, left out {excluded}"
    yield f"countries: {len(countries)} ({', '.join(countries) or 'not named'})"
    yield f"sites: {understood['sites']}, of {people[0]:,.0f} to {people[1]:,.0f} inhabitants"
    yield f"years: {years[0]} to {years[1]} ({understood['years_with_data']} with data)"
    yield f"dates: {understood['dates']}"
    if understood["laboratories"]:
        yield f"laboratories: {', '.join(understood['laboratories'])}"
    days = f"days: {understood['days']}, below the LOQ {understood['days_below_loq']}"
    yield f"{days}, laid out from means {understood['days_from_means']}"
    for item in understood["substances"]:
        median = item["median_load"]
        usual = "nothing quantified" if median is None else f"median {median:.4g} mg/(1000 inh d)"
        yield (
            f"  {item['substance']}: {item['sites']} sites, {item['site_campaigns']} site-campaigns"
            f" ({item['short_campaigns']} with fewer than five quantified days), "
            f"{item['days']} days, {item['days_below_loq']} below the LOQ; {usual}"
        )
    yield from report.lines()
    yield f"doubtful: {len(found)}" + ("" if found else ", nothing stands out")
    for kind in sorted({doubt.kind for doubt in found}):
        mine = [doubt for doubt in found if doubt.kind == kind]
        yield f"  {kind}: {len(mine)}"
        for doubt in mine[:EXAMPLES]:
            when = doubt.when(assumed_dates=table.assumed_dates)
            place = " ".join(filter(None, (doubt.country, doubt.site, doubt.substance, when)))
            yield f"    {place}: {doubt.text}"
        if len(mine) > EXAMPLES:
            yield f"    and {len(mine) - EXAMPLES} others (--json has them all)"


def plain_check(
    table: "LoadTable", understood: dict[str, Any], found: "list[Doubt]"
) -> dict[str, Any]:
    """Return the same as data."""
    report = table.report
    return {
        "file": report.file,
        "sha256": report.sha256,
        "layout": report.layout,
        "rows": report.n_rows,
        "rows_used": report.n_read,
        "left_out": report.excluded,
        "noticed": report.flagged,
        "notes": list(report.notes),
        "understood": understood,
        "doubts": [
            {
                "kind": doubt.kind,
                "country": doubt.country,
                "site": doubt.site,
                "substance": doubt.substance,
                "when": doubt.when(assumed_dates=table.assumed_dates),
                "what": doubt.text,
            }
            for doubt in found
        ],
    }
