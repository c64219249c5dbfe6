"""What would change the verdicts: every option, the flips between them, and what is refused."""

import json

import pytest

from run.tiny import write_study
from simdesign.cli import call
from simdesign.report import write_page
from simdesign.report.folder import read_folder
from simdesign.run import run
from simdesign.spec.study import Study
from simdesign.studies.stability import CONSTANCY, stability
from simdesign.studies.stability_words import lines

OWN = """[null.substances.cocaine]
sigma_shared = { dist = "halfnormal", scale = 0.08 }
sigma_rw = { dist = "halfnormal", scale = 0.06 }
"""
DRAWN = (
    OWN
    + """sigma_site = { dist = "lognormal", median = 0.07, log_sd = 0.4 }
drift = { dist = "normal", mean = 0.05, sd = 0.05 }
r_lab = { dist = "choice", values = [0.0, 0.5, 0.8] }
season_amplitude = { dist = "halfnormal", scale = 0.08 }
"""
)
TABLE = """[null.substances.cocaine]
estimate = "NL"
"""
WIDER = """[estimators.wide]
kind = "exact_step"
sigma_shared = { dist = "halfnormal", scale = 0.3 }

[decision]"""
R_LAB = '"world.substances.*.r_lab" = [0.0, 0.8]'
ONE = ('[designs.two]\nschedule = { kind = "fixed_weeks", weeks = [11, 37] }\n\n', "")


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    folder = tmp_path_factory.mktemp("stability")
    path = write_study(
        folder, (OWN, DRAWN), ("[decision]", WIDER), ("null = 24", "null = 500"),
        ("null_world = 20\nalternative = 12", "null_world = 60\nalternative = 60"),
        ('"change.size" = [0.3, -0.3]', '"change.size" = [0.3]\n' + R_LAB),
    )  # fmt: skip
    return run(Study.from_toml(path), folder / "out", workers=1)


@pytest.fixture(scope="module")
def content(results):
    return stability(results)


def test_every_choice_has_a_verdict_in_every_world(content):
    options = {}
    for row in content["rows"]:
        if row["topic"] == "break":
            options.setdefault((row["group"], row["option"]), []).append(row)
    wanted = {("stated", "stated"), ("threshold", "oracle"), ("threshold", "guarded"),
              ("design_prior", "NL"), ("estimator", "euda"), ("estimator", "wide")}  # fmt: skip
    wanted |= {("budget", f"{b:g}") for b in (0.05, 0.1, 0.2, 0.5)}
    refused = {(item["group"], item["option"]) for item in content["refused"]}
    wanted |= {("constancy", f"{c:g}") for c in CONSTANCY} - refused
    assert set(options) == wanted
    assert len(refused) < len(CONSTANCY)
    for rows in options.values():
        assert len(rows) == 4  # two levels of the shared error, two of r_lab
        assert all(row["mcse"] is not None for row in rows)


def test_the_stated_budget_is_the_stated_verdict(content):
    rows = {
        (row["group"], row["option"], json.dumps(row["world"])): row
        for row in content["rows"] if row["topic"] == "break"
    }  # fmt: skip
    n = 0
    for (group, option, world), row in rows.items():
        if (group, option) == ("budget", "0.1"):
            assert row["reference_value"] == rows["stated", "stated", world]["reference_value"]
            n += 1
    assert n == 4


def test_more_false_alarms_notice_more(content):
    rows = {
        (row["option"], json.dumps(row["world"])): row["reference_value"]
        for row in content["rows"] if row["group"] == "budget"
    }  # fmt: skip
    for (option, world), value in rows.items():
        if option == "0.5":
            assert value >= rows["0.05", world]


def test_flips_are_where_the_rows_differ(content):
    codes = {}
    for row in content["rows"]:
        if row["topic"] == "break":
            codes[row["group"], row["option"], json.dumps(row["world"])] = row["code"]
    for item in content["flips"]:
        if "option" in item:
            place = json.dumps(item["world"])
            assert codes["stated", "stated", place] == item["before"]
            assert codes[item["group"], item["option"], place] == item["after"]
            assert item["before"] != item["after"]
        elif item["group"] in ("budget", "constancy"):
            place = json.dumps(item["world"])
            assert codes[item["group"], f"{item['low']:g}", place] == item["before"]
            assert codes[item["group"], f"{item['high']:g}", place] == item["after"]
    moved = {
        (group, option, world)
        for (group, option, world), code in codes.items()
        if group in ("threshold", "design_prior", "estimator")
        and code != codes["stated", "stated", world]
    }
    told = {
        (item["group"], item["option"], json.dumps(item["world"]))
        for item in content["flips"] if "option" in item
    }  # fmt: skip
    assert told == moved


