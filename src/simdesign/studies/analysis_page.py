"""An analysis as a table on a terminal."""

import math
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from simdesign.records import Status
from simdesign.studies.analysis import Analysis, Series, years_between
from simdesign.studies.analysis_words import (
    caveats,
    general_notes,
    likely_pair,
    percent,
    shown_probability,
    verdict,
)


def print_analysis(analysis: Analysis, console: Console) -> None:
    """Print the table, then what cannot be concluded from each series and from all of them."""
    report = analysis.table.report
    place = f" in {analysis.country}" if analysis.country else ""
    table = Table(
        title=escape(f"{analysis.substance}{place}: is there a break in the series?"),
        caption=escape(f"{Path(report.file).name}, SHA-256 {report.sha256[:16]}"),
    )
    table.add_column("series", no_wrap=True)
    table.add_column("campaigns", no_wrap=True)
    table.add_column("P(break)", justify="right")
    table.add_column("prior", justify="right")
    table.add_column("most probably between", no_wrap=True)
    table.add_column("size now, 95 %", justify="right", no_wrap=True)
    table.add_column("±10 % rule, last two", no_wrap=True)
    table.add_column("verdict", min_width=12)
    rows = list(analysis.series)
    if analysis.panel is not None:
        rows.insert(0, analysis.panel)
    for series in rows:
        table.add_row(
            *(escape(cell) for cell in _cells(series)), end_section=series.site == "panel"
        )
    console.print(table)
    console.print(_kinds_table(rows))
    if analysis.somewhere is not None:
        console.print(_local_table(analysis))
    console.print("What cannot be concluded")
    for series in rows:
        for text in caveats(series):
            console.print(f"  - {escape(series.site)}: {escape(text)}", highlight=False)
    for text in general_notes(analysis):
        console.print(f"  - {escape(text)}", highlight=False)


def _kinds_table(rows: list[Series]) -> Table:
    """Return what kind of break, how many, and what the last three years brought."""
    table = Table(title="Which kind, how many, and lately")
    for name in ("series", "step", "slope", "both", "pulse", "no break", "one", "two or more",
                 "two: between", "in last 3 years", "3-year change > 10 %"):  # fmt: skip
        right = name not in ("series", "two: between")
        table.add_column(name, justify="right" if right else "left", no_wrap=True)
    for series in rows:
        if not series.usable:
            continue
        posterior, several, pair = series.posterior, series.several, likely_pair(series)
        count = [math.nan] * 3 if several is None else several.prob_count.tolist()
        when = "" if pair is None else f"{_dash(pair[0])}, {_dash(pair[1])} (P {pair[2]:.2f})"
        cells = [
            series.site,
            *(_probability(p) for p in (posterior.prob_step, posterior.prob_slope,
                                        posterior.prob_both, posterior.prob_pulse, *count)),
            when,
            _probability(series.prob_recent),
            _probability(posterior.prob_three_year_change),
        ]  # fmt: skip
        table.add_row(*(escape(cell) for cell in cells), end_section=series.site == "panel")
    return table


def _local_table(analysis: Analysis) -> Table:
    """Return breaks of cities against the nation: in this city, and somewhere among them."""
    where = analysis.somewhere
    if where is None:
        raise ValueError("there is no answer about single cities")
    table = Table(
        title="A break of one city against the others",
        caption=escape(
            f"somewhere among the {where.n_cities} cities: P {where.prob_break:.2f} "
            f"(prior {where.prior_prob:.2f}), most probably {where.likely_city}"
        ),
    )
    table.add_column("city", no_wrap=True)
    table.add_column("in this city", justify="right")
    table.add_column("prior", justify="right")
    table.add_column(f"as one of {where.n_cities} searched", justify="right")
    table.add_column("size now, 95 %", justify="right", no_wrap=True)
    for series in analysis.series:
        local = series.local
        if local is None or local.status != Status.OK:
            continue
        size = [percent(x) or 0.0 for x in local.effect]
        table.add_row(
            escape(series.site), _probability(local.prob_break), f"{local.prior_prob:.2f}",
            _probability(local.prob_searched),
            f"{signed(size[0])} % ({signed(size[1])} to {signed(size[2])})",
        )  # fmt: skip
    return table


def _probability(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.2f}"


def _dash(years: tuple[str, str]) -> str:
    return f"{years[0]}/{years[1]}"


def signed(value: float) -> str:
    """Return a whole number with its sign; there is no -0."""
    return f"{round(value):+d}"


def _cells(series: Series) -> list[str]:
    posterior = series.posterior
    campaigns = f"{series.n_campaigns} ({series.years[0]}-{series.years[-1]})"
    rule = series.year_on_year
    change = (
        ""
        if rule is None
        else (f"{rule.verdict} ({signed(100 * rule.change)} %, {rule.before}-{rule.after})")
    )
    if not series.usable:
        known = shown_probability(series)
        prob = "" if math.isnan(known) else f"{known:.2f}"
        return [series.site, campaigns, prob, f"{series.prior_prob:.2f}", "", "", change,
                verdict(series)]  # fmt: skip
    interval = series.likely_interval
    when = ""
    if interval is not None:
        first, last = years_between(interval)
        when = f"{first} and {last} (P {interval[2]:.2f}"
        step = percent(series.likely_size)
        when += ")" if step is None else f", {signed(step)} %)"
    size = [percent(x) or 0.0 for x in
            (posterior.effect_mean, posterior.effect_low, posterior.effect_high)]  # fmt: skip
    return [
        series.site,
        campaigns,
        f"{posterior.prob_break:.2f}",
        f"{series.prior_prob:.2f}",
        when,
        f"{signed(size[0])} % ({signed(size[1])} to {signed(size[2])})",
        change,
        verdict(series),
    ]
