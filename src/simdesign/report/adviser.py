"""The adviser's page: what one language says of it, from measures and verdicts."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from markupsafe import Markup

from simdesign.evaluate import Code, Verdict
from simdesign.report.folder import Folder
from simdesign.report.frequencies import TYPICAL_CHANGE, frequency_sentences
from simdesign.report.icons import icon_array
from simdesign.report.likelihood import ADVISER, word
from simdesign.report.names import cell_world, design_names, level, size
from simdesign.report.numbers import of_hundred, percent
from simdesign.report.select import POWER_YEARS, Cell, Selection, Value
from simdesign.report.texts import Texts
from simdesign.report.verdicts import Group, Wording, groups_of
from simdesign.spec.departures import DEFAULT, DEPARTURE
from simdesign.spec.local import ExactLocal
from simdesign.spec.shipped import shipped_draws


@dataclass(frozen=True, slots=True, kw_only=True)
class SubstanceVerdict:
    """What is said of one substance: two sentences per question."""

    title: str
    answers: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...]
    """Heading, codes in order of the shared error, sentences; of each question."""
    robust: str
    """The same over all worlds; empty with one."""
    open_level: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Icons:
    """One hundred programmes, and the sentence that says the same."""

    picture: Markup
    text: str


def is_local(folder: Folder) -> bool:
    """Return whether the study is about one city."""
    return isinstance(folder.study.estimators.get(folder.judging), ExactLocal)


def central_level(substance: str, levels: Sequence[float]) -> tuple[float, bool]:
    """Return the level of the shared error nearest what was measured, and whether it was.

    Without draws of real measurements, or without levels, the middle one.
    """
    known = [x for x in levels if math.isfinite(x)]
    if not known:
        return math.nan, False
    for table in shipped_draws(substance):
        if "sigma_shared" in table.fields:
            values = sorted(table.fields["sigma_shared"])
            median = values[len(values) // 2]
            return min(known, key=lambda x: abs(x - median)), True
    return sorted(known)[len(known) // 2], False


class AdviserWords:
    """Sentences of one language."""

    def __init__(self, folder: Folder, lang: str) -> None:
        self.folder, self.lang = folder, lang
        self.texts, self.own = Texts(lang), Texts(lang, ADVISER)
        self.names = design_names(folder.study, self.texts)
        self.wording = Wording(lang, folder.study)

    def where(self, substance: str, shared: float, levels: Sequence[float]) -> str:
        """Return the world of a number as the start of a sentence."""
        if not math.isfinite(shared):
            return self.own("page.this_world")
        said = self.own("page.at_level", level=level(shared, self.texts))
        if len(levels) > 1 and central_level(substance, levels) == (shared, True):
            said += f" ({self.own('page.middle')})"
        return said

    def verdicts(self, cell: Cell) -> list[SubstanceVerdict]:
        """Return the verdict on every substance, in the world of the figures."""
        shown = cell_world(self.folder.study, cell, self.texts)
        own = [v for v in self.folder.verdicts if v.world.get(DEPARTURE, DEFAULT) == DEFAULT]
        groups = groups_of(own, self.texts)
        found = []
        for substance in self.folder.substances:
            mine = [group for group in groups if group.substance == substance]
            if not mine:
                continue
            main = next((group for group in mine if group.world == shown), mine[0])
            found.append(
                SubstanceVerdict(
                    title=self.texts.substance(substance), answers=tuple(self._answers(main)),
                    robust=self._robust(substance, mine) if len(mine) > 1 else "",
                    open_level="" if is_local(self.folder) else self.wording.open_level(substance),
                )
            )  # fmt: skip
        return found

    def _answers(self, group: Group) -> list[tuple[str, tuple[str, ...], tuple[str, ...]]]:
        found = []
        for topic, threshold in (("picture", ""), ("break", "operating")):
            column = group.column(topic, threshold)
            head = self.own(f"verdict.{topic}_head")
            if column:
                codes = tuple(dict.fromkeys(item.code.value for item in column))
                found.append((head, codes, self._two(group.substance, topic, column)))
            elif topic == "break":
                found.append((head, (), (self.wording.no_break_judged(group.substance),)))
        return found

    def _two(self, substance: str, topic: str, column: Sequence[Verdict]) -> tuple[str, ...]:
        """Return two sentences: the verdict at every level, and the numbers at the central one."""
        reference = self.names[self.folder.study.decision.reference]
        first = self.own(
            f"verdict.{topic}", substance=self.texts.substance(substance), reference=reference,
            parts=self._parts(column),
        )  # fmt: skip
        levels = [item.sigma_shared for item in column]
        shared, _ = central_level(substance, levels)
        item = next((v for v in column if v.sigma_shared == shared), column[len(column) // 2])
        if not math.isfinite(item.reference_value):
            return first, " ".join(self.wording.missing(item))
        more = {"smallest": percent(self.wording.margin.smallest_change, self.lang)}
        second = self.own(
            f"verdict.{topic}_numbers", where=self.where(substance, item.sigma_shared, levels),
            mine=of_hundred(item.reference_value, 0.0, self.lang),
            mine_word=word(item.reference_value, self.lang),
            best=self.wording.design(item.best),
            theirs=of_hundred(item.best_value, 0.0, self.lang),
            theirs_word=word(item.best_value, self.lang), **(more if topic == "break" else {}),
        )  # fmt: skip
        return first, second

    def _parts(self, column: Sequence[Verdict]) -> str:
        runs = [
            (code, [item.sigma_shared for item in run])
            for code, run in groupby(column, key=lambda item: item.code)
        ]
        if len(column) == 1 and not math.isfinite(column[0].sigma_shared):
            return self.own(f"verdict.{column[0].code.value}")
        said = []
        for code, levels in runs:
            low, high = (level(x, self.texts) for x in (levels[0], levels[-1]))
            key = "everywhere" if len(runs) == 1 else "somewhere"
            key = "at_one" if len(levels) == 1 else key
            text = self.own(f"verdict.{Code(code).value}")
            values = {"code": text, "low": low}
            said.append(
                self.own(f"verdict.{key}", **values, **({"high": high} if key != "at_one" else {}))
            )
        return self.own("verdict.join").join(said)

    def _robust(self, substance: str, groups: Sequence[Group]) -> str:
        """Return how often each answer was given over all worlds."""
        said, n = {}, 0
        for key, topic, threshold in (("picture", "picture", ""), ("breaks", "break", "operating")):
            items = [item for group in groups for item in group.column(topic, threshold)]
            counts = Counter(item.code.value for item in items)
            n = max(n, len(items))
            parts = [
                self.own("verdict.count", code=self.texts(f"verdict.{code}"), n=str(number))
                for code, number in counts.most_common()
            ]
            said[key] = ", ".join(parts) or self.own("verdict.nothing")
        return self.own(
            "verdict.robust", n=str(n), substance=self.texts.substance(substance), **said
        )

    def icons(self, selection: Selection) -> tuple[str, list[Icons]]:
        """Return a heading and the arrays of one substance at the central level; maybe none."""
        shared, _ = central_level(selection.substance, selection.levels)
        change = selection.change_near(TYPICAL_CHANGE)
        where = self.where(selection.substance, shared, selection.levels)
        where = where[0].lower() + where[1:]
        head = self.own(
            "icons.where", substance=self.texts.substance(selection.substance), where=where
        )
        found = []
        for design in self.compared(selection, shared, change):
            hit = self._value(selection, "power", design, shared, change)
            false = self._value(selection, "false_alarm_prob", design, shared)
            for value, text in (
                (hit, self._noticed(selection, design, change, hit)),
                (false, self._counted("icons.false", design, false)),
            ):
                if math.isfinite(value.value):
                    found.append(Icons(picture=icon_array(value.value), text=text))
        return head, found

    def compared(self, selection: Selection, shared: float, change: float) -> list[str]:
        """Return the judged design and the other one that notices most of a change."""
        reference = self.folder.study.decision.reference
        others = {
            name: value
            for name in self.folder.designs
            if name != reference
            and math.isfinite(value := self._value(selection, "power", name, shared, change).value)
        }
        return [reference, *([max(others, key=lambda name: others[name])] if others else [])]

    def _value(
        self, selection: Selection, measure: str, design: str, shared: float,
        change: float = math.nan,
    ) -> Value:  # fmt: skip
        role = "alternative" if measure == "power" else "null_world"
        horizon = POWER_YEARS if measure == "power" else math.nan
        return selection.one(
            measure, shared=shared, design=design, estimator=self.folder.judging,
            threshold="operating", role=role, change=change, horizon=horizon,
        )  # fmt: skip

    def _noticed(self, selection: Selection, design: str, change: float, value: Value) -> str:
        yearly = selection.yearly(change)
        if math.isfinite(yearly):
            return self._counted(
                "icons.noticed_slope", design, value, yearly=size(yearly, self.texts)
            )
        return self._counted("icons.noticed", design, value, change=self.change(change))

    def change(self, change: float) -> str:
        """Return a change as a noun: a rise of 30 %."""
        key = "icons.rise" if change > 0 else "icons.fall"
        return self.own(key, size=percent(abs(change), self.lang))

    def _counted(self, key: str, design: str, value: Value, **more: str) -> str:
        low, high = (of_hundred(x, 0.0, self.lang) for x in (value.low, value.high))
        text = self.own(
            key, design=self.names[design], n=of_hundred(value.value, value.mcse, self.lang),
            low=low, high=high, word=word(value.value, self.lang), **more,
        )  # fmt: skip
        return text[0].upper() + text[1:]

    def frequencies(self, selections: Sequence[Selection]) -> list[dict[str, Any]]:
        """Return arrays and sentences of every substance that has any."""
        found = []
        for selection in selections:
            lines = frequency_sentences(selection, self.texts)
            if not lines:
                continue
            head, arrays = self.icons(selection)
            found.append({"title": head, "icons": arrays, "lines": lines})
        return found
