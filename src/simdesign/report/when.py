"""When would we know: the curves of the adviser's page, in few panels for both languages."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from simdesign.report.adviser import AdviserWords
from simdesign.report.central import central
from simdesign.report.select import POWER_YEARS, Selection
from simdesign.report.tables import Table
from simdesign.report.texts import LANGUAGES, Texts

if TYPE_CHECKING:
    from simdesign.report.figures.bilingual import BothPanel

MOST_LEVELS = 3
MOST_DESIGNS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class WhenFigure:
    """The curves of one substance."""

    title: dict[str, str]
    intro: dict[str, str]
    others: bool
    """Whether designs are left out."""
    panels: "tuple[BothPanel, ...]"
    tables: dict[str, Table]


def when_figure(selection: Selection) -> WhenFigure | None:
    """Return the curves of a change; None where the measures hold none.

    The change is that nearest the typical one which was simulated at every level that is shown.
    The lowest, the central and the highest level of the shared error, the judged design and those
    that notice most.
    """
    from simdesign.report.figures import chosen_designs, delay_figure
    from simdesign.report.figures.bilingual import both_panels

    folder, levels = selection.folder, shown_levels(selection)
    change = _shown_change(selection, levels)
    if math.isnan(change):
        return None
    levels = [level for level in levels if _is_simulated(selection, change, level)]
    designs = chosen_designs(folder, selection.substance, MOST_DESIGNS)
    drawn = {
        lang: delay_figure(selection, change, Texts(lang), levels=levels, designs=designs)
        for lang in LANGUAGES
    }
    english, dutch = drawn["en"], drawn["nl"]
    if english is None or dutch is None:
        return None
    words = {lang: AdviserWords(folder, lang) for lang in LANGUAGES}
    return WhenFigure(
        title={lang: Texts(lang).heading(selection.substance) for lang in LANGUAGES},
        intro={lang: _intro(item, selection, change) for lang, item in words.items()},
        others=len(designs) < len(folder.designs),
        panels=both_panels(english[0], dutch[0]),
        tables={"en": english[1], "nl": dutch[1]},
    )


def _intro(words: AdviserWords, selection: Selection, change: float) -> str:
    """Return what the curves are of, and why of another change than the figures above."""
    said, typical = words.own("when.intro", change=words.change(change)), selection.typical_change
    if change == typical or math.isnan(typical):
        return said
    return f"{said} {words.own('when.other', typical=words.change(typical))}"


def _shown_change(selection: Selection, levels: Sequence[float]) -> float:
    typical = selection.typical_change
    nearest = sorted(selection.changes, key=lambda change: abs(change - typical))
    whole = (
        change
        for change in nearest
        if all(_is_simulated(selection, change, level) for level in levels)
    )
    return next(whole, typical)


def _is_simulated(selection: Selection, change: float, level: float) -> bool:
    """Say whether a study has a change at a level: it may leave out some combinations."""
    folder = selection.folder
    found = selection.one(
        "power", shared=level, design=folder.study.decision.reference, estimator=folder.judging,
        threshold="operating", horizon=POWER_YEARS, change=change,
    )  # fmt: skip
    return not math.isnan(found.value)


def shown_levels(selection: Selection) -> list[float]:
    """Return the lowest, the central and the highest level of the shared error.

    Where the central level is an end, the middle one of those studied stands between.
    """
    levels = selection.levels
    if len(levels) <= MOST_LEVELS:
        return levels
    centre = central(selection.substance, levels).level
    if centre in (levels[0], levels[-1]):
        centre = levels[len(levels) // 2]
    return [levels[0], centre, levels[-1]]
