"""Refitting some replications agrees with refitting all of them, and never touches the rows."""

import json
import os
import signal
from functools import partial

import numpy as np
import pytest

from run.tiny import write_study
from simdesign.cli import call
from simdesign.errors import SpecError, StoppedError
from simdesign.run import load, refine, run
from simdesign.run.backends import LostWorkersError
from simdesign.run.conditions import Wanted
from simdesign.run.refine import open_refinement, subset_of, work
from simdesign.run.refined import refined_measures
from simdesign.run.replay import Replay
from simdesign.spec.estimator import ExactStep
from simdesign.spec.study import Study
from simdesign.studies.refine import slow_estimator

SLOW = ExactStep(day_sd=0.25, nugget=0.05)
"""The exact engine with other noise plugged in: it disagrees near the threshold."""


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    folder = tmp_path_factory.mktemp("refined")
    slow = '[estimators.slow]\nkind = "exact_step"\nday_sd = 0.25\nnugget = 0.05\n\n[decision]'
    path = write_study(
        folder, ("[0.3, -0.3]", "[0.3]"), ("[0.0, 0.1]", "[0.05]"), ("[decision]", slow),
        ('[designs.two]\nschedule = { kind = "fixed_weeks", weeks = [11, 37] }\n\n', ""),
        ("null = 24", "null = 120"), ("alternative = 12", "alternative = 80"),
    )  # fmt: skip
    return run(Study.from_toml(path), folder / "out", workers=1)


@pytest.fixture(scope="module")
def everything(results):
    """Refit every replication of the null mixture and of the change."""
    found = open_refinement(results, "everything", SLOW)
    assert work(found, results, SLOW, 300.0) == 120 + 80
    return found


def test_a_replayed_replication_is_the_one_that_was_run(results):
    study, scenario = results.study, results.plan.scenarios[-1]
    replay = Replay(study, scenario, "annual")
    chosen = [41, 3, 17]
    fit = refine.build("exact", study.estimators["exact"]).fit(
        replay.observations(chosen), replay.looks, "cocaine"
    )
    rows = results.store.rows(results.plan, scenario.name, ["score"])
    for row, replication in enumerate(chosen):
        mine = (rows["estimator"] == "exact") & (rows["replication"] == replication)
        np.testing.assert_array_equal(fit.score[row], rows["score"][mine])


def test_all_refitted_is_what_the_study_says_of_that_estimator(results, everything):
    table = results.records()

    def known(estimator, measure, threshold, horizon=None):
        return next(
            row["value"] for row in table
            if (row["estimator"], row["measure"], row["threshold"], row["budget"])
            == (estimator, measure, threshold, 0.1)
            and (horizon is None or row["horizon"] == horizon)
        )  # fmt: skip

    null, power, own = refined_measures(everything)
    assert (null.measure, power.measure, own.threshold) == ("false_alarm_prob", "power", "own")
    for item in (null, power):
        assert item.threshold_value == pytest.approx(known("exact", "threshold", "operating"))
        assert (item.subset_mcse, item.n_failed) == (0.0, 0)
        assert item.n_fitted == item.n_rep
        assert item.difference == pytest.approx(item.slow - item.fast)
    assert power.fast == pytest.approx(known("exact", "power", "operating", 3.0))
    # at its own threshold it is an estimator like any other of the study
    assert own.threshold_value == pytest.approx(known("slow", "threshold", "operating"))
    assert own.slow == pytest.approx(known("slow", "power", "operating", 3.0))
    # at the exact engine's threshold: counted again from the stored rows
    for item, scenario, wanted in ((null, "null_mixture", None), (power, power.scenario, 3.0)):
        rows = results.store.rows(results.plan, scenario, ["score", "change_day", "look_day"])
        mine = rows["estimator"] == "slow"
        score = rows["score"][mine].reshape(-1, 6) > item.threshold_value
        if wanted is None:
            expected = score.any(axis=1)
        else:
            day, change = rows["look_day"][mine].reshape(-1, 6), rows["change_day"][mine][::6]
            first = np.where(score.any(axis=1), score.argmax(axis=1), -1)
            at = day[np.arange(first.size), first]
            late = (at - change) / 365.25
            expected = (first >= 0) & (at - 90 >= change) & (late <= wanted)
        assert item.slow == pytest.approx(expected.mean())


