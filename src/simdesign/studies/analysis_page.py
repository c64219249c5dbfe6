"""An analysis as a table on a terminal."""

import math
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from simdesign.studies.analysis import Analysis, Series, years_between
from simdesign.studies.analysis_words import (
    caveats,
    general_notes,
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
    table.add_column("verdict")
    rows = list(analysis.series)
    if analysis.panel is not None:
        rows.insert(0, analysis.panel)
    for series in rows:
        table.add_row(
            *(escape(cell) for cell in _cells(series)), end_section=series.site == "panel"
        )
    console.print(table)
    console.print("What cannot be concluded")
    for series in rows:
        for text in caveats(series):
            console.print(f"  - {escape(series.site)}: {escape(text)}", highlight=False)
    for text in general_notes(analysis):
        console.print(f"  - {escape(text)}", highlight=False)


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
        step = percent(series.likely_step)
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
