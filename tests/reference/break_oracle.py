"""Brute force for breaks of every kind: dense covariances, days one by one, plain quadrature.

Shares nothing with the engine: every site-week is an entry of one multivariate normal; drift,
season, break and pulse are added to its covariance; site levels are removed by an orthonormal
basis of the complement of the site indicators (restricted likelihood); the day of a break or
pulse is summed over days within each interval, and the three standard deviations are integrated
by Gauss-Legendre rules.
"""

from dataclasses import dataclass
from itertools import pairwise, product

import numpy as np

from reference.step_oracle import _nodes

DAYS = 8
"""Days tried within each interval, at the middles of as many equal parts."""


@dataclass(frozen=True, kw_only=True)
class Hypothesis:
    """A column pair with its prior: mass and covariance of the coefficients."""

    kind: str
    mass: float
    columns: np.ndarray  # (n, 2)
    covariance: np.ndarray  # (2, 2)
    effect: np.ndarray  # (2,) E at the look per unit of the coefficients


def hypotheses(series, priors, *, origin, look, cut):
    """Return none, breaks of all kinds and pulses; early ones keep the likelihood of none.

    No hypothesis stands for days on both sides of ``cut``.
    """
    times = np.unique(series.day)
    years = (look - origin) / 365.25
    calm, no_pulse = np.exp(-priors.hazard * years), np.exp(-priors.pulse_hazard * years)
    zero = np.zeros((series.day.size, 2))
    out = []
    kinds = {"step": priors.kinds.step, "slope": priors.kinds.slope, "both": priors.kinds.both}
    for before, after in pairwise([*times[1:], look]):
        whole = (1 - calm) * (np.ceil(after) - np.ceil(before)) / (look - origin)
        edges = np.r_[np.linspace(before, after, DAYS + 1), np.clip(cut, before, after)]
        for start, end in pairwise(np.unique(edges)):
            day, share = 0.5 * (start + end), whole * (end - start) / (after - before)
            on = (series.day >= day).astype(float)
            ramp = np.maximum(series.day - day, 0.0) / 365.25
            for kind, mass in kinds.items():
                variance = [0.0 if kind == "slope" else priors.step_sd**2,
                            0.0 if kind == "step" else priors.slope_sd**2]  # fmt: skip
                out.append(
                    Hypothesis(
                        kind=kind,
                        mass=share * mass,
                        columns=np.column_stack([on, ramp]),
                        covariance=np.diag(variance),
                        effect=np.array([1.0, (look - day) / 365.25]),
                    )
                )
    shown = sum(item.mass for item in out)
    if priors.pulse_hazard > 0:
        starts = np.arange(origin, look, 0.5) + 0.25
        hit = [(series.day >= s) & (series.day < s + priors.pulse_days) for s in starts]
        patterns, count = np.unique(np.array(hit), axis=0, return_counts=True)
        for pattern, n in zip(patterns, count, strict=True):
            out.append(
                Hypothesis(
                    kind="pulse",
                    mass=calm * (1 - no_pulse) * n / starts.size,
                    columns=np.column_stack([pattern, 0 * pattern]).astype(float),
                    covariance=np.diag([priors.pulse_sd**2, 0.0]),
                    effect=np.zeros(2),
                )
            )
    none = Hypothesis(kind="none", mass=calm * no_pulse, columns=zero, covariance=np.zeros((2, 2)),
                      effect=np.zeros(2))  # fmt: skip
    hidden = Hypothesis(kind="hidden", mass=1 - calm - shown, columns=zero,
                        covariance=np.zeros((2, 2)), effect=np.zeros(2))  # fmt: skip
    return [none, hidden, *out]


def season(series, priors, moves):
    """Return the prior covariance of the season."""
    if np.unique(series.slot).size > 1:
        return priors.slot_sd**2 * (series.slot[:, None] == series.slot[None, :])
    if not moves:
        return 0.0
    dates = np.floor(series.day).astype("int64").astype("datetime64[D]")
    start = dates.astype("datetime64[Y]").astype("datetime64[D]")
    angle = 2 * np.pi * ((dates - start).astype(float) + series.day % 1) / 365.25
    gap = angle[:, None] - angle[None, :]
    return priors.harmonic_sd**2 * (np.cos(gap) + np.cos(2 * gap))


