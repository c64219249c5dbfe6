"""The exact engine: posterior probability, date and size of a national step.

The model, its integrals and this algorithm are derived in docs/engine.md.
"""

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from simdesign._kernels.between_sites import all_group_means, site_likelihoods
from simdesign._kernels.site_integral import integrate_site_nodes
from simdesign._kernels.step_posterior import step_summary
from simdesign._kernels.step_scan import step_scan
from simdesign.fit.panel import Panel, build_panel
from simdesign.fit.priors import StepPriors, step_priors
from simdesign.fit.quadrature import scale_nodes, site_nodes
from simdesign.fit.site_weeks import SiteWeeks, site_weeks
from simdesign.records import Fit, Floats, Ints, Looks, Observations, Status
from simdesign.spec.base import Spec
from simdesign.spec.estimator import ExactSite, ExactStep
from simdesign.units import DAYS_PER_YEAR

FEW_SITES = 8
"""Up to so many sites the data leave the site-week SD wide open."""
SITE_SPACING = {True: 0.15, False: 0.20}
"""Distance of the coarse nodes of log site-week SD, with few and with many sites."""
SITE_REFINEMENT = 8
"""Fine nodes for each coarse one."""
SITE_NEGLIGIBLE = 8.0
"""A site node whose log weight lies this far below the largest is left out."""
FEW_TIMES = 15
"""Up to so many campaign times the posterior of the standard deviations is wide."""
SHARED_NODES = {True: 12, False: 17}
"""Nodes of the shared SD with few and with many campaign times."""
WALK_NODES = {True: 8, False: 9}
"""Nodes of the national walk."""
MOST_LEFT_OUT = 0.10
"""Share of site-weeks with too many days below LOQ above which the engine does not apply."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepPosterior:
    """The posterior at one look, in full."""

    prob_break: float
    interval_start: Ints  # (m,) first day of each admissible interval
    interval_end: Ints  # (m,) first day after it
    prob_interval: Floats  # (m,) posterior probability of a break in it
    prob_unidentified: float  # a break where the data say nothing about it
    effect_mean: float  # E at the look, the no-break atom included
    effect_low: float  # 2.5 % quantile of E
    effect_high: float  # 97.5 % quantile
    log_evidence: float
    n_campaigns: int
    status: Status


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scan:
    """Results of one pattern of usable visits, for the replications that have it."""

    panel: Panel
    prior_interval: Floats  # (k, m)
    values: tuple[np.ndarray, ...]  # log odds, prob, effect, low, high, day, evidence, (r, k, m)


class ExactStepEngine:
    """National step, integrated numerically over the three standard deviations."""

    spec_type: ClassVar[type[Spec]] = ExactStep

    def __init__(self, name: str, spec: ExactStep) -> None:
        self.name, self.spec = name, spec

    def fit(self, observations: Observations, looks: Looks, substance: str) -> Fit:
        """Fit every replication at every look."""
        return _fit(self.name, self.spec, observations, looks, substance)


class ExactSiteEngine:
    """One site alone: the same model, its walk being the site's own."""

    spec_type: ClassVar[type[Spec]] = ExactSite

    def __init__(self, name: str, spec: ExactSite) -> None:
        self.name, self.spec = name, spec

    def fit(self, observations: Observations, looks: Looks, substance: str) -> Fit:
        """Fit every replication at every look."""
        return _fit(self.name, self.spec, observations, looks, substance)


def _fit(
    name: str,
    spec: ExactStep | ExactSite,
    observations: Observations,
    looks: Looks,
    substance: str,
) -> Fit:
    priors = step_priors(spec, substance)
    reduced = site_weeks(observations, substance, priors.day_noise)
    shape = (observations.n_rep, looks.day.size)
    columns = {column: np.full(shape, np.nan) for column in _COLUMNS}
    status = np.full(shape, int(Status.OK), dtype=np.int64)
    for rows in _patterns(reduced):
        scan = scan_steps(reduced, rows, observations, looks, priors)
        if scan is None:
            status[rows] = Status.NOT_APPLICABLE
            continue
        for column, value in zip(_COLUMNS, scan.values, strict=False):
            columns[column][rows] = value
        too_early = np.flatnonzero(scan.panel.n_interval == 0)
        status[np.ix_(rows, too_early)] = Status.TOO_LITTLE_DATA
    refused = _left_out_share(reduced, observations, looks) > MOST_LEFT_OUT
    status[refused] = Status.NOT_APPLICABLE
    for value in columns.values():
        value[status == Status.NOT_APPLICABLE] = np.nan
    return Fit(
        estimator=name,
        substance=substance,
        published_alarm=np.zeros(shape, dtype=bool),
        status=status,
        **columns,
    )


