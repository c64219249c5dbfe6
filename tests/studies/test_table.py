"""One measure by two columns, against the table of measures; the same of published results."""

import json
import math
from pathlib import Path

import pytest

from run.tiny import write_study
from simdesign.cli import call
from simdesign.errors import StoreError
from simdesign.run import Published, read, run
from simdesign.spec.study import Study
from simdesign.stored import StabilityFile
from simdesign.studies.option_command import options_command
from simdesign.studies.publish import publish
from simdesign.studies.stability import stability
from simdesign.studies.table import usual_columns

RESULTS = Path(__file__).parents[2] / "results"


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    folder = tmp_path_factory.mktemp("table")
    return run(Study.from_toml(write_study(folder)), folder / "out", workers=1)


@pytest.fixture(scope="module")
def published(done, tmp_path_factory):
    for command in ("stability", "options"):
        assert call([command, str(done.folder)]) == 0
    target = tmp_path_factory.mktemp("results") / "tiny"
    publish(done, target)
    return target


def test_cells_are_rows_of_the_table(done, capsys):
    options = ["--horizon", "3", "--where", "size=0.3", "--where", "estimator=euda"]
    assert call(["table", str(done.folder), *options, "--json"]) == 0
    cells = json.loads(capsys.readouterr().out)["cells"]
    assert len(cells) == 2 * 2
    frame = done.measures()
    for cell in cells:
        rows = frame[
            (frame["measure"] == "power") & (frame["horizon"] == 3) & (frame["size"] == 0.3)
            & (frame["estimator"] == "euda") & (frame["threshold"] == "operating")
            & (frame["budget"] == 0.1) & (frame["compared_with"] == "")
            & (frame["design"] == cell["design"])
            & (frame["sigma_shared"] == float(cell["sigma_shared"]))
        ]  # fmt: skip
        assert rows["value"].tolist() == [pytest.approx(cell["value"], rel=1e-9)]
        assert rows["mcse"].tolist() == [pytest.approx(cell["mcse"], rel=1e-9)]


def test_differences_and_percentages_in_words(done, capsys):
    options = ["--horizon", "3", "--where", "size=0.3", "--paired", "--per", "100"]
    assert call(["table", str(done.folder), *options]) == 0
    head, names, line = capsys.readouterr().out.splitlines()
    assert head.split() == ["sigma_shared"]
    assert names.split() == ["design", "0", "0.1"]
    frame = done.measures()
    rows = frame[
        (frame["measure"] == "power") & (frame["horizon"] == 3) & (frame["size"] == 0.3)
        & (frame["estimator"] == "exact") & (frame["threshold"] == "operating")
        & (frame["budget"] == 0.1) & (frame["compared_with"] == "annual")
    ].sort_values("sigma_shared")  # fmt: skip
    said = [
        f"{100 * v:.1f} ({100 * m:.1f})" for v, m in zip(rows["value"], rows["mcse"], strict=True)
    ]
    assert line.split() == ["two", *" ".join(said).split()]


@pytest.mark.parametrize(
    ("name", "head"),
    [
        ("annual_claim", "sigma_shared"), ("local_break", "sigma_rw_site"),
        ("mechanism_attribution", "mechanism"), ("pilot_constancy", "sigma_shared"),
        ("wrong_worlds", "size"),
    ],
)  # fmt: skip
def test_columns_are_of_a_factor_that_the_study_has(name, head):
    results = read(RESULTS / name)
    (first, *_) = results.records()
    assert usual_columns(results.study.factors, first) == head


def test_a_study_without_factors_has_sizes_for_columns():
    assert usual_columns((), ("scenario", "size", "value")) == "size"
    # a factor whose last word is taken has a column by its whole path
    assert usual_columns(["change.both.kind"], ("change.both.kind", "size")) == "change.both.kind"


@pytest.mark.parametrize(
    ("options", "rule"),
    [
        (["--rows", "town"], "column: must be one of scenario"),
        (["--rows", "value"], "must be one of scenario"),
        (["--where", "size"], "must be COLUMN=VALUE"),
        (["--where", "size=0.4"], "must be one of"),
        (["--measure", "weight"], "must be one of"),
        (["--horizon", "3"], "several rows in one cell: choose one, --where size="),
        (["--columns", "design"], "must be another column"),
        (["--per", "0"], "must be a number above 0"),
    ],
)
def test_wrong_input_is_one_line(done, capsys, options, rule):
    assert call(["table", str(done.folder), *options]) == 2
    error = capsys.readouterr().err
    assert rule in error
    assert error.count("\n") == 1


