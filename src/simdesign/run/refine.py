"""A slow estimator on some replications of a finished study: which, within which time, and stored.

What the fits say is computed in ``refined.py``; derivations are in docs/multifidelity.md.
"""

import time
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np

from simdesign import evaluate
from simdesign.errors import SpecError, StoppedError
from simdesign.evaluate import Subset
from simdesign.fit import EstimatorEngine, build
from simdesign.records import Floats, Ints, Looks, Observations, Status
from simdesign.run.backends import LostWorkersError, run_locally
from simdesign.run.conditions import Condition, Wanted, conditions
from simdesign.run.follow import Fitted, follow
from simdesign.run.judge import VERDICT_YEARS, judging_estimator
from simdesign.run.persist import IN_VAIN
from simdesign.run.plan import make_plan
from simdesign.run.refined_rows import RefinedStore, SlowFit
from simdesign.run.replay import Replay
from simdesign.run.resamples import Resamples
from simdesign.run.results import Results
from simdesign.sample import Policy, watched
from simdesign.spec.base import content_hash
from simdesign.spec.estimator import Estimator
from simdesign.spec.own import look_in
from simdesign.spec.study import Scenario, Study

PILOT = 4
"""Fits of every stratum before fits are allocated."""
FIRST = 3
"""Fits from whose median time the cost is taken; the first of a process compiles and prepares."""
BATCH_SECONDS = 60.0
"""Work of one worker in a small batch, and the time between two writes: what a kill loses."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """One fit to make."""

    study: Study
    scenario: Scenario
    design: str
    substance: str
    label: str
    spec: Estimator
    replication: int
    n_look: int
    content: str
    own_folder: Path | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Refinement:
    """A study's conditions with what the slow estimator said of some replications."""

    label: str
    fast: str
    budget: float
    horizon: float
    conditions: tuple[Condition, ...]
    fits: dict[tuple[str, str, str], dict[int, SlowFit]]
    """Condition -> replication -> fit."""
    luck: Resamples
    store: RefinedStore


def open_refinement(
    results: Results,
    label: str,
    spec: Estimator,
    *,
    fast: str | None = None,
    budget: float | None = None,
    horizon: float = VERDICT_YEARS,
    wanted: Wanted | None = None,
) -> Refinement:
    """Lay a slow estimator over a finished study and read the fits that it has already.

    Parameters
    ----------
    results : Results
    label : str
        Name of the slow estimator.
    spec : Estimator
        Its description.
    fast : str, optional
        Estimator of the study whose scores and threshold are used; the judging one without it.
    budget : float, optional
        False-alarm budget, instead of the study's.
    horizon : float
        Years after the break within which an alarm counts.
    wanted : Wanted, optional
        Conditions; without it the null mixture and every change.

    Raises
    ------
    SpecError, StoreError
        For names that the study does not have, and for results of another code.
    """
    plan = results.plan
    results.store.check(plan)
    fast = judging_estimator(plan) if fast is None else fast
    wanted = Wanted() if wanted is None else wanted
    for field, value, known in (
        ("--fast", (fast,), plan.study.estimators),
        ("--scenario", wanted.scenarios, [item.name for item in plan.scenarios]),
        ("--design", wanted.designs, plan.study.designs),
        ("--substance", wanted.substances, plan.scenarios[0].world.substances),
    ):
        for name in value:
            if name not in known:
                raise SpecError(field, name, f"must be one of {', '.join(known)}")
    slow = plan.study.model_copy(update={"estimators": {label: spec}})
    contents = {
        (name, cell.design, cell.substance): cell.content
        for name, cells in make_plan(slow, plan.size, plan.replications, plan.folder).cells.items()
        for cell in cells
    }
    luck = Resamples(plan)
    found = conditions(
        results.store, plan, contents, luck, fast=fast,
        budget=plan.study.decision.budget if budget is None else budget,
        horizon=horizon, wanted=wanted,
    )  # fmt: skip
    store = RefinedStore(results.store.refined_folder / f"{label}-{content_hash(spec)[:8]}")
    fits: dict[tuple[str, str, str], dict[int, SlowFit]] = {item.key: {} for item in found}
    content = {item.key: item.content for item in found}
    for fit in store.read():
        if content.get(fit.condition) == fit.content:
            fits[fit.condition][fit.replication] = fit
    return Refinement(
        label=label, fast=fast,
        budget=plan.study.decision.budget if budget is None else budget,
        horizon=horizon, conditions=tuple(found), fits=fits, luck=luck, store=store,
    )  # fmt: skip


def subset_of(condition: Condition, fits: dict[int, SlowFit]) -> Subset:
    """Return the fitted replications that are a random sample of their stratum.

    In each stratum those up to the first gap in the order of priority: with another threshold or
    more replications the strata change, and fits chosen for the old ones are used again only
    where they are the ones that the new ones ask for. A fit of fewer looks than needed is a gap.
    """
    chosen: list[int] = []
    for h in range(int(condition.stratum.max(initial=-1)) + 1):
        for place in condition.queue(h).tolist():
            if not _serves(condition, place, fits):
                break
            chosen.append(place)
    return Subset(stratum=condition.stratum, fitted=np.array(sorted(chosen), dtype=np.int64))


