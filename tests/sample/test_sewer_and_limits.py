"""Between toilet and report: losses, rain, overflow, and waste that nobody used."""

import dataclasses
import math

import numpy as np
import pytest

from mc import assert_mean, assert_proportion
from sample.small import design, lay, measured, programme, truth, world
from simdesign.records import MISSING_DAY
from simdesign.spec.design import Laboratory
from simdesign.units import date_of

EVERY_DAY = {"kind": "continuous"}
RAIN = {"season": 0.0, "capacity": 1e9}


def lay_small(schedule=None, years=2, n_site=4, **fields):
    return lay(design(schedule, **fields), programme(years), n_site=n_site)


def with_litres(real, litres):
    return dataclasses.replace(real, litres=np.broadcast_to(litres, real.litres.shape))


def with_waste(real, days, load, site=0, substance=0):
    waste = np.zeros(real.residue_load.shape)
    waste[substance, site, np.asarray(days) - real.first_day] = load
    return dataclasses.replace(real, waste_load=waste)


# ------------------------------------------------------------------ the limit is a concentration


def test_rain_censors_by_dilution_and_leaves_the_load():
    of = world(4, {"cocaine": {"loq": 10.0}}, rain=RAIN)
    visits, real = lay_small(), truth(of, load=4.0)  # 4 mg/1000 inh in 300 L/inh is 13.3 ng/L
    dry, none = measured(of, visits, 1, with_litres(real, 300.0))
    assert (dry == 4.0).all()
    assert not none.any()
    wet, below = measured(of, visits, 1, with_litres(real, 500.0))  # 8 ng/L
    assert below.all()
    assert (wet == 5.0).all()  # the limit of 10 ng/L in 500 L, as a load
    just, quantified = measured(of, visits, 1, with_litres(real, 400.0))  # exactly 10 ng/L
    assert (just == 4.0).all()
    assert not quantified.any()


def test_each_day_has_its_own_limit():
    of = world(2, {"cocaine": {"loq": 10.0}}, rain=RAIN)
    visits = lay_small(EVERY_DAY, years=1, n_site=2)
    real = truth(of, load=3.5)
    litres = np.full(real.litres.shape, 300.0)
    litres[1, visits.day[visits.site == 1][0, 2] - real.first_day] = 600.0
    _, below = measured(of, visits, 1, dataclasses.replace(real, litres=litres))
    assert below.sum() == 1
    v, d = np.argwhere(below[0, 0])[0]
    assert (visits.site[v], d) == (1, 2)


def test_beyond_its_capacity_a_sewer_spills_what_is_in_it():
    of = world(2, {"cocaine": {}}, rain={**RAIN, "capacity": 600.0})
    visits, real = lay_small(n_site=2), truth(of)
    for litres, share in [(599.0, 1.0), (600.0, 1.0), (800.0, 0.75), (1200.0, 0.5)]:
        load, _ = measured(of, visits, 1, with_litres(real, litres))
        np.testing.assert_allclose(load, 800.0 * share, rtol=1e-14)


# ------------------------------------------------------------------ losses


def test_a_loss_lowers_and_a_gain_raises_every_load():
    visits = lay_small()
    for share in (0.0, 0.25, -0.1):
        of = world(4, {"cocaine": {"sewer_loss": {"share": share, "season": 0.0}}})
        load, _ = measured(of, visits, 1)
        np.testing.assert_allclose(load, 800.0 * (1.0 - share), rtol=1e-14)


def test_warm_sewers_make_a_season_that_is_not_one():
    loss = {"share": 0.10, "season": 0.05, "season_peak": 200.0}
    of = world(1, {"amphetamine": {"sewer_loss": loss}})
    visits = lay_small(EVERY_DAY, years=4, n_site=1)
    present = visits.day != MISSING_DAY
    load = measured(of, visits, 1)[0][0, 0][present]
    day_of_year = np.array([date_of(day).timetuple().tm_yday for day in visits.day[present]])
    wave = np.cos(2 * np.pi * (day_of_year - 200.0) / 365.25)
    np.testing.assert_allclose(load, 800.0 * (0.90 - 0.05 * wave), rtol=1e-12)
    assert day_of_year[np.argmin(load)] == 200


