"""Programmes, panels and hand-made truths for the tests of the sampling stage."""

import datetime as dt

import numpy as np

from simdesign.records import MISSING_DAY, Truth
from simdesign.sample import MeasuringChain, schedule
from simdesign.spec.design import Design, Laboratory
from simdesign.spec.study import Programme
from simdesign.spec.world import Catchment, World

SITES = tuple("ABCDEFGHIJKLMNOPQRST")
POPULATION = tuple(700_000.0 / (1 + i) for i in range(20))
"""A is the largest, T the smallest."""
WEEK = {"kind": "fixed_weeks", "weeks": [11]}
SCHEDULES = {
    "fixed": WEEK,
    "first and last week": {"kind": "fixed_weeks", "weeks": [1, 52]},
    "rounds": {"kind": "rounds", "per_year": 12},
    "pilot_rhythm": {"kind": "pilot_rhythm"},
    "monthly": {"kind": "monthly"},
    "random_weeks": {"kind": "random_weeks", "per_year": 4},
    "every_days": {"kind": "every_days"},
    "stratified_days": {"kind": "stratified_days"},
    "continuous": {"kind": "continuous"},
    "staggered": {"kind": "staggered", "weeks": [9, 11, 13, 15]},
    "groups": {
        "kind": "groups",
        "groups": [
            {"sites": ["A", "B"], "schedule": {"kind": "rounds", "per_year": 6}},
            {"sites": "rest", "schedule": {"kind": "rounds", "per_year": 3}},
        ],
    },
    "triggered": {"kind": "triggered", "base": WEEK, "extra_weeks": [20, 28, 36, 44]},
}
PILOT_START = 19_600
"""A day before the pilot's first round."""


def programme(years=10, start="2026-01-01"):
    return Programme(start=dt.date.fromisoformat(start), years=years)


def design(schedule=None, **fields):
    return Design.model_validate({"schedule": schedule or WEEK, **fields})


def world(n_site=20, substances=None, flow_sd=0.0, sampling_sd=0.0, **terms):
    """Return a world whose substances measure without error unless a field or a term says so."""
    quiet = {"lab_repeat_sd": 0.0, "loq": 0.0, "level": 800.0}
    return World(
        catchments=[
            Catchment(name=name, population=size)
            for name, size in zip(SITES[:n_site], POPULATION, strict=False)
        ],
        substances={
            name: {**quiet, **fields} for name, fields in (substances or {"cocaine": {}}).items()
        },
        flow_sd=flow_sd,
        sampling_sd=sampling_sd,
        counts="off",  # truths are hand-made here, and no town holds the users of such loads
        **terms,
    )


def truth(of, shared=(0.0, 0.0, 0.0), load=800.0, first_day=PILOT_START, n_day=5_000):
    """Return a truth with a constant load: all that varies is made by the measurement."""
    names = tuple(of.substances)
    sites = tuple(item.name for item in of.catchments)
    flat = np.full((len(names), len(sites), n_day), load)
    fields = ("sigma_shared", "lab_share", "r_lab")
    return Truth(
        first_day=first_day,
        substances=names,
        sites=sites,
        population=np.array([item.population for item in of.catchments]),
        expected_load=flat,
        trend_load=flat.copy(),
        residue_load=flat.copy(),
        change_day=MISSING_DAY,
        change_effect=np.zeros((len(names), n_day)),
        waste_load=np.zeros_like(flat),
        litres=np.full(flat.shape[1:], of.litres),
        purity=np.ones((len(names), n_day)),
        users=np.ones((len(names), n_day)),
        drawn={
            f"{name}.{field}": value
            for name in names
            for field, value in zip(fields, shared, strict=True)
        },
    )


def lay(of, at=None, n_site=20, **options):
    return schedule(of, at or programme(), SITES[:n_site], POPULATION[:n_site], **options)


def measured(of, visits, n_rep, real=None, laboratory=None, seed=11):
    """Return loads and flags of many replications of one truth, shape (n_rep, u, v, d) each."""
    chain = MeasuringChain.of(of, seed=seed, luck="study")
    real = real or truth(of)
    load = np.empty((n_rep, len(chain.substances), *visits.day.shape))
    censored = np.empty(load.shape, dtype=bool)
    for replication in range(n_rep):
        chain.observe_into(
            real, visits, replication=replication, laboratory=laboratory or Laboratory(),
            load=load[replication], censored=censored[replication],
        )  # fmt: skip
    return load, censored


def days_of(visits, site=0):
    """Return all sampled days of a site, in order."""
    days = visits.day[visits.site == site].ravel()
    return np.sort(days[days != MISSING_DAY])
