"""Up to two breaks in one series of at most twenty campaigns: derived in docs/long_series.md.

Every pair of breaks is a hypothesis of its own, on the collapsed national series, at every node
of the standard deviations. Speed is no issue for one series, so the algebra is plain NumPy.
"""

import math
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from simdesign._kernels.between_sites import LOG_2PI, site_likelihoods
from simdesign._kernels.break_pairs import pair_log_factors
from simdesign._kernels.collapse import Observed, collapse
from simdesign.fit.evidence import centred, layout
from simdesign.fit.exact import MOST_LEFT_OUT, left_out_share
from simdesign.fit.hypotheses import POINTS, SPAN
from simdesign.fit.panel import Panel, build_panel
from simdesign.fit.prior_mass import intervals
from simdesign.fit.priors import BreakPriors, ExactSpec, break_priors
from simdesign.fit.quadrature import Resolution, lattice, resolution, site_nodes
from simdesign.fit.regressors import regressor_ridge, regressors
from simdesign.fit.site_weeks import site_weeks
from simdesign.records import Bools, Floats, Ints, Looks, Observations, Status
from simdesign.units import DAYS_PER_YEAR

MOST_CAMPAIGNS = 20
"""A series with more is not served: the pairs grow with the square."""
NEGLIGIBLE = 14.0
"""Site nodes whose log weight lies so far below the best are left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LongSeries:
    """Posterior over no, one and two breaks at one look."""

    prob_count: Floats  # (3,) P(no break), P(one), P(two or more)
    prior_count: Floats  # (3,)
    prob_recent: float  # P(a break in the last three years)
    prior_recent: float
    interval_start: Ints  # (m,) first day of each interval in which a break can be seen
    interval_end: Ints  # (m,) first day after it
    prob_pair: Floats  # (m, m) P(two breaks, in these intervals); zero below the diagonal
    log_evidence: float
    n_campaigns: int
    status: Status

    @property
    def likely_pair(self) -> tuple[int, int, float] | None:
        """The most probable pair of intervals and its probability; None where there is none."""
        if self.status != Status.OK:
            return None
        a, b = np.unravel_index(int(self.prob_pair.argmax()), self.prob_pair.shape)
        return int(a), int(b), float(self.prob_pair[a, b])


@dataclass(frozen=True, slots=True, kw_only=True)
class Items:
    """What one break could be: a kind, a day, and its two columns; the last two are invisible."""

    interval: Ints  # (a,) number of the interval; -1 = the data do not show it
    mass: Floats  # (a,) prior probability, given one break; they add up to one
    recent: Bools  # (a,) in the last three years
    columns: Floats  # (i, 2 a) scaled by the priors' SDs


def long_series(
    spec: ExactSpec,
    observations: Observations,
    looks: Looks,
    substance: str,
    *,
    size: Resolution | None = None,
) -> LongSeries:
    """Return the posterior of the first replication at the last look.

    Pulses are not among the hypotheses.
    """
    priors = break_priors(spec, substance)
    reduced = site_weeks(observations, substance, priors.day_noise)
    last = replace(looks, day=looks.day[-1:].copy())
    known = observations.visits.last_day + looks.report_lag <= last.day[0]
    panel = build_panel(
        observations.visits, reduced.usable[0] & known, reduced.variance[0], last,
        nugget=priors.nugget,
    )  # fmt: skip
    items = break_items(panel, last, priors)
    n = panel.times.size
    status = Status.OK if items.interval.max(initial=-1) >= 0 else Status.TOO_LITTLE_DATA
    if n > MOST_CAMPAIGNS or left_out_share(reduced, observations.visits, last)[0, 0] > (
        MOST_LEFT_OUT
    ):
        status = Status.NOT_APPLICABLE
    fine = long_resolution(n, bool(panel.group_size.max(initial=1) > 1)) if size is None else size
    evidence, scale = np.ones((items.mass.size, items.mass.size)), 0.0
    if status == Status.OK:
        evidence, scale = _evidences(panel, centred(panel, reduced.mean[:1]), items, priors, fine)
    years = max(float(last.day[0] - last.origin_day), 0.0) / DAYS_PER_YEAR
    return _summary(panel, items, evidence, scale, priors.hazard * years, status)


def long_resolution(n_time: int, several_sites: bool) -> Resolution:
    """Return the nodes: those of the engine, the site-week SD at half as many or at an eighth.

    All of its nodes cost the same here. Sites that are always measured together tell much about
    it: a spacing of 0.075 in its logarithm is at most twice the posterior's SD for twenty of them
    and twenty campaigns. Where there are none the evidence is smooth, and the prior is four thirds
    of the engine's coarse spacing wide.
    """
    return replace(resolution(n_time), site_refinement=4 if several_sites else 1)


def break_items(panel: Panel, looks: Looks, priors: BreakPriors) -> Items:
    """Lay out everything that one break could be, with the prior given that there is one."""
    times = (panel.times - panel.times[0]) / DAYS_PER_YEAR if panel.times.size else panel.times
    look, origin = float(looks.day[-1]), float(looks.origin_day)
    span = max(look - origin, 1.0)
    cut = look - SPAN * DAYS_PER_YEAR
    admissible = np.arange(2, times.size)
    interval, mass, recent, columns = [], [], [], []
    for m, (start, end) in enumerate(intervals(panel.times, admissible)):
        j = int(admissible[m])
        first, after = max(start, origin), min(end, look)
        length = float(times[j] - times[j - 1])
        step, ramp = _step_and_ramp(panel, times, j)
        edges = [first, *([cut] if first < cut < after else []), after]
        for a, b in pairwise(edges):
            share = max(b - a, 0.0) / span
            for kind, lead, part in _places(priors, length):
                # the piece's place within the interval, in years before its last campaign
                late = (end - b + lead * (b - a)) / max(end - start, 1.0) * length
                sloped = priors.slope_sd * (ramp + late * step)
                interval.append(m)
                mass.append(share * part)
                recent.append(0.5 * (a + b) >= cut)
                columns += [
                    priors.step_sd * step if kind != "slope" else 0.0 * step,
                    sloped if kind != "step" else 0.0 * step,
                ]
    shown_recent = sum(q for q, late in zip(mass, recent, strict=True) if late)
    hidden_recent = max((look - max(cut, origin)) / span - shown_recent, 0.0)
    hidden_old = max(1.0 - sum(mass) - hidden_recent, 0.0)
    nothing = np.zeros(panel.time.size)
    return Items(
        interval=np.array([*interval, -1, -1], dtype=np.int64),
        mass=np.array([*mass, hidden_recent, hidden_old]),
        recent=np.array([*recent, True, False]),
        columns=np.column_stack([*columns, *([nothing] * 4)]),
    )


def _places(priors: BreakPriors, length: float) -> list[tuple[str, float, float]]:
    """Return kind, place from the end (share of the piece) and share of the piece's mass."""
    n_point = next(n for limit, n in POINTS if length <= limit)
    out = [("step", 0.5, priors.kinds.step)]
    for kind, mass, n in (
        ("slope", priors.kinds.slope, n_point),
        ("both", priors.kinds.both, max(1, n_point - 1)),
    ):
        point, weight = np.polynomial.legendre.leggauss(n)
        out += [
            (kind, 0.5 * (1.0 + x), 0.5 * w * mass)
            for x, w in zip(point.tolist(), weight.tolist(), strict=True)
        ]
    return [place for place in out if place[2] > 0.0]


