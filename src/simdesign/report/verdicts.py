"""Verdicts in words: per substance and level of shared error, where they flip, what stays open."""

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from simdesign.evaluate import EQUAL_COST, Average, Code, Loss, Verdict, flips
from simdesign.report.beside import (
    YEARS,
    average_lines,
    composition,
    slope_lines,
    worth_line,
    worth_lines,
)
from simdesign.report.names import design_names, level, world
from simdesign.report.numbers import general, number, of_hundred, percent
from simdesign.report.texts import Texts
from simdesign.spec.catalogue import catalogue_entries
from simdesign.spec.study import Margin, Study

COLUMNS = (("picture", ""), ("break", "operating"), ("break", "oracle"))
"""Topic and threshold of the three verdicts of one level, in the order of reading."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The verdicts of one substance in worlds that differ in the shared error only."""

    substance: str
    world: str
    """Other factor levels, in words; empty without any."""
    verdicts: tuple[Verdict, ...]

    def column(self, topic: str, threshold: str) -> list[Verdict]:
        """Return one kind of verdict, by level of the shared error."""
        found = [v for v in self.verdicts if (v.topic, v.threshold) == (topic, threshold)]
        return sorted(found, key=lambda item: item.sigma_shared)

    @property
    def judges_breaks(self) -> bool:
        """Whether any verdict is about a break."""
        return any(item.topic == "break" for item in self.verdicts)


def groups_of(verdicts: Iterable[Verdict], texts: Texts) -> list[Group]:
    """Return the verdicts by substance and by the factors besides the shared error."""
    found: dict[tuple[str, str], list[Verdict]] = {}
    for item in verdicts:
        found.setdefault((item.substance, world(item.world, texts)), []).append(item)
    return [
        Group(substance=substance, world=where, verdicts=tuple(items))
        for (substance, where), items in found.items()
    ]


class Wording:
    """Turns verdicts into sentences of one language."""

    def __init__(self, lang: str, study: Study | None = None) -> None:
        self.texts = Texts(lang)
        self.lang = lang
        self.study = study
        self.designs = design_names(study, self.texts) if study is not None else {}
        self.margin = study.decision.margin if study is not None else Margin()

    def design(self, name: str) -> str:
        """Return a design's name."""
        return self.designs.get(name, name)

    def code(self, code: Code) -> str:
        """Return a verdict's word."""
        return self.texts(f"verdict.{code.value}")

    def topic(self, topic: str, threshold: str) -> str:
        """Return what a verdict is about."""
        return self.texts("verdict.oracle" if threshold == "oracle" else f"verdict.{topic}")

    def where(self, sigma: float, averaged_over: str = "") -> str:
        """Return the level of the shared error as a place, or over what a world is averaged.

        Empty in a world without levels that is no average.
        """
        if not math.isfinite(sigma):
            known = {"names": averaged_over} if averaged_over else {}
            return self.texts("verdict.averaged_world", **known) if known else ""
        return self.texts("verdict.at_level", level=level(sigma, self.texts))

    def place(self, item: Verdict, topic: str) -> str:
        """Return what a verdict is about, and where."""
        where = self.where(item.sigma_shared, item.averaged_over)
        parts = (topic, self.texts.substance(item.substance), where)
        return ", ".join(part for part in parts if part)

    def levels(self, sigmas: Sequence[float]) -> str:
        """Return neighbouring levels of the shared error as a place."""
        if len(sigmas) == 1:
            return self.where(sigmas[0])
        low, high = (level(value, self.texts) for value in (sigmas[0], sigmas[-1]))
        return self.texts("verdict.at_levels", low=low, high=high)

    def numbers(self, item: Verdict) -> str:
        """Return the sentence with the numbers behind a verdict."""
        if not math.isfinite(item.reference_value):
            return " ".join(self.missing(item))
        difference = 100.0 * (item.best_value - item.reference_value)
        text = self.texts(
            f"verdict.{item.topic}_numbers",
            smallest=percent(self.margin.smallest_change, self.lang),
            reference=self.design(item.reference),
            mine=of_hundred(item.reference_value, 0.0, self.lang),
            best=self.design(item.best),
            theirs=of_hundred(item.best_value, 0.0, self.lang),
            difference=number(difference, self.lang, 0, sign=True),
            mcse=number(100.0 * item.mcse, self.lang, 1),
            years=YEARS,
        )
        return " ".join([text, *self.remarks(item)])

    def remarks(self, item: Verdict) -> list[str]:
        """Return what stands beside the numbers: false alarms, equal cost, missing comparisons."""
        found = slope_lines(self, item)
        if math.isfinite(item.reference_false_alarm) and math.isfinite(item.best_false_alarm):
            found.append(
                self.texts(
                    "verdict.false_alarms",
                    mine=of_hundred(item.reference_false_alarm, 0.0, self.lang),
                    theirs=of_hundred(item.best_false_alarm, 0.0, self.lang),
                )
            )
        if math.isfinite(item.worth) and math.isfinite(item.worth_mcse):
            found.append(worth_line(self, item))
        if item.neither_notices:
            found.append(self.texts("verdict.blind"))
        more = percent(EQUAL_COST - 1.0, self.lang)
        found.append(
            self.texts("verdict.no_equal_cost", more=more)
            if item.at_equal_cost is None
            else self.texts("verdict.equal_cost", more=more, code=self.code(item.at_equal_cost))
        )
        return [*found, *self.missing(item)]

    def missing(self, item: Verdict) -> list[str]:
        """Return the sentence on comparisons that rest on no replication, or on failed ones."""
        if not item.undefined:
            return [self.texts("verdict.in_doubt")] if item.is_in_doubt else []
        return [
            self.texts("verdict.undefined", n=str(len(item.undefined)), total=str(len(item.losses)))
        ]

    def line(self, item: Verdict) -> str:
        """Return one verdict with its numbers."""
        return self.texts(
            "verdict.line",
            place=self.place(item, self.topic(item.topic, item.threshold)),
            code=self.code(item.code),
            numbers=self.numbers(item),
        ).strip()

    def summary(self, items: Sequence[Verdict]) -> str:
        """Return one sentence over all levels of one kind of verdict."""
        first = items[0]
        parts = []
        for code, run in groupby(items, key=lambda item: item.code):
            levels = [item.sigma_shared for item in run]
            where = (
                self.where(levels[0], first.averaged_over)
                if len(levels) == 1
                else self.levels(levels)
            )
            said = self.code(Code(code))
            parts.append(
                self.texts("verdict.summary_part", code=said, where=where) if where else said
            )
        return self.texts(
            "verdict.summary_line",
            topic=self.topic(first.topic, first.threshold),
            substance=self.texts.substance(first.substance),
            reference=self.design(first.reference),
            parts=self.texts("verdict.join").join(parts),
        )

    def flip_lines(self, items: Sequence[Verdict]) -> list[str]:
        """Return where one kind of verdict changes as the shared error grows."""
        levels = [item.sigma_shared for item in items]
        if len(levels) < 2 or not all(map(math.isfinite, levels)):
            return []
        common = {
            "topic": self.topic(items[0].topic, items[0].threshold),
            "substance": self.texts.substance(items[0].substance),
        }
        found = flips(items)
        told = [item for item in items if item.code != Code.CANNOT_TELL]
        if not told:
            return [self.texts("verdict.none_told", **common)]
        if not found:
            where = self.levels([item.sigma_shared for item in told])
            code = self.code(told[0].code)
            return [self.texts("verdict.no_flip", code=code, where=where, **common)]
        return [
            self.texts(
                "verdict.flip",
                before=self.code(flip.before), after=self.code(flip.after),
                low=level(flip.low, self.texts), high=level(flip.high, self.texts), **common,
            )
            for flip in found
        ]  # fmt: skip

    def no_break_judged(self, substance: str) -> str:
        """Return the sentence for a study without any change of the size that is judged."""
        return self.texts(
            "verdict.no_break_judged",
            substance=self.texts.substance(substance),
            smallest=percent(self.margin.smallest_change, self.lang),
        )

    def open_level(self, substance: str) -> str:
        """Return the sentence that the data do not fix the level."""
        bounds = open_interval(substance)
        name = self.texts.substance(substance)
        if bounds is None:
            return self.texts("verdict.open_level_unbounded", substance=name)
        low, high = (level(value, self.texts) for value in bounds)
        return self.texts("verdict.open_level", substance=name, low=low, high=high)

    def margins(self) -> str:
        """Return what *as good* means."""
        return self.texts(
            "verdict.margin",
            smallest=percent(self.margin.smallest_change, self.lang),
            power=number(100.0 * self.margin.power, self.lang, 0),
            delay=general(self.margin.delay_years, self.lang),
            picture=number(100.0 * self.margin.picture, self.lang, 0),
        )