def test_a_part_refitted_is_near_all_refitted(results, everything):
    whole = refined_measures(everything)
    part = open_refinement(results, "part", SLOW)
    for item in part.conditions:  # a pilot of six of every stratum
        fits = everything.fits[item.key]
        for h in range(int(item.stratum.max()) + 1):
            for place in item.queue(h)[:6].tolist():
                replication = int(item.replication[place])
                part.fits[item.key][replication] = fits[replication]
    for mine, full in zip(refined_measures(part)[:2], whole[:2], strict=True):
        assert mine.n_fitted < 0.6 * full.n_fitted
        assert (mine.fast, mine.threshold_value) == (full.fast, full.threshold_value)
        # only the subset differs; unanimous strata are known to within their interval
        assert abs(mine.slow - full.slow) <= max(5 * mine.subset_mcse, 0.05)
        assert mine.slow_low <= full.slow <= mine.slow_high
        assert mine.subset_mcse < mine.slow_mcse


def test_a_subset_stays_random_when_the_threshold_changes(results, everything):
    other = open_refinement(results, "everything", SLOW, budget=0.3)
    fits = {key: dict(list(value.items())[::2]) for key, value in everything.fits.items()}
    for item in other.conditions:
        subset = subset_of(item, fits[item.key])
        used = set(subset.fitted.tolist())
        for h, n in enumerate(subset.n_fitted.tolist()):
            assert set(item.queue(h)[:n].tolist()) == used & set(item.queue(h).tolist())
        assert len(used) < len(fits[item.key])  # those after a gap wait


def test_it_is_resumed_and_the_rows_stay_as_they_are(results, everything):
    digest = results.digest()
    again = open_refinement(results, "everything", SLOW)
    assert {k: len(v) for k, v in again.fits.items()} == {
        k: len(v) for k, v in everything.fits.items()
    }
    assert work(again, results, SLOW, 300.0) == 0
    assert [m.slow for m in refined_measures(again)] == [
        m.slow for m in refined_measures(everything)
    ]
    other = open_refinement(results, "everything", ExactStep(day_sd=0.2))
    assert not any(other.fits.values())
    assert load(results.folder).digest() == digest


_first_time = refine.fit_unit


def _dies_once(mark, unit):
    """Fit, or die at the replication that a file names: the first time only."""
    if unit.replication == int(mark.read_text() or -1):
        mark.write_text("")
        os.kill(os.getpid(), signal.SIGKILL)
    return _first_time(unit)


def test_a_worker_that_dies_loses_nothing_that_is_fitted(results, tmp_path, monkeypatch):
    wanted = Wanted(scenarios=("null_mixture",), designs=("annual",))
    found = open_refinement(results, "dying", SLOW, wanted=wanted)
    item = found.conditions[0]
    victim = int(item.replication[item.queue(0)[5]])  # after the fits that tell what one costs
    mark = tmp_path / "mark"
    mark.write_text(str(victim))
    monkeypatch.setattr(refine, "fit_unit", partial(_dies_once, mark))
    said = []
    n = work(found, results, SLOW, 300.0, 2, said.append)
    assert mark.read_text() == ""
    assert said == ["a worker process ended by SIGKILL (out of memory?); the fits that it had are "
                    "made again"]  # fmt: skip
    assert n == item.replication.size == len(found.store.read())
    alone = open_refinement(results, "alone", SLOW, wanted=wanted)
    assert work(alone, results, SLOW, 300.0) == n
    assert [m.slow for m in refined_measures(found)] == [m.slow for m in refined_measures(alone)]


