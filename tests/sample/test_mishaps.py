"""Meters, odd days and gaps: sign, size, address, and what engines make of them."""

import datetime as dt
import math

import numpy as np
import pytest
from scipy.stats import norm

from mc import assert_mean, assert_proportion
from sample.small import design, lay, measured, programme, truth, world
from simdesign._kernels.mishaps import (
    add_meter_bias,
    add_odd_days,
    mark_missing,
    site_meter,
    week_number,
)
from simdesign.fit import build
from simdesign.records import MISSING_DAY, Looks, Status
from simdesign.sample import MeasuringChain, site_number
from simdesign.sample.address import YEAR_START, keys_of
from simdesign.seeds import Purpose, stream
from simdesign.spec.estimator import ExactStep, ZTest
from simdesign.units import date_of, day_of

ROUNDS = {"kind": "rounds", "per_year": 4}
TWO = {"cocaine": {}, "MDMA": {}}


def lay_small(schedule=None, years=2, n_site=4, **fields):
    return lay(design(schedule, **fields), programme(years), n_site=n_site)


def errors(of, visits, n_rep):
    return np.log(measured(of, visits, n_rep)[0] / 800.0)


# ------------------------------------------------------------------ addresses


def number_of(purpose, group, number, **address):
    """Return a uniform number of a stream, from NumPy's own generator."""
    raw = stream(11, purpose, f"study/{group}", **address).bit_generator.random_raw(number + 1)
    return (float(int(raw[number]) >> 12) + 0.5) * 2.0**-52


