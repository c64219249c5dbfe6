"""Published results, read as a results folder is: measures and verdicts, but no rows."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from simdesign.errors import SpecError, StoreError
from simdesign.evaluate import Average, Verdict, stored_average, stored_verdict
from simdesign.run.plan import Plan, make_plan
from simdesign.run.results import Results, load
from simdesign.run.tidy import read_table
from simdesign.spec.study import Study
from simdesign.stored import (
    PublishedPaths,
    Record,
    VerdictFile,
    read_lock,
    read_plain,
    read_published_table,
)


class Published(Results):
    """The committed form of a finished study: what it says, not what it says it from."""

    def __init__(self, folder: str | Path) -> None:
        paths = PublishedPaths(Path(folder))
        super().__init__(folder, _plan(paths))
        self._paths = paths

    def __repr__(self) -> str:
        """Return the folder."""
        return f"Published({str(self.folder)!r})"

    def records(self, budget: float | None = None) -> list[dict[str, Any]]:
        """Return the rows of the table of measures, 12 significant digits each."""
        self._own(budget)
        return read_table(read_published_table(self._paths.measures))

    def verdicts(self, budget: float | None = None) -> list[Verdict]:
        """Return the verdicts as they were published."""
        self._own(budget)
        return self._stored("verdicts", stored_verdict)

    def averages(self, budget: float | None = None) -> list[Average]:
        """Return power averaged over distributions of the shared error, as published."""
        self._own(budget)
        return self._stored("averages", stored_average)

    def save(self) -> None:
        """Write nothing: what is published stays as it is."""

    def found_later[T: Record](self, path: Path, form: type[T]) -> dict[str, Any]:
        """Return what a later command had found when the results were published.

        Raises
        ------
        StoreError
            When it was not published.
        """
        try:
            return read_plain(path, form)
        except FileNotFoundError:
            rule = f"holds no {path.name}, and no rows to compute it from"
            raise StoreError(str(self.folder), rule) from None

    def _own(self, budget: float | None) -> None:
        if budget is not None and budget != self.study.decision.budget:
            rule = "holds no rows, which another budget needs; simdesign reproduce makes them"
            raise StoreError(str(self.folder), rule)

    def _stored[T](self, key: str, form: Callable[[Any], T]) -> list[T]:
        path = self._paths.verdict
        try:
            return [form(item) for item in read_plain(path, VerdictFile).get(key, ())]
        except FileNotFoundError:
            rule = f"holds no {path.name}; publish it again"
            raise StoreError(str(self.folder), rule) from None
        except ValueError as error:
            raise StoreError(str(path), f"{key}: {error}") from None


def read(folder: str | Path) -> Results:
    """Return what a results folder, or a folder of published results, tells.

    Raises
    ------
    StoreError
        When the folder is neither.
    """
    if PublishedPaths(Path(folder)).lock.is_file():
        return Published(folder)
    return load(folder)


def _plan(paths: PublishedPaths) -> Plan:
    lock = read_lock(paths.folder)
    own = lock.get("own_parts")
    study = Study.from_dict(lock["study"], str(paths.lock))
    folder = paths.folder / own if own else None
    try:
        plan = make_plan(study, lock["size"], lock["replications"], folder)
    except SpecError as error:
        raise StoreError(str(paths.lock), f"holds a study that fails: {error}") from None
    return replace(plan, target=lock.get("target"))
