"""Which level of the shared error a page shows first, and what it says of those not studied."""

import math

import numpy as np
import pytest

from simdesign.report.adviser import AdviserWords
from simdesign.report.central import central
from simdesign.report.folder import read_folder
from simdesign.report.select import Selection, middle_cell
from simdesign.report.when import shown_levels
from simdesign.spec.shipped import shipped_draws


def draws(substance):
    return next(t for t in shipped_draws(substance) if "sigma_shared" in t.fields).fields[
        "sigma_shared"
    ]


@pytest.mark.parametrize("substance", ["cocaine", "MDMA"])
def test_the_central_level_is_that_nearest_the_median_of_the_measurements(substance):
    values = draws(substance)
    levels = [0.0, 0.03, 0.06, 0.10]
    found = central(substance, levels)
    median = float(np.median(values))
    assert found.measured
    assert all(abs(found.level - median) <= abs(x - median) for x in levels)
    assert found.is_below == (median > 0.10)
    assert found.beyond == pytest.approx(sum(v > 0.10 for v in values) / len(values))


def test_without_measurements_or_levels_nothing_is_said_of_them():
    assert central("kratom", [0.1, 0.0, 0.05]).level == 0.05
    assert not central("kratom", [0.1, 0.0, 0.05]).measured
    found = central("cocaine", [math.nan])
    assert math.isnan(found.level)
    assert not found.measured


def test_the_page_says_what_lies_beyond_the_levels_studied(results):
    folder = read_folder(results.folder)
    said = AdviserWords(folder, "nl").verdicts(middle_cell(folder))[0]
    beyond = central("cocaine", (0.0, 0.1)).beyond
    assert beyond > 0.005
    assert f"ligt {round(100 * beyond)}\N{NO-BREAK SPACE}% boven 10" in said.open_level
    assert said.shown_level.startswith("De getallen gelden bij een gedeelde meetfout van ")


def test_a_figure_never_shows_fewer_levels_because_the_central_one_is_an_end(results):
    folder = read_folder(results.folder)

    class Levels(Selection):
        levels = [0.0, 0.03, 0.06, 0.10]

    cocaine, mdma = Levels(folder, "cocaine", {}), Levels(folder, "MDMA", {})
    assert shown_levels(cocaine) == [0.0, 0.06, 0.10]
    assert central("MDMA", mdma.levels).level == 0.10
    assert shown_levels(mdma) == [0.0, 0.06, 0.10]
