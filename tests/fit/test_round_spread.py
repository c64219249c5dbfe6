"""Rounds of one year that differ: the rule against loops over days."""

import datetime as dt

import numpy as np
import pydantic
import pytest

from fit import panels
from simdesign.fit import build
from simdesign.records import Looks, Status, Visits
from simdesign.spec.rules import RoundSpread
from simdesign.units import date_of, day_of

OPENS = [dt.date(2023, 11, 15), dt.date(2024, 1, 3), dt.date(2024, 3, 13), dt.date(2024, 9, 11),
         dt.date(2024, 11, 13), dt.date(2025, 9, 10)]  # fmt: skip
LOOKS = Looks(
    day=np.array([day_of(dt.date(year, 3, 31)) for year in (2024, 2025, 2026)]),
    report_lag=90, origin_day=day_of(dt.date(2023, 1, 1)), start_day=day_of(dt.date(2024, 1, 1)),
)  # fmt: skip


def pilot(n_site=3):
    """Return the pilot's five rounds and one more; the first is history."""
    site = np.tile(np.arange(n_site), len(OPENS))
    campaign = np.repeat(np.arange(len(OPENS)), n_site)
    first = np.array([day_of(date) for date in OPENS])[campaign]
    return Visits(
        site=site, campaign=campaign, slot=0 * site, batch=campaign, year=2023 + campaign // 5,
        day=first[:, None] + np.arange(7), history=campaign == 0, n_slot=1,
    )  # fmt: skip


def by_loops(observations, day, spec):
    """Largest over smallest national mean, replication by replication, day by day."""
    visits, found = observations.visits, []
    for r in range(observations.n_rep):
        rounds = []
        for campaign in sorted(set(visits.campaign.tolist())):
            total, people, ends, festive = 0.0, 0.0, 0, False
            for v in range(visits.n_visit):
                if visits.campaign[v] != campaign:
                    continue
                loads = []
                for d, when in enumerate(visits.day[v].tolist()):
                    date = date_of(when)
                    festive |= (date.month, date.day) >= (12, 25) or (date.month, date.day) < (1, 8)
                    ends = max(ends, when)
                    value = float(observations.load[r, 0, v, d])
                    if not np.isnan(value):
                        loads.append(value * (0.5 if observations.censored[r, 0, v, d] else 1.0))
                if loads:
                    inhabitants = observations.population[visits.site[v]]
                    total += inhabitants * sum(loads) / len(loads)
                    people += inhabitants
            if ends + 90 <= day and (spec.new_year or not festive):
                rounds.append((ends, np.log(total / people) if people else None))
        last = max((end for end, _ in rounds), default=0)
        levels = [x for end, x in rounds if end > last - spec.window_days and x is not None]
        found.append(max(levels) - min(levels) if len(levels) > 1 else np.nan)
    return found


def messy(seed=1, n_rep=6):
    rng = np.random.default_rng(seed)
    where = pilot()
    load = 900.0 * np.exp(rng.normal(0.0, 0.3, (n_rep, where.n_visit, 7)))
    load[rng.random(load.shape) < 0.1] = np.nan
    load[0, where.site == 1] = np.nan
    load[1, where.campaign == 2] = np.nan  # a round without any sample
    observations = panels.observe(where, load, censored=rng.random(load.shape) < 0.1)
    object.__setattr__(observations, "population", np.array([10_000.0, 80_000.0, 400_000.0]))
    return observations


@pytest.mark.parametrize(
    "spec", [RoundSpread(), RoundSpread(new_year=True, bound=0.3), RoundSpread(window_days=320)]
)
def test_the_rule_is_the_ratio_of_the_largest_and_the_smallest_round(spec):
    observations = messy()
    fit = build("rounds", spec).fit(observations, LOOKS, "cocaine")
    for k, day in enumerate(LOOKS.day.tolist()):
        expected = np.array(by_loops(observations, day, spec))
        np.testing.assert_allclose(fit.score[:, k], expected, rtol=1e-12)
        known = np.isfinite(expected)
        np.testing.assert_array_equal(
            fit.published_alarm[:, k], known & (expected > np.log1p(spec.bound))
        )
        np.testing.assert_array_equal(fit.status[:, k] == Status.OK, known)


def test_the_pilots_four_rounds_are_known_after_its_second_year_and_new_year_is_not_one():
    where = pilot(1)
    factor = np.array([1.0, 3.0, 1.05, 0.95, 1.10, 2.0])[where.campaign]
    observations = panels.observe(where, np.repeat(factor[None, :, None], 7, axis=2))
    fit = build("rounds", RoundSpread()).fit(observations, LOOKS, "cocaine")
    assert np.isnan(fit.score[0, 0])  # November 2023 alone: what one round says
    assert fit.score[0, 1] == pytest.approx(np.log(1.10 / 0.95))
    assert fit.published_alarm[0].tolist() == [False, True, True]
    assert fit.score[0, 2] == pytest.approx(np.log(2.0 / 0.95))  # September 2024 to 2025
    with_it = build("rounds", RoundSpread(new_year=True)).fit(observations, LOOKS, "cocaine")
    assert with_it.score[0, 1] == pytest.approx(np.log(3.0 / 0.95))


@pytest.mark.parametrize(
    "wrong", [{"bound": 0.0}, {"window_days": 0}, {"window_days": 10.5}, {"weeks": [1]}]
)
def test_wrong_descriptions_are_refused(wrong):
    with pytest.raises(pydantic.ValidationError, match=next(iter(wrong))):
        RoundSpread(**wrong)
