"""The command ``simdesign two-weeks``: one week then, one week now, and what of it is real."""

import math
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from simdesign.errors import SpecError
from simdesign.studies import completion
from simdesign.studies.arguments import AsJson, Language
from simdesign.studies.console import Grid, say_json, show
from simdesign.studies.measured import refused_in_one_line

if TYPE_CHECKING:  # imported late, so that help stays quick
    from collections.abc import Sequence

    from simdesign.fit import TwoWeeks
    from simdesign.studies.two_weeks_answer import TwoWeekAnswer
    from simdesign.studies.two_weeks_noise import Noise

LANGUAGES = ("en", "nl")
DEFAULT_POPULATION = 200_000.0
"""As for a site of a release without a population."""
_WEEK = re.compile(r"(\d{4})(?:-(\d{1,2}))?=(.+)")


def register(app: typer.Typer) -> None:
    """Add the command to an application."""
    app.command("two-weeks")(two_weeks_command)


def two_weeks_command(
    before: Annotated[
        str, typer.Argument(metavar="YEAR=MEAN", help="The first week: 2023=1192 or 2023-03=1192.")
    ],
    after: Annotated[str, typer.Argument(metavar="YEAR=MEAN", help="The second week.")],
    substance: Annotated[
        str,
        typer.Option(
            "--substance", autocompletion=completion.substances, help="For example cocaine."
        ),
    ],
    days: Annotated[
        str, typer.Option("--days", help="Days behind the means: 7, or 7,5 for both.")
    ] = "7",
    population: Annotated[
        float, typer.Option("--population", help="Inhabitants; sets the count noise only.")
    ] = DEFAULT_POPULATION,
    cities: Annotated[
        str, typer.Option("--cities", help="Numbers of cities of which it was the largest rise.")
    ] = "6,20,30",
    noise: Annotated[
        Path | None,
        typer.Option(
            "--noise", help="Posterior draws: a CSV or Parquet file, or a shipped estimate."
        ),
    ] = None,
    world: Annotated[
        Path | None, typer.Option("--world", help="Study file whose world gives the noise.")
    ] = None,
    draws: Annotated[
        int, typer.Option("--draws", help="Draws from priors or world, without --noise.")
    ] = 4000,
    seed: Annotated[int, typer.Option("--seed", help="Of the draws.")] = 1,
    explanations: Annotated[
        bool,
        typer.Option(
            "--explanations", help="Instead: what more users, heavier use and purity predict."
        ),
    ] = False,
    lang: Language = "en",
    as_json: AsJson = False,
) -> None:
    """Say what of the difference between two weeks of one city is real (docs/leeuwarden.md)."""
    content: dict[str, Any]
    with refused_in_one_line():
        _check_language(lang)
        if explanations:
            weeks, labels, found, _ = _asked(
                before, after, substance, days, population, noise, world, draws, seed
            )
            content, parts = _explained(weeks, labels, substance, found, seed, lang)
        else:
            answer = answer_of(
                before, after, substance, days=days, population=population, cities=cities,
                noise=noise, world=world, draws=draws, seed=seed,
            )  # fmt: skip
            content, parts = _answered(answer, lang, seed)
    if as_json:
        say_json(content)
        return
    show(parts)


def _answered(
    answer: "TwoWeekAnswer", lang: str, seed: int
) -> tuple[dict[str, Any], list[str | Grid]]:
    from simdesign.studies.two_weeks_words import paragraphs, plain_answer, tables

    parts = _parts(paragraphs(answer, lang, seed), tables(answer, lang))
    return plain_answer(answer, lang, seed), parts


def _explained(
    weeks: "TwoWeeks", labels: tuple[str, str], substance: str, noise: "Noise", seed: int,
    lang: str,
) -> tuple[dict[str, Any], list[str | Grid]]:  # fmt: skip
    from simdesign.studies.explanations import explanations_of
    from simdesign.studies.explanations_words import explained, plain_explanations, said

    found = explanations_of(weeks, labels, substance, noise, seed)
    return plain_explanations(found, seed), _parts(said(found, lang, seed), explained(found, lang))


def _parts(paragraphs: "Sequence[str]", tables: "Sequence[tuple[Any, str]]") -> list[str | Grid]:
    found: list[str | Grid] = list(paragraphs)
    for item, below in tables:
        found += [Grid(item.caption, item.columns, item.rows), *([below] if below else [])]
    return found


