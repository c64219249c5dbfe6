"""Two breaks in one series: what is said of none, one and two, and how long it takes.

    python benchmarks/long_series.py [--series 400] [--years 14]

Series of one city, one week a year, are drawn from the analysis model itself: number of breaks,
days, kinds, sizes, drift and standard deviations from their priors. The mean of every posterior
probability over all series must then be the share of series for which it is true; with its Monte
Carlo standard error. By the true number of breaks: mean posterior probabilities.
"""

import argparse
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from fit import panels
from simdesign.fit import MOST_CAMPAIGNS, long_series
from simdesign.fit.priors import BreakPriors, break_priors
from simdesign.records import Looks, Observations, Visits
from simdesign.spec.estimator import ExactBreak, ExactCity
from simdesign.spec.quantity import HalfNormal, LogNormal
from simdesign.units import DAYS_PER_YEAR

SPEC = ExactCity(day_sd=0.0, count_noise=0.0, pulse_hazard=0.0)
"""Without day noise a week's days may be equal, and the series is drawn directly."""


def sd_of(rng: np.random.Generator, prior: object) -> float:
    """Draw a standard deviation."""
    match prior:
        case HalfNormal() | LogNormal():
            return prior.draw(rng)
    raise TypeError(prior)


def breaks(
    rng: np.random.Generator, priors: BreakPriors, where: Visits, look: Looks
) -> tuple[np.ndarray, list[float]]:
    """Draw the breaks' part of a series, and their days."""
    span = float(look.day[0] - look.origin_day)
    number = int(rng.poisson(priors.hazard * span / DAYS_PER_YEAR))
    total, days = np.zeros(where.n_visit), []
    for _ in range(min(number, 2)):
        day = look.origin_day + span * rng.random()
        kind = rng.choice(3, p=[priors.kinds.step, priors.kinds.slope, priors.kinds.both])
        years = np.maximum(where.middle_day - day, 0.0) / DAYS_PER_YEAR
        if kind != 1:
            total += priors.step_sd * rng.standard_normal() * (where.middle_day >= day)
        if kind != 0:
            total += priors.slope_sd * rng.standard_normal() * years
        days.append(day)
    return total, days


def drawn(
    rng: np.random.Generator, priors: BreakPriors, where: Visits, look: Looks
) -> tuple[Observations, list[float]]:
    """Draw a series from the analysis model."""
    n = where.n_visit
    years = (where.middle_day - where.middle_day[0]) / DAYS_PER_YEAR
    steps = np.sqrt(np.diff(years, prepend=0.0)) * rng.standard_normal(n)
    y, days = breaks(rng, priors, where, look)
    y = y + sd_of(rng, priors.sigma_rw) * np.cumsum(steps)
    y = y + sd_of(rng, priors.sigma_shared) * rng.standard_normal(n)  # one batch a year
    y = y + sd_of(rng, priors.sigma_site) * rng.standard_normal(n)
    y = y + priors.nugget * rng.standard_normal(n) + priors.drift_sd * rng.standard_normal() * years
    load = 900.0 * np.exp(y)[None, :, None] * np.ones(7)
    return panels.observe(where, load), days


def calibration(n_series: int, n_year: int) -> None:
    """Print posterior probabilities against the truth."""
    where = panels.visits(1, n_year)
    look = Looks(
        day=np.array([int(where.day.max())]), report_lag=0, origin_day=panels.START,
        start_day=panels.START,
    )  # fmt: skip
    priors = break_priors(SPEC, "cocaine")
    rng = np.random.default_rng(17)
    number, recent, count, late = [], [], [], []
    for _ in range(n_series):
        seen, days = drawn(rng, priors, where, look)
        found = long_series(SPEC, seen, look, "cocaine")
        number.append(len(days))
        recent.append(any(day >= look.day[0] - 3.0 * DAYS_PER_YEAR for day in days))
        count.append(found.prob_count)
        late.append(found.prob_recent)
    truth, table = np.array(number), np.array(count)
    print(f"{n_series} series of {n_year} yearly weeks in one city, drawn from the model")
    print("true breaks   series   mean P(0)   P(1)   P(2)   P(last three years)")
    for k in (0, 1, 2):
        here = truth == k
        cells = "  ".join(f"{p:5.2f}" for p in table[here].mean(axis=0))
        print(f"{k:11d}  {here.sum():7d}       {cells}   {np.array(late)[here].mean():5.2f}")
    true = np.column_stack([truth == 0, truth == 1, truth == 2, recent]).astype(float)
    said = np.column_stack([table, late])
    error = (said - true).std(axis=0, ddof=1) / np.sqrt(n_series)
    for name, mean, share, mcse in zip(
        ("P(0)", "P(1)", "P(2)", "P(last three years)"), said.mean(axis=0), true.mean(axis=0),
        error, strict=True,
    ):  # fmt: skip
        print(f"{name:20s} mean {mean:.3f}, true in {share:.3f}; MCSE of the difference {mcse:.3f}")


def speed() -> None:
    """Print the time of the longest series."""
    for n_site, spec in ((1, ExactCity()), (4, ExactBreak()), (20, ExactBreak())):
        where = panels.visits(n_site, MOST_CAMPAIGNS)
        seen = panels.draw(np.random.default_rng(2), where, 1)
        look = panels.looks(MOST_CAMPAIGNS)
        long_series(spec, seen, look, "cocaine")
        start = time.process_time()
        long_series(spec, seen, look, "cocaine")
        spent = time.process_time() - start
        print(f"{MOST_CAMPAIGNS} campaigns, {n_site:2d} sites: {spent:.1f} s")


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--series", type=int, default=400)
    parser.add_argument("--years", type=int, default=14)
    options = parser.parse_args()
    calibration(options.series, options.years)
    speed()


if __name__ == "__main__":
    main()
