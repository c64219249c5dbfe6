"""The options as lines of plain English for the terminal."""

import math
from collections.abc import Mapping
from typing import Any

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


def lines(content: Mapping[str, Any]) -> list[str]:
    """Return the table: per substance and kind of world what is found, then costs and dates."""
    out = [
        f"{content['study']}, size {content['size']}: options beside {content['reference']},"
        f" false alarms {content['budget']:g} in {content['programme_years']} years"
    ]
    costs = {item["design"]: item for item in content["designs"]}
    for part in content["substances"]:
        worth = {item["design"]: item for item in part["worth"]}
        for group in part["groups"]:
            out += ["", *_found(content, part, group, costs)]
        out += ["", *_regret(content, part, worth)]
    out += ["", *_when(content)]
    looks = content["looks"]
    out.append(
        f"looks: {looks[0]}, then every year until {looks[-1]}; whoever asks for more asks then"
    )
    stated = content["losses"] or {}
    if not stated.get("losses"):
        out.append(NO_LOSSES)
    if not stated.get("prices"):
        out.append(NO_PRICES)
    return out


def _found(
    content: Mapping[str, Any],
    part: Mapping[str, Any],
    group: Mapping[str, Any],
    costs: Mapping[str, Mapping[str, Any]],
) -> list[str]:
    """Return what designs find in one kind of world, cheapest first."""
    rows = [row for row in part["rows"] if row["group"] == group["group"]]
    rows.sort(key=lambda row: (costs[row["design"]]["cost"], row["design"]))
    size = f"{100.0 * part['shown_change']:+.0f} %"
    out = [
        f"{part['substance']}, {GROUPS[group['group']]}"
        f" ({len(group['scenarios'])} scenarios of {part['n_rep']} replications)",
        f"{'design':22} {'cost':>6}  {'of 100 changes of ' + size + ' noticed':>32}"
        f"  {'more':>12}  {'mean delay':>10}  {'false alarms':>13}  {'on the front':>12}",
    ]
    for row in rows:
        low, high = (
            100.0 * value if value is not None else math.nan for value in row["false_alarm"]
        )
        ratio = costs[row["design"]]["cost_ratio"]
        out.append(
            f"{row['design']:22} {'-' if ratio is None else format(ratio, '.2f'):>6}"
            f"  {hundred(row['noticed']):>32}  {hundred(row['more'], sign=True):>12}"
            f"  {years(row['delay']):>10}  {f'{low:.0f} to {high:.0f} %':>13}"
            f"  {chance(row['front']):>12}"
        )
    for key, words in (
        ("most", "most noticed"),
        ("cheapest_as_good", "cheapest within the margins of the best"),
        ("least_loss", "least cost and loss together"),
    ):
        chosen = group[key]
        if chosen is not None:
            out.append(f"{words}: {chosen['design']} (in {chance(chosen['prob'])} of resamples)")
    return out


def _regret(
    content: Mapping[str, Any], part: Mapping[str, Any], worth: Mapping[str, Mapping[str, Any]]
) -> list[str]:
    """Return the largest regret of every design and, with losses, what its samples are worth."""
    has_losses = any("information" in item for item in worth.values())
    head = f"{'design':22} {'largest regret (of 100)':>24}  {'least in':>8}"
    if has_losses:
        head += f"  {'worth (euro)':>20}  {'more than ' + content['reference']:>20}"
        head += f"  {'at budget':>9}  {'break-even price':>24}  {'net (euro)':>12}"
        head += f"  {'regret (euro)':>14}"
    out = [f"{part['substance']}, over {part['n_scenario']} scenarios", head]
    for name, item in worth.items():
        line = f"{name:22} {hundred(item['regret']):>24}  {chance(item['minimax']):>8}"
        if has_losses:
            budget = item["best_budget"]
            line += f"  {euro(item['information']):>20}  {euro(item['more_information']):>20}"
            line += f"  {'never' if budget is None else format(budget, 'g'):>9}"
            line += f"  {price(item):>24}"
            line += f"  {'-' if item['net'] is None else euro(item['net'], short=True):>12}"
            line += f"  {euro(item['euro_regret'], short=True):>14}"
        out.append(f"{line}  {item['regret_scenario']}")
    return out


def _when(content: Mapping[str, Any]) -> list[str]:
    """Return costs and what must be decided by when."""
    has_euro = any(item["euro"] is not None for item in content["designs"])
    head = f"{'design':22} {'cost':>8}  {'95 % of programmes':>18}"
    head += f"  {'euro':>12}  {'95 %':>12}" if has_euro else ""
    out = [f"{head}  {'first sample':>12}  {'choose before':>13}  {'first look':>10}"]
    for item in content["designs"]:
        line = f"{item['design']:22} {item['cost']:>8.0f}  {item['cost_p95']:>18.0f}"
        if has_euro:
            line += f"  {item['euro']:>12,.0f}  {item['euro_p95']:>12,.0f}"
        line += f"  {item['first_sample']:>12}  {item['decide_by'] or 'no matter':>13}"
        line += f"  {item['first_look']:>10}"
        if item["cost_changed"] is not None:
            line += f"  {item['cost_changed']:.0f} when something changes"
        if item["unread_streams"]:
            line += f"  its {' and '.join(item['unread_streams'])} series are not read by the judge"
        out.append(line)
    return out


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
