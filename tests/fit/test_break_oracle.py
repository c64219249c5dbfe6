"""Breaks of every kind, pulses and seasons against brute force."""

import numpy as np

from fit import panels
from reference import break_oracle
from reference.step_oracle import Series
from simdesign.fit.exact import scan_breaks
from simdesign.fit.priors import break_priors
from simdesign.fit.season import season_moves
from simdesign.fit.site_weeks import SiteWeeks
from simdesign.records import Looks
from simdesign.spec.estimator import ExactBreak

N_PANELS = 12
KINDS = {"step": 0, "slope": 1, "both": 2}


def random_panel(rng):
    """Return visits: few sites and years; staggered, moving or gappy in turn."""
    n_site, n_year = int(rng.integers(1, 6)), int(rng.integers(3, 9))
    rounds = int(rng.choice([1, 1, 2]))
    n_row = n_site * n_year * rounds
    keep = None if rng.random() < 0.6 else rng.random(n_row) < 0.85
    if keep is not None:
        keep[:n_site] = True  # every site has a first campaign
    stagger = int(rng.choice([0, 0, 14])) if n_site > 1 else 0
    year_days = 365.25 if rng.random() < 0.7 else 340.0  # the season moves
    return panels.visits(
        n_site, n_year, rounds=rounds, stagger=stagger, keep=keep, year_days=year_days
    )


def reduced(rng, where):
    """Return site-week means with a break of a random kind in two of three panels."""
    n = where.site.size
    variance = rng.uniform(0.001, 0.02, int(where.site.max()) + 1)[where.site]
    years = (where.middle_day - panels.START) / 365.25
    y = rng.normal(0, 0.1, int(where.campaign.max()) + 1)[where.campaign]
    start = rng.uniform(0, years.max())
    kind = rng.integers(3)
    if kind == 1:
        y = y + rng.normal(0, 0.4) * (years >= start)
    elif kind == 2:
        y = y + rng.normal(0, 0.15) * np.maximum(years - start, 0)
    y = y + rng.normal(0, 0.1, n) + np.sqrt(variance) * rng.normal(size=n)
    return SiteWeeks(
        mean=y[None], variance=variance[None], usable=np.ones((1, n), dtype=bool),
        left_out=np.zeros((1, n), dtype=bool),
    )  # fmt: skip


def series_of(where, weeks, nugget):
    return Series(
        y=weeks.mean[0], site=where.site, day=where.middle_day, batch=where.batch,
        year=where.year, slot=where.slot, noise=weeks.variance[0] + nugget**2,
    )  # fmt: skip


def look_after(where):
    day = np.array([int(where.day.max()) + 91])
    return Looks(day=day, report_lag=90, origin_day=panels.START, start_day=panels.START)


def compare(spec, where, weeks, **nodes):
    """Return the engine's answers less the oracle's, per kind, and for E and the three years."""
    priors = break_priors(spec, "cocaine")
    look = look_after(where)
    got = scan_breaks(weeks, np.array([0]), where, look, priors)
    dates = (look.day[0] - 3 * 365.25, float(look.day[0]))
    moves = where.n_slot == 1 and season_moves(where.middle_day, where.site)
    expected = break_oracle.posterior(
        series_of(where, weeks, priors.nugget), priors, origin=look.origin_day,
        look=float(look.day[0]), moves=moves, dates=dates, **nodes,
    )  # fmt: skip
    found, prob = got.summary, expected["prob"]
    off = {"pulse": found.pulse[0, 0] - prob["pulse"]}
    for name, number in KINDS.items():
        early = prob["hidden"] * getattr(priors.kinds, name)
        off[name] = found.kind[0, 0, number] - prob[name] - early
    off["break"] = found.prob[0, 0] - sum(prob[name] for name in (*KINDS, "hidden"))
    off["effect"] = found.effect[0, 0, 0] - expected["effect"]
    if got.model.spans_known[0]:
        off["change"] = found.span[0, 0, 0, 0] - expected["change"][0]
        off["change_sd"] = found.span[0, 0, 0, 1] - expected["change"][1]
    return off


BARS = {"break": 0.005, "pulse": 0.005, "step": 0.005, "slope": 0.005, "both": 0.005,
        "effect": 0.003, "change": 0.01, "change_sd": 0.005}  # fmt: skip
"""The engine's stated error of a probability; of means and SDs, a part of what is reported."""


def test_breaks_of_every_kind_equal_brute_force():
    rng = np.random.default_rng(20251124)
    worst = dict.fromkeys(BARS, 0.0)
    for _ in range(N_PANELS):
        where = random_panel(rng)
        off = compare(ExactBreak(), where, reduced(rng, where))
        worst = {name: max(worst[name], abs(off.get(name, 0.0))) for name in BARS}
    assert worst["change_sd"] > 0.0, "no panel was long enough"
    too_far = {name: value for name, value in worst.items() if value > BARS[name]}
    assert too_far == {}