def _step_and_ramp(panel: Panel, times: Floats, j: int) -> tuple[Floats, Floats]:
    on = (panel.rank >= j).astype(float)
    return on, on * (panel.time - times[j])


def _evidences(
    panel: Panel, y: Floats, items: Items, priors: BreakPriors, size: Resolution
) -> tuple[Floats, float]:
    """Return the evidence of every pair of items, summed over the nodes, and its log scale.

    The last item changes nothing, so the last column holds one break alone, and its last row
    none.
    """
    grid = site_nodes(priors.sigma_site, size.site_spacing, size.site_refinement)
    nodes = lattice(priors.sigma_shared, priors.sigma_rw, size, priors.r_lab)
    log_site = grid.log_weight + site_likelihoods(
        y, panel.first_visit, panel.visit_site, panel.variance, panel.group, panel.group_size,
        panel.site_group, panel.n_cell, grid.fine**2, 1,
    )[:, 0, 0]  # fmt: skip
    common = regressors(panel, priors)
    ridge = regressor_ridge(panel, priors)
    walk = np.minimum(panel.time[:, None], panel.time[None, :])
    batch = _same(panel.batch, panel.new_batch)
    shared = (1.0 - priors.r_lab) * batch
    shared = shared + priors.r_lab * _same(panel.lab_year, panel.new_lab_year)
    total, reference = np.zeros((items.mass.size, items.mass.size)), -np.inf
    for s in np.flatnonzero(log_site > log_site.max() - NEGLIGIBLE):
        observed = collapse(y, layout(panel), float(grid.fine[s]) ** 2)
        for node in range(nodes.log_weight.size):
            covariance = (
                np.diag(observed.variance)
                + float(nodes.shared_variance[node]) * shared
                + float(nodes.walk_variance[node]) * walk
            )
            base, information, score = _projected(
                observed, covariance, common, ridge, items.columns
            )
            log_z = np.triu(pair_log_factors(information, score))
            log_z = log_z + base + float(nodes.log_weight[node]) + float(log_site[s])
            top = float(log_z.max())
            if top > reference:
                total = total * math.exp(reference - top)
                reference = top
            total = total + np.exp(log_z - reference)
    return np.triu(total), reference


