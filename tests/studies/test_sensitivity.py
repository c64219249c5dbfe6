"""Estimators that differ in one prior: the table, the verdicts and the flip point."""

import json
import re

import numpy as np
import pytest

from run.tiny import write_study
from simdesign.cli import call
from simdesign.run import run
from simdesign.spec.estimator import ExactSite, ExactStep
from simdesign.spec.quantity import HalfNormal
from simdesign.spec.study import Study
from simdesign.studies.prior_grid import grids, resolved, sensitivities
from simdesign.studies.sensitivity import grids as drawings

PRIORS = """[estimators.narrow]
kind = "exact_step"
sigma_shared = { dist = "halfnormal", scale = 0.02 }

[estimators.wide]
kind = "exact_step"
sigma_shared = { dist = "halfnormal", scale = 0.3 }

[estimators.rare]
kind = "exact_step"
hazard = 0.01

[decision]"""


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sensitivity")
    path = write_study(folder, ("[decision]", PRIORS), ("null = 24", "null = 60"))
    return run(Study.from_toml(path), folder / "out", workers=1)


def test_defaults_are_written_out_before_descriptions_are_compared():
    named = resolved(ExactStep(sigma_shared=HalfNormal(scale=0.08)), "cocaine")
    assert named == resolved(ExactStep(), "cocaine")
    assert resolved(ExactStep(), "MDMA")["sigma_shared.scale"] == 0.17
    assert resolved(ExactSite(), "cocaine")["sigma_rw.scale"] == 0.10
    assert resolved(ExactStep(), "cocaine")["day_sd"] == 0.134


def test_grids_hold_the_estimators_that_differ_in_one_number(results):
    found = {grid.field: grid for grid in grids(results)}
    assert set(found) == {"sigma_shared.scale", "hazard"}  # the rule of practice is no model
    assert found["sigma_shared.scale"].value == (0.02, 0.08, 0.3)
    assert found["sigma_shared.scale"].estimator == ("narrow", "exact", "wide")
    assert found["hazard"].estimator == ("rare", "exact")


def test_the_table_is_that_of_the_study_and_every_verdict_rests_on_its_estimator(results):
    table = {
        (row["scenario"], row["design"], row["estimator"], row["measure"]): row
        for row in results.records()
        if row["threshold"] == "operating" and row["budget"] == 0.1
        and (row["measure"] != "power" or row["horizon"] == 3.0)
        and not row["compared_with"]
    }  # fmt: skip
    found = {item.grid.field: item for item in sensitivities(results, 0.8)}
    item = found["sigma_shared.scale"]
    power = [line for line in item.lines if line.measure == "power"]
    assert len(power) == 4 * 2  # changes in two worlds, two designs
    for line in power:
        for name, value, mcse in zip(item.grid.estimator, line.value, line.mcse, strict=True):
            row = table[line.scenario, line.design, name, "power"]
            assert value == pytest.approx(row["value"])
            assert mcse == pytest.approx(row["mcse"])
        assert line.flip is not None
    mine = {
        (v.threshold, tuple(v.world.items())): v
        for v in results.verdicts() if v.topic == "break"
    }  # fmt: skip
    assert len(item.judged) == len(mine)
    at = item.grid.estimator.index("exact")
    for judged in item.judged:
        verdict = mine[judged.threshold, tuple(judged.world.items())]
        assert judged.code[at] == verdict.code
        worst = max((x.loss - x.margin) / x.margin for x in verdict.losses if np.isfinite(x.loss))
        assert judged.excess[at] == pytest.approx(worst)


def test_the_hazard_moves_probabilities_and_not_calibrated_alarms(results):
    # the posterior odds are multiplied by (exp(hT) - 1), nearly a constant over the looks
    rows = results.rows("null_mixture")
    last = rows[(rows["look"] == 5) & (rows["design"] == "annual")]
    one, other = (last[last["estimator"] == name]["score"].to_numpy() for name in ("exact", "rare"))
    years = (last["look_day"].iloc[0] - 20454) / 365.25
    ratio = np.log(np.expm1(np.log(2) / 10 * years) / np.expm1(0.01 * years))
    # nodes without weight are left out, and the prior of a break has a say in which
    np.testing.assert_allclose(one - other, ratio, atol=1e-4)


def test_the_command_prints_flips_and_refuses_a_study_without_a_grid(results, tmp_path, capsys):
    assert call(["sensitivity", str(results.folder), "--json"]) == 0
    content = json.loads(capsys.readouterr().out)
    assert {item["grid"]["field"] for item in content["grids"]} == {"sigma_shared.scale", "hazard"}
    flip = next(x["flip"] for x in content["grids"][0]["lines"] if x["flip"])
    assert flip["answer"] in ("flip", "no_flip", "cannot_tell")
    assert call(["sensitivity", str(results.folder), "--power", "0.3"]) == 0
    out = capsys.readouterr().out
    assert "cocaine: sigma_shared.scale = 0.02, 0.08, 0.3 (narrow, exact, wide)" in out
    assert "power 0.3: " in out
    assert "verdict, " in out
    tables = [table for item in sensitivities(results, 0.3) for table in drawings(item, 0.3)]
    drawn = "\n".join(cell for table in tables for row in table.rows for cell in row)
    codes = r"cannot be told|no design notices|(?:not )?as good(?! or)"
    for said in (r"\d\.\d{3} \(\d\.\d{3}\)", codes):
        shown = re.findall(said, drawn)
        assert shown
        assert shown == re.findall(said, out)
    assert call(["sensitivity", str(results.folder), "--power", "2"]) == 2
    one = run(Study.from_toml(write_study(tmp_path)), tmp_path / "one", workers=1)
    capsys.readouterr()
    assert call(["sensitivity", str(one.folder)]) == 2
    assert "two break models that differ in one number" in capsys.readouterr().err
