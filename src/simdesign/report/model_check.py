"""The stamp of a page: whether the models behind its numbers were checked, and the evidence.

A check counts when it was made with the kernels that computed the results and with the same
description of the estimator and substance. It lies in the results folder, or among committed
results (``results/model_check`` and other folders whose name begins so).
"""

import contextlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simdesign.errors import StoreError
from simdesign.report.folder import Folder
from simdesign.report.names import estimator_names
from simdesign.report.numbers import general, number
from simdesign.report.tables import Table
from simdesign.report.texts import Texts, capital
from simdesign.spec.model_hash import design_hash, is_bayesian, model_hash
from simdesign.stored import MODEL_CHECK, ModelCheck, Paths, read_plain

COMMITTED = Path("results")
"""Where committed checks lie, each in a folder whose name begins with that of the check."""


type Cells = frozenset[tuple[str, str, str, str]]
"""Estimator, design, substance and look of what was checked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """What the page shows."""

    checked: bool
    title: str
    reasons: tuple[str, ...]
    """Why not, one line for each estimator and substance; or on which designs it was checked."""
    brief: tuple[str, ...]
    """The same for a page: without what was only never checked."""
    evidence: Table | None
    checks: tuple[tuple[Path, Cells], ...] = ()
    """Where checks lie that count, or that come nearest, and what each has of this study."""
    judging: frozenset[str] = frozenset()
    """Names that the estimator which judges has in the check: not those of the study."""


def stamp_of(folder: Folder, texts: Texts) -> Stamp:
    """Return the stamp of a results folder's page."""
    found = list(_checks(folder.path))
    names = estimator_names(folder.study, texts)
    reasons: list[str] = []
    grave: list[str] = []
    shown: list[dict[str, Any]] = []
    places: dict[Path, Cells] = {}
    judging: set[str] = set()
    wanted = [
        (name, spec, substance)
        for name, spec in folder.study.estimators.items()
        if is_bayesian(spec)
        for substance in folder.substances
    ]
    for name, spec, substance in wanted:
        key = model_hash(spec, substance)
        cells, why, place = _best(found, key, _kernels(folder))
        shown += cells
        if name == folder.judging:
            judging |= {str(cell["estimator"]) for cell in cells}
        if place is not None:
            places[place] = places.get(place, frozenset()) | _keys(cells)
        if why:
            label = f"{capital(names[name])}, {texts.substance(substance)}"
            reasons.append(texts(f"stamp.{why}", estimator=label))
            grave += [reasons[-1]] if why != "absent" else []
    if not wanted:
        reasons.append(texts("stamp.nothing"))
    checked = not reasons
    if checked:
        reasons.append(texts("stamp.own" if _own_designs(folder, shown) else "stamp.other"))
    brief = reasons if checked or not wanted else [*grave, texts("stamp.see_methods")]
    return Stamp(
        checked=checked,
        title=texts("stamp.checked" if checked else "stamp.not_checked"),
        reasons=tuple(dict.fromkeys(reasons)),
        brief=tuple(dict.fromkeys(brief)),
        evidence=_evidence(shown, texts) if shown else None,
        checks=tuple(places.items()),
        judging=frozenset(judging),
    )


def _keys(cells: Iterable[Mapping[str, Any]]) -> Cells:
    return frozenset(
        (cell["estimator"], cell["design"], cell["substance"], str(cell["look"])) for cell in cells
    )


def _kernels(folder: Folder) -> str:
    return str(folder.manifest.get("provenance", {}).get("kernels", ""))


def _checks(path: Path) -> Iterable[tuple[Path, dict[str, Any]]]:
    """Yield the checks that can be found with their places, the folder's own first.

    What cannot be read is none.
    """
    committed = [*(parent / COMMITTED for parent in path.resolve().parents), COMMITTED]
    places = [
        Paths(path).model_check,
        *(
            Paths(folder).model_check
            for results in committed
            for folder in sorted(results.glob(f"{MODEL_CHECK}*"))
        ),
    ]
    seen: set[Path] = set()
    for place in places:
        whole = place.resolve()
        if whole in seen or not whole.is_file():
            continue
        seen.add(whole)
        with contextlib.suppress(FileNotFoundError, StoreError):
            yield whole.parent, read_plain(whole, ModelCheck)


def _best(
    checks: list[tuple[Path, dict[str, Any]]], key: str, kernels: str
) -> tuple[list[dict[str, Any]], str, Path | None]:
    """Return the cells of the first check that counts, why it is not enough (empty: it is), where.

    Without any, no cells, the reason and None.
    """
    why = "absent"
    for place, check in checks:
        cells = [cell for cell in check["cells"] if cell["model_hash"] == key]
        if not cells:
            continue
        if check["kernels"] != kernels:
            why = "kernels"
            continue
        if any(cell["rejected"] for cell in cells):
            return cells, "rejected", place
        if any(cell["n_failed"] for cell in cells):
            return cells, "failed", place
        return cells, "", place
    return [], why, None


def _own_designs(folder: Folder, cells: list[dict[str, Any]]) -> bool:
    """Say whether every design of the study is among the checked ones."""
    towns = next(folder.study.scenarios(folder.size)).world.catchments
    places = [(town.name, float(town.population)) for town in towns]
    checked = {cell["design_hash"] for cell in cells}
    programme = folder.study.programme
    return all(
        design_hash(design, programme, places) in checked
        for design in folder.study.designs.values()
    )


def _evidence(cells: list[dict[str, Any]], texts: Texts) -> Table:
    lang = texts.lang
    rows = []
    for cell in cells:
        coverage = number(100.0 * cell["coverage"], lang, 1)
        error = number(100.0 * cell["coverage_mcse"], lang, 1)
        smallest = cell["smallest_p"]
        rows.append(
            (
                str(cell["estimator"]), str(cell["design"]), texts.substance(cell["substance"]),
                str(cell["look"]), str(cell["n"]), str(cell["n_test"]),
                ", ".join(cell["rejected"]) or "0", f"{coverage} ({error})",
                "" if smallest is None else general(smallest, lang),
            )
        )  # fmt: skip
    heads = ("estimator", "design", "substance", "look", "draws", "tests", "rejected_head",
             "coverage", "smallest")  # fmt: skip
    return Table(
        caption=texts("stamp.evidence"),
        columns=tuple(texts(f"stamp.{head}") for head in heads),
        rows=tuple(rows),
        n_head=4,
    )
