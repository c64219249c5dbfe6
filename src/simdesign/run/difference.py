"""Two studies under one name: would a condition that both have get other numbers, and why."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from simdesign.errors import SpecError
from simdesign.run.plan import Plan, cells_of
from simdesign.spec.base import plain
from simdesign.spec.own import own_parts, source_hash
from simdesign.spec.study import Scenario, Study

_LONGEST = 60
"""Characters of a value in a message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A condition whose numbers differ between two studies, and the fields that make them differ.

    The words are those of a message: ``there`` is what the folder holds, ``here`` what is asked.
    """

    scenario: str
    substance: str
    design: str
    estimator: str
    fields: tuple[tuple[str, Any, Any], ...]
    """(dotted path, value there, value here); empty when the study is the same."""

    def __str__(self) -> str:
        where = ", ".join((self.scenario, self.substance, self.design, self.estimator))
        if not self.fields:
            return f"for example {where}"
        field, there, here = self.fields[0]
        more = f", {len(self.fields) - 1} more fields" if len(self.fields) > 1 else ""
        return f"{field} is {_short(there)} there and {_short(here)} here{more}; e.g. {where}"


def difference(
    study: Study, size: str, sources: Mapping[str, str], plan: Plan
) -> Difference | None:
    """Return the first condition of a plan that an earlier study computed otherwise.

    Parameters
    ----------
    study, size : the earlier study
    sources : hash of its own parts by name, as they were then
    plan : Plan
    """
    mine = plan.study
    common = study.model_copy(
        update={
            "designs": {k: v for k, v in study.designs.items() if k in mine.designs},
            "estimators": {k: v for k, v in study.estimators.items() if k in mine.estimators},
        }
    )
    known = dict(sources)
    earlier = {item.name: item for item in study.scenarios(size)}
    for scenario in plan.scenarios:
        if scenario.name not in earlier:
            continue
        try:
            cells = cells_of(common, earlier[scenario.name], known)
        except SpecError:  # an own part of then is not here: its shards tell what they hold
            continue
        was = {(c.substance, c.design, c.estimator): c.content for c in cells}
        for cell in plan.cells[scenario.name]:
            name = (cell.substance, cell.design, cell.estimator)
            if was.get(name, cell.content) != cell.content:
                fields = _fields(study, earlier[scenario.name], mine, scenario, name)
                fields += _changed_sources(sources, sources_of(mine))
                return Difference(
                    scenario=scenario.name, substance=cell.substance, design=cell.design,
                    estimator=cell.estimator, fields=tuple(fields),
                )  # fmt: skip
    return None


def sources_of(study: Study) -> dict[str, str]:
    """Return the hash of the source of every own part of a study."""
    return {uses: source_hash(field, uses) for field, uses in own_parts(plain(study), "study")}


def _changed_sources(
    there: Mapping[str, str], here: Mapping[str, str]
) -> list[tuple[str, Any, Any]]:
    return [
        (f"source of {uses}", there[uses], here[uses])
        for uses in sorted(there.keys() & here.keys())
        if there[uses] != here[uses]
    ]


def _fields(
    there: Study, was: Scenario, here: Study, now: Scenario, cell: tuple[str, str, str]
) -> list[tuple[str, Any, Any]]:
    """Return what differs among the fields that a condition depends on."""
    _, design, estimator = cell
    world = "null" if now.role == "null_mixture" and here.null is not None else "world"
    found: list[tuple[str, Any, Any]] = []
    for path, one, other in (
        ("seed", there.seed, here.seed),
        ("programme", plain(there.programme), plain(here.programme)),
        (f"designs.{design}", plain(there.designs[design]), plain(here.designs[design])),
        (
            f"estimators.{estimator}",
            plain(there.estimators[estimator]),
            plain(here.estimators[estimator]),
        ),
        (world, plain(was.world), plain(now.world)),
        ("change", plain(was.change), plain(now.change)),
    ):
        found += [item for item in _leaves(path, one, other) if ".cost" not in item[0]]
    return found


def _leaves(path: str, one: Any, other: Any) -> Iterator[tuple[str, Any, Any]]:
    """Yield (dotted path, value, value) of what differs in two trees of plain values."""
    if isinstance(one, dict) and isinstance(other, dict):
        for key in sorted(one.keys() | other.keys()):
            if path.endswith(".substances") and not (key in one and key in other):
                continue  # one more drug changes nothing for this one
            yield from _leaves(f"{path}.{key}", one.get(key), other.get(key))
    elif (
        isinstance(one, list) and isinstance(other, list)
        and len(one) == len(other) and any(isinstance(item, dict) for item in one)
    ):  # fmt: skip
        for number, (a, b) in enumerate(zip(one, other, strict=True)):
            yield from _leaves(f"{path}.{number}", a, b)
    elif one != other:
        yield path, one, other


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."
