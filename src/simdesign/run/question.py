"""A question for ``simdesign solve``, in checked terms: which knob, which target, in which world.

Every point of a search is a condition of an ordinary study: values of a knob of the design are its
designs, sizes of the change its scenarios. So all points share their luck, and one set of rows
serves every question about the same world. Derivations: docs/solving.md.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from simdesign.errors import SpecError
from simdesign.evaluate import Goal
from simdesign.run.knobs import Knob, direction, knob_of, turned
from simdesign.run.search import Point, Space
from simdesign.spec.base import content_hash, plain
from simdesign.spec.change import LevelShift, amount_of
from simdesign.spec.design import Design
from simdesign.spec.estimator import judging
from simdesign.spec.study import Decision, Scenario, Size, Study
from simdesign.spec.world import World

SIZE = "solve"
"""Name of the size of the studies that are made; their plans say how many replications."""
SPARE = 20
"""Programmes of an unchanged world that sets no threshold: as few as a study may have."""
MEASURES = {"power": 3.0, "restricted_mean_delay": 5.0, "large_error_prob": 3.0}
"""Measures that a target can be about, with their horizons when none is given."""
_NOT_MONOTONE = {
    "power": (), "restricted_mean_delay": ("years",), "large_error_prob": ("years", "size"),
}  # fmt: skip
_SHOWN = 6
"""Scenarios that a message names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A measure, its horizon in years, and what it is to reach."""

    measure: str
    horizon: float
    level: float

    @property
    def goal(self) -> Goal:
        """What readings are compared with."""
        span = self.horizon if self.measure == "restricted_mean_delay" else 1.0
        return Goal(level=self.level, at_least=self.measure == "power", span=span)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is to be found."""

    study: Study
    scenario: Scenario
    """World and change."""
    substance: str
    estimator: str
    designs: tuple[str, ...]
    """Names in the study; several make one row each."""
    knobs: tuple[Knob, ...]
    """One or two."""
    target: Target
    budget: float
    threshold: str
    """operating or oracle."""
    folder: Path | None = None
    """Where own parts lie."""

    def __post_init__(self) -> None:
        names = [knob.name for knob in self.knobs]
        if len(set(names)) < len(names):
            raise SpecError("--knob", names[-1], "must be two different ones")
        if len(self.designs) > 1 and len(names) > 1:
            raise SpecError("--design", self.designs[1], "must be one with two knobs")
        for name in _NOT_MONOTONE[self.target.measure]:
            if name in names:
                rule = f"cannot be turned to reach a {self.target.measure}: more is not better"
                raise SpecError("--knob", name, rule)

    @property
    def column(self) -> Knob:
        """The knob that is solved for in every row: real, or free, or that of more values."""
        return max(self.knobs, key=lambda k: (k.is_real, k.is_free, len(k.values)))

    @property
    def across(self) -> Knob | None:
        """The other knob, one row for each of its values."""
        rest = [knob for knob in self.knobs if knob is not self.column]
        return rest[0] if rest else None

    @property
    def space(self) -> Space:
        """What the search sees of it."""
        column, across = self.column, self.across
        return Space(
            n_row=len(self.designs) if across is None else len(across.values),
            values=column.values, is_real=column.is_real, is_free=column.is_free,
            is_ordered=across is not None,
        )  # fmt: skip

    def at(self, point: Point) -> dict[str, float]:
        """Return the value of every knob at a point."""
        row, value = point
        found = {self.column.name: value}
        if self.across is not None:
            found[self.across.name] = self.across.values[row]
        return {knob.name: found[knob.name] for knob in self.knobs}

    def base(self, point: Point) -> str:
        """Return the name of the design that is turned."""
        return self.designs[0 if self.across is not None else point[0]]

    def design(self, point: Point) -> tuple[str, Design]:
        """Return name and description of the design of a point."""
        base = self.base(point)
        mine = {
            knob.name: value
            for knob, value in zip(self.knobs, self.at(point).values(), strict=True)
            if knob.is_of_design
        }
        name = "-".join([base, *(f"{key}{value:g}" for key, value in mine.items())])
        return name, turned(self.study.designs[base], mine, f"designs.{base}")

    def size(self, point: Point) -> float | None:
        """Return the size of the change of a point, with its sign; None where it is the study's."""
        amount = self.at(point).get("size")
        if amount is None:
            return None
        return round(direction(self.scenario, self.substance) * amount, 6)

    def level(self, point: Point) -> float | None:
        """Return the size that the scenario of a point has; None where it is no number.

        Scenarios are told apart by it, turned or not, so that questions about other sizes find
        their unchanged programmes.
        """
        turned_to = self.size(point)
        if turned_to is not None:
            return turned_to
        given = getattr(self.scenario.change, "size", None)
        mine = None if given is None else amount_of(given, self.substance)
        return float(mine) if isinstance(mine, int | float) else None

    def horizon(self, point: Point) -> float:
        """Return the years after the break that a point is about."""
        return self.at(point).get("years", self.target.horizon)

    def folder_name(self) -> str:
        """Return a name for the results: questions about one world share their rows."""
        change = {**plain(self.scenario.change)}
        if self.level((0, self.column.values[0])) is not None:
            change.pop("size", None)
        about = {
            "world": plain(self._world(self.scenario.world)), "change": change,
            "null": plain(self._world(self.study.null or self.study.world)),
            "estimator": plain(self.study.estimators[self.estimator]),
            "seed": self.study.seed, "programme": plain(self.study.programme),
        }  # fmt: skip
        return f"{self.study.name}-solve-{content_hash(about)[:6]}"

    def _world(self, world: World) -> World:
        mine = {self.substance: world.substances[self.substance]}
        return world.model_copy(update={"substances": mine})

    def study_of(self, points: Sequence[Point]) -> Study:
        """Return the study whose conditions are some points."""
        designs = dict(sorted(self.design(point) for point in points))
        sizes = sorted({s for point in points if (s := self.level(point)) is not None})
        change = self.scenario.change
        given = getattr(change, "size", None)
        if given is not None and isinstance(given, dict):  # only this substance is left
            change = change.model_copy(update={"size": amount_of(given, self.substance)})
        return self.study.model_copy(
            update={
                "name": f"{self.study.name}-solve",
                "world": self._world(self.scenario.world),
                "null": self._world(self.study.null or self.study.world),
                "change": change, "also": {}, "exclude": (),
                "factors": {"change.size": tuple(sizes)} if sizes else {},
                "designs": designs,
                "estimators": {self.estimator: self.study.estimators[self.estimator]},
                "decision": Decision(
                    reference=next(iter(designs)), budget=self.budget, budgets=(self.budget,),
                    margin=self.study.decision.margin,
                ),
                "sizes": {SIZE: Size(null=SPARE, null_world=SPARE, alternative=SPARE)},
            }
        )  # fmt: skip


