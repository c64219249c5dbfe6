"""The PyMC estimators: every replication and look is prepared, sampled, judged and reported.

This file is light: PyMC itself is imported when such an estimator is built.
"""

import hashlib
import importlib
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from simdesign.errors import SpecError
from simdesign.fit.exact import MOST_LEFT_OUT, left_out_share
from simdesign.fit.priors import BreakPriors, break_priors
from simdesign.fit.pymc_data import (
    Hypotheses,
    LookTable,
    ScalePriors,
    hypotheses,
    known_visits,
    look_table,
    scale_priors,
)
from simdesign.fit.pymc_days import as_weeks, day_data, days_of
from simdesign.fit.pymc_summary import Diagnostics, Draws, Summary, prior_summary, summarise
from simdesign.fit.site_weeks import SiteWeeks, site_weeks
from simdesign.records import Fit, Looks, Observations, ReasonedFit, Status
from simdesign.seeds import Purpose, stream
from simdesign.spec.base import Spec
from simdesign.spec.estimator import ExactBreak
from simdesign.spec.pymc import Pymc, PymcRobust, break_model

COLUMNS = tuple(item.name for item in fields(Summary) if item.name != "prob")


@dataclass(frozen=True, slots=True, kw_only=True)
class PymcPosterior:
    """One look of one replication, in full."""

    summary: Summary
    hypotheses: Hypotheses
    status: Status
    reason: str
    draws: Draws | None  # None where nothing was sampled: the prior stands
    diagnostics: Diagnostics | None
    address: str  # of the random numbers: seed and digest of the data


class PymcEngine:
    """The exact engine's model on site-weeks, sampled."""

    spec_type: ClassVar[type[Spec]] = Pymc

    def __init__(self, name: str, spec: Pymc) -> None:
        self.name, self.spec = name, spec
        _engine()

    def fit(self, observations: Observations, looks: Looks, substance: str) -> Fit:
        """Fit every replication at every look."""
        return _fit(self.name, self.spec, observations, looks, substance)


class PymcRobustEngine:
    """The same national path under days with heavy tails, censoring and own weekdays."""

    spec_type: ClassVar[type[Spec]] = PymcRobust

    def __init__(self, name: str, spec: PymcRobust) -> None:
        self.name, self.spec = name, spec
        _engine()

    def fit(self, observations: Observations, looks: Looks, substance: str) -> Fit:
        """Fit every replication at every look."""
        return _fit(self.name, self.spec, observations, looks, substance)


def pymc_posterior(
    spec: Pymc | PymcRobust,
    observations: Observations,
    looks: Looks,
    substance: str,
    *,
    replication: int = 0,
    look: int = -1,
) -> PymcPosterior:
    """Return the whole posterior of one replication at one look."""
    k = range(looks.day.size)[look]
    return _look(spec, _prepare(spec, observations, substance), replication, looks, k)


def model_data(
    spec: Pymc | PymcRobust, observations: Observations, looks: Looks, substance: str
) -> tuple[dict[str, np.ndarray], Hypotheses]:
    """Return the first replication at the last look as the model is given it, by name."""
    prepared = _prepare(spec, observations, substance)
    return _model_data(spec, prepared, 0, looks, looks.day.size - 1)[:2]


