"""A study: worlds and changes crossed with designs and estimators, and how they are judged."""

import datetime as dt
import tomllib
from collections.abc import Iterator, Mapping
from itertools import product
from pathlib import Path
from typing import Annotated, Any, Literal

import pydantic
import tomli_w
from pydantic import Field, model_validator

from simdesign.errors import SpecError
from simdesign.plain import in_strings
from simdesign.spec.base import Spec, content_hash, plain, spec_error
from simdesign.spec.change import Change, LevelShift, NoChange, SlopeChange, amount_of
from simdesign.spec.departures import (
    DEFAULT,
    DEPARTURE,
    Overrides,
    check_name,
    check_paths,
    in_default,
    overlaid,
)
from simdesign.spec.design import Design
from simdesign.spec.dotted import assign
from simdesign.spec.draws import RANGES, without_origins
from simdesign.spec.estimator import Estimator
from simdesign.spec.world import World
from simdesign.units import day_of

Budget = Annotated[float, Field(gt=0, lt=1)]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.+-]+$")]
FactorValue = float | int | str | bool | dict[str, Any]


class Programme(Spec):
    """When monitoring starts, how long it lasts and when results are looked at."""

    start: dt.date = dt.date(2026, 1, 1)
    years: Annotated[int, Field(ge=1, le=60)] = 10
    report_lag: Annotated[int, Field(ge=0)] = 90
    """Days between the last sample of a campaign and its report."""

    @property
    def start_day(self) -> int:
        """First day of the programme."""
        return day_of(self.start)

    @property
    def end_day(self) -> int:
        """First day after the programme."""
        start = self.start
        return day_of(start.replace(year=start.year + self.years))

    @property
    def look_days(self) -> tuple[int, ...]:
        """One look a year: at its end plus the reporting lag, the same date for every design."""
        start = self.start
        return tuple(
            day_of(start.replace(year=start.year + year)) + self.report_lag
            for year in range(1, self.years + 1)
        )


class Exclusion(Spec):
    """Cells of the factor grid that are left out, with the reason."""

    when: dict[str, tuple[FactorValue, ...]]
    """A cell is excluded when every named factor has one of the listed values."""
    because: str


class Margin(Spec):
    """How much worse a design may be and still count as *as good* (docs/evaluation.md)."""

    power: Annotated[float, Field(ge=0, le=1)] = 0.10
    delay_years: Annotated[float, Field(ge=0)] = 1.0
    picture: Annotated[float, Field(ge=0, le=1)] = 0.05
    smallest_change: Annotated[float, Field(gt=0)] = 0.20


class Decision(Spec):
    """How alarms are made from scores."""

    budget: Budget = 0.10
    """P(any national alarm for one substance in the whole programme) when nothing breaks."""
    budgets: tuple[Budget, ...] = (0.05, 0.10, 0.20, 0.50)
    margin: Margin = Margin()
    reference: Name
    """Design that is judged."""


class Size(Spec):
    """How much is computed; may replace factors, substances or the programme."""

    null: Annotated[int, Field(ge=20)]
    """Replications of the null mixture: they set the operating threshold."""
    null_world: Annotated[int, Field(ge=20)]
    """Replications of each fixed world without change: they set its oracle threshold."""
    alternative: Annotated[int, Field(ge=10)]
    """Replications of each scenario with a change."""
    factors: dict[str, tuple[FactorValue, ...]] | None = None
    substances: tuple[str, ...] | None = None
    """Keep only these substances; None keeps all."""


