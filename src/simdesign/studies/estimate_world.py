"""The command ``simdesign estimate-world``: measurements -> the parameters of a world, as draws."""

import shlex
import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from simdesign.errors import SpecError
from simdesign.studies.arguments import AsJson
from simdesign.studies.console import say, say_json, show
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
    from simdesign.estimate import Estimate

NEIGHBOURS = ("BE", "DE", "CH", "AT", "FR", "GB", "DK")
"""Countries that lend strength when asked for without names."""


def register(app: typer.Typer) -> None:
    """Add the command to an application."""
    app.command("estimate-world")(estimate_world_command)


def estimate_world_command(
    file: MeasuredFile,
    country: Annotated[str, typer.Option("--country", help="Code of the country, for example NL.")],
    substance: Substances,
    out: Annotated[
        Path, typer.Option("-o", "--out", help="World file; the draws get its name and .parquet.")
    ],
    neighbours: Annotated[
        bool, typer.Option("--neighbours", help="Pool with neighbouring countries.")
    ] = False,
    pool: Annotated[
        str, typer.Option("--pool", help="Codes of the neighbours, instead of the usual ones.")
    ] = "",
    from_year: FromYear = None,
    sites: SiteTable = None,
    draws: Draws = 800,
    tune: Tune = 800,
    keep: Annotated[int, typer.Option("--keep", help="Draws that are written, at most.")] = 400,
    seed: Seed = 1,
    as_csv: Annotated[bool, typer.Option("--csv", help="Write the draws as CSV too.")] = False,
    as_json: AsJson = False,
) -> None:
    """Estimate variance components, drift and weekday profile of a country's world."""
    with refused_in_one_line():
        names = tuple(c.strip() for c in pool.split(",") if c.strip()) if pool else NEIGHBOURS
        found = estimates_of_file(
            file, country, substance, sites=sites, neighbours=names if neighbours or pool else (),
            from_year=from_year, draws=draws, tune=tune, keep=keep, seed=seed,
        )  # fmt: skip
        written = write(found, out, provenance_of(file, found, seed), as_csv=as_csv)
    from simdesign.studies import estimate_words

    if as_json:
        plain = {name: estimate_words.plain_estimate(item) for name, item in found.items()}
        say_json(plain)
        return
    show(estimate_words.shown(found))
    say(f"written: {path}" for path in written)


def estimates_of_file(
    file: Path,
    country: str,
    substances: list[str],
    *,
    sites: Path | None = None,
    neighbours: tuple[str, ...] = (),
    from_year: int | None = None,
    draws: int = 800,
    tune: int = 800,
    keep: int = 400,
    seed: int = 1,
) -> "dict[str, Estimate]":
    """Read a file and estimate the world of every substance.

    Raises
    ------
    DataError, SpecError
        A mistake in the file or in what is asked of it.
    """
    from simdesign.data import read
    from simdesign.estimate import Sampler, full_estimate, site_weeks

    for option, value, least in (
        ("--draws", draws, 50), ("--tune", tune, 50), ("--keep", keep, 10),
    ):  # fmt: skip
        if value < least:
            raise SpecError(option, value, f"must be at least {least}")
    if not 0 <= seed < 2**63:
        raise SpecError("--seed", seed, "must be in [0, 2**63)")
    if len(set(substances)) < len(substances):
        raise SpecError("--substance", substances, "must not name one twice")
    table = read(file, sites)
    # everything is checked before the first long fit
    weeks = [
        site_weeks(table, name, country, neighbours=neighbours, from_year=from_year)
        for name in substances
    ]
    how = Sampler(draws=draws, tune=tune)
    return {item.substance: full_estimate(item, how, seed=seed, keep=keep) for item in weeks}


def provenance_of(file: Path, found: "Mapping[str, Estimate]", seed: int) -> dict[str, Any]:
    """Return where draws come from, as plain data.

    The file is named without its folder: the checksum tells which edition it is.
    """
    import hashlib
    from importlib import metadata

    from simdesign.estimate import versions

    years = [int(y) for item in found.values() for y in item.posterior.weeks.year]
    words = [file.name if word == str(file) else word for word in sys.argv[1:]]
    out_words = [Path(word).name if "/" in word else word for word in words]
    return {
        "command": "simdesign " + shlex.join(out_words),
        "file": file.name,
        "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
        "edition": f"years {min(years)} to {max(years)}",
        "seed": seed,
        "not_settled": "; ".join(unsettled(found)) or "nothing",
        "versions": {"wbe-simdesign": metadata.version("wbe-simdesign"), **versions()},
        "selection": {name: item.selection() for name, item in found.items()},
    }


def unsettled(found: "Mapping[str, Estimate]") -> list[str]:
    """Return per substance the parameters on which the chains do not agree, in words."""
    loose = {n: [row.name for row in item.rows if not row.settled] for n, item in found.items()}
    return [f"{name}: {', '.join(names)}" for name, names in loose.items() if names]


def write(
    found: "Mapping[str, Estimate]", out: Path, provenance: dict[str, Any], *, as_csv: bool = False
) -> list[Path]:
    """Write the world file, the draws beside it, and the same as CSV if wanted."""
    import tomli_w

    from simdesign.estimate import csv_of, world_section, write_draws, write_whole

    draws = {name: item.kept() for name, item in found.items()}
    head = (
        "# A world estimated from measurements by `simdesign estimate-world`: docs/estimating.md.\n"
        "# [world] can stand in a study file as it is. Distributions are the posterior's margins;\n"
        f"# the draws, with their dependence, are in {out.with_suffix('.parquet').name}.\n\n"
    )
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        # the draws first: they took long, and stand whatever the world section says
        write_draws(out.with_suffix(".parquet"), draws, provenance)
        written = [out, out.with_suffix(".parquet")]
        if as_csv:
            write_whole(out.with_suffix(".csv"), csv_of(draws).encode())
            written.append(out.with_suffix(".csv"))
        body: dict[str, Any] = {
            "world": world_section({name: item.posterior for name, item in found.items()}),
            "provenance": provenance,
            "posterior": {n: {r.name: _short(asdict(r)) for r in e.rows} for n, e in found.items()},
            "checks": {n: {c.name: _short(asdict(c)) for c in e.checks} for n, e in found.items()},
            "other_priors": {
                n: {prior: _short(asdict(o)) for prior, o in e.splits.items()}
                for n, e in found.items()
            },
        }
        write_whole(out, (head + tomli_w.dumps(body)).encode())
    except OSError as error:
        raise SpecError("--out", str(out), f"must be writable ({error.strerror})") from None
    return written


def _short(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return the numbers of a record with four significant digits, without its name."""
    return {
        key: _short(value) if isinstance(value, Mapping) else float(f"{value:.4g}")
        for key, value in fields.items()
        if key != "name"
    }
