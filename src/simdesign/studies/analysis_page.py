"""An analysis as tables and sentences: for a terminal, and for the page."""

import math
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table as Printed

from simdesign.records import Status
from simdesign.report import Table, Texts, number
from simdesign.studies.analysis import Analysis, Series, years_between
from simdesign.studies.analysis_paragraph import paragraph
from simdesign.studies.analysis_words import (
    ENGLISH,
    caveats,
    general_notes,
    likely_pair,
    percent,
    shown_name,
    shown_probability,
    verdict,
)


def print_analysis(analysis: Analysis, console: Console, texts: Texts = ENGLISH) -> None:
    """Print the tables, each series in words, and what cannot be concluded."""
    report = analysis.table.report
    rows = series_of(analysis)
    _print(
        console, overview_table(analysis, texts), after="panel" if analysis.panel else "",
        caption=f"{Path(report.file).name}, SHA-256 {report.sha256[:16]}",
    )  # fmt: skip
    _print(console, kinds_table(analysis, texts), after="panel" if analysis.panel else "")
    local = local_table(analysis, texts)
    if local is not None:
        _print(console, local[0], caption=local[1])
    console.print(texts("table.in_words"))
    for series in rows:
        name = shown_name(series, texts)
        console.print(f"  - {escape(f'{name}: {paragraph(series, texts)}')}", highlight=False)
    console.print(texts("table.open"))
    for series in rows:
        for text in caveats(series, texts):
            name = shown_name(series, texts)
            console.print(f"  - {escape(name)}: {escape(text)}", highlight=False)
    for text in general_notes(analysis, texts):
        console.print(f"  - {escape(text)}", highlight=False)


def series_of(analysis: Analysis) -> list[Series]:
    """Return the panel, if there is one, and every city."""
    return [*([] if analysis.panel is None else [analysis.panel]), *analysis.series]


def _print(console: Console, item: Table, *, after: str = "", caption: str = "") -> None:
    """Print a table; a line follows the first row where that is the panel."""
    table = Printed(title=escape(item.caption), caption=escape(caption) or None)
    for n, head in enumerate(item.columns):
        numbers = n >= item.n_head
        last = n == len(item.columns) - 1 and item.n_head == 2
        table.add_column(
            escape(head), justify="left" if last or not numbers else "right",
            no_wrap=not last, min_width=12 if last else None,
        )  # fmt: skip
    for n, row in enumerate(item.rows):
        table.add_row(*(escape(cell) for cell in row), end_section=bool(after) and n == 0)
    console.print(table)


def overview_table(analysis: Analysis, texts: Texts) -> Table:
    """Return one row a series: whether, when, how large, and what the rule of practice says."""
    place = texts("table.place", country=analysis.country) if analysis.country else ""
    substance = texts.substance(analysis.substance)
    heads = ["series", "campaigns", "prob", "prior", "between", "size", "rule", "verdict"]
    sampled = any(series.sampled is not None for series in series_of(analysis))
    if sampled:
        heads.insert(3, "pymc")
    return Table(
        caption=texts("table.title", substance=substance, place=place),
        columns=tuple(texts(f"table.{head}") for head in heads),
        rows=tuple(_overview(series, texts, sampled=sampled) for series in series_of(analysis)),
        n_head=2,
    )


def kinds_table(analysis: Analysis, texts: Texts) -> Table:
    """Return what kind of break, how many, and what the last three years brought."""
    lang = texts.lang
    rows = []
    for series in series_of(analysis):
        if not series.usable:
            continue
        posterior, several, pair = series.posterior, series.several, likely_pair(series)
        count = [math.nan] * 3 if several is None else several.prob_count.tolist()
        when = ""
        if pair is not None:
            when = f"{_dash(pair[0])}, {_dash(pair[1])} (P {number(pair[2], lang)})"
        rows.append(
            (
                shown_name(series, texts),
                *(probability(p, lang) for p in (posterior.prob_step, posterior.prob_slope,
                                                 posterior.prob_both, posterior.prob_pulse, *count)),
                when,
                probability(series.prob_recent, lang),
                probability(posterior.prob_three_year_change, lang),
            )
        )  # fmt: skip
    heads = ("series", "step", "slope", "both", "pulse", "none", "one", "two", "pair", "recent",
             "three_years")  # fmt: skip
    return Table(
        caption=texts("table.kinds_title"),
        columns=tuple(texts(f"table.{head}") for head in heads),
        rows=tuple(rows),
    )