def question_of(
    study: Study,
    *,
    knobs: Sequence[str],
    target: str | None = None,
    designs: Sequence[str] = (),
    scenario: str | None = None,
    substance: str | None = None,
    estimator: str | None = None,
    budget: float | None = None,
    threshold: str = "operating",
    size: str = "quick",
    folder: Path | None = None,
) -> Question:
    """Return a question in checked terms; see ``simdesign solve``.

    Raises
    ------
    SpecError
        With the option that is wrong.
    """
    if not 1 <= len(knobs) <= 2:
        raise SpecError("--knob", list(knobs), "must be given once or twice")
    mine = _scenario(study, size, scenario, any(text.startswith("size") for text in knobs))
    known = sorted(mine.world.substances)
    if substance is None and len(known) == 1:
        substance = known[0]
    if substance not in known:
        raise SpecError("--substance", substance, f"must be one of {', '.join(known)}")
    estimator = judging(study.estimators) if estimator is None else estimator
    if estimator not in study.estimators:
        rule = f"must be one of {', '.join(study.estimators)}"
        raise SpecError("--estimator", estimator, rule)
    for name in designs:
        if name not in study.designs:
            raise SpecError("--design", name, f"must be one of {', '.join(study.designs)}")
    turned_knobs = tuple(knob_of(text, study, mine, substance) for text in knobs)
    names = [knob.name for knob in turned_knobs]
    if not designs:
        every = names == ["size"]
        designs = tuple(study.designs) if every else (study.decision.reference,)
    budget = study.decision.budget if budget is None else budget
    if not 0.0 < budget < 1.0:
        raise SpecError("--budget", budget, "must be in (0, 1)")
    if threshold not in ("operating", "oracle"):
        raise SpecError("--threshold", threshold, "must be operating or oracle")
    return Question(
        study=study, scenario=mine, substance=substance, estimator=estimator,
        designs=tuple(dict.fromkeys(designs)), knobs=turned_knobs,
        target=target_of(target, names), budget=budget, threshold=threshold, folder=folder,
    )  # fmt: skip


