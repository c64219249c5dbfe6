"""The exact engine: posterior probability, kind, date and size of a national break.

The model, its integrals and this algorithm are derived in docs/engine.md.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from simdesign._kernels.break_summary import BOTH, SLOPE, STEP, Summary, break_summary
from simdesign.fit.evidence import centred, national_path, summed_evidence
from simdesign.fit.hypotheses import Model, break_model
from simdesign.fit.panel import Panel, build_panel
from simdesign.fit.priors import BreakPriors, ExactSpec, break_priors
from simdesign.fit.quadrature import Resolution, resolution
from simdesign.fit.site_weeks import SiteWeeks, site_weeks
from simdesign.records import Bools, Fit, Floats, Looks, Observations, Status, Visits
from simdesign.spec.base import Spec
from simdesign.spec.estimator import ExactBreak, ExactCity, ExactSite, ExactStep

MOST_LEFT_OUT = 0.10
"""Share of site-weeks with too many days below LOQ above which the engine does not apply."""
AT_LOOK, AFTER_ONE_YEAR, AFTER_THREE_YEARS = 0, 1, 2
"""Dates of E in a summary."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """Results of one pattern of usable visits, for the replications that have it."""

    panel: Panel
    model: Model
    summary: Summary
    sums: Floats  # (r, k, field, 2 + break) evidences and moments of ``break_scan``


@dataclass(frozen=True, slots=True, kw_only=True)
class Scans:
    """The whole of the engine's work on one substance: every pattern of usable visits."""

    reduced: SiteWeeks
    parts: tuple[tuple[np.ndarray, Scan], ...]
    """Replications (int64) of a pattern, and their scan."""


Further = Callable[[np.ndarray, Scan], dict[str, Floats]]
"""Replications of one pattern and their scan -> further columns of a ``Fit``, (r, k) each."""


class ExactBreakEngine:
    """National break, integrated numerically over the three standard deviations."""

    spec_type: ClassVar[type[Spec]] = ExactBreak

    def __init__(self, name: str, spec: ExactSpec) -> None:
        self.name, self.spec = name, spec

    def fit(self, observations: Observations, looks: Looks, substance: str) -> Fit:
        """Fit every replication at every look."""
        return fit_breaks(self.name, self.spec, observations, looks, substance)


class ExactStepEngine(ExactBreakEngine):
    """Steps only."""

    spec_type: ClassVar[type[Spec]] = ExactStep


class ExactSiteEngine(ExactBreakEngine):
    """One site alone: the walk is the site's own."""

    spec_type: ClassVar[type[Spec]] = ExactSite


class ExactCityEngine(ExactBreakEngine):
    """One site alone, breaks of every kind."""

    spec_type: ClassVar[type[Spec]] = ExactCity


def fit_breaks(
    name: str, spec: ExactSpec, observations: Observations, looks: Looks, substance: str,
    further: Further | None = None, scans: Scans | None = None,
) -> Fit:  # fmt: skip
    """Fit every replication at every look; ``further`` adds columns of its own.

    ``scans`` are those of ``scan_all``, where they are known already.
    """
    known = scan_all(spec, observations, looks, substance) if scans is None else scans
    reduced = known.reduced
    shape = (observations.n_rep, looks.day.size)
    columns = {column: np.full(shape, np.nan) for column in COLUMNS}
    status = np.full(shape, int(Status.OK), dtype=np.int64)
    for rows, scan in known.parts:
        found = fit_columns(scan) | (further(rows, scan) if further else {})
        for column, value in found.items():
            columns.setdefault(column, np.full(shape, np.nan))[rows] = value
        too_early = np.flatnonzero(scan.model.n_interval == 0)
        status[np.ix_(rows, too_early)] = Status.TOO_LITTLE_DATA
    status[left_out_share(reduced, observations.visits, looks) > MOST_LEFT_OUT] = (
        Status.NOT_APPLICABLE
    )
    for value in columns.values():
        value[status == Status.NOT_APPLICABLE] = np.nan
    return Fit(
        estimator=name,
        substance=substance,
        published_alarm=np.zeros(shape, dtype=bool),
        status=status,
        **columns,
    )


