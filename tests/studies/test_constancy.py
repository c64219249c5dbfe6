"""Rounds that hardly differ: the formula against the simulator, and what is learnt from them."""

import datetime as dt
import json

import numpy as np
import pytest

from run.tiny import write_study
from simdesign.cli import call
from simdesign.errors import SpecError
from simdesign.run import run
from simdesign.run.replay import Replay
from simdesign.spec.study import Study
from simdesign.studies.constancy import command
from simdesign.studies.constancy.evidence import constancy_weights, evidence, normals, shown
from simdesign.studies.constancy.fixed_week import fixed_weeks
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


QUIET = "\n".join(
    f"{name} = 0.0"
    for name in ("sigma_shared", "sigma_rw", "sigma_rw_site", "sigma_site", "drift", "day_sd",
                 "lab_repeat_sd")
)  # fmt: skip


def season_study(folder, season, *changes, seed=7):
    """Return a world with nothing but a season, and its wandering."""
    quiet = f"[world.substances.cocaine]\n{QUIET}\n{season}"
    return Study.from_toml(
        write_study(
            folder,
            ("[world.substances.cocaine]", quiet),
            ("\n[world]", "\n[world]\ncounts = \"off\"\nweekdays = false\nflow_sd = 0.0\n"
             "sampling_sd = 0.0"),
            ('"world.substances.*.sigma_shared" = [0.0, 0.1]\n', ""),
            ("seed = 7", f"seed = {seed}"),
            *changes,
        )
    )  # fmt: skip


def test_a_fixed_week_is_off_by_the_season_of_its_days(tmp_path):
    season = "season_amplitude = 0.2\nseason_peak = 40.0"
    study = season_study(tmp_path, season)
    found = fixed_weeks(study, "quick", [11, 37], 3, ["cocaine"])
    assert [item.week for item in found] == [11, 37]
    for item in found:
        year = item.last_year
        january = dt.date(year, 1, 1)
        days = (dt.date(year + 1, 1, 1) - january).days
        day = np.arange(days)
        wave = np.exp(0.2 * np.cos(2.0 * np.pi * (day - 40.0) / 365.25))
        opens = january + dt.timedelta(days=7 * (item.week - 1))
        opens += dt.timedelta(days=(2 - opens.weekday()) % 7)  # the first Wednesday from there
        first = (opens - january).days
        expected = np.log(wave[first : first + 7].mean() / wave.mean())
        # the day of the year may be counted from 0 or 1: a day of the steepest slope
        assert abs(item.bias.value - expected) < 0.2 * 2.0 * np.pi / 365.25
        assert item.bias.mcse == pytest.approx(0.0, abs=1e-12)
        assert item.rmse.value == pytest.approx(abs(item.bias.value))
        assert item.off.value == float(abs(item.bias.value) > np.log(1.1))
        assert item.change_off.value == 0.0
        assert item.change_rmse.value < 0.2 * 2.0 * np.pi / 365.25 * 7.0  # weeks open on other days
    assert found[0].bias.value > 0.1 > -0.1 > found[1].bias.value


def test_a_wandering_season_makes_changes_wrong_by_the_formula(tmp_path):
    season = (
        'season_amplitude = 0.1\nseason_peak = { dist = "uniform", low = 0.0, high = 365.25 }\n'
        "season = { half_year_amplitude = 0.0, drift = 25.0 }"
    )
    n = 600
    study = season_study(tmp_path, season)
    (found,) = fixed_weeks(study, "quick", [24], n, ["cocaine"])
    # six programme years: the middles of the first and the last week 24 are 5 years apart, in
    # between their halves of an interpolated step: variances add up to 4 + 2 * 1/4 steps
    omega, steps = 2.0 * np.pi / 365.25, 4.0 + 2.0 * 0.25
    expected = 0.1 * np.sqrt(1.0 - np.exp(-0.5 * (omega * 25.0) ** 2 * steps))
    assert abs(found.change_rmse.value - expected) < 5.0 * found.change_rmse.mcse + 0.05 * expected
    # a peak of any date: mean -a^2/4, spread a/sqrt(2)
    assert abs(found.bias.value + 0.1**2 / 4.0) < 5.0 * found.bias.mcse
    assert found.bias.mcse * np.sqrt(n) == pytest.approx(0.1 / np.sqrt(2.0), rel=0.05)
    still = season_study(tmp_path, season.replace("25.0", "0.0"))
    (calm,) = fixed_weeks(still, "quick", [24], 50, ["cocaine"])
    assert calm.change_rmse.value < 0.3 * found.change_rmse.value


def test_the_command_prints_fixed_weeks(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(command, "SHARED", (0.0,))  # the other tables are not the subject
    monkeypatch.setattr(command, "SHARES", (0.5,))
    path = str(write_study(tmp_path))
    few = ["constancy", path, "--draws", "100", "--at-most", "10", "--replications", "4"]
    assert call([*few, "--week", "11", "--week", "37"]) == 0
    text = capsys.readouterr().out
    assert text.count("P(a three-year change more than 10 % off)") == 4
    assert call([*few, "--week", "11", "--json"]) == 0
    (one, two) = json.loads(capsys.readouterr().out)["fixed_weeks"]
    assert (one["scenario"], two["scenario"]) == ("none,sigma_shared=0.0", "none,sigma_shared=0.1")
    assert one["bias"]["n_rep"] == 4
    assert 0.0 < one["rmse"]["value"] < two["rmse"]["value"] * 3.0


def test_a_programme_without_four_whole_years_is_refused(tmp_path):
    short = ("years = 6", "years = 3"), ("low = 2.0, high = 3.0", "low = 1.0, high = 1.5")
    study = Study.from_toml(write_study(tmp_path, *short))
    with pytest.raises(SpecError, match="must hold four whole calendar years"):
        fixed_weeks(study, "quick", [11], 2, ["cocaine"])


@pytest.mark.parametrize(
    ("options", "rule"),
    [
        (["--at-most", "5,x"], "must be per cents between commas"),
        (["--at-most", "0"], "must be above 0"),
        (["--substance", "tea"], "must be one of cocaine"),
        (["--draws", "3"], "must be at least 100"),
        (["--week", "53"], "must be 1 to 52"),
        (["--week", "11", "--replications", "1"], "must be at least 2"),
        (["--week", "11", "--size", "huge"], "must be one of more, quick"),
    ],
)
def test_wrong_input_is_one_line(tmp_path, capsys, options, rule):
    assert call(["constancy", str(write_study(tmp_path)), *options]) == 2
    assert rule in capsys.readouterr().err