def posterior(series, priors, *, origin, look, moves=False, n_nodes=(16, 12, 10), dates=None):
    """Return probabilities per kind, E[effect at the look], and moments of the trend's change.

    ``dates`` is a pair of days; the trend is drift, walk and break.
    """
    scales = (priors.sigma_shared, priors.sigma_rw, priors.sigma_site)
    grids = [_nodes(prior, n) for prior, n in zip(scales, n_nodes, strict=True)]
    t = (series.day - series.day.min()) / 365.25
    levels = (series.site[:, None] == np.unique(series.site)[None, :]).astype(float)
    q, _ = np.linalg.qr(levels, mode="complete")
    basis = q[:, levels.shape[1] :]
    same_batch = (series.batch[:, None] == series.batch[None, :]).astype(float)
    lab = series.batch // 10**6
    same_year = (series.year[:, None] == series.year[None, :]) & (lab[:, None] == lab[None, :])
    shared = (1 - priors.r_lab) * same_batch + priors.r_lab * same_year
    fixed = np.diag(series.noise) + priors.drift_sd**2 * np.outer(t, t)
    fixed = fixed + season(series, priors, moves)
    walk = np.minimum(t[:, None], t[None, :])
    cut = look if dates is None else dates[0]
    found = hypotheses(series, priors, origin=origin, look=look, cut=cut)
    columns = np.stack([item.columns for item in found])  # (h, n, 2)
    prior = np.stack([item.covariance for item in found])
    mass = np.log([item.mass for item in found])
    ahead = np.stack([item.effect for item in found])
    gain = np.zeros((len(found), 2))
    if dates is not None:
        a, b = ((d - series.day.min()) / 365.25 for d in dates)
        overlap = np.clip(t - max(a, 0), 0, b - max(a, 0))
        for h, item in enumerate(found):
            if item.kind in ("step", "slope", "both"):
                begin = look - item.effect[1] * 365.25  # the day of the break
                for date, sign in ((dates[1], 1), (dates[0], -1)):
                    gain[h] += sign * (date >= begin) * np.array([1.0, (date - begin) / 365.25])
    x = np.einsum("ni,hnc->hic", basis, columns)
    z = basis.T @ series.y
    logs, effect, first, second = [], [], [], []
    for (s, ws), (w, ww), (i, wi) in product(*(list(zip(*grid, strict=True)) for grid in grids)):
        cov = fixed + s**2 * shared + w**2 * walk + i**2 * np.eye(t.size)
        small = basis.T @ cov @ basis
        inverse = np.linalg.inv(small)
        base = np.log(ws * ww * wi) - 0.5 * (np.linalg.slogdet(small)[1] + z @ inverse @ z)
        rest = inverse @ z
        score = np.einsum("hic,i->hc", x, rest)
        solved = np.einsum("ij,hjc->hic", inverse, x)
        spread = np.eye(2) + prior @ np.einsum("hic,hid->hcd", x, solved)
        covariance = np.linalg.solve(spread, prior)
        mean = np.einsum("hcd,hd->hc", covariance, score)
        logs.append(mass + base - 0.5 * np.linalg.slogdet(spread)[1]
                    + 0.5 * np.einsum("hc,hc->h", mean, score))  # fmt: skip
        effect.append(np.einsum("hc,hc->h", ahead, mean))
        if dates is not None:
            to_data = basis.T @ (w**2 * overlap + priors.drift_sd**2 * (b - a) * t)
            link = to_data + np.einsum("hic,hcd,hd->hi", x, prior, gain)
            less = np.einsum("hi,hic->hc", link, solved)
            change = link @ rest - np.einsum("hc,hc->h", less, mean)
            variance = w**2 * (b - a) + priors.drift_sd**2 * (b - a) ** 2
            variance = variance + np.einsum("hc,hcd,hd->h", gain, prior, gain)
            variance = variance - np.einsum("hi,ij,hj->h", link, inverse, link)
            variance = variance + np.einsum("hc,hcd,hd->h", less, covariance, less)
            first.append(change)
            second.append(change**2 + variance)
    logs = np.array(logs)
    weight = np.exp(logs - logs.max())
    weight /= weight.sum()
    share = weight.sum(axis=0)
    kind = np.array([item.kind for item in found])
    names = ("step", "slope", "both", "pulse", "hidden", "none")
    out = {"prob": {name: share[kind == name].sum() for name in names}}
    out["effect"] = (weight * np.array(effect)).sum()
    if dates is not None:
        mean = (weight * np.array(first)).sum()
        out["change"] = mean, np.sqrt((weight * np.array(second)).sum() - mean**2)
    return out
