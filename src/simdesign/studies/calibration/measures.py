"""Tests of calibration, and frequencies with their Monte Carlo errors (docs/model_check.md)."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats

from simdesign.records import Bools, Floats
from simdesign.studies.calibration.draw import EVENTS
from simdesign.studies.calibration.model import SCALES
from simdesign.studies.calibration.posterior import PITS, Compared

LEVEL = 0.01
"""Family-wise error of one whole check."""
N_BIN = 20
"""Bins of a transform; fewer where that leaves less than ``PER_BIN`` draws in each."""
PER_BIN = 10
N_CURVE = 10
"""Bins of a reliability curve."""
LEAST_VARIANCE = 5.0
"""A test of an event needs so many expected events, and so many expected not to happen."""
COVERAGE = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One test of one quantity."""

    quantity: str
    test: str
    statistic: float
    p: float
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Frequency:
    """A number with its Monte Carlo standard error, and what it should be (NaN: no such value)."""

    quantity: str
    measure: str
    value: float
    mcse: float
    expected: float
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CurvePoint:
    """One bin of the reliability curve of an event."""

    quantity: str
    low: float
    high: float
    n: int
    mean_prob: float
    frequency: float
    mcse: float


def findings_of(found: Compared, prior: dict[str, float]) -> list[Finding]:
    """Return all tests that the draws allow.

    Parameters
    ----------
    found : Compared
    prior : dict
        Prior probability of events; those without one are not tested for it.
    """
    out: list[Finding] = []
    for name in PITS:
        pit = found.pit[name][np.isfinite(found.pit[name])]
        if pit.size >= 2 * PER_BIN:
            out += _uniform(name, np.clip(pit, 0.0, 1.0))
    for name in SCALES:
        cdf = found.at_median[name]
        if np.isfinite(cdf).all() and cdf.size > 1:
            out.append(_mean(name, "average_is_prior", cdf, 0.5))
    for name in EVENTS:
        prob, happened = found.prob[name], found.happened[name]
        if not np.isfinite(prob).all() or (prob * (1.0 - prob)).sum() < LEAST_VARIANCE:
            continue
        out += _event(name, prob, happened)
        if name in prior:
            out.append(_mean(name, "average_is_prior", prob, prior[name]))
    n = int(found.inside.size)
    less = stats.binomtest(int(found.inside.sum()), n, COVERAGE, alternative="less")
    out.append(
        Finding(
            quantity="effect", test="coverage", statistic=float(found.inside.mean()),
            p=float(less.pvalue), n=n,
        )
    )  # fmt: skip
    return out