def scan_all(
    spec: ExactSpec, observations: Observations, looks: Looks, substance: str
) -> Scans:  # fmt: skip
    """Run the engine for every replication."""
    priors = break_priors(spec, substance)
    reduced = site_weeks(observations, substance, priors.day_noise)
    return Scans(
        reduced=reduced,
        parts=tuple(
            (rows, scan_breaks(reduced, rows, observations.visits, looks, priors))
            for rows in patterns(reduced)
        ),
    )


COLUMNS = (
    "score", "prob_break", "effect", "effect_low", "effect_high", "break_day", "log_evidence",
    "prob_step", "prob_slope", "prob_both", "prob_pulse", "prob_three_year_change",
    "effect_after_one_year", "effect_after_three_years",
)  # fmt: skip


def fit_columns(scan: Scan) -> dict[str, Floats]:
    """Return the numbers of a ``Fit``, each (r, k)."""
    found, known = scan.summary, scan.model.spans_known
    values = (
        found.log_odds, found.prob, found.effect[:, :, AT_LOOK], found.low[:, :, AT_LOOK],
        found.high[:, :, AT_LOOK], found.break_day, found.log_evidence,
        found.kind[:, :, STEP], found.kind[:, :, SLOPE], found.kind[:, :, BOTH], found.pulse,
        np.where(known, found.span[:, :, 0, 2], np.nan),
        found.effect[:, :, AFTER_ONE_YEAR], found.effect[:, :, AFTER_THREE_YEARS],
    )  # fmt: skip
    return dict(zip(COLUMNS, values, strict=True))


def left_out_share(
    reduced: SiteWeeks, visits: Visits, looks: Looks, among: Bools | None = None
) -> Floats:
    """Return the share of the site-weeks reported by each look that were left out, (r, k).

    ``among``, (v,), says which site-weeks count; None counts all.
    """
    known = visits.last_day + looks.report_lag <= looks.day[:, None]  # (k, v)
    if among is not None:
        known = known & among
    reported = known.astype(float)
    out = reduced.left_out[:, None, :] & known[None]
    share: Floats = out.sum(axis=2) / np.maximum(reported.sum(axis=1), 1.0)[None, :]
    return share


def patterns(reduced: SiteWeeks) -> list[np.ndarray]:
    """Return the replications that share their usable visits and noise: they share a design."""
    key = np.concatenate([reduced.usable.astype(float), reduced.variance], axis=1)
    _, first, inverse = np.unique(key, axis=0, return_index=True, return_inverse=True)
    return [np.flatnonzero(inverse.ravel() == p) for p in range(first.size)]


def scan_breaks(
    reduced: SiteWeeks,
    rows: np.ndarray,
    visits: Visits,
    looks: Looks,
    priors: BreakPriors,
    *,
    size: Resolution | None = None,
    path_of: int | None = None,
) -> Scan:
    """Run the engine for replications of one pattern.

    Parameters
    ----------
    reduced : SiteWeeks
    rows : ndarray of int64
        Replications of one pattern.
    visits : Visits
    looks : Looks
    priors : BreakPriors
    size : Resolution, optional
        Of the quadrature; None takes the panel's.
    path_of : int, optional
        A look whose trend path is wanted in full, with all intervals of E.
    """
    panel = build_panel(
        visits, reduced.usable[rows[0]], reduced.variance[rows[0]], looks, nugget=priors.nugget
    )
    model = break_model(panel, looks, priors, path_of)
    fine = resolution(panel.times.size) if size is None else size
    reference, sums = summed_evidence(
        panel, centred(panel, reduced.mean[rows]), national_path(panel, priors),
        model.hypotheses, model.spans, priors, fine,
    )  # fmt: skip
    summary = break_summary(
        reference, sums, model.hypotheses.n_break, model.prior,
        math.log1p(priors.notable_change), 1 if path_of is None else 3,
    )  # fmt: skip
    return Scan(panel=panel, model=model, summary=summary, sums=sums)
