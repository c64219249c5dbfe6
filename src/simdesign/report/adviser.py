"""The adviser's page: what one language says of it, from measures and verdicts."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import Any

import numpy as np
from markupsafe import Markup

from simdesign.evaluate import Code, Verdict
from simdesign.evaluate.measure import Z95
from simdesign.report.central import central
from simdesign.report.folder import Folder
from simdesign.report.frequencies import frequency_sentences
from simdesign.report.icons import icon_array
from simdesign.report.likelihood import ADVISER, word
from simdesign.report.names import cell_world, change_name, design_names, level, moves
from simdesign.report.numbers import of_hundred, percent, rounded
from simdesign.report.select import POWER_YEARS, Cell, Selection, Value
from simdesign.report.texts import Texts, capital, lower
from simdesign.report.verdicts import Group, Wording, groups_of
from simdesign.spec.attribution import mechanism_name
from simdesign.spec.departures import DEFAULT, DEPARTURE
from simdesign.spec.local import LARGEST, ExactLocal

type Badge = tuple[str, str]
"""Code of a verdict, and the levels of the shared error at which it was given; maybe none."""

MOST_CHANGES = 5
"""Up to so many changes are named; beyond it they are counted."""
MANY = 150
"""From so many programmes on an interval is at most eight of 100 to either side."""
WORTH_SAYING = 0.005
"""Below this a share is 0 of 100."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SubstanceVerdict:
    """What is said of one substance: two sentences per question."""

    title: str
    shown_level: str
    """Where the numbers hold; empty in a study without levels of the shared error."""
    answers: tuple[tuple[str, tuple[Badge, ...], tuple[str, ...]], ...]
    """Heading, badges in order of the shared error, sentences; of each question."""
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


type Errors = Mapping[tuple[str, str, str, str, str], float]
"""Measure, scenario, substance, design and threshold -> Monte Carlo error."""


def mean_error(item: Verdict, errors: Errors, *, reference: bool) -> float:
    """Return the Monte Carlo error of a verdict's mean over the changes, at most.

    The means over changes are of replications that share their random numbers, so that the errors
    add up at worst. One that the table does not have is at most sqrt(p (1 - p) / n), for a share
    and for every mean of numbers between 0 and 1.

    Parameters
    ----------
    item : Verdict
    errors : mapping
        Those of the table of measures.
    reference : bool
        Of the judged design; else of the best other one.
    """
    kind = "power" if item.topic == "break" else "large_error_prob"
    found = []
    for loss in item.losses:
        if (loss.measure, loss.other) != (kind, item.best):
            continue
        design = item.reference if reference else item.best
        value = loss.reference_value if reference else loss.other_value
        most = math.sqrt(value * (1.0 - value) / loss.n_rep) if loss.n_rep else math.nan
        key = (kind, loss.scenario, item.substance, design, item.threshold)
        found.append(errors.get(key, most))
    return sum(found) / len(found) if found else math.nan


def errors_of(folder: Folder) -> Errors:
    """Return the errors of what verdicts are about, as the table of measures has them."""
    frame = folder.measures
    mine = frame[
        frame["measure"].isin(("power", "large_error_prob"))
        & (frame["horizon"] == POWER_YEARS) & (frame["compared_with"] == "")
        & frame["estimator"].isin(("", folder.judging))
        & (frame["budget"].isna() | ((frame["budget"] - folder.budget).abs() < 1e-9))
        & np.isfinite(frame["mcse"])
    ]  # fmt: skip
    columns = ("measure", "scenario", "substance", "design", "threshold", "mcse")
    return {
        (str(a), str(b), str(c), str(d), str(e)): float(error)
        for a, b, c, d, e, error in zip(*(mine[name].tolist() for name in columns), strict=True)
    }


