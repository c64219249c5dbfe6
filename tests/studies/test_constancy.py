"""Rounds that hardly differ: the formula against the simulator, and what is learnt from them."""

import json

import numpy as np
import pytest

from run.tiny import write_study
from simdesign.cli import call
from simdesign.run import run
from simdesign.run.replay import Replay
from simdesign.spec.study import Study
from simdesign.studies.constancy.evidence import constancy_weights, evidence, normals, shown
from simdesign.studies.constancy.rounds import (
    constancy_prob,
    mean_and_covariance,
    rounds_of,
    within_year,
)

WEEKS = ((2026, 46), (2027, 11), (2027, 37), (2027, 46))
N = 400
FIELDS = (
    "sigma_shared", "lab_share", "r_lab", "shared_weeks", "sigma_site", "drift", "sigma_rw",
    "sigma_rw_site", "season_amplitude", "season_peak",
)  # fmt: skip


@pytest.fixture(scope="module")
def simulated(tmp_path_factory):
    """National log means of four rounds, from the simulator and the measuring chain."""
    study = Study.from_toml(
        write_study(
            tmp_path_factory.mktemp("constancy"),
            ("[designs.two]\nschedule = { kind = \"fixed_weeks\", weeks = [11, 37] }",
             "[designs.two]\nschedule = { kind = \"fixed_weeks\", weeks = [11, 37, 46] }"),
            ("[world.substances.cocaine]", "[world.substances.cocaine]\nseason_amplitude = 0.1\n"
             "season_peak = 60.0\nsigma_rw = 0.1\nshared_weeks = 12.0\nr_lab = 0.8"),
        )
    )  # fmt: skip
    scenario = next(s for s in study.scenarios("quick") if s.name == "none,sigma_shared=0.1")
    seen = Replay(study, scenario, "two").observations(range(N))
    rounds, visits = rounds_of(scenario.world, WEEKS), seen.visits
    weeks = seen.load[:, 0].mean(axis=2)  # seven days each, nothing missing
    people = seen.population[visits.site]
    means = []
    for opens in rounds.opens:
        mine = visits.day[:, 0] == opens
        assert mine.sum() == 3
        means.append(np.log((weeks[:, mine] * people[mine]).sum(axis=1) / people[mine].sum()))
    return scenario, rounds, np.stack(means, axis=1)


def _theta(substance, n=1):
    return {name: np.full(n, getattr(substance, name)) for name in FIELDS}


def test_mean_and_covariance_are_those_of_the_simulator(simulated):
    scenario, rounds, made = simulated
    substance = scenario.world.substances["cocaine"]
    mean, cov = mean_and_covariance(_theta(substance), rounds, substance)
    contrast = np.array([[-1, 1, 0, 0], [-1, 0, 1, 0], [-1, 0, 0, 1], [0, 0, -1, 1.0]])
    got = made @ contrast.T
    expected, spread = contrast @ mean[0], np.sqrt(np.diag(contrast @ cov[0] @ contrast.T))
    # five standard errors of a mean and of an SD over N replications; 2 % of the SD for count
    # noise and the logarithm of a mean, which the formula leaves out
    np.testing.assert_array_less(
        np.abs(got.mean(axis=0) - expected), 5.0 * spread / np.sqrt(N) + 0.02 * spread
    )
    ratio = got.std(axis=0, ddof=1) / spread
    np.testing.assert_array_less(np.abs(ratio - 1.0), 5.0 / np.sqrt(2 * N) + 0.02)
    # the rounds of one calendar year share laboratory and swing: without it this would be seen
    apart = np.sqrt(np.diag(contrast @ np.diag(np.diag(cov[0])) @ contrast.T))
    assert apart[3] > 1.3 * spread[3]


def test_the_probability_of_constancy_is_that_of_the_simulator(simulated):
    scenario, rounds, made = simulated
    substance = scenario.world.substances["cocaine"]
    mean, cov = mean_and_covariance(_theta(substance), rounds, substance)
    limits = (0.10, 0.20, 0.30, 0.50)
    prob = constancy_prob(mean, cov, limits, normals(1, 4, 20_000))[0]
    share = (np.ptp(made, axis=1)[:, None] <= np.log1p(limits)).mean(axis=0)
    error = np.sqrt(prob * (1.0 - prob) / N + prob * (1.0 - prob) / 20_000)
    np.testing.assert_array_less(np.abs(share - prob), 4.5 * error + 0.01)
    assert 0.02 < prob[0] < prob[-1] < 1.0


