"""Where arithmetic could fail: no NaN, no exception, and the right answer still."""

import numpy as np
import pytest

from fit import panels
from simdesign.fit import build
from simdesign.fit.exact import fit_columns, scan_breaks
from simdesign.fit.priors import break_priors
from simdesign.fit.site_weeks import SiteWeeks
from simdesign.records import Status
from simdesign.spec.estimator import ExactBreak

YEARS = 8
FINITE = (
    "score", "prob_break", "effect", "effect_low", "effect_high", "log_evidence", "prob_step",
    "prob_slope", "prob_both", "prob_pulse", "effect_after_one_year", "effect_after_three_years",
)  # fmt: skip


def fitted(observations, n_year=YEARS):
    fit = build("x", ExactBreak()).fit(observations, panels.looks(n_year), "cocaine")
    for name in FINITE:
        assert np.isfinite(getattr(fit, name)).all(), name
    assert set(np.unique(fit.status)) <= {int(Status.OK), int(Status.TOO_LITTLE_DATA)}
    return fit


def drawn(**how):
    where = panels.visits(6, YEARS, n_day=how.pop("n_day", 7))
    return panels.draw(np.random.default_rng(3), where, 4, **how)


def test_a_constant_series_has_no_break_and_no_change():
    where = panels.visits(6, YEARS)
    profile = np.exp(break_priors(ExactBreak(), "cocaine").day_noise.log_weekday)
    load = 900.0 * np.broadcast_to(profile[(where.day + 3) % 7], (1, *where.day.shape))
    fit = fitted(panels.observe(where, load.copy()))
    prior = 1.0 - np.exp(-0.0693147 * (panels.looks(YEARS).day[-1] - panels.START) / 365.25)
    assert fit.prob_break[0, -1] < prior
    assert fit.effect[0, -1] == pytest.approx(0.0, abs=0.01)
    assert fit.prob_three_year_change[0, -1] < 0.1


def test_loads_ten_million_times_as_large_say_the_same():
    """With the reference load left alone only the levels differ, and these are free."""
    some = drawn(step=0.4, step_day=panels.START + 1500)
    large = panels.observe(some.visits, some.load[:, 0] * 1e7)
    one, two = fitted(some), fitted(large)
    for name in FINITE:
        np.testing.assert_allclose(getattr(one, name), getattr(two, name), rtol=0, atol=1e-6)


def test_one_day_a_campaign_is_served():
    few, many = fitted(drawn(n_day=1)), fitted(drawn())
    width = [(f.effect_high - f.effect_low)[:, -1].mean() for f in (few, many)]
    assert width[0] > width[1]


def test_a_site_seen_in_one_year_alone_says_nothing_of_the_path():
    """Its level is free, so that leaving it out changes nothing but rounding."""
    some = drawn(step=0.4, step_day=panels.START + 1500)
    lonely = (some.visits.site == 5) & (some.visits.year != 2029)
    load = some.load[:, 0].copy()
    load[:, lonely] = np.nan
    once = fitted(panels.observe(some.visits, load))
    load[:, some.visits.site == 5] = np.nan
    never = fitted(panels.observe(some.visits, load))
    for name in ("prob_break", "effect", "prob_slope"):
        np.testing.assert_allclose(
            getattr(once, name)[:, -1], getattr(never, name)[:, -1], atol=2e-3
        )


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e3])
def test_noise_of_any_size_gives_finite_answers(scale):
    """A thousandth of the noise shows a break of 40 %; a thousand times hides every break."""
    where = panels.visits(6, YEARS)
    rng = np.random.default_rng(4)
    variance = np.full(where.site.size, 0.005 * scale**2)
    y = 0.4 * (where.middle_day >= panels.START + 1500) + np.sqrt(variance) * rng.normal(
        size=where.site.size
    )
    usable = np.ones((1, y.size), dtype=bool)
    weeks = SiteWeeks(
        mean=y[None], variance=variance[None], usable=usable, left_out=np.zeros_like(usable)
    )
    priors = break_priors(ExactBreak(), "cocaine")
    found = scan_breaks(weeks, np.array([0]), where, panels.looks(YEARS), priors)
    for name, value in fit_columns(found).items():
        if name not in ("break_day", "prob_three_year_change"):
            assert np.isfinite(value).all(), name
    prob = found.summary.prob[0, -1]
    prior = 1.0 - np.exp(-priors.hazard * (panels.looks(YEARS).day[-1] - panels.START) / 365.25)
    if scale < 1e3:
        assert prob > 0.9
    else:
        assert prob == pytest.approx(prior, abs=0.01)