class Scenario(Spec):
    """A data-generating mechanism: a world plus a change, or none."""

    name: str
    role: Literal["null_mixture", "null_world", "alternative"]
    world: World
    change: Change
    factors: dict[str, FactorValue]
    """Factor levels of this cell; empty for the null mixture. A study with departures names under
    ``world.departure`` which one this is, or ``default``."""
    n_rep: int

    @property
    def departure(self) -> str:
        """Name of the departure; empty in the study's own world and in the null mixture."""
        name = str(self.factors.get(DEPARTURE, DEFAULT))
        return "" if name == DEFAULT else name

    @property
    def luck(self) -> str:
        """Luck group: scenarios of one group share their luck; nulls have one of their own."""
        return "study" if self.role == "alternative" else "null"

    def averaged_over(self, substance: str) -> tuple[str, ...]:
        """Return what is drawn anew in every replication: the design prior of an assurance.

        Parameters of the substance and the amount of the change; the date of a break is drawn in
        every study and is not among them.
        """
        world, change = self.world.substances[substance], {}
        if not isinstance(self.change, NoChange):
            name = "slope" if isinstance(self.change, SlopeChange) else "size"
            change = {f"change.{name}": amount_of(getattr(self.change, name), substance)}
        given = {name: getattr(world, name) for name in RANGES} | change
        return tuple(name for name, quantity in given.items() if isinstance(quantity, Spec))


