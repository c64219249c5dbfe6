"""Reweighted rows against a fresh study under the new prior."""

import json
import math

import numpy as np
import pytest

from run.tiny import write_study
from simdesign.cli import call
from simdesign.errors import SpecError
from simdesign.run import run
from simdesign.run.reweighted import reweighted
from simdesign.spec.quantity import HalfNormal
from simdesign.spec.study import Study

OLD = 'sigma_shared = { dist = "halfnormal", scale = 0.08 }'
NEW = 'sigma_shared = { dist = "halfnormal", scale = 0.05 }'
PRIOR = {"cocaine": {"sigma_shared": HalfNormal(scale=0.05)}}


def study(folder, seed, mixture):
    """Run the tiny study with the design prior in the world of the change too."""
    path = write_study(
        folder, ("seed = 7", f"seed = {seed}"), (OLD, mixture),
        ("[world.substances.cocaine]\n", f"[world.substances.cocaine]\n{mixture}\n"),
        ('"world.substances.*.sigma_shared" = [0.0, 0.1]\n', ""), ("[0.3, -0.3]", "[0.3]"),
        ('[estimators.euda]\nkind = "euda_rule"\n\n', ""),
        ('[designs.two]\nschedule = { kind = "fixed_weeks", weeks = [11, 37] }\n\n', ""),
        ("null = 24", "null = 500"), ("alternative = 12", "alternative = 400"),
    )  # fmt: skip
    return run(Study.from_toml(path), folder / "out", workers=1)


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    return study(tmp_path_factory.mktemp("stored"), 7, OLD)


@pytest.fixture(scope="module")
def fresh(tmp_path_factory):
    return study(tmp_path_factory.mktemp("fresh"), 8, NEW)


def test_it_agrees_with_a_fresh_study_under_the_new_prior(stored, fresh):
    found = {(m.measure, m.threshold): m for m in reweighted(stored, PRIOR)}
    table = {
        (row["measure"], row["threshold"]): row
        for row in fresh.records()
        if (row["budget"], row["horizon"]) == (0.1, 3.0)
    }
    threshold = found["false_alarm_prob", "new"]
    other = next(
        row for row in fresh.records()
        if (row["measure"], row["threshold"], row["budget"]) == ("threshold", "operating", 0.1)
    )  # fmt: skip
    error = math.hypot(threshold.threshold_mcse, other["mcse"])
    assert abs(threshold.threshold_value - other["value"]) < 5 * error
    power, again = found["power", "new"], table["power", "operating"]
    assert power.fixed == ()
    assert 100 < power.effective < power.n_rep
    assert abs(power.mean_weight - 1.0) < 5 * power.mean_weight_error
    assert abs(power.value - again["value"]) < 5 * math.hypot(power.mcse, again["mcse"])
    assert power.mcse < 0.1
    # less shared error: fewer false alarms at the old threshold, more power at the new one
    assert found["false_alarm_prob", "old"].value < 0.1
    assert threshold.value == pytest.approx(0.1, abs=5 / threshold.effective)


def test_the_study_s_own_prior_returns_the_study(stored):
    same = {"cocaine": {"sigma_shared": HalfNormal(scale=0.08)}}
    for item in reweighted(stored, same):
        assert item.value == pytest.approx(item.before)
        assert item.effective == pytest.approx(item.n_rep)
        assert item.difference_mcse == pytest.approx(0.0, abs=0.02)
    power = next(m for m in reweighted(stored, same) if m.measure == "power")
    row = next(
        row for row in stored.records()
        if (row["measure"], row["threshold"], row["budget"], row["horizon"])
        == ("power", "operating", 0.1, 3.0)
    )  # fmt: skip
    assert power.value == pytest.approx(row["value"])
    assert power.mcse == pytest.approx(row["mcse"], rel=1e-6)


def test_what_is_not_covered_is_refused_and_a_far_prior_says_nothing(stored):
    with pytest.raises(SpecError, match=r"prior\.cocaine\.sigma_site: is not covered"):
        reweighted(stored, {"cocaine": {"sigma_site": HalfNormal(scale=0.1)}})
    with pytest.raises(SpecError, match=r"prior: must be a substance"):
        reweighted(stored, {"MDMA": PRIOR["cocaine"]})
    far = reweighted(stored, {"cocaine": {"sigma_shared": HalfNormal(scale=0.001)}})
    assert all(np.isnan(m.value) for m in far)
    assert all(m.warnings[0] == "refused" for m in far)


def test_the_command_reads_a_prior_and_names_what_is_wrong(stored, tmp_path, capsys):
    path = tmp_path / "prior.toml"
    path.write_text('[cocaine]\nsigma_shared = { dist = "halfnormal", scale = 0.05 }\n')
    arguments = ["reweight", str(stored.folder), "--prior", str(path)]
    assert call([*arguments, "--json"]) == 0
    content = json.loads(capsys.readouterr().out)
    assert {m["measure"] for m in content["measures"]} == {"false_alarm_prob", "power"}
    assert call(arguments) == 0
    out = capsys.readouterr().out
    assert "null_mixture | annual | cocaine | false alarm | old threshold" in out
    path.write_text('[cocaine]\nsigma_shared = { dist = "halfnormal", scale = -1 }\n')
    assert call(arguments) == 2
    assert "sigma_shared" in capsys.readouterr().err
    path.write_text("[cocaine]\nlevel = 3.0\n")
    assert call(arguments) == 2
    assert "prior.cocaine.level" in capsys.readouterr().err
