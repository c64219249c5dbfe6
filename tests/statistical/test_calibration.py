"""The engine on data drawn from its own model: its probabilities are frequencies.

Standard deviations, drift, break date and size are drawn from the analysis priors, the level is
fixed. Then P(break) must equal the share of broken series wherever one looks, and the 95 % interval
of E must hold E in 95 % of the draws.
"""

import numpy as np
import pytest

from fit import panels
from mc import assert_mean
from simdesign.fit import build
from simdesign.fit.priors import break_priors
from simdesign.records import Looks, Observations
from simdesign.spec.estimator import ExactStep

N = 1200


def _draw(rng, where, looks, priors):
    """Return site-week log means (N, v), whether a break came by the look, and E at the look."""
    n = where.n_visit
    shared = np.abs(rng.normal(0, priors.sigma_shared.scale, (N, 1)))
    walk = np.abs(rng.normal(0, priors.sigma_rw.scale, (N, 1)))
    site = priors.sigma_site.median * np.exp(priors.sigma_site.log_sd * rng.normal(size=(N, 1)))
    batches, batch = np.unique(where.batch, return_inverse=True)
    years, year = np.unique(where.year, return_inverse=True)
    times, rank = np.unique(where.middle_day, return_inverse=True)
    t = (times - times[0]) / 365.25
    gaps = np.sqrt(np.diff(t, prepend=0.0))
    path = np.cumsum(rng.normal(size=(N, t.size)) * gaps, axis=1) * walk
    path += priors.drift_sd * rng.normal(size=(N, 1)) * t
    y = path[:, rank]
    r = priors.r_lab
    y = y + shared * np.sqrt(1 - r) * rng.normal(size=(N, batches.size))[:, batch]
    y = y + shared * np.sqrt(r) * rng.normal(size=(N, years.size))[:, year]
    if where.n_slot > 1:
        y = y + priors.slot_sd * rng.normal(size=(N, where.n_slot))[:, where.slot]
    y = y + np.sqrt(site**2 + priors.nugget**2) * rng.normal(size=(N, n))
    span = looks.day[-1] - looks.origin_day
    broken = rng.random(N) < 1 - np.exp(-priors.hazard * span / 365.25)
    date = looks.origin_day + span * rng.random(N)
    # days after the last campaign and before the second are as good as any other date
    size = priors.step_sd * rng.normal(size=N) * broken
    seen = (where.middle_day[None, :] >= date[:, None]) & _identified(date, times)[:, None]
    y = y + size[:, None] * seen
    return y, broken, size


def _identified(date, times):
    """Dates that the model treats as identified: two campaigns before, one after."""
    return (date > times[1]) & (date <= times[-1])


@pytest.mark.parametrize(("rounds", "stagger"), [(1, 0), (3, 0), (1, 21)])
def test_probabilities_are_frequencies_and_intervals_cover(rounds, stagger):
    rng = np.random.default_rng(100 + rounds + stagger)
    where = panels.visits(10, 8, rounds=rounds, stagger=stagger)
    every = panels.looks(8)
    looks = Looks(
        day=every.day[-1:], report_lag=90, origin_day=panels.START, start_day=panels.START
    )
    spec = ExactStep(day_sd=0.0, count_noise=0.0)
    priors = break_priors(spec, "cocaine")
    y, broken, effect = _draw(rng, where, looks, priors)
    load = np.exp(y)[:, :, None] * np.exp(priors.day_noise.log_weekday)[(where.day + 3) % 7][None]
    observations: Observations = panels.observe(where, 900.0 * load)
    fit = build("exact", spec).fit(observations, looks, "cocaine")
    prob = fit.prob_break[:, 0]
    assert_mean(broken - prob, 0.0)  # on average,
    for low, high in ((0.0, 0.3), (0.3, 0.5), (0.5, 0.8), (0.8, 1.01)):  # and wherever one looks
        here = (prob >= low) & (prob < high)
        if here.sum() >= 30:
            assert_mean((broken - prob)[here], 0.0)
    assert_mean((broken - prob) * prob, 0.0)
    inside = (fit.effect_low[:, 0] <= effect) & (effect <= fit.effect_high[:, 0])
    # equal-tailed with an atom at zero the interval covers at least its level
    assert inside.mean() > 0.95 - 5 * np.sqrt(0.95 * 0.05 / N)
    assert_mean(effect - fit.effect[:, 0], 0.0)
    assert_mean((effect - fit.effect[:, 0]) * fit.effect[:, 0], 0.0)
