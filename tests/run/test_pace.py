"""Rate, time left and precision, while a study runs and from another shell."""

import json
import math
import os
import re
from dataclasses import replace
from types import SimpleNamespace

import pytest

from run.tiny import write_study
from simdesign.cli import call
from simdesign.run import load, make_plan, run
from simdesign.run.pace import Event, least_done, pace, recent_rate, worst_mcse
from simdesign.run.progress import duration
from simdesign.spec.study import Study


def events(times, n_rep=10, predicted=2.0):
    return [Event(at=t, n_rep=n_rep, took=1.0, predicted=predicted) for t in times]


def test_a_rate_is_that_of_the_last_minutes():
    rate = recent_rate(events([5.0, 10.0]), since=0.0, until=20.0)
    assert rate.replications == pytest.approx(20 / 20.0)
    assert rate.work == pytest.approx(4.0 / 20.0)
    # Slow for an hour, then forty tasks within the last hundred seconds: those count.
    late = [3600.0 + 2.5 * i for i in range(1, 41)]
    rate = recent_rate(events([*range(100, 3600, 500), *late]), since=0.0, until=3700.0)
    start = 3100.0  # the last one before the window
    assert rate.replications == pytest.approx(400 / (3700.0 - start))
    assert recent_rate([], since=0.0, until=1.0) is None


def test_the_worst_error_of_a_probability_is_that_at_one_half():
    n = 300
    assert worst_mcse(n) == pytest.approx(max(math.sqrt(p * (1 - p) / n) for p in (0.3, 0.5, 0.9)))
    assert worst_mcse(0) == math.inf


def test_precision_is_that_of_the_least_complete_alternative(tmp_path):
    plan = make_plan(Study.from_toml(write_study(tmp_path)), "quick")
    done = {item.name: 50 for item in plan.scenarios}
    done["null_mixture"] = 1
    done[plan.scenarios[3].name] = 7
    assert plan.scenarios[3].role == "alternative"
    assert least_done(plan, done) == 7


@pytest.fixture(scope="module")
def half(tmp_path_factory):
    """Return a study of which 8 replications of each scenario are stored, and a plan of 12."""
    folder = tmp_path_factory.mktemp("half")
    study = Study.from_toml(write_study(folder))
    results = run(study, folder / "out", replications=8, workers=1, task_size=4)
    return make_plan(study, "quick", 12), results.store


def test_status_tells_what_is_left_from_the_shards_alone(half):
    plan, store = half
    newest = max(shard.path.stat().st_mtime for shard in store.shards())
    found = pace(plan, store, now=newest + 1.0)
    assert found["rate"] > 0.0
    assert found["remaining_core_seconds"] > 0.0
    assert found["remaining_seconds"] > 0.0
    assert found["mcse_at_most"] == pytest.approx(0.5 / math.sqrt(8), abs=1e-5)
    # Nobody stored anything for a day: what is left stays known, when it will be there does not.
    found = pace(plan, store, now=newest + 86400.0)
    assert found["rate"] == 0.0
    assert found["remaining_core_seconds"] > 0.0
    assert found["remaining_seconds"] is None


def stored_at(folder, shards, times, **said):
    """Return a store whose shards say what is given, and were written at some seconds."""
    found = []
    for number, (shard, at) in enumerate(zip(shards, times, strict=True)):
        path = folder / f"{number}.parquet"
        path.touch()
        os.utime(path, (at, at))
        found.append(replace(shard, path=path, **said))
    return SimpleNamespace(shards=lambda: found)


def rest_of(plan, store, fake, now):
    """Return the pace of a store whose shards have other times."""
    seen = SimpleNamespace(coverage=store.coverage, shards=fake.shards)
    return pace(plan, seen, now=now)


def test_time_left_counts_what_others_take_of_the_machine(half, tmp_path):
    plan, store = half
    shards = store.shards()
    times = [100.0 + 10.0 * i for i in range(1, len(shards) + 1)]
    for cpu in (10.0, 2.0):  # alone, and beside others who leave a fifth of a processor
        fake = stored_at(tmp_path, shards, times, seconds=10.0, cpu_seconds=cpu)
        found = rest_of(plan, store, fake, times[-1])
        # 4 replications in 10 s, whosever the processor was; 28 replications are left
        assert found["rate"] == pytest.approx(0.4)
        assert found["remaining_seconds"] == pytest.approx(28 / 0.4, rel=0.01)
        assert found["remaining_core_seconds"] == pytest.approx(28 / 4 * cpu, rel=0.01)


def test_a_pause_before_is_no_slowness_now(half, tmp_path):
    plan, store = half
    shards = store.shards()
    n = len(shards) // 2
    times = [1000.0 + 10.0 * i for i in range(n)]
    times += [90000.0 + 10.0 * i for i in range(len(shards) - n)]  # resumed the next day
    fake = stored_at(tmp_path, shards, times, seconds=10.0, cpu_seconds=10.0)
    assert rest_of(plan, store, fake, times[-1])["rate"] == pytest.approx(0.4)


def test_merging_is_no_sign_of_work(half, tmp_path):
    plan, store = half
    shards = store.shards()
    times = [1000.0] * len(shards)
    fake = stored_at(tmp_path, shards, times, seconds=1000.0, cpu_seconds=1000.0, n_part=250)
    found = rest_of(plan, store, fake, 1001.0)
    assert (found["rate"], found["remaining_seconds"]) == (0.0, None)
    assert found["remaining_core_seconds"] > 0.0


def test_status_prints_and_returns_them(half, capsys):
    _, store = half
    assert call(["status", str(store.folder)]) == 0
    assert "MCSE of a probability <= 0.177" in capsys.readouterr().out
    assert call(["status", str(store.folder), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["mcse_at_most"] == pytest.approx(0.5 / math.sqrt(8), abs=1e-5)
    assert load(store.folder).status(digest=False)["remaining_core_seconds"] == 0.0


def test_a_batch_log_has_plain_lines_and_quiet_has_none(tmp_path, capsys):
    study = Study.from_toml(write_study(tmp_path))
    run(study, tmp_path / "out", replications=10, workers=1, quiet=False)
    said = capsys.readouterr().err
    assert "\x1b" not in said
    last = said.splitlines()[-1]
    expected = r"70 of 70 replications, [\d.e+]+/s, MCSE of a probability <= 0\.158"
    assert re.fullmatch(expected, last)
    run(study, tmp_path / "quiet", replications=10, workers=1, quiet=True)
    assert capsys.readouterr().err == ""


def test_durations_read_at_a_glance():
    said = [duration(seconds) for seconds in (5.4, 600.0, 7200.0, 864000.0)]
    assert said == ["5 s", "10 min", "2.0 h", "10.0 days"]
