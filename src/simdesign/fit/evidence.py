"""The heart of the exact engine: evidences of hypotheses, summed over the standard deviations.

It knows columns, not what they mean: other hypotheses than national breaks are served by other
``Hypotheses``, another path noise by another ``Path``.
"""

import numpy as np

from simdesign._kernels.between_sites import site_likelihoods
from simdesign._kernels.break_design import Hypotheses, Path, Spans
from simdesign._kernels.break_scan import FIRST_BREAK, N_MOMENT, break_scan
from simdesign._kernels.collapse import Layout, collapse
from simdesign._kernels.site_integral import integrate_site_nodes
from simdesign.fit.panel import Panel
from simdesign.fit.priors import BreakPriors
from simdesign.fit.quadrature import Resolution, SiteNodes, lattice, site_nodes
from simdesign.fit.regressors import regressor_ridge, regressors
from simdesign.records import Bools, Floats

MEMORY = 2**27
"""So many bytes of sums are worked on at a time, if one replication fits."""


def national_path(panel: Panel, priors: BreakPriors) -> Path:
    """Return the national series' place in time, its errors and its common columns."""
    return Path(
        time=panel.time,
        rank=panel.rank,
        first=np.searchsorted(panel.rank, np.arange(panel.times.size + 1)).astype(np.int64),
        batch=panel.batch,
        new_batch=panel.new_batch,
        year=panel.lab_year,
        new_year=panel.new_lab_year,
        n_state=panel.n_state,
        n_observation=panel.n_observation,
        regressors=regressors(panel, priors),
        ridge=regressor_ridge(panel, priors),
    )


def layout(panel: Panel) -> Layout:
    """Return how site-weeks make up the national series."""
    return Layout(
        first_visit=panel.first_visit,
        noise=panel.variance,
        first_cell=panel.first_cell,
        group=panel.group,
        n_group=panel.group_size.size,
        n_observation=panel.n_observation,
    )


def centred(panel: Panel, mean: Floats) -> Floats:
    """Return the used visits with each site's first value taken off: levels are free anyway."""
    y = mean[:, panel.visit]
    site, first = np.unique(panel.visit_site, return_index=True)
    offset = np.zeros((y.shape[0], panel.site_group.size))
    offset[:, site] = y[:, first]
    return np.ascontiguousarray(y - offset[:, panel.visit_site])


def between_sites(panel: Panel, y: Floats, grid: SiteNodes) -> Floats:
    """Return the log likelihood between sites at the fine nodes of a grid, (n_fine, r, k)."""
    found: Floats = site_likelihoods(
        y, panel.first_visit, panel.visit_site, panel.variance, panel.group, panel.group_size,
        panel.site_group, panel.n_cell, grid.fine**2, grid.refinement,
    )  # fmt: skip
    return found