def _projected(
    observed: Observed, covariance: Floats, common: Floats, ridge: Floats, columns: Floats
) -> tuple[float, Floats, Floats]:
    """Return log evidence of no break, and information and score of columns given the others."""
    n, n_level, p = columns.shape[0], observed.share.shape[1], ridge.size + observed.share.shape[1]
    root = np.linalg.cholesky(covariance)
    stacked = np.column_stack([observed.share, common, columns, observed.mean[0]])
    white = np.linalg.solve(root, stacked)
    x, z, y = white[:, :p], white[:, p:-1], white[:, -1]
    gram = x.T @ x
    gram[:n_level, :n_level] += observed.gram[0]
    gram[np.arange(n_level, p), np.arange(n_level, p)] += ridge
    right = x.T @ y
    right[:n_level] += observed.rhs[0, 0]
    factor = np.linalg.cholesky(gram)
    link, u = np.linalg.solve(factor, x.T @ z), np.linalg.solve(factor, right)
    log_det = 2.0 * float(np.log(np.diagonal(root)).sum() + np.log(np.diagonal(factor)).sum())
    value = log_det - float(np.log(ridge).sum()) + (n - n_level) * LOG_2PI
    value += float(y @ y + observed.square[0, 0] - u @ u)
    return float(observed.constant[0]) - 0.5 * value, z.T @ z - link.T @ link, z.T @ y - link.T @ u


def _same(place: Ints, fresh: Bools) -> Floats:
    """Return which observations share a batch or a laboratory's year, from its place in time."""
    name = np.zeros(place.size, dtype=np.int64)
    open_now: dict[int, int] = {}
    for i, (where, new) in enumerate(zip(place.tolist(), fresh.tolist(), strict=True)):
        if new:
            open_now[where] = i
        name[i] = open_now[where]
    return np.asarray(name[:, None] == name[None, :], dtype=np.float64)


def _summary(
    panel: Panel, items: Items, evidence: Floats, scale: float, expected: float, status: Status
) -> LongSeries:
    """Turn evidences into probabilities; ``expected`` is the prior mean of a Poisson number."""
    none = math.exp(-expected)
    prior = np.array([none, expected * none, max(1.0 - none * (1.0 + expected), 0.0)])
    both = np.triu(np.outer(items.mass, items.mass) * (2.0 - np.eye(items.mass.size)))
    one = prior[1] * items.mass * evidence[:, -1]
    two = prior[2] * both * evidence
    count = np.array([prior[0] * evidence[-1, -1], one.sum(), two.sum()])
    either = items.recent[:, None] | items.recent[None, :]
    total = float(count.sum())
    admissible = np.arange(2, panel.times.size)
    edges = intervals(panel.times, admissible)
    pair = np.zeros((len(edges), len(edges)))
    seen = items.interval >= 0
    a, b = np.nonzero(np.outer(seen, seen) & (two > 0.0))
    low = np.minimum(items.interval[a], items.interval[b])
    high = np.maximum(items.interval[a], items.interval[b])
    np.add.at(pair, (low, high), two[a, b] / total)
    recent = float(one[items.recent].sum() + two[either].sum()) / total
    prior_recent = float(prior[1] * items.mass[items.recent].sum() + prior[2] * both[either].sum())
    unknown = status == Status.NOT_APPLICABLE
    return LongSeries(
        prob_count=np.full(3, np.nan) if unknown else count / total,
        prior_count=prior,
        prob_recent=math.nan if unknown else recent,
        prior_recent=prior_recent,
        interval_start=np.array([start for start, _ in edges], dtype=np.int64),
        interval_end=np.array([end for _, end in edges], dtype=np.int64),
        prob_pair=pair,
        log_evidence=math.log(total) + scale if status == Status.OK else math.nan,
        n_campaigns=int(panel.times.size),
        status=status,
    )
