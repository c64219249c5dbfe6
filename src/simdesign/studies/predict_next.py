"""The command ``simdesign predict-next``: whether an estimated world foresees the next year."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from simdesign.errors import SpecError
from simdesign.studies.arguments import AsJson
from simdesign.studies.console import Grid, say_json, show
from simdesign.studies.measured import (
    Draws,
    FromYear,
    MeasuredFile,
    Seed,
    SiteTable,
    Substances,
    Tune,
    refused_in_one_line,
)

if TYPE_CHECKING:  # imported late, so that help stays quick
    from simdesign.estimate import Prospective

ALL = "all countries"


def register(app: typer.Typer) -> None:
    """Add the command to an application."""
    app.command("predict-next")(predict_next_command)


def predict_next_command(
    file: MeasuredFile,
    country: Annotated[str, typer.Option("--country", help="Country that is shown first.")],
    substance: Substances,
    origin: Annotated[
        list[int] | None,
        typer.Option("--origin", help="Last known year; may be repeated; default: all from 2015."),
    ] = None,
    from_year: FromYear = None,
    sites: SiteTable = None,
    draws: Draws = 200,
    tune: Tune = 300,
    chains: Annotated[int, typer.Option("--chains", help="Chains of every fit.")] = 2,
    seed: Seed = 1,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="CSV file of all predictions.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Hold out every next year, predict each city's weekly mean, and score the predictions."""
    with refused_in_one_line():
        found = predictions_of_file(
            file, country, substance, origins=origin, from_year=from_year, sites=sites,
            draws=draws, tune=tune, chains=chains, seed=seed,
        )  # fmt: skip
        if out is not None:
            write(found, out)
    tables = {item.substance: scores_of(item) for item in found}
    if as_json:
        say_json(tables)
        return
    for item in found:
        show(shown(item, tables[item.substance]))


def predictions_of_file(
    file: Path,
    country: str,
    substances: list[str],
    *,
    origins: list[int] | None = None,
    from_year: int | None = None,
    sites: Path | None = None,
    draws: int = 200,
    tune: int = 300,
    chains: int = 2,
    seed: int = 1,
) -> "list[Prospective]":
    """Read a file and run the prospective test of every substance.

    Raises
    ------
    DataError, SpecError
        A mistake in the file or in what is asked of it.
    """
    from simdesign.data import read
    from simdesign.estimate import Sampler, hold_out, site_weeks

    for option, value in (("--draws", draws), ("--tune", tune)):
        if value < 50:
            raise SpecError(option, value, "must be at least 50")
    if not 1 <= chains <= 8:
        raise SpecError("--chains", chains, "must be from 1 to 8")
    table = read(file, sites)
    found = []
    for name in substances:
        weeks = site_weeks(table, name, country, neighbours=None, from_year=from_year)
        last = int(weeks.year.max())
        first = max(2015, int(weeks.year.min()) + 2)
        wanted = origins or list(range(first, last))
        if not wanted:
            raise SpecError("--origin", last, "must leave three years before and one after")
        found.append(
            hold_out(table, name, country, wanted, Sampler(draws=draws, tune=tune, chains=chains),
                     seed=seed, from_year=from_year)
        )  # fmt: skip
    return found


def scores_of(item: "Prospective") -> list[dict[str, Any]]:
    """Return coverage and scores of all countries together and of each, with standard errors.

    Predictions of one year share its luck: standard errors are clustered by year. A country with
    a single predicted year has none.
    """
    import numpy as np

    from simdesign.estimate import LEVELS, clustered, covered

    every = item.predictions
    groups = [(ALL, list(every))]
    for country in dict.fromkeys(p.country for p in every):
        groups.append((country, [p for p in every if p.country == country]))
    rows = []
    for name, mine in groups:
        year = np.array([p.origin + 1 for p in mine])
        below = np.array([p.below for p in mine])
        naive = np.array([p.naive_below for p in mine])
        values = {f"coverage_{100 * level:.0f}": covered(below, level) for level in LEVELS}
        values |= {f"naive_{100 * level:.0f}": covered(naive, level) for level in LEVELS}
        values |= {
            "crps": np.array([p.crps for p in mine]),
            "crps_gain": np.array([p.naive_crps - p.crps for p in mine]),
            "log_score": np.array([p.log_score for p in mine]),
            "log_gain": np.array([p.log_score - p.naive_log_score for p in mine]),
        }
        row: dict[str, Any] = {"group": name, "n": len(mine), "years": len(set(year.tolist()))}
        for key, array in values.items():
            mean, error = clustered(array, year)
            row[key] = round(mean, 4)
            row[f"{key}_se"] = None if np.isnan(error) else round(error, 4)
        rows.append(row)
    return rows


def write(found: "list[Prospective]", out: Path) -> None:
    """Write every prediction as a row of a CSV file."""
    import csv
    import io
    from dataclasses import asdict

    from simdesign.estimate import write_whole

    text = io.StringIO()
    first = found[0].predictions[0]
    writer = csv.DictWriter(text, ["substance", *asdict(first)], lineterminator="\n")
    writer.writeheader()
    for item in found:
        for prediction in item.predictions:
            plain = {
                key: f"{value:.6g}" if isinstance(value, float) else value
                for key, value in asdict(prediction).items()
            }
            writer.writerow({"substance": item.substance, **plain})
    try:
        write_whole(out, text.getvalue().encode())
    except OSError as error:
        raise SpecError("--out", str(out), f"must be writable ({error.strerror})") from None


def shown(item: "Prospective", rows: list[dict[str, Any]]) -> list[str | Grid]:
    """Return scores as a table, and what stands beside them."""
    heads = {
        "coverage_50": "50 %", "coverage_80": "80 %", "coverage_95": "95 %", "crps": "CRPS",
        "crps_gain": "CRPS gain", "log_gain": "log score gain", "naive_95": "naive 95 %",
    }  # fmt: skip
    cells = [
        (
            row["group"], str(row["n"]), str(row["years"]),
            *(
                f"{row[key]:.3f}"
                + ("" if row[f"{key}_se"] is None else f" ({row[f'{key}_se']:.3f})")
                for key in heads
            ),
        )
        for row in rows
    ]  # fmt: skip
    seconds = ", ".join(f"{origin}: {value:.0f} s" for origin, value in item.seconds.items())
    bad = sum(item.divergent.values())
    return [
        Grid(
            f"{item.substance}: next year's weekly mean, predicted",
            ("countries", "n", "years", *heads.values()), tuple(cells),
        ),
        "Standard errors, clustered by year, in parentheses. Gains are over a benchmark that takes"
        " the last value with the mean square of yearly changes; above 0 the model is better.",
        *(f"not predicted: {reason}: {n} city-years" for reason, n in item.skipped.items()),
        f"fits by last known year: {seconds}",
        *([f"warning: {bad} draws of these fits diverged."] if bad else []),
    ]  # fmt: skip
