"""Simulated weeks have the totals that were put in; a log-normal world has the closed form's."""

import itertools

import numpy as np
import pytest

from mc import assert_mean
from simdesign.simulate import count_noise, prepare
from simdesign.simulate.totals import mean_variance
from simdesign.spec.catalogue import catchments
from simdesign.spec.change import NoChange
from simdesign.spec.study import Programme
from simdesign.spec.totals import shared_parts
from simdesign.spec.world import World

N_SITE = 12
YEARS = 8
N_REP = 40
STEADY = {"drift": 0.0, "sigma_rw": 0.0, "sigma_rw_site": 0.0, "season_amplitude": 0.0}


def weeks(world, seed):
    """Measured log loads of four seven-day campaigns a year, around their expectation.

    Shape (replication x campaign, site, 7); the errors of the world are added here.
    Campaigns are 91 days apart: nine correlation times of the city deviation, three of the swing.
    """
    item = world.substances["cocaine"]
    shared = shared_parts(item.sigma_shared, item.lab_share, item.r_lab)
    prepared = prepare(world, NoChange(), Programme(years=YEARS), seed=seed, luck="study")
    level = 900.0 * np.array([town.level for town in world.catchments])
    starts = np.array([year * 365 + 91 * k + 10 for year in range(YEARS) for k in range(4)])
    rng = np.random.default_rng(seed)
    found = []
    for replication in range(N_REP):
        truth = prepared.truth(replication)
        week = np.log(truth.residue_load[0] / level[:, None])[:, starts[:, None] + np.arange(7)]
        week = week.transpose(1, 0, 2).copy()  # (campaign, site, day)
        week += rng.normal(0, np.hypot(world.flow_sd, world.sampling_sd), week.shape)
        if world.odd_days:
            odd = rng.random(week.shape) < world.odd_days.share
            week += odd * rng.normal(0, world.odd_days.sd, week.shape)
        week += rng.normal(0, item.lab_repeat_sd, week.shape)
        week += np.repeat(rng.normal(0, shared.sd_lab_year, YEARS), 4)[:, None, None]
        week += rng.normal(0, shared.sd_lab_batch, starts.size)[:, None, None]
        found.append(week)
    return np.concatenate(found)


def totals(week):
    """Unbiased statistics of each campaign, all sites together; no mean is estimated.

    Variance of days around the week's mean, mean product of neighbouring days less the square of
    the week's mean, variance of week means between sites, covariance of two sites' week means.
    """
    mean = week.mean(axis=2)
    day = (week**2).mean(axis=(1, 2))
    lag = (week[:, :, :-1] * week[:, :, 1:]).mean(axis=(1, 2))
    square = (mean**2).mean(axis=1)
    n = mean.shape[1]
    cross = (mean.sum(axis=1) ** 2 - (mean**2).sum(axis=1)) / (n * (n - 1))
    return {"day": day - square, "lag": lag - square, "site": square - cross, "shared": cross}


def lognormal_world(flow_sd=0.04, sampling_sd=0.03, terms=None, **values):
    return World(
        flow_sd=flow_sd, sampling_sd=sampling_sd,
        catchments=catchments("dutch20")[:N_SITE], counts="off", weekdays=False,
        substances={"cocaine": STEADY | values}, **(terms or {}),
    )  # fmt: skip


