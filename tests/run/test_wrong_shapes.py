"""JSON of the wrong shape: one line names file, field, value and rule; nothing is written."""

import json
import random
from dataclasses import asdict

import pytest

from run.small import copied, files_in, small_run
from simdesign.cli import call
from simdesign.errors import StoreError
from simdesign.run import Store, Target, load, make_plan
from simdesign.run.backends import slurm_commands
from simdesign.run.cluster import ClusterOptions, draft, submit
from simdesign.run.precision import Decision, Question
from simdesign.run.submission import Note, State, submissions
from simdesign.stored import MOST_OF_A_SCENARIO

WRONG = (None, True, -1, 10**30, 0.5, "x", [], {}, [{"a": 1}], [None])
N_TRIED = 90
"""Of some thousand ways to harm a file."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Make a folder with every file: it was adaptive, and an element of its jobs has ended."""
    place = tmp_path_factory.mktemp("whole")
    results = small_run(place, place / "out")
    names = [item.name for item in results.plan.scenarios]
    spent = dict.fromkeys(names, 6)
    question = Question(scenario=names[-1], what="power@3", value=0.4, mcse=0.2, wanted=0.1)
    decision = Decision(look=1, spent=spent, asked=4, undefined=0, open=(question,), then=spent)
    target = {**asdict(Target(mcse=0.2)), "measures": ["power@3"]}
    results.store.precision_path.write_text(
        json.dumps({
            "study_hash": results.study.hash(), "size": "quick", "target": target,
            "rounds": [{**asdict(decision), "open": [asdict(question)]}],
        })
    )  # fmt: skip
    path = results.store.manifest_path
    path.write_text(json.dumps(json.loads(path.read_text()) | {"target": target}))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(slurm_commands, "sbatch", lambda arguments: "7")
        more = make_plan(results.study, "quick", 40)
        found = draft(
            more, results.store, ClusterOptions(task_minutes=0.2), slurm_commands.Limits()
        )
        whole = path.read_bytes()
        made = submit(found)
        path.write_bytes(whole)
    note = Note(state=State.KILLED, job="7", host="n1", n_done=1, n_rep=9, at=(0, 3))
    made.write_note(1, note)
    made.exit_path(1).write_text("137 none 7\n")
    made.end(made.fates())
    made.write_note(0, note)
    made.write_pilot({
        "host": "n1", "startup_seconds": 1.0, "compile_seconds": 2.0,
        "seconds_per_replication": {"null_mixture": 0.1}, "measured_to_expected": 0.5,
    })  # fmt: skip
    return results


def read_by_status(folder):
    """Return the JSON files that `status` and `resume` read."""
    made = submissions(folder)[0]
    return [
        folder / "manifest.json", folder / "precision.json", made.record_path, made.ended_path,
        made.note_path(0),
    ]  # fmt: skip


def places(value, path=()):
    """Yield the path of every value in a tree of JSON."""
    yield path
    if isinstance(value, dict):
        for key, item in value.items():
            yield from places(item, (*path, key))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from places(item, (*path, number))


def harmed(text, path, wrong, is_missing):
    """Return a JSON text with the value at a path replaced or left out."""
    content = json.loads(text)
    if not path:
        return json.dumps(wrong)
    parent = content
    for key in path[:-1]:
        parent = parent[key]
    if is_missing:
        del parent[path[-1]]
    else:
        parent[path[-1]] = wrong
    return json.dumps(content)


def in_one_line(capsys, status, path):
    said = capsys.readouterr()
    assert status in (0, 2)
    if status == 2:
        assert said.out == ""
        (line,) = said.err.splitlines()
        assert str(path) in line
    return said.err


def test_whatever_a_file_holds_is_one_line(folder, tmp_path, capsys):
    out = copied(folder, tmp_path / "out").folder
    capsys.readouterr()
    assert call(["status", str(out)]) == 0
    assert "1 killed" in capsys.readouterr().out
    luck = random.Random(5)
    refused = 0
    for _ in range(N_TRIED):
        path = luck.choice(read_by_status(out))
        whole = path.read_text()
        place = luck.choice(list(places(json.loads(whole))))
        path.write_text(harmed(whole, place, luck.choice(WRONG), luck.random() < 0.2))
        before = files_in(out)
        status = call(["status", str(out)])
        in_one_line(capsys, status, path)
        refused += status == 2
        assert files_in(out) == before
        path.write_text(whole)
    assert refused > 0.6 * N_TRIED


