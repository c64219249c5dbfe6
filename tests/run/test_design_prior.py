"""A study whose worlds come from a table of draws: rows, results folder, assurance, page."""

import csv
import json
import math
import shutil

import numpy as np
import pytest

from mc import Z
from run.tiny import write_study
from simdesign.cli import call
from simdesign.errors import SpecError, StoreError
from simdesign.report import protocol_text, write_page
from simdesign.run import load, run
from simdesign.run.plan import make_plan
from simdesign.run.reweighted import reweighted
from simdesign.spec.quantity import HalfNormal
from simdesign.spec.study import Study
from simdesign.studies.constancy.evidence import drawn as constancy_draws
from simdesign.studies.two_weeks_noise import world_noise
from spec.draw_tables import column, made_up, write_table

DRAWN = (
    'sigma_shared = { dist = "halfnormal", scale = 0.08 }\n'
    'sigma_rw = { dist = "halfnormal", scale = 0.06 }\n'
)
FACTORS = '[factors]\n"world.substances.*.sigma_shared" = [0.0, 0.1]\n"change.size" = [0.3, -0.3]\n'
SMALLER = (
    ('[designs.two]\nschedule = { kind = "fixed_weeks", weeks = [11, 37] }\n\n', ""),
    ('[estimators.exact]\nkind = "exact_step"', '[estimators.z]\nkind = "z_test"'),
    ('[estimators.euda]\nkind = "euda_rule"\n\n', ""),
)
ROWS = [row | {"tau": 1} for row in made_up(5)]
N_ALT = 200


