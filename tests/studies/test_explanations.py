"""What explanations of a rise predict: against classes by hand and days drawn one by one."""

import json
import math
import re
from pathlib import Path

import numpy as np
import pytest
import typer
from scipy.stats import multivariate_normal
from typer.testing import CliRunner

from simdesign.fit import TwoWeeks, trace_draws
from simdesign.spec.attribution import CLASS_OF
from simdesign.spec.catalogue import substance_values
from simdesign.spec.mechanism import MECHANISM_CLASSES, WEEK_SD, TracePrior
from simdesign.studies.explanations import N_DRAW, explanations_of
from simdesign.studies.explanations_words import explained, said
from simdesign.studies.two_weeks import register
from simdesign.studies.two_weeks_noise import prior_noise

PAGE = Path(__file__).parents[2] / "docs" / "leeuwarden.md"
LEEUWARDEN = ("2023=1192", "2025=1748")
POPULATION = 104_355.0
RATIO = 1748 / 1192


@pytest.fixture(scope="module")
def found():
    weeks = TwoWeeks(before=1192.0, after=1748.0, years=2.0, population=POPULATION)
    return explanations_of(weeks, ("2023", "2025"), "cocaine", prior_noise("cocaine", 100, 1), 1)


@pytest.fixture
def app():
    application = typer.Typer()
    application.callback()(lambda: None)
    register(application)
    return application


def by_name(found):
    return {item.name: item for item in found.explanations}


def classes():
    """Return mass shares and weekday factors (class, day) of the catalogue."""
    items = substance_values("cocaine")["classes"]
    week = np.array([item["weekday"] for item in items])
    return (
        [item["name"] for item in items], np.array([item["mass_share"] for item in items]),
        week / week.mean(axis=1, keepdims=True),
    )  # fmt: skip


def test_weekdays_are_those_of_the_classes_by_hand(found):
    names, share, week = classes()
    light, heavy = names.index("light"), names.index("heavy")
    item = by_name(found)
    for name, k, size in (
        ("new_light_users", light, RATIO - 1.0), ("heavier_use", heavy, item["heavier_use"].most),
    ):  # fmt: skip
        after = share.copy()
        after[k] += size
        logs = np.log(after @ week) - np.log(share @ week)
        np.testing.assert_allclose(item[name].weekday, logs - logs.mean(), atol=1e-9)
    for name in ("more_users", "higher_purity"):
        np.testing.assert_allclose(item[name].weekday, 0.0, atol=1e-12)


def test_purity_stops_at_its_ceiling_and_heavier_use_at_daily_use(found):
    item = by_name(found)
    assert item["higher_purity"].most == pytest.approx(0.89 / 0.743 - 1.0, abs=2e-6)
    assert item["higher_purity"].purity == pytest.approx(0.89 / 0.743, abs=2e-6)
    assert 0.2 < item["heavier_use"].most < RATIO - 1.0
    assert item["more_users"].users == pytest.approx(RATIO)
    assert item["heavier_use"].users == pytest.approx(1.0)
    assert item["new_light_users"].users > RATIO


def day_covariance(weeks):
    """Return the covariance of mean weekday logs now less then, day by day, Monday first."""
    values = substance_values("cocaine")
    out = np.zeros((7, 7))
    for n, load in zip(weeks, (1192.0, 1748.0), strict=True):
        variance = values["day_sd"] ** 2 + 0.044 / (load * POPULATION * 1e-6)
        for i in range(7):
            for j in range(7):
                apart = abs((i - 2) % 7 - (j - 2) % 7)  # days of a week from Wednesday to Tuesday
                out[i, j] += variance * values["day_rho"] ** apart / n
                out[i, j] += (i == j) * WEEK_SD["cocaine"] ** 2 / n
    return out


