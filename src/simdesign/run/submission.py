"""What was submitted to a scheduler and what became of it: one folder a submission.

DIR/jobs/0001/           (each path is `simdesign.stored.JobPaths`'s)
  submission.json        what was asked for and which jobs it became
  elements.jsonl         the replications of every element, one element a line
  elements.sbatch        the scripts, as submitted
  collect.sbatch
  pilot.json             what the first element measured
  elements/000007.json   what element 7 last said of itself
  elements/000007.exit   how its process ended, written by the shell beside it
  logs/                  what elements and collection printed
  ended.json             what became of every element, when none runs any more: it then replaces
                         their files

Every file appears by being renamed, and each has one writer; no lock is needed and no clock, so a
network file system will do.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import pydantic

from simdesign.errors import StoreError
from simdesign.run.backends.slurm_script import NOT_FINISHED
from simdesign.run.files import write_atomic
from simdesign.run.share import Element
from simdesign.stored import (
    SUBMISSION_FORMAT,
    JobPaths,
    Paths,
    PilotRecord,
    SubmissionRecord,
    parsed,
    read_plain,
    read_record,
)

_Whole = Annotated[int, pydantic.Field(ge=0)]
_KILLED = 128 + 9


class State(StrEnum):
    """How an element is, as far as files tell."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"
    """Told to stop, and closed its shard."""
    KILLED = "killed"
    FAILED = "failed"
    """With an exception or a refusal; its log has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What an element says of itself."""

    state: State
    job: str
    """The scheduler's name for it."""
    host: str
    n_done: _Whole
    """Replications that it stored."""
    n_rep: _Whole
    peak_mib: Annotated[int, pydantic.Field(ge=0, le=2**31)] = 0
    reason: str = ""
    at: tuple[_Whole, _Whole] = (0, 0)
    """Range of its list and replication where it goes on."""
    wants_memory: bool = False
    """It was refused memory, and ended by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """What became of an element."""

    number: _Whole
    state: State
    note: Note | None
    words: str
    is_memory: bool = False
    """Killed as by a kernel that runs out of memory, or refused memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """What became of all elements."""

    fates: tuple[Fate, ...]