def answer_of(
    before: str, after: str, substance: str, *, days: str = "7",
    population: float = DEFAULT_POPULATION, cities: str = "6,20,30", noise: Path | None = None,
    world: Path | None = None, draws: int = 4000, seed: int = 1,
) -> "TwoWeekAnswer":  # fmt: skip
    """Return the answer to a request as it is typed.

    Raises
    ------
    SpecError, DataError
        A mistake in the request, or in a file that it names.
    """
    several = _cities(cities)
    weeks, labels, found, apart = _asked(
        before, after, substance, days, population, noise, world, draws, seed
    )
    from simdesign.studies.two_weeks_answer import two_week_answer

    return two_week_answer(weeks, labels, substance, found, cities=several, months_apart=apart)


def _asked(
    before: str, after: str, substance: str, days: str, population: float, noise: Path | None,
    world: Path | None, draws: int, seed: int,
) -> "tuple[TwoWeeks, tuple[str, str], Noise, int | None]":  # fmt: skip
    """Return the weeks of a request, their labels, the noise, and months apart in the year."""
    from simdesign.spec.estimator import DEFAULT_PRIORS

    first, last = _week("the first week", before), _week("the second week", after)
    if substance not in DEFAULT_PRIORS:
        raise SpecError("--substance", substance, f"must be one of {', '.join(DEFAULT_PRIORS)}")
    months_known = first[1] is not None and last[1] is not None
    months = (last[0] - first[0]) * 12 + ((last[1] or 1) - (first[1] or 1) if months_known else 0)
    if months <= 0 or (not months_known and last[0] == first[0]):
        rule = f"must come after the first one ({before.partition('=')[0]})"
        raise SpecError("the second week", after.partition("=")[0], rule)
    numbers = _days(days)
    if not (population > 0 and math.isfinite(population)):
        raise SpecError("--population", population, "must be above 0")
    if draws < 100:
        raise SpecError("--draws", draws, "must be at least 100")
    if not 0 <= seed < 2**63:
        raise SpecError("--seed", seed, "must be in [0, 2**63)")
    if noise is not None and world is not None:
        raise SpecError("--noise", str(noise), "cannot be given beside --world")
    from simdesign.fit import TwoWeeks
    from simdesign.studies.two_weeks_noise import file_noise, prior_noise, world_noise

    if noise is not None:
        found = file_noise(noise, substance, seed)
    elif world is not None:
        found = world_noise(world, substance, draws, seed)
    else:
        found = prior_noise(substance, draws, seed)
    weeks = TwoWeeks(
        before=first[2], after=last[2], years=months / 12.0, days=numbers, population=population
    )
    apart = None
    if months_known:
        apart = months % 12
        apart = min(apart, 12 - apart)
    return weeks, (before.partition("=")[0], after.partition("=")[0]), found, apart


def _check_language(lang: str) -> None:
    if lang not in LANGUAGES:
        raise SpecError("--lang", lang, f"must be one of {', '.join(LANGUAGES)}")


def _week(name: str, text: str) -> tuple[int, int | None, float]:
    """Return year, month (None if it is not given) and mean of ``2023=1192``."""
    found = _WEEK.fullmatch(text)
    if found is None:
        raise SpecError(name, text, "must read YEAR=MEAN or YEAR-MONTH=MEAN, as 2023=1192")
    year, month = int(found[1]), None if found[2] is None else int(found[2])
    if not 1990 <= year <= 2100:
        raise SpecError(name, text, "must have a year from 1990 to 2100")
    if month is not None and not 1 <= month <= 12:
        raise SpecError(name, text, "must have a month from 1 to 12")
    try:
        mean = float(found[3])
    except ValueError:
        rule = "must have a mean with a decimal point, as 2023=1191.5"
        raise SpecError(name, text, rule) from None
    if not (mean > 0 and math.isfinite(mean)):
        raise SpecError(name, text, "must have a mean load above 0")
    return year, month, mean


def _days(text: str) -> tuple[int, int]:
    found = _whole("--days", text, 1, 7)
    if len(found) > 2:
        raise SpecError("--days", text, "must be one number for both weeks, or two")
    return found[0], found[-1]


def _cities(text: str) -> tuple[int, ...]:
    return _whole("--cities", text, 2, 10_000)


def _whole(option: str, text: str, low: int, high: int) -> tuple[int, ...]:
    rule = f"must be whole numbers from {low} to {high}, separated by commas"
    try:
        found = tuple(int(part) for part in text.split(","))
    except ValueError:
        raise SpecError(option, text, rule) from None
    if not all(low <= n <= high for n in found):
        raise SpecError(option, text, rule)
    return found