class AdviserWords:
    """Sentences of one language."""

    def __init__(self, folder: Folder, lang: str) -> None:
        self.folder, self.lang = folder, lang
        self.texts, self.own = Texts(lang), Texts(lang, ADVISER)
        self.names = design_names(folder.study, self.texts)
        self.wording = Wording(lang, folder.study)

    @cached_property
    def errors(self) -> Errors:
        """Monte Carlo errors of what verdicts are about."""
        return errors_of(self.folder)

    def where(self, substance: str, shared: float, levels: Sequence[float]) -> str:
        """Return the world of a number as the start of a sentence."""
        if not math.isfinite(shared):
            return self.own("page.this_world")
        said = self.own("page.at_level", level=level(shared, self.texts))
        middle = self._middle(substance, shared, levels)
        return f"{said} ({middle})" if middle else said

    def _middle(self, substance: str, shared: float, levels: Sequence[float]) -> str:
        """Return how a level lies among what was studied and measured; empty for others."""
        middle = central(substance, levels)
        if len(levels) < 2 or not middle.measured or middle.level != shared:
            return ""
        return self.own("page.below" if middle.is_below else "page.middle")

    def _shown_level(self, group: Group) -> str:
        """Return at which level the numbers of the second sentences hold; empty without levels."""
        levels = sorted({item.sigma_shared for item in group.verdicts})
        shared = central(group.substance, levels).level
        if not math.isfinite(shared):
            return ""
        said, middle = level(shared, self.texts), self._middle(group.substance, shared, levels)
        if not middle:
            return self.own("verdict.numbers_at", level=said)
        return self.own("verdict.numbers_at_middle", level=said, middle=middle)

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
                    title=self.texts.heading(substance),
                    shown_level=self._shown_level(main), answers=tuple(self._answers(main)),
                    robust=self._robust(substance, mine) if len(mine) > 1 else "",
                    open_level="" if is_local(self.folder) else self._open_level(main),
                )
            )  # fmt: skip
        return found

    def _open_level(self, group: Group) -> str:
        """Return that the data do not fix the level, and how much lies beyond those studied."""
        levels = [item.sigma_shared for item in group.verdicts]
        said = self.wording.open_level(group.substance)
        middle = central(group.substance, levels)
        if not middle.beyond >= WORTH_SAYING:
            return said
        more = self.own(
            "verdict.beyond", beyond=percent(rounded(middle.beyond, 2), self.lang),
            level=level(max(levels), self.texts),
        )  # fmt: skip
        return f"{said} {more}"

    def _answers(self, group: Group) -> list[tuple[str, tuple[Badge, ...], tuple[str, ...]]]:
        found = []
        for topic, threshold in (("picture", ""), ("break", "operating")):
            column = group.column(topic, threshold)
            head = self.own(f"verdict.{topic}_head")
            if column:
                found.append(
                    (head, self._badges(column), self._two(group.substance, topic, column))
                )
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
        shared = central(substance, levels).level
        item = next((v for v in column if v.sigma_shared == shared), column[len(column) // 2])
        if not math.isfinite(item.reference_value):
            return first, " ".join(self.wording.missing(item))
        more = {}
        if topic == "break":
            more = {"changes": self._changes(item), "alarms": self._alarms(item)}
        second = self.own(
            f"verdict.{topic}_numbers", best=self.wording.design(item.best),
            mine=of_hundred(item.reference_value, 0.0, self.lang),
            mine_range=self._range(item, reference=True),
            theirs=of_hundred(item.best_value, 0.0, self.lang),
            their_range=self._range(item, reference=False), **more,
        )  # fmt: skip
        return first, second

    def _range(self, item: Verdict, *, reference: bool) -> str:
        """Return the 95 % interval of a verdict's mean, in numbers of 100, and its word."""
        value = item.reference_value if reference else item.best_value
        half = Z95 * mean_error(item, self.errors, reference=reference)
        low, high = (
            of_hundred(min(max(x, 0.0), 1.0), 0.0, self.lang) for x in (value - half, value + half)
        )
        return self.own("verdict.range", low=low, high=high, word=word(value, self.lang))

    def _changes(self, item: Verdict) -> str:
        """Return over which changes the numbers of a verdict are means."""
        kinds = {loss.scenario: (loss.size, loss.yearly) for loss in item.losses}
        found = dict.fromkeys(sorted(kinds.values(), key=lambda kind: kind[0]))
        if len(found) < len(kinds) or len(found) > MOST_CHANGES:
            smallest = percent(self.wording.margin.smallest_change, self.lang)
            scenarios = self.folder.study.scenarios(self.folder.size)
            mechanisms = {mechanism_name(x.change) for x in scenarios if x.name in kinds}
            by_mechanism = len(mechanisms) > 1
            key = "verdict.changes_by_mechanism" if by_mechanism else "verdict.changes"
            return self.own(key, n=self.texts.count(len(kinds)), smallest=smallest)
        said = [change_name(change, self.texts, yearly) for change, yearly in found]
        key = "verdict.change" if len(said) == 1 else "verdict.changes_named"
        return self.own(key, names=self.texts.all_of(said))

    def _alarms(self, item: Verdict) -> str:
        """Return the false alarms of the two in this very world; empty where it is no world."""
        mine, theirs = item.reference_false_alarm, item.best_false_alarm
        if not (math.isfinite(mine) and math.isfinite(theirs)):
            return ""
        return self.own(
            "verdict.alarms", mine=of_hundred(mine, 0.0, self.lang),
            theirs=of_hundred(theirs, 0.0, self.lang),
        )  # fmt: skip

    def _badges(self, column: Sequence[Verdict]) -> tuple[Badge, ...]:
        """Return every code of a column and, where there are several, at which levels."""
        codes = dict.fromkeys(item.code.value for item in column)
        found = []
        for code in codes:
            levels = [item.sigma_shared for item in column if item.code.value == code]
            known = len(codes) > 1 and all(map(math.isfinite, levels))
            ends = dict.fromkeys((levels[0], levels[-1])) if known else {}
            found.append((code, "\N{EN DASH}".join(level(x, self.texts) for x in ends)))
        return tuple(found)

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
            if len(counts) == 1:
                (code,) = counts
                parts = [self.own("verdict.count_all", code=self.texts(f"verdict.{code}"))]
            said[key] = self.texts.all_of(parts) or self.own("verdict.nothing")
        worlds = self.own("verdict.worlds_two") if n == 2 else self.own("verdict.worlds", n=str(n))
        return self.own(
            "verdict.robust", worlds=worlds, substance=self.texts.substance(substance), **said
        )

    def small(self, selections: Sequence[Selection]) -> str:
        """Return how few programmes the numbers of a small study come from; else nothing."""
        counts: dict[str, list[int]] = {"power": [], "false_alarm_prob": []}
        for selection in selections:
            shared = central(selection.substance, selection.levels).level
            for measure, found in counts.items():
                change = selection.typical_change if measure == "power" else math.nan
                value = self._value(
                    selection, measure, self.folder.study.decision.reference, shared, change
                )
                found += [value.n_rep] if value.n_rep else []
        n, null = (min(found, default=MANY) for found in counts.values())
        if min(n, null) >= MANY:
            return ""
        return self.own("verdict.small", n=str(n), null=str(null))

    def one_of(self) -> str:
        """Return that the worlds shown are one kind of several, in a study of options."""
        names = list(self.folder.other_factors)
        if self.folder.options is None or not names:
            return ""
        n = len(self.folder.measures[names].dropna().drop_duplicates())
        return self.own("verdict.one_of", n=str(n), heading=self.texts("options.heading"))

    def assumed_worlds(self) -> str:
        """Return that the worlds of the alarm limit are assumed; empty where they are estimated."""
        null = self.folder.study.null
        given = null.substances.values() if null is not None else ()
        return "" if all(item.estimate for item in given) else self.own("verdict.assumed_worlds")

    def searched(self, selection: Selection) -> str:
        """Return what is noticed of a city that is searched for afterwards; empty elsewhere."""
        study = self.folder.study
        found = [
            name
            for name, item in study.estimators.items()
            if isinstance(item, ExactLocal) and item.site == LARGEST and name != self.folder.judging
        ]
        if not found or not is_local(self.folder):
            return ""
        shared = central(selection.substance, selection.levels).level
        change = selection.typical_change
        designs = self.compared(selection, shared, change)
        values = [
            selection.one(
                "power", shared=shared, design=name, estimator=found[0], threshold="operating",
                change=change, horizon=POWER_YEARS,
            )
            for name in designs
        ]  # fmt: skip
        if len(values) < 2 or not all(math.isfinite(item.value) for item in values):
            return ""
        mine, theirs = (of_hundred(item.value, item.mcse, self.lang) for item in values)
        return self.own(
            "verdict.searched", reference=self.names[designs[0]], best=self.names[designs[1]],
            mine=mine, theirs=theirs, size=percent(abs(change), self.lang),
        )  # fmt: skip

    def icons(self, selection: Selection) -> tuple[str, list[Icons]]:
        """Return a heading and the arrays of one substance at the central level; maybe none."""
        shared = central(selection.substance, selection.levels).level
        change = selection.typical_change
        where = self.where(selection.substance, shared, selection.levels)
        head = self.own(
            "icons.where",
            substance=self.texts.heading(selection.substance),
            where=lower(where),
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
                "icons.noticed_slope", design, value, moves=moves(yearly, self.texts)
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
        return capital(text)

    def frequencies(self, selections: Sequence[Selection]) -> list[dict[str, Any]]:
        """Return arrays and sentences of every substance that has any."""
        found = []
        for selection in selections:
            lines = frequency_sentences(selection, self.texts)
            if not lines:
                continue
            head, arrays = self.icons(selection)
            several = len(selection.levels) > 1 or len(lines) > len(arrays)
            found.append({"title": head, "icons": arrays, "lines": lines if several else []})
        return found
