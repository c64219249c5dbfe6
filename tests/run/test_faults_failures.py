"""Failures by kind, with a command for each; too many of them end a run; measures have bounds."""

import importlib
import json
import shlex
import sys

import numpy as np
import pytest

from run.small import copied
from run.test_failures import MOODY
from run.tiny import write_study
from simdesign.cli import call
from simdesign.errors import SpecError, StoppedError
from simdesign.evaluate import Code, Measure, code_of, difference, loss
from simdesign.records import Status
from simdesign.run import Store, Task, failures, load, run
from simdesign.run.collect import compact
from simdesign.run.failures import kind_of
from simdesign.run.job import do, jobs_of
from simdesign.units import DAYS_PER_YEAR

FAILING = MOODY.replace('"too\\nmuch"', 'f"load {mean.max()} at {id(self):#x}"').replace(
    "(mean > 900.0)",
    "(mean * 1e3 % 5.0 < 0.4)",  # about two of five, one look after the other
)
LAG = 90


@pytest.fixture(scope="module")
def failing(tmp_path_factory):
    """Run a study whose only estimator fails now and then, to its end."""
    folder = tmp_path_factory.mktemp("failing")
    (folder / "failing_engine.py").write_text(FAILING)
    sys.path.insert(0, str(folder))
    importlib.invalidate_caches()
    study = write_study(
        folder,
        ('kind = "euda_rule"', 'kind = "own"\nuses = "failing_engine:Moody"'),
        ('[estimators.exact]\nkind = "exact_step"', ""),
    )
    yield run(study, folder / "out", workers=1, max_failures=1.0)
    sys.path.remove(str(folder))
    sys.modules.pop("failing_engine", None)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("LinAlgError: 3 of 12 pivots < 1e-12", "LinAlgError: 11 of 12 pivots < 2.5E-13"),
        ("TypeError: <object at 0x7f00ab>", "TypeError: <object at 0x55ff>"),
        ("ValueError: got [1.0, 2.5, nan]", "ValueError: got [3.0, -inf, 2.0, 4.0]"),
        ("died after 12s", "died after 7s"),
    ],
)
def test_reasons_that_differ_in_numbers_are_one_kind(one, other):
    assert kind_of(one) == kind_of(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ValueError: too much", "ValueError: too little"),
        ("TypeError: float32", "TypeError: float64"),
        ("sigma_1 is 3", "sigma_2 is 3"),
    ],
)
def test_reasons_that_differ_in_words_and_names_are_not(one, other):
    assert kind_of(one) != kind_of(other)


def test_every_failed_row_is_counted_where_it_is(failing):
    rows = failing.rows()
    failed = rows[rows["status"] == int(Status.FAILED)]
    assert failed["reason"].nunique() > 10  # the numbers in them differ
    (kind,) = failures(failing.store, failing.plan)
    assert kind.message == "ArithmeticError: load # at (address)"
    assert kind.n_row == len(failed)
    expected = failed.groupby(["scenario", "design", "estimator"]).size().to_dict()
    assert kind.rows == expected
    of = failed.groupby(["scenario", "design", "estimator"])["replication"].nunique()
    assert {cell: len(some) for cell, some in kind.replications.items()} == of.to_dict()
    assert kind.n_replication == len(failed[["scenario", "replication"]].drop_duplicates())


def test_rows_that_two_shards_hold_are_counted_once(failing, tmp_path):
    """As a run leaves them that was killed between a failing task and what it planned next."""
    twice = copied(failing, tmp_path / "out")
    wanted = failing.status(digest=False)["failed_rows"]
    assert wanted == (failing.rows()["status"] == int(Status.FAILED)).sum() > 0
    for name, cells in failing.plan.cells.items():  # one of the two designs, once more
        task = Task(scenario=name, start=3, stop=11, cells=cells[:1])
        (job,) = jobs_of(failing.plan, twice.store, [task])
        do(job)
    held = sum(shard.n_failed for shard in twice.store.shards())
    assert held > wanted
    assert load(twice.folder).status(digest=False)["failed_rows"] == wanted
    compact(twice.store)
    assert load(twice.folder).status(digest=False)["failed_rows"] == wanted


def test_shards_that_are_merged_while_they_are_read_are_counted_all_the_same(failing, tmp_path):
    merged = copied(failing, tmp_path / "out")
    wanted = failures(merged.store, merged.plan)
    listed = merged.store.shards

    def listed_then_merged():
        found = listed()
        compact(Store(merged.folder))
        return found

    merged.store.shards = listed_then_merged
    assert failures(merged.store, merged.plan) == wanted
    assert len(load(merged.folder).store.shards()) < len(list(failing.store.shards()))