def test_every_mishap_has_the_number_of_its_address():
    """A slow twin: each is drawn again from the stream of its own address."""
    share, sd, lost = 0.3, 0.25, 0.2
    visits = lay_small(ROUNDS, years=1, n_site=2)
    wide = {"cocaine": {"day_sd": 1.0}}
    both = world(2, wide, meters={"bias_sd": 0.06, "recalibrated": 0.0},
                 odd_days={"share": share, "sd": sd},
                 missing={"sample": lost, "site_week": lost, "round": lost})  # fmt: skip
    error = errors(both, visits, 3)[:, 0]
    n_lost = 0
    for r, v, d in np.ndindex(error.shape):
        day, site = int(visits.day[v, d]), site_number("AB"[visits.site[v]])
        date = date_of(day)
        here = {"replication": r, "site": site}
        of_day = {"number": date.timetuple().tm_yday - 1, "year": date.year, **here}
        of_week = {"number": (day - day_of(dt.date(1970, 1, 7))) // 7}
        if (
            number_of(Purpose.MISSING, "sample", **of_day) < lost
            or number_of(Purpose.MISSING, "site_week", **of_week, **here) < lost
            or number_of(Purpose.MISSING, "round", **of_week, replication=r) < lost
        ):
            assert np.isnan(error[r, v, d])
            n_lost += 1
            continue
        chance = number_of(Purpose.METER, "odd", **of_day)
        expected = 0.06 * norm.ppf(number_of(Purpose.METER, "bias", 2, **here))
        expected += sd * norm.ppf(chance / share) if chance < share else 0.0
        assert error[r, v, d] == pytest.approx(expected, abs=1e-12)
    assert 0.3 < n_lost / error.size < 0.7


def test_compiled_and_plain_python_agree_bit_for_bit():
    keys = keys_of(1, Purpose.MISSING, "study")
    visits = lay_small(ROUNDS, years=1, n_site=2)
    cities, luck = np.array([3, 4], dtype=np.uint64), np.uint64(5)
    where = (luck, visits.site, visits.day, cities, YEAR_START)
    for kernel, before, after in [
        (add_odd_days, (keys,), (0.3, 0.2)),
        (add_meter_bias, (keys,), (0.3, 0.06)),
        (mark_missing, (keys, keys, keys), (0.1, 0.1, 0.1)),
    ]:
        compiled, plain = np.zeros(visits.day.shape), np.zeros(visits.day.shape)
        kernel(*before, *where, *after, compiled)
        getattr(kernel, "py_func", kernel)(*before, *where, *after, plain)
        assert np.array_equal(compiled, plain, equal_nan=True)
        assert (compiled != 0.0).any()


# ------------------------------------------------------------------ meters


def meters(recalibrated, substances=None, sd=0.06):
    return world(4, substances, meters={"bias_sd": sd, "recalibrated": recalibrated})


def test_a_meter_that_is_never_recalibrated_cancels_in_trends():
    visits = lay_small(ROUNDS, years=8)
    error = errors(meters(0.0, TWO), visits, 400)
    for site in range(4):
        mine = error[:, :, visits.site == site]
        assert np.ptp(mine, axis=(1, 2, 3)).max() < 1e-12  # substances, years and days alike
    first = error[:, 0, :4, 0]
    assert_mean(first[:, 0], 0.0)
    assert_mean(first**2, 0.06**2)
    assert_mean(first[:, 0] * first[:, 1], 0.0)


def test_a_recalibration_redraws_the_bias_and_keeps_its_variance():
    visits = lay_small(years=3, n_site=4)
    error = errors(meters(1.0), visits, 1_500)[:, 0, :, 0]
    first, last = error[:, visits.year == 2026], error[:, visits.year == 2028]
    assert_mean(last**2, 0.06**2)
    assert_mean((first * last)[:, 0], 0.0)  # 2027 has a recalibration for certain


def test_meters_change_as_often_as_said():
    """Campaigns a year apart: a change lies between them with probability p, exactly."""
    visits = lay_small({"kind": "fixed_weeks", "weeks": [20]}, years=2, n_site=1)
    error = errors(meters(0.3), visits, 4_000)[:, 0, :, 0]
    day = visits.day[:, 0]
    fraction = (day - np.array([day_of_year_start(year) for year in visits.year])) / 365
    # in the rest of the first year, or in the first part of the second, at most once in each
    none = (1 - 0.3 * (1 - fraction[0])) * (1 - 0.3 * fraction[1])
    changed = np.abs(error[:, 1] - error[:, 0]) > 1e-12
    assert_proportion(int(changed.sum()), changed.size, 1 - none)


def day_of_year_start(year):
    return int(YEAR_START[year - 1970])


def test_a_meter_does_not_depend_on_which_days_are_asked_for():
    of = meters(0.2)
    long, short = lay_small(years=8), lay_small(years=3)
    few = errors(of, short, 5)
    assert np.array_equal(few, errors(of, long, 5)[:, :, : short.n_visit])
    keys = keys_of(11, Purpose.METER, "study/bias")
    one = np.uint64(1)
    calendars = []
    for last in (40, 60):
        start, bias = np.empty(last + 1, dtype=np.int64), np.empty(last + 2)
        site_meter(keys, one, one, YEAR_START, last, 0.2, start, bias)
        calendars.append((start[:41], bias[:42]))
    assert all(np.array_equal(a, b) for a, b in zip(*calendars, strict=True))


# ------------------------------------------------------------------ odd days


def odd(share, sd, substances=("cocaine",)):
    wide = {name: {"day_sd": 1.0} for name in substances}
    return world(4, wide, odd_days={"share": share, "sd": sd})


def test_odd_days_are_as_many_and_as_odd_as_said_and_belong_to_the_sample():
    share, sd = 0.1, 0.4
    visits = lay_small(ROUNDS, years=2)
    error = errors(odd(share, sd, TWO), visits, 300)
    assert np.array_equal(error[:, 0], error[:, 1])
    flat = error[:, 0].ravel()
    is_odd = np.abs(flat) > 1e-12
    assert_proportion(int(is_odd.sum()), flat.size, share)
    assert_mean(flat[is_odd], 0.0)
    assert_mean(flat**2, share * sd**2)
    assert_mean(flat[is_odd] ** 4, 3 * sd**4)
    assert_mean((error[:, 0, :, 0] * error[:, 0, :, 1]).ravel(), 0.0)


def test_every_day_odd_is_one_more_normal_error():
    error = errors(odd(1.0, 0.2), lay_small(ROUNDS), 300)[:, 0].ravel()
    assert_mean(error**2, 0.2**2)
    assert_mean(error**4, 3 * 0.2**4)


def test_odd_days_are_part_of_the_observed_day_noise():
    of = world(4, odd_days={})
    substance = of.substances["cocaine"]
    errors_of_a_day = of.day_errors(substance)
    assert errors_of_a_day.variance == pytest.approx(of.odd_days.share * of.odd_days.sd**2)
    with pytest.raises(ValueError, match=r"day_sd: must be at least .*odd"):
        world(4, odd_days={"share": 0.1, "sd": 0.5})


def robust_sd(share, odd_sd, total):
    """Median absolute deviation of the mixture, scaled: bisection on its distribution."""
    core = math.sqrt(total**2 - share * odd_sd**2)
    tail = math.hypot(core, odd_sd)

    def inside(x):
        return (1 - share) * (2 * norm.cdf(x / core) - 1) + share * (2 * norm.cdf(x / tail) - 1)

    low, high = 0.0, total
    for _ in range(60):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if inside(middle) < 0.5 else (low, middle)
    return low / norm.ppf(0.75), inside


def test_the_catalogue_s_odd_days_make_the_tail_of_dutch_cocaine_weeks():
    of = world(1, odd_days={})
    total = of.substances["cocaine"].day_sd
    robust, inside = robust_sd(of.odd_days.share, of.odd_days.sd, total)
    assert robust / total == pytest.approx(0.117 / 0.134, abs=0.02)  # the release's own ratio
    assert 0.02 < 1 - inside(3 * robust) < 0.03  # a normal has 0.0027


# ------------------------------------------------------------------ gaps


def gaps(n_site=4, flow_sd=0.0, sampling_sd=0.0, **probabilities):
    never = {"sample": 0, "site_week": 0, "round": 0}
    return world(n_site, TWO, flow_sd, sampling_sd, missing={**never, **probabilities})


def missing_of(of, visits, n_rep):
    gone = np.isnan(measured(of, visits, n_rep)[0])
    assert np.array_equal(gone[:, 0], gone[:, 1])  # a lost sample is lost for all substances
    return gone[:, 0]


def test_single_samples_are_lost_one_by_one():
    gone = missing_of(gaps(sample=0.1), lay_small(ROUNDS), 200)
    assert_proportion(int(gone.sum()), gone.size, 0.1)
    both = gone[:, :, 0] & gone[:, :, 1]
    assert_proportion(int(both.sum()), both.size, 0.01)


def test_a_missed_site_week_is_a_whole_visit_of_one_site():
    gone = missing_of(gaps(site_week=0.2), lay_small(ROUNDS), 500)
    whole = gone.all(axis=2)
    assert np.array_equal(whole, gone.any(axis=2))
    assert_proportion(int(whole.sum()), whole.size, 0.2)
    pair = whole[:, 0] & whole[:, 1]
    assert_proportion(int(pair.sum()), pair.size, 0.04)


def test_a_failed_round_is_everybody_s():
    visits = lay_small(ROUNDS)
    gone = missing_of(gaps(round=0.2), visits, 1_000)
    for campaign in range(int(visits.campaign.max()) + 1):
        mine = gone[:, visits.campaign == campaign]
        assert np.array_equal(mine.all(axis=(1, 2)), mine.any(axis=(1, 2)))
    rounds = gone[:, ::4, 0]
    assert_proportion(int(rounds.sum()), rounds.size, 0.2)


def test_certain_loss_leaves_nothing():
    for field in ("sample", "site_week", "round"):
        assert missing_of(gaps(**{field: 1.0}), lay_small(), 1).all()


def test_a_sparse_design_misses_what_a_dense_one_misses():
    of = gaps(sample=0.1, site_week=0.2, round=0.1)
    found = {}
    for name, visits in {
        "dense": lay_small({"kind": "continuous"}),
        "sparse": lay_small(ROUNDS, days=3),
    }.items():
        gone = missing_of(of, visits, 5)
        found[name] = {
            (r, int(visits.site[v]), int(visits.day[v, d])): bool(gone[r, v, d])
            for r, v, d in np.ndindex(gone.shape)
            if visits.day[v, d] != MISSING_DAY
        }
    assert 0.1 < np.mean(list(found["sparse"].values())) < 0.5
    assert found["sparse"].items() <= found["dense"].items()


def test_weeks_run_from_wednesday_to_tuesday():
    wednesday = day_of(programme().start) + 6  # 1 January 2026 is a Thursday
    numbers = [week_number(wednesday + day) for day in range(-1, 8)]
    assert np.diff(numbers).tolist() == [1, 0, 0, 0, 0, 0, 0, 1]


@pytest.mark.parametrize("estimator", [ExactStep(), ZTest()], ids=["exact", "z-test"])
@pytest.mark.parametrize("lost", [{"sample": 0.1, "site_week": 0.2}, {"round": 1.0}], ids=str)
def test_estimators_cope_with_gaps(estimator, lost):
    """Fits run; where nothing is left they say so."""
    at, of = programme(6), gaps(12, flow_sd=0.04, sampling_sd=0.03, **lost)
    visits = lay_small(years=6, n_site=12)
    looks = Looks(
        day=np.array(at.look_days), report_lag=90, origin_day=at.start_day, start_day=at.start_day
    )
    real = truth(of, (0.1, 0.5, 0.5))
    load, censored = measured(of, visits, 6, real)
    chain = MeasuringChain.of(of, seed=1, luck="study")
    seen = chain.gather(visits, real.population, load, censored)
    fit = build("e", estimator).fit(seen, looks, "cocaine")
    at_the_end = fit.status[:, -1]
    if "round" in lost:
        assert (at_the_end == Status.TOO_LITTLE_DATA).all()
    else:
        assert (at_the_end == Status.OK).all()
        assert np.isfinite(fit.score[:, -1]).all()