def test_what_lies_behind_a_gap_is_not_made_again(results):
    wanted = Wanted(scenarios=("null_mixture",), designs=("annual",))
    found = open_refinement(results, "gap", SLOW, wanted=wanted)
    assert work(found, results, SLOW, 300.0) == found.conditions[0].replication.size
    (item,) = found.conditions
    lost = int(item.queue(int(np.bincount(item.stratum).argmax()))[0])
    del found.fits[item.key][int(item.replication[lost])]
    assert work(found, results, SLOW, 300.0) == 1
    assert subset_of(item, found.fits[item.key]).is_complete


def test_what_is_fitted_is_stored_when_workers_die_again_and_again(results, monkeypatch):
    calls = []

    def dying(function, units, workers):
        calls.append(len(units))
        if len(calls) == 1:
            yield function(units[0])
        raise LostWorkersError("a worker process ended by SIGKILL")

    monkeypatch.setattr(refine, "run_locally", dying)
    wanted = Wanted(scenarios=("null_mixture",), designs=("annual",))
    found = open_refinement(results, "dead", SLOW, wanted=wanted)
    with pytest.raises(StoppedError, match="3 deaths of workers in a row without a new fit"):
        work(found, results, SLOW, 300.0, 2)
    assert len(calls) == 4
    assert len(found.store.read()) == 1


def test_failed_fits_raise_no_alarm_and_are_counted(results):
    class Broken:
        def fit(self, observations, looks, substance):
            raise RuntimeError("no convergence")

    found = open_refinement(results, "broken", SLOW, wanted=Wanted(scenarios=("null_mixture",)))
    refine._engines["broken", refine.content_hash(SLOW)] = Broken()
    item = found.conditions[0]
    unit = refine.Unit(
        study=results.study, scenario=item.scenario, design="annual", substance="cocaine",
        label="broken", spec=SLOW, replication=3, n_look=2, content=item.content, own_folder=None,
    )  # fmt: skip
    fit = refine.fit_unit(unit)
    assert fit.reason == "RuntimeError: no convergence"
    assert np.isnan(fit.score).all()
    found.store.write([fit])
    assert found.store.read()[0].status.tolist() == [3, 3]


def test_the_command_prints_words_or_json_and_refuses_what_it_does_not_know(
    results, tmp_path, capsys
):
    slow = tmp_path / "noisy.toml"
    slow.write_text('kind = "exact_step"\nday_sd = 0.25\n')
    arguments = ["refine", str(results.folder), "--with", str(slow), "--scenario", "null_mixture"]
    assert call([*arguments, "--budget-minutes", "0.01", "--json"]) == 0
    content = json.loads(capsys.readouterr().out)
    assert (content["slow"], content["fast"]) == ("noisy", "exact")
    assert content["measures"][0]["n_fitted"] > 0
    assert call([*arguments, "--budget-minutes", "0"]) == 0
    out = capsys.readouterr().out
    assert "null_mixture | annual | cocaine | false alarm | exact threshold" in out
    assert (results.folder / "refined").is_dir()
    for wrong, message in (
        (["--with", "nothing"], "--with: must be an estimator of the study"),
        (["--with", "slow", "--budget-minutes", "-1"], "--budget-minutes: must be >= 0"),
        (["--with", "slow", "--design", "weekly"], "--design: must be one of annual"),
    ):
        assert call(["refine", str(results.folder), *wrong]) == 2
        assert message in capsys.readouterr().err
    slow.write_text('kind = "exact_step"\nday_sd = -1\n')
    with pytest.raises(SpecError, match=r"noisy\.toml"):
        slow_estimator(results.study, str(slow))


def test_nothing_stored_is_one_line(results, tmp_path, capsys):
    (tmp_path / "manifest.json").write_bytes(results.store.paths.manifest.read_bytes())
    assert call(["refine", str(tmp_path), "--with", "slow"]) == 2
    assert "holds no replication of null_mixture; run it first" in capsys.readouterr().err
