"""The command ``simdesign validate-world``: whether a world makes weeks like the real ones."""

import csv
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from simdesign.errors import SpecError
from simdesign.studies.arguments import AsJson
from simdesign.studies.console import Grid, say, say_json, show
from simdesign.studies.measured import refused_in_one_line

if TYPE_CHECKING:  # imported late, so that help stays quick
    from simdesign.report import Table
    from simdesign.spec.world import World
    from simdesign.studies.validation import Comparison

COUNTRIES = "NL,BE,DE,CH,AT,DK,FR"
"""The Netherlands, which the catalogue's numbers describe, and six neighbours."""
CATALOGUE_WORLDS = {"default": "core", "full": "full"}
"""Name of a world without a file -> its ``realism``."""


def register(app: typer.Typer) -> None:
    """Add the command to an application."""
    app.command("validate-world")(validate_world_command)


def validate_world_command(
    file: Annotated[Path, typer.Argument(help="The EUDA release.")],
    sites: Annotated[
        Path | None,
        typer.Option("--sites", help="Site table of the release; else the one beside the file."),
    ] = None,
    world: Annotated[
        list[str] | None,
        typer.Option(
            "--world",
            help="Study file whose world is used, or default or full for the catalogue's; may"
            " be given several times.",
        ),
    ] = None,
    countries: Annotated[
        str, typer.Option("--countries", help="Codes; NL is judged alone, the others together.")
    ] = COUNTRIES,
    substances: Annotated[
        str, typer.Option("--substances", help="Names; default: all of the first world.")
    ] = "",
    from_year: Annotated[int, typer.Option("--from", help="First year that is used.")] = 2017,
    replications: Annotated[
        int, typer.Option("--replications", help="Simulated panels of every world.")
    ] = 200,
    seed: Annotated[int, typer.Option("--seed", help="Of simulation and bootstrap.")] = 1,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Folder for CSV, JSON, Markdown and a page with figures."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Simulate the panel of a release and compare its weeks with the real ones."""
    with refused_in_one_line():
        comparison = comparison_of_file(
            file, sites=sites, worlds=world or ["default"], countries=_split(countries),
            substances=_split(substances), from_year=from_year, replications=replications,
            seed=seed,
        )  # fmt: skip
        written = [] if out is None else write(comparison, out)
    if as_json:
        from simdesign.studies.validation.words import plain_comparison

        say_json(plain_comparison(comparison))
        return
    show(shown(comparison))
    say(f"written: {path}" for path in written)


def comparison_of_file(
    file: Path,
    *,
    sites: Path | None = None,
    worlds: list[str],
    countries: list[str],
    substances: list[str],
    from_year: int = 2017,
    replications: int = 200,
    seed: int = 1,
) -> "Comparison":
    """Read a release, simulate its panel in every world and compare.

    Raises
    ------
    DataError, SpecError
        A mistake in the file, in a world or in what is asked.
    """
    from simdesign.studies.validation import compare, real_panel, twins

    if replications < 2:
        raise SpecError("--replications", replications, "must be at least 2")
    if not 0 <= seed < 2**63:
        raise SpecError("--seed", seed, "must be in [0, 2**63)")
    known = dict(_world(name) for name in worlds)
    wanted = substances or list(next(iter(known.values())).substances)
    for name, world in known.items():
        for substance in wanted:
            if substance not in world.substances:
                rule = f"must be one of {', '.join(world.substances)} of the world {name}"
                raise SpecError("--substances", substance, rule)
    panel = real_panel(
        file, sites=sites, countries=countries, substances=wanted, from_year=from_year
    )
    simulated = {
        name: twins(world, panel.countries, seed=seed, replications=replications)
        for name, world in known.items()
    }
    return compare(panel, simulated, seed=seed)


def _split(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _world(name: str) -> "tuple[str, World]":
    """Return a short name and the world of an option."""
    from simdesign.spec.catalogue import SUBSTANCES
    from simdesign.spec.study import Study
    from simdesign.spec.world import World

    if name in CATALOGUE_WORLDS:
        every: dict[str, dict[str, object]] = {substance: {} for substance in SUBSTANCES}
        realism = CATALOGUE_WORLDS[name]
        return name, World.model_validate({"realism": realism, "substances": every})
    study = Study.from_toml(name)
    return study.name, study.world


def write(comparison: "Comparison", out: Path) -> list[Path]:
    """Write ``validation`` as CSV, JSON, Markdown and a page into a folder."""
    from simdesign.studies.validation.pictures import write_page
    from simdesign.studies.validation.words import (
        COLUMNS,
        markdown_of,
        plain_comparison,
        plain_row,
    )

    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SpecError("--out", str(out), f"must be a folder ({error.strerror})") from None
    table = out / "validation.csv"
    with table.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        for row in comparison.rows:
            plain = plain_row(row).items()
            writer.writerow({k: f"{v:.6g}" if isinstance(v, float) else v for k, v in plain})
    data = out / "validation.json"
    text = json.dumps(plain_comparison(comparison), indent=1, ensure_ascii=False)
    data.write_text(text + "\n", encoding="utf-8")
    words = out / "validation.md"
    words.write_text(markdown_of(comparison), encoding="utf-8")
    return [table, data, words, write_page(comparison, out / "validation.html")]


def shown(comparison: "Comparison") -> list[str | Grid]:
    """Return the tables, then what the words in them mean."""
    from simdesign.studies.validation.words import intro_of, parts, summary_of, table_of

    tables = [table_of(group, substance, rows) for group, substance, rows in parts(comparison)]
    return [*map(_grid, tables), _grid(summary_of(comparison)), *intro_of(comparison)]


def _grid(item: "Table") -> Grid:
    return Grid(item.caption, item.columns, item.rows, tuple(range(max(item.n_head, 2))))