def _serves(condition: Condition, place: int, fits: dict[int, SlowFit]) -> bool:
    fit = fits.get(int(condition.replication[place]))
    return fit is not None and fit.look_day.size >= condition.n_look[place]


def slow_scores(condition: Condition, subset: Subset, fits: dict[int, SlowFit]) -> Floats:
    """Return the slow scores of the fitted replications, shape (m, k); NaN = none."""
    score = np.full((subset.fitted.size, condition.look_day.size), np.nan)
    for row, place in enumerate(subset.fitted.tolist()):
        own = fits[int(condition.replication[place])].score
        score[row, : own.size] = own
    return score


def work(
    refinement: Refinement, results: Results, spec: Estimator, seconds: float, workers: int = 1,
    say: Callable[[str], None] = lambda text: None,
) -> int:  # fmt: skip
    """Fit what reduces the errors most within a time, store it, and return the number of fits.

    First a pilot of every stratum, condition by condition as far as the time goes; then batches
    that are allocated anew each time with all that is known by then. Fits are stored as they
    come. When a worker dies those in the workers' hands are chosen again; ``say`` is told.

    Raises
    ------
    StoppedError
        When workers died time and again and nothing was fitted in between.
    """
    plan = results.plan
    deadline = time.monotonic() + seconds
    made: list[SlowFit] = []
    in_vain = 0
    while True:
        left = (deadline - time.monotonic()) * workers
        chosen = _next(refinement, left, workers) if left > 0.0 else []
        if not chosen:
            return len(made)
        if in_vain:  # those that were in the workers' hands go last: others need not wait
            chosen = chosen[2 * workers :] + chosen[: 2 * workers]
        units = [
            Unit(
                study=plan.study, scenario=item.scenario, design=item.design,
                substance=item.substance, label=refinement.label, spec=spec,
                replication=int(item.replication[place]), n_look=int(item.n_look[place]),
                content=item.content, own_folder=plan.folder,
            )
            for item, place in chosen
        ]  # fmt: skip
        before = len(made)
        try:
            with closing(_fits_of(units, min(workers, len(units)))) as fits:
                _keep_as_they_come(refinement, fits, made)
            in_vain = 0
        except LostWorkersError as lost:
            in_vain = in_vain + 1 if len(made) == before else 0
            if in_vain >= IN_VAIN:
                raise StoppedError(_gave_up(units[0], lost)) from None
            say(f"{lost}; the fits that it had are made again")


def _fits_of(units: Sequence[Unit], workers: int) -> Generator[SlowFit]:
    yield from run_locally(fit_unit, units, workers)  # a generator, so that it can be closed


def _keep_as_they_come(
    refinement: Refinement, fits: Iterable[SlowFit], made: list[SlowFit]
) -> None:
    """Store fits once a minute, and what is there when a worker dies or somebody stops it."""
    waiting: list[SlowFit] = []
    since = time.monotonic()
    try:
        for fit in fits:
            waiting.append(fit)
            if time.monotonic() - since >= BATCH_SECONDS:
                _keep(refinement, waiting, made)
                waiting, since = [], time.monotonic()
    finally:
        _keep(refinement, waiting, made)


def _keep(refinement: Refinement, fits: list[SlowFit], made: list[SlowFit]) -> None:
    if fits:
        refinement.store.write(fits)
        made += fits
    for fit in fits:
        refinement.fits[fit.condition][fit.replication] = fit


def _gave_up(unit: Unit, lost: LostWorkersError) -> str:
    what = f"replication {unit.replication} of {unit.scenario.name}, {unit.design}"
    return (
        f"stopped after {IN_VAIN} deaths of workers in a row without a new fit: {lost}; the first "
        f"that is missing is {what}; what is stored stays; too little memory is the usual cause: "
        "go on with --workers 1"
    )


def _next(refinement: Refinement, left: float, workers: int) -> list[tuple[Condition, int]]:
    """Return the next fits: (condition, place of the replication in it)."""
    every = [fit.seconds for fits in refinement.fits.values() for fit in fits.values()]
    batch = max(BATCH_SECONDS * workers, 0.25 * left)
    ready: list[tuple[Condition, Subset, float]] = []
    for item in refinement.conditions:
        fits = refinement.fits[item.key]
        own = [fit.seconds for fit in fits.values()]
        if len(every) < FIRST:  # one by one: they show what a fit costs, the first is a warm-up
            return _missing(item, fits, PILOT)[:workers]
        cost = max(median(own if len(own) >= FIRST else every), 1e-6)
        subset = subset_of(item, fits)
        lacking = _missing(item, fits, PILOT)
        if lacking and len(lacking) * cost <= left:
            return lacking[: max(workers, int(batch / cost))]
        if subset.is_complete:
            ready.append((item, subset, cost))
    if not ready:
        return []
    parts = [_stratum_numbers(*entry, refinement.fits[entry[0].key]) for entry in ready]
    weight, sd, cost_of, least, most = (
        np.concatenate(column) for column in zip(*parts, strict=True)
    )
    budget = float((cost_of * least).sum()) + min(batch, left)
    target = evaluate.neyman(weight, sd, cost_of, budget, least, most)
    chosen, first = [], 0
    for item, subset, _ in ready:
        n = subset.size.size
        chosen += _missing(item, refinement.fits[item.key], target[first : first + n])
        first += n
    return chosen


