"""An analysis as tables and sentences: for a terminal, and for the page."""

import math
from pathlib import Path

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
from simdesign.studies.console import Grid

_WORDS = ("series", "campaigns", "between", "rule", "verdict", "pair", "city", "engine")
"""Columns of words; the others are numbers."""


def shown(analysis: Analysis, texts: Texts = ENGLISH) -> list[str | Grid]:
    """Return the tables, each series in words, and what cannot be concluded."""
    report = analysis.table.report
    rows = series_of(analysis)
    found: list[str | Grid] = [
        _grid(overview_table(analysis, texts), texts),
        f"{Path(report.file).name}, SHA-256 {report.sha256[:16]}",
        _grid(kinds_table(analysis, texts), texts),
    ]
    beside = engines_table(analysis, texts)
    if beside is not None:
        found.append(_grid(beside, texts))
    local = local_table(analysis, texts)
    if local is not None:
        found += [_grid(local[0], texts), local[1]]
    found.append(texts("table.in_words"))
    found += [f"  - {shown_name(item, texts)}: {paragraph(item, texts)}" for item in rows]
    found.append(texts("table.open"))
    found += [
        f"  - {shown_name(item, texts)}: {text}" for item in rows for text in caveats(item, texts)
    ]
    return [*found, *(f"  - {text}" for text in general_notes(analysis, texts))]


def series_of(analysis: Analysis) -> list[Series]:
    """Return the panel, if there is one, and every city."""
    return [*([] if analysis.panel is None else [analysis.panel]), *analysis.series]


def _grid(item: Table, texts: Texts) -> Grid:
    """Return a table: names left, numbers right."""
    words = {texts(f"table.{name}") for name in _WORDS}
    return Grid(
        item.caption, item.columns, item.rows,
        tuple(n for n, head in enumerate(item.columns) if head in words),
    )  # fmt: skip


def overview_table(analysis: Analysis, texts: Texts) -> Table:
    """Return one row a series: whether, when, how large, and what the rule of practice says."""
    place = texts("table.place", country=analysis.country) if analysis.country else ""
    substance = texts.substance(analysis.substance)
    heads = ("series", "campaigns", "prob", "prior", "between", "size", "rule", "verdict")
    return Table(
        caption=texts("table.title", substance=substance, place=place),
        columns=tuple(texts(f"table.{head}") for head in heads),
        rows=tuple(_overview(series, texts) for series in series_of(analysis)),
    )


def engines_table(analysis: Analysis, texts: Texts) -> Table | None:
    """Return the exact engine and PyMC side by side; None where PyMC was not asked."""
    lang, rows = texts.lang, []
    for series in series_of(analysis):
        beside, posterior = series.sampled, series.posterior
        if beside is None:
            continue
        exact, both = "\N{EN DASH}", "\N{EN DASH}"
        if series.usable:
            error = max(posterior.quadrature_error, 5e-4)  # what three decimals can show
            exact = f"{number(posterior.prob_break, lang, 3)} ± {number(error, lang, 3)}"
            both = _range(
                (posterior.effect_mean, posterior.effect_low, posterior.effect_high), texts
            )
        told = not math.isnan(beside.prob_break)
        rows.append(
            (
                shown_name(series, texts),
                exact,
                f"{number(beside.prob_break, lang, 3)} ± {number(beside.mcse, lang, 3)}"
                if told
                else "\N{EN DASH}",
                both,
                _range(beside.effect, texts) if told else "\N{EN DASH}",
                texts(f"table.{beside.engine}") if told else texts("table.outside"),
            )
        )
    if not rows:
        return None
    heads = ("series", "exact_prob", "pymc_prob", "exact_size", "pymc_size", "engine")
    return Table(
        caption=texts("table.engines_title"),
        columns=tuple(texts(f"table.{head}") for head in heads),
        rows=tuple(rows),
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
        kinds = (
            posterior.prob_step, posterior.prob_slope, posterior.prob_both, posterior.prob_pulse
        )  # fmt: skip
        when = ""
        if pair is not None:
            when = f"{_dash(pair[0])}, {_dash(pair[1])} (P {number(pair[2], lang)})"
        rows.append(
            (
                shown_name(series, texts),
                *(probability(p, lang) for p in (*kinds, *count)),
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
    return table, caption if where.n_cities > 1 else ""


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


def _overview(series: Series, texts: Texts) -> tuple[str, ...]:
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
    prior = number(series.prior_prob, lang)
    shown = (name, campaigns, probability(known, lang), prior)
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
