"""`simdesign run --backend slurm --dry-run`: what would be submitted, and its price if known."""

import math
from typing import Any

from simdesign.run.cluster import COMPILE_MINUTES, Draft, preview
from simdesign.run.cluster_price import ClusterForecast, cluster_forecast
from simdesign.run.element import STARTUP_MINUTES
from simdesign.run.share import SECONDS_PER_ROW, SECONDS_PER_SAMPLED_ROW
from simdesign.studies.cluster import sizes
from simdesign.studies.console import say, say_json
from simdesign.studies.dry_run import amount, core_hours, table_lines

_MOST_HOSTS = 4


def show(found: Draft, as_json: bool) -> None:
    """Print scripts, commands and price of a submission; nothing is written."""
    price = cluster_forecast(found)
    if as_json:
        content = {**price.plain(), "submission": _plain(found)}
        say_json(content)
        return
    if not found.elements:
        say("nothing is missing: simdesign evaluate has the verdict")
        return
    say(preview(found).text)
    say([*price_lines(price), sizes(found)])


def price_lines(price: ClusterForecast) -> list[str]:
    """Return the price of a submission as lines for a terminal."""
    lines = [
        *table_lines(price.scenarios, price.groups, price.tasks, price.start, guess=_guess(price)),
        _start_line(price),
        f"{price.study}, size {price.size}: {price.n_missing} replications, {price.n_row} rows, "
        f"in {price.n_task} files",
        _source(price),
    ]
    if price.at_most is not None:
        hours = core_hours(price.at_most.seconds, price.at_most.seconds_error)
        disk = "" if math.isnan(price.at_most.disk) else f" and {amount(price.at_most.disk)}"
        lines.append(
            "this goes up to the next border; what is missing up to the limit of replications "
            f"takes {hours} core-hours{disk} at most"
        )
    return lines


def _guess(price: ClusterForecast) -> str:
    return "not measured: as others" if price.n_shard else "assumed"


def _start_line(price: ClusterForecast) -> str:
    start = price.start
    if math.isnan(start.each):
        return (
            "start, compile: unknown before the first element has measured them; time limits have "
            f"{STARTUP_MINUTES} min for each start, and {COMPILE_MINUTES} min to compile, once"
        )
    return (
        f"start, compile: {start.each:.1f} s for each of {start.n_process} elements, as the first "
        "one of an earlier submission measured; kernels are compiled"
    )


def _source(price: ClusterForecast) -> str:
    if price.n_shard == 0:
        return (
            "not measured: no pilot runs on a login node, so that errors, memory and disk are "
            f"unknown; core-hours are assumed on the safe side ({SECONDS_PER_ROW:g} s a look and "
            f"cell, {SECONDS_PER_SAMPLED_ROW:g} s where an estimator samples). The first element "
            "measures; so does --dry-run without --backend slurm, on the machine it runs on"
        )
    hosts = ", ".join(price.hosts[:_MOST_HOSTS]) + ", ..." * (len(price.hosts) > _MOST_HOSTS)
    return (
        f"measured: {price.n_shard} shards of this folder, made on {hosts or 'no known machine'}; "
        "± is one standard error, on machines like those; nothing was written"
    )


def _plain(found: Draft) -> dict[str, Any]:
    """Return JSON values of what would be submitted."""
    shown = preview(found) if found.elements else None
    return {
        "elements": len(found.elements),
        "arrays": [n for _, n in found.arrays()],
        "later": found.n_later,
        "expected_element_seconds": max((item.seconds for item in found.elements), default=0.0),
        "minutes": found.request.minutes,
        "memory_mib": found.request.memory_mib,
        "commands": [] if shown is None else shown.commands,
        "scripts": {} if shown is None else {"elements": shown.elements, "collect": shown.collect},
    }
