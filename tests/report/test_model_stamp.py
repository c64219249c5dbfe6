"""The stamp: checked only with the same kernels and the same description, and nothing rejected."""

import json

import pytest

from simdesign.report.folder import read_folder
from simdesign.report.methods import methods_html
from simdesign.report.model_check import stamp_of
from simdesign.report.page import page_html
from simdesign.report.texts import LANGUAGES, Texts
from simdesign.spec.model_hash import design_hash, model_hash


@pytest.fixture
def folder(results, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)  # no committed check is in sight
    yield read_folder(results.folder)
    (results.folder / "model_check.json").unlink(missing_ok=True)


def write_check(folder, **changes):
    """Write a check of everything that the folder's study needs, changed."""
    study = folder.study
    towns = [(t.name, float(t.population)) for t in study.world.catchments]
    cells = [
        {
            "estimator": "exact", "design": design, "substance": substance, "look": 10,
            "model_hash": model_hash(study.estimators["exact"], substance),
            "design_hash": design_hash(study.designs[design], study.programme, towns),
            "n": 1000, "n_failed": 0, "n_test": 25, "smallest_p": 0.4, "rejected": [],
            "coverage": 0.953, "coverage_mcse": 0.007,
        }
        | {key: value for key, value in changes.items() if key != "kernels"}
        for design in study.designs
        for substance in folder.substances
    ]  # fmt: skip
    kernels = changes.get("kernels", folder.manifest["provenance"]["kernels"])
    content = {"model_check": 1, "kernels": kernels, "cells": cells}
    (folder.path / "model_check.json").write_text(json.dumps(content), encoding="utf-8")


def test_without_a_check_nothing_is_checked(folder):
    for lang in LANGUAGES:
        stamp = stamp_of(folder, Texts(lang))
        assert not stamp.checked
        assert stamp.evidence is None
        assert any("check-model" in line for line in stamp.reasons)


def test_a_check_of_the_same_model_with_the_same_kernels_counts(folder):
    write_check(folder)
    stamp = stamp_of(folder, Texts("en"))
    assert stamp.checked
    assert stamp.title == "Model checked"
    assert stamp.reasons == (Texts("en")("stamp.own"),)
    # rules without a model need none; every row names its numbers with their error
    assert {row[0] for row in stamp.evidence.rows} == {"exact"}
    assert all("95.3 (0.7)" in row for row in stamp.evidence.rows)
    dutch = stamp_of(folder, Texts("nl"))
    assert all("95,3 (0,7)" in row for row in dutch.evidence.rows)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"kernels": "0123456789abcdef"}, "kernels"),
        ({"model_hash": "0123456789abcdef"}, "absent"),
        ({"rejected": ["sigma_rw chi_square"]}, "rejected"),
        ({"n_failed": 3}, "failed"),
    ],
)
def test_why_not(folder, changes, reason):
    write_check(folder, **changes)
    stamp = stamp_of(folder, Texts("en"))
    assert not stamp.checked
    ending = Texts("en")(f"stamp.{reason}", estimator="").split(". ")[0]
    assert any(ending in line for line in stamp.reasons)
    assert (stamp.evidence is not None) == (reason in ("rejected", "failed"))


def test_another_design_is_said_to_be_another(folder):
    write_check(folder, design_hash="0123456789abcdef")
    stamp = stamp_of(folder, Texts("en"))
    assert stamp.checked
    assert stamp.reasons == (Texts("en")("stamp.other"),)


def test_a_committed_check_is_found(folder, tmp_path):
    write_check(folder)
    committed = tmp_path / "results" / "model_check"
    committed.mkdir(parents=True)
    (folder.path / "model_check.json").rename(committed / "model_check.json")
    assert stamp_of(folder, Texts("en")).checked
    (committed / "model_check.json").write_text("{ half", encoding="utf-8")
    assert not stamp_of(folder, Texts("en")).checked


def test_the_page_shows_it_in_both_languages(folder):
    write_check(folder)
    page = page_html(folder, "en")
    assert page.count('class="stamp checked"') == 2
    assert "Model checked" in page
    assert "Model gecontroleerd" in page
    assert "95.3 (0.7)" in methods_html(folder)
    write_check(folder, kernels="0123456789abcdef")
    assert page_html(folder, "en").count('class="stamp not_checked"') == 2


def test_the_reliability_figure_finds_an_estimator_that_the_check_calls_otherwise(folder):
    """A study names its estimators as it likes; a check goes by their description."""
    write_check(folder, estimator="reference_engine")
    head = "variant,estimator,design,substance,look,quantity,low,high,n,mean_prob,frequency,mcse"
    row = "own,reference_engine,annual,cocaine,10,broken,0.2,0.3,400,0.25,0.26,0.022"
    other = row.replace("reference_engine", "exact").replace("0.26", "0.99")
    curves = folder.path / "model_check_curves.csv"
    curves.write_text("\n".join((head, row, other, "")), encoding="utf-8")
    try:
        stamp = stamp_of(folder, Texts("en"))
        assert stamp.judging == {"reference_engine"}
        text = methods_html(folder)
    finally:
        curves.unlink()
    assert "Reliability of P(break)" in text
    assert "0.260 (0.022)" in text
    assert "0.990" not in text  # another model that happens to have the study's name


def test_each_check_counts_for_what_it_checked(folder, tmp_path):
    """Two committed checks call different descriptions by one name."""
    head = "variant,estimator,design,substance,look,quantity,low,high,n,mean_prob,frequency,mcse"
    row = "own,exact,annual,cocaine,10,broken,0.2,0.3,400,0.25,{},0.022\n"
    for name, changes, share in (
        ("model_check", {"model_hash": "0123456789abcdef"}, 0.99), ("model_check_own", {}, 0.26),
    ):  # fmt: skip
        write_check(folder, **changes)
        place = tmp_path / "results" / name
        place.mkdir(parents=True)
        (folder.path / "model_check.json").rename(place / "model_check.json")
        (place / "model_check_curves.csv").write_text(f"{head}\n{row.format(share)}", "utf-8")
    stamp = stamp_of(folder, Texts("en"))
    assert stamp.checked
    assert [place.name for place, _ in stamp.checks] == ["model_check_own"]
    text = methods_html(folder)
    assert "0.260 (0.022)" in text
    assert "0.990" not in text
