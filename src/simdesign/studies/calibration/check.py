"""The model check of a study: every Bayesian estimator, design, substance and two looks."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from simdesign.errors import SpecError
from simdesign.records import Looks
from simdesign.run import looks_of, provenance, visits_of
from simdesign.sample import MeasuringChain
from simdesign.seeds import Purpose, stream
from simdesign.spec.base import Spec
from simdesign.spec.estimator import ExactBreak, ExactSite, ExactStep
from simdesign.spec.model_hash import design_hash, model_hash
from simdesign.spec.study import Scenario, Study
from simdesign.studies.calibration.draw import Ground, Luck, draw
from simdesign.studies.calibration.measures import (
    LEVEL,
    CurvePoint,
    Finding,
    Frequency,
    curve_of,
    findings_of,
    frequencies_of,
    holm,
)
from simdesign.studies.calibration.model import AnalysisModel, analysis_model, is_bayesian
from simdesign.studies.calibration.posterior import Compared, exact_compared, joined
from simdesign.studies.calibration.sampled import sampled_compared
from simdesign.studies.calibration.variants import OWN, WRONG, Variant
from simdesign.units import DAYS_PER_YEAR

DRAWS = {"quick": 1000, "full": 10000}
"""Draws of the model for an exact engine, by size."""
SAMPLED_SHARE = 0.03
"""An engine that samples gets this share of them: 30 and 300."""
MIDDLE_SHARE = 0.3
"""The middle look gets this share of the last look's draws."""
WRONG_SHARE = 0.1
"""A wrong model gets this share of the draws, at the last look only."""
BATCH = 500
"""Draws that are fitted at once: memory stays bounded, the engine shares its work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One estimator, design, substance and look under one law of the data."""

    estimator: str
    design: str
    substance: str
    look: int  # number of the look, from 0
    look_day: int
    variant: str
    model_hash: str
    design_hash: str
    n: int
    n_failed: int
    seconds: float  # of processor time
    tests: tuple[Finding, ...]
    frequencies: tuple[Frequency, ...]
    curve: tuple[CurvePoint, ...]

    @property
    def name(self) -> str:
        """Name in messages."""
        return f"{self.estimator}, {self.design}, {self.substance}, look {self.look + 1}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A whole check. Cells of other variants than ``own`` are reported, never judged."""

    study: str
    study_hash: str
    seed: int
    draws: int
    kernels: str
    code: str
    commit: str
    cells: tuple[Cell, ...]
    adjusted: tuple[tuple[float, ...], ...]
    """Holm's p-value of every test of every cell; over all cells of the variant ``own``."""

    def own(self) -> list[tuple[Cell, tuple[float, ...]]]:
        """Return the judged cells with their adjusted p-values."""
        pairs = zip(self.cells, self.adjusted, strict=True)
        return [(cell, p) for cell, p in pairs if cell.variant == OWN.name]

    @property
    def rejected(self) -> list[tuple[Cell, Finding, float]]:
        """The tests below the family-wise level, with their adjusted p-value."""
        return [
            (cell, test, p)
            for cell, adjusted in self.own()
            for test, p in zip(cell.tests, adjusted, strict=True)
            if p < LEVEL
        ]

    @property
    def checked(self) -> bool:
        """Whether there is something that was checked, and nothing was rejected or failed."""
        failed = any(cell.n_failed for cell, _ in self.own())
        return bool(self.own()) and not self.rejected and not failed


def check_study(
    study: Study,
    size: str,
    draws: int,
    *,
    variants: tuple[Variant, ...] = WRONG,
    say: Callable[[str], None] | None = None,
) -> Check:
    """Check every Bayesian estimator of a study on each of its designs.

    Parameters
    ----------
    study : Study
    size : str
        A size of the study: it may name fewer substances.
    draws : int
        Of the exact engine at the last look, for every estimator, design and substance.
    variants : tuple of Variant
        Wrong models to report.
    say : callable, optional
        Takes one line for every cell that is done.

    Raises
    ------
    SpecError
        When no estimator has a model to draw from.
    """
    scenario = next(study.scenarios(size))
    estimators: dict[str, Spec] = {
        name: spec for name, spec in study.estimators.items() if is_bayesian(spec)
    }
    if not estimators:
        rule = "must hold a Bayesian estimator, or there is no model to check"
        raise SpecError("estimators", ", ".join(study.estimators), rule)
    cells = []
    for item in _plan(study, scenario, estimators, variants):
        cells.append(item.run(study.seed, max(2, round(draws * item.share))))
        if say is not None:
            smallest = min((test.p for test in cells[-1].tests), default=math.nan)
            say(
                f"{cells[-1].name}, {cells[-1].variant}: {cells[-1].seconds:.0f} s,"
                f" smallest of {len(cells[-1].tests)} p-values {smallest:.2g}"
            )
    origin = provenance()
    return Check(
        study=study.name, study_hash=study.hash(), seed=study.seed, draws=draws,
        kernels=origin["kernels"], code=origin["code"], commit=origin["commit"],
        cells=tuple(cells), adjusted=_adjusted(cells),
    )  # fmt: skip


