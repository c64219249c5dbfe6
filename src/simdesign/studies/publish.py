"""The commands ``simdesign publish`` and ``simdesign reproduce``: results that are committed.

measures.csv.gz    the performance measures that are read (evaluate/headline.py), sorted, 12
                   significant digits, compressed
study.lock.json    the study, its size, hashes, seed and versions: what reproduces the numbers
run.json           when, where and how long: never compared
verdict.json       the verdicts, from those measures
stability.json     what would change them, where simdesign stability was called
options.json       which design to choose, where simdesign options was called
explore.json       numbers of the what-if explorer, where simdesign explore was called
page.html          the page for advisers
methods.html       the report for methodologists
"""

import csv
import io
import json
import math
import os
import shlex
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from simdesign.errors import SpecError, StoreError
from simdesign.studies.arguments import (
    AsJson,
    PageLanguage,
    PublishedFolder,
    ResultsFolder,
    Workers,
)
from simdesign.studies.console import say, say_json

if TYPE_CHECKING:  # imported late, so that help stays quick
    from simdesign.run import Results
    from simdesign.stored import Record

LARGEST = 20_000_000
"""Bytes of a folder of published results, all studies together."""
TOLERANCE = 1e-9
"""Relative difference of numbers that were computed elsewhere."""
DERIVED = ("low", "high")
"""Columns that value, error and replications give again (docs/evaluation.md)."""
_KEYS = (
    "scenario", "role", "substance", "design", "estimator", "threshold", "budget", "measure",
    "horizon", "compared_with",
)  # fmt: skip


def register(app: typer.Typer) -> None:
    """Add the commands to an application."""
    app.command("publish")(publish_command)
    app.command("reproduce")(reproduce_command)