class Study(Spec):
    """Everything that determines the numbers of a study, except its size."""

    name: Name
    seed: Annotated[int, Field(ge=0, lt=2**63)]
    aims: str
    title: dict[Literal["en", "nl"], str] = {}
    programme: Programme = Programme()
    world: World = World()
    """Fixed worlds: values, crossed by ``factors``."""
    null: World | None = None
    """Design prior of the null mixture; None uses ``world``."""
    change: Change = LevelShift()
    also: dict[Name, Change] = {}
    """Further changes by name, of any kind: each once in every fixed world, beside the grid of
    ``change``; factors below ``change`` do not reach them."""
    departures: dict[Name, Overrides] = {}
    """Wrong worlds by name: what differs from ``world`` or ``change``. Each has the grid of
    factors, and a world without change, of its own; thresholds stay those of the null mixture."""
    factors: dict[str, Annotated[tuple[FactorValue, ...], Field(min_length=1)]] = {}
    """Dotted path below ``world`` or ``change`` (``*`` = every substance) -> levels."""
    exclude: tuple[Exclusion, ...] = ()
    designs: Annotated[dict[Name, Design], Field(min_length=1)]
    estimators: Annotated[dict[Name, Estimator], Field(min_length=1)]
    decision: Decision
    sizes: Annotated[dict[Name, Size], Field(min_length=1)]

    @model_validator(mode="after")
    def _every_cell_is_possible(self) -> "Study":
        if self.decision.reference not in self.designs:
            raise ValueError(f"decision.reference: no design named {self.decision.reference!r}")
        self._check_exclusions()
        for name, change in self.also.items():
            if isinstance(change, NoChange):
                raise SpecError(f"also.{name}.kind", "none", "must be a change")
        for name, overrides in self.departures.items():
            check_name(name, self.also)
            for grid in (self.factors, *(item.factors or {} for item in self.sizes.values())):
                check_paths(name, overrides, grid)
        for size in self.sizes:
            for _ in self.scenarios(size):
                pass
        return self

    def _check_exclusions(self) -> None:
        """Refuse an exclusion that can match no cell at any size: it is a mistyped one."""
        grids = [self.factors, *(size.factors for size in self.sizes.values() if size.factors)]
        for rule in self.exclude:
            for name, levels in rule.when.items():
                found = [level for grid in grids for level in grid.get(name, ())]
                if not found:
                    raise SpecError(f"exclude.when.{name}", name, "must name a factor")
                for level in levels:
                    if level not in found:
                        raise SpecError(f"exclude.when.{name}", level, "must be a level of it")

    def size(self, name: str) -> Size:
        """Return the named size."""
        if name not in self.sizes:
            raise SpecError("size", name, f"must be one of {', '.join(sorted(self.sizes))}")
        return self.sizes[name]

    def scenarios(self, size_name: str) -> Iterator[Scenario]:
        """Yield the null mixture, then per fixed world its null and its alternatives.

        Fixed worlds are the cells of the factors below ``world``, in the study's own world and then
        in each departure; factors below ``change`` are crossed within each.
        """
        size = self.size(size_name)
        factors = dict(self.factors if size.factors is None else size.factors)
        world = _with_substances(self.world, size.substances)
        null = _with_substances(self.null or self.world, size.substances)
        yield Scenario(
            name="null_mixture", role="null_mixture", world=null, change=NoChange(),
            factors={}, n_rep=size.null,
        )  # fmt: skip
        names = list(factors)
        unknown = [name for name in names if name.split(".")[0] not in ("world", "change")]
        if unknown:
            raise SpecError(
                f"factors.{unknown[0]}", unknown[0], "must start with world. or change."
            )
        named = [name for name in names if name.split(".")[-1] == "estimate"]
        if named:
            rule = "cannot be a factor: its draws are laid into the world when the file is read"
            raise SpecError(f"factors.{named[0]}", list(factors[named[0]]), rule)
        default = list(self._grid(size, factors, "", world, self.change, self.also))
        yield from default
        own = {item.name: item for item in default}
        for name, overrides in self.departures.items():
            departed, change = _departed(name, overrides, world, self.change)
            # a departure of the change alone has no part in changes beside it
            also = self.also if plain(departed) != plain(world) else {}
            try:
                found = list(self._grid(size, factors, name, departed, change, also))
            except SpecError as error:
                rule = f"{error.rule} (in the departure {name})"
                raise SpecError(error.field, error.value, rule) from None
            pairs = [(item, own[in_default(item.name, name)]) for item in found]
            if all((it.world, it.change) == (base.world, base.change) for it, base in pairs):
                rule = "must differ from the study's own world and change"
                raise SpecError(f"departures.{name}", ", ".join(overrides), rule)
            yield from found

    def _grid(
        self,
        size: Size,
        factors: Mapping[str, tuple[FactorValue, ...]],
        departure: str,
        world: World,
        change: Change,
        also: Mapping[str, Change],
    ) -> Iterator[Scenario]:
        """Yield the fixed worlds of the study's own world or of a departure."""
        labelled = {DEPARTURE: departure or DEFAULT} if self.departures else {}
        seen_nulls: set[str] = set()
        for levels in product(*factors.values()):
            cell = dict(zip(factors, levels, strict=True))
            if any(_matches(cell, rule.when) for rule in self.exclude):
                continue
            parts = {"world": plain(world), "change": plain(change)}
            if "world.realism" in cell:  # first: other factors reach into the terms it fills
                filled = parts["world"] | {"realism": cell["world.realism"]}
                parts["world"] = plain(_validated(World, filled, cell))
            for path, level in cell.items():
                assign(parts, path, level, place="factors")
            cell_world = _validated(World, parts["world"], cell)
            world_cell = {k: v for k, v in cell.items() if k.startswith("world.")}
            label = _label(world_cell)
            if label not in seen_nulls:
                seen_nulls.add(label)
                yield Scenario(
                    name=_joined("none", departure, label), role="null_world", world=cell_world,
                    change=NoChange(), factors=labelled | world_cell, n_rep=size.null_world,
                )  # fmt: skip
                for name, further in also.items():
                    yield Scenario(
                        name=_joined(departure, label, name), role="alternative", world=cell_world,
                        change=further, factors=labelled | world_cell, n_rep=size.alternative,
                    )  # fmt: skip
            cell_change = _validated(_ChangeHolder, {"change": parts["change"]}, cell).change
            yield Scenario(
                name=_joined(departure, _label(cell) or "change"), role="alternative",
                world=cell_world, change=cell_change, factors=labelled | cell,
                n_rep=size.alternative,
            )  # fmt: skip

    def to_toml(self) -> str:
        """Return the study as TOML; reading it back gives an equal study."""
        content = self.model_dump(mode="json", exclude_none=True)
        if not self.departures:  # as in `hashed`: protocols of studies without any stay as they are
            del content["departures"]
        return in_strings(tomli_w.dumps(content))

    def hashed(self) -> dict[str, Any]:
        """Return as plain data what determines numbers: without where joint draws come from."""
        content: dict[str, Any] = plain(self)
        for name in ("also", "departures"):
            if not content[name]:  # what came later must not change what studies without it are
                del content[name]
        for name in ("world", "null"):
            if content[name] is not None:
                content[name] = without_origins(content[name])
        return content

    def hash(self) -> str:
        """Return the content hash of the study, without its sizes: they only add replications."""
        content = self.hashed()
        del content["sizes"]
        return content_hash(content)

    @classmethod
    def from_toml(cls, path: str | Path) -> "Study":
        """Read and validate a study file.

        Raises
        ------
        SpecError
            With file, field, value and rule.
        """
        path = Path(path)
        try:
            content = tomllib.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise SpecError("study file", str(path), "must exist") from None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise SpecError("study file", str(error), "must be TOML", str(path)) from None
        except OSError as error:
            raise SpecError("study file", error.strerror, "must be readable", str(path)) from None
        return cls.from_dict(content, str(path), path.parent)

    @classmethod
    def from_dict(
        cls, content: Mapping[str, Any], source: str = "", folder: Path | None = None
    ) -> "Study":
        """Validate plain data; errors name ``source``, relative paths are seen from ``folder``."""
        try:
            return cls.model_validate(content, context={"folder": folder})
        except pydantic.ValidationError as error:
            raise spec_error(error, source) from None
        except SpecError as error:
            raise SpecError(error.field, error.value, error.rule, source) from None