ODD = {"odd_days": {"share": 0.06, "sd": 0.24}}
PEOPLE = {"people": {"daily_sd": 0.04, "summer": False, "commuters": False}}
CARRIED = {"carry_over": {"shares": (0.56, 0.38, 0.05, 0.01)}}


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"terms": ODD},
        CARRIED | {"day_sd": 0.2, "sigma_shared": 0.1, "lab_share": 0.0, "shared_weeks": 1.0},
        *(
            {"terms": (ODD if odd else {}) | (PEOPLE if people else {}), "day_sd": 0.2}
            | (CARRIED if carried else {})
            for odd, people, carried in itertools.product((False, True), repeat=3)
            if odd + people + carried > 1
        ),
        {"terms": PEOPLE, "day_sd": 0.2},
        {"sigma_site": 0.2, "day_sd": 0.3, "day_rho": 0.45},
        {"sigma_shared": 0.10, "lab_share": 0.0, "shared_weeks": 1.0, "day_sd": 0.2},
        {"sigma_shared": 0.10, "lab_share": 1.0, "r_lab": 0.8, "sigma_site": 0.05},
        {"sigma_site": 0.0, "lab_repeat_sd": 0.0, "flow_sd": 0.0, "sampling_sd": 0.0},
        {"sigma_site": 0.214, "day_sd": 0.199, "day_rho": 0.30, "site_days": 20.0},
    ],
)
def test_simulated_weeks_have_the_totals_that_were_put_in(values):
    world = lognormal_world(**values)
    item = world.substances["cocaine"]
    found = totals(weeks(world, seed=21))
    of_mean = item.day_sd**2 * mean_variance(item.day_rho)
    assert_mean(found["day"], item.day_sd**2 - of_mean)
    assert_mean(found["lag"], item.day_sd**2 * item.day_rho - of_mean)
    assert_mean(found["site"], item.sigma_site**2 + of_mean)
    # campaigns of one year share the laboratory's year part: the year is the unit
    assert_mean(found["shared"].reshape(-1, 4).mean(axis=1), item.sigma_shared**2)


def test_counts_come_on_top_city_by_city():
    world = lognormal_world().model_copy(update={"counts": "gamma"})
    prepared = prepare(world, NoChange(), Programme(years=YEARS), seed=5, luck="study")
    grams = np.array([town.population for town in world.catchments]) * 1e-6
    standardised = []
    for replication in range(4):
        truth = prepared.truth(replication)
        factor = truth.residue_load[0] / truth.expected_load[0]
        standardised.append((factor - 1.0) ** 2 * truth.expected_load[0] * grams[:, None])
    scaled = np.concatenate(standardised, axis=1)
    noise = count_noise("cocaine", world.substances["cocaine"], weekdays=False)
    for site in range(N_SITE):  # from 10,000 inhabitants on: one c for all
        assert_mean(scaled[site], noise)
    smallest, largest = scaled[0].mean(), scaled[-1].mean()
    assert smallest == pytest.approx(largest, rel=0.1)


@pytest.mark.parametrize(
    "terms", [{"counts": "gamma"}, {"counts": "exact"}, {"counts": "gamma", "realism": "full"}]
)
@pytest.mark.parametrize(
    ("name", "low", "high"),
    [("cocaine", 0.020, 0.082), ("MDMA", 0.014, 0.028), ("amphetamine", 0.026, 0.053)],
)
def test_simulated_count_noise_of_finished_worlds_lies_where_the_data_are(name, low, high, terms):
    """Variance times residue over all towns, with the defaults and with every term."""
    world = World(substances={name: {}}, **terms)
    truth = prepare(world, NoChange(), Programme(years=2), seed=9, luck="study").truth(0)
    grams = truth.expected_load[0] * truth.population[:, None] * 1e-6
    excess = (truth.residue_load[0] / truth.expected_load[0] - 1.0) ** 2 * grams
    error = excess.std() / np.sqrt(excess.size)
    assert low + 5 * error < excess.mean() < high - 5 * error


@pytest.mark.parametrize("sigma_shared", [0.0, 0.05, 0.10, 0.15])
def test_a_log_normal_world_has_the_closed_form_s_campaign_means(sigma_shared):
    """Campaign mean = level + N(0, sigma_shared^2) + N(0, sigma_site^2), and nothing else."""
    world = World(
        catchments=catchments("dutch20")[:N_SITE], counts="off", weekdays=False, flow_sd=0,
        sampling_sd=0,
        substances={
            "cocaine": STEADY
            | {
                "sigma_shared": sigma_shared, "sigma_site": 0.122, "day_sd": 0.0,
                "lab_repeat_sd": 0.0,
            }
        },
    )  # fmt: skip
    found = totals(weeks(world, seed=33))
    assert_mean(found["site"], 0.122**2)
    assert_mean(found["shared"].reshape(-1, 4).mean(axis=1), sigma_shared**2)