class Submission:
    """One folder below ``jobs``."""

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        self.paths = JobPaths(self.folder)

    @property
    def results(self) -> Path:
        """The results folder."""
        return self.paths.results

    @property
    def record_path(self) -> Path:
        """Path of what was asked for."""
        return self.paths.record

    @property
    def elements_path(self) -> Path:
        """Path of the replications of every element."""
        return self.paths.elements

    @property
    def pilot_path(self) -> Path:
        """Path of what the first element measured."""
        return self.paths.pilot

    @property
    def ended_path(self) -> Path:
        """Path of the mark that no element runs any more."""
        return self.paths.ended

    def script_path(self, name: str) -> Path:
        """Path of a script: ``elements`` or ``collect``."""
        return self.paths.script(name)

    def note_path(self, number: int) -> Path:
        """Path of what an element says of itself."""
        return self.paths.note(number)

    def exit_path(self, number: int) -> Path:
        """Path of how an element's process ended."""
        return self.paths.exit(number)

    @property
    def log_folder(self) -> Path:
        """Folder of the logs."""
        return self.paths.logs

    def record(self) -> dict[str, Any]:
        """Return what was asked for.

        Raises
        ------
        StoreError
            When the record is not there, or is none.
        """
        try:
            return read_plain(self.record_path, SubmissionRecord)
        except FileNotFoundError:
            raise StoreError(str(self.record_path), "must be there") from None

    def write_record(self, record: Mapping[str, Any]) -> None:
        """Write what was asked for and submitted so far."""
        _write(self.record_path, {"simdesign": SUBMISSION_FORMAT, **record})

    def write_elements(self, elements: Iterable[Element]) -> None:
        """Write the replications of every element."""
        lines = (json.dumps(asdict(item), separators=(",", ":")) + "\n" for item in elements)
        write_atomic(self.elements_path, "".join(lines).encode())

    def elements(self) -> Iterator[Element]:
        """Yield the elements, in order.

        Raises
        ------
        StoreError
            When the list is not there, or a line of it is no element.
        """
        try:
            with self.elements_path.open(encoding="utf-8") as file:
                for number, line in enumerate(file, start=1):
                    yield parsed(line, Element, f"{self.elements_path}: line {number}")
        except (OSError, UnicodeDecodeError):
            rule = "must be a readable list of elements"
            raise StoreError(str(self.elements_path), rule) from None

    def write_note(self, number: int, note: Note) -> None:
        """Write what an element says of itself."""
        _write(self.note_path(number), asdict(note))

    def note(self, number: int) -> Note | None:
        """Return what an element last said; None when it never did."""
        try:
            return read_record(self.note_path(number), Note)
        except FileNotFoundError:
            return None

    def pilot(self) -> dict[str, Any] | None:
        """Return what the first element measured; None while it has not."""
        try:
            return read_plain(self.pilot_path, PilotRecord)
        except FileNotFoundError:
            return None

    def write_pilot(self, found: Mapping[str, Any]) -> None:
        """Write what the first element measured."""
        _write(self.pilot_path, found)

    @property
    def has_ended(self) -> bool:
        """Whether no element runs any more."""
        return self.ended_path.exists()

    def end(self, fates: Sequence[Fate], **extra: Any) -> None:
        """Note what became of every element when none runs any more, and remove their files."""
        last = [self._at_last(fate) for fate in fates]
        _write(self.ended_path, {"fates": [asdict(fate) for fate in last], **extra})
        for fate in last:
            self.note_path(fate.number).unlink(missing_ok=True)
            self.exit_path(fate.number).unlink(missing_ok=True)

    def jobs(self) -> list[str]:
        """Return the scheduler's numbers of all jobs of this submission."""
        record = self.record()
        jobs = [item["job"] for item in record["arrays"]]
        return jobs + ([record["collect"]] if record.get("collect") else [])

    def slurm_name(self, number: int) -> str:
        """Return the scheduler's name of an element, such as 1234_7; empty if not submitted."""
        for item in self.record()["arrays"]:
            if item["offset"] <= number < item["offset"] + item["n"]:
                index = f"_{number - item['offset']}" if item["is_array"] else ""
                return f"{item['job']}{index}"
        return ""

    def fates(self) -> list[Fate]:
        """Return what became of every element, as far as files tell."""
        known = {fate.number: fate for fate in self._ended()}
        # One listing instead of two questions an element: most may not have begun.
        folder = self.paths.notes
        there = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
        out = []
        for number in range(self.record()["n_element"]):
            names = {self.note_path(number).name, self.exit_path(number).name}
            is_news = not names.isdisjoint(there)  # started by hand after the end, too
            out.append(self._fate(number) if is_news or number not in known else known[number])
        return out

    def _ended(self) -> tuple[Fate, ...]:
        try:
            return read_record(self.ended_path, Ended).fates
        except FileNotFoundError:
            return ()

    def _fate(self, number: int) -> Fate:
        note, gone = self.note(number), _ending(self.exit_path(number))
        if gone is None:
            state = State.WAITING if note is None else note.state
            return Fate(number=number, state=state, note=note, words=note.reason if note else "")
        code, signal = gone
        # A process that is told to stop while it ends is killed by the signal: its note counts.
        if code == 0 or (note is not None and note.state == State.DONE):
            return Fate(number=number, state=State.DONE, note=note, words="")
        if code == NOT_FINISHED or (code > 128 and signal != "none"):
            words = f"told to stop by {signal}" if signal != "none" else "told to stop"
            return Fate(number=number, state=State.STOPPED, note=note, words=words)
        if code == _KILLED:
            words = "by signal 9, as for want of memory"
            return Fate(number=number, state=State.KILLED, note=note, words=words, is_memory=True)
        if note is not None and note.wants_memory:
            return Fate(
                number=number, state=State.KILLED, note=note, words=note.reason, is_memory=True
            )
        said = note.reason if note is not None and note.state == State.FAILED else ""
        words = said or f"exit status {code}"
        state = State.KILLED if code > 128 else State.FAILED
        return Fate(number=number, state=state, note=note, words=words)

    def _at_last(self, fate: Fate) -> Fate:
        """Return what an element that left no last word must have come to."""
        if fate.state == State.WAITING:
            return replace(fate, words="never started")
        if fate.state == State.RUNNING:
            words = "with its shell, at its time limit or by somebody"
            return replace(fate, state=State.KILLED, words=words)
        return fate


def submissions(results: str | Path) -> list[Submission]:
    """Return the submissions of a results folder, oldest first."""
    folder = Paths(Path(results)).jobs
    names = sorted(folder.iterdir()) if folder.is_dir() else ()
    found = [Submission(path) for path in names]
    return [item for item in found if item.record_path.is_file()]


def new_submission(results: str | Path) -> Submission:
    """Make the next folder; making a folder is what two callers cannot both do."""
    paths = Paths(Path(results))
    parent = paths.jobs
    parent.mkdir(parents=True, exist_ok=True)
    number = 1 + max((int(p.name) for p in parent.iterdir() if p.name.isdecimal()), default=0)
    while True:
        try:
            paths.job(f"{number:04d}").folder.mkdir()
        except FileExistsError:
            number += 1
            continue
        found = Submission(paths.job(f"{number:04d}").folder)
        found.paths.notes.mkdir()
        found.log_folder.mkdir()
        return found


def _ending(path: Path) -> tuple[int, str] | None:
    try:
        code, signal, *_ = path.read_text(encoding="utf-8").split()
        return int(code), signal
    except (OSError, ValueError):
        return None


def _write(path: Path, content: Mapping[str, Any]) -> None:
    write_atomic(path, (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode())