def test_published_results_say_the_same_as_the_folder_that_they_are_of(done, published, capsys):
    assert isinstance(read(published), Published)
    for command in (
        ["evaluate"], ["frontier"], ["table", "--horizon", "3", "--where", "size=0.3"],
        ["stability"], ["options"],
    ):  # fmt: skip
        said = []
        for folder in (done.folder, published):
            assert call([command[0], str(folder), *command[1:]]) == 0
            said.append(capsys.readouterr().out)
        assert said[0] == said[1]
        assert len(said[0]) > 100


def test_published_results_have_no_rows_and_say_so(done, published, tmp_path):
    with pytest.raises(StoreError, match="holds no rows, which another budget needs"):
        read(published).verdicts(0.2)
    without = tmp_path / "without"
    fresh = run(done.study, tmp_path / "out", workers=1)
    publish(fresh, without)
    with pytest.raises(StoreError, match=r"holds no stability\.json"):
        read(without).found_later(without / "stability.json", StabilityFile)
    with pytest.raises(StoreError, match="which losses and prices need"):
        options_command(without, missed_per_year=1e6, false_alarm=1e5)
    (without / "verdict.json").write_text('{"verdicts": [{"world": 3}]}')
    with pytest.raises(StoreError, match="verdicts: must have a list of losses"):
        read(without).verdicts()
    (without / "verdict.json").unlink()
    with pytest.raises(StoreError, match=r"holds no verdict\.json; publish it again"):
        read(without).averages()


def test_what_is_of_other_rows_is_left_out_and_said(done, published, tmp_path):
    before = published.joinpath("stability.json").read_bytes()
    path = done.folder / "stability.json"
    stored = path.read_text(encoding="utf-8")
    try:
        path.write_text(stored.replace(done.state(), "of other rows"), encoding="utf-8")
        said = publish(done, tmp_path / "tiny")
    finally:
        path.write_text(stored, encoding="utf-8")
    assert [line for line in said if "left out" in line] == [
        "left out: stability.json, which is of other rows or other code; call its command again"
    ]
    assert not (tmp_path / "tiny" / "stability.json").exists()
    assert (tmp_path / "tiny" / "options.json").exists()
    assert published.joinpath("stability.json").read_bytes() == before


def test_numbers_of_published_stability_are_those_of_the_rows(done, published):
    mine = read(published).found_later(published / "stability.json", StabilityFile)
    theirs = stability(done)
    assert mine == json.loads(
        json.dumps(theirs), parse_float=lambda text: float(f"{float(text):.12g}")
    )
    assert any(math.isfinite(row["mcse"]) for row in mine["rows"] if row["mcse"] is not None)


@pytest.mark.parametrize(
    "folder", sorted(path.parent for path in RESULTS.glob("*/measures.csv.gz")),
    ids=lambda path: path.name,
)  # fmt: skip
def test_without_options_it_shows_a_table_of_every_published_study(folder, capsys):
    """The world of the page: what was taken, asked for by hand, gives the same cells."""
    assert call(["table", str(folder), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["taken"]["horizon"] == "3"
    study = read(folder).study
    if "substance" in found["taken"]:
        assert found["taken"]["substance"] == next(iter(study.world.substances))
    wanted = max(0.3, study.decision.margin.smallest_change)
    if "size" in found["taken"]:
        sizes = {row["size"] for row in read(folder).records() if row["role"] == "alternative"}
        known = [size for size in sizes if not math.isnan(size)]
        assert float(found["taken"]["size"]) == min(known, key=lambda size: abs(size - wanted))
    assert call(["table", str(folder)]) == 0
    first, head, *_ = capsys.readouterr().out.splitlines()
    assert first.startswith("power, horizon=3")
    assert first.endswith("; --where chooses others")
    rows, columns = "design", head.strip()
    asked = [
        word for name, level in found["taken"].items() for word in ("--where", f"{name}={level}")
    ]
    assert call(["table", str(folder), "--json", *asked]) == 0
    again = json.loads(capsys.readouterr().out)
    assert again["cells"] == found["cells"]
    assert again["taken"] == {}
    assert found["taken"].get("departure", "default") == "default"
    assert {rows, columns, "value", "mcse"} == set(found["cells"][0])
