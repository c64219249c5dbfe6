"""Rounds that hardly differed, as evidence; and what a season would have shown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from simdesign.records import Floats
from simdesign.seeds import Purpose, stream
from simdesign.simulate import SubstanceParameters
from simdesign.spec.quantity import expectation
from simdesign.spec.study import Study
from simdesign.spec.substance import Substance
from simdesign.spec.world import World
from simdesign.studies.constancy.rounds import (
    Rounds,
    constancy_prob,
    mean_and_covariance,
    rounds_of,
    within_year,
)

N_NORMAL = 2000
"""Simulated sets of rounds for every draw of the parameters: common to all draws."""
SWINGS = (0.0, 0.10, 0.20, 0.30, 0.50)
"""Seasonal swings, highest over lowest day minus 1, that are tabulated."""
QUANTILES = (0.025, 0.5, 0.975)


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """Median and 95 % interval of a quantity, with the Monte Carlo error of the median."""

    low: float
    median: float
    high: float
    mcse: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """The design prior of one substance given that the rounds differed by at most ``limit``."""

    substance: str
    limit: float  # NaN: nothing is known, the design prior itself
    prob: float  # that the rounds differ by at most so much
    mcse: float
    effective: float  # draws
    swing: Interval  # highest over lowest day of the season, minus 1
    sigma_shared: Interval
    within_year: Interval  # correlation of the shared error of two rounds of one year


def drawn(study: Study, substance: str, n: int) -> dict[str, Floats]:
    """Return n draws of a substance's parameters from the design prior, (n,) each."""
    world = study.null or study.world
    parameters = SubstanceParameters(
        substance, world.substances[substance], world, study.seed, "constancy"
    )
    rows = [parameters.draw(number) for number in range(n)]
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


def normals(seed: int, n_round: int, n: int = N_NORMAL) -> Floats:
    """Return the common normals, antithetic pairs, shape (n, j)."""
    half = stream(seed, Purpose.BOOTSTRAP, "constancy").standard_normal((n // 2, n_round))
    return np.concatenate([half, -half])


def constancy_weights(
    theta: Mapping[str, Floats], rounds: Rounds, substance: Substance, limit: float, seed: int
) -> Floats:
    """Return P(rounds differ by at most ``limit``) of every draw, (n,); NaN where it has NaN."""
    return constancy_weights_at(theta, rounds, substance, [limit], seed)[:, 0]


def constancy_weights_at(
    theta: Mapping[str, Floats],
    rounds: Rounds,
    substance: Substance,
    limits: Sequence[float],
    seed: int,
) -> Floats:
    """Return ``constancy_weights`` of several limits, (n, n_limit), from the same normals."""
    known = np.all([np.isfinite(theta[name]) for name in _USED], axis=0)
    weight = np.full((known.size, len(limits)), np.nan)
    given = {name: theta[name][known] for name in _USED}
    mean, cov = mean_and_covariance(given, rounds, substance)
    z = normals(seed, rounds.opens.size)
    weight[known] = constancy_prob(mean, cov, limits, z)
    return weight


_USED = (
    "sigma_shared", "lab_share", "r_lab", "shared_weeks", "sigma_site", "drift", "sigma_rw",
    "sigma_rw_site", "season_amplitude", "season_peak",
)  # fmt: skip


def evidence(
    study: Study, substance: str, limits: Sequence[float], n: int = 20_000
) -> list[Evidence]:
    """Return the design prior of a study, and what is left of it under each limit."""
    world = study.null or study.world
    rounds, item = rounds_of(world), world.substances[substance]
    theta = drawn(study, substance, n)
    mean, cov = mean_and_covariance(theta, rounds, item)
    probs = constancy_prob(mean, cov, limits, normals(study.seed, rounds.opens.size))
    quantities = {
        "swing": np.expm1(2.0 * theta["season_amplitude"]),
        "sigma_shared": theta["sigma_shared"],
        "within_year": within_year(theta, rounds),
    }
    found = []
    for limit, weight in zip((np.nan, *limits), (np.ones(n), *probs.T), strict=True):
        total, squares = float(weight.sum()), float((weight**2).sum())
        effective = total**2 / squares if squares else 0.0
        found.append(
            Evidence(
                substance=substance, limit=float(limit), prob=float(weight.mean()),
                mcse=float(weight.std(ddof=1) / np.sqrt(n)), effective=effective,
                **{k: _interval(x, weight, effective) for k, x in quantities.items()},
            )
        )  # fmt: skip
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """P(the rounds differ by more than each limit) when the season has a given swing."""

    substance: str
    swing: float
    sigma_shared: float
    r_lab: float
    limits: tuple[float, ...]
    prob: tuple[float, ...]
    mcse: tuple[float, ...]


def shown(
    study: Study,
    substance: str,
    limits: Sequence[float],
    sigma_shared: Sequence[float],
    r_lab: Sequence[float],
    n_phase: int = 200,
) -> list[Shown]:
    """Return how often the rounds would have shown a season, over all dates of its maximum.

    Every other parameter has the fixed world's value, or the median of its distribution.
    """
    world: World = study.world
    rounds, item = rounds_of(world), world.substances[substance]
    z = normals(study.seed, rounds.opens.size)
    peaks = (np.arange(n_phase) + 0.5) * 365.25 / n_phase
    found = []
    for swing in SWINGS:
        for shared in sigma_shared:
            for share in r_lab:
                theta = {k: np.full(n_phase, expectation(getattr(item, k))) for k in _USED}
                theta |= {
                    "season_peak": peaks,
                    "season_amplitude": np.full(n_phase, 0.5 * np.log1p(swing)),
                    "sigma_shared": np.full(n_phase, shared),
                    "r_lab": np.full(n_phase, share),
                }
                mean, cov = mean_and_covariance(theta, rounds, item)
                differ = 1.0 - constancy_prob(mean, cov, limits, z)
                prob = differ.mean(axis=0)
                # the phases share their normals: these are what errs
                error = np.sqrt(np.maximum(prob * (1.0 - prob), 0.0) / z.shape[0])
                found.append(
                    Shown(
                        substance=substance, swing=swing, sigma_shared=shared, r_lab=share,
                        limits=tuple(limits), prob=tuple(prob.tolist()),
                        mcse=tuple(error.tolist()),
                    )
                )  # fmt: skip
    return found


def _interval(values: Floats, weight: Floats, effective: float) -> Interval:
    order = np.argsort(values, kind="stable")
    x, w = values[order], weight[order]
    share = (np.cumsum(w) - 0.5 * w) / w.sum() if w.sum() > 0.0 else np.full(w.size, np.nan)
    low, median, high = (float(np.interp(q, share, x)) for q in QUANTILES)
    mcse = np.nan
    if effective > 4.0:  # Woodruff (1952): the interval of the share, read off the distribution
        half = 0.5 / np.sqrt(effective)
        a, b = (float(np.interp(q, share, x)) for q in (0.5 - half, 0.5 + half))
        mcse = 0.5 * (b - a)
    return Interval(low=low, median=median, high=high, mcse=mcse)
