"""Analyses -> the page and the files of `analyse --out`."""

import csv
import io
import json
import math
from collections.abc import Sequence
from pathlib import Path

from simdesign.errors import SpecError
from simdesign.report import (
    SeriesCurves,
    SeriesPart,
    SubstancePart,
    Table,
    Texts,
    number,
    write_series_page,
)
from simdesign.studies.analysis import Analysis, Series, years_between
from simdesign.studies.analysis_page import (
    engines_table,
    kinds_table,
    local_table,
    overview_table,
    series_of,
    signed,
)
from simdesign.studies.analysis_paragraph import paragraph
from simdesign.studies.analysis_words import (
    VERDICTS,
    caveats,
    general_notes,
    plain_analysis,
    shown_name,
)
from simdesign.units import DAYS_PER_YEAR, date_of

COLUMNS = (
    "substance", "series", "year", "date", "mean", "is_index", "level", "level_low", "level_high",
    "prob_break_since_campaign_before", "prob_break_as_known_then", "rule_percent", "rule",
)  # fmt: skip


def write_files(
    analyses: Sequence[Analysis], skipped: dict[str, str], out: Path, texts: Texts
) -> list[Path]:
    """Write ``analysis.html``, ``analysis.json`` and ``series.csv`` into a folder."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        page = write_page(analyses, skipped, out / "analysis.html", texts)
        data = out / "analysis.json"
        text = json.dumps(plain_analyses(analyses, skipped, texts), indent=1, ensure_ascii=False)
        data.write_text(text + "\n", encoding="utf-8")
        table = out / "series.csv"
        rows = [row for one in analyses for series in series_of(one) for row in _rows(one, series)]
        table.write_text(_csv(rows), encoding="utf-8")
    except OSError as error:
        raise SpecError("--out", str(out), f"must be a folder ({error.strerror})") from None
    return [page, data, table]


def plain_analyses(
    analyses: Sequence[Analysis], skipped: dict[str, str], texts: Texts
) -> dict[str, object]:
    """Return one analysis as its data, several as a mapping from substance to data."""
    if len(analyses) == 1 and not skipped:
        return plain_analysis(analyses[0], texts)
    first = analyses[0].table.report
    return {
        "file": Path(first.file).name,
        "sha256": first.sha256,
        "country": analyses[0].country or None,
        "substances": {one.substance: plain_analysis(one, texts) for one in analyses},
        "left_out": skipped,
    }


def write_page(
    analyses: Sequence[Analysis], skipped: dict[str, str], path: Path, texts: Texts
) -> Path:
    """Write the page and return its path."""
    first = analyses[0]
    report = first.table.report
    place = texts("table.place", country=first.country) if first.country else ""
    words = {key: texts(f"verdict.{key}") for _, key in VERDICTS}
    intro = [
        texts("page.intro", file=Path(report.file).name, sha=report.sha256[:16]),
        texts("page.scale", **words),
        texts("figure.note"),
        *skipped_lines(skipped, texts),
    ]
    try:
        return write_series_page(
            path, texts=texts, title=texts("page.title", place=place), intro=intro,
            parts=[_part(one, texts) for one in analyses],
        )  # fmt: skip
    except OSError as error:
        raise SpecError("--page", str(path), f"must be writable ({error.strerror})") from None


def skipped_lines(skipped: dict[str, str], texts: Texts) -> list[str]:
    """Return what was left out and why."""
    return [
        texts("note.skipped", substance=texts.substance(name), why=why)
        for name, why in skipped.items()
    ]


def _part(analysis: Analysis, texts: Texts) -> SubstancePart:
    tables = [(overview_table(analysis, texts), ""), (kinds_table(analysis, texts), "")]
    beside = engines_table(analysis, texts)
    if beside is not None:
        tables.append((beside, ""))
    local = local_table(analysis, texts)
    if local is not None:
        tables.append(local)
    name = texts.substance(analysis.substance)
    return SubstancePart(
        heading=name[0].upper() + name[1:],
        tables=tuple(item for item in tables if item[0].rows),
        series=tuple(_series(analysis, series, texts) for series in series_of(analysis)),
        notes=tuple(general_notes(analysis, texts)),
    )


def _series(analysis: Analysis, series: Series, texts: Texts) -> SeriesPart:
    name, substance = shown_name(series, texts), texts.substance(analysis.substance)
    past = series.history
    rules = tuple(
        "none" if rule is None else rule.verdict
        for rule in (past.verdict_of(year) for year in past.year.tolist())
    )
    curves = SeriesCurves(
        is_index=past.is_index, x=tuple(_year(day) for day in past.day.tolist()),
        mean=_numbers(past.mean), rule=rules, level=_numbers(past.level), low=_numbers(past.low),
        high=_numbers(past.high),
        cities=tuple((_year(day), value) for day, value in past.cities),
        interval=_numbers(past.interval), known=_numbers(past.known),
        alternative=alternative(analysis, series, texts),
    )  # fmt: skip
    return SeriesPart(
        heading=f"{name[0].upper()}{name[1:]}, {substance}",
        paragraph=paragraph(series, texts),
        curves=curves,
        table=_table(series, texts),
        csv=_csv(_rows(analysis, series)),
        csv_name=f"{analysis.substance}-{series.site}.csv".replace(" ", "_").replace("/", "_"),
        open=tuple(caveats(series, texts)),
    )


def _numbers(values: object) -> tuple[float, ...]:
    return tuple(float(value) for value in values)  # type: ignore[attr-defined]


def _year(day: float) -> float:
    date = date_of(math.floor(day))
    return date.year + (date.timetuple().tm_yday - 1 + day % 1.0) / DAYS_PER_YEAR


def alternative(analysis: Analysis, series: Series, texts: Texts) -> str:
    """Return what the figure of a series shows, for those who cannot see it."""
    past, lang = series.history, texts.lang
    there = [j for j, value in enumerate(past.mean.tolist()) if math.isfinite(value)]
    count = {name: sum(item.verdict == name for item in past.rule) for name in
             ("increase", "decrease", "stable")}  # fmt: skip
    rules = ", ".join(f"{texts(f'names.{name}')} {n}" for name, n in count.items())
    said = {
        "site": shown_name(series, texts), "substance": texts.substance(analysis.substance),
        "first": number(float(past.mean[there[0]]), lang, 0), "from": int(past.year[there[0]]),
        "last": number(float(past.mean[there[-1]]), lang, 0), "to": int(past.year[there[-1]]),
        "rules": rules,
    }  # fmt: skip
    if not series.usable:
        return texts("figure.alternative_without", **said)
    middle, low, high = (signed(100.0 * x, lang) for x in past.change)
    interval, when = series.likely_interval, ""
    if interval is not None:
        first, last = years_between(interval)
        when = texts("figure.when", first=first, last=last)
    return texts(
        "figure.alternative", **said, middle=middle, low=low, high=high, when=when,
        p=number(series.posterior.prob_break, lang),
    )  # fmt: skip


def _table(series: Series, texts: Texts) -> Table:
    past, lang = series.history, texts.lang
    heads = ("year", "mean", "level", "low", "high", "interval", "then", "change", "rule")
    rows = []
    for j, year in enumerate(past.year.tolist()):
        rule = past.verdict_of(year)
        rows.append(
            (
                str(year),
                *(number(float(x[j]), lang, 0) for x in
                  (past.mean, past.level, past.low, past.high)),
                number(float(past.interval[j]), lang, 3),
                number(float(past.known[j]), lang, 2),
                "\N{EN DASH}" if rule is None else signed(100.0 * rule.change, lang),
                texts("names.not_compared") if rule is None else texts(f"names.{rule.verdict}"),
            )
        )  # fmt: skip
    return Table(
        caption=texts("page.numbers"),
        columns=tuple(texts(f"figure.{head}") for head in heads),
        rows=tuple(rows),
    )


def _rows(analysis: Analysis, series: Series) -> list[dict[str, object]]:
    from simdesign.studies.analysis_words import plain_series

    return [
        {"substance": analysis.substance, "series": series.site, **row}
        for row in plain_series(series)["history"]
    ]


def _csv(rows: list[dict[str, object]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow(
            {k: f"{v:.6g}" if isinstance(v, float) else "" if v is None else v
             for k, v in row.items()}
        )  # fmt: skip
    return text.getvalue()