def _uniform(name: str, pit: Floats) -> list[Finding]:
    n_bin = max(2, min(N_BIN, pit.size // PER_BIN))
    counts, _ = np.histogram(pit, bins=n_bin, range=(0.0, 1.0))
    chi = stats.chisquare(counts)
    kolmogorov = stats.kstest(pit, "uniform")
    n = int(pit.size)
    return [
        Finding(quantity=name, test="chi_square", statistic=float(chi.statistic),
             p=float(chi.pvalue), n=n),
        Finding(quantity=name, test="kolmogorov", statistic=float(kolmogorov.statistic),
             p=float(kolmogorov.pvalue), n=n),
    ]  # fmt: skip


def _mean(name: str, test: str, values: Floats, expected: float) -> Finding:
    r"""Return the test of a mean, its statistic corrected for skewness.

    Posterior probabilities from little data hardly move, but for a few: they are skewed. With
    :math:`S = (\bar x - \mu)/s` and skewness :math:`\gamma`
    (Hall 1992, Journal of the Royal Statistical Society B 54:221)

    .. math:: T = \sqrt n\,\Big(S + \tfrac13\gamma S^2 + \tfrac1{27}\gamma^2 S^3
              + \tfrac{\gamma}{6n}\Big)
    """
    n = int(values.size)
    spread, off = float(values.std(ddof=1)), float(values.mean()) - expected
    if spread > 0.0:
        skew, s = float(stats.skew(values)), off / spread
        z = math.sqrt(n) * (s + skew * s**2 / 3.0 + skew**2 * s**3 / 27.0 + skew / (6.0 * n))
    else:
        z = 0.0 if abs(off) < 1e-9 else math.inf
    p = float(2.0 * stats.norm.sf(abs(z)))
    return Finding(quantity=name, test=test, statistic=z, p=p, n=n)


def _event(name: str, prob: Floats, happened: Bools) -> list[Finding]:
    """Return the test of the sum, and that of the sums in bins of the probability."""
    off, variance = happened - prob, prob * (1.0 - prob)
    z = float(off.sum() / math.sqrt(variance.sum()))
    total = 0.0
    bins = _bins(prob, variance)
    for here in bins:
        total += float(off[here].sum() ** 2 / variance[here].sum())
    n = int(prob.size)
    return [
        Finding(quantity=name, test="sum", statistic=z, p=float(2.0 * stats.norm.sf(abs(z))), n=n),
        Finding(quantity=name, test="bins", statistic=total,
             p=float(stats.chi2.sf(total, len(bins))), n=n),
    ]  # fmt: skip


def _bins(prob: Floats, variance: Floats) -> list[np.ndarray]:
    """Return at most ``N_CURVE`` groups in order of probability, of equal expected variance."""
    order = np.argsort(prob, kind="stable")
    run = np.cumsum(variance[order])
    n = int(max(1, min(N_CURVE, run[-1] // LEAST_VARIANCE)))
    group = np.minimum((run / run[-1] * n).astype(int), n - 1)
    return [order[group == g] for g in range(n) if (group == g).any()]


def holm(p: list[float]) -> list[float]:
    """Return p-values adjusted for their number by Holm's step-down rule (Holm 1979)."""
    order = np.argsort(p, kind="stable")
    scaled = np.array(p)[order] * (len(p) - np.arange(len(p)))
    out = np.empty(len(p))
    out[order] = np.minimum(np.maximum.accumulate(scaled), 1.0)
    return [float(value) for value in out]


def frequencies_of(found: Compared, prior: dict[str, float]) -> list[Frequency]:
    """Return how often things happened beside how probable they were said to be."""
    out = []
    for name in EVENTS:
        prob, happened = found.prob[name], found.happened[name]
        if not np.isfinite(prob).all() or not prob.any():
            continue
        off = happened - prob
        expected = prior.get(name, math.nan)
        out.append(_average(name, "average posterior", prob, expected))
        out.append(_average(name, "happened less average posterior", off, 0.0))
    for name in SCALES:
        cdf = found.at_median[name]
        if np.isfinite(cdf).all():
            out.append(_average(name, "average posterior below prior median", cdf, 0.5))
    out.append(_average("effect", "coverage of the 95 % interval", found.inside * 1.0, COVERAGE))
    for name in PITS:
        pit = found.pit[name][np.isfinite(found.pit[name])]
        if pit.size > 1:
            out.append(_average(name, "mean transform", pit, 0.5))
            middle = ((pit > 0.05) & (pit < 0.95)) * 1.0
            out.append(_average(name, "transform within the middle 90 %", middle, 0.9))
    return out


def _average(name: str, measure: str, values: Any, expected: float) -> Frequency:
    n = int(values.size)
    error = float(values.std(ddof=1)) / math.sqrt(n) if n > 1 else math.nan
    return Frequency(
        quantity=name, measure=measure, value=float(values.mean()), mcse=error,
        expected=expected, n=n,
    )  # fmt: skip


def curve_of(found: Compared) -> list[CurvePoint]:
    """Return the reliability curves of all events, in bins of equal width."""
    out = []
    for name in EVENTS:
        prob, happened = found.prob[name], found.happened[name]
        if not np.isfinite(prob).all() or not prob.any():
            continue
        place = np.minimum((prob * N_CURVE).astype(int), N_CURVE - 1)
        for b in range(N_CURVE):
            here = place == b
            n = int(here.sum())
            if n:
                share = float(prob[here].mean())
                out.append(
                    CurvePoint(
                        quantity=name, low=b / N_CURVE, high=(b + 1) / N_CURVE, n=n,
                        mean_prob=share, frequency=float(happened[here].mean()),
                        # of the frequency that calibrated probabilities would give
                        mcse=float(math.sqrt((prob[here] * (1.0 - prob[here])).sum()) / n),
                    )
                )  # fmt: skip
    return out