def test_an_estimator_that_differs_in_one_number_makes_a_grid(content):
    fields = {item["field"]: item["values"] for item in content["grids"]}
    assert fields == {"sigma_shared.scale": [0.08, 0.3]}


def test_the_estimate_s_weights_are_a_density_and_name_their_parameters(content):
    item = next(x for x in content["design_priors"] if x["option"] == "NL")
    # with sigma_site fewer than 400 effective replications were left
    assert set(item["fields"]) == {"sigma_shared", "sigma_rw", "drift"}
    assert abs(item["mean_weight"] - 1.0) < 5 * item["mean_weight_error"]
    assert item["effective"] >= 50


def test_the_command_writes_what_the_page_shows(results, capsys):
    assert call(["stability", str(results.folder), "--json"]) == 0
    stored = json.loads((results.folder / "stability.json").read_text())
    assert json.loads(capsys.readouterr().out) == stored
    out = "\n".join(lines(stored))
    assert "stated | stated | cocaine | " in out
    assert "margin | picture" in out
    assert "analysis | cocaine | sigma_shared.scale 0.08, 0.3 | " in out
    page = write_page(results.folder)
    for text in ("What would change this verdict", "Wat deze uitkomst zou veranderen"):
        assert text in page.read_text(encoding="utf-8")
    methods = page.with_name("methods.html").read_text(encoding="utf-8")
    for text in ("design prior: estimate NL, smoothed", "false alarms 50"):
        assert text in methods
    # of other rows: it is not shown
    (results.folder / "stability.json").write_text(json.dumps(stored | {"state": "other"}))
    assert read_folder(results.folder).stability is None


def test_a_null_mixture_from_a_table_has_no_density(tmp_path):
    path = write_study(
        tmp_path, (OWN, TABLE), ('"change.size" = [0.3, -0.3]', '"change.size" = [0.3]'),
        ("null = 24", "null = 60"),
    )  # fmt: skip
    content = stability(run(Study.from_toml(path), tmp_path / "out", workers=1))
    reasons = {item["option"]: item["reason"] for item in content["refused"]}
    assert "no density" in reasons["NL"]
    assert not any(row["group"] == "design_prior" for row in content["rows"])


def test_smoothed_weights_agree_with_a_study_that_drew_the_table(results, tmp_path):
    """The threshold of a null mixture that draws the table itself, within both errors."""
    import math

    import numpy as np

    from simdesign import decide
    from simdesign.run.grid import load_grid
    from simdesign.run.moved import weighted_at
    from simdesign.studies.stability import _design_priors

    prior = next(x for x in _design_priors(results) if x.option == "NL")
    weighted = prior.fields["cocaine"]
    rest = [line for line in DRAWN.splitlines()[1:] if line.split(" = ")[0] not in weighted]
    keep = "\n".join(rest) + "\n"
    fixed = results.study.null.substances["cocaine"]  # what the stored mixture did not draw
    for name in ("sigma_rw_site", "day_sd", "day_rho"):
        keep += f"{name} = {getattr(fixed, name)}\n"
    path = write_study(
        tmp_path, (OWN, TABLE + keep), ONE, ("seed = 7", "seed = 8"), ("null = 24", "null = 500"),
        ('[estimators.euda]\nkind = "euda_rule"\n\n', ""),
    )  # fmt: skip
    other = run(Study.from_toml(path), tmp_path / "out", workers=1)
    fresh = load_grid(other.store, other.plan, other.plan.scenarios[0])
    cell = ("annual", "exact", "cocaine")
    rng = np.random.default_rng(1)
    wanted = decide.calibrated_threshold(
        decide.largest_scores(fresh.cell("score", *cell)), 0.1,
        decide.resampling_counts(rng, 300, fresh.n_rep),
    )  # fmt: skip
    grid = load_grid(results.store, results.plan, results.plan.scenarios[0])
    limit = weighted_at(0.1, {"cocaine": prior.weights["cocaine"].weight})
    found = limit(grid, cell, decide.resampling_counts(rng, 300, grid.n_rep))
    error = math.hypot(found.draws.std(), wanted.draws.std())
    assert abs(found.value - wanted.value) < 4 * error
    assert error < 1.0
