"""The robust PyMC engine: spikes, days below the LOQ, weekdays; the plain model is its limit."""

import numpy as np

from fit import panels
from fit.pymc_cases import days, level_break, weeks
from simdesign.fit import break_posterior
from simdesign.records import Status
from simdesign.spec.estimator import ExactBreak
from simdesign.spec.plugged import plugged_noise

PLAIN = {"degrees": 100.0, "day_scale": 1.0, "weekday_sd": 0.0}
PLUGGED = {"day_rho": 0.0, "count_noise": 0.0}


def changed(observations, load, censored=None):
    return panels.observe(observations.visits, load, censored=censored)


def test_without_its_extras_it_is_the_plain_model():
    """Student's t with 100 degrees of freedom has 100/98 of a normal's variance.

    Four Monte Carlo errors, the exact engine's own, and what day noise that is twice that much
    larger would change.
    """
    observations, looks = level_break(4, n_year=6)
    found = days(observations, looks, **PLAIN, **PLUGGED, day_sd=0.13)
    assert found.status == Status.OK
    plain, noisy = (
        break_posterior(ExactBreak(**PLUGGED, day_sd=sd), observations, looks, "cocaine")
        for sd in (0.13, 0.13 * (1 + 2 / 98))
    )
    off = abs(found.summary.prob_break - plain.prob_break)
    shape = abs(noisy.prob_break - plain.prob_break)
    assert off <= 4 * found.diagnostics.mcse_prob + plain.quadrature_error + shape


def test_a_day_of_spikes_moves_it_less():
    """One day of the last campaign is twenty times too high, at every site."""
    where = panels.visits(3, 7)
    observations = panels.draw(np.random.default_rng(3), where, 1)
    _, looks = level_break(n_site=3, n_year=7)
    load = observations.load[:, 0].copy()
    load[:, where.year == 2032, 3] *= 20.0
    spiked = changed(observations, load)
    moved = [
        abs(fit(spiked, looks).summary.prob_break - fit(observations, looks).summary.prob_break)
        for fit in (days, weeks)
    ]
    assert moved[0] < 0.1 * moved[1]
    assert moved[1] > 0.1


def test_days_below_the_limit_are_served_as_what_they_are():
    """A fall by a half hides most days. The limit itself in their place would make it small."""
    where = panels.visits(4, 6)
    rng = np.random.default_rng(21)
    fall_day = panels.START + 4 * 365 - 30
    observations = panels.draw(rng, where, 1, drift=0.0, step=-0.7, step_day=fall_day)
    _, looks = level_break(n_site=4, n_year=6)
    load = observations.load[:, 0].copy()
    after = where.middle_day >= fall_day
    limit = float(np.quantile(load[:, after], 0.7))
    below = load < limit
    reported = np.maximum(load, limit)
    assert weeks(changed(observations, reported, below), looks).status == Status.NOT_APPLICABLE
    found = days(changed(observations, reported, below), looks)
    put_in = days(changed(observations, reported), looks)
    known = days(observations, looks)
    assert found.status == Status.OK
    assert found.summary.effect < put_in.summary.effect
    assert abs(found.summary.effect - known.summary.effect) < 0.5 * abs(
        put_in.summary.effect - known.summary.effect
    )


def test_a_site_that_is_always_below_the_limit_says_nothing():
    observations, looks = level_break(n_year=5)
    mine = observations.visits.site == 2
    load, below = observations.load[:, 0].copy(), np.zeros((1, mine.size, 7), dtype=bool)
    below[:, mine] = True
    censored = days(changed(observations, load.copy(), below), looks)
    load[:, mine] = np.nan
    assert censored.address == days(changed(observations, load), looks).address


def test_weekdays_are_learnt_where_the_plugged_in_profile_is_wrong():
    """These panels have no weekly cycle: what is learnt is the opposite of what is plugged in."""
    observations, looks = level_break(n_year=6)
    found = days(observations, looks, weekday_sd=0.2)
    plugged = np.log(plugged_noise("cocaine").weekday)
    learnt = found.draws.weekday
    sd = learnt.std(axis=(0, 1))
    off = learnt.mean(axis=(0, 1)) + plugged - plugged.mean()
    assert (np.abs(off) < 4 * sd).all()
    assert sd.max() < 0.03  # 30 site-weeks: a day's noise of 0.15 over root 30
    assert np.ptp(plugged) > 0.1