def target_of(text: str | None, knobs: Sequence[str]) -> Target:
    """Read ``MEASURE=VALUE`` or ``MEASURE@YEARS=VALUE``.

    Parameters
    ----------
    text : str, optional
        A power of 0.8 within three years without it.
    knobs : sequence of str
        Where years are a knob they are not part of the target.

    Raises
    ------
    SpecError
    """
    words = "power=0.8" if text is None else text
    name, _, given = words.partition("=")
    measure, at, years = name.partition("@")
    if measure not in MEASURES:
        raise SpecError("--target", words, f"must be about one of {', '.join(MEASURES)}")
    try:
        level, horizon = float(given), float(years) if at else MEASURES[measure]
    except ValueError:
        level = horizon = math.nan
    if not (math.isfinite(level) and math.isfinite(horizon)):
        rule = "must be MEASURE=VALUE or MEASURE@YEARS=VALUE, as in power@3=0.8"
        raise SpecError("--target", words, rule)
    if at and "years" in knobs:
        raise SpecError("--target", words, "must leave its years out: they are the knob")
    if horizon <= 0.0:
        raise SpecError("--target", words, "must have a horizon above 0 years")
    if measure == "large_error_prob" and horizon != MEASURES[measure]:
        raise SpecError("--target", words, "is about changes over 3 years")
    if measure == "restricted_mean_delay":
        if not 0.0 < level < horizon:
            raise SpecError("--target", words, f"must be above 0 and below {horizon:g} years")
    elif not 0.0 < level < 1.0:
        raise SpecError("--target", words, "must be a probability in (0, 1)")
    return Target(measure=measure, horizon=horizon, level=level)


def _scenario(study: Study, size: str, name: str | None, any_size: bool) -> Scenario:
    """Return the scenario that is meant: the named one, or the only one there is.

    Where the size is a knob, scenarios of one world that differ in their size are one.
    """
    found = [item for item in study.scenarios(size) if item.role == "alternative"]
    if name is None:
        candidates = found
        if any_size:
            steps = [item for item in found if isinstance(item.change, LevelShift)]
            candidates = (
                steps[:1] if len({_but_for_its_size(item) for item in steps}) == 1 else steps
            )
            if len(candidates) == 1:
                return candidates[0]
        if len(candidates) == 1:
            return candidates[0]
    for item in found:
        if name is not None and _parts(item.name) == _parts(name):
            return item
    names = [item.name for item in found]
    shown = "; ".join(names[:_SHOWN])
    if len(names) > _SHOWN:
        shown += f"; ... ({len(names)} in all: simdesign run STUDY --list)"
    raise SpecError("--scenario", name, f"must be one of {shown}")


def _parts(name: str) -> set[str | tuple[str, float]]:
    """Return a scenario's name as it is meant: 0, 0.0 and .0 are one level, in any order."""
    parts: set[str | tuple[str, float]] = set()
    for part in name.split(","):
        factor, _, level = part.partition("=")
        try:
            parts.add((factor.strip(), float(level)))
        except ValueError:
            parts.add(part.strip())
    return parts


def _but_for_its_size(scenario: Scenario) -> str:
    """Return a hash of world and change without the size of the change."""
    change = plain(scenario.change) | {"size": None}
    return content_hash({"world": plain(scenario.world), "change": change})