def test_the_command_prints_kinds_and_one_replay_of_each(failing, capsys):
    out = str(failing.folder)
    assert call(["failures", out]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("ArithmeticError: load # at (address): ")
    assert call(["failures", out, "--json"]) == 0
    (kind,) = json.loads(capsys.readouterr().out)["failures"]
    assert kind["status"] == "failed"
    assert sum(cell["rows"] for cell in kind["cells"]) == kind["rows"]
    assert said[-1].strip() == kind["replay"]
    words = shlex.split(kind["replay"])
    assert words[:3] == ["simdesign", "replay", out]
    asked = dict(zip(words[3::2], words[4::2], strict=True))
    rows = failing.rows(asked["--scenario"])
    mine = rows[
        (rows["replication"] == int(asked["--replication"]))
        & (rows["design"] == asked["--design"])
        & (rows["estimator"] == asked["--estimator"])
        & (rows["substance"] == asked["--substance"])
    ]
    assert kind["example"] in set(mine["reason"])
    assert call(["status", out]) == 0
    assert "ArithmeticError: load # at (address)" in capsys.readouterr().out
    assert call(["status", out, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["failures"] == [kind]


def test_rows_an_estimator_does_not_serve_are_a_kind_of_their_own(failing, tmp_path):
    (tmp_path / "picky_kind.py").write_text(
        MOODY.replace("(mean > 900.0).any()", "False").replace(
            "status=np.zeros(score.shape, dtype=np.int64),",
            "status=np.full(score.shape, 2),",
        )
    )
    sys.path.insert(0, str(tmp_path))
    study = write_study(
        tmp_path,
        ('kind = "euda_rule"', 'kind = "own"\nuses = "picky_kind:Moody"'),
        ('[estimators.exact]\nkind = "exact_step"', ""),
    )
    results = run(study, tmp_path / "out", workers=1, replications=2)  # no failure: it goes on
    sys.path.remove(str(tmp_path))
    (kind,) = failures(results.store, results.plan)
    assert (kind.status, kind.n_row) == (Status.NOT_APPLICABLE, len(results.rows()))
    assert failures(results.store, results.plan, with_reason_only=True) == []


def test_too_many_failures_stop_the_study_and_what_is_done_stays(failing, tmp_path, capsys):
    study, out = failing.folder.parent / "study.toml", tmp_path / "out"
    arguments = ["run", str(study), "--out", str(out), "--workers", "1", "--task-size", "5"]
    assert call(arguments) == 1
    said = capsys.readouterr().err.splitlines()[-1]
    for part in (
        "of the rows of estimator euda failed", "--max-failures 0.1", "ArithmeticError: load ",
        f"simdesign replay {out} --scenario ", f"simdesign resume {out} --max-failures 1",
    ):  # fmt: skip
        assert part in said
    half = load(out).status(digest=False)
    assert 10 <= half["done"] <= 40  # judged from the tenth replication on
    assert half["missing"] > 0
    kept = {path: path.read_bytes() for path in out.glob("shards/*")}
    assert call(["resume", str(out), "--workers", "1"]) == 1  # it has not become better
    assert {path: path.read_bytes() for path in out.glob("shards/*")} == kept
    capsys.readouterr()
    assert call(["resume", str(out), "--workers", "1", "--max-failures", "1"]) == 0
    assert load(out).digest() == failing.digest()
    assert kept.items() <= {path: path.read_bytes() for path in out.glob("shards/*")}.items()


def test_a_share_that_is_no_share_is_refused(failing, tmp_path, capsys):
    study = failing.folder.parent / "study.toml"
    arguments = ["run", str(study), "--out", str(tmp_path / "out"), "--max-failures", "1.5"]
    assert call(arguments) == 2
    assert "--max-failures: must be in [0, 1], got 1.5" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
    with pytest.raises(SpecError, match="max_failures"):
        run(study, tmp_path / "out", max_failures=-0.1)
    assert not (tmp_path / "out").exists()


def test_a_world_that_fails_counts_for_every_estimator(tmp_path, monkeypatch):
    from simdesign.simulate import Prepared

    def fail(self, replication):
        raise FloatingPointError(f"world {replication}")

    monkeypatch.setattr(Prepared, "truth", fail)
    study = write_study(tmp_path)
    with pytest.raises(StoppedError, match="100% of the rows of estimator euda"):
        run(study, tmp_path / "out", workers=1, task_size=12)
    stopped = load(tmp_path / "out")
    (kind,) = failures(stopped.store, stopped.plan)
    assert kind.message == "FloatingPointError: world #"
    assert {estimator for _, _, estimator in kind.rows} == {"euda", "exact"}


def _one(measures, measure, **where):
    found = measures[(measures["measure"] == measure) & (measures["compared_with"] == "")]
    for name, value in where.items():
        found = found[found[name] == value]
    return found


def test_bounds_are_those_of_counting_by_hand(failing):
    measures, rows = failing.measures(), failing.rows()
    some = 0
    for _, row in _one(measures, "power", threshold="operating", budget=0.1).iterrows():
        where = {name: row[name] for name in ("scenario", "design", "horizon", "threshold")}
        low = _one(measures, "power_at_least", **where)
        high = _one(measures, "power_at_most", **where)
        if not row["n_failed"]:
            assert low.empty
            assert high.empty
            continue
        threshold = _one(
            measures, "threshold", scenario="null_mixture", design=row["design"],
            threshold="operating", budget=0.1,
        )["value"].item()  # fmt: skip
        silent, heard = [], []
        mine = rows[(rows["scenario"] == row["scenario"]) & (rows["design"] == row["design"])]
        for _, one in mine.groupby("replication"):
            since = (one["look_day"] - one["change_day"]).to_numpy() / DAYS_PER_YEAR
            if since[-1] < row["horizon"]:
                continue
            early = one["look_day"].to_numpy() - LAG < one["change_day"].to_numpy()
            failed = one["status"].isin([2, 3]).any()
            loud = np.flatnonzero(one["score"].to_numpy() > threshold)
            notices = bool(loud.size and not early[loud[0]] and since[loud[0]] <= row["horizon"])
            could = bool((~early & (since <= row["horizon"])).any())
            silent.append(False if failed else notices)
            heard.append(could if failed else notices)
        assert len(silent) == row["n_rep"]
        if not silent:  # no programme lasts so long after its break
            continue
        assert low["value"].item() == pytest.approx(np.mean(silent), abs=1e-9)
        assert high["value"].item() == pytest.approx(np.mean(heard), abs=1e-9)
        some += 1
    assert some >= 8


def test_bounds_enclose_the_measure_and_every_one_has_its_error(failing):
    measures = failing.measures()
    for name in ("power", "restricted_mean_delay", "false_alarm_prob"):
        low, high = _one(measures, f"{name}_at_least"), _one(measures, f"{name}_at_most")
        key = ["scenario", "design", "threshold", "budget", "horizon"]
        both = low.merge(high, on=key, suffixes=("_low", "_high"), validate="one_to_one")
        both = both.merge(_one(measures, name), on=key)
        assert len(both) == len(low) == len(high) > 0
        known = both[both["value"].notna()]
        assert (known["value_low"] <= known["value"] + 1e-9).all()
        assert (known["value"] <= known["value_high"] + 1e-9).all()
        assert (known["value_low"] < known["value_high"]).any()
        assert known[["mcse_low", "mcse_high"]].notna().all().all()
        assert (known["n_failed"] > 0).all()


def test_a_share_of_false_alarms_at_most_counts_the_failed_ones(failing):
    measures = failing.measures()
    where = {"scenario": "null_mixture", "threshold": "operating", "budget": 0.1}
    for _, row in _one(measures, "false_alarm_prob_at_most", **where).iterrows():
        low = _one(measures, "false_alarm_prob_at_least", design=row["design"], **where)
        gap = row["value"] - low["value"].item()
        assert gap == pytest.approx(row["n_failed"] / row["n_rep"], abs=1e-9)


def _loss(reference, other, mcse, bounds):
    values = [Measure(value=v, mcse=mcse, n_rep=4000, low=v, high=v) for v in (reference, other)]
    none = np.full(2, 0.0)
    values = [
        Measure(value=v.value, mcse=mcse, n_rep=4000, low=v.low, high=v.high, draws=none)
        for v in values
    ]
    paired = difference(*values)
    return loss("s", 0.3, "dense", "power", tuple(values), paired, 0.1, bounds=bounds)


def test_a_verdict_cannot_be_told_when_the_bounds_straddle_it():
    as_good = _loss(0.75, 0.80, 0.0, None)
    assert code_of([as_good]) == Code.AS_GOOD
    few = _loss(0.75, 0.80, 0.0, ((0.74, 0.76), (0.79, 0.81)))
    assert (few.failed_less, few.failed_more) == pytest.approx((0.02, 0.02))
    assert code_of([few]) == Code.AS_GOOD
    many = _loss(0.75, 0.80, 0.0, ((0.70, 0.80), (0.75, 0.85)))
    assert code_of([many]) == Code.CANNOT_TELL
    worse = _loss(0.55, 0.80, 0.0, ((0.53, 0.58), (0.78, 0.83)))
    assert code_of([worse]) == Code.NOT_AS_GOOD
    unsure = _loss(0.55, 0.80, 0.0, ((0.45, 0.70), (0.75, 0.90)))
    assert code_of([unsure]) == Code.CANNOT_TELL
    blind = _loss(0.2, 0.3, 0.0, None)
    assert code_of([blind]) == Code.NEITHER_NOTICES
    perhaps = _loss(0.2, 0.3, 0.0, ((0.1, 0.6), (0.2, 0.7)))
    assert code_of([perhaps]) == Code.CANNOT_TELL


def test_verdict_and_page_say_that_failures_decide(failing):
    verdicts = [item for item in failing.verdicts() if item.topic == "break"]
    assert verdicts
    losses = [item for verdict in verdicts for item in verdict.losses if item.measure == "power"]
    assert any(item.failed_more > 0.1 for item in losses)
    assert {item.code for item in verdicts} == {Code.CANNOT_TELL}
    from simdesign.report import write_page

    failing.save()
    methods = write_page(failing.folder, "en").with_name("methods.html")
    page = methods.read_text(encoding="utf-8")
    assert "at most: failed replications count as heard at once" in page
