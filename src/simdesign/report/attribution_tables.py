"""What is said about mechanisms, as tables and sentences: of the command and of the page."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

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
from simdesign.report.numbers import number, percent
from simdesign.report.tables import Table
from simdesign.report.texts import Texts
from simdesign.spec.mechanism import MECHANISM_CLASSES
from simdesign.spec.study import Study

CATALOGUE = "attribution_texts.toml"
DASH = "\N{EN DASH}"


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributionPart:
    """What is said about one substance in one world."""

    title: str
    lines: tuple[str, ...]
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
    """
    texts = Texts(lang, CATALOGUE)
    alarms = attribution_cells(study, size, records, "alarm")
    quiet = [cell for cell in alarms if not cell.mechanism]
    cells = alarms if moment == "alarm" else attribution_cells(study, size, records, moment)
    found = []
    for (substance, _), part in parts_of(cell for cell in cells if cell.mechanism).items():
        shown = attribution_sizes(part)[-1] if change is None else change
        mine = [cell for cell in quiet if cell.substance == substance]
        found.append(attribution_part(part, mine, target, shown, texts))
    return intro(moment, texts), found


def attribution_part(
    cells: Sequence[AttributionCell],
    quiet: Sequence[AttributionCell],
    target: AttributionTarget,
    shown: float,
    texts: Texts,
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
    texts : Texts
        Of this subject.
    """
    base = min((cell.way for cell in cells), key=lambda way: (way.cost_per_year, len(way.streams)))
    name, world = texts.substance(cells[0].substance), cells[0].world
    return AttributionPart(
        title=f"{name}, {world}" if world else name,
        lines=(*_lines(cells, target, texts), *_quiet(quiet, texts)),
        cheapest=_cheapest(cells, target, base, texts),
        maps=tuple(_map(cells, size, target, texts) for size in attribution_sizes(cells)),
        confusion=tuple(
            _confusion(cells, design, shown, texts)
            for design in dict.fromkeys(cell.way.design for cell in cells)
        ),
        note=texts(
            "attribution.note", settled=number(SETTLED, texts.lang, 3), base=way_name(base, texts)
        ),
    )


def intro(moment: str, texts: Texts) -> str:
    """Return what is asked, and when."""
    return texts("attribution.intro", moment=texts(f"attribution.at_{moment}"))


def way_name(way: Way, texts: Texts) -> str:
    """Return a design and what is looked at."""
    return f"{way.design}: {_data(way, texts)}"


def _data(way: Way, texts: Texts) -> str:
    first = texts("ways.weekdays" if way.weekdays else "ways.levels")
    return " + ".join([first, *(texts(f"ways.{kind}") for kind in way.streams)])


def mechanism(name: str, texts: Texts) -> str:
    """Return a mechanism in words; a mixture by its parts."""
    parts = name.split("+")
    said = [texts(f"mechanisms.{p}") if texts.has(f"mechanisms.{p}") else p for p in parts]
    return said[0] if len(said) == 1 else texts("mechanisms.mixture", parts=", ".join(said))


def _share(item: Share, lang: str) -> str:
    if not math.isfinite(item.value):
        return DASH
    return f"{number(item.value, lang)} ± {number(item.mcse, lang)}"


def _confusion(cells: Sequence[AttributionCell], design: str, size: float, texts: Texts) -> Table:
    """Return true mechanism x named class of one design, for everything that is looked at."""
    rows = []
    for cell in sorted(
        (cell for cell in cells if cell.way.design == design and math.isclose(cell.size, size)),
        key=lambda cell: (not cell.way.weekdays, len(cell.way.streams), cell.way.estimator),
    ):
        named = [cell.share(f"named_{name}") for name in MECHANISM_CLASSES]
        said = [*named, cell.share("attribution_abstained"), cell.correct, cell.wrong]
        rows.append(
            (
                _data(cell.way, texts), mechanism(cell.mechanism, texts),
                *(_share(item, texts.lang) for item in said),
                str(cell.wrong.n_rep),
            )
        )  # fmt: skip
    heads = [texts(f"classes.{name}") for name in (*MECHANISM_CLASSES, "abstained")]
    return Table(
        caption=texts(
            "attribution.confusion", size=percent(size, texts.lang, sign=True), design=design
        ),
        columns=(
            texts("attribution.data"), texts("attribution.truth"), *heads,
            texts("attribution.correct"), texts("attribution.wrong"), texts("attribution.n_rep"),
        ),
        rows=tuple(rows), n_head=2,
    )  # fmt: skip


def _map(
    cells: Sequence[AttributionCell], size: float, target: AttributionTarget, texts: Texts
) -> Table:
    """Return way x mechanism at one size: can it be told."""
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
        rows.append((way_name(way, texts), number(way.cost_per_year, texts.lang, 0), *said))
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
    cells: Sequence[AttributionCell], target: AttributionTarget, base: Way, texts: Texts
) -> Table:
    """Return the cheapest way for every mechanism and size; the nearest miss without one."""
    rows = []
    for name, members in groups_of(cells).items():
        items = judged(cells, members, target)
        for size in attribution_sizes(item.weakest for item in items):
            here = [item for item in items if item.size == size]
            found = cheapest(here)
            best = found or nearest(here, target)
            if best is None:
                continue
            way = way_name(best.way, texts)
            rows.append(
                (
                    mechanism(name, texts), percent(size, texts.lang, sign=True),
                    way if found else texts("attribution.none", way=way),
                    number(best.way.cost_per_year - base.cost_per_year, texts.lang, 0, sign=True),
                    _share(best.weakest.correct, texts.lang),
                    _share(best.weakest.wrong, texts.lang),
                    number(best.prob, texts.lang, 3),
                )
            )  # fmt: skip
    heads = ("truth", "change", "found", "extra", "correct", "wrong", "really")
    return Table(
        caption=texts("attribution.cheapest", **_asked(target, texts)),
        columns=tuple(texts(f"attribution.{name}") for name in heads),
        rows=tuple(rows), n_head=2,
    )  # fmt: skip


def _asked(target: AttributionTarget, texts: Texts) -> dict[str, str]:
    return {
        "correct": percent(target.correct, texts.lang), "wrong": percent(target.wrong, texts.lang)
    }  # fmt: skip


def _lines(cells: Sequence[AttributionCell], target: AttributionTarget, texts: Texts) -> list[str]:
    """Return a sentence for every mechanism: what can be told, and what cannot."""
    n_way = len({cell.way for cell in cells})
    found = []
    for name, members in groups_of(cells).items():
        items = judged(cells, members, target)
        if not items:
            continue
        which = ", ".join(mechanism(item, texts) for item in members)
        words = {"mechanism": _capital(mechanism(name, texts)), "n": n_way, "which": which}
        told = [item for item in items if item.state == "can"]
        whole = "all_" if name in TOGETHER else ""
        best = max(items, key=lambda item: (item.weakest.correct.value, -item.way.cost_per_year))
        at_best = {
            "correct": _share(best.weakest.correct, texts.lang), "way": way_name(best.way, texts),
            "size": percent(best.size, texts.lang, sign=True),
        }  # fmt: skip
        if told:
            first = min(told, key=lambda item: item.way.cost_per_year)
            sizes = sorted({item.size for item in told if item.way == first.way}, key=abs)
            said = ", ".join(percent(size, texts.lang, sign=True) for size in sizes)
            key = f"attribution.{'all_' if whole else ''}told"
            found.append(texts(key, **words, sizes=said, way=way_name(first.way, texts)))
        elif all(item.state == "cannot" for item in items):
            found.append(texts(f"attribution.{whole}never", **words, **at_best))
        else:
            key = "all_open" if whole else "unsettled"
            found.append(texts(f"attribution.{key}", **words, **at_best))
    mixed = [cell for cell in cells if cell.right is None]
    for name in dict.fromkeys(cell.mechanism for cell in mixed):
        worst = _worst(cell for cell in mixed if cell.mechanism == name)
        if worst is not None:
            found.append(
                texts(
                    "attribution.mixed", mechanism=_capital(mechanism(name, texts)),
                    wrong=_share(worst.wrong, texts.lang), way=way_name(worst.way, texts),
                )
            )  # fmt: skip
    return found


def _quiet(cells: Sequence[AttributionCell], texts: Texts) -> list[str]:
    worst = _worst(cells)
    if worst is None:
        return []
    wrong, way = _share(worst.wrong, texts.lang), way_name(worst.way, texts)
    return [texts("attribution.quiet", wrong=wrong, way=way, n=worst.wrong.n_rep)]


def _worst(cells: Iterable[AttributionCell]) -> AttributionCell | None:
    known = [cell for cell in cells if math.isfinite(cell.wrong.value)]
    return max(known, key=lambda cell: cell.wrong.value) if known else None


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