def _left_out_share(reduced: SiteWeeks, observations: Observations, looks: Looks) -> Floats:
    """Return the share of the site-weeks reported by each look that were left out, (r, k)."""
    known = observations.visits.last_day + looks.report_lag <= looks.day[:, None]  # (k, v)
    reported = known.astype(float)
    out = reduced.left_out[:, None, :] & known[None]
    share: Floats = out.sum(axis=2) / np.maximum(reported.sum(axis=1), 1.0)[None, :]
    return share


_COLUMNS = (
    "score", "prob_break", "effect", "effect_low", "effect_high", "break_day", "log_evidence",
)  # fmt: skip


def step_posterior(
    spec: ExactStep | ExactSite,
    observations: Observations,
    looks: Looks,
    substance: str,
) -> StepPosterior:
    """Return the whole posterior of the first replication at the last look."""
    priors = step_priors(spec, substance)
    reduced = site_weeks(observations, substance, priors.day_noise)
    last = replace(looks, day=looks.day[-1:].copy())
    scan = scan_steps(reduced, np.array([0]), observations, last, priors)
    if scan is None:
        nothing = np.zeros(0, dtype=np.int64)
        return StepPosterior(
            prob_break=np.nan, interval_start=nothing, interval_end=nothing,
            prob_interval=np.zeros(0), prob_unidentified=np.nan, effect_mean=np.nan,
            effect_low=np.nan, effect_high=np.nan, log_evidence=np.nan, n_campaigns=0,
            status=Status.NOT_APPLICABLE,
        )  # fmt: skip
    _, prob, effect, low, high, _, evidence, prob_interval = scan.values
    panel = scan.panel
    n = int(panel.n_interval[0])
    refused = _left_out_share(reduced, observations, last)[0, 0] > MOST_LEFT_OUT
    status = Status.OK if n else Status.TOO_LITTLE_DATA
    return StepPosterior(
        prob_break=float(prob[0, 0]),
        interval_start=panel.interval_start[:n],
        interval_end=panel.interval_end[:n],
        prob_interval=prob_interval[0, 0, :n],
        prob_unidentified=float(prob[0, 0] - prob_interval[0, 0, :n].sum()),
        effect_mean=float(effect[0, 0]),
        effect_low=float(low[0, 0]),
        effect_high=float(high[0, 0]),
        log_evidence=float(evidence[0, 0]),
        n_campaigns=int(np.unique(panel.time[: panel.n_observation[0]]).size),
        status=Status.NOT_APPLICABLE if refused else status,
    )


def _patterns(reduced: SiteWeeks) -> list[np.ndarray]:
    """Return the replications that share their usable visits and noise: they share a design."""
    key = np.concatenate([reduced.usable.astype(float), reduced.variance], axis=1)
    _, first, inverse = np.unique(key, axis=0, return_index=True, return_inverse=True)
    return [np.flatnonzero(inverse.ravel() == p) for p in range(first.size)]


def scan_steps(
    reduced: SiteWeeks,
    rows: np.ndarray,
    observations: Observations,
    looks: Looks,
    priors: StepPriors,
) -> _Scan | None:
    """Run the engine for replications of one pattern; None where it does not apply."""
    panel = build_panel(
        observations.visits, reduced.usable[rows[0]], reduced.variance[rows[0]], looks,
        nugget=priors.nugget, break_intervals=priors.break_intervals,
    )  # fmt: skip
    if panel.interleaved:
        return None
    reference, sums = _summed_evidence(panel, _centred(panel, reduced.mean[rows]), priors)
    prior_interval, unidentified, none = _prior_mass(panel, looks, priors.hazard)
    values = step_summary(
        reference, sums, panel.n_interval, prior_interval, unidentified, none,
        panel.interval_start.astype(float), panel.interval_end.astype(float), priors.step_sd,
    )  # fmt: skip
    return _Scan(panel=panel, prior_interval=prior_interval, values=values)


def _centred(panel: Panel, mean: Floats) -> Floats:
    """Return the used visits with each site's first value taken off: levels are free anyway."""
    y = mean[:, panel.visit]
    site, first = np.unique(panel.visit_site, return_index=True)
    offset = np.zeros((y.shape[0], panel.site_group.size))
    offset[:, site] = y[:, first]
    return np.ascontiguousarray(y - offset[:, panel.visit_site])


