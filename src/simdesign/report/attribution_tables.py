"""What is said about mechanisms, as tables and sentences: of the command and of the page."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from simdesign.evaluate import wilson
from simdesign.report.attribution import (
    SETTLED,
    TOGETHER,
    AttributionCell,
    AttributionTarget,
    Judged,
    Share,
    Way,
    attribution_cells,
    attribution_sizes,
    cheapest,
    groups_of,
    judged,
    nearest,
    parts_of,
)
from simdesign.report.numbers import grouped, number, percent
from simdesign.report.select import Value
from simdesign.report.tables import Table, hundred_with_interval
from simdesign.report.texts import Texts, capital
from simdesign.spec.mechanism import MECHANISM_CLASSES
from simdesign.spec.study import Study

CATALOGUE = "attribution_texts.toml"
DASH = "\N{EN DASH}"
_Z95 = 1.96


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """Texts of this subject, and how designs are called."""

    texts: Texts
    designs: Mapping[str, str]
    """Names for readers of a page; empty where their keys serve better."""

    def way(self, way: Way) -> str:
        """Return a design and what is looked at."""
        if not self.designs:
            return f"{way.design}: {self.data(way)}"
        *first, last = _looked_at(way, self.texts)
        data = f"{', '.join(first)} {self.texts('ways.and')} {last}" if first else last
        return f"{self.designs[way.design]} ({data})"

    def data(self, way: Way) -> str:
        """Return what is looked at."""
        return " + ".join(_looked_at(way, self.texts))


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributionPart:
    """What is said about one substance in one world."""

    title: str
    lines: tuple[str, ...]
    brief: Table
    """Cheapest ways for the largest rise, in natural frequencies."""
    rest: Table
    """The same for all other sizes."""
    reading: str
    """How sentences and those tables are to be read."""
    cheapest: Table
    maps: tuple[Table, ...]
    confusion: tuple[Table, ...]
    note: str


def attribution_parts(
    study: Study,
    size: str,
    records: Sequence[Mapping[str, Any]],
    target: AttributionTarget,
    moment: str = "last",
    change: float | None = None,
    lang: str = "en",
    designs: Mapping[str, str] | None = None,
) -> tuple[str, list[AttributionPart]]:
    """Return what is asked, and a part for every substance and world with a change.

    Parameters
    ----------
    study : Study
    size : str
    records : sequence of mapping
        Rows of the tidy table of measures.
    target : AttributionTarget
    moment : {"last", "alarm"}
    change : float, optional
        Size in the confusion matrices; the largest rise, or else the last fall, without it.
    lang : {"en", "nl"}
    designs : mapping, optional
        Names of designs in this language; their keys without it.
    """
    words = Words(texts=Texts(lang, CATALOGUE), designs=designs or {})
    alarms = attribution_cells(study, size, records, "alarm")
    quiet = [cell for cell in alarms if not cell.mechanism]
    cells = alarms if moment == "alarm" else attribution_cells(study, size, records, moment)
    found = []
    for (substance, _), part in parts_of(cell for cell in cells if cell.mechanism).items():
        shown = attribution_sizes(part)[-1] if change is None else change
        mine = [cell for cell in quiet if cell.substance == substance]
        found.append(attribution_part(part, mine, target, shown, words))
    return intro(moment, words.texts), found


def attribution_part(
    cells: Sequence[AttributionCell],
    quiet: Sequence[AttributionCell],
    target: AttributionTarget,
    shown: float,
    words: Words,
) -> AttributionPart:
    """Return everything about one substance in one world.

    Parameters
    ----------
    cells : sequence of AttributionCell
        With a change.
    quiet : sequence of AttributionCell
        False alarms of the same substance.
    target : AttributionTarget
    shown : float
        Size of change of the confusion matrices.
    words : Words
    """
    texts = words.texts
    base = min((cell.way for cell in cells), key=lambda way: (way.cost_per_year, len(way.streams)))
    name, world = texts.heading(cells[0].substance), cells[0].world
    settled = number(100.0 * SETTLED, texts.lang, 1)
    return AttributionPart(
        title=f"{name}, {world}" if world else name,
        lines=(*_lines(cells, target, words), *_quiet(quiet, words)),
        brief=_plain(cells, target, base, words, shown),
        rest=_plain(cells, target, base, words, None, besides=shown),
        reading=texts("attribution.reading", settled=settled, base=words.way(base)),
        cheapest=_cheapest(cells, target, base, words),
        maps=tuple(_map(cells, size, target, words) for size in attribution_sizes(cells)),
        confusion=tuple(
            _confusion(cells, design, shown, words)
            for design in dict.fromkeys(cell.way.design for cell in cells)
        ),
        note=texts(
            "attribution.note", settled=number(SETTLED, texts.lang, 3), base=words.way(base)
        ),
    )


def intro(moment: str, texts: Texts) -> str:
    """Return what is asked, and when."""
    return texts("attribution.intro", moment=texts(f"attribution.at_{moment}"))


def _looked_at(way: Way, texts: Texts) -> list[str]:
    first = texts("ways.weekdays" if way.weekdays else "ways.levels")
    return [first, *(texts(f"ways.{kind}") for kind in way.streams)]


def mechanism(name: str, texts: Texts, *, falls: bool = False) -> str:
    """Return a mechanism in words, of a fall the reverse of it; a mixture by its parts."""
    section, parts = "falling" if falls else "mechanisms", name.split("+")
    said = [texts(f"{section}.{p}") if texts.has(f"{section}.{p}") else p for p in parts]
    return said[0] if len(said) == 1 else texts(f"{section}.mixture", parts=", ".join(said))


def _share(item: Share, lang: str) -> str:
    if not math.isfinite(item.value):
        return DASH
    return f"{number(item.value, lang)} ± {number(item.mcse, lang)}"


def _confusion(cells: Sequence[AttributionCell], design: str, size: float, words: Words) -> Table:
    """Return true mechanism x named class of one design, for everything that is looked at."""
    texts = words.texts
    rows = []
    for cell in sorted(
        (cell for cell in cells if cell.way.design == design and math.isclose(cell.size, size)),
        key=lambda cell: (not cell.way.weekdays, len(cell.way.streams), cell.way.estimator),
    ):
        named = [cell.share(f"named_{name}") for name in MECHANISM_CLASSES]
        said = [*named, cell.share("attribution_abstained"), cell.correct, cell.wrong]
        rows.append(
            (
                words.data(cell.way), mechanism(cell.mechanism, texts),
                *(_share(item, texts.lang) for item in said),
                str(cell.wrong.n_rep),
            )
        )  # fmt: skip
    heads = [texts(f"classes.{name}") for name in (*MECHANISM_CLASSES, "abstained")]
    return Table(
        caption=texts(
            "attribution.confusion", size=percent(size, texts.lang, sign=True),
            design=words.designs.get(design, design),
        ),
        columns=(
            texts("attribution.data"), texts("attribution.truth"), *heads,
            texts("attribution.correct"), texts("attribution.wrong"), texts("attribution.n_rep"),
        ),
        rows=tuple(rows), n_head=2,
    )  # fmt: skip


def _map(
    cells: Sequence[AttributionCell], size: float, target: AttributionTarget, words: Words
) -> Table:
    """Return way x mechanism at one size: can it be told."""
    texts = words.texts
    here = [cell for cell in cells if cell.size == size]
    groups = groups_of(here)
    table = {
        (name, item.way): item
        for name, members in groups.items()
        for item in judged(here, members, target)
    }
    rows = []
    for way in dict.fromkeys(cell.way for cell in here):
        said = []
        for name in groups:
            item = table.get((name, way))
            said.append(DASH if item is None else _state(item, name, texts))
        rows.append((words.way(way), grouped(way.cost_per_year, texts.lang), *said))
    heads = [
        texts(f"attribution.{name}") if name in TOGETHER else mechanism(name, texts)
        for name in groups
    ]
    return Table(
        caption=texts(
            "attribution.map", size=percent(size, texts.lang, sign=True), **_asked(target, texts)
        ),
        columns=(texts("attribution.way"), texts("attribution.cost"), *heads),
        rows=tuple(rows),
    )  # fmt: skip


def _state(item: Judged, group: str, texts: Texts) -> str:
    word = texts(f"states.{item.state}")
    return word if group in TOGETHER else f"{word}, {_share(item.weakest.correct, texts.lang)}"


def _cheapest(
    cells: Sequence[AttributionCell], target: AttributionTarget, base: Way, words: Words
) -> Table:
    """Return the cheapest way for every mechanism and size; the nearest miss without one."""
    texts = words.texts
    rows = tuple(
        (
            mechanism(name, texts, falls=best.size < 0.0),
            percent(best.size, texts.lang, sign=True),
            *_found(best, words, base, is_found=is_found),
            _share(best.weakest.correct, texts.lang), _share(best.weakest.wrong, texts.lang),
            number(best.prob, texts.lang, 3),
        )
        for name, best, is_found in _best_ways(cells, target)
    )  # fmt: skip
    heads = ("truth", "change", "found", "extra", "correct", "wrong", "really")
    return Table(
        caption=texts("attribution.cheapest", **_asked(target, texts)),
        columns=tuple(texts(f"attribution.{name}") for name in heads),
        rows=rows, n_head=2,
    )  # fmt: skip


def _plain(
    cells: Sequence[AttributionCell],
    target: AttributionTarget,
    base: Way,
    words: Words,
    size: float | None,
    besides: float = math.nan,
) -> Table:
    """Return the same in natural frequencies: at one size, or at all others than one."""
    texts, one = words.texts, size is not None
    rows = tuple(
        (
            mechanism(name, texts, falls=best.size < 0.0),
            *(() if one else (percent(best.size, texts.lang, sign=True),)),
            *_found(best, words, base, is_found=is_found),
            hundred_with_interval(_value(best.weakest.correct), texts.lang),
            hundred_with_interval(_value(best.weakest.wrong), texts.lang),
            _sure(best.prob, texts.lang),
        )
        for name, best, is_found in _best_ways(cells, target)
        if (best.size == size if one else best.size != besides)
    )  # fmt: skip
    heads = ("truth", *(() if one else ("change",)), "found", "extra")
    heads += ("correct_hundred", "wrong_hundred", "really_hundred")
    said = _asked(target, texts)
    if size is not None:
        shown = percent(size, texts.lang, sign=True)
        caption = texts("attribution.brief", size=shown, **said)
    else:
        caption = texts("attribution.rest")
    return Table(
        caption=caption, columns=tuple(texts(f"attribution.{name}") for name in heads), rows=rows,
        n_head=1 if one else 2,
    )  # fmt: skip


def _best_ways(
    cells: Sequence[AttributionCell], target: AttributionTarget
) -> Iterable[tuple[str, Judged, bool]]:
    """Yield what is asked, the cheapest way at a size or the nearest, and whether it was found."""
    for name, members in groups_of(cells).items():
        items = judged(cells, members, target)
        for size in attribution_sizes(item.weakest for item in items):
            here = [item for item in items if item.size == size]
            found = cheapest(here)
            best = found or nearest(here, target)
            if best is not None:
                yield name, best, found is not None


def _found(best: Judged, words: Words, base: Way, *, is_found: bool) -> tuple[str, str]:
    """Return a way and what it costs more than the cheapest of all."""
    way = words.way(best.way)
    more = best.way.cost_per_year - base.cost_per_year
    return (
        way if is_found else words.texts("attribution.none", way=way),
        grouped(more, words.texts.lang, sign=True),
    )


def _value(item: Share) -> Value:
    """Return a share with its 95 % interval: Wilson's where all or none were counted."""
    if not math.isfinite(item.value):
        return Value()
    low, high = item.value - _Z95 * item.mcse, item.value + _Z95 * item.mcse
    if item.value in (0.0, 1.0):
        low, high = wilson(item.value, item.n_rep)
    return Value(
        value=item.value, mcse=item.mcse, low=max(0.0, low), high=min(1.0, high), n_rep=item.n_rep
    )