@pytest.mark.parametrize(
    ("name", "weeks"),
    [("weekdays_one", (1, 1)), ("weekdays_four_now", (1, 4)), ("weekdays_four_both", (4, 4))],
)
def test_distances_are_those_of_days_with_an_unknown_level(found, name, weeks):
    inverse = np.linalg.inv(day_covariance(weeks))
    ones = np.ones(7)
    free = inverse - np.outer(inverse @ ones, ones @ inverse) / (ones @ inverse @ ones)
    items = by_name(found)
    for a, b in (("new_light_users", "heavier_use"), ("more_users", "new_light_users")):
        gap = items[a].weekday - items[b].weekday
        expected = math.sqrt(gap @ free @ gap)
        assert found.distance[a, b, name] == pytest.approx(expected, rel=1e-9)
    assert found.distance["more_users", "higher_purity", name] < 1e-9


def test_distances_of_independent_data_add_up_as_squares(found):
    for a, b in (("more_users", "higher_purity"), ("new_light_users", "heavier_use")):
        parts = ("weekdays_one", "dispersion_one", "purity", "survey")
        total = math.sqrt(sum(found.distance[a, b, name] ** 2 for name in parts))
        assert found.distance[a, b, "all_one"] == pytest.approx(total, rel=1e-9)
        assert found.distance[a, b, "dispersion_four_both"] < 0.1  # counts tell nothing here


def test_series_have_their_errors_drift_and_walk(found):
    own, sampling = 0.03, 0.28 / math.sqrt(800) / 0.743
    variance = 2 * sampling**2 + (own * 2.0) ** 2 + own**2 * 2.0
    expected = math.log(0.89 / 0.743) / math.sqrt(variance)
    assert found.distance["more_users", "higher_purity", "purity"] == pytest.approx(
        expected, rel=1e-4
    )


@pytest.mark.parametrize("true", ["more_users", "new_light_users", "higher_purity"])
def test_what_is_said_is_what_days_drawn_one_by_one_say(found, true):
    """Seven days and a purity series, by densities of day differences: no shared code."""
    rng = np.random.default_rng(31)
    n = 3000
    item, draws = by_name(found)[true], trace_draws(TracePrior(), "cocaine")
    days = day_covariance((1, 1))
    purity = found.errors.series["purity"]
    x = rng.multivariate_normal(item.weekday, days, size=n) + rng.normal(0, 5.0, (n, 1))
    series = math.log(item.purity) + math.sqrt(purity) * rng.standard_normal(n)
    differ = np.eye(7)[1:] - np.eye(7)[:1]  # from Monday: the level drops out
    data, cov = x @ differ.T, differ @ days @ differ.T
    rise = math.log(RATIO)
    classes_of = np.zeros((n, 3))
    for m in range(3):
        mine = np.flatnonzero(draws.mechanism == m)
        for t in mine:
            column = draws.column[t] / draws.column[t].mean()
            density = multivariate_normal(differ @ (rise * column), cov).pdf(data)
            off = series - rise * draws.purity[t]
            classes_of[:, m] += density * np.exp(-0.5 * off**2 / purity) / mine.size
    prob = classes_of / classes_of.sum(axis=1, keepdims=True)
    right = MECHANISM_CLASSES.index(CLASS_OF[true])
    told = next(t for t in found.told if (t.measured, t.explanation) == ("one_purity", true))
    for share, hit in (
        (told.correct, prob[:, right] >= 0.8), (told.abstained, prob.max(axis=1) < 0.8),
    ):  # fmt: skip
        p = 0.5 * (share[0] + hit.mean())
        error = math.sqrt(max(p * (1 - p), 1e-4) * (1 / n + 1 / N_DRAW))
        assert abs(share[0] - hit.mean()) <= 5.0 * error
    others = np.delete(classes_of, right, axis=1).mean(axis=1)
    factor = np.log(classes_of[:, right]) - np.log(others)
    error = math.hypot(told.log_factor[1], factor.std() / math.sqrt(n))
    assert abs(told.log_factor[0] - factor.mean()) <= 5.0 * error