def test_a_loss_does_not_touch_the_same_sample_s_other_substances():
    of = world(2, {"cocaine": {}, "MDMA": {"sewer_loss": {"share": 0.5}}})
    load, _ = measured(of, lay_small(n_site=2), 1)
    assert (load[:, 0] == 800.0).all()
    assert (load[:, 1] == 400.0).all()


# ------------------------------------------------------------------ waste


def dumping(recognised):
    return {"MDMA": {"dumping": {"recognised": recognised, "rate": 1.0}}, "cocaine": {}}


def test_waste_is_measured_with_the_residue_and_for_its_substance_alone():
    of, visits = world(3, dumping(0.0)), lay_small(n_site=3)
    hit = visits.day[(visits.site == 1), 3][0]
    load, _ = measured(of, visits, 1, with_waste(truth(of), [hit], 5000.0, site=1))
    assert (load == 5800.0).sum() == 1
    assert load[0, 0][(visits.site == 1)][0, 3] == 5800.0
    assert (load == 800.0).sum() == load.size - 1


def test_a_recognised_dump_withholds_the_substance_s_visit():
    of, visits = world(3, dumping(1.0)), lay_small(n_site=3)
    hit = visits.day[(visits.site == 1), 3][0]
    load, below = measured(of, visits, 1, with_waste(truth(of), [hit], 5000.0, site=1))
    gone = np.isnan(load[0, 0]).all(axis=1)
    assert gone.sum() == 1
    assert visits.site[gone] == 1
    assert hit in visits.day[gone]
    assert not np.isnan(load[0, 1]).any()  # cocaine of the same samples is reported
    assert not below.any()


def test_a_dump_that_is_not_sampled_withholds_nothing():
    of, visits = world(3, dumping(1.0)), lay_small(n_site=3, days=["Wed", "Fri"])
    between = visits.day[visits.site == 1][0, 0] + 1
    load, _ = measured(of, visits, 1, with_waste(truth(of), [between], 5000.0, site=1))
    assert (load == 800.0).all()


def test_a_dump_is_recognised_with_its_probability_whatever_else_is_sampled():
    of, week = world(1, dumping(0.3)), lay_small(n_site=1, years=1)
    real = with_waste(truth(of), week.day[0, 2:5], 8000.0)  # ten reference loads a day
    whole = np.isnan(measured(of, week, 2_000, real)[0]).any(axis=(1, 2, 3))
    assert_proportion(int(whole.sum()), whole.size, 0.3)
    sparse = lay_small(n_site=1, years=1, days=["Wed", "Fri", "Sun"])
    some = np.isnan(measured(of, sparse, 2_000, real)[0]).any(axis=(1, 2, 3))
    assert np.array_equal(whole, some)


def test_large_dumps_are_recognised_and_small_ones_are_not():
    of, week = world(1, dumping(0.5)), lay_small(n_site=1, years=1)
    found = {}
    for loads in (1.0, 5.0, 10.0, 40.0):
        real = with_waste(truth(of), week.day[0, 2], loads * 800.0)
        found[loads] = np.isnan(measured(of, week, 2_000, real)[0]).any(axis=(1, 2, 3))
        expected = 1.0 - 0.5 ** (loads / 10.0)
        assert_proportion(int(found[loads].sum()), 2_000, expected)
    assert (found[1.0] <= found[5.0]).all()
    assert (found[5.0] <= found[40.0]).all()


# ------------------------------------------------------------------ laboratories


def biased(**terms):
    return world(4, laboratories={"bias_sd": 0.15, "storage_loss": 0.0, **terms})


def test_a_laboratory_s_bias_is_for_ever_and_each_has_its_own():
    visits = lay_small(years=4, laboratory={"n": 2})
    error = np.log(measured(biased(), visits, 1_500)[0][:, 0, :, 0] / 800.0)
    lab = visits.batch // 10**6
    first, second = error[:, lab == 0], error[:, lab == 1]
    assert np.ptp(first, axis=1).max() < 1e-12
    assert np.ptp(second, axis=1).max() < 1e-12
    assert_mean(first[:, 0], 0.0)
    assert_mean(first[:, 0] ** 2, 0.15**2)
    assert_mean(first[:, 0] * second[:, 0], 0.0)


