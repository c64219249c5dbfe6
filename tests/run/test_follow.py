"""Replications followed look by look, against a loop over single replications in plain Python."""

import datetime as dt

import numpy as np
import pytest

from sample.small import POPULATION, SITES, WEEK, design, lay, programme
from simdesign.errors import SpecError
from simdesign.records import Observations
from simdesign.run.follow import follow
from simdesign.sample import Campaign, policy
from simdesign.units import date_of, day_of

YEARS, N_REP, N_SITE, LAG = 6, 40, 3, 90
BASE, EXTRA, LOW, HIGH = 11, (20, 36), 0.3, 0.8
TRIGGERED = {
    "kind": "triggered", "base": WEEK, "extra_weeks": EXTRA, "low": LOW, "high": HIGH,
}  # fmt: skip


class Wanders:
    """A user's policy that looks at every score so far and may leave its base round out."""

    on = "prob_break"

    def __init__(self, calendar):
        self.looks = calendar.look_days
        self.weeks = {
            week: [
                Campaign(days=days, sites=(0, 2), slot=slot)
                for days, slot in calendar.fixed_weeks((week,))
            ]
            for week in (BASE, *EXTRA)
        }

    def candidates(self):
        every = [item for campaigns in self.weeks.values() for item in campaigns]
        return sorted(every, key=lambda item: item.days)

    def next_campaigns(self, look, scores):
        total = sum(score for score in scores if score == score)
        wanted = [BASE] if int(10 * total) % 3 else [EXTRA[int(10 * total) % 2]]
        if look and scores[-1] > 0.6:
            wanted = [BASE, *EXTRA]
        return [item for week in wanted for item in self.weeks[week] if self.between(item, look)]

    def between(self, item, look):
        first = self.looks[look - 1] if look else -(10**9)
        last = self.looks[look] if look < len(self.looks) else 10**9
        return first < item.days[0] <= last


OWN = {"kind": "own", "uses": f"{__name__}:Wanders"}


def panel(kind):
    """Return a policy, all that it could ask for, and the looks; loads are random."""
    of = design(kind)
    visits = lay(of, programme(YEARS), N_SITE)
    load = np.random.default_rng(5).lognormal(size=(N_REP, 1, *visits.day.shape))
    seen = Observations(
        substances=("cocaine",), sites=SITES[:N_SITE], population=np.ones(N_SITE),
        reference_load=np.ones((1, N_SITE)), visits=visits, load=load,
        censored=np.zeros(load.shape, dtype=bool),
    )  # fmt: skip
    return policy(of, programme(YEARS), SITES[:N_SITE], POPULATION[:N_SITE]), seen


def number(loads):
    """Return what the made-up estimator says of the loads that are known: a number in [0, 1)."""
    return 7.0 * sum(loads) % 1.0


def estimator(broken=()):
    """Return an estimator that counts its calls and fails for replications that hold a load."""
    calls = []

    def fit(part):
        calls.append(part.n_rep)
        looks = programme(YEARS).look_days
        known = part.visits.last_day[None] + LAG <= np.array(looks)[:, None]
        values = np.empty((part.n_rep, len(looks)))
        why = np.full(values.shape, "", dtype=object)
        for r in range(part.n_rep):
            for k in range(len(looks)):
                values[r, k] = number(part.load[r, 0][known[k]].ravel().tolist())
                if part.load[r, 0, 0, 0] in broken and k == 2:
                    why[r, k] = "it fell"
        return (values, 2.0 * values), why

    return fit, calls


def one_by_one(seen, r, fails=False):
    """Return the numbers of one replication under the triggered design, and its weeks."""
    visits = seen.visits
    opens = [date_of(int(day)) for day in visits.day[:, 0]]
    week_of = {week: {lay(design({"kind": "fixed_weeks", "weeks": [week]}), programme(YEARS),
                          N_SITE).day[n, 0] for n in range(N_SITE * YEARS)}
               for week in (BASE, *EXTRA)}  # fmt: skip
    taken = [int(visits.day[v, 0]) in week_of[BASE] for v in range(len(opens))]
    said = []
    looks = [day_of(dt.date(2027 + k, 1, 1)) + LAG for k in range(YEARS)]
    for k, look in enumerate(looks):
        known = []
        for v in range(len(opens)):
            if taken[v] and visits.day[v].max() + LAG <= look:
                known += seen.load[r, 0, v].tolist()
        said.append(number(known))
        if LOW < said[-1] < HIGH and k + 1 < YEARS and not (fails and k == 2):
            for v in range(len(opens)):
                if look < visits.day[v, 0] <= looks[k + 1]:
                    taken[v] = True
    return said, taken