def summed_evidence(
    panel: Panel,
    y: Floats,
    path: Path,
    hypotheses: Hypotheses,
    spans: Spans,
    priors: BreakPriors,
    size: Resolution,
    between: Floats | None = None,
) -> tuple[Floats, Floats]:
    """Return evidences and moments of all hypotheses, summed over the three standard deviations.

    Parameters
    ----------
    panel : Panel
    y : ndarray, shape (n_rep, n_visit)
        Centred site-week means.
    path : Path
    hypotheses : Hypotheses
    spans : Spans
    priors : BreakPriors
        Of the standard deviations.
    size : Resolution
    between : ndarray, shape (n_fine, n_rep, n_look), optional
        What ``between_sites`` returns, from a caller who fits the same data repeatedly.

    Returns
    -------
    reference : ndarray, shape (n_rep, n_look)
        Log scale of the sums.
    sums : ndarray, shape (n_rep, n_look, N_MOMENT + 2 n_span, 2 + n_break)
        See ``break_scan``.
    """
    shape = (N_MOMENT + 2 * spans.length.shape[1], FIRST_BREAK + hypotheses.campaign.size)
    grid = site_nodes(priors.sigma_site, size.site_spacing, size.site_refinement)
    nodes = lattice(priors.sigma_shared, priors.sigma_rw, size, priors.r_lab)
    arranged = layout(panel)
    n_look = panel.n_observation.size
    one = 8 * n_look * shape[0] * shape[1] * min(8, grid.coarse.size)
    step = max(1, MEMORY // one)
    reference, sums = [], []
    for start in range(0, y.shape[0], step):
        part = np.ascontiguousarray(y[start : start + step])
        known = (
            between_sites(panel, part, grid)
            if between is None
            else between[:, start : start + step]
        )
        log_joint = grid.log_weight[:, None, None] + known
        used = _used_nodes(log_joint, grid.refinement, size.site_negligible)
        nothing = (hypotheses.n_break == 0) & (hypotheses.n_pulse == 0)
        used[:, :, nothing] = False  # to compare: the prior stands
        some = np.flatnonzero(used.any(axis=(1, 2)))
        low, high = (some[0], some[-1] + 1) if some.size else (0, 1)
        near = used[low:high]
        at = np.full((high - low, part.shape[0], n_look), np.nan)
        found = np.zeros((*at.shape, *shape))
        ends = log_joint[:: grid.refinement][low:high]
        total = np.full(at.shape, -np.inf)
        for node in _outwards(low, high, grid.coarse.size):
            _pass_over(node, near, total, size.site_negligible)
            rows = np.flatnonzero(near[node].any(axis=1))
            if rows.size:
                observed = collapse(part[rows], arranged, grid.coarse[low + node] ** 2)
                break_scan(
                    path, hypotheses, spans, observed, nodes, rows, near[node],
                    at[node], found[node],
                )  # fmt: skip
                seen = found[node, :, :, 0].sum(axis=2)
                counts = near[node] & (seen > 0.0)
                total[node][counts] = np.log(seen[counts]) + (at + ends)[node][counts]
        first, last = low * grid.refinement, (high - 1) * grid.refinement + 1
        scale, sums_of = integrate_site_nodes(
            at, found, log_joint[first:last], grid.refinement, near
        )
        reference.append(scale)
        sums.append(sums_of)
    return np.concatenate(reference), np.concatenate(sums)


def _outwards(low: int, high: int, n: int) -> list[int]:
    """Return the nodes from ``low`` on as 0, 1, ..., in the order of work.

    From the prior's median outwards, whatever the replications need: what is passed over for one
    must not depend on its company.
    """
    return sorted(range(high - low), key=lambda node: (abs(low + node - n // 2), node))


def _pass_over(node: int, near: Bools, total: Floats, negligible: float) -> None:
    """Take a node off ``near`` where evidence has already fallen far below the best beside it.

    The evidence has one peak in the site-week SD: what lies beyond a node that carries nothing
    carries less. The next two nodes on the way to the best must be known, since evidences are
    interpolated with the second differences there.
    """
    n = near.shape[0]
    for inner, second in ((node - 1, node - 2), (node + 1, node + 2)):
        if 0 <= second < n:
            best = total.max(axis=0)
            known = np.isfinite(total[inner]) & np.isfinite(total[second])
            falls = total[inner] < total[second]
            near[node] &= ~(known & falls & (total[inner] < best - negligible))


def _used_nodes(log_joint: Floats, refinement: int, negligible: float) -> Bools:
    """Return the coarse nodes that matter, (node, r, k): those of cells with some weight.

    One cell alone gets a third node, on the side where more of the rest lies: two do not show
    how the evidence bends.
    """
    near = log_joint > log_joint.max(axis=0) - negligible
    n = (log_joint.shape[0] - 1) // refinement + 1
    used = np.zeros((n, *log_joint.shape[1:]), dtype=bool)
    for fine in range(log_joint.shape[0]):
        used[fine // refinement] |= near[fine]
        if fine % refinement:
            used[fine // refinement + 1] |= near[fine]
    if n > 2:
        left = used.argmax(axis=0)
        lonely = (used.sum(axis=0) == 2) & (refinement > 1)
        ends = log_joint[::refinement]
        for r, k in np.argwhere(lonely).tolist():
            a = int(left[r, k])
            down = a > 0 and (a + 2 >= n or ends[a, r, k] > ends[a + 1, r, k])
            used[a - 1 if down else a + 2, r, k] = True
    return used