def test_known_answers():
    mean, cov = np.zeros((1, 2)), np.array([[[0.01, 0.0], [0.0, 0.01]]])
    from scipy import stats

    prob = constancy_prob(mean, cov, [0.1], normals(3, 2, 40_000))[0, 0]
    exact = 2.0 * stats.norm.cdf(np.log(1.1) / np.sqrt(0.02)) - 1.0
    assert abs(prob - exact) < 4.0 * np.sqrt(exact * (1.0 - exact) / 40_000)
    nothing = constancy_prob(np.array([[0.0, 0.05]]), 0.0 * cov, [0.05, 0.06], normals(3, 2))
    assert nothing.tolist() == [[0.0, 1.0]]  # log(1.05) < 0.05 < log(1.06)


def test_correlation_within_a_year_has_its_limits(simulated):
    scenario, rounds, _ = simulated
    substance = scenario.world.substances["cocaine"]
    for lab, r_lab, weeks, value in ((1, 0.8, 4, 0.8), (1, 0.0, 4, 0.0), (0, 0.5, 1e7, 1.0)):
        theta = _theta(substance) | {
            "lab_share": np.array([float(lab)]), "r_lab": np.array([r_lab]),
            "shared_weeks": np.array([float(weeks)]),
        }  # fmt: skip
        assert within_year(theta, rounds)[0] == pytest.approx(value, abs=1e-5)


def test_constancy_is_evidence_against_season_and_shared_error(tmp_path):
    text = ('sigma_shared = { dist = "halfnormal", scale = 0.08 }',
            'sigma_shared = { dist = "halfnormal", scale = 0.08 }\n'
            'season_amplitude = { dist = "halfnormal", scale = 0.08 }\n'
            'season_peak = { dist = "uniform", low = 0.0, high = 365.0 }')  # fmt: skip
    study = Study.from_toml(write_study(tmp_path, text))
    found = evidence(study, "cocaine", [0.05, 0.15, 5.0], 4000)
    assert np.isnan(found[0].limit)
    assert found[1].prob < found[2].prob < found[3].prob
    for name in ("swing", "sigma_shared"):
        prior, tight, loose, none = (getattr(item, name) for item in found)
        assert tight.median < loose.median < prior.median  # on the same draws
        assert tight.median + 3.0 * tight.mcse < prior.median
        assert none.median == pytest.approx(prior.median, rel=1e-6)  # no evidence, no change
    # the prior is what was drawn: |N(0, 0.08)|
    prior = found[0].sigma_shared
    assert abs(prior.median - 0.6745 * 0.08) < 4.0 * prior.mcse
    # not everything is excluded: a swing of a tenth remains possible
    assert found[2].swing.high > 0.10


def test_a_large_season_is_seen_and_a_small_one_hides_in_the_shared_error(tmp_path):
    study = Study.from_toml(write_study(tmp_path))
    table = {
        (item.swing, item.sigma_shared): item.prob[0]
        for item in shown(study, "cocaine", [0.30], (0.0, 0.10), (0.5,), 60)
    }
    assert table[0.50, 0.0] > table[0.0, 0.0] + 0.3
    assert table[0.50, 0.10] - table[0.0, 0.10] < table[0.50, 0.0] - table[0.0, 0.0]


def test_stored_rows_are_weighted_by_the_evidence(tmp_path, capsys):
    study = Study.from_toml(write_study(tmp_path, ("null = 24", "null = 400")))
    out = tmp_path / "out"
    results = run(study, out, workers=1)
    assert call(["reweight", str(out), "--constancy", "10", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["measures"]
    new = next(m for m in found if m["role"] == "null_mixture" and m["threshold"] == "new")
    rows = results.rows("null_mixture")
    first = rows[
        (rows["look"] == 0) & (rows["estimator"] == "exact") & (rows["design"] == "annual")
    ]
    first = first.sort_values("replication")
    world = study.null
    theta = {name: first[name].to_numpy() for name in FIELDS}
    w = constancy_weights(theta, rounds_of(world), world.substances["cocaine"], 0.10, study.seed)
    assert new["effective"] == pytest.approx(w.sum() ** 2 / (w**2).sum())
    # calm worlds need a lower threshold
    assert new["threshold_value"] < _old_threshold(results)


def _old_threshold(results):
    table = results.measures()
    own = (table["measure"] == "threshold") & (table["threshold"] == "operating")
    own &= (table["design"] == "annual") & (table["estimator"] == "exact")
    return float(table[own & (table["budget"] == 0.1)]["value"].iloc[0])


@pytest.mark.parametrize(
    ("options", "rule"),
    [
        (["--at-most", "5,x"], "must be per cents between commas"),
        (["--at-most", "0"], "must be above 0"),
        (["--substance", "tea"], "must be one of cocaine"),
        (["--draws", "3"], "must be at least 100"),
    ],
)
def test_wrong_input_is_one_line(tmp_path, capsys, options, rule):
    assert call(["constancy", str(write_study(tmp_path)), *options]) == 2
    assert rule in capsys.readouterr().err
