"""Print the error of a slow estimator's power from a subset: strata and allocation against chance.

Scores of two estimators that agree more or less are drawn many times (a fast one for every
replication, a slow one for a budget of fits), and the mean and the spread of each way to use them
are compared with the truth, known in closed form:

- chance    the slow estimator on a simple random subset, its plain share
- control   the same subset, regression on the fast alarm
- even      strata by distance, as many fits in each
- neyman    strata by distance, a pilot of four fits in each, then allocated in three rounds
- own       as neyman, but each stratum's size follows its own share so far, (x + 1/2) / (n + 1)
- smooth    as neyman, with the regression on the fast score
"""

import argparse

import numpy as np
from scipy import stats

from simdesign.evaluate import (
    Subset,
    difference_share,
    guessed_sd,
    neyman,
    regression_share,
    strata_by_distance,
)

PILOT, ROUNDS, SD = 4, 3, 1.5


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--repeats", type=int, default=2000)
    arguments.add_argument("--replications", type=int, default=1000)
    arguments.add_argument("--fits", type=int, default=100)
    chosen = arguments.parse_args()
    print(f"{chosen.repeats} repeats, {chosen.replications} fast fits, {chosen.fits} slow fits")
    print(f"{'agreement':10} {'share':>6} {'way':8} {'bias (MCSE)':>18} {'error':>8} "
          f"{'stated':>8} {'covered':>8} {'worth fits':>11}")  # fmt: skip
    rng = np.random.default_rng(1)
    for correlation in (0.8, 0.95, 0.99):
        for limit in (0.0, 1.3 * SD):
            show(rng, correlation, limit, chosen)


def show(rng: np.random.Generator, correlation: float, limit: float, chosen) -> None:
    truth = float(stats.norm.sf(limit, 0.1, SD))
    found: dict[str, list[tuple[float, float, bool]]] = {}
    for _ in range(chosen.repeats):
        fast = rng.normal(0.0, SD, chosen.replications)
        slow = 0.1 + correlation * fast
        slow = slow + np.sqrt(1 - correlation**2) * rng.normal(0.0, SD, fast.size)
        for way, measure in ways(rng, fast > limit, slow > limit, fast - limit, chosen.fits):
            inside = measure.low <= truth <= measure.high
            found.setdefault(way, []).append((measure.value, measure.mcse, inside))
    for way, rows in found.items():
        value, mcse, inside = np.array(rows).T
        bias, error = value.mean() - truth, value.std()
        worth = truth * (1 - truth) / error**2
        chance = error / len(rows) ** 0.5
        print(f"{correlation:<10} {truth:6.3f} {way:8} {bias:+.5f} ({chance:.5f})"
              f" {error:8.4f} {np.sqrt((mcse**2).mean()):8.4f} {inside.mean():8.3f}"
              f" {worth:11.0f}")  # fmt: skip


def ways(rng, fast, slow, margin, fits):
    one = Subset(stratum=np.zeros(fast.size, dtype=np.int64),
                 fitted=rng.choice(fast.size, fits, replace=False))  # fmt: skip
    constant = np.zeros(fast.size, dtype=bool)
    yield "chance", difference_share(constant, slow[one.fitted], one)
    yield "control", regression_share(fast.astype(float), slow[one.fitted], one).share
    stratum = strata_by_distance(fast, margin)
    queue = [rng.permutation(np.flatnonzero(stratum == h)) for h in range(stratum.max() + 1)]
    even = np.minimum(fits // len(queue), [q.size for q in queue])
    subset = take(stratum, queue, even)
    yield "even", difference_share(fast, slow[subset.fitted], subset)
    subset = allocated(stratum, queue, margin, slow, fits, own_sd)
    yield "own", difference_share(fast, slow[subset.fitted], subset)
    subset = allocated(stratum, queue, margin, slow, fits, guessed_sd)
    yield "neyman", difference_share(fast, slow[subset.fitted], subset)
    control = 1.0 / (1.0 + np.exp(-margin))
    yield "smooth", regression_share(control, slow[subset.fitted], subset).share


def own_sd(margin, stratum, fitted, alarm):
    n, hits = np.bincount(stratum[fitted]), np.bincount(stratum[fitted], alarm)
    share = (hits + 0.5) / (n + 1.0)
    return np.sqrt(share * (1.0 - share))


def allocated(stratum, queue, margin, slow, fits, sd_of):
    size = np.array([q.size for q in queue])
    n = np.minimum(PILOT, size)
    for left in range(ROUNDS, 0, -1):
        subset = take(stratum, queue, n)
        sd = sd_of(margin, stratum, subset.fitted, slow[subset.fitted])
        budget = n.sum() + (fits - n.sum()) // left
        n = neyman(size / stratum.size, sd, np.ones(size.size), budget, n, size)
    return take(stratum, queue, n)


def take(stratum, queue, n):
    fitted = np.concatenate([q[:k] for q, k in zip(queue, n, strict=True)])
    return Subset(stratum=stratum, fitted=np.sort(fitted))


if __name__ == "__main__":
    main()