def _hundred(item: Share, texts: Texts) -> str:
    """Return ``21 of 100 (15 to 27)``."""
    value = _value(item)
    said = {"n": value.value, "low": value.low, "high": value.high}
    words = {key: number(100.0 * share, texts.lang, 0) for key, share in said.items()}
    return texts("attribution.hundred", **words)


def _sure(prob: float, lang: str) -> str:
    """Return a probability as a number of 100; never as certain."""
    if prob < 0.005:
        return "<\N{NO-BREAK SPACE}1"
    return ">\N{NO-BREAK SPACE}99" if prob > 0.995 else number(100.0 * prob, lang, 0)


def _asked(target: AttributionTarget, texts: Texts) -> dict[str, str]:
    return {
        "correct": percent(target.correct, texts.lang), "wrong": percent(target.wrong, texts.lang)
    }  # fmt: skip


def _lines(cells: Sequence[AttributionCell], target: AttributionTarget, words: Words) -> list[str]:
    """Return a sentence for every mechanism: what can be told, and what cannot."""
    texts = words.texts
    n_way = len({cell.way for cell in cells})
    found = []
    for name, members in groups_of(cells).items():
        items = judged(cells, members, target)
        if not items:
            continue
        which = ", ".join(mechanism(item, texts) for item in members)
        asked = {"mechanism": capital(mechanism(name, texts)), "n": n_way, "which": which}
        whole = "all_" if name in TOGETHER else ""
        best = max(items, key=lambda item: (item.weakest.correct.value, -item.way.cost_per_year))
        at_best = {
            "correct": _hundred(best.weakest.correct, texts), "way": words.way(best.way),
            "size": percent(best.size, texts.lang, sign=True),
        }  # fmt: skip
        if parts := _told(items, words):
            key = f"attribution.{'all_' if whole else ''}told"
            found.append(texts(key, **asked, parts=parts))
        elif all(item.state == "cannot" for item in items):
            found.append(texts(f"attribution.{whole}never", **asked, **at_best))
        else:
            key = "all_open" if whole else "unsettled"
            found.append(texts(f"attribution.{key}", **asked, **at_best))
    falling = dict.fromkeys(
        cell.mechanism for cell in cells if cell.size < 0.0 and cell.right is not None
    )
    if falling:
        named = texts.all_of([mechanism(name, texts, falls=True) for name in falling])
        found.append(texts("attribution.falling", named=named))
    mixed = [cell for cell in cells if cell.right is None]
    for name in dict.fromkeys(cell.mechanism for cell in mixed):
        worst = _worst(cell for cell in mixed if cell.mechanism == name)
        if worst is not None:
            found.append(
                texts(
                    "attribution.mixed", mechanism=capital(mechanism(name, texts)),
                    wrong=_hundred(worst.wrong, texts), way=words.way(worst.way),
                )
            )  # fmt: skip
    return found