def test_a_change_of_laboratory_is_a_step_at_its_date():
    visits = lay_small({"kind": "rounds", "per_year": 4}, years=2)
    of = biased(change={"date": "2027-01-01"})
    error = np.log(measured(of, visits, 1_500)[0][:, 0, :, 0] / 800.0)
    late = visits.year == 2027
    assert np.ptp(error[:, late], axis=1).max() < 1e-12
    assert np.ptp(error[:, ~late], axis=1).max() < 1e-12
    step = error[:, late][:, 0] - error[:, ~late][:, 0]
    assert_mean(step**2, 2 * 0.15**2)
    before = np.log(measured(biased(), visits, 3)[0][:, 0, :, 0] / 800.0)
    assert np.array_equal(before[:, ~late], error[:3, ~late])


def test_only_the_named_sites_change_their_laboratory():
    visits = lay_small(years=3)
    of = biased(change={"date": "2027-06-01", "sites": ["B"]})
    error = np.log(measured(of, visits, 5)[0][:, 0, :, 0] / 800.0)
    moved = (visits.site == 1) & (visits.year == 2028)
    assert np.ptp(error[:, ~moved], axis=1).max() < 1e-12
    assert (np.abs(error[:, moved] - error[:, :1]) > 1e-3).all()


def test_a_change_also_changes_year_and_batch():
    visits = lay_small({"kind": "rounds", "per_year": 2}, years=1)
    of = biased(bias_sd=0.0, change={"date": "2026-03-01", "sites": ["A"]})
    real = truth(of, (0.10, 1.0, 0.5))
    error = np.log(measured(of, visits, 2_000, real)[0][:, 0, :, 0] / 800.0)
    last = error[:, -4:]  # the second round: A elsewhere, B to D together
    assert np.ptp(last[:, 1:], axis=1).max() < 1e-12
    assert_mean(last[:, 0] * last[:, 1], 0.0)
    assert_mean(last[:, 0] ** 2, 0.10**2)


def test_stored_samples_lose_by_the_month():
    of = world(2, laboratories={"bias_sd": 0.0, "storage_loss": 0.1})
    rounds = {"kind": "rounds", "per_year": 12}
    fresh, _ = measured(of, lay_small(rounds, n_site=2), 1)
    assert (fresh == 800.0).all()
    visits = lay_small(rounds, years=1, n_site=2, laboratory={"batch": "year"})
    stored = measured(of, visits, 1, laboratory=Laboratory(batch="year"))[0][0, 0]
    assert (np.diff(stored[visits.site == 0].ravel()) >= 0.0).all()  # the last waited least
    assert stored.ravel()[-1] == 800.0
    first, last = visits.day[0, 0], visits.day[-1, 0]
    months = (last - first) / (365.25 / 12)
    # Analysed in the week of the last campaign, counted from 1 January: up to a week earlier.
    log_kept = math.log(stored[0, 0] / 800.0) / math.log1p(-0.1)
    assert months - 7 / 30.4 <= log_kept <= months


@pytest.mark.parametrize("term", ["rain", "missing", "meters", "odd_days", "laboratories"])
def test_a_term_that_is_off_changes_nothing(term):
    zero = {
        "rain": {"cv": 0.0, "season": 0.0, "capacity": 1e9},
        "missing": {"sample": 0.0, "site_week": 0.0, "round": 0.0},
        "meters": {"bias_sd": 0.0},
        "odd_days": {"share": 0.0},
        "laboratories": {"bias_sd": 0.0, "storage_loss": 0.0},
    }[term]
    noisy = {"cocaine": {"lab_repeat_sd": 0.04}}
    visits = lay_small(history="pilot")
    plain = world(4, noisy, 0.04, 0.03)
    real = truth(plain, (0.1, 0.5, 0.5))
    without, _ = measured(plain, visits, 2, real)
    with_zero, _ = measured(world(4, noisy, 0.04, 0.03, **{term: zero}), visits, 2, real)
    off, _ = measured(world(4, noisy, 0.04, 0.03, **{term: False}), visits, 2, real)
    assert np.array_equal(without, with_zero)
    assert np.array_equal(without, off)