def local_table(analysis: Analysis, texts: Texts) -> tuple[Table, str] | None:
    """Return breaks of cities against the nation, and somewhere among them; None without any."""
    where = analysis.somewhere
    if where is None:
        return None
    lang = texts.lang
    rows = []
    for series in analysis.series:
        local = series.local
        if local is None or local.status != Status.OK:
            continue
        rows.append(
            (
                series.site,
                probability(local.prob_break, lang),
                number(local.prior_prob, lang),
                probability(local.prob_searched, lang),
                _range(local.effect, texts),
            )
        )
    table = Table(
        caption=texts("table.local_title"),
        columns=(
            texts("table.city"), texts("table.in_city"), texts("table.prior"),
            texts("table.as_one", n=where.n_cities), texts("table.size"),
        ),
        rows=tuple(rows),
    )  # fmt: skip
    caption = texts(
        "table.somewhere", n=where.n_cities, p=number(where.prob_break, lang),
        prior=number(where.prior_prob, lang), city=where.likely_city,
    )  # fmt: skip
    return table, caption


def probability(value: float, lang: str) -> str:
    """Return two decimals; nothing for NaN."""
    return "" if math.isnan(value) else number(value, lang)


def _dash(years: tuple[str, str]) -> str:
    return f"{years[0]}/{years[1]}"


def signed(value: float, lang: str = "en") -> str:
    """Return a whole number with its sign; there is no -0."""
    return number(float(round(value)) + 0.0, lang, 0, sign=True)


def _range(effect: tuple[float, float, float], texts: Texts) -> str:
    middle, low, high = (signed(percent(x) or 0.0, texts.lang) for x in effect)
    return texts("table.range", middle=middle, low=low, high=high)


def _overview(series: Series, texts: Texts, *, sampled: bool) -> tuple[str, ...]:
    posterior, lang = series.posterior, texts.lang
    name = shown_name(series, texts)
    campaigns = f"{series.n_campaigns} ({series.years[0]}-{series.years[-1]})"
    rule = series.year_on_year
    change = ""
    if rule is not None:
        change = texts(
            "table.rule_cell", verdict=texts(f"names.{rule.verdict}"),
            change=signed(100 * rule.change, lang), before=rule.before, after=rule.after,
        )  # fmt: skip
    known = shown_probability(series)
    beside = (sampled_cell(series, lang),) if sampled else ()
    prior = number(series.prior_prob, lang)
    shown = (name, campaigns, probability(known, lang), *beside, prior)
    if not series.usable:
        return (*shown, "", "", change, verdict(series, texts))
    interval, when = series.likely_interval, ""
    if interval is not None:
        first, last = years_between(interval)
        size = percent(series.likely_size)
        when = texts(
            "table.between_cell", first=first, last=last, p=number(interval[2], lang),
            size="" if size is None else f", {signed(size, lang)} %",
        )  # fmt: skip
    effect = (posterior.effect_mean, posterior.effect_low, posterior.effect_high)
    return (*shown, when, _range(effect, texts), change, verdict(series, texts))


def sampled_cell(series: Series, lang: str) -> str:
    """Return PyMC's P(break) with its Monte Carlo error; an asterisk marks the robust model."""
    beside = series.sampled
    if beside is None or math.isnan(beside.prob_break):
        return "\N{EN DASH}"
    star = "*" if beside.engine == "pymc_robust" else ""
    return f"{number(beside.prob_break, lang, 3)} ± {number(beside.mcse, lang, 3)}{star}"