def posterior_tree(
    spec: Pymc | PymcRobust,
    observations: Observations,
    looks: Looks,
    substance: str,
    *,
    replication: int = 0,
    look: int = -1,
) -> Any:
    """Return one fit as an ``xarray.DataTree`` that ArviZ opens.

    ``posterior`` holds the standard deviations, at each draw the conditional probability of a
    break, and one joint draw of kind, day and effect given the rest (``break_day`` is NaN without
    a break). Seed, status and diagnostics are attributes.

    Raises
    ------
    SpecError
        When the data say nothing about a break by that look: nothing was sampled then.
    """
    found = pymc_posterior(
        spec, observations, looks, substance, replication=replication, look=look
    )  # fmt: skip
    if found.draws is None or found.diagnostics is None:
        raise SpecError("look", look, "has no samples: the data say nothing about a break by then")
    draws, hyp = found.draws, found.hypotheses
    names = ("sigma_shared", "sigma_rw", "sigma_site", "day_scale", "degrees")
    posterior = dict(zip(names, np.moveaxis(draws.scales, 2, 0), strict=False))
    if draws.weekday is not None:
        posterior["weekday"] = draws.weekday
    posterior["prob_break"] = np.exp(draws.log_joint[:, :, hyp.is_break]).sum(axis=2)
    rng = _luck(found.address + "/joint", spec.sampling.seed)
    cumulative = np.cumsum(np.exp(draws.log_joint), axis=2)
    uniform = rng.random(cumulative.shape[:2])[:, :, None] * cumulative[:, :, -1:]
    chosen = (cumulative < uniform).sum(axis=2)
    take = chosen[:, :, None]
    effect = draws.first_mean * hyp.first_gain + draws.second_mean * hyp.second_gain
    mean = np.take_along_axis(effect, take, axis=2)[:, :, 0]
    sd = np.sqrt(np.take_along_axis(draws.effect_variance, take, axis=2)[:, :, 0])
    within = hyp.start[chosen] + rng.random(chosen.shape) * (hyp.end - hyp.start)[chosen]
    posterior["kind"] = hyp.kind[chosen]
    posterior["break_day"] = np.where(hyp.is_dated[chosen], within, np.nan)
    posterior["effect"] = mean + sd * rng.standard_normal(chosen.shape)
    notes = {
        "seed": spec.sampling.seed,
        "address": found.address,
        "status": found.status.name,
        "reason": found.reason,
        **{name: getattr(found.diagnostics, name) for name in found.diagnostics.__slots__},
    }
    return _engine().data_tree(posterior, draws.divergent, notes)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Prepared:
    """What the looks of all replications share."""

    observations: Observations
    substance: str
    priors: BreakPriors
    scales: ScalePriors
    weeks: SiteWeeks | None  # None for the robust model, which looks at days


def _prepare(spec: Pymc | PymcRobust, observations: Observations, substance: str) -> _Prepared:
    priors = break_priors(ExactBreak(**break_model(spec)), substance)
    own = [priors.sigma_shared, priors.sigma_rw, priors.sigma_site]
    if isinstance(spec, PymcRobust):
        own += [spec.day_scale, spec.degrees]
    weeks = None
    if isinstance(spec, Pymc):
        weeks = site_weeks(observations, substance, priors.day_noise)
    return _Prepared(
        observations=observations, substance=substance, priors=priors,
        scales=scale_priors(*own), weeks=weeks,
    )  # fmt: skip


def _fit(
    name: str,
    spec: Pymc | PymcRobust,
    observations: Observations,
    looks: Looks,
    substance: str,
) -> Fit:
    prepared = _prepare(spec, observations, substance)
    shape = (observations.n_rep, looks.day.size)
    columns = {column: np.full(shape, np.nan) for column in COLUMNS}
    status = np.full(shape, int(Status.OK), dtype=np.int64)
    reasons = [[""] * shape[1] for _ in range(shape[0])]
    for r, k in np.ndindex(shape):
        found = _look(spec, prepared, r, looks, k)
        status[r, k] = found.status
        reasons[r][k] = found.reason
        if found.status in (Status.OK, Status.TOO_LITTLE_DATA):
            for column in COLUMNS:
                columns[column][r, k] = getattr(found.summary, column)
    return ReasonedFit(
        estimator=name,
        substance=substance,
        published_alarm=np.zeros(shape, dtype=bool),
        log_evidence=np.full(shape, np.nan),
        status=status,
        reason=tuple(map(tuple, reasons)),
        **columns,
    )


def _look(
    spec: Pymc | PymcRobust, prepared: _Prepared, r: int, looks: Looks, k: int
) -> PymcPosterior:
    """Prepare, sample, judge and summarise one look of one replication."""
    data, hyp, refused = _model_data(spec, prepared, r, looks, k)
    address = _digest(data)
    if refused or not hyp.is_dated.any():
        return PymcPosterior(
            summary=prior_summary(hyp), hypotheses=hyp, reason="", draws=None, diagnostics=None,
            status=Status.NOT_APPLICABLE if refused else Status.TOO_LITTLE_DATA, address=address,
        )  # fmt: skip
    engine = _engine()
    kind = "weeks" if isinstance(spec, Pymc) else "days"
    draws = engine.sample(kind, data, spec.sampling, _luck(address, spec.sampling.seed))
    diagnostics = engine.diagnose(draws, hyp.is_break)
    reason = diagnostics.failure(spec.sampling)
    return PymcPosterior(
        summary=summarise(draws, hyp), hypotheses=hyp, draws=draws, diagnostics=diagnostics,
        status=Status.FAILED if reason else Status.OK, reason=reason, address=address,
    )  # fmt: skip