@pytest.mark.parametrize(
    ("name", "change", "words"),
    [
        ("manifest.json", {"replications": "6"}, ["replications: must be a number", '"6"']),
        ("manifest.json", {"replications": True}, ["replications: must be a number", "true"]),
        ("manifest.json", {"replications": 10**13}, [f"must be from 1 to {MOST_OF_A_SCENARIO}"]),
        ("manifest.json", {"replications": {"null_mixture": 6}}, ["replications", "has no number"]),
        ("manifest.json", {"size": "huge"}, ["huge"]),
        ("manifest.json", {"target": {"mcse": 0.1}}, ["must have the key 'target.measures'"]),
        ("manifest.json", {"target": [3]}, ["target: ", "[3]"]),
        ("manifest.json", {"code": 3}, ["code: must be a valid string, got 3"]),
        ("precision.json", {"rounds": {}}, ["rounds: must be a valid array, got {}"]),
        ("precision.json", {"target": None}, ["target: ", "got null"]),
        ("submission.json", {"arrays": {}}, ["arrays: must be a valid array, got {}"]),
        ("submission.json", {"n_element": 10**15}, ["n_element: ", "got 1000000000000000"]),
        ("submission.json", {"simdesign": 3}, ["must be a record of a submission of format 1"]),
        ("ended.json", {"fates": [3]}, ["fates.0: ", "got 3"]),
        ("000000.json", {"state": "asleep"}, ["state: must be 'waiting', 'running'", '"asleep"']),
        ("000000.json", {"at": [0]}, ["must have the key 'at.1'"]),
    ],
)  # fmt: skip
def test_the_line_names_field_rule_and_value(folder, tmp_path, capsys, name, change, words):
    out = copied(folder, tmp_path / "out").folder
    path = next(item for item in read_by_status(out) if item.name == name)
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    capsys.readouterr()
    assert call(["status", str(out)]) == 2
    line = in_one_line(capsys, 2, path)
    for word in words:
        assert word in line


@pytest.mark.parametrize(
    "text", ["", "[]", "null", '{"a": ', "\x00", '{"a": "\\ud800"}', "[" * 9999]
)
def test_what_is_no_object_is_refused_by_every_command(folder, tmp_path, capsys, text):
    out = copied(folder, tmp_path / "out").folder
    address = ["--scenario", "null_mixture", "--replication", "0", "--design", "two",
               "--estimator", "euda"]  # fmt: skip
    commands = [
        ["status", out], ["resume", out], ["resume", out, "--backend", "local"], ["collect", out],
        ["evaluate", out], ["report", out], ["verify", out], ["replay", out, *address],
        ["publish", out, tmp_path / "published"], ["failures", out],
        ["refine", out, "--with", "exact"],
    ]  # fmt: skip
    for path in (out / "manifest.json", out / "precision.json"):
        whole = path.read_bytes()
        path.write_text(text)
        before = files_in(out)
        for command in commands:
            assert call([str(word) for word in command]) == 2
            in_one_line(capsys, 2, path)
        assert files_in(out) == before
        path.write_bytes(whole)
    assert not (tmp_path / "published").exists()


def test_a_claim_that_is_none_is_refused_before_anything_is_run(folder, tmp_path):
    out = copied(folder, tmp_path / "out").folder
    path = out / "studies" / "0001" / "manifest.json"
    whole = path.read_text()
    for place, wrong in (((), []), (("study",), 3), (("size",), None), (("own_sources",), [1])):
        path.write_text(harmed(whole, place, wrong, False))
        before = files_in(out)
        with pytest.raises(StoreError, match=r"0001/manifest\.json: "):
            Store(out).check(folder.plan)
        assert files_in(out) == before


@pytest.mark.parametrize(
    "line",
    [
        "3",
        "{}",
        '{"number": 1, "ranges": [{"scenario": "a", "start": 4, "stop": 4, "seconds": 1}]}',
    ],
)
def test_a_list_of_elements_is_refused_by_its_line(folder, tmp_path, line):
    made = submissions(copied(folder, tmp_path / "out").folder)[0]
    first = made.elements_path.read_text().splitlines()[0]
    made.elements_path.write_text(f"{first}\n{line}\n")
    with pytest.raises(StoreError, match=r"elements\.jsonl: line 2: "):
        list(made.elements())


def test_verdicts_that_cannot_be_understood_are_computed_again(folder, tmp_path, capsys):
    out = copied(folder, tmp_path / "out").folder
    load(out).save()
    path = out / "verdict.json"
    whole = path.read_text()
    for change in ({"verdicts": [{}]}, {"verdicts": {}}, {"state": []}):
        path.write_text(json.dumps(json.loads(whole) | change))
        assert call(["evaluate", str(out)]) == 0
        assert path.read_text() == whole
    capsys.readouterr()