def _told(items: Sequence[Judged], words: Words) -> str:
    """Return the sizes that can be told, each with its own cheapest way; empty without any."""
    texts = words.texts
    sizes: dict[Way, list[float]] = {}
    for size in sorted({item.size for item in items}, key=lambda size: (size < 0.0, abs(size))):
        told = [item for item in items if item.size == size and item.state == "can"]
        if told:
            first = min(told, key=lambda item: item.way.cost_per_year)
            sizes.setdefault(first.way, []).append(size)
    parts = [
        texts(
            "attribution.told_part", way=words.way(way),
            sizes=texts.all_of([percent(size, texts.lang, sign=True) for size in mine]),
        )
        for way, mine in sizes.items()
    ]  # fmt: skip
    return "; ".join(parts)


def _quiet(cells: Sequence[AttributionCell], words: Words) -> list[str]:
    worst = _worst(cells)
    if worst is None:
        return []
    wrong, way = _hundred(worst.wrong, words.texts), words.way(worst.way)
    return [words.texts("attribution.quiet", wrong=wrong, way=way, n=worst.wrong.n_rep)]


def _worst(cells: Iterable[AttributionCell]) -> AttributionCell | None:
    known = [cell for cell in cells if math.isfinite(cell.wrong.value)]
    return max(known, key=lambda cell: cell.wrong.value) if known else None