def _summed_evidence(panel: Panel, y: Floats, priors: StepPriors) -> tuple[Floats, Floats]:
    n_rep, n_look = y.shape[0], panel.n_observation.size
    n_step = int(panel.n_interval.max(initial=0))
    spacing = SITE_SPACING[panel.site_group.size <= FEW_SITES]
    grid = site_nodes(priors.sigma_site, spacing, SITE_REFINEMENT)
    few = int(np.unique(panel.time).size) <= FEW_TIMES
    shared = scale_nodes(priors.sigma_shared, SHARED_NODES[few])
    walk = scale_nodes(priors.sigma_rw, WALK_NODES[few])
    node_weight = (shared.log_weight[:, None] + walk.log_weight[None, :]).ravel()
    order = np.argsort(-node_weight, kind="stable")  # large terms first: fewer rescalings
    node_weight = node_weight[order]
    shared_variance = np.repeat(shared.value**2, walk.value.size)[order]
    walk_variance = np.tile(walk.value**2, shared.value.size)[order]
    regressors, ridge = _regressors(panel, priors)
    log_joint = grid.log_weight[:, None, None] + site_likelihoods(
        y, panel.first_visit, panel.visit_site, panel.variance, panel.group, panel.group_size,
        panel.site_group, panel.n_observation, grid.fine**2, grid.refinement,
    )  # fmt: skip
    used = _used_nodes(log_joint, grid.refinement)
    used[:, :, panel.n_interval == 0] = False  # nothing to compare: the prior stands
    shape = (grid.coarse.size, n_rep, n_look)
    reference = np.full(shape, np.nan)
    sums = np.zeros((*shape, 1 + 3 * n_step))
    for node, sigma in enumerate(grid.coarse):
        rows = np.flatnonzero(used[node].any(axis=1))
        if rows.size:
            means, variance = all_group_means(y[rows], panel.first_visit, panel.variance, sigma**2)
            step_scan(
                np.ascontiguousarray(means.T), rows, used[node],
                shared_variance, walk_variance, node_weight, priors.r_lab,
                panel.time, panel.new_batch, panel.lab, panel.new_year, panel.n_lab, variance,
                regressors, ridge, panel.group, panel.group_size.size, panel.interval,
                panel.n_interval, panel.n_observation, priors.step_sd**2,
                reference[node], sums[node],
            )  # fmt: skip
    integrated: tuple[Floats, Floats] = integrate_site_nodes(
        reference, sums, log_joint, grid.refinement, used
    )
    return integrated


def _used_nodes(log_joint: Floats, refinement: int) -> np.ndarray:
    """Return the coarse nodes that matter, (node, r, k): those of cells with some weight."""
    near = log_joint > log_joint.max(axis=0) - SITE_NEGLIGIBLE
    n = (log_joint.shape[0] - 1) // refinement + 1
    used = np.zeros((n, *log_joint.shape[1:]), dtype=bool)
    for fine in range(log_joint.shape[0]):
        used[fine // refinement] |= near[fine]
        if fine % refinement:
            used[fine // refinement + 1] |= near[fine]
    return used


def _regressors(panel: Panel, priors: StepPriors) -> tuple[Floats, Floats]:
    """Return common columns (n, p) and prior precisions (p,): levels (flat), drift, slots."""
    n, n_group = panel.time.size, panel.group_size.size
    columns = [(panel.group == g).astype(float) for g in range(n_group)]
    ridge = [0.0] * n_group
    if priors.drift_sd > 0:
        columns.append(panel.time)
        ridge.append(priors.drift_sd**-2)
    if panel.n_slot > 1 and priors.slot_sd > 0:
        columns += [(panel.slot == slot).astype(float) for slot in range(panel.n_slot)]
        ridge += [priors.slot_sd**-2] * panel.n_slot
    matrix = np.column_stack(columns) if columns else np.zeros((n, 0))
    return np.ascontiguousarray(matrix), np.array(ridge)


def _prior_mass(panel: Panel, looks: Looks, hazard: float) -> tuple[Floats, Floats, Floats]:
    """Return prior probabilities: per admissible interval, of a hidden break, and of none.

    A break by the look has probability 1 - exp(-hazard * time), spread evenly over the days
    since the origin; what falls outside the admissible intervals cannot be seen in the data.
    """
    span = np.maximum(looks.day - looks.origin_day, 0).astype(float)
    none = np.exp(-hazard * span / DAYS_PER_YEAR)
    length = (panel.interval_end - panel.interval_start).astype(float)
    n_step = int(panel.n_interval.max(initial=0))
    prior = np.zeros((looks.day.size, n_step))
    for k in range(looks.day.size):
        n = panel.n_interval[k]
        if span[k] > 0:
            prior[k, :n] = (1.0 - none[k]) * length[:n] / span[k]
    return prior, 1.0 - none - prior.sum(axis=1), none
