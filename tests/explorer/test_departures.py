"""A study with departures: each is a world of the explorer, with the numbers that it has there."""

import json

import chromium
import numpy as np
import pytest

import simdesign
from simdesign.report import write_page
from simdesign.run import write_atomic
from simdesign.stored import Paths
from simdesign.studies.explore import explore

WEEK = {"kind": "fixed_weeks", "weeks": [11]}
STUDY = {
    "name": "explorer_departures",
    "seed": 10,
    "aims": "Are other worlds where the explorer says that they are?",
    "designs": {
        "annual": {"schedule": WEEK},
        "three_days": {"schedule": WEEK, "days": 3},
        "two_rounds": {"schedule": {"kind": "rounds", "per_year": 2}},
    },
    "departures": {
        "laboratory_year": {
            "world.substances.*.lab_share": 1.0,
            "world.substances.*.r_lab": 0.8,
        },
        "two_breaks": {"change.kind": "two_steps", "change.after": 1.5, "change.left": 0.5},
    },
    "estimators": {"exact": {"kind": "exact_step"}},
    "decision": {"reference": "annual"},
    "sizes": {"quick": {"null": 20, "null_world": 20, "alternative": 10}},
}
READY = "() => document.documentElement.dataset.explorer === 'ready'"


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    found = simdesign.run(
        simdesign.Study.from_dict(STUDY), tmp_path_factory.mktemp("departures"), workers=1
    )
    found.save()
    return found


@pytest.fixture(scope="module")
def content(results):
    return explore(results)


def shown(results, content):
    write_atomic(Paths(results.folder).explore, json.dumps(content).encode())
    return write_page(results.folder, "en")


def test_departures_are_worlds_with_their_own_numbers(results, content):
    assert content["factors"] == [
        {"path": "world.departure", "levels": ["default", "laboratory_year", "two_breaks"]}
    ]
    part, frame = content["substances"][0], results.measures()
    assert part["worlds"] == [[0], [1], [2]]  # the study's own first
    cells = len(part["cells"])
    assert cells == 3
    power = np.array(part["power"], dtype=float).reshape(cells, 3, len(content["budgets"]), -1)
    own, horizon = content["budgets"].index(0.1), content["horizons"].index(3.0)
    for c, name in enumerate(part["scenarios"]):
        for m, design in enumerate(item["design"] for item in content["designs"]):
            row = frame[
                (frame["measure"] == "power") & (frame["scenario"] == name)
                & (frame["design"] == design) & (frame["threshold"] == "operating")
                & (frame["compared_with"] == "")
                & np.isclose(frame["horizon"].astype(float), 3.0)
                & np.isclose(frame["budget"].astype(float), 0.1)
            ]  # fmt: skip
            told = power[c, m, own, horizon] / 1000
            np.testing.assert_allclose(told, row["value"].astype(float), atol=0.000501)
    kinds = [part["changes"][change]["kind"] for _, change in part["cells"]]
    assert kinds == ["level_shift", "level_shift", "two_steps"]
    # sites and days are estimated in the study's own world only
    assert part["surface"]["checked"] == "sites_days"
    assert len(part["surface"]["shape_of"]) == 1


@pytest.fixture(scope="module")
def look(results, content):
    path = chromium.executable()
    if path is None:
        pytest.skip("no Chromium found: install chromium to look at the page")
    page = shown(results, content)
    with chromium.started(path) as browser:
        window = browser.new_context().new_page()

        def at(link):
            window.goto("about:blank")
            window.goto(f"{page.as_uri()}#lang=en&{link}")
            window.wait_for_function(READY)
            return window

        yield at


def said(page, part="sentence"):
    return page.locator(f'.explorer[data-lang="en"] [data-part="{part}"]').inner_text()


def choose(page, name, label):
    page.locator(f'.explorer[data-lang="en"] [name="{name}"]').select_option(label=label)


def test_a_world_with_changes_of_its_own_takes_them_along(look):
    page = look("years=3")
    assert "the default world" in said(page)
    assert "lasting step of +20" in said(page)
    choose(page, "f0", "two breaks in quick succession")
    assert "another world: two breaks in quick succession" in said(page)
    assert "a step of which part goes again" in said(page)
    assert "Shown is the nearest" not in said(page, "basis")
    choose(page, "kind", "lasting step")  # and back: what was chosen last stays
    assert "the default world" in said(page)
    page = look("departure=two_breaks")
    assert "a step of which part goes again" in said(page)


def test_other_sites_are_estimated_in_the_own_world_only(look):
    page = look("sites=8&days=3")
    assert "Not simulated" in said(page, "basis")
    choose(page, "f0", "laboratory error that lasts a year")
    assert "(20 sites, 7 days)" in said(page)
    assert "in the default world only" in said(page, "only")


def test_numbers_without_the_departures_say_so(results, content, tmp_path):
    part = content["substances"][0]
    kept = {
        **part, "worlds": [[]], "cells": part["cells"][:1], "changes": part["changes"][:1],
        "scenarios": part["scenarios"][:1],
    }  # fmt: skip
    older = content | {"factors": [], "substances": [kept]}
    text = shown(results, older).read_text("utf-8")
    assert text.count("These numbers are those of the default world only") == 1
    assert text.count("Deze getallen zijn alleen die van de gewone wereld") == 1
    assert "default world only; the study" not in shown(results, content).read_text("utf-8")