def study_file(folder, *changes):
    """Write the tiny study with the table's draws as design prior, and its table beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    write_table(folder / "table.csv", ROWS)
    return write_study(folder, (DRAWN, 'estimate = "table.csv"\n'), *changes)


def averaged(folder):
    """Write the study that draws the world of the change too."""
    return study_file(
        folder, ("[world.substances.cocaine]\n",
                 '[world.substances.cocaine]\nestimate = "table.csv"\n'),
        (FACTORS, ""), ("alternative = 12", f"alternative = {N_ALT}"),
        ("null = 24", "null = 200"),
        ('reference = "annual"', 'reference = "annual"\nbudgets = [0.1]'), *SMALLER,
    )  # fmt: skip


@pytest.fixture(scope="module")
def mixture(tmp_path_factory):
    """Return the results of a study that draws its null mixture."""
    folder = tmp_path_factory.mktemp("mixture")
    results = run(Study.from_toml(study_file(folder)), folder / "out", workers=1)
    results.save()
    return results


@pytest.fixture(scope="module")
def assured(tmp_path_factory):
    """Return the results of a study that draws every world."""
    folder = tmp_path_factory.mktemp("assured")
    results = run(Study.from_toml(averaged(folder)), folder / "out", workers=1)
    results.save()
    return results


def test_stored_rows_have_rows_of_the_table_and_need_it_no_more(mixture):
    rows = mixture.rows("null_mixture").drop_duplicates("replication")
    wanted = [column(ROWS, "cocaine", name) for name in ("sigma_shared", "sigma_rw", "drift")]
    known = set(zip(*wanted, strict=True))
    found = set(zip(rows["sigma_shared"], rows["sigma_rw"], rows["drift"], strict=True))
    assert found <= known
    assert len(found) > 1
    (mixture.folder.parent / "table.csv").unlink()
    again = load(mixture.folder)
    assert again.status()["missing"] == 0
    assert again.digest() == mixture.digest()


def test_moving_the_study_changes_no_number_and_another_table_is_another_study(mixture, tmp_path):
    moved = Study.from_toml(study_file(tmp_path / "elsewhere" / "deep"))
    results = run(moved, tmp_path / "out", workers=1)
    assert results.digest() == mixture.digest()
    contents = {c.content for cells in make_plan(moved, "quick").cells.values() for c in cells}
    changed = [dict(row) for row in ROWS]
    changed[0]["drift"] += 1e-6
    path = study_file(tmp_path / "other")
    write_table(path.parent / "table.csv", changed)
    other = make_plan(Study.from_toml(path), "quick")
    fresh = {c.content for c in other.cells["null_mixture"]}
    assert not fresh & contents
    fixed = {c.content for name, cells in other.cells.items() if name != "null_mixture"
             for c in cells}  # fmt: skip
    assert fixed <= contents  # fixed worlds do not know of the table
    shutil.copytree(results.folder, tmp_path / "copy")
    with pytest.raises(StoreError, match="holds other results under the same names"):
        run(Study.from_toml(path), tmp_path / "copy", workers=1)


def test_power_in_drawn_worlds_is_an_assurance_and_in_fixed_ones_is_not(assured, mixture):
    assert not [row for row in mixture.records() if row["measure"] == "assurance"]
    found = [row for row in assured.records() if row["measure"] == "assurance"]
    powers = [row for row in assured.records() if row["measure"] == "power"]
    assert len(found) == len(powers) > 0
    for row, power in zip(found, powers, strict=True):
        assert row | {"measure": "power"} == pytest.approx(power, nan_ok=True)
    scenario = next(item for item in assured.plan.scenarios if item.role == "alternative")
    assert scenario.averaged_over("cocaine") == (
        "sigma_shared", "sigma_site", "drift", "sigma_rw"
    )  # fmt: skip


def test_an_assurance_is_the_mean_of_conditional_powers(assured, tmp_path):
    """Exact enumeration: a replication is that of the fixed world with its row, bit for bit."""
    rows = assured.rows("change")
    rows = rows[rows["estimator"] == "z"]
    score = rows.pivot(index="replication", columns="look", values="score")
    shared = rows.drop_duplicates("replication").set_index("replication")["sigma_shared"]
    seen = 0
    for draw, value in enumerate(column(ROWS, "cocaine", "sigma_shared")):
        given = "".join(
            f"{field} = {column(ROWS, 'cocaine', field)[draw]!r}\n"
            for field in ("sigma_shared", "sigma_rw", "sigma_site", "drift")
        )
        path = study_file(
            tmp_path / str(draw),
            ("[world.substances.cocaine]\n", f"[world.substances.cocaine]\n{given}"),
            (FACTORS, ""), ("alternative = 12", f"alternative = {N_ALT}"), *SMALLER,
        )  # fmt: skip
        fixed = run(Study.from_toml(path), tmp_path / f"out{draw}", workers=1).rows("change")
        fixed = fixed[fixed["estimator"] == "z"]
        same = fixed.pivot(index="replication", columns="look", values="score")
        mine = shared.index[shared == value]
        np.testing.assert_array_equal(score.loc[mine], same.loc[mine])
        seen += mine.size
    assert seen == N_ALT


def test_the_error_of_an_assurance_is_that_of_new_replications_of_the_same_table(assured, tmp_path):
    """The joint bootstrap against fresh studies with other seeds."""
    place = {"measure": "assurance", "threshold": "operating", "estimator": "z"}

    def value(results):
        return next(
            row for row in results.records()
            if all(row[key] == item for key, item in place.items())
            and (row["horizon"], row["budget"]) == (3.0, 0.1)
        )  # fmt: skip

    path = averaged(tmp_path)
    text, fresh = path.read_text(), []
    for seed in range(20, 28):
        path.write_text(text.replace("seed = 7", f"seed = {seed}"))
        fresh.append(value(run(Study.from_toml(path), tmp_path / str(seed), workers=1)))
    values = np.array([row["value"] for row in fresh])
    stated = float(np.sqrt(np.mean([row["mcse"] ** 2 for row in fresh])))
    ratio = float(values.std(ddof=1)) / stated
    # SD of the SD of 8 values is about 1 / sqrt(14) of it
    assert abs(math.log(ratio)) < Z / math.sqrt(14)
    mine = value(assured)
    error = math.hypot(mine["mcse"], stated / math.sqrt(len(fresh)))
    assert abs(mine["value"] - values.mean()) < Z * error


def test_the_page_and_the_manifest_say_which_draws(assured):
    estimate = assured.study.null.substances["cocaine"].estimate
    manifest = json.loads((assured.folder / "manifest.json").read_text())
    kept = manifest["study"]["null"]["substances"]["cocaine"]["estimate"]
    assert (kept["sha256"], kept["ignored"]) == (estimate.sha256, ["tau"])
    for lang, words in (
        ("en", ("estimate table, 5 joint draws of sigma_shared", "an error of at most 0.224",
                "Columns not used: tau")),
        ("nl", ("schatting table, 5 gezamenlijke trekkingen", "een fout van hoogstens 0,224",
                "Niet-gebruikte kolommen: tau")),
    ):  # fmt: skip
        page = write_page(assured.folder, lang)
        for text in (*words, estimate.sha256):
            assert text in page.read_text(encoding="utf-8")
        methods = page.with_name("methods.html").read_text(encoding="utf-8")
        assert "Assurance: the same power" in methods
    assert "| with the change; parameters drawn from" in protocol_text(assured.study, "quick")
    with (assured.folder / "measures.csv").open(encoding="utf-8") as file:
        assert "assurance" in {row["measure"] for row in csv.DictReader(file)}


def test_weights_reach_neither_from_nor_to_a_table(assured, tmp_path, capsys):
    with pytest.raises(SpecError, match="drawn jointly with others from a table"):
        reweighted(assured, {"cocaine": {"sigma_rw": HalfNormal(scale=0.05)}})
    path = tmp_path / "prior.toml"
    path.write_text('[cocaine]\nestimate = "NL"\n')
    assert call(["reweight", str(assured.folder), "--prior", str(path)]) == 2
    out = capsys.readouterr().err
    assert "cocaine.estimate: cannot be reached by weights" in out
    assert len(out.strip().splitlines()) == 1


def test_the_command_says_what_it_uses_and_refuses_in_one_line(tmp_path, capsys):
    path = study_file(tmp_path)
    assert call(["run", str(path), "--list"]) == 0
    said = capsys.readouterr().err
    assert "null.substances.cocaine: 5 joint draws of sigma_shared" in said
    assert "columns not used: tau" in said
    (tmp_path / "table.csv").unlink()
    assert call(["run", str(path), "--list"]) == 2
    out = capsys.readouterr().err
    assert "null.substances.cocaine.estimate" in out or "substances.cocaine.estimate" in out
    assert len(out.strip().splitlines()) == 1


def test_other_readers_of_a_world_keep_its_rows_whole(tmp_path):
    path = averaged(tmp_path)
    fields = ("sigma_shared", "sigma_rw", "sigma_site", "drift")
    known = set(zip(*(column(ROWS, "cocaine", name) for name in fields), strict=True))
    noise = world_noise(path, "cocaine", 100, 1)
    rows = set(zip(*(getattr(noise.draws, name).tolist() for name in fields), strict=True))
    assert rows == known  # 100 draws of five rows leave one out with probability 1e-9
    assert noise.priors["sigma_rw"] == "one of 5 joint draws"
    theta = constancy_draws(Study.from_toml(path), "cocaine", 100)
    assert set(zip(*(theta[name].tolist() for name in fields), strict=True)) == known
