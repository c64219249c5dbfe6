"""A protocol before the results, results that are committed, and the same numbers later."""

import csv
import json
import shutil
import tomllib
from pathlib import Path

import pytest

from run.tiny import TINY, write_study
from simdesign.cli import call
from simdesign.errors import SpecError, StoreError
from simdesign.report import amendments, registered
from simdesign.run import LocalBackend, Store, load, make_plan, run, run_plan
from simdesign.spec.protocol import protocol_hash
from simdesign.spec.study import Study
from simdesign.stored import PublishedPaths, read_published_table
from simdesign.studies.check_model import protocol_of
from simdesign.studies.preregister import preregister
from simdesign.studies.publish import compare, publish, reproduce

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("finished")
    study = Study.from_toml(write_study(folder))
    preregister(study, "quick", folder / "protocol.md")
    return run(study, folder / "out", workers=1)


@pytest.fixture
def published(finished, tmp_path):
    target = tmp_path / "results" / "tiny"
    publish(finished, target, finished.folder.parent / "protocol.md")
    return target


def test_a_protocol_has_every_part_and_the_hash_of_the_study(finished):
    text = (finished.folder.parent / "protocol.md").read_text(encoding="utf-8")
    for part in ("Aims", "Data-generating mechanisms", "Estimands", "Methods",
                 "Performance measures", "Verdict", "Specification"):  # fmt: skip
        assert f"\n## {part}\n" in text
    found = registered(text)
    assert (found.hash, found.size) == (protocol_hash(finished.study, "quick"), "quick")
    for said in ("24 programmes", "12 replications", "`annual`", "seed 7", "at most 0.1443"):
        assert said in text
    body = text.split("```toml\n")[1].split("```")[0]
    again = Study.from_dict(tomllib.loads(body))
    assert protocol_hash(again, "quick") == found.hash


def test_the_hash_is_that_of_the_question_and_of_one_size():
    base = Study.from_dict(_study())
    assert protocol_hash(base, "quick") != protocol_hash(base, "more")
    other = _study()
    other["sizes"]["more"]["null"] = 40
    assert protocol_hash(Study.from_dict(other), "quick") == protocol_hash(base, "quick")
    for path, value in (
        (("decision", "margin", "power"), 0.2), (("seed",), 8), (("sizes", "quick", "null"), 25),
        (("aims",), "Another."),
    ):  # fmt: skip
        changed = _study()
        place = changed
        for key in path[:-1]:
            place = place.setdefault(key, {})
        place[path[-1]] = value
        assert protocol_hash(Study.from_dict(changed), "quick") != protocol_hash(base, "quick")


def _study():
    return tomllib.loads(TINY)


def test_a_protocol_is_replaced_only_with_a_reason_and_lists_it(tmp_path):
    path = tmp_path / "protocol.md"
    first = Study.from_dict(_study())
    assert "content hash" in preregister(first, "quick", path)
    assert "unchanged" in preregister(first, "quick", path)
    other = Study.from_dict(_study() | {"seed": 8})
    before = path.read_bytes()
    with pytest.raises(SpecError, match="holds another protocol"):
        preregister(other, "quick", path)
    assert path.read_bytes() == before
    preregister(other, "quick", path, amend="the seed\nwas taken")
    preregister(first, "quick", path, amend="back")
    listed = amendments(path.read_text(encoding="utf-8"))
    assert len(listed) == 2
    assert protocol_hash(first, "quick") in listed[0]
    assert listed[0].endswith("the seed was taken")
    assert registered(path.read_text(encoding="utf-8")).hash == protocol_hash(first, "quick")
    path.write_text("a thesis")
    with pytest.raises(SpecError, match="must be absent or a protocol"):
        preregister(first, "quick", path)
    with pytest.raises(SpecError, match="needs a protocol to replace"):
        preregister(first, "quick", tmp_path / "none.md", amend="why not")


def test_published_results_are_sorted_and_say_where_they_come_from(finished, published):
    names = {item.name for item in published.iterdir()}
    assert names == {
        "measures.csv.gz", "study.lock.json", "run.json", "verdict.json", "page.html",
        "methods.html",
    }  # fmt: skip
    rows = list(csv.reader(read_published_table(PublishedPaths(published).measures).splitlines()))
    assert rows[1:] == sorted(rows[1:])
    whole = finished.assessment().table.rows
    assert 100 < len(rows) - 1 < len(whole) / 3  # without curves and thresholds that nobody reads
    head = rows[0]
    published_keys = {(*row[: head.index("value")], row[-1]) for row in rows[1:]}
    assert len(published_keys) == len(rows) - 1
    assert {row["measure"] for row in whole} - {row[head.index("measure")] for row in rows} == {
        "delay_curve"
    }
    lock = json.loads((published / "study.lock.json").read_text())
    assert lock["digest"] == finished.digest()
    assert lock["protocol"] == {"hash": protocol_hash(finished.study, "quick"), "matches": True}
    assert "host" not in json.dumps(lock)
    assert Study.from_dict(lock["study"]).hash() == finished.study.hash()
    page = (published / "page.html").read_text(encoding="utf-8")
    assert "registered before the results" in page
    assert "vastgelegd vóór de resultaten" in page
    methods = (published / "methods.html").read_text(encoding="utf-8")
    assert 'class="measure"' not in methods  # the table beside it has them
    assert '<a href="measures.csv.gz"' in methods
    assert 'href="measures.csv.gz"' in page