def verdict_text(
    verdicts: Verdict | Sequence[Verdict],
    lang: str = "en",
    study: Study | None = None,
    averages: Sequence[Average] = (),
) -> list[str]:
    """Return the verdicts as sentences, one a line, for a terminal.

    Parameters
    ----------
    verdicts : Verdict or sequence of Verdict
        From ``Results.verdicts()``.
    lang : {"en", "nl"}
    study : Study, optional
        Gives designs readable names; without it their names in the study are used.
    averages : sequence of Average, optional
        From ``Results.averages()``.
    """
    items = [verdicts] if isinstance(verdicts, Verdict) else list(verdicts)
    wording = Wording(lang, study)
    lines: list[str] = []
    for group in groups_of(items, wording.texts):
        if group.world:
            lines.append(wording.texts("verdict.world", world=group.world))
        columns = [column for key in COLUMNS if (column := group.column(*key))]
        lines += [wording.summary(column) for column in columns]
        if not group.judges_breaks:
            lines.append(wording.no_break_judged(group.substance))
        lines += ["  " + wording.line(item) for column in columns for item in column]
        lines += [line for column in columns for line in wording.flip_lines(column)]
        lines += worth_lines(wording, group)
        lines += [line for line in [composition(wording, group)] if line]
        lines += average_lines(wording, group, averages)
        lines.append(wording.open_level(group.substance))
    if items:
        lines.append(wording.margins())
    return lines


_INTERVAL = re.compile(r"(?:interval |\()(\d+(?:\.\d+)?) to (\d+(?:\.\d+)?)")
"""How a note of the catalogue states an interval: ``interval 0 to 0.15`` or ``(0 to 0.29)``."""


def open_interval(substance: str) -> tuple[float, float] | None:
    """Return the interval that the data leave for the shared error, where the catalogue has one."""
    for entry in catalogue_entries():
        if entry.name == f"{substance}.sigma_shared":
            match = _INTERVAL.search(entry.note)
            return (float(match[1]), float(match[2])) if match else None
    return None


def hardest(item: Verdict) -> Loss | None:
    """Return the comparison that decides a verdict: the loss that exceeds its margin most.

    Losses of different measures are compared in units of their margins; one Monte Carlo standard
    error counts with them.
    """
    known = [loss for loss in item.losses if math.isfinite(loss.loss)]
    if not known:
        return None

    def excess(loss: Loss) -> float:
        error = loss.mcse if math.isfinite(loss.mcse) else 0.0
        return (loss.loss + error) / loss.margin if loss.margin > 0 else loss.loss

    return max(known, key=excess)