class _ChangeHolder(Spec):
    change: Change


def _with_substances(world: World, substances: tuple[str, ...] | None) -> World:
    if substances is None:
        return world
    for name in substances:
        if name not in world.substances:
            raise SpecError("sizes.substances", name, "must be a substance of the world")
    return world.model_copy(update={"substances": {n: world.substances[n] for n in substances}})


def _validated[T: Spec](model: type[T], content: Any, cell: Mapping[str, FactorValue]) -> T:
    try:
        return model.model_validate(content)
    except pydantic.ValidationError as error:
        found = spec_error(error)
        where = f" (in the cell {_label(cell)})" if cell else ""
        raise SpecError(found.field, found.value, found.rule + where) from None


def _departed(
    name: str, overrides: Mapping[str, Any], world: World, change: Change
) -> tuple[World, Change]:
    """Return world and change of a departure, refused with its name when they cannot be."""
    found = overlaid(name, overrides, plain(world), plain(change))
    if found[1]["kind"] == "none" != change.kind:
        raise SpecError(f"departures.{name}.change.kind", "none", "must be a change")
    parts: list[Any] = []
    for key, model, content in (
        ("world.", World, found[0]), ("", _ChangeHolder, {"change": found[1]}),
    ):  # fmt: skip
        try:
            parts.append(_validated(model, content, {}))
        except SpecError as error:
            other = not key and found[1]["kind"] != change.kind
            why = f" (its kind must have every field of a {change.kind})" if other else ""
            raise SpecError(
                f"departures.{name}.{key}{error.field}", error.value, error.rule + why
            ) from None
    return parts[0], parts[1].change


def _matches(cell: Mapping[str, FactorValue], when: Mapping[str, tuple[FactorValue, ...]]) -> bool:
    return all(name in cell and cell[name] in levels for name, levels in when.items())


def _label(cell: Mapping[str, FactorValue]) -> str:
    """Return a short readable name: the last word of each path and its level."""
    return ",".join(f"{path.split('.')[-1]}={level}" for path, level in cell.items())


def _joined(*words: str) -> str:
    return ",".join(word for word in words if word)
