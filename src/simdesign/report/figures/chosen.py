"""Which designs a figure shows where a study has more than can be told apart."""

import math

from simdesign.report.figures.style import COLOURS
from simdesign.report.folder import Folder
from simdesign.report.select import POWER_YEARS, Selection, middle_cell


def chosen_designs(folder: Folder, substance: str, most: int = len(COLOURS)) -> tuple[str, ...]:
    """Return the judged design and those that notice most of a typical change, in study order."""
    if len(folder.designs) <= most:
        return folder.designs
    selection = Selection(folder, substance, middle_cell(folder))
    change = selection.typical_change
    power = {name: _mean_power(selection, name, change) for name in folder.designs}
    order = sorted(folder.designs, key=lambda name: -power[name])
    reference = folder.study.decision.reference
    kept = {reference, *[name for name in order if name != reference][: most - 1]}
    return tuple(name for name in folder.designs if name in kept)


def shown_designs(folder: Folder, substance: str) -> dict[str, int]:
    """Return the designs that figures draw, each with the number of its colour, dash and shape.

    A study of few designs draws all of them; the table beside a figure always has all.
    """
    return {name: number for number, name in enumerate(chosen_designs(folder, substance))}


def _mean_power(selection: Selection, design: str, change: float) -> float:
    found = [
        selection.one(
            "power", shared=shared, design=design, estimator=selection.folder.judging,
            threshold="operating", horizon=POWER_YEARS, change=change,
        ).value
        for shared in selection.levels
    ]  # fmt: skip
    known = [value for value in found if math.isfinite(value)]
    return sum(known) / len(known) if known else -1.0
