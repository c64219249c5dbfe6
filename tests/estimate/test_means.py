"""Days laid out from a mean over several days: their mean counts, their scatter does not."""

from dataclasses import replace

import numpy as np
import pytest

from estimate.towns import middle, panel
from reference.estimate_oracle import log_density
from simdesign.data import read
from simdesign.estimate.arrays import model_arrays, n_normal
from simdesign.estimate.checks import FEWEST, predictive_checks
from simdesign.estimate.posterior import posterior_of, world_columns
from simdesign.estimate.priors import NAMES, PRIORS
from simdesign.estimate.pymc_model import Sampler, compiled, sample
from simdesign.estimate.replicate import simulate_weeks
from simdesign.estimate.weeks import SiteWeeks, site_weeks

LIMIT = float(np.log(45.0))


def laid_out(weeks: SiteWeeks, rows: np.ndarray) -> SiteWeeks:
    """Return the weeks with the days of some replaced by their mean and one fixed profile.

    A mean of censored days is below the limit, one of some censored days is left as it is.
    """
    value, flag = weeks.log_load.copy(), weeks.laid_out.copy()
    profile = np.log([0.88, 0.87, 0.94, 1.11, 1.28, 1.07, 0.92])
    for w in rows:
        below = weeks.censored[w]
        if below.any() and not below.all():
            continue
        flag[w] = True
        if not below.any():
            value[w] = value[w].mean() + profile - profile.mean()
    return replace(weeks, log_load=value, laid_out=flag)


def test_a_file_says_which_days_come_from_means(tmp_path):
    path = tmp_path / "own.csv"
    rows = ["country,site,date,days,substance,load,censored"]
    for year in (2019, 2020, 2021):
        rows += [f"NL,A,{year}-03-{13 + d},1,cocaine,{90 + 5 * d}," for d in range(7)]
    rows += [
        "NL,B,2019-03-13,7,cocaine,100,",
        "NL,B,2020-03-14,3,cocaine,80,", "NL,B,2020-03-17,1,cocaine,85,",
        "NL,B,2021-03-13,7,cocaine,60,true",
    ]  # fmt: skip
    path.write_text("\n".join(rows))
    weeks = site_weeks(read(path), "cocaine", "NL")
    assert weeks.laid_out.sum(axis=1).tolist() == [0, 0, 0, 7, 3, 7]
    assert weeks.by_day.tolist() == [True, True, True, False, False, False]
    data = model_arrays(weeks, PRIORS)
    # single days: three weeks of A, one day of B; nothing of the means
    assert np.bincount(data["clear_week"], minlength=6).tolist() == [7, 7, 7, 0, 1, 0]
    assert data["below_value"].size == 0
    assert data["mean_week"].tolist() == [3, 4, 5]
    assert data["mean_below"].tolist() == [0.0, 0.0, 1.0]
    for i, w in enumerate((3, 4, 5)):
        own = weeks.log_load[w][weeks.laid_out[w]]
        assert data["mean_value"][i] == pytest.approx(own.mean(), rel=1e-14)
    # a mean of three days: 3 pairs no day apart, 4 one day, 2 two days, of 9; Saturday to Monday
    np.testing.assert_allclose(data["mean_apart"][1], np.array([3, 4, 2, 0, 0, 0, 0]) / 9)
    np.testing.assert_allclose(data["mean_days"][1], np.array([1, 0, 0, 0, 0, 1, 1]) / 3)


@pytest.fixture(scope="module")
def mixed() -> SiteWeeks:
    """Half of the towns have means only."""
    weeks = simulate_weeks(panel(3, 4, 7, limit=LIMIT), middle(), np.random.default_rng(7))[0]
    return laid_out(weeks, np.flatnonzero(weeks.site % 2 == 1))


def test_the_density_with_means_is_the_one_of_scipy(mixed):
    data = model_arrays(mixed, PRIORS)
    assert data["mean_below"].sum() > 2
    assert (data["mean_below"] == 0).sum() > 10
    size = len(NAMES) + n_normal(mixed) + mixed.n_week
    points = 0.4 * np.random.default_rng(5).standard_normal((4, size))
    model = compiled(data)
    got = np.array([float(model.density(x)[0]) for x in points])
    expected = np.array([log_density(mixed, PRIORS, x) for x in points])
    np.testing.assert_allclose(np.diff(got), np.diff(expected), rtol=1e-7)


def test_day_noise_is_found_again_although_half_of_the_towns_have_means_only():
    """Taken for days, they would say that a day of theirs has no noise at all."""
    truth = middle()
    weeks = simulate_weeks(panel(2, 4, 7), truth, np.random.default_rng(11))[0]
    weeks = laid_out(weeks, np.flatnonzero(weeks.site % 2 == 1))
    data = model_arrays(weeks, PRIORS)
    how = Sampler(draws=150, tune=200, chains=1)
    found = posterior_of(weeks, sample(data, n_normal(weeks), how, np.random.default_rng(3)))
    for name in ("day_scale", "day_rho", "day_site"):
        x = np.log(found.hyper[name])
        assert abs(np.log(truth[name]) - x.mean()) < 3.3 * x.std(), name
    assert np.log(found.hyper["day_scale"]).std() < 0.5  # beforehand 0.7
    assert np.isfinite(world_columns(found)["day_sd"]).all()

    days = {c.name: c for c in predictive_checks(found, seed=1)}["SD of days within a week"]
    own = (weeks.country == 0) & weeks.by_day
    assert FEWEST <= own.sum() < (weeks.country == 0).sum()
    profile = found.profile.mean(axis=0)[weeks.site[:, None], weeks.weekday]
    residual = (weeks.log_load - profile)[own]
    centred = residual - residual.mean(axis=1, keepdims=True)
    assert days.observed == pytest.approx(np.sqrt((centred**2).sum() / (6 * own.sum())), rel=1e-12)
