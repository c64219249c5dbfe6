"""What studies of the claim answer at the top of their page, counted again from made-up rows."""

import dataclasses
import math

import pandas as pd
import pytest

from simdesign.report.asked import asked
from simdesign.report.claim_answers import (
    asks_season,
    frequency_answer,
    rests_on_answer,
    season_answer,
)
from simdesign.report.folder import read_folder
from simdesign.report.likelihood import ADVISER
from simdesign.report.select import Selection
from simdesign.report.texts import Texts
from simdesign.report.verdicts import Wording


@pytest.fixture(scope="module")
def folder(results):
    return read_folder(results.folder)


def words(folder, lang="en"):
    return Wording(lang, folder.study), Texts(lang, ADVISER)


def plain(text):
    return text.replace("\N{NO-BREAK SPACE}", " ")


def test_a_study_of_the_default_question_asks_nothing_more(folder):
    selections = [Selection(folder, "cocaine", {})]
    assert asked(folder, selections, Wording("en", folder.study)) is None


def test_frequency_tells_the_best_for_its_cost(folder):
    """Two designs: for the cost of the judged one only itself, for four times it the other."""
    frame = folder.measures.copy()
    better = (
        frame["measure"].eq("power") & frame["design"].eq("four_rounds") & frame["horizon"].eq(3.0)
        & frame["compared_with"].eq("")
    )  # fmt: skip
    frame.loc[better, ["value", "mcse", "low", "high"]] = (0.61, 0.05, 0.52, 0.70)
    selection = Selection(dataclasses.replace(folder, measures=frame), "cocaine", {})
    name, (said, alarms) = frequency_answer(selection, *words(folder))
    assert name == "Cocaine"
    level = selection.levels[1]  # 10 %: nearest the median of the measurements
    where = {"shared": level, "estimator": "exact", "threshold": "operating"}
    power = {
        design: selection.one("power", design=design, change=0.3, horizon=3.0, **where)
        for design in ("annual", "four_rounds")
    }
    dear = power["four_rounds"]
    assert dear.value > power["annual"].value
    ends = {x: [round(100 * v) for v in (power[x].low, power[x].high)] for x in power}
    low, high = ends["annual"]
    assert (
        f"for at most 1 times the cost of the judged design {round(100 * power['annual'].value)}"
        f" ({low} to {high}), with one round a year" in said
    )
    assert f"for at most 4 times the cost of the judged design {round(100 * dear.value)}" in said
    assert "most of all" not in said  # the dearest is within four times already
    false = [
        selection.one("false_alarm_prob", design=x, role="null_world", **where).value for x in power
    ]
    assert f"from {round(100 * min(false))} to {round(100 * max(false))} of 100" in alarms


def choice(group, option, sigma, code="not_as_good"):
    return {
        "group": group, "option": option, "substance": "cocaine", "topic": "break",
        "sigma_shared": sigma, "world": {"sigma_shared": sigma}, "code": code,
    }  # fmt: skip


def test_what_a_verdict_rests_on_is_counted(folder):
    rows = [
        choice(group, option, sigma)
        for group, option in (("stated", "stated"), ("estimator", "z"), ("budget", "0.05"))
        for sigma in (0.0, 0.1)
    ]
    moved = [*rows[:3], choice("estimator", "z", 0.1, "as_good"), *rows[4:]]
    content = {"rows": moved, "grids": [{"field": "day_sd"}]}
    other = dataclasses.replace(folder, stability=content)
    _, (counted, named) = rests_on_answer(other, "cocaine", *words(folder))
    assert counted.startswith("Of 2 other choices tried, 1 change")
    assert counted.endswith("and 1 at none.")
    assert plain(named).endswith("z-test) at 10 %.")
    found = asked(other, [Selection(other, "cocaine", {})], Wording("nl", folder.study))
    assert found.place == "stability"
    assert found.question.startswith("Waarop rust de uitkomst")
    quiet = dataclasses.replace(folder, stability=content | {"rows": rows})
    _, (counted, named) = rests_on_answer(quiet, "cocaine", *words(folder))
    assert "0 change the verdict" in counted
    assert named == "None of them changes it at any level."


def test_a_budget_that_changes_the_verdict_counts_like_any_choice(folder):
    rows = [choice("stated", "stated", 0.1), choice("budget", "0.5", 0.1, "cannot_tell")]
    other = dataclasses.replace(folder, stability={"rows": rows, "grids": [{}]})
    _, (counted, named) = rests_on_answer(other, "cocaine", *words(folder))
    assert "Of 1 other choices tried, 1 change" in counted
    assert "50 %" in plain(named)


def test_a_study_without_what_is_compared_asks_nothing_more(folder):
    """Many designs and no power; seasons of every size but none: a page all the same."""
    no_power = folder.measures[~folder.measures["measure"].eq("power")]
    bare = Selection(dataclasses.replace(folder, measures=no_power), "cocaine", {})
    assert frequency_answer(bare, *words(folder)) is None
    rows = [
        {"measure": "rounds_differ_prob", "season_amplitude": size, "horizon": limit}
        for size in (0.1, 0.2) for limit in (0.1, 0.2)
    ]  # fmt: skip
    seasons = {"measures": pd.DataFrame(rows), "other_factors": ("season_amplitude",)}
    assert not asks_season(dataclasses.replace(folder, **seasons))
    none = [{"measure": "rounds_differ_prob", "season_amplitude": 0.0, "horizon": 0.1}]
    seasons["measures"] = pd.DataFrame([*rows, *none])
    assert asks_season(dataclasses.replace(folder, **seasons))


@pytest.mark.parametrize(
    ("with_season", "verdict"),
    [(0.40, "hardly anything"), (0.60, "say a little"), (0.95, "would mostly have shown")],
)
def test_a_season_is_judged_against_none(folder, with_season, verdict):
    rows = [
        {
            "measure": "rounds_differ_prob", "design": "annual", "substance": "cocaine",
            "role": "null_world", "compared_with": "", "season_amplitude": size, "shared": 0.06,
            "horizon": limit, "value": value, "mcse": 0.02, "low": value - 0.04,
            "high": value + 0.04,
        }
        for limit in (0.1, 0.2)
        for size, value in ((0.0, 0.30), (0.1, with_season), (0.2, 0.96))
    ]  # fmt: skip
    frame = pd.DataFrame(rows)
    other = dataclasses.replace(folder, measures=frame, other_factors=("season_amplitude",))
    _, (middle, largest) = season_answer(other, "cocaine", *words(folder))
    n = round(100 * with_season)
    assert f"Of 100 pilots {n} ({n - 4} to {n + 4}) see" in middle
    assert "and 30 (26 to 34) when there is no season at all" in middle
    swing = round(100 * math.expm1(2 * 0.1))
    assert f"on the highest day is {swing} % above" in plain(middle)
    assert "differ by more than 10 %" in plain(middle)
    assert "differ by more than 20 %" in plain(largest)
    assert verdict in middle
    assert "would mostly have shown" in largest
