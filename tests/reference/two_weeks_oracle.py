"""Two weeks of several cities, simulated day by day; and dense normals for further weeks.

Plain NumPy and SciPy, written from docs/leeuwarden.md (1) and not from its formulas.
"""

from typing import Any

import numpy as np
from scipy import stats

LOG_NOTABLE = np.log(1.1)


def simulated(rng: np.random.Generator, world: dict[str, Any], n_rep: int, n_city: int):
    """Return observed log ratios, real changes and whether the city broke, all (n_rep, n_city).

    ``world`` has lists of equally likely values under the names of the SDs and the drift, and
    numbers for the rest.
    """
    names = (
        "sigma_shared",
        "sigma_site",
        "sigma_rw",
        "sigma_rw_site",
        "drift",
        "day_sd",
        "day_rho",
        "drift_site",
        "day_count",
    )
    chosen = rng.integers(len(world["drift"]), size=n_rep)
    value = {name: np.asarray(world[name])[chosen][:, None] for name in names}
    years = world["years"]
    shape = (n_rep, n_city)
    nation = value["drift"] * years + value["sigma_rw"] * years**0.5 * rng.normal(size=(n_rep, 1))
    own = value["drift_site"] * years * rng.normal(size=shape)
    own += value["sigma_rw_site"] * years**0.5 * rng.normal(size=shape)
    wait = rng.exponential(1.0 / world["hazard"], size=shape)
    broken = wait < years
    when = years * rng.random(shape)
    kind = rng.choice(3, p=world["kinds"], size=shape)
    step = world["step_sd"] * rng.normal(size=shape) * (kind != 1)
    bend = world["slope_sd"] * rng.normal(size=shape) * (years - when) * (kind != 0)
    real = nation + own + broken * (step + bend)
    observed = real.copy()
    for sign, n_day, load in zip((-1, 1), world["days"], world["loads"], strict=True):
        observed += sign * value["sigma_shared"] * rng.normal(size=(n_rep, 1))
        observed += sign * np.hypot(value["sigma_site"], world["nugget"]) * rng.normal(size=shape)
        grams = load * world["population"] / 1e6
        day_sd = np.sqrt(value["day_sd"] ** 2 + value["day_count"] / grams)
        rho = value["day_rho"]
        day = rng.normal(size=shape)
        total = day.copy()
        for _ in range(n_day - 1):
            day = rho * day + np.sqrt(1 - rho**2) * rng.normal(size=shape)
            total += day
        observed += sign * day_sd * total / n_day
    return observed, real, broken


def largest(observed: np.ndarray, *others: np.ndarray) -> tuple[np.ndarray, ...]:
    """Return the largest observed ratio of every replication, and what belongs to that city."""
    top = observed.argmax(axis=1)[:, None]
    return tuple(np.take_along_axis(a, top, axis=1)[:, 0] for a in (observed, *others))


def settled(
    rng: np.random.Generator, components: list[dict[str, float]], log_ratio: float, n_weeks: int,
    r_lab: float, n_rep: int,
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """Return indicators that the coming probability is above 0.95, and below 0.05, both (n_rep,).

    Every component has ``weight``, ``mean`` and ``real`` (variance) of the change, ``shared``
    (variance of one campaign) and ``first``, ``last`` (variances of a week's own error).
    """
    joint = []
    for c in components:
        # errors: first shared, second year part, second batch, further batches' mean, weeks
        parts = np.diag(
            [
                c["real"], c["shared"], r_lab * c["shared"], (1 - r_lab) * c["shared"],
                (1 - r_lab) * c["shared"] / n_weeks, c["first"], c["last"], c["last"] / n_weeks,
            ]
        )  # fmt: skip
        change = [1, 0, 0, 0, 0, 0, 0, 0]
        second = [1, -1, 1, 1, 0, -1, 1, 0]
        further = [1, -1, 1, 0, 1, -1, 0, 1]
        a = np.array([change, second, further], dtype=float)
        joint.append((c["weight"], np.full(3, c["mean"]), a @ parts @ a.T))
    like = np.array([w * stats.norm.pdf(log_ratio, m[1], v[1, 1] ** 0.5) for w, m, v in joint])
    which = rng.choice(len(joint), p=like / like.sum(), size=n_rep)
    x = np.empty(n_rep)
    for i, (_, m, v) in enumerate(joint):
        here = which == i
        centre = m[2] + v[1, 2] / v[1, 1] * (log_ratio - m[1])
        sd = (v[2, 2] - v[1, 2] ** 2 / v[1, 1]) ** 0.5
        x[here] = centre + sd * rng.normal(size=here.sum())
    both = np.stack([np.full(n_rep, log_ratio), x], axis=1)
    numerator, total = np.zeros(n_rep), np.zeros(n_rep)
    for w, m, v in joint:
        density = w * stats.multivariate_normal(m[1:], v[1:, 1:]).pdf(both)
        gain = np.linalg.solve(v[1:, 1:], v[1:, 0])
        mean = m[0] + (both - m[1:]) @ gain
        sd = (v[0, 0] - v[0, 1:] @ gain) ** 0.5
        total += density
        numerator += density * stats.norm.sf(LOG_NOTABLE, mean, sd)
    prob = numerator / total
    return prob > 0.95, prob < 0.05
