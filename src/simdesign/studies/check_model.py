"""The command ``simdesign check-model``: whether a study's Bayesian estimators are calibrated."""

import csv
import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from simdesign.errors import SpecError, StoreError
from simdesign.studies import completion
from simdesign.studies.arguments import AsJson, StudyFile
from simdesign.studies.console import answer_only, note, say, say_json
from simdesign.studies.preregister import FILE

if TYPE_CHECKING:  # imported late, so that help stays quick
    from simdesign.spec.study import Study
    from simdesign.studies.calibration.check import Check

LEAST_DRAWS = 100
"""Fewer say nothing."""


def register(app: typer.Typer) -> None:
    """Add the command to an application."""
    app.command("check-model")(check_model_command)


def check_model_command(
    study_file: StudyFile,
    draws: Annotated[
        int | None,
        typer.Option("--draws", help="Draws of an exact engine's model; default: by size."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Results folder; default: runs/NAME.")
    ] = None,
    size: Annotated[
        str,
        typer.Option(
            "--size",
            autocompletion=completion.one_of("quick", "full"),
            help="quick or full: 1000 or 10,000 draws.",
        ),
    ] = "quick",
    as_json: AsJson = False,
) -> None:
    """Draw data from each Bayesian estimator's own model, fit them and test the calibration.

    Exit status 1: not checked, a test was rejected or a fit failed.
    """
    from simdesign.spec.study import Study
    from simdesign.studies.calibration.check import DRAWS, check_study
    from simdesign.studies.calibration.words import plain_check, verdict_of

    if size not in DRAWS:
        raise SpecError("--size", size, f"must be one of {', '.join(DRAWS)}")
    if draws is not None and draws < LEAST_DRAWS:
        raise SpecError("--draws", draws, f"must be at least {LEAST_DRAWS}")
    study = Study.from_toml(study_file)
    folder = out if out is not None else Path("runs") / study.name
    check_folder(folder, study)
    with answer_only():
        found = check_study(
            study, size, DRAWS[size] if draws is None else draws,
            say=None if as_json else note,
        )  # fmt: skip
    options = f" --size {size}" + ("" if draws is None else f" --draws {draws}")
    protocol = protocol_of(study, size, study_file.parent / FILE) if draws is None else None
    command = f"simdesign check-model {study_file.as_posix()}{options}"
    paths = write(found, folder, command, protocol)
    if as_json:
        say_json(plain_check(found, full=True))
        raise typer.Exit(0 if found.checked else 1)
    say(verdict_of(found))
    for cell, test, p in found.rejected:
        say(f"  {cell.name}: {test.quantity} {test.test}, p {test.p:.2g}, adjusted {p:.2g}")
    for path in paths:
        say(f"written: {path}")
    raise typer.Exit(0 if found.checked else 1)


def protocol_of(study: "Study", size: str, path: Path) -> str | None:
    """Return the hash of the registered protocol that this check is; None when it is of none."""
    from simdesign.report import registered
    from simdesign.spec.protocol import protocol_hash

    found = registered(path.read_text(encoding="utf-8")) if path.is_file() else None
    is_this = found is not None and (found.hash, found.size) == (protocol_hash(study, size), size)
    return found.hash if found is not None and is_this else None


def check_folder(folder: Path, study: "Study") -> None:
    """Accept a folder that is absent, holds a check only, or the results of the same study.

    Raises
    ------
    StoreError
        For anything else; the folder is left as it is.
    """
    from simdesign.run import Store
    from simdesign.stored import MODEL_CHECK

    if not folder.exists():
        return
    if not folder.is_dir():
        raise StoreError(str(folder), "must be a folder")
    if all(item.name.startswith(MODEL_CHECK) for item in folder.iterdir()):
        return
    name = Store(folder).manifest()["study"].get("name")
    if name != study.name:
        rule = f"holds another study (name {name!r}, not {study.name!r}); choose another --out"
        raise StoreError(str(folder), rule)


def write(check: "Check", folder: Path, command: str, protocol: str | None = None) -> list[Path]:
    """Write ``model_check`` as JSON (for the page), Markdown and CSV tables into a folder.

    ``protocol``: hash of the registered protocol that the check is, if it is of one.
    """
    from simdesign.run import write_atomic
    from simdesign.stored import MODEL_CHECK, Paths
    from simdesign.studies.calibration import words

    tables = (
        ("tests", words.TEST_COLUMNS, words.test_rows(check)),
        ("frequencies", words.FREQUENCY_COLUMNS, words.frequency_rows(check)),
        ("curves", words.CURVE_COLUMNS, words.curve_rows(check)),
    )
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SpecError("--out", str(folder), f"must be a folder ({error.strerror})") from None
    whole = Paths(folder).model_check
    paths = [whole, whole.with_suffix(".md")]
    content = words.plain_check(check) | {"protocol": protocol}
    write_atomic(paths[0], (json.dumps(content, indent=1) + "\n").encode())
    write_atomic(paths[1], words.markdown_of(check, command, protocol).encode())
    for name, columns, rows in tables:
        paths.append(folder / f"{MODEL_CHECK}_{name}.csv")
        write_atomic(paths[-1], _csv(columns, rows).encode())
    return paths


def _csv(columns: tuple[str, ...], rows: Iterable[dict[str, Any]]) -> str:
    import io

    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows({k: "" if v is None else v for k, v in row.items()} for row in rows)
    return text.getvalue()
