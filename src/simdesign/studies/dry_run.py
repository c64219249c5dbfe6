"""`simdesign run --dry-run`: what a study still needs and what that will cost; writes nothing."""

import math
from collections.abc import Sequence

from simdesign.errors import SpecError
from simdesign.run import (
    PILOT_SECONDS,
    Cost,
    Forecast,
    PartForecast,
    Plan,
    StartForecast,
    Store,
    duration,
    forecast,
)
from simdesign.studies.commands import Where
from simdesign.studies.console import Grid, say_json, show

_MOST_LINES = 24
"""Scenarios that have a line each; more are put together by what they cost."""
_HOUR = 3600.0
_UNITS = ((2**40, "TiB"), (2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB"))
_UNKNOWN = "unknown"
_NOT_MEASURED = "not measured: as others"


def dry_run(
    plan: Plan,
    store: Store,
    where: Where,
    task_size: int | None,
    pilot_seconds: float | None,
    as_json: bool,
    is_limit: bool,
) -> None:
    """Price what is missing of a plan and print it; ``is_limit``: fewer replications may do."""
    if where.scheduler is not None and where.scheduler.startswith("jobqueue:"):
        rule = "cannot be combined with --dry-run, which submits no job"
        raise SpecError("--scheduler", where.scheduler, rule)
    seconds = PILOT_SECONDS if pilot_seconds is None else pilot_seconds
    with where.open() as backend:
        found = forecast(plan, store, backend, task_size=task_size, seconds=seconds)
    if as_json:
        content = {**found.plain(), "is_upper_limit": is_limit}
        say_json(content)
    else:
        lines = forecast_lines(found, is_limit)
        show(_drawn(found, lines), lines)


def _drawn(found: Forecast, lines: list[str]) -> list[str | Grid]:
    """Return the lines with their table as one that can be drawn."""
    if found.n_missing == 0:
        return [*lines]
    rows = _table_rows(found.scenarios, found.groups, found.tasks, found.start, _NOT_MEASURED)
    head, *body = (tuple(cell.strip() for cell in row) for row in rows)
    return [Grid("", head, tuple(body), (0, len(head) - 1)), *lines[len(rows) :]]


def forecast_lines(found: Forecast, is_limit: bool = False) -> list[str]:
    """Return a forecast as lines for a terminal."""
    if found.n_missing == 0:
        return [f"{found.study}, size {found.size}: nothing is missing"]
    wall = duration(found.wall)
    if math.isfinite(found.wall_error):
        wall += f" ± {duration(found.wall_error)}"
    return [
        *table_lines(found.scenarios, found.groups, found.tasks, found.start),
        _start_line(found.start),
        f"{found.study}, size {found.size}: {found.n_missing} replications, {found.n_row} rows"
        + ", at the limit of replications; fewer may do" * is_limit,
        f"wall time with {found.workers} worker{'s' * (found.workers > 1)}: {wall}, until the "
        "last row is stored",
        f"memory per worker: {_memory(found.tasks)}; "
        f"disk: {_disk(found.tasks)} in {found.n_task} files",
        _source(found),
    ]


def table_lines(
    scenarios: Sequence[PartForecast],
    groups: Sequence[PartForecast],
    total: Cost,
    start: StartForecast,
    guess: str = _NOT_MEASURED,
) -> list[str]:
    """Return a line for every scenario, or for every group of them, and one for all.

    ``guess`` says where numbers come from that were not measured.
    """
    rows = _table_rows(scenarios, groups, total, start, guess)
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for name, *cells, remark in rows:
        right = "".join(f"  {c:>{width}}" for c, width in zip(cells, widths[1:-1], strict=True))
        lines.append(f"{name:{widths[0]}}{right}{remark}".rstrip())
    if len(scenarios) > _MOST_LINES:
        lines.append("a line is for scenarios of one role that cost alike; --json has every one")
    return lines


def _table_rows(
    scenarios: Sequence[PartForecast],
    groups: Sequence[PartForecast],
    total: Cost,
    start: StartForecast,
    guess: str,
) -> list[tuple[str, ...]]:
    """Return the cells: heads, scenarios, what starting takes, and all together."""
    is_grouped = len(scenarios) > _MOST_LINES
    named = _named(groups) if is_grouped else [(item.name, item) for item in scenarios]
    n_task = sum(item.n_task for item in scenarios)
    n_missing = sum(item.n_missing for item in scenarios)
    beside = f"{start.seconds / _HOUR:.4f}" if start.seconds > 0.0 else _UNKNOWN
    both = core_hours(total.seconds + start.seconds, total.seconds_error)
    return [
        ("scenario", "tasks", "missing", "core-hours", "memory", "disk", ""),
        *(
            (
                name, str(item.n_task), str(item.n_missing),
                core_hours(item.cost.seconds, item.cost.seconds_error), _memory(item.cost),
                _disk(item.cost), "" if item.cost.is_measured else f"  ({guess})",
            )
            for name, item in named
        ),
        ("start, compile", "", "", beside, "", "", ""),
        ("all", str(n_task), str(n_missing), both, _memory(total), _disk(total), ""),
    ]  # fmt: skip


def _named(groups: Sequence[PartForecast]) -> list[tuple[str, PartForecast]]:
    """Return groups with names: role and number of scenarios, and which of the role it is."""
    roles = [item.name for item in groups]
    found = []
    for k, item in enumerate(groups):
        which = f" {roles[: k + 1].count(item.name)}" if roles.count(item.name) > 1 else ""
        found.append((f"{item.name}{which}: {item.n_scenario}", item))
    return found


def _start_line(start: StartForecast) -> str:
    """Return what starting and compiling take, in words."""
    each = f"each of {start.n_process} processes" if start.n_process > 1 else "the process"
    kernels = "kernels were not timed, since no pilot ran"
    if not math.isnan(start.kernels):
        kernels = f"{start.kernels:.1f} s to load or compile kernels"
        if start.n_worker:
            kernels += f", {start.first:.1f} s more in each worker's first task"
    return f"start, compile: {start.each:.1f} s for {each}, {kernels} (one measurement)"


def _source(found: Forecast) -> str:
    parts = []
    if found.n_shard:
        parts.append(f"{found.n_shard} shards of this study")
    if found.pilot_seconds > 0.0:
        parts.append(f"a pilot of {duration(found.pilot_seconds)}")
    return f"measured: {' and '.join(parts)}; ± is one standard error; nothing was written"


def core_hours(seconds: float, error: float) -> str:
    """Return core-hours with their standard error, to the digits that the error leaves."""
    digits = 4
    if math.isfinite(error) and error > 0.0:
        digits = min(max(1 - math.floor(math.log10(error / _HOUR)), 0), 6)
    text = f"{seconds / _HOUR:.{digits}f}"
    return f"{text} ± {f'{error / _HOUR:.{digits}f}' if math.isfinite(error) else _UNKNOWN}"


def _memory(cost: Cost) -> str:
    return amount(cost.memory) if cost.memory > 0.0 else _UNKNOWN


def _disk(cost: Cost) -> str:
    return _UNKNOWN if math.isnan(cost.disk) else amount(cost.disk)


def amount(n_byte: float) -> str:
    """Return bytes in the unit that a person reads."""
    for unit, name in _UNITS:
        if n_byte >= unit:
            return f"{n_byte / unit:.3g} {name}"
    return f"{n_byte:.0f} bytes"