def _model_data(
    spec: Pymc | PymcRobust, prepared: _Prepared, r: int, looks: Looks, k: int
) -> tuple[dict[str, np.ndarray], Hypotheses, bool]:
    """Return what the model is given, what may have happened, and whether it does not serve."""
    table, data, refused = _layout(spec, prepared, r, looks, k)
    hyp = hypotheses(table, looks, k, prepared.priors)
    return data | _shared_data(table, hyp, prepared.scales), hyp, refused


def _layout(
    spec: Pymc | PymcRobust, prepared: _Prepared, r: int, looks: Looks, k: int
) -> tuple[LookTable, dict[str, np.ndarray], bool]:
    """Return a look's table, the data of its days (robust), and whether it cannot be served."""
    visits, priors, weeks = prepared.observations.visits, prepared.priors, prepared.weeks
    if weeks is not None:
        usable = weeks.usable[r]
        used = known_visits(visits, usable, looks, k)
        table = look_table(visits, usable, used, weeks, r, priors)
        share = left_out_share(weeks, visits, looks)[r, k]
        return table, {"mean": table.mean}, bool(share > MOST_LEFT_OUT)
    assert isinstance(spec, PymcRobust)
    days = days_of(prepared.observations, prepared.substance, r, priors.day_noise)
    usable = days.present.any(axis=1)
    known = known_visits(visits, usable, looks, k)
    seen = replace(days, present=days.present & np.isin(np.arange(visits.n_visit), known)[:, None])
    weeks = as_weeks(seen, visits.site)
    table = look_table(visits, usable, np.flatnonzero(weeks.usable[0]), weeks, 0, priors)
    site_sd = float(prepared.scales.scale[2])
    return table, day_data(
        days, table.visit, table.cell, table.site, spec.weekday_sd, max(site_sd, spec.nugget)
    ), False  # fmt: skip


def _shared_data(table: LookTable, hyp: Hypotheses, scales: ScalePriors) -> dict[str, np.ndarray]:
    """Return the data that both models take, under the names they have there."""
    return {
        "noise": table.noise, "seen": table.seen, "walk": table.walk, "shared": table.shared,
        "fixed": table.fixed, "identity": np.eye(table.time.size),
        "first": hyp.first, "second": hyp.second,
        "first_sd": hyp.first_sd, "second_sd": hyp.second_sd, "log_prior": hyp.log_prior,
        "first_gain": hyp.first_gain, "second_gain": hyp.second_gain,
        "family": scales.family, "scale": scales.scale, "spread": scales.spread,
    }  # fmt: skip


def _digest(data: Mapping[str, np.ndarray]) -> str:
    """Return a digest of all that a fit is given: equal data get equal random numbers."""
    digest = hashlib.sha256()
    for name in sorted(data):
        value = np.ascontiguousarray(data[name])
        digest.update(f"{name}{value.dtype.str}{value.shape}".encode() + value.tobytes())
    return digest.hexdigest()[:32]


def _luck(address: str, seed: int) -> np.random.Generator:
    return stream(seed, Purpose.FIT, address)


def _engine() -> Any:
    """Import the file that imports PyMC, with a writable place for what PyTensor compiles."""
    flags = os.environ.get("PYTENSOR_FLAGS", "")
    if "compiledir" not in flags and not os.access(Path.home(), os.W_OK):
        place = Path(os.environ.get("SIMDESIGN_CACHE") or tempfile.gettempdir())
        own = f"base_compiledir={place / f'pytensor-{os.getuid()}'}"
        os.environ["PYTENSOR_FLAGS"] = ",".join(filter(None, (flags, own)))
    return importlib.import_module("simdesign.fit.pymc_engine")
