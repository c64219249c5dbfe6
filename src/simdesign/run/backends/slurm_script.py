"""The batch scripts of a study, as text that an administrator can read."""

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from simdesign.run.backends.slurm_options import MEMORY, SbatchOptions

NOT_FINISHED = 75
"""Exit status of an element that was told to stop: it is no failure, and there is more to do."""
_LONGEST_NAME = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What one process is given."""

    minutes: int
    memory_mib: int
    lead_seconds: int
    """How long before the time limit an element is told to stop [s]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What is the same for every script of a submission."""

    study: str
    folder: Path
    """Of the submission; absolute."""
    python: Sequence[str]
    """How Python is started; a prologue may set another way."""
    prologue: str
    options: SbatchOptions


def element_script(site: Site, request: Request) -> str:
    """Return the script of an element; its first argument is the number of the array's first."""
    return _script(
        site, _head(site, request, f"#SBATCH --signal=B:USR1@{request.lead_seconds}"),
        _ELEMENT,
        "One element is a list of replications: see elements.jsonl. The argument is the number",
        f"of the array's first element; exit status {NOT_FINISHED} says that there is more to do.",
    )  # fmt: skip


def collect_script(site: Site, request: Request) -> str:
    """Return the script of the job that comes after all elements."""
    return _script(
        _without_limits(site), _head(_without_limits(site), request), _COLLECT,
        "Comes after all elements: what was killed for memory is given more of it, once;",
        "otherwise results are collected and evaluated.",
    )  # fmt: skip


def _script(site: Site, head: list[str], body: str, *words: str) -> str:
    lines = [
        "#!/bin/bash",
        f"# Study {_slug(site.study)}, written by simdesign.",
        *(f"# {line}" for line in words),
        *head,
        "",
        "# One thread a process: the elements are what runs side by side.",
        "export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1 NUMBA_NUM_THREADS=1",
        "export SIMDESIGN_STARTED=$(date +%s)  # for the first element to measure",
        f"python=({shlex.join(site.python)})",
        "# ---- prologue: the site's own lines; they may set python=(...) ----",
        *([site.prologue.rstrip("\n")] if site.prologue.strip() else []),
        "# ---- end of prologue ----",
        f"folder={shlex.quote(str(site.folder))}",
    ]
    return "\n".join(lines) + "\n" + body


def _without_limits(site: Site) -> Site:
    """Return a site without the time and memory that the user asked for elements."""
    kept = {k: v for k, v in site.options.values.items() if k != "time" and k not in MEMORY}
    return replace(site, options=replace(site.options, values=kept))


def _head(site: Site, request: Request, *more: str) -> list[str]:
    options = site.options.values
    ours = {
        "job-name": f"simdesign-{_slug(site.study)}",
        "output": f"{_literal(str(site.folder))}/logs/%j.out",
        "open-mode": "append",
        "nodes": "1",
        "ntasks": "1",
    }
    if "time" not in options:
        ours["time"] = str(request.minutes)
    if not site.options.has_memory:
        ours["mem"] = f"{request.memory_mib}M"
    return [*(_directive(name, value) for name, value in ours.items()), *more, *_passed(options)]


def _passed(options: Mapping[str, str]) -> list[str]:
    return [_directive(name, value) for name, value in options.items()]


def _directive(name: str, value: str) -> str:
    if not value:
        return f"#SBATCH --{name}"
    if not re.fullmatch(r"[\w./:%@+,=-]+", value):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        value = f'"{escaped}"'
    return f"#SBATCH --{name}={value}"


def _literal(path: str) -> str:
    """Return a path in which sbatch finds no pattern to fill in."""
    return path.replace("%", "%%")


def _slug(name: str) -> str:
    """Return a name without anything that a script, a log or a queue could take amiss."""
    return re.sub(r"[^A-Za-z0-9._-]+", "_", name)[:_LONGEST_NAME]


# The shell stays beside Python so that somebody is left to say how it ended. `wait` returns early
# when a signal comes; 127 then says that the child's status was already read.
_ELEMENT = """\
element=$(( ${1:-0} + ${SLURM_ARRAY_TASK_ID:-0} ))
child=
caught=
signal=none
told_to_stop() {
    caught=1
    signal=$1
    [[ -z $child ]] || kill -USR1 "$child" 2>/dev/null
}
trap 'told_to_stop USR1' USR1
trap 'told_to_stop TERM' TERM
"${python[@]}" -m simdesign.cli element "$folder" "$element" &
child=$!
code=127
while :; do
    caught=
    wait "$child"
    now=$?
    (( now == 127 )) || code=$now
    [[ -n $caught ]] || break
done
name=$(printf '%06d' "$element")
note="$folder/elements/.$name.exit.$$.tmp"
printf '%s %s %s\\n' "$code" "$signal" "$SLURM_JOB_ID" > "$note" \\
    && mv "$note" "$folder/elements/$name.exit"
exit "$code"
"""
_COLLECT = """\
exec "${python[@]}" -m simdesign.cli after "$folder"
"""
