"""A comparison as tables, sentences, plain data and CSV rows."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from simdesign.report import Table, decimals, number
from simdesign.studies.validation.compare import BOOTSTRAPS, Comparison, Row
from simdesign.studies.validation.sources import HELD_OUT, TUNED
from simdesign.studies.validation.statistics import listed

FAR = 2.0
"""Discrepancy beyond which a statistic is counted as missed."""
RARE = 0.05
"""Tail up to which a statistic is counted as missed by the sharper rule."""
COLUMNS = ("group", "substance", "key", "label", "used", "world", "real", "real_se", "real_low",
           "real_high", "sim_mean", "sim_sd", "sim_low", "sim_high", "discrepancy", "z", "tail",
           "n_sim")  # fmt: skip
NOTES = (
    "Discrepancy: (real - simulated mean) / sqrt(real SE^2 + simulated SD^2), positive where the "
    "real value is larger. It is cautious: both errors measure the scatter of one panel, so that "
    "a panel from the right world has discrepancies of root mean square 0.8 rather than 1.",
    "Tail: two-sided share of simulated panels that are as far out as the real one. The sharper "
    "rule: in the right world one statistic of twenty has a tail up to 0.05. Statistics of one "
    "panel go together, so that several can be out at once.",
    "Tuned: the statistic, or one that it follows from, set or bounded a parameter of the "
    "catalogue; with two words, in the one world and not in the other. Held out: it did not. The "
    "catalogue's main noise and profile are Dutch.",
    "SE: over resampled sites within countries. What all sites of a country share is not "
    "resampled, so that the SE of shared years is too small. A dash: fewer than three sites.",
)


def parts(comparison: Comparison) -> Iterator[tuple[str, str, list[list[Row]]]]:
    """Yield group, substance and the listed rows: statistics, each with its worlds."""
    for group in comparison.panel.groups:
        for substance in comparison.panel.substances:
            worlds = [comparison.of(group.name, substance, name) for name in comparison.worlds]
            keys = [key for key in worlds[0] if listed(key)]
            yield group.name, substance, [[world[key] for world in worlds] for key in keys]


def table_of(group: str, substance: str, rows: Sequence[Sequence[Row]]) -> Table:
    """Return the table of one substance in one group."""
    heads = ["statistic", "", "real (SE)"]
    for row in rows[0]:
        heads += [f"{row.world} (SD)", "discrepancy", "tail"]
    cells = []
    for statistic in rows:
        first = statistic[0]
        kinds = " / ".join(dict.fromkeys(row.used for row in statistic))
        line = [first.label, kinds, _with_error(first.real, first.real_se)]
        for row in statistic:
            tail = "" if math.isnan(row.tail) else f"{row.tail:.3f}"
            line += [_with_error(row.sim_mean, row.sim_sd),
                     number(row.discrepancy, "en", 1, sign=True), tail]  # fmt: skip
        cells.append(tuple(line))
    return Table(caption=f"{substance}, {group}", columns=tuple(heads), rows=tuple(cells))


def _with_error(value: float, error: float) -> str:
    if not math.isfinite(value):
        return "\N{EN DASH}"
    places = min(max(decimals(error, 3) + 1, 2), 4) if 0 < error < 1 else 3
    shown = number(error, "en", places) if math.isfinite(error) else "\N{EN DASH}"
    return f"{number(value, 'en', places)} ({shown})"


def summary_of(comparison: Comparison) -> Table:
    """Return how many statistics are missed, tuned and held out."""
    rows = []
    for group, substance, statistics in parts(comparison):
        for kind in (TUNED, HELD_OUT):
            line = [group, substance, kind]
            for place in range(len(comparison.worlds)):
                known = [
                    item[place]
                    for item in statistics
                    if item[place].used == kind and math.isfinite(item[place].discrepancy)
                ]
                far = sum(abs(row.discrepancy) > FAR for row in known)
                out = sum(row.tail <= RARE for row in known)
                line += [f"{far} of {len(known)}", str(out)]
            rows.append(tuple(line))
    heads = ["countries", "substance", ""]
    for name in comparison.worlds:
        heads += [f"{name}: beyond {FAR:g}", f"tail to {RARE:g}"]
    caption = "Statistics that are missed"
    return Table(caption=caption, columns=tuple(heads), rows=tuple(rows), n_head=3)


def intro_of(comparison: Comparison) -> list[str]:
    """Return what was compared with what."""
    panel = comparison.panel
    size = []
    for group in panel.groups:
        for name, weeks in panel.weeks(group).items():
            n_site = len({int(s) for s in weeks.site[weeks.measured.any(axis=1)]})
            n_week = int(weeks.measured.any(axis=1).sum())
            whole = int(weeks.complete.sum())
            size.append(f"{group.name} {name}: {n_site} sites, {n_week} weeks, {whole} complete")
    return [
        f"{Path(panel.file).name}, SHA-256 {panel.sha256[:16]}; {comparison.replications} "
        f"simulated panels of the same sites, years and missing days, seed {comparison.seed}; "
        f"{BOOTSTRAPS} resamples of the sites.",
        "; ".join(size) + ".",
        *NOTES,
    ]


def markdown_of(comparison: Comparison) -> str:
    """Return all tables as Markdown, the summary first."""
    tables = [summary_of(comparison)]
    tables += [table_of(*part) for part in parts(comparison)]
    return "\n".join(_markdown(item) for item in tables)


def _markdown(item: Table) -> str:
    words = max(item.n_head, 2)
    rule = ["---" if n < words else "---:" for n in range(len(item.columns))]
    lines = [f"### {item.caption}", ""]
    lines += ["| " + " | ".join(cells) + " |" for cells in (item.columns, rule, *item.rows)]
    return "\n".join([*lines, ""])


def plain_row(row: Row) -> dict[str, Any]:
    """Return a row in the order of `COLUMNS`."""
    values = asdict(row) | {"discrepancy": row.discrepancy, "z": row.z}
    return {name: values[name] for name in COLUMNS}


def plain_comparison(comparison: Comparison) -> dict[str, Any]:
    """Return everything as plain data; null where a number is not defined."""
    panel = comparison.panel
    return {
        "file": Path(panel.file).name,
        "sha256": panel.sha256,
        "seed": comparison.seed,
        "replications": comparison.replications,
        "bootstraps": BOOTSTRAPS,
        "substances": list(panel.substances),
        "groups": {group.name: list(group.countries) for group in panel.groups},
        "worlds": list(comparison.worlds),
        "rows": [
            {
                key: None if isinstance(value, float) and not math.isfinite(value) else value
                for key, value in plain_row(row).items()
            }
            for row in comparison.rows
        ],
        "notes": [*NOTES, *panel.notes],
    }
