"""What ``simdesign solve`` found, in words."""

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from simdesign.run.solve import Answer, cheapest, plain_answer, smallest_points, words

if TYPE_CHECKING:
    from simdesign.evaluate import Root

_WORDS = {
    "power": "P(noticed within {years})", "restricted_mean_delay": "mean delay, counted to {years}",
    "large_error_prob": "P(three-year change > 10 % off)",
}  # fmt: skip
_SMALL_SHARE = 0.005
"""Shares of the resamples below this are not listed."""


def lines(answer: Answer) -> list[str]:
    """Return question, answer and the curve that was read."""
    question, target = answer.question, answer.question.target
    sign = "at least" if answer.found.goal.at_least else "at most"
    years = (
        "" if "years" in [knob.name for knob in question.knobs] else f" {target.horizon:g} years"
    )
    measure = _WORDS[target.measure].format(years=years.strip() or "so many years")
    turned = [knob.name for knob in question.knobs]
    which = f"{'world of ' if 'size' in turned else ''}{question.scenario.name}"
    out = [
        f"{question.study.name}, {which}: {question.substance}, estimator {question.estimator}",
        f"target: {measure} {sign} {target.level:g}, P(false alarm in "
        f"{question.study.programme.years} years) {question.budget:g}, "
        f"{question.threshold} threshold",
        "",
    ]
    out += _pairs(answer) if question.across is not None else _rows(answer)
    out += ["", *_curve(answer)]
    out += ["", f"{answer.n_fit:,} fits; rows and solve.json: {answer.folder}"]
    return out


def _rows(answer: Answer) -> list[str]:
    """Return the answer of every row: one design each."""
    question, out = answer.question, []
    for row in range(question.space.n_row):
        root = answer.found.root(row)
        name = question.column.name
        head = f"{question.designs[row]}: smallest {_called(name)}: {_value(answer, root.value)}"
        text = f"{head} (95 % interval {_interval(answer, root)})"
        if not question.column.is_real:
            text += f"; P(smallest): {_shares(answer, root.prob)}"
        if not answer.found.is_done(row, answer.within):
            text += f"; not settled with {answer.limit} replications"
        out.append(text)
    return out + _warnings(answer)


def _pairs(answer: Answer) -> list[str]:
    """Return the smallest pairs of two knobs, and how likely each is the cheapest."""
    likely, out = cheapest(answer), ["smallest pairs that reach it (by estimate):"]
    points = smallest_points(answer)
    if not points:
        out.append("  none")
    least = min((answer.cost[point] for point in points), default=math.nan)
    priced = len({answer.cost[point] for point in answer.found.readings}) > 1
    for point in points:
        root, reading = answer.found.root(point[0]), answer.found.readings[point]
        text = f"  {words(answer.question, point)}: {reading.value:.3f} ± {reading.mcse:.3f}"
        text += f"; {answer.question.column.name} {_interval(answer, root)}"
        if priced:
            text += f"; cost/year {answer.cost[point]:.0f}, P(cheapest) {likely[point]:.2f}"
            text += " <- cheapest" if answer.cost[point] == least else ""
        out.append(text)
    others = sorted(
        ((p, share) for p, share in likely.items() if share >= 0.05 and p not in points),
        key=lambda item: -item[1],
    )
    if priced and others:
        named = ", ".join(f"{words(answer.question, p)} {share:.2f}" for p, share in others)
        out.append(f"  P(cheapest) of others: {named}")
    open_rows = [
        row for row in range(answer.question.space.n_row)
        if not answer.found.is_done(row, answer.within)
    ]  # fmt: skip
    if open_rows:
        out.append(f"  {len(open_rows)} rows are not settled with {answer.limit} replications")
    return out + _warnings(answer)


def _curve(answer: Answer) -> list[str]:
    out = [f"{'read':32} {'value ± MCSE':>16} {'changed':>8} {'unchanged':>9} {'cost/year':>9}"]
    for item, point in zip(
        plain_answer(answer)["curve"], sorted(answer.found.readings), strict=True
    ):
        value = f"{item['value']:.3f} ± {item['mcse']:.3f}"
        out.append(
            f"{words(answer.question, point):32} {value:>16} {item['replications']:>8} "
            f"{item['unchanged']:>9} {item['cost_per_year']:>9.0f}  {item['side']}"
        )
    return out


def _warnings(answer: Answer) -> list[str]:
    out = []
    for row, item in enumerate(plain_answer(answer)["rows"]):
        for value in item["falls_after"]:
            where = words(answer.question, (row, value))
            out.append(f"not monotone: the value after {where} is surely worse than there")
    return out


def _called(knob: str) -> str:
    return "change" if knob == "size" else knob


def _value(answer: Answer, value: float) -> str:
    question = answer.question
    if not math.isfinite(value):
        return f"above {_value(answer, question.space.values[-1])}"
    if not question.column.is_real:
        return f"{value:g}"
    size = question.size((0, value))
    return f"{100.0 * (value if size is None else size):+.1f} %"


def _interval(answer: Answer, root: "Root") -> str:
    """Return the ends of an interval; an end of the knob's range may go on beyond it."""
    low, high = (_value(answer, value) for value in (root.low, root.high))
    if answer.question.column.is_real and root.low <= answer.question.space.values[0]:
        low = f"below {_value(answer, answer.question.space.values[0])}"
    return low if low == high else f"{low} to {high}"


def _shares(answer: Answer, prob: Mapping[float, float]) -> str:
    return ", ".join(
        f"{_value(answer, value)} {share:.2f}"
        for value, share in sorted(prob.items())
        if share >= _SMALL_SHARE
    )
