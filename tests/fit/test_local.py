"""A city against the nation: against a joint dense model, and without crying wolf."""

from dataclasses import replace

import numpy as np
import pytest

from fit import cities, panels
from simdesign.errors import SpecError
from simdesign.fit import build
from simdesign.fit.local import local_breaks, searched
from simdesign.records import Looks, Status
from simdesign.spec.estimator import ExactLocal

LAST = slice(-1, None)


def test_with_nothing_known_about_the_nation_the_difference_is_the_joint_model():
    """Fixed SDs, equal noise, all cities always there: what is taken off is all there is.

    1e-3 is what days summed in eighths of an interval leave, against Gauss points.
    """
    rng = np.random.default_rng(5)
    worst = 0.0
    for n_site in (2, 3, 6):
        for _ in range(5):
            where, reduced = cities.weeks(
                rng, n_site, int(rng.integers(5, 9)), noise=(0.004, 0.004)
            )
            off = cities.against_joint(where, reduced, known=cities.KNOWN | {"sigma_shared": 8.0})
            worst = max(worst, abs(off[0]), abs(off[1]))
    assert 0.0 < worst < 1e-3


def test_what_the_neglected_covariance_costs():
    """Known SDs and a nation that is known to be smooth: bars from the benchmark's table."""
    rng = np.random.default_rng(8)
    for n_site, mean_bar, largest_bar in ((3, 0.06, 0.30), (12, 0.02, 0.08)):
        off = []
        for gaps in (0.0, 0.2):
            for _ in range(8):
                where, reduced = cities.weeks(rng, n_site, int(rng.integers(6, 10)), gaps=gaps)
                off.append(cities.against_joint(where, reduced, known=cities.KNOWN)[0])
        assert np.abs(off).mean() < mean_bar
        assert np.abs(off).max() < largest_bar


def test_a_search_does_not_cry_wolf_with_the_walk_and_does_without():
    """240 unchanged series: the benchmark has 0.0 % and 4.7 % at the last look."""
    seen = cities.unchanged(np.random.default_rng(21), 30, 8, 10)
    looks = panels.looks(10)
    last = replace(looks, day=looks.day[LAST].copy())
    with_walk = local_breaks(ExactLocal(), seen, last, "cocaine").prob_break
    without = local_breaks(ExactLocal(sigma_rw=0.0), seen, last, "cocaine").prob_break
    assert with_walk.size == 240
    # a panel's cities share the nation's error: its mean is the unit of the standard error
    error = (without > 0.9).mean(axis=0).std(ddof=1) / np.sqrt(30)
    assert (with_walk > 0.9).mean() <= 1 / 240
    assert abs((without > 0.9).mean() - 0.047) < 5.0 * error
    assert (without > 0.9).mean() > 5 / 240


def _with_a_break(n_site=8, city=5, ratio=2.5):
    seen = cities.unchanged(np.random.default_rng(4), 6, n_site, 10, walk=0.02)
    load = seen.load[:, 0].copy()
    late = seen.visits.middle_day > panels.START + 2000
    load[:, (seen.visits.site == city) & late] *= ratio
    return panels.observe(seen.visits, load)


def test_a_city_that_breaks_is_found_and_the_others_are_not_blamed():
    seen = _with_a_break()
    looks = panels.looks(10)
    found = local_breaks(ExactLocal(), seen, looks, "cocaine")
    assert (found.largest[:, -1] == 5).all()
    assert found.prob_break[5, :, -1].mean() > 0.9
    assert np.delete(found.prob_break[:, :, -1], 5, axis=0).mean() < 0.5
    # the prior N(0, 0.3) of a step and the walk shrink the size: it lies below, in the interval
    effect, low, high = (
        found.columns[name][5, :, -1] for name in ("effect", "effect_low", "effect_high")
    )
    assert ((low < np.log(2.5)) & (np.log(2.5) < high)).all()
    assert 0.5 * np.log(2.5) < effect.mean() < np.log(2.5)
    named = build("l", ExactLocal(site="s5")).fit(seen, looks, "cocaine")
    largest = build("l", ExactLocal()).fit(seen, looks, "cocaine")
    np.testing.assert_array_equal(named.score[:, -1], largest.score[:, -1])
    assert (largest.score >= named.score).all()


def test_what_all_cities_share_drops_out():
    """Any shared error: the differences, and so the answers, stay."""
    seen = _with_a_break()
    looks = panels.looks(10)
    shaken = seen.load[:, 0] * np.exp(
        np.random.default_rng(1).normal(0, 0.5, 10)[seen.visits.year - 2026][None, :, None]
    )
    one = local_breaks(ExactLocal(), seen, looks, "cocaine")
    two = local_breaks(ExactLocal(), panels.observe(seen.visits, shaken), looks, "cocaine")
    np.testing.assert_allclose(one.score, two.score, atol=1e-9)


def test_searching_many_cities_lowers_each_one():
    found = local_breaks(ExactLocal(), _with_a_break(), panels.looks(10), "cocaine")
    prior = 0.5
    somewhere, each = searched(found.score[:, :, -1], prior)
    assert (each <= found.prob_break[:, :, -1] + 1e-12).all()
    np.testing.assert_allclose(each.sum(axis=0), somewhere, rtol=1e-12)
    equal = np.full((4, 1), np.log(0.25 / 0.75))  # all tell the same: Bayes factor 1/3
    somewhere, _ = searched(equal, prior)
    np.testing.assert_allclose(somewhere, 0.25)


@pytest.mark.parametrize("n_site", [1, 8])
def test_no_partner_and_no_data_return_the_prior(n_site):
    where = panels.visits(n_site, 8 if n_site == 1 else 2)
    seen = panels.draw(np.random.default_rng(1), where, 2)
    looks = panels.looks(8)
    found = local_breaks(ExactLocal(), seen, looks, "cocaine")
    assert (found.status == Status.TOO_LITTLE_DATA).all()
    years = (looks.day - looks.origin_day) / 365.25
    expected = np.broadcast_to(1 - np.exp(-ExactLocal().hazard * years), found.prob_break.shape)
    np.testing.assert_allclose(found.prob_break, expected, rtol=1e-9)


def test_gappy_cities_do_not_see_the_future():
    rng = np.random.default_rng(9)
    keep = rng.random(60) < 0.8
    keep[:6] = True
    seen = panels.draw(rng, panels.visits(6, 10, keep=keep), 2)
    looks = panels.looks(10)
    one = local_breaks(ExactLocal(), seen, looks, "cocaine")
    early = Looks(day=looks.day[:5].copy(), report_lag=90, origin_day=panels.START,
                  start_day=panels.START)  # fmt: skip
    load = seen.load[:, 0].copy()
    load[:, seen.visits.last_day + 90 > looks.day[4]] *= 3.0
    two = local_breaks(ExactLocal(), panels.observe(seen.visits, load), early, "cocaine")
    np.testing.assert_array_equal(one.score[:, :, :5], two.score)


def test_a_city_that_is_not_there_is_refused_by_name():
    seen = _with_a_break()
    with pytest.raises(SpecError, match=r"estimators\.mine\.site: must be largest or of s0, s1"):
        build("mine", ExactLocal(site="Delft")).fit(seen, panels.looks(10), "cocaine")
