"""`simdesign run --dry-run`: what a study still needs and what that will cost; writes nothing."""

import json
import math
from pathlib import Path

import typer

from simdesign.errors import SpecError
from simdesign.run import Forecast, LocalBackend, Store, duration, forecast, make_plan
from simdesign.spec.study import Study

_HOUR = 3600.0
_UNITS = ((2**40, "TiB"), (2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB"))


def dry_run(
    study_file: Path,
    out: Path | None,
    size: str,
    replications: int | None,
    workers: int | None,
    task_size: int | None,
    pilot_seconds: float,
    as_json: bool,
) -> None:
    """Price what is missing of a study and print it."""
    if not 0.0 < pilot_seconds < math.inf:
        raise SpecError("--pilot", pilot_seconds, "must be > 0")
    if task_size is not None and task_size < 1:
        raise SpecError("--task-size", task_size, "must be >= 1")
    study = Study.from_toml(study_file)
    try:
        plan = make_plan(study, size, replications, study_file.parent)
    except SpecError as error:
        source = error.source or str(study_file)
        raise SpecError(error.field, error.value, error.rule, source) from None
    store = Store(out if out is not None else Path("runs") / study.name)
    found = forecast(
        plan, store, LocalBackend(workers), task_size=task_size, seconds=pilot_seconds
    )  # fmt: skip
    if as_json:
        typer.echo(json.dumps(found.plain(), indent=1, ensure_ascii=False))
    else:
        typer.echo("\n".join(forecast_lines(found)))


def forecast_lines(found: Forecast) -> list[str]:
    """Return a forecast as lines for a terminal."""
    width = max(len("scenario"), *(len(item.name) for item in found.scenarios))
    lines = [f"{'scenario':{width}} {'tasks':>7} {'missing':>9} {'core-hours':>22}"]
    for item in found.scenarios:
        hours = core_hours(item.cost.seconds, item.cost.seconds_error)
        guess = "" if item.cost.is_measured else " (not measured: as others)"
        lines.append(f"{item.name:{width}} {item.n_task:>7} {item.n_missing:>9} {hours:>22}{guess}")
    total = core_hours(found.core_seconds, found.tasks.seconds_error)
    lines.append(f"{'all':{width}} {found.n_task:>7} {found.n_missing:>9} {total:>22}")
    if found.n_missing == 0:
        return [*lines, f"{found.study}, size {found.size}: nothing is missing"]
    wall = duration(found.wall)
    if math.isfinite(found.wall_error):
        wall += f" ± {duration(found.wall_error)}"
    memory = found.tasks.memory
    return [
        *lines,
        f"{found.study}, size {found.size}: {found.n_missing} replications, {found.n_row} rows",
        f"wall time with {found.workers} worker{'s' * (found.workers > 1)}: {wall}, until the "
        "last row is stored",
        f"memory per worker: {amount(memory) if memory > 0.0 else 'not known'}; "
        f"disk: {amount(found.tasks.disk)} in {found.n_task} files",
        _source(found),
    ]


def _source(found: Forecast) -> str:
    parts = []
    if found.n_shard:
        parts.append(f"{found.n_shard} shards of this study")
    if found.pilot_seconds > 0.0:
        parts.append(f"a pilot of {duration(found.pilot_seconds)} on this machine")
    return f"measured: {' and '.join(parts)}; ± is one standard error; nothing was written"


def core_hours(seconds: float, error: float) -> str:
    """Return core-hours with their standard error, to the digits that the error leaves."""
    digits = 4
    if math.isfinite(error) and error > 0.0:
        digits = min(max(1 - math.floor(math.log10(error / _HOUR)), 0), 6)
    text = f"{seconds / _HOUR:.{digits}f}"
    return f"{text} ± {error / _HOUR:.{digits}f}" if math.isfinite(error) else f"{text} ± unknown"


def amount(n_byte: float) -> str:
    """Return bytes in the unit that a person reads."""
    for unit, name in _UNITS:
        if n_byte >= unit:
            return f"{n_byte / unit:.3g} {name}"
    return f"{n_byte:.0f} bytes"