def test_other_numbers_of_replications_do_not_match_the_protocol(finished, tmp_path):
    out = run(finished.study, tmp_path / "out", replications=20, workers=1)
    target = tmp_path / "results"
    said = publish(out, target, finished.folder.parent / "protocol.md")
    assert said[-1] == "protocol: they do not match it"
    assert "not those announced" in (target / "page.html").read_text(encoding="utf-8")
    without = publish(out, tmp_path / "without")
    assert without[-1] == "protocol: none"


def test_reproduced_measures_are_identical(published, tmp_path):
    found = reproduce(published, tmp_path / "again", workers=1)
    assert found.answer == "identical"
    assert found.n_row > 100


def test_a_changed_number_is_found_and_named(published):
    text = read_published_table(PublishedPaths(published).measures)
    lines = text.splitlines()
    place = lines[0].split(",").index("value")
    number = next(i for i, line in enumerate(lines) if line.split(",")[place] == "0.5")
    cells = lines[number].split(",")
    for value, answer in (("0.5000000001", "equal within 1e-9"), ("0.50001", "different")):
        cells[place] = value
        found = compare(text, "\n".join([*lines[:number], ",".join(cells), *lines[number + 1 :]]))
        assert found.answer == answer
        assert found.largest == pytest.approx(float(value) - 0.5, rel=1e-6)
    assert "0.5 published, 0.50001 now" in found.differences[0]
    fewer = compare(text, "\n".join(lines[:-1]))
    assert fewer.answer == "different"
    assert fewer.differences[0].startswith("only published: ")


def test_what_is_published_is_never_lost(finished, published, tmp_path):
    before = {p.name: p.read_bytes() for p in published.iterdir()}
    with pytest.raises(StoreError, match="--replace replaces them"):
        publish(finished, published)
    other = Study.from_dict(_study() | {"name": "other"})
    results = run(other, tmp_path / "other", replications=20, workers=1)
    with pytest.raises(StoreError, match="of another study"):
        publish(results, published, replace=True)
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.tex").write_text("years")
    with pytest.raises(StoreError, match=r"holds no study\.lock\.json"):
        publish(finished, tmp_path / "thesis", replace=True)
    assert {p.name: p.read_bytes() for p in published.iterdir()} == before
    publish(finished, published, replace=True)
    assert json.loads((published / "study.lock.json").read_text())["protocol"]["matches"] is None


def test_an_unfinished_study_is_not_published(finished, tmp_path):
    out = tmp_path / "out"
    shutil.copytree(finished.folder, out)
    next(iter(sorted(out.glob("shards/*.parquet")))).unlink()
    with pytest.raises(StoreError, match=r"misses .* replications"):
        publish(load(out), tmp_path / "results")
    assert not (tmp_path / "results").exists()


def test_too_many_bytes_are_refused(finished, tmp_path, monkeypatch):
    monkeypatch.setattr("simdesign.studies.publish.LARGEST", 1000)
    with pytest.raises(StoreError, match="would hold"):
        publish(finished, tmp_path / "results" / "tiny")
    assert not list((tmp_path / "results").iterdir())


def test_the_commands(finished, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    study = write_study(tmp_path)
    assert call(["preregister", str(study), "--size", "quick"]) == 0
    assert call(["preregister", str(study), "--size", "huge"]) == 2
    assert call(["publish", str(finished.folder), "results/tiny", "--protocol", "no.md"]) == 2
    assert call(["publish", str(finished.folder), "results/tiny", "--protocol", "protocol.md"]) == 0
    assert call(["reproduce", "results/nothing"]) == 2
    assert call(["reproduce", "results/tiny", "--workers", "1"]) == 0
    said = capsys.readouterr()
    assert "they match it" in said.out
    assert "identical:" in said.out
    plan = make_plan(Study.from_toml(study), "quick")
    run_plan(plan, Store("runs/reproduce-tiny"), LocalBackend(1))  # it is an ordinary folder


def test_a_model_check_has_a_protocol_of_its_own(tmp_path):
    study = Study.from_toml(ROOT / "experiments" / "model_check" / "study.toml")
    path = tmp_path / "protocol.md"
    assert "content hash" in preregister(study, "full", path, check=True)
    text = path.read_text(encoding="utf-8")
    for said in ("10000 draws at look 10", "3000 at the middle look", "`staggered`", "at 1 %"):
        assert said in text
    assert registered(text).hash == protocol_hash(study, "full")
    assert protocol_of(study, "full", path) == protocol_hash(study, "full")
    assert protocol_of(study, "quick", path) is None
    assert protocol_of(study, "full", tmp_path / "none.md") is None
    committed = (ROOT / "experiments" / "model_check" / "protocol.md").read_text(encoding="utf-8")
    assert text == committed
    with pytest.raises(SpecError, match="must be one of full, quick"):
        preregister(study, "middle", tmp_path / "other.md", check=True)
