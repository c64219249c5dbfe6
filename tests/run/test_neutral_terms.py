"""Every optional term has numbers at which it does nothing: then nothing differs without it."""

import numpy as np
import pytest

from simdesign.sample import MeasuringChain, schedule
from simdesign.simulate import prepare
from simdesign.spec.change import LevelShift
from simdesign.spec.design import Design, Laboratory
from simdesign.spec.study import Programme
from simdesign.spec.terms import SUBSTANCE_TERMS, WORLD_TERMS
from simdesign.spec.world import World

TOWNS = [{"name": "A", "population": 2e4}, {"name": "B", "population": 6e5}]
PROGRAMME = Programme(years=2)
ONE = dict.fromkeys(("cocaine", "MDMA", "amphetamine", "methamphetamine"), 1.0)
NEUTRAL = {
    "rain": {"cv": 0.0, "season": 0.0, "capacity": 1e9},
    "meters": {"bias_sd": 0.0},
    "odd_days": {"share": 0.0},
    "missing": {"sample": 0.0, "site_week": 0.0, "round": 0.0},
    "laboratories": {"bias_sd": 0.0, "storage_loss": 0.0},
    "events": {
        "new_year": {"factor": ONE},
        "kings_day": {"factor": ONE},
        "easter": {"factor": ONE},
        "festival": {"factor": ONE, "visitors": 0.0},
    },
    "people": {
        "summer": {"share": 0.0},
        "commuters": {"slope": 0.0},
        "daily_sd": 0.0,
        "register_drift_sd": 0.0,
    },
    "season": {"half_year_amplitude": 0.0, "drift": 0.0},
    "carry_over": {"shares": [1.0], "residue_scale": 1.0},
    "sewer_loss": {"share": 0.0, "season": 0.0},
    "dumping": {"rate": 0.0},
    "town_mix": {"sd": 0.0, "week_sd": 0.0},
}
"""Term -> numbers at which it is not there."""
DESIGN = Design.model_validate(
    {"schedule": {"kind": "rounds", "per_year": 12}, "laboratory": {"batch": "year"}}
)


def reported(term, value):
    """Return the truth's residue and what is measured of it every month, in a world with a term."""
    own = {"amphetamine": {term: value} if term in SUBSTANCE_TERMS else {}}
    rest = {term: value} if term in WORLD_TERMS else {}
    of = World(catchments=TOWNS, substances=own, **rest)
    real = prepare(of, LevelShift(size=0.2, at=1.0), PROGRAMME, seed=9, luck="study").truth(3)
    visits = schedule(DESIGN, PROGRAMME, ("A", "B"), (2e4, 6e5))
    load = np.empty((1, *visits.day.shape))
    censored = np.empty(load.shape, dtype=bool)
    MeasuringChain.of(of, seed=9, luck="study").observe_into(
        real, visits, replication=3, laboratory=Laboratory(batch="year"), load=load,
        censored=censored,
    )  # fmt: skip
    return real.residue_load, real.expected_load, load, censored


@pytest.fixture(scope="module")
def without():
    return reported("rain", False)


def test_every_term_is_tried():
    assert set(NEUTRAL) == {*WORLD_TERMS, *SUBSTANCE_TERMS}


@pytest.mark.parametrize("term", NEUTRAL)
def test_a_term_with_neutral_numbers_changes_no_number(term, without):
    for found, wanted in zip(reported(term, NEUTRAL[term]), without, strict=True):
        np.testing.assert_array_equal(found, wanted)


@pytest.mark.parametrize("term", NEUTRAL)
def test_a_term_with_the_catalogue_s_numbers_changes_some(term, without):
    found = reported(term, {"change": {"date": "2027-01-01"}} if term == "laboratories" else {})
    assert any(not np.array_equal(a, b, equal_nan=True)
               for a, b in zip(found, without, strict=True))  # fmt: skip
