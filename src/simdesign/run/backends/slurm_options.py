"""What a user passes through to sbatch: ``account=...,partition=...,time=...,mem=...``."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from simdesign.errors import SpecError

FIELD = "--sbatch"
_NAME = re.compile(r"[a-z][a-z0-9-]+")
_NEXT = re.compile(r",(?=\s*[a-z][a-z0-9-]*=)")
_OURS = {
    "dependency": "simdesign chains its own jobs",
    "error": "logs lie in the results folder, under jobs",
    "job-name": "it is simdesign- and the name of the study",
    "nodes": "an element is one process",
    "ntasks": "an element is one process",
    "open-mode": "logs are appended to",
    "output": "logs lie in the results folder, under jobs",
    "parsable": "simdesign reads the answer",
    "signal": "simdesign sets it from the length of a replication",
    "wait": "submission returns at once",
    "wrap": "simdesign writes the script",
}
MEMORY = ("mem", "mem-per-cpu", "mem-per-gpu")
_TIMES = ("time", "time-min")
_AMOUNTS = (*MEMORY, "tmp")
_COUNTS = ("cpus-per-task", "gpus-per-task", "mincpus", "threads-per-core")
_NAMES = ("account", "cluster", "clusters", "partition", "qos", "reservation", "wckey")
_UNIT_MIB = {"K": 1 / 1024, "M": 1.0, "G": 1024.0, "T": 1024.0**2}


@dataclass(frozen=True, slots=True, kw_only=True)
class SbatchOptions:
    """Options of sbatch, in the order in which they were given."""

    values: Mapping[str, str] = field(default_factory=dict)
    """Name -> value; empty for an option that has none, such as ``exclusive``."""
    throttle: int | None = None
    """Elements of one array that may run at a time; None leaves it to the site."""

    @property
    def minutes(self) -> float | None:
        """The time limit that was asked for [min]; None leaves it to the prediction."""
        return minutes_of(self.values["time"]) if "time" in self.values else None

    @property
    def has_memory(self) -> bool:
        """Whether the user says how much memory an element gets."""
        return any(name in self.values for name in MEMORY)

    def with_memory_times(self, factor: float) -> "SbatchOptions | None":
        """Return the same options with more memory; None where they do not say how much."""
        values = dict(self.values)
        for name in MEMORY:
            if name in values:
                mib = _mib(values[name])
                if not mib:
                    return None
                values[name] = f"{math.ceil(factor * mib)}M"
                return SbatchOptions(values=values, throttle=self.throttle)
        return None


def sbatch_options(texts: Sequence[str]) -> SbatchOptions:
    """Read options, for example ``account=abc,partition=long,exclude=n[1-3],n7``.

    A comma ends a value where a name and an equals sign follow. A flag is written with an
    empty value (``exclusive=``). ``array=%50`` lets so many elements run at a time.

    Raises
    ------
    SpecError
        For a name that sbatch cannot have or that simdesign sets itself, and for a value that
        sbatch could not read. Options of other names are passed on as they are: a site may have
        some of its own.
    """
    values: dict[str, str] = {}
    throttle = None
    for text in texts:
        for item in _NEXT.split(text):
            name, equals, value = (part.strip() for part in item.strip().partition("="))
            name = name.removeprefix("--")
            if not equals or not _NAME.fullmatch(name):
                rule = "must be name=value pairs with commas between (a flag is name=)"
                raise SpecError(FIELD, item, rule)
            if not value.isprintable():
                raise SpecError(f"{FIELD} {name}", value, "must be one line of text")
            if name in _OURS:
                raise SpecError(f"{FIELD} {name}", value, f"cannot be set: {_OURS[name]}")
            if name == "array":
                if not re.fullmatch(r"%[1-9][0-9]*", value):
                    raise SpecError(f"{FIELD} array", value, "must be %N: N elements at a time")
                throttle = int(value[1:])
                continue
            if name in values:
                rule = f"is given twice, first as {values[name]!r}"
                raise SpecError(f"{FIELD} {name}", value, rule)
            _check_value(name, value)
            values[name] = value
    several = [name for name in MEMORY if name in values]
    if len(several) > 1:
        rule = f"cannot be combined with {several[0]}"
        raise SpecError(f"{FIELD} {several[1]}", values[several[1]], rule)
    return SbatchOptions(values=values, throttle=throttle)


def _check_value(name: str, value: str) -> None:
    """Refuse a value that sbatch could not read, where its form is known."""
    if name in _TIMES:
        minutes_of(value, name)
    elif name in _AMOUNTS and _mib(value) is None:
        rule = "must be an amount of memory such as 4G, 4000M, or 0 for all of a node"
        raise SpecError(f"{FIELD} {name}", value, rule)
    elif name in _COUNTS and not re.fullmatch(r"[1-9][0-9]*", value):
        raise SpecError(f"{FIELD} {name}", value, "must be a whole number above 0")
    elif name in _NAMES and not re.fullmatch(r"[\w.+@-]+(,[\w.+@-]+)*", value):
        rule = "must be a name of letters, digits and _ . + @ -, or several with commas"
        raise SpecError(f"{FIELD} {name}", value, rule)


def minutes_of(text: str, name: str = "time") -> float:
    """Return a time limit in minutes, from any of the forms that sbatch takes.

    These are ``m``, ``m:s``, ``h:m:s``, ``d-h``, ``d-h:m`` and ``d-h:m:s``. No limit at all
    (``0``, ``UNLIMITED``) is refused: an element is told to stop before its limit.
    """
    found = re.fullmatch(r"(?:([0-9]+)-)?([0-9]+)(?::([0-9]+))?(?::([0-9]+))?", text)
    if found is None:
        rule = "must be a time such as 90, 1:30:00 or 2-12:00:00"
        raise SpecError(f"{FIELD} {name}", text, rule)
    days, *rest = found.groups()
    parts = [float(item) for item in rest if item is not None]
    if days is not None:
        hours, minutes, seconds = [*parts, 0.0, 0.0][:3]
        total = 1440.0 * float(days) + 60.0 * hours + minutes + seconds / 60.0
    elif len(parts) == 3:
        total = 60.0 * parts[0] + parts[1] + parts[2] / 60.0
    else:
        total = parts[0] + (parts[1] / 60.0 if len(parts) == 2 else 0.0)
    if not total > 0.0:
        raise SpecError(f"{FIELD} {name}", text, "must be longer than nothing")
    return total


def _mib(text: str) -> float | None:
    """Return an amount of memory [MiB]; None where the text gives none."""
    found = re.fullmatch(r"([0-9]+)(?:([KMGT])B?)?", text.upper())
    return float(found[1]) * _UNIT_MIB[found[2] or "M"] if found else None
