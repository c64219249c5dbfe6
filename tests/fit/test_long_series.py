"""Two breaks in one series: against brute force, and what they mean."""

from dataclasses import replace
from unittest import mock

import numpy as np
import pytest

from fit import panels
from fit.test_break_oracle import series_of
from reference import break_oracle, long_oracle
from simdesign.fit.long_series import MOST_CAMPAIGNS, long_resolution, long_series
from simdesign.fit.priors import break_priors
from simdesign.fit.site_weeks import site_weeks
from simdesign.records import Looks, Status
from simdesign.spec.estimator import ExactBreak, ExactCity


def look_at_end(where):
    return Looks(day=np.array([int(where.day.max())]), report_lag=0, origin_day=panels.START,
                 start_day=panels.START)  # fmt: skip


def drawn(rng, n_site, n_year, jumps=(), *, stagger=0, keep=None):
    """Return observations; ``jumps`` are pairs (first year after, size)."""
    where = panels.visits(n_site, n_year, stagger=stagger, keep=keep)
    seen = panels.draw(rng, where, 1, drift=0.0, walk=0.02, shared=0.03)
    load = seen.load[:, 0].copy()
    for year, size in jumps:
        load[:, where.year >= 2026 + year] *= np.exp(size)
    return panels.observe(where, load)


@pytest.mark.parametrize(
    ("n_site", "n_year", "stagger", "jumps", "spec"),
    [
        (1, 7, 0, ((3, 0.6), (5, -0.5)), ExactCity()),
        (1, 6, 0, (), ExactCity(kinds={"step": 0.5, "slope": 0.5, "both": 0.0})),
        (2, 6, 14, ((3, 0.4),), ExactBreak(pulse_hazard=0.0)),
    ],
)
def test_probabilities_are_those_of_brute_force(n_site, n_year, stagger, jumps, spec):
    """Within 0.005, the engine's stated error of a probability."""
    keep = None if n_site == 1 else np.arange(n_site * n_year) != 5  # a gap: groups of one
    seen = drawn(np.random.default_rng(7), n_site, n_year, jumps, stagger=stagger, keep=keep)
    look = look_at_end(seen.visits)
    priors = replace(break_priors(spec, "cocaine"), pulse_hazard=0.0)
    weeks = site_weeks(seen, "cocaine", priors.day_noise)
    with mock.patch.object(break_oracle, "DAYS", 3):
        count, recent, pair = long_oracle.posterior(
            series_of(seen.visits, weeks, priors.nugget), priors, origin=look.origin_day,
            look=float(look.day[0]),
        )  # fmt: skip
    got = long_series(spec, seen, look, "cocaine")
    np.testing.assert_allclose(got.prob_count, count, atol=0.005)
    assert got.prob_recent == pytest.approx(recent, abs=0.005)
    np.testing.assert_allclose(got.prob_pair, pair, atol=0.005)


def test_two_breaks_are_counted_dated_and_told_from_one():
    rng = np.random.default_rng(3)
    two = drawn(rng, 6, 15, ((5, 0.6), (11, -0.7)))
    got = long_series(ExactBreak(), two, look_at_end(two.visits), "cocaine")
    assert got.prob_count[2] > 0.95
    a, b, prob = got.likely_pair
    years = [int(day) for day in (got.interval_start[a], got.interval_end[a],
                                  got.interval_start[b], got.interval_end[b])]  # fmt: skip
    middle = [panels.START + 365.25 * (year - 0.5) for year in (5, 11)]
    assert years[0] < middle[0] < years[1]
    assert years[2] < middle[1] < years[3]
    assert prob > 0.5
    assert got.prob_recent < 0.5
    one = drawn(rng, 6, 15, ((13, 0.6),))
    got = long_series(ExactBreak(), one, look_at_end(one.visits), "cocaine")
    assert got.prob_count[1:].sum() > 0.95
    assert got.prob_count[2] < got.prob_count[1]
    assert got.prob_recent > 0.9


def test_little_data_return_the_prior_and_it_adds_up():
    seen = drawn(np.random.default_rng(1), 3, 2)
    look = look_at_end(seen.visits)
    got = long_series(ExactBreak(), seen, look, "cocaine")
    assert got.status == Status.TOO_LITTLE_DATA
    expected = ExactBreak().hazard * (look.day[0] - look.origin_day) / 365.25
    assert got.prob_count[0] == pytest.approx(np.exp(-expected))
    np.testing.assert_allclose(got.prob_count, got.prior_count, atol=1e-12)
    assert got.prob_recent == pytest.approx(1.0 - np.exp(-expected))  # all days are recent
    assert got.prob_count.sum() == pytest.approx(1.0)
    # no break in three of ten years: the Poisson number of recent ones is none, up to P(> 2)
    long = drawn(np.random.default_rng(1), 1, 10)
    look = look_at_end(long.visits)
    prior = long_series(ExactCity(), long, look, "cocaine").prior_recent
    assert prior == pytest.approx(1.0 - np.exp(-ExactCity().hazard * 3.0), abs=0.01)


def test_the_longest_series_is_answered():
    seen = drawn(np.random.default_rng(5), 2, MOST_CAMPAIGNS, ((8, 0.3), (14, 0.2)))
    got = long_series(ExactBreak(), seen, look_at_end(seen.visits), "cocaine")
    assert got.status == Status.OK
    assert got.prob_count.sum() == pytest.approx(1.0)
    assert got.prob_count[0] < got.prior_count[0]  # two breaks are in it


def test_more_nodes_change_nothing():
    seen = drawn(np.random.default_rng(5), 2, 9, ((4, 0.3), (7, 0.2)))
    look = look_at_end(seen.visits)
    got = long_series(ExactBreak(), seen, look, "cocaine")
    fine = replace(
        long_resolution(9, several_sites=True), site_refinement=8, n_shared=19, n_walk=15
    )
    again = long_series(ExactBreak(), seen, look, "cocaine", size=fine)
    np.testing.assert_allclose(got.prob_count, again.prob_count, atol=0.005)


def test_longer_series_are_not_served():
    seen = drawn(np.random.default_rng(5), 1, MOST_CAMPAIGNS + 1)
    got = long_series(ExactCity(), seen, look_at_end(seen.visits), "cocaine")
    assert got.status == Status.NOT_APPLICABLE
    assert np.isnan(got.prob_count).all()
    assert got.likely_pair is None
