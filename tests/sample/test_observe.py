"""Measurement: the error has its stated parts, and every design sees the same luck."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtri

from mc import assert_mean
from sample.small import POPULATION, SITES, design, programme, truth, world
from simdesign.records import MISSING_DAY
from simdesign.sample import BoughtStreams, MeasuringChain, observe, schedule, site_number, stack
from simdesign.seeds import Purpose, stream
from simdesign.spec.design import Laboratory
from simdesign.units import date_of

NOISY = {
    "cocaine": {"lab_repeat_sd": 0.06, "day_sd": 0.5, "loq": 10.0},
    "MDMA": {"lab_repeat_sd": 0.06, "day_sd": 0.5, "loq": 2.5},
}
SHARED = (0.10, 1.0, 0.5)
ROUNDS = {"kind": "rounds", "per_year": 4}
WEEKLY = Laboratory()


def lay(of=None, years=2, n_site=4, **fields):
    return schedule(design(of, **fields), programme(years), SITES[:n_site], POPULATION[:n_site])


def noisy(n_site=4, substances=NOISY):
    return world(n_site, substances, flow_sd=0.06, sampling_sd=0.05)


def see(visits, of, real=None, *, luck="study", seed=1, replication=0, **options):
    real = real or truth(of, SHARED)
    return observe(real, visits, of, seed=seed, luck=luck, replication=replication, **options)


def values(observations, visits, substance=0):
    """Return {(site name, day): load}."""
    return {
        (observations.sites[visits.site[v]], int(day)): float(observations.load[0, substance, v, d])
        for v in range(visits.n_visit)
        for d, day in enumerate(visits.day[v])
        if day != MISSING_DAY
    }


def logs(of, visits, n_rep, shared=(0.0, 0.0, 0.0), laboratory=WEEKLY, load=800.0):
    """Return log errors of many replications, shape (n_rep, u, v, d)."""
    chain = MeasuringChain.of(of, seed=11, luck="study")
    real = truth(of, shared, load)
    out = np.empty((n_rep, len(chain.substances), *visits.day.shape))
    below = np.empty(out.shape, dtype=bool)
    for replication in range(n_rep):
        chain.observe_into(
            real, visits, replication=replication, laboratory=laboratory,
            load=out[replication], censored=below[replication],
        )  # fmt: skip
    return np.log(out / load)


# ------------------------------------------------------------------ the same luck


SPARSE = {
    "three of seven days": (lay(), lay(days=3)),
    "weekend": (lay(), lay(days="weekend")),
    "one of four rounds": (lay(ROUNDS), lay()),
    "fewer sites": (lay(), lay(sites=["B", "D"])),
    "continuous": (lay({"kind": "continuous"}), lay(ROUNDS)),
    "a day every thirteen": (lay({"kind": "continuous"}), lay({"kind": "every_days"})),
    "staggered": (
        lay({"kind": "fixed_weeks", "weeks": [9, 11]}),
        lay({"kind": "staggered", "weeks": [9, 11]}),
    ),
    "history": (lay(history="pilot"), lay()),
    "rotating": (lay(), lay(sites={"kind": "rotating", "n": 2})),
}


@pytest.mark.parametrize(("dense", "sparse"), SPARSE.values(), ids=SPARSE)
def test_a_sparse_design_sees_a_subset_of_what_a_dense_one_sees(dense, sparse):
    of = noisy()
    all_values, some = (values(see(visits, of), visits) for visits in (dense, sparse))
    assert len(some) > 0
    assert {key: all_values[key] for key in some} == some
    assert len(set(some.values())) == len(some)


def test_another_site_or_substance_changes_no_number():
    small = noisy(2, {"cocaine": NOISY["cocaine"]})
    few, many = lay(n_site=2), lay(n_site=4)
    before = values(see(few, small), few)
    after = values(see(many, noisy(4)), many)
    assert {key: after[key] for key in before} == before
    turned = noisy(4, dict(reversed(NOISY.items())))
    seen = see(many, turned)
    assert seen.substances == ("MDMA", "cocaine")
    assert values(seen, many, 1) == after


def test_an_earlier_start_of_the_truth_changes_no_number():
    of, visits = noisy(), lay()
    late = truth(of, SHARED, first_day=20_454)
    assert values(see(visits, of, late), visits) == values(see(visits, of), visits)


@pytest.mark.parametrize("other", [{"seed": 2}, {"luck": "null"}, {"replication": 1}])
def test_another_seed_luck_group_or_replication_is_other_luck(other):
    of, visits = noisy(), lay()
    assert np.array_equal(see(visits, of).load, see(visits, of).load)
    assert not np.isin(see(visits, of, **other).load, see(visits, of).load).any()


@given(
    n_days=st.integers(1, 7),
    weeks=st.lists(st.integers(1, 51), min_size=1, max_size=5, unique=True).map(sorted),
    replication=st.integers(0, 2**63),
)
@settings(max_examples=20, deadline=None)
def test_any_weeks_and_days_are_a_subset_of_every_day(n_days, weeks, replication):
    of = noisy(2)
    every = lay({"kind": "continuous"}, years=1, n_site=2)
    some = lay({"kind": "fixed_weeks", "weeks": weeks}, years=1, n_site=2, days=n_days)
    dense = values(see(every, of, replication=replication), every)
    sparse = values(see(some, of, replication=replication), some)
    assert sparse.items() <= dense.items()


# ------------------------------------------------------------------ the parts of the error


def test_nothing_is_added_where_every_error_is_zero():
    of = world(4)
    assert (see(lay(), of, truth(of)).load == 800.0).all()


def test_flow_and_sampling_are_one_error_of_a_sample_and_repeats_are_not():
    of = noisy()
    error = logs(of, lay(years=1), 1_500)
    day = error[:, :, 0, 0]
    handling = 0.06**2 + 0.05**2
    assert_mean(day[:, 0] ** 2, handling + 0.06**2)
    assert_mean(day[:, 1] ** 2, handling + 0.06**2)
    assert_mean(day[:, 0] * day[:, 1], handling)
    assert_mean(error[:, 0, 0, 0] * error[:, 0, 0, 1], 0.0)  # the next day
    assert_mean(error[:, 0, 0, 0] * error[:, 0, 1, 0], 0.0)  # another site on the same day
    assert_mean(error[:, 0, 0, 0], 0.0)


@pytest.mark.parametrize("n_round", [1, 2, 4, 12])
def test_rounds_shrink_the_batch_error_and_leave_the_year_part(n_round):
    sigma, r = 0.10, 0.5
    of, visits = world(3), lay({"kind": "rounds", "per_year": n_round}, years=1, n_site=3)
    national = logs(of, visits, 3_000, (sigma, 1.0, r)).mean(axis=(1, 2, 3))
    assert_mean(national**2, sigma**2 * (r + (1 - r) / n_round))


def test_only_the_laboratory_share_is_made_in_the_laboratory():
    national = logs(world(2), lay(years=1, n_site=2), 3_000, (0.10, 0.4, 0.5)).mean(axis=(1, 2, 3))
    assert_mean(national**2, 0.4 * 0.10**2)


def test_the_year_part_stays_within_a_laboratory_and_year():
    visits = lay(ROUNDS, years=2, n_site=2, laboratory={"n": 2})
    error = logs(world(2), visits, 3_000, (0.10, 1.0, 0.5))[:, 0, :, 0]
    first_year, second_year = (np.flatnonzero(visits.year == year) for year in (2026, 2027))
    lab_0, lab_1 = (first_year[visits.site[first_year] == site] for site in (0, 1))
    same_lab = error[:, lab_0[0]] * error[:, lab_0[1]]
    assert_mean(same_lab, 0.5 * 0.10**2)
    assert_mean(error[:, lab_0[0]] * error[:, lab_1[0]], 0.0)
    assert_mean(error[:, lab_0[0]] * error[:, second_year[0]], 0.0)
    assert_mean(error[:, lab_0[0]] ** 2, 0.10**2)


def test_one_batch_is_one_error_and_substances_have_their_own():
    of = world(3, {name: {} for name in NOISY})
    error = logs(of, lay(years=1, n_site=3), 2_000, SHARED)
    assert np.ptp(error[:, 0], axis=(1, 2)).max() < 1e-12
    assert_mean(error[:, 0, 0, 0] * error[:, 1, 0, 0], 0.0)


def test_stored_samples_share_their_batch():
    visits = lay(ROUNDS, years=1, n_site=2, laboratory={"batch": "year"})
    error = logs(world(2), visits, 500, SHARED)
    assert np.ptp(error, axis=(1, 2, 3)).max() < 1e-12


def test_staggering_turns_batch_error_into_site_error():
    visits = lay({"kind": "staggered", "weeks": [9, 11, 13, 15]}, years=1)
    national = logs(world(4), visits, 3_000, (0.10, 1.0, 0.0)).mean(axis=(1, 2, 3))
    assert_mean(national**2, 0.10**2 / 4)


def test_standards_shrink_the_batch_error_of_the_programme_alone():
    visits = lay(years=1, n_site=2, history="pilot")
    error = logs(world(2), visits, 3_000, (0.10, 1.0, 0.5), Laboratory(standards=0.2))[:, 0, :, 0]
    assert_mean(error[:, visits.history][:, 0] ** 2, 0.10**2)
    assert_mean(error[:, ~visits.history][:, 0] ** 2, 0.10**2 * (0.5 + 0.5 * 0.2**2))
    plain = logs(world(2), visits, 10, (0.10, 1.0, 0.0))[:, 0, :, 0]
    shrunk = logs(world(2), visits, 10, (0.10, 1.0, 0.0), Laboratory(standards=0.2))[:, 0, :, 0]
    factor = np.where(visits.history, 1.0, 0.2)
    np.testing.assert_allclose(shrunk, factor * plain, atol=1e-12)


# ------------------------------------------------------------------ limits, records, refusals


def test_a_concentration_below_the_limit_is_flagged_and_holds_the_limit():
    of = world(4, {"cocaine": {"loq": 10.0, "lab_repeat_sd": 0.1, "day_sd": 0.5}})
    at_limit = of.litres * 10.0 * 1e-3  # ng/L x L per inhabitant and day -> mg/(1000 inh d)
    seen = see(lay(), of, truth(of, load=at_limit))
    assert 0 < seen.censored.sum() < seen.censored.size
    assert (seen.load[seen.censored] == at_limit).all()
    assert (seen.load[~seen.censored] > at_limit).all()
    below = see(lay(), of, truth(of, load=0.0))
    assert below.censored.all()
    assert not see(lay(), of, truth(of, load=100 * at_limit)).censored.any()


def test_half_of_the_days_at_the_limit_are_below_it():
    of = world(4, {"cocaine": {"loq": 10.0, "lab_repeat_sd": 0.1, "day_sd": 0.5}})
    visits = lay({"kind": "continuous"})
    below = see(visits, of, truth(of, load=of.litres * 10.0 * 1e-3)).censored
    assert_mean(below[:, :, visits.day != MISSING_DAY], 0.5)


def test_days_that_a_visit_does_not_have_are_missing():
    of, visits = noisy(), lay({"kind": "continuous"}, years=1)
    seen = see(visits, of)
    padding = visits.day == MISSING_DAY
    assert padding.any()
    assert np.array_equal(np.isnan(seen.load[0, 0]), padding)
    assert not seen.censored[0, :, padding].any()


def test_the_reference_load_is_level_times_level():
    of = world(3, {"cocaine": {"level": 500.0}})
    towns = [
        town.model_copy(update={"level": level})
        for town, level in zip(of.catchments, (0.5, 1.0, 2.0), strict=True)
    ]
    of = of.model_copy(update={"catchments": tuple(towns)})
    seen = see(lay(n_site=3), of)
    assert seen.reference_load.tolist() == [[250.0, 500.0, 1000.0]]
    assert seen.population.tolist() == list(POPULATION[:3])


def test_stacking_joins_replications():
    of, visits = noisy(), lay()
    single = [see(visits, of, replication=r) for r in range(3)]
    together = stack(single)
    assert together.n_rep == 3
    for r in range(3):
        assert np.array_equal(together.load[r], single[r].load[0])
    with pytest.raises(ValueError, match="same substances, sites and visits"):
        stack([single[0], see(lay(ROUNDS), of)])
    with pytest.raises(ValueError, match="nothing to stack"):
        stack([])


def test_bought_streams_come_along():
    of, visits = noisy(), lay()
    real, at = truth(of, SHARED), programme()
    assert see(visits, of, real).streams == {}
    bought = BoughtStreams(of, at, ("purity",), since=at.start_day, seed=5, luck="study")
    seen = stack([see(visits, of, real, replication=r, streams=bought) for r in (3, 4)])
    found = seen.streams["purity/cocaine"]
    for r, series in zip((3, 4), found, strict=True):
        expected = bought.draw(real, r)["purity/cocaine"]
        np.testing.assert_array_equal(series.value, expected.value)


def test_a_truth_that_does_not_hold_the_visits_is_refused():
    of = noisy()
    for visits, real in [
        (lay(history="pilot"), truth(of, SHARED, first_day=20_000)),
        (lay(), truth(of, SHARED, n_day=1_000)),
    ]:
        with pytest.raises(ValueError, match=r"are sampled, the truth holds"):
            see(visits, of, real)
    with pytest.raises(ValueError, match="same substances and sites"):
        see(lay(n_site=3), noisy(3), truth(of, SHARED))


def test_stored_numbers_guard_the_addresses():
    of, visits = noisy(2), lay(years=1, n_site=2)
    got = np.log(see(visits, of).load[0, :, :, 0] / 800.0).ravel()
    # Other numbers here change every result ever stored: name it under "Changes in numbers".
    stored = [-0.060042512173252786, 0.11212471397970536, 0.13491941479514163, 0.19232692141531582]
    np.testing.assert_allclose(got, stored, rtol=0, atol=1e-12)


def normal(purpose, group, number, **address):
    """Return a number of a stream as a normal: NumPy's generator and SciPy's quantile."""
    raw = stream(5, purpose, group, **address).bit_generator.random_raw(number + 1)[number]
    return ndtri((float(int(raw) >> 12) + 0.5) * 2.0**-52)


def test_a_load_is_the_residue_times_the_errors_of_its_addresses():
    """A slow twin: every error is drawn from the stream of its own address."""
    of, replication = noisy(), 7
    visits = lay(ROUNDS, history="pilot", laboratory={"n": 2, "batch": "quarter"})
    laboratory = Laboratory(standards=0.5)
    seen = see(visits, of, seed=5, luck="null", replication=replication, laboratory=laboratory)
    sd_year, sd_batch = 0.10 * math.sqrt(0.5), 0.10 * math.sqrt(0.5)
    for v, d in [(0, 0), (3, 6), (19, 2), (20, 0), (37, 4), (51, 6)]:
        site, date = int(visits.site[v]), date_of(int(visits.day[v, d]))
        of_day = {"replication": replication, "site": site_number(SITES[site]), "year": date.year}
        number = date.timetuple().tm_yday - 1
        lab, code = divmod(int(visits.batch[v]), 10**6)
        of_batch = {"replication": replication, "site": lab, "year": code // 100}
        handling = math.hypot(0.06, 0.05) * normal(Purpose.SAMPLING, "null", number, **of_day)
        for u, name in enumerate(of.substances):
            error = (
                handling
                + 0.06 * normal(Purpose.SAMPLING, f"null/{name}", number, **of_day)
                + sd_year * normal(Purpose.LABORATORY, f"null/{name}", 0, **of_batch)
                + sd_batch
                * (1.0 if visits.history[v] else 0.5)
                * normal(Purpose.LABORATORY, f"null/{name}", code % 100, **of_batch)
            )
            assert seen.load[0, u, v, d] == pytest.approx(800.0 * math.exp(error), rel=1e-12)


def test_the_mean_of_sites_and_days_follows_the_closed_form():
    """SE^2 = sigma_shared^2 + sigma_day^2 / (n S): design-effect of what sampling alone adds."""
    sigma_shared, handling, n_site, n_day = 0.05, math.hypot(0.06, 0.05), 4, 7
    of = world(n_site, flow_sd=0.06, sampling_sd=0.05)
    national = logs(of, lay(years=1), 3_000, (sigma_shared, 1.0, 0.5)).mean(axis=(1, 2, 3))
    assert_mean(national**2, sigma_shared**2 + handling**2 / (n_site * n_day))


def test_days_sites_and_campaigns_have_errors_of_their_own():
    error = logs(noisy(), lay(ROUNDS, years=1, n_site=4, days=2), 600)[:, 0]
    places = [(v, d) for v in range(0, 16, 5) for d in range(2)]
    for (v, d), (w, e) in itertools.combinations(places, 2):
        assert_mean(error[:, v, d] * error[:, w, e], 0.0)