def publish_command(
    folder: ResultsFolder,
    target: Annotated[Path, typer.Argument(metavar="RESULTS", help="For example results/NAME.")],
    protocol: Annotated[
        Path | None,
        typer.Option("--protocol", help="Default: experiments/NAME/protocol.md, if it is there."),
    ] = None,
    lang: PageLanguage = "en",
    replace: Annotated[
        bool, typer.Option("--replace", help="Replace published results of the same study.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Write what is committed of a finished study: measures, lock, pages."""
    from simdesign.run import load

    results = load(folder)
    default = Path("experiments") / results.study.name / "protocol.md"
    if protocol is not None and not protocol.is_file():
        raise SpecError("--protocol", str(protocol), "must be a file")
    found = protocol or (default if default.is_file() else None)
    said = publish(results, target, found, lang, replace=replace)
    if as_json:
        say_json(_plain(results, target))
        return
    say(said)


def _plain(results: "Results", target: Path) -> dict[str, Any]:
    from simdesign.stored import read_lock

    lock = read_lock(target)
    return {
        "study": results.study.name, "size": results.plan.size, "results": str(target),
        "bytes": sum(item.stat().st_size for item in target.iterdir()),
        "digest": lock["digest"], "protocol": lock["protocol"],
    }  # fmt: skip


def reproduce_command(
    published: PublishedFolder,
    out: Annotated[
        Path | None, typer.Option("--out", help="Results folder; default: runs/reproduce-NAME.")
    ] = None,
    workers: Workers = None,
    as_json: AsJson = False,
) -> int:
    """Run published results again and compare their measures."""
    comparison = reproduce(published, out, workers)
    if as_json:
        say_json(
            {
                "answer": comparison.answer, "measures": comparison.n_row,
                "largest_difference": comparison.largest,
                "differences": list(comparison.differences),
            }
        )  # fmt: skip
    else:
        say(comparison.lines())
    return 0 if comparison.answer != "different" else 1


def publish(
    results: "Results",
    target: Path,
    protocol: Path | None = None,
    lang: str = "en",
    *,
    replace: bool = False,
) -> list[str]:
    """Write the published form of a finished study; return what to say.

    Raises
    ------
    StoreError
        When replications are missing, or the place holds something else.
    """
    from simdesign.report import registered, write_page
    from simdesign.stored import PublishedPaths, write_published_table

    if lang not in ("en", "nl"):
        raise SpecError("--lang", lang, "must be en or nl")
    status = results.status()
    if status["missing"]:
        place = shlex.quote(str(results.folder))
        rule = f"misses {status['missing']} replications; simdesign resume {place} first"
        raise StoreError(str(results.folder), rule)
    _check_target(results, target, replace)
    text = protocol.read_text(encoding="utf-8") if protocol is not None else None
    if text is not None and registered(text) is None:
        raise SpecError("--protocol", str(protocol), "must be written by simdesign preregister")
    results.save()
    lock = _lock(results, text)
    target.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}."))
    try:
        made.chmod(0o755)
        paths = PublishedPaths(made)
        write_published_table(paths.measures, _sorted_measures(results))
        _write_json(paths.lock, lock)
        _write_close(paths.verdict, json.loads(results.store.verdict_path.read_text("utf-8")))
        later = found_later(results)
        for name, found in later.items():
            _write_close(made / name, found)
        _write_json(paths.circumstances, _circumstances(results, status))
        write_page(results.folder, lang, lock["digest"], to=paths.page, protocol=text)
        size = sum(f.stat().st_size for f in made.iterdir())
        others = (p for p in target.parent.rglob("*") if p.is_file())
        rest = sum(
            p.stat().st_size for p in others if made not in p.parents and target not in p.parents
        )
        if size + rest > LARGEST:
            rule = f"would hold {(size + rest) / 1e6:.1f} MB with it; at most {LARGEST / 1e6:.0f}"
            raise StoreError(str(target.parent), rule)
        if target.exists():
            shutil.rmtree(target)
        os.rename(made, target)  # noqa: PTH104 - refuses a folder that appeared meanwhile
    except BaseException:
        shutil.rmtree(made, ignore_errors=True)
        raise
    said = {True: "they match it", False: "they do not match it", None: "none"}
    return [
        f"{target}: {size / 1e6:.2f} MB",
        f"digest: {lock['digest']}",
        *(
            f"left out: {path.name}, which is of other rows or other code; call its command again"
            for path, _ in _later(results)
            if path.exists() and path.name not in later
        ),
        f"protocol: {said[lock['protocol']['matches']]}",
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Published measures against measures that were computed anew."""

    answer: str
    """``identical``, ``equal within 1e-9`` or ``different``."""
    n_row: int
    largest: float
    """Largest relative difference of a number."""
    differences: tuple[str, ...]

    def lines(self) -> list[str]:
        """Return the comparison in words."""
        text = f"{self.answer}: {self.n_row} measures"
        if self.answer != "identical":
            text += f", largest relative difference {self.largest:.3g}"
        return [text, *self.differences[:5]]


def reproduce(published: Path, out: Path | None = None, workers: int | None = None) -> Comparison:
    """Run the study of published results and compare the table of measures.

    Raises
    ------
    StoreError
        When the place holds no published results.
    """
    from simdesign.run import LocalBackend, Published, Store, run_plan
    from simdesign.stored import PublishedPaths

    plan = Published(published).plan
    old = _published_measures(PublishedPaths(published).measures)
    store = Store(out or Path("runs") / f"reproduce-{plan.study.name}")
    results = run_plan(plan, store, LocalBackend(workers), quiet=False)
    return compare(old, _sorted_measures(results))


def compare(old: str, new: str) -> Comparison:
    """Compare two sorted tables of measures."""
    n_row = max(len(old.splitlines()) - 1, 0)
    if old == new:
        return Comparison(answer="identical", n_row=n_row, largest=0.0, differences=())
    mine, theirs = (
        {tuple(row[key] for key in _KEYS): row for row in csv.DictReader(io.StringIO(text))}
        for text in (old, new)
    )
    said = [f"only published: {_named(key)}" for key in mine.keys() - theirs.keys()]
    said += [f"only computed now: {_named(key)}" for key in theirs.keys() - mine.keys()]
    largest = math.inf if said else 0.0
    for key in sorted(mine.keys() & theirs.keys()):
        for name in mine[key]:
            gap = _gap(mine[key][name], theirs[key].get(name, ""))
            largest = max(largest, gap)
            if gap > TOLERANCE:
                values = f"{mine[key][name]} published, {theirs[key].get(name, '')} now"
                said.append(f"{name} of {_named(key)}: {values}")
    answer = "different" if said else "equal within 1e-9"
    return Comparison(answer=answer, n_row=n_row, largest=largest, differences=tuple(said))


def _published_measures(path: Path) -> str:
    """Return the table of measures, refused before anything is run if it is none."""
    from simdesign.stored import read_published_table

    text = read_published_table(path)
    columns = next(csv.reader(io.StringIO(text)), [])
    for name in _KEYS:
        if name not in columns:
            raise StoreError(str(path), f"must have the column {name!r}")
    return text


def _check_target(results: "Results", target: Path, replace: bool) -> None:
    from simdesign.stored import read_lock

    if not target.exists():
        return
    if not target.is_dir():
        raise StoreError(str(target), "must be a folder")
    if not any(target.iterdir()):
        return
    name = read_lock(target)["study"].get("name")
    if name != results.study.name:
        raise StoreError(str(target), f"holds results of another study ({name})")
    if not replace:
        raise StoreError(str(target), "holds published results; --replace replaces them")


def _lock(results: "Results", protocol: str | None) -> dict[str, Any]:
    from simdesign.report import registered, standing
    from simdesign.stored import LOCK_FORMAT

    manifest = results.store.manifest()
    origin = manifest["provenance"]
    found = None if protocol is None else registered(protocol)
    how = standing(protocol, results.study, results.plan.size, manifest)
    matches = None if how == "none" else how == "matches"
    return {
        "simdesign": LOCK_FORMAT,
        "study": manifest["study"],
        "study_hash": manifest["study_hash"],
        "size": manifest["size"],
        "replications": manifest["replications"],
        "target": manifest.get("target"),
        "own_parts": manifest.get("own_parts"),
        "seed": results.study.seed,
        "digest": results.digest(),
        "code": manifest["code"],
        "kernels": origin.get("kernels", ""),
        "protocol": {"hash": None if found is None else found.hash, "matches": matches},
        "versions": {k: v for k, v in origin.items() if k not in ("host", "code", "kernels")},
    }


def found_later(results: "Results") -> dict[str, dict[str, Any]]:
    """Return what later commands stored of these very rows, by the name of its file."""
    from simdesign.stored import read_of_state

    state = results.state()
    found = {path.name: read_of_state(path, form, state) for path, form in _later(results)}
    return {name: content for name, content in found.items() if content is not None}


def _later(results: "Results") -> list[tuple[Path, type["Record"]]]:
    """Return the files of later commands."""
    from simdesign.stored import ExploreFile, OptionsFile, Paths, StabilityFile

    paths = Paths(results.folder)
    return [
        (paths.stability, StabilityFile), (paths.options, OptionsFile),
        (paths.explore, ExploreFile),
    ]  # fmt: skip


def _circumstances(results: "Results", status: dict[str, Any]) -> dict[str, Any]:
    return {
        "seconds_in_tasks": status["seconds"],
        "replications": status["replications"],
        "rows": status["rows"],
        "machine": results.store.manifest()["provenance"].get("machine", ""),
    }


def _sorted_measures(results: "Results") -> str:
    """Return the headline measures with 12 significant digits, rows in order of their text."""
    from simdesign.report import headline

    table, is_read = results.assessment().table, headline(results.study)
    columns = [name for name in table.columns if name not in DERIVED]
    rows = [
        [_text(row[name]) for name in columns]
        for row in table.rows
        if is_read(
            row["measure"], estimator=row["estimator"], threshold=row["threshold"],
            budget=row["budget"], horizon=row["horizon"], paired=bool(row["compared_with"]),
        )
    ]  # fmt: skip
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(sorted(rows))
    return out.getvalue()


def _text(value: Any) -> str:
    if isinstance(value, float):
        return "" if math.isnan(value) else f"{value:.12g}"
    return str(value)


def _gap(one: str, other: str) -> float:
    """Return the relative difference of two fields; infinite where one is no number."""
    if one == other:
        return 0.0
    try:
        a, b = float(one), float(other)
    except ValueError:
        return math.inf
    return abs(a - b) / max(abs(a), abs(b), 1.0)


def _named(key: Sequence[str]) -> str:
    return ", ".join(word for word in key if word)


def _write_close(path: Path, content: Any) -> None:
    """Write JSON for programs: no spaces, and the digits of the table of measures."""
    short = json.loads(json.dumps(content), parse_float=lambda text: float(f"{float(text):.12g}"))
    text = json.dumps(short, ensure_ascii=False, separators=(",", ":"))
    path.write_text(text + "\n", encoding="utf-8")


def _write_json(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
