"""The options in plain English: lines of text, or the same as tables to be drawn."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from simdesign.studies.console import Grid

GROUPS = {
    "all": "all worlds",
    "batch": "shared error mostly a laboratory's batch",
    "year": "shared error mostly a laboratory's year",
    "week": "shared error mostly a special week",
    "mixed": "shared error of several parts",
}
NO_LOSSES = (
    "no losses stated: no value of information and no break-even price"
    " (--losses FILE, or --missed-per-year and --false-alarm)"
)
NO_PRICES = (
    "no unit prices stated: costs are relative (--price-per-sample, or [prices] in the file)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sheet:
    """A table, and how wide its columns are as plain text."""

    caption: str
    widths: tuple[int, ...]  # the first column is left-aligned
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    more: tuple[str, ...] = ()  # what stands behind each row, below no head of the plain text
    more_head: str = ""

    def plain(self) -> list[str]:
        """Return the table as columns of text."""
        out = [self.caption] if self.caption else []
        out.append(self._line(self.heads))
        for n, row in enumerate(self.rows):
            said = self.more[n] if self.more else ""
            out.append(f"{self._line(row)}  {said}" if said else self._line(row))
        return out

    def grid(self) -> Grid:
        """Return the table as one that can be drawn."""
        if not self.more_head or not any(self.more):
            return Grid(self.caption, self.heads, self.rows)
        rows = tuple((*row, said) for row, said in zip(self.rows, self.more, strict=True))
        return Grid(self.caption, (*self.heads, self.more_head), rows, (0, len(self.heads)))

    def _line(self, row: Sequence[str]) -> str:
        name, *numbers = row
        first, *others = self.widths
        cells = (f"{cell:>{width}}" for cell, width in zip(numbers, others, strict=True))
        return f"{name:{first}} {'  '.join(cells)}"


def lines(content: Mapping[str, Any]) -> list[str]:
    """Return the table as plain text: what is found, then costs and dates."""
    out: list[str] = []
    for part in _parts(content):
        out += [part] if isinstance(part, str) else part.plain()
    return out


def grids(content: Mapping[str, Any]) -> list[str | Grid]:
    """Return the same with tables that can be drawn."""
    return [part if isinstance(part, str) else part.grid() for part in _parts(content)]


def _parts(content: Mapping[str, Any]) -> Iterator[str | _Sheet]:
    """Yield per substance and kind of world what is found, then costs and dates."""
    yield (
        f"{content['study']}, size {content['size']}: options beside {content['reference']},"
        f" false alarms {content['budget']:g} in {content['programme_years']} years"
    )
    costs = {item["design"]: item for item in content["designs"]}
    for part in content["substances"]:
        for group in part["groups"]:
            yield ""
            yield _found(part, group, costs)
            yield from _choices(group)
        yield ""
        yield _regret(content["reference"], part)
    yield ""
    yield _when(content)
    looks = content["looks"]
    yield f"looks: {looks[0]}, then every year until {looks[-1]}; whoever asks for more asks then"
    stated = content["losses"] or {}
    if not stated.get("losses"):
        yield NO_LOSSES
    if not stated.get("prices"):
        yield NO_PRICES


def _found(
    part: Mapping[str, Any], group: Mapping[str, Any], costs: Mapping[str, Mapping[str, Any]]
) -> _Sheet:
    """Return what designs find in one kind of world, cheapest first."""
    rows = [row for row in part["rows"] if row["group"] == group["group"]]
    rows.sort(key=lambda row: (costs[row["design"]]["cost"], row["design"]))
    size = f"{100.0 * part['shown_change']:+.0f} %"
    cells = []
    for row in rows:
        low, high = (
            100.0 * value if value is not None else math.nan for value in row["false_alarm"]
        )
        ratio = costs[row["design"]]["cost_ratio"]
        cells.append((
            row["design"], "-" if ratio is None else format(ratio, ".2f"),
            hundred(row["noticed"]), hundred(row["more"], sign=True), years(row["delay"]),
            f"{low:.0f} to {high:.0f} %", chance(row["front"]),
        ))  # fmt: skip
    return _Sheet(
        caption=f"{part['substance']}, {GROUPS[group['group']]}"
        f" ({len(group['scenarios'])} scenarios of {part['n_rep']} replications)",
        widths=(22, 6, 32, 12, 10, 13, 12),
        heads=(
            "design", "cost", f"of 100 changes of {size} noticed", "more", "mean delay",
            "false alarms", "on the front",
        ),
        rows=tuple(cells),
    )  # fmt: skip


def _choices(group: Mapping[str, Any]) -> Iterator[str]:
    for key, words in (
        ("most", "most noticed"),
        ("cheapest_as_good", "cheapest within the margins of the best"),
        ("least_loss", "least cost and loss together"),
    ):
        chosen = group[key]
        if chosen is not None:
            yield f"{words}: {chosen['design']} (in {chance(chosen['prob'])} of resamples)"


def _regret(reference: str, part: Mapping[str, Any]) -> _Sheet:
    """Return the largest regret of every design and, with losses, what its samples are worth."""
    has_losses = any("information" in item for item in part["worth"])
    heads, widths = ["design", "largest regret (of 100)", "least in"], [22, 24, 8]
    if has_losses:
        heads += ["worth (euro)", f"more than {reference}", "at budget", "break-even price"]
        heads += ["net (euro)", "regret (euro)"]
        widths += [20, 20, 9, 24, 12, 14]
    rows = []
    for item in part["worth"]:
        row = [item["design"], hundred(item["regret"]), chance(item["minimax"])]
        if has_losses:
            budget = item["best_budget"]
            row += [euro(item["information"]), euro(item["more_information"])]
            row += ["never" if budget is None else format(budget, "g"), price(item)]
            row.append("-" if item["net"] is None else euro(item["net"], short=True))
            row.append(euro(item["euro_regret"], short=True))
        rows.append(tuple(row))
    return _Sheet(
        caption=f"{part['substance']}, over {part['n_scenario']} scenarios", widths=tuple(widths),
        heads=tuple(heads), rows=tuple(rows),
        more=tuple(item["regret_scenario"] for item in part["worth"]), more_head="where",
    )  # fmt: skip


def _when(content: Mapping[str, Any]) -> _Sheet:
    """Return costs and what must be decided by when."""
    has_euro = any(item["euro"] is not None for item in content["designs"])
    heads, widths = ["design", "cost", "95 % of programmes"], [22, 8, 18]
    if has_euro:
        heads += ["euro", "95 %"]
        widths += [12, 12]
    heads += ["first sample", "choose before", "first look"]
    widths += [12, 13, 10]
    rows, more = [], []
    for item in content["designs"]:
        row = [item["design"], f"{item['cost']:.0f}", f"{item['cost_p95']:.0f}"]
        if has_euro:
            row += [f"{item['euro']:,.0f}", f"{item['euro_p95']:,.0f}"]
        row += [item["first_sample"], item["decide_by"] or "no matter", item["first_look"]]
        rows.append(tuple(row))
        said = []
        if item["cost_changed"] is not None:
            said.append(f"{item['cost_changed']:.0f} when something changes")
        if item["unread_streams"]:
            streams = " and ".join(item["unread_streams"])
            said.append(f"its {streams} series are not read by the judge")
        more.append("  ".join(said))
    return _Sheet(
        caption="", widths=tuple(widths), heads=tuple(heads), rows=tuple(rows), more=tuple(more),
        more_head="note",
    )  # fmt: skip


def hundred(item: Mapping[str, Any], *, sign: bool = False) -> str:
    """Return a share as a number of 100 with its Monte Carlo error."""
    if item["value"] is None:
        return "-"
    form = "+.0f" if sign else ".0f"
    text = format(100.0 * item["value"], form)
    return text if item["mcse"] is None else f"{text} ± {100.0 * item['mcse']:.1f}"


def years(item: Mapping[str, Any]) -> str:
    """Return a delay in years."""
    return "-" if item["value"] is None else f"{item['value']:.1f} y"


def chance(item: Mapping[str, Any]) -> str:
    """Return a share of resamples."""
    return "-" if item["value"] is None else f"{100.0 * item['value']:.0f} %"


def euro(item: Mapping[str, Any], *, short: bool = False) -> str:
    """Return an amount with its Monte Carlo error."""
    if item["value"] is None:
        return "-"
    text = f"{item['value']:,.0f}"
    return text if short or item["mcse"] is None else f"{text} ± {item['mcse']:,.0f}"


def price(item: Mapping[str, Any]) -> str:
    """Return on which side of which price of a sample a design pays."""
    side = item["pays"]
    if side in ("", "always", "never"):
        return side or "-"
    return f"{side} {euro(item['break_even'])}"