def _adjusted(cells: list[Cell]) -> tuple[tuple[float, ...], ...]:
    judged = [test.p for cell in cells if cell.variant == OWN.name for test in cell.tests]
    p = iter(holm(judged))
    return tuple(
        tuple(next(p) if cell.variant == OWN.name else math.nan for _ in cell.tests)
        for cell in cells
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A cell to be computed."""

    estimator: str
    design: str
    spec: Spec
    model: AnalysisModel
    ground: Ground
    look: int
    variant: Variant
    share: float
    hashes: tuple[str, str]

    @property
    def luck_group(self) -> str:
        """Variants of a cell share their luck; cells do not."""
        where = (self.estimator, self.design, self.ground.substance, str(self.look))
        return "check-model/" + "/".join(where)

    def run(self, seed: int, draws: int) -> Cell:
        """Draw, fit and test."""
        began = time.process_time()
        luck = Luck(seed=seed, group=self.luck_group)
        parts = []
        for start in range(0, draws, BATCH):
            replications = np.arange(start, min(start + BATCH, draws))
            parts.append(self.compared(replications, luck))
        found = joined(parts)
        span = float(self.ground.looks.day[0] - self.ground.looks.origin_day)
        prior = prior_probabilities(self.model, span / DAYS_PER_YEAR)
        return Cell(
            estimator=self.estimator, design=self.design, substance=self.ground.substance,
            look=self.look, look_day=int(self.ground.looks.day[0]), variant=self.variant.name,
            model_hash=self.hashes[0], design_hash=self.hashes[1],
            n=int(found.inside.size), n_failed=int(found.failed.sum()),
            seconds=time.process_time() - began, tests=tuple(findings_of(found, prior)),
            frequencies=tuple(frequencies_of(found, prior)), curve=tuple(curve_of(found)),
        )  # fmt: skip

    def compared(self, replications: np.ndarray, luck: Luck) -> Compared:
        """Draw and fit some replications."""
        drawn = draw(self.model, self.ground, replications, luck, self.variant)
        uniform = np.array(
            [
                stream(luck.seed, Purpose.BOOTSTRAP, luck.group, r).random()
                for r in replications.tolist()
            ]
        )
        if isinstance(self.spec, ExactBreak | ExactStep | ExactSite):
            return exact_compared(self.spec, self.model, self.ground, drawn, uniform)
        return sampled_compared(self.spec, self.model, self.ground, drawn, luck, replications)


def prior_probabilities(model: AnalysisModel, years: float) -> dict[str, float]:
    """Return the prior probabilities of events within some years."""
    spec = model.spec
    broken = model.prior_break(years)
    return {
        "broken": broken,
        "step": broken * spec.kinds.step,
        "slope": broken * spec.kinds.slope,
        "both": broken * spec.kinds.both,
        "pulse": (1.0 - broken) * -math.expm1(-spec.pulse_hazard * years),
    }


def _plan(
    study: Study, scenario: Scenario, estimators: dict[str, Spec], variants: tuple[Variant, ...]
) -> list[Planned]:
    towns = scenario.world.catchments
    chain = MeasuringChain.of(scenario.world, seed=study.seed, luck=scenario.luck)
    places = [(town.name, float(town.population)) for town in towns]
    visits = visits_of(study, scenario)
    planned = []
    for design in study.designs:
        looks = looks_of(study, visits[design])
        last = looks.day.size - 1
        hashed = design_hash(study.designs[design], study.programme, places)
        for substance in scenario.world.substances:
            level = chain.reference_load[chain.substances.index(substance)].copy()
            for name, spec in estimators.items():
                exact = isinstance(spec, ExactBreak | ExactStep | ExactSite)
                share = 1.0 if exact else SAMPLED_SHARE
                laws = [(last, OWN, share)]
                if last > 0:
                    laws.insert(0, ((last - 1) // 2, OWN, share * MIDDLE_SHARE))
                laws += [(last, variant, share * WRONG_SHARE) for variant in variants]
                for look, variant, part in laws:
                    planned.append(
                        Planned(
                            estimator=name, design=design, spec=spec,
                            model=analysis_model(spec, substance), look=look, variant=variant,
                            share=part, hashes=(model_hash(spec, substance), hashed),
                            ground=Ground(
                                substance=substance, sites=chain.sites,
                                population=np.array([town.population for town in towns], float),
                                level=level, visits=visits[design], looks=_only(looks, look),
                            ),
                        )
                    )  # fmt: skip
    return planned


def _only(looks: Looks, k: int) -> Looks:
    """Return one of the looks: the model of a look does not know the others."""
    return replace(looks, day=looks.day[k : k + 1].copy())