def _stratum_numbers(
    item: Condition, subset: Subset, cost: float, fits: dict[int, SlowFit]
) -> tuple[Floats, Floats, Floats, Ints, Ints]:
    """Return share, guessed SD, cost, fitted and size of every stratum of a condition."""
    at = subset.fitted
    slow = evaluate.peaks(slow_scores(item, subset, fits), item.premature[at], item.counts[at])
    alarm = slow.alarm(item.thresholds[:1])[0]
    share = subset.size / item.replication.size
    margin = item.fast.margin(float(item.thresholds[0]))
    sd = evaluate.guessed_sd(margin, item.stratum, at, alarm)
    return share, sd, np.full(share.size, cost), subset.n_fitted, subset.size


def _missing(
    item: Condition, fits: dict[int, SlowFit], target: int | Ints
) -> list[tuple[Condition, int]]:
    """Return what each stratum lacks of its target, in order of priority.

    A worker that died leaves a gap: what lies behind it is no sample yet, but need not be made
    again.
    """
    size = subset_of(item, fits).size
    wanted = np.minimum(np.broadcast_to(np.asarray(target), size.shape), size)
    return [
        (item, place)
        for h, n in enumerate(wanted.tolist())
        for place in item.queue(h)[:n].tolist()
        if not _serves(item, place, fits)
    ]


_replays: dict[tuple[str, ...], Replay] = {}
_engines: dict[tuple[str, str], EstimatorEngine] = {}


def fit_unit(unit: Unit) -> SlowFit:
    """Replay one replication and fit it; a failure is a fit without scores and with its reason."""
    if unit.own_folder is not None:
        look_in(unit.own_folder)
    key = (unit.study.hash(), unit.scenario.name, unit.design)
    if key not in _replays:
        _replays.clear()  # units come condition by condition: one is enough
        _replays[key] = Replay(unit.study, unit.scenario, unit.design)
    made = (unit.label, content_hash(unit.spec))
    if made not in _engines:
        _engines[made] = build(unit.label, unit.spec)
    looks = _replays[key].looks
    first = Looks(
        day=looks.day[: unit.n_look].copy(), report_lag=looks.report_lag,
        origin_day=looks.origin_day, start_day=looks.start_day,
    )  # fmt: skip
    nothing = np.full(unit.n_look, np.nan)
    score, prob, reason = nothing, nothing, ""
    status = np.full(unit.n_look, int(Status.FAILED), dtype=np.int64)
    started = time.perf_counter()
    try:
        seen = _replays[key].observations([unit.replication])
        score, prob, status, why = _followed(_replays[key].policy, seen, first, unit, made)
        reason = next((text for text in why if text), "")
    except Exception as error:  # a failure is a row
        reason = " ".join(f"{type(error).__name__}: {error}".split())[:200]
    return SlowFit(
        scenario=unit.scenario.name, design=unit.design, substance=unit.substance,
        replication=unit.replication, look_day=first.day, score=score, prob_break=prob,
        status=status, reason=reason, seconds=time.perf_counter() - started,
        content=unit.content,
    )  # fmt: skip


def _followed(
    policy: Policy | None, seen: Observations, looks: Looks, unit: Unit, made: tuple[str, str]
) -> tuple[Floats, Floats, Ints, np.ndarray]:
    """Return score, P(break), status and reasons of one replication, (k,) each.

    A policy listens to the slow estimator: what is refined is that estimator's own programme.
    """

    def fit(part: Observations) -> Fitted:
        found = _engines[made].fit(part, looks, unit.substance)
        why = np.full(found.score.shape, "", dtype=object)
        told = getattr(found, "reason", None)  # some engines say why a look failed
        if told:
            why[:] = np.array(told, dtype=object)
        return (found.score, found.prob_break, found.status), why

    if policy is None:
        columns, reasons = fit(seen)
    else:
        place = ("score", "prob_break").index(watched(policy))
        found = follow(policy, seen, fit, n_look=looks.day.size, watched=place)
        columns, reasons = found.columns, found.reasons
    score, prob, status = columns
    return score[0], prob[0], status[0], reasons[0]


def refine(
    results: Results, label: str, spec: Estimator, seconds: float, workers: int = 1,
    *, fast: str | None = None, budget: float | None = None, horizon: float = VERDICT_YEARS,
    scenarios: Sequence[str] = (), designs: Sequence[str] = (), substances: Sequence[str] = (),
    say: Callable[[str], None] = lambda text: None,
) -> Refinement:  # fmt: skip
    """Open a refinement and work on it for some seconds; see ``open_refinement``."""
    found = open_refinement(
        results, label, spec, fast=fast, budget=budget, horizon=horizon,
        wanted=Wanted(scenarios=scenarios, designs=designs, substances=substances),
    )  # fmt: skip
    work(found, results, spec, seconds, workers, say)
    return found
