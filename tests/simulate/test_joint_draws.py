"""A world of joint draws takes whole rows of its table, each as often as chance would have it."""

import json

import numpy as np
import pytest
from scipy import stats

from mc import assert_mean
from simdesign.errors import SpecError
from simdesign.seeds import Purpose, stream
from simdesign.simulate import prepare
from simdesign.simulate.parameters import SubstanceParameters
from simdesign.spec.change import LevelShift, NoChange
from simdesign.spec.study import Programme
from simdesign.spec.world import World
from spec.draw_tables import FIELDS, column, made_up, write_table

N_DRAW, N_REP, SEED = 20, 4000, 11
ROWS = made_up(N_DRAW)
TOWNS = [{"name": "A", "population": 2e4}, {"name": "B", "population": 6e5}]
PROGRAMME = Programme(years=2)
SURE = 6e-7
"""Probability with which a right program fails one of these tests: that of five standard errors."""


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    return str(write_table(tmp_path_factory.mktemp("draws") / "table.csv", ROWS))


def world(table, **of):
    """Return a world in which both substances have the table's draws."""
    substances = {name: {"estimate": table, **of} for name in ("cocaine", "MDMA")}
    return World(catchments=TOWNS, substances=substances)


def drawn(of, name, replications=N_REP, luck="null", seed=SEED):
    """Return what one substance draws, field by field."""
    parameters = SubstanceParameters(name, of.substances[name], of, seed, luck)
    found = [parameters.draw(r) for r in range(replications)]
    return {field: np.array([item[field] for item in found]) for field in found[0]}


def row_numbers(found, name):
    """Return which row of the table every replication has, and fail where it has none."""
    rows = np.array([column(ROWS, name, field) for field in FIELDS]).T
    values = np.array([found[field] for field in FIELDS]).T
    same = (values[:, None, :] == rows[None]).all(axis=2)
    assert (same.sum(axis=1) == 1).all(), "a mixture of rows"
    return same.argmax(axis=1)


def test_rows_are_whole_and_the_same_for_every_substance(table):
    of = world(table)
    numbers = [row_numbers(drawn(of, name), name) for name in ("cocaine", "MDMA")]
    np.testing.assert_array_equal(*numbers)
    seen = np.bincount(numbers[0], minlength=N_DRAW)
    chi_square = float(((seen - N_REP / N_DRAW) ** 2).sum() / (N_REP / N_DRAW))
    assert chi_square < stats.chi2.isf(SURE, N_DRAW - 1)
    assert chi_square > stats.chi2.ppf(SURE, N_DRAW - 1)  # drawn, not dealt out


@pytest.mark.parametrize("name", ["cocaine", "MDMA"])
def test_means_and_correlations_are_those_of_the_table(table, name):
    found = drawn(world(table), name)
    for first in FIELDS:
        x = np.array(column(ROWS, name, first))
        assert_mean(found[first], x.mean())
        for other in FIELDS:
            y = np.array(column(ROWS, name, other))
            product = (found[first] - x.mean()) * (found[other] - y.mean())
            assert_mean(product, float(((x - x.mean()) * (y - y.mean())).mean()))
    shared, walk = (np.array(column(ROWS, name, field)) for field in FIELDS[:2])
    assert np.corrcoef(shared, walk)[0, 1] < -0.4  # there is something to lose


def test_the_address_is_that_of_the_documentation(table):
    found = row_numbers(drawn(world(table), "MDMA", 50), "MDMA")
    wanted = [
        int(N_DRAW * stream(SEED, Purpose.PARAMETERS, "null/draws", r).random()) for r in range(50)
    ]
    np.testing.assert_array_equal(found, wanted)


def test_luck_groups_and_seeds_have_rows_of_their_own(table):
    of = world(table)
    here = row_numbers(drawn(of, "cocaine", 400), "cocaine")
    for other in (drawn(of, "cocaine", 400, luck="study"), drawn(of, "cocaine", 400, seed=12)):
        agree = int((here == row_numbers(other, "cocaine")).sum())
        assert stats.binom.sf(agree - 1, 400, 1 / N_DRAW) > SURE


def test_another_parameter_or_substance_moves_no_row(table):
    whole = drawn(world(table), "cocaine", 100)
    fixed = world(table, drift=0.01, r_lab={"dist": "choice", "values": [0.0, 0.5, 0.8]})
    found = drawn(fixed, "cocaine", 100)
    assert set(found["drift"]) == {0.01}
    for field in FIELDS[:3]:
        np.testing.assert_array_equal(found[field], whole[field])
    alone = World(catchments=TOWNS, substances={"cocaine": {"estimate": table}})
    for field in FIELDS:
        np.testing.assert_array_equal(drawn(alone, "cocaine", 100)[field], whole[field])


def test_a_replication_is_that_of_the_fixed_world_with_its_row(table):
    change = LevelShift(size=0.2, at=1.0)
    truth = prepare(world(table), change, PROGRAMME, seed=SEED, luck="study").truth(5)
    of = {
        name: {field: truth.drawn[f"{name}.{field}"] for field in FIELDS}
        for name in ("cocaine", "MDMA")
    }
    fixed = World(catchments=TOWNS, substances=of)
    same = prepare(fixed, change, PROGRAMME, seed=SEED, luck="study").truth(5)
    np.testing.assert_array_equal(truth.residue_load, same.residue_load)
    assert truth.drawn == same.drawn


def test_the_same_numbers_come_from_a_copy_elsewhere(table, tmp_path):
    text = world(table).model_dump_json()
    copy = world(str(write_table(tmp_path / "copy.parquet", ROWS)))
    for again in (copy, World.model_validate(json.loads(text))):
        for field, values in drawn(world(table), "MDMA", 50).items():
            np.testing.assert_array_equal(drawn(again, "MDMA", 50)[field], values)


def test_day_noise_is_drawn_with_the_rest_and_met(tmp_path):
    rows = [{**row, "day_sd": 0.13 + 0.2 * row["sigma_shared"], "day_rho": 0.3} for row in ROWS]
    of = world(str(write_table(tmp_path / "days.csv", rows)))
    truth = prepare(of, NoChange(), PROGRAMME, seed=SEED, luck="null").truth(0)
    for name in ("cocaine", "MDMA"):
        shared = truth.drawn[f"{name}.sigma_shared"]
        assert truth.drawn[f"{name}.day_sd"] == 0.13 + 0.2 * shared
        parameters = SubstanceParameters(name, of.substances[name], of, SEED, "null")
        values = parameters.draw(0)
        parts = parameters.parts(values)
        fixed = of.substances[name].model_copy(update=values)
        again = SubstanceParameters(name, fixed, of, SEED, "null")
        assert again.parts(again.draw(0)) == parts


def test_a_row_whose_week_has_no_room_for_its_days_is_refused_before_anything_is_drawn(tmp_path):
    # alternating days leave a week's mean less variance than independent errors alone give it
    rows = [{**row, "day_sd": 0.134, "day_rho": 0.3} for row in ROWS]
    for row in rows:
        row["sigma_site"] = 0.1
        if row["draw"] == 6:
            row |= {"day_sd": 0.065, "day_rho": -0.9, "sigma_site": 0.0}
    of = world(str(write_table(tmp_path / "days.csv", rows)))
    rule = r"day_sd: must leave a seven-day mean .* in 1 of 20 draws, the first is number 7"
    with pytest.raises(SpecError, match=rule):
        prepare(of, NoChange(), PROGRAMME, seed=SEED, luck="null")