def test_a_triggered_design_is_what_one_replication_after_the_other_makes_it():
    rule, seen = panel(TRIGGERED)
    fit, calls = estimator()
    found = follow(rule, seen, fit, n_look=YEARS, watched=0)
    ways = set()
    for r in range(N_REP):
        said, taken = one_by_one(seen, r)
        assert found.columns[0][r].tolist() == said
        assert found.columns[1][r].tolist() == [2.0 * item for item in said]
        assert found.taken[r].tolist() == taken
        ways.add(tuple(taken))
    assert 5 < len(ways) < N_REP  # some asked alike, and went on together:
    assert calls[0] == N_REP
    assert len(calls) < sum(calls[1:]) + 1


def test_a_look_that_fails_asks_for_nothing_and_a_lost_replication_never_does():
    rule, seen = panel(TRIGGERED)
    told = [one_by_one(seen, r)[0][2] for r in range(5)]
    falls, lost = next(r for r, item in enumerate(told) if LOW < item < HIGH), 7
    fit, _ = estimator(broken=[seen.load[falls, 0, 0, 0]])
    gone = np.arange(N_REP) == lost
    found = follow(rule, seen, fit, n_look=YEARS, watched=0, lost=gone)
    assert found.taken[falls].tolist() == one_by_one(seen, falls, fails=True)[1]
    assert found.reasons[falls].tolist() == ["", "", "it fell", "", "", ""]
    assert found.taken[lost].sum() == N_SITE * YEARS  # its base


@pytest.mark.parametrize("kind", [TRIGGERED, OWN])
def test_company_and_order_change_no_number(kind):
    rule, seen = panel(kind)
    fit, _ = estimator()
    whole = follow(rule, seen, fit, n_look=YEARS, watched=0)
    for rows in (np.array([3]), np.arange(N_REP)[::-1]):
        part = Observations(
            substances=seen.substances, sites=seen.sites, population=seen.population,
            reference_load=seen.reference_load, visits=seen.visits, load=seen.load[rows],
            censored=seen.censored[rows],
        )  # fmt: skip
        found = follow(rule, part, fit, n_look=YEARS, watched=0)
        assert np.array_equal(found.columns[0], whole.columns[0][rows])
        assert np.array_equal(found.taken, whole.taken[rows])


def test_an_own_policy_hears_every_score_and_may_leave_rounds_out():
    rule, seen = panel(OWN)
    fit, _ = estimator()
    found = follow(rule, seen, fit, n_look=YEARS, watched=0)
    for r in range(N_REP):
        taken, said = set(), []
        for k in range(YEARS + 1):
            taken |= {item.days for item in rule.next_campaigns(k, said)}
            if k == YEARS:
                break
            known = [
                load
                for v in range(seen.visits.n_visit)
                if tuple(seen.visits.day[v].tolist()) in taken
                and seen.visits.last_day[v] + LAG <= programme(YEARS).look_days[k]
                for load in seen.load[r, 0, v].tolist()
            ]
            said.append(number(known))
        assert found.columns[0][r].tolist() == said
        mine = {tuple(day) for day in seen.visits.day[found.taken[r]].tolist()}
        assert mine == taken
    assert not found.taken[:, seen.visits.campaign == 0].all()


class Forgets(Wanders):
    def next_campaigns(self, look, scores):
        return [Campaign(days=(1, 2), sites=(0,))] if look else super().next_campaigns(0, [])


class Stumbles(Wanders):
    def next_campaigns(self, look, scores):
        return super().next_campaigns(look, scores) if look == 0 else [][look]


class Dreams(Wanders):
    on = "hope"


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("Forgets", "at look 1 must return campaigns of candidates"),
        ("Stumbles", "failed at look 1: IndexError"),
        ("Dreams", "on must be one of prob_break, score"),
    ],
)
def test_an_own_policy_that_goes_wrong_is_named(name, rule):
    def try_it():
        made, seen = panel({"kind": "own", "uses": f"{__name__}:{name}"})
        follow(made, seen, estimator()[0], n_look=YEARS, watched=0)

    with pytest.raises(SpecError, match=rule) as error:
        try_it()
    assert error.value.field == "design.schedule.uses"
