"""The command ``simdesign analyse``: P(break) in real series, when, how large, what stays open."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from simdesign.errors import DataError, SpecError
from simdesign.studies import completion
from simdesign.studies.arguments import AsJson, Language
from simdesign.studies.console import say, say_json, show
from simdesign.studies.measured import refused_in_one_line

if TYPE_CHECKING:  # imported late, so that help stays quick
    from simdesign.studies.analysis import Analysis

LANGUAGES = ("en", "nl")


def register(app: typer.Typer) -> None:
    """Add the command to an application."""
    app.command("analyse")(analyse_command)


def analyse_command(
    file: Annotated[Path, typer.Argument(help="The EUDA release or a tidy CSV file.")],
    country: Annotated[
        str, typer.Option("--country", help="Country code, for example NL; needed if several.")
    ] = "",
    substance: Annotated[
        list[str] | None,
        typer.Option(
            "--substance",
            autocompletion=completion.substances,
            help="For example cocaine; may be repeated. Default: all that it serves.",
        ),
    ] = None,
    sites: Annotated[
        Path | None,
        typer.Option("--sites", help="Site table of the release; else the one beside the file."),
    ] = None,
    from_year: Annotated[
        int | None, typer.Option("--from", help="First year that is used.")
    ] = None,
    pymc: Annotated[
        bool, typer.Option("--pymc", help="Sample every series with PyMC too (slow).")
    ] = False,
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder for page, data and series.")
    ] = None,
    page: Annotated[
        Path | None, typer.Option("--page", help="HTML file for the page alone.")
    ] = None,
    lang: Language = "en",
    as_json: AsJson = False,
) -> None:
    """Report for each series and the panel P(break), when, how large, and what stays open."""
    with refused_in_one_line():
        if lang not in LANGUAGES:
            raise SpecError("--lang", lang, f"must be one of {', '.join(LANGUAGES)}")
        _check_places(out, page)
        found = analyses_of_file(file, country, substance or (), sites, from_year, pymc=pymc)
        from simdesign.studies.analysis_words import texts_of

        texts, written = texts_of(lang), []
        if out is not None or page is not None:
            from simdesign.studies.analysis_report import write_files, write_page

            if out is not None:
                written += write_files(found.analyses, found.skipped, out, texts)
            if page is not None:
                written.append(write_page(found.analyses, found.skipped, page, texts))
    if as_json:
        from simdesign.studies.analysis_report import plain_analyses

        plain = plain_analyses(found.analyses, found.skipped, texts)
        say_json(plain)
        return
    from simdesign.studies.analysis_page import shown
    from simdesign.studies.analysis_report import skipped_lines

    parts = [part for one in found.analyses for part in shown(one, texts)]
    show([*parts, *skipped_lines(found.skipped, texts)])
    say(f"written: {path}" for path in written)


def _check_places(out: Path | None, page: Path | None) -> None:
    """Refuse a place that cannot be written before anything is computed."""
    if out is not None and out.exists() and not out.is_dir():
        raise SpecError("--out", str(out), "must be a folder, or not be there yet")
    if page is not None and (page.is_dir() or not page.absolute().parent.is_dir()):
        raise SpecError("--page", str(page), "must be a file in a folder that is there")


@dataclass(frozen=True, slots=True)
class Found:
    """The analyses of a file, and substances of which no series could be analysed: name -> why."""

    analyses: tuple["Analysis", ...]
    skipped: dict[str, str]


def analyses_of_file(
    file: Path,
    country: str = "",
    substances: Sequence[str] = (),
    sites: Path | None = None,
    from_year: int | None = None,
    *,
    pymc: bool = False,
) -> Found:
    """Read a file and analyse substances of one country.

    Parameters
    ----------
    substances : sequence of str
        None means all that have analysis priors; those without two campaigns at any site are then
        left out and named.

    Raises
    ------
    DataError
        A mistake in the file or in what is asked of it.
    """
    from simdesign.data import SUBSTANCES, read
    from simdesign.spec.estimator import DEFAULT_PRIORS
    from simdesign.studies.analysis import analyse, check_supported

    if from_year is not None and not 1990 <= from_year <= 2100:
        raise DataError("command line", "--from", from_year, "must be a year from 1990 to 2100")
    table = read(file, sites)
    country = country or _only(str(file), "--country", sorted(set(table.countries)))
    part = table.select(country=country or None)
    named = [SUBSTANCES[int(u)] for u in sorted(set(part.substance.tolist()))]
    served = [name for name in named if name in DEFAULT_PRIORS]
    if not served and not substances:
        check_supported(part, named[0])
    analyses, skipped, first = [], {}, None
    for wanted in dict.fromkeys(substances or served):
        try:
            chosen = part.select(substance=wanted, from_year=from_year)
            name = SUBSTANCES[int(chosen.substance[0])]
            check_supported(chosen, name)
            analyses.append(analyse(chosen, name, chosen.countries[0], pymc=pymc))
        except DataError as error:
            if substances:
                raise
            first = first or error
            skipped[wanted] = f"{error.field} {error.rule}, got {error.value}"
    if first is not None and not analyses:
        raise first
    return Found(tuple(analyses), skipped)


def analysis_of_file(
    file: Path,
    country: str = "",
    substance: str = "",
    sites: Path | None = None,
    from_year: int | None = None,
) -> "Analysis":
    """Read a file and analyse one substance of one country.

    Raises
    ------
    DataError
        A mistake in the file or in what is asked of it.
    """
    found = analyses_of_file(file, country, [substance] if substance else [], sites, from_year)
    if len(found.analyses) > 1:
        _only(str(file), "--substance", [one.substance for one in found.analyses])
    return found.analyses[0]


def _only(file: str, option: str, names: list[str]) -> str:
    if len(names) == 1:
        return names[0]
    rule = f"must be given, the file holds {', '.join(name or '(none)' for name in names)}"
    raise DataError(file, option, "", rule)