def test_shares_add_up(found):
    for item in found.told:
        assert item.correct[0] + item.wrong[0] + item.abstained[0] == pytest.approx(1.0)


NUMBER = re.compile(r"[+\N{MINUS SIGN}]?\d+(?:\.\d+)?")


def alike(shown, printed):
    """Compare two cells: equal words, numbers within one and a half of their last digit."""
    if NUMBER.sub("#", shown) != NUMBER.sub("#", printed):
        return False
    pairs = zip(NUMBER.findall(shown), NUMBER.findall(printed), strict=True)
    return all(
        abs(float(a.replace("\N{MINUS SIGN}", "-")) - float(b.replace("\N{MINUS SIGN}", "-")))
        <= 1.5 * 10.0 ** -len(a.partition(".")[2])
        for a, b in pairs
    )


def test_the_page_shows_what_its_command_prints(found):
    text = PAGE.read_text(encoding="utf-8")
    section = text[text.index("## 9. Which explanation?") : text.index("## 10. ")]
    asked = " ".join(LEEUWARDEN)
    assert f"{asked} --substance cocaine --population 104355 --explanations" in section
    rows = [
        [cell.strip() for cell in line.split("|")[1:-1]]
        for line in section.splitlines()
        if line.startswith("| ")
    ]
    for table, _ in explained(found, "en"):
        start = rows.index(list(table.columns)) + 1
        shown = rows[start : start + len(table.rows)]
        for one, other in zip(shown, table.rows, strict=True):
            for a, b in zip(one, other, strict=True):
                assert alike(a, b), f"{a} on the page, {b} printed"
    told = {(t.measured, t.explanation): t for t in found.told}
    words = " ".join(section.split())
    of_hundred = {
        "named in {} of 100 cities": [("one", "new_light_users")],
        "now help new light users only ({} of 100)": [("four_now", "new_light_users")],
        "would have helped them ({} of 100)": [("four_both", "new_light_users")],
    }
    for sentence, ((measured, name),) in of_hundred.items():
        share = round(100 * told[measured, name].correct[0])
        assert any(sentence.format(share + k) in words for k in (0, -1, 1))
    three = [told["one_series", n].correct[0]
             for n in ("more_users", "heavier_use", "higher_purity")]  # fmt: skip
    assert min(three) > 0.39
    assert max(three) < 0.58


def run(app, *arguments):
    return CliRunner().invoke(
        app, ["two-weeks", *arguments, "--substance", "cocaine", "--explanations"]
    )


@pytest.mark.parametrize(
    ("arguments", "rule"),
    [
        ((*LEEUWARDEN, "--days", "7,5"), "must be 7 with --explanations"),
        (("2023=1192", "2025=1192"), "there is nothing to explain"),
    ],
)
def test_wrong_input_is_one_line(app, arguments, rule):
    result = run(app, *arguments)
    assert result.exit_code == 2
    assert rule in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_fall_is_explained_too_and_json_holds_every_number(app):
    result = run(app, "2023=1748", "2025=1192", "--json")
    assert result.exit_code == 0, result.output
    content = json.loads(result.stdout)
    most = {item["name"]: item["can_make_alone_percent"] for item in content["explanations"]}
    assert most["new_light_users"] == pytest.approx(-10.0, abs=1e-3)  # all of their load
    assert most["higher_purity"] == pytest.approx(100 * (1192 / 1748 - 1))
    assert len(content["named"]) == 7 * 4


def test_dutch_has_the_same_numbers(found):
    number = re.compile(r"\d+(?:[.,]\d+)?")
    for (one, _), (other, _) in zip(explained(found, "en"), explained(found, "nl"), strict=True):
        for a, b in zip(one.rows, other.rows, strict=True):
            for x, y in zip(a, b, strict=True):
                assert number.findall(x) == [n.replace(",", ".") for n in number.findall(y)]
    assert len(said(found, "en", 1)) == len(said(found, "nl", 1)) == 5
