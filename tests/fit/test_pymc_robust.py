"""The robust PyMC engine: spikes, days below the LOQ, weekdays; and the plain model as its limit."""

import numpy as np

from fit.pymc_cases import days, level_break
from simdesign.fit import break_posterior
from simdesign.records import Status
from simdesign.spec.estimator import ExactBreak

PLAIN = {"degrees": 100.0, "day_scale": 1.0, "weekday_sd": 0.0}
PLUGGED = {"day_rho": 0.0, "count_noise": 0.0}


def with_days(observations, change, *, censored=None):
    load = observations.load[:, 0].copy()
    change(load)
    return panels.observe(observations.visits, load, censored=censored)


def below_loq(observations, loq):
    """Return the same loads with all below a limit reported as the limit."""
    load = observations.load[:, 0]
    below = load < loq
    return panels.observe(observations.visits, np.maximum(load, loq), censored=below)


@pytest.mark.parametrize("seed", [3, 4, 5])
def test_without_its_extras_it_is_the_plain_model(seed):
    observations, looks = level_break(seed, n_year=6)
    found = days(observations, looks, **PLAIN, **PLUGGED, day_sd=0.13)
    assert found.status == Status.OK
    noisier = 0.13 * np.sqrt(100 / 98)
    plain = break_posterior(
        ExactBreak(**PLUGGED, day_sd=noisier), observations, looks, "cocaine"
    )
    off = abs(found.summary.prob_break - plain.prob_break)
    print(off, found.diagnostics, found.summary.prob_break, plain.prob_break, plain.effect, found.summary)
    assert off <= 4 * found.diagnostics.mcse_prob + plain.quadrature_error + 0.01


def test_spike():
    for seed in (3,4,5,6,7,8):
        observations, looks = level_break(seed, n_site=3, n_year=7)
        observations = panels.draw(np.random.default_rng(seed), observations.visits, 1)
        def spike(load):
            late = observations.visits.year == 2032
            load[:, late, 3] *= 20.0
        spiked = with_days(observations, spike)
        print([f(o, looks).summary.prob_break for f in (weeks, days) for o in (observations, spiked)])
        print([f(o, looks).summary.effect for f in (weeks, days) for o in (observations, spiked)])
        print(days(spiked,looks).diagnostics)

def test_cens():
    for seed in (3,4,5):
        observations, looks = level_break(seed, n_year=7)
        levels = np.median(observations.load)
        for q in (0.1,0.3,0.6):
            c=below_loq(observations, np.quantile(observations.load, q))
            f=days(c, looks)
            print(q, f.status, f.reason, f.summary.prob_break, f.summary.effect, weeks(c,looks).status)
        f=days(observations, looks); print(f.summary.prob_break, f.summary.effect,f.draws.weekday.mean((0,1)))
    assert 0
