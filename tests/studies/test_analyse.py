"""`simdesign analyse`: finds a break that is there, and says what it cannot know."""

import csv
import datetime as dt
import hashlib
import json
import math
from pathlib import Path

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from data.make_release import CITIES, DAYS, HEADER, step_release, write_csv
from simdesign.data import laid_out_days, read, to_observations
from simdesign.fit import break_posterior, build
from simdesign.records import Status
from simdesign.spec.estimator import EudaRule, ExactBreak, ExactCity
from simdesign.studies.analyse import analysis_of_file, register
from simdesign.studies.analysis import day_noise_ratio, fitted, look_at_end, noisy_campaigns
from simdesign.studies.analysis_rule import every_year
from simdesign.studies.analysis_words import SCALE, plain_analysis

COLUMNS = {name: HEADER.index(name) for name in DAYS}


@pytest.fixture
def app():
    application = typer.Typer()
    application.callback()(lambda: None)  # with one command alone typer would drop its name
    register(application)
    return application


def run(app, *arguments):
    return CliRunner().invoke(app, ["analyse", *map(str, arguments)])


def printed(app, *arguments):
    result = run(app, *arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def rewritten(path: Path, change) -> Path:
    """Apply a change to every row (a list of texts) of a release; None drops the row."""
    with path.open(encoding="utf-8", newline="") as file:
        header, *rows = list(csv.reader(file))
    return write_csv(path, header, [new for row in rows if (new := change(row)) is not None])


def scaled(row, factor):
    return [
        cell if i not in COLUMNS.values() or cell == "" else str(factor * float(cell))
        for i, cell in enumerate(row)
    ]


def test_a_large_step_is_found_dated_and_sized(app, tmp_path):
    path = step_release(tmp_path, size=0.8, at=6.0)
    out = printed(app, path, "--country", "NL", "--substance", "cocaine")
    panel = out["panel"]
    assert panel["prob_break"] > 0.95
    assert panel["verdict"] == SCALE[0][1]
    assert (panel["when"]["after_campaign"], panel["when"]["before_campaign"]) == ("2017", "2018")
    assert panel["when"]["prob"] > 0.9
    effect = panel["effect"]
    error = (effect["log_high"] - effect["log_low"]) / (2 * 1.96)
    assert abs(effect["log"] - math.log(1.8)) < 5 * error < 0.6
    assert effect["percent"] > 0
    assert panel["when"]["size_percent"] > 0
    assert {series["site"] for series in out["series"]} == set(CITIES)
    for series in out["series"]:
        assert series["n_campaigns"] == 12
        assert series["effect"]["log"] > 0
    # one city with a walk of its own tells much less than four together
    alone = [series["prob_break"] for series in out["series"]]
    assert panel["prior_prob_break"] < np.mean(alone) < panel["prob_break"]


def test_a_fall_is_a_fall_and_a_stable_series_lowers_the_prior(app, tmp_path):
    (tmp_path / "fall").mkdir()
    fall = printed(app, step_release(tmp_path / "fall", size=-0.45))["panel"]
    assert fall["effect"]["log_high"] < 0
    assert fall["prob_break"] > 0.95
    stable = printed(app, step_release(tmp_path, size=0.0))["panel"]
    assert stable["prob_break"] < stable["prior_prob_break"]
    assert stable["effect"]["percent_low"] < 0 < stable["effect"]["percent_high"]


def test_the_json_names_the_file_and_everything_promised(app, tmp_path):
    path = step_release(tmp_path)
    out = printed(app, path)
    assert out["file"] == path.name
    assert out["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert (out["country"], out["substance"], out["assumed_dates"]) == ("NL", "cocaine", True)
    for series in (out["panel"], *out["series"]):
        assert {"site", "n_campaigns", "prob_break", "effect", "when", "verdict"} <= set(series)
        total = sum(item["prob"] for item in series["intervals"])
        hidden = series["prob_break_before_or_between_too_few_campaigns"]
        assert total + hidden == pytest.approx(series["prob_break"], abs=1e-9)
    text = " ".join(out["notes"])
    for word in ("15 March", "one laboratory", "purity", "seasons", "change of slope"):
        assert word in text


def test_kinds_numbers_and_single_cities_are_printed_and_add_up(app, tmp_path):
    path = step_release(tmp_path, size=0.8, at=6.0)
    out = printed(app, path)
    somewhere = out["somewhere"]
    assert somewhere["n_cities"] == len(CITIES)
    each = [series["local"]["prob_break_as_one_of_those_searched"] for series in out["series"]]
    assert sum(each) == pytest.approx(somewhere["prob_break"], abs=1e-12)
    assert out["panel"]["local"] is None
    for series in (out["panel"], *out["series"]):
        kinds, several = series["kinds"], series["breaks"]
        assert sum(kinds.values()) == pytest.approx(series["prob_break"], abs=1e-9)
        counted = several["prob_none"] + several["prob_one"] + several["prob_two_or_more"]
        assert counted == pytest.approx(1.0)
        # 1 - P(none) allows two breaks and no pulse: near P(break), not equal to it
        assert abs(1.0 - several["prob_none"] - series["prob_break"]) < 0.15
        assert 0.0 <= series["prob_three_year_change_above_10_percent"] <= 1.0
        assert set(several["likely_pair"]) == {"first", "second", "prob"}
    # the step came six years before the end, in all cities
    assert out["panel"]["kinds"]["step"] > out["panel"]["kinds"]["slope"]
    assert out["panel"]["prob_break_last_three_years"] < 0.2
    for series in out["series"]:
        assert series["local"]["prob_break"] < series["prob_break"]
        assert any("3 other cities" in text for text in series["cannot_be_concluded"])
    page = run(app, path).stdout
    assert f"somewhere among the {len(CITIES)} cities: P {somewhere['prob_break']:.2f}" in page
    assert f"as one of {len(CITIES)} searched" in page
    for name in ("two or more", "in last 3 years", "3-year change"):
        assert name in page


def test_a_late_break_is_recent_and_one_city_alone_is_set_apart(app, tmp_path):
    path = step_release(tmp_path, size=0.8, at=10.2)
    assert printed(app, path)["panel"]["prob_break_last_three_years"] > 0.8
    rewritten(
        path, lambda row: scaled(row, 4.0) if row[4] == CITIES[2] and int(row[0]) >= 2018 else row
    )
    out = printed(app, path)
    local = {series["site"]: series["local"]["prob_break"] for series in out["series"]}
    assert max(local, key=lambda name: local[name]) == CITIES[2] == out["somewhere"]["likely_city"]
    assert out["somewhere"]["prob_break"] > out["somewhere"]["prior_prob_break"]


def test_the_page_shows_the_same_probabilities(app, tmp_path):
    path = step_release(tmp_path)
    out = printed(app, path)
    page = run(app, path)
    assert page.exit_code == 0
    for series in (out["panel"], *out["series"]):
        line = next(n for n in page.stdout.splitlines() if n.startswith(f"{series['site']}  "))
        assert f"{series['prob_break']:.2f}" in line
    assert "What cannot be concluded" in page.stdout


def test_the_probability_does_not_depend_on_the_unit_of_load(app, tmp_path):
    # the plugged-in noise of a small load is larger, so the towns grow as the loads shrink
    first = printed(app, step_release(tmp_path, size=0.2))
    rewritten(tmp_path / "all-data.csv", lambda row: scaled(row, 1e-2))
    rewritten(tmp_path / "site-info-table.csv", lambda row: [*row[:4], "40000000", row[5]])
    second = printed(app, tmp_path / "all-data.csv")
    for one, two in zip(
        (first["panel"], *first["series"]), (second["panel"], *second["series"]), strict=True
    ):
        assert one["prob_break"] == pytest.approx(two["prob_break"], abs=1e-6)
        assert one["effect"]["log"] == pytest.approx(two["effect"]["log"], abs=1e-6)


def test_effect_is_the_sum_over_intervals(tmp_path):
    table = read(step_release(tmp_path, size=0.3))
    observations = to_observations(table)
    looks = look_at_end(observations)
    full = break_posterior(ExactBreak(), observations, looks, "cocaine")
    parts = []
    for m, prob in enumerate(full.prob_interval):
        one = break_posterior(ExactBreak(break_intervals=(m + 2,)), observations, looks, "cocaine")
        assert one.interval_start[0] == full.interval_start[m]
        parts.append(prob * one.effect_mean / one.prob_interval[0])
    assert full.effect_mean == pytest.approx(sum(parts), abs=1e-6)
    series = fitted(table, "cocaine", table.sites, ExactBreak(), "panel")
    best = int(np.argmax(full.prob_interval))
    assert series.likely_size == pytest.approx(parts[best] / full.prob_interval[best], rel=1e-9)


def test_two_campaigns_return_the_prior_and_one_says_nothing(app, tmp_path):
    path = step_release(tmp_path)
    few = {CITIES[0]: 2, CITIES[1]: 1}
    rewritten(
        path,
        lambda row: row if int(row[0]) < 2012 + few.get(row[4], 99) else None,
    )
    out = printed(app, path)
    short = next(series for series in out["series"] if series["site"] == CITIES[0])
    assert short["status"] == "too_little_data"
    assert short["prob_break"] == pytest.approx(short["prior_prob_break"])
    years = (364 + 6) / 365.25  # from the first day of one week to the last of the next
    assert short["prior_prob_break"] == pytest.approx(1 - 0.5 ** (years / 10), abs=1e-3)
    assert short["effect"]["log"] is None
    assert "posterior is the prior" in short["verdict"]
    assert out["single_campaign_sites"] == [CITIES[1]]
    assert CITIES[1] not in out["panel"]["sites"]


def test_weeks_below_the_limit_are_left_out_and_many_make_it_not_applicable(app, tmp_path):
    path = step_release(tmp_path)

    def below(row):
        zero = row[4] == CITIES[0] and int(row[0]) < 2015
        return [*row[:5], *["0"] * 7, "0", "0", "0"] if zero else row

    out = printed(app, rewritten(path, below))
    site = next(series for series in out["series"] if series["site"] == CITIES[0])
    assert (site["status"], site["n_site_weeks_below_loq"]) == ("not_applicable", 3)
    assert site["prob_break"] is None
    assert site["effect"]["log"] is None
    # 3 of 48 site-weeks are less than one in ten
    assert out["panel"]["status"] == "ok"
    assert any("3 site-weeks below" in text for text in out["panel"]["cannot_be_concluded"])


def test_noisy_weeks_are_named_and_left_out_for_comparison(app, tmp_path):
    path = step_release(tmp_path)
    factor = [4.0, 0.25, 3.0, 0.3, 4.0, 0.25, 1.0]

    def shaken(row):
        if row[0] != "2014":
            return row
        loads = [f * float(row[i]) for f, i in zip(factor, COLUMNS.values(), strict=True)]
        return [*row[:5], *map(str, loads), "", "", ""]

    panel = printed(app, rewritten(path, shaken))["panel"]
    assert panel["noisy_years"] == [2014]
    assert panel["prob_break_without_noisy_years"] > 0.95
    assert any("2014" in text and "scatter" in text for text in panel["cannot_be_concluded"])


def test_nothing_is_left_to_compare_when_every_week_is_noisy(app, tmp_path):
    factor = [4.0, 0.25, 3.0, 0.3, 4.0, 0.25, 1.0]

    def shaken(row):
        loads = [f * float(row[i]) for f, i in zip(factor, COLUMNS.values(), strict=True)]
        return [*row[:5], *map(str, loads), "", "", ""]

    panel = printed(app, rewritten(step_release(tmp_path), shaken))["panel"]
    assert len(panel["noisy_years"]) == 12
    assert panel["prob_break_without_noisy_years"] is None


def test_the_expected_day_noise_is_one(tmp_path):
    # 4 cities x 12 weeks of the catalogue's own day noise: 288 degrees of freedom. The days are
    # correlated and counts add a little, which the expectation includes; what is left is the
    # sampling error of a variance ratio, SD sqrt(2/288) of itself, a half of it for the SD.
    table = read(step_release(tmp_path, size=0.0))
    observations = to_observations(table)
    ratio = day_noise_ratio(observations, "cocaine", laid_out_days(table, observations.visits))
    df = sum(d for _, d in ratio.values())
    pooled = math.sqrt(sum(r * r * d for r, d in ratio.values()) / df)
    assert df == 288
    assert abs(pooled - 1.0) < 5.0 * 0.5 * math.sqrt(2.0 / df) * 1.3


def test_means_of_weeks_neither_scatter_nor_hide_days_that_do(tmp_path):
    days, wild = (400, 390, 420, 500, 560, 480, 410), (540, 285, 570, 360, 760, 340, 560)
    rows = ["site,date,days,substance,load"]
    for year, wednesday in ((2022, 16), (2023, 15), (2024, 13)):
        first = dt.date(year, 3, wednesday)
        for city in "AB":
            loads = wild if year == 2023 else days
            rows += [
                f"{city},{first + dt.timedelta(d)},1,cocaine,{load}" for d, load in enumerate(loads)
            ]
        rows += [f"{city},{first},7,cocaine,450" for city in "CDEFGHIJKLMNOPQRSTUVWXYZ"]
    path = tmp_path / "own.csv"
    path.write_text("\n".join(rows))
    table = read(path)
    observations = to_observations(table)
    laid_out = laid_out_days(table, observations.visits)
    assert laid_out.sum() == 3 * 24 * 7
    ratio = day_noise_ratio(observations, "cocaine", laid_out)
    assert [df for _, df in ratio.values()] == [12, 12, 12]
    assert noisy_campaigns(observations, "cocaine", laid_out) == (1,)
    hidden = day_noise_ratio(observations, "cocaine", np.zeros_like(laid_out))
    assert hidden[1][0] < 1.5 < ratio[1][0]  # had the means been taken for days without scatter


def test_the_ten_per_cent_rule_agrees_with_the_engine(app, tmp_path):
    path = step_release(tmp_path, size=0.5, at=11.1)
    rule = printed(app, path)["panel"]["rule_of_ten_percent"]
    assert (rule["from"], rule["to"]) == (2022, 2023)
    observations = to_observations(read(path))
    fit = build("rule", EudaRule()).fit(observations, look_at_end(observations), "cocaine")
    assert abs(rule["percent"]) == pytest.approx(100 * fit.score[0, 0], abs=1e-9)
    assert (rule["verdict"] != "stable") == bool(fit.published_alarm[0, 0])
    assert fit.status[0, 0] == Status.OK


def test_the_ten_per_cent_rule_compares_no_limits(app, tmp_path):
    """Two years wholly below the LOQ would read `stable (+0 %)`; one of them alone is a fall."""

    def below(row):
        return [*row[:5], *["0"] * 7, "0", "0", "0"] if int(row[0]) >= 2022 else row

    path = rewritten(step_release(tmp_path), below)
    compared = every_year(to_observations(read(path)), EudaRule().threshold)
    assert (compared[-1].after, compared[-1].verdict) == (2022, "decrease")
    result = run(app, path, "--from", 2020)
    assert result.exit_code == 0, result.output
    said = " ".join(result.stdout.split())
    assert said.count("of the last two years: not comparable (") == 1 + len(CITIES)
    assert "+0 %, 2022-2023" not in said


def test_a_city_that_breaks_alone_is_found_by_its_own_fit(tmp_path):
    path = step_release(tmp_path, size=0.0)
    rewritten(
        path, lambda row: scaled(row, 2.5) if row[4] == CITIES[3] and int(row[0]) >= 2018 else row
    )
    table = read(path)
    probs = {
        name: fitted(table, "cocaine", [name], ExactCity(), name).posterior.prob_break
        for name in CITIES
    }
    assert max(probs, key=lambda name: probs[name]) == CITIES[3]
    assert probs[CITIES[3]] > 0.8


def test_years_before_from_are_left_out(app, tmp_path):
    out = printed(app, step_release(tmp_path), "--from", 2018)
    assert out["panel"]["first_year"] == 2018
    assert out["panel"]["n_campaigns"] == 6
    assert out["panel"]["prob_break"] < 0.5  # the step lies before
    assert any("measured days before 2018: 168" in note for note in out["notes"])


def test_one_series_needs_no_panel(app, tmp_path):
    path = step_release(tmp_path)
    rewritten(path, lambda row: row if row[4] == CITIES[0] else None)
    out = printed(app, path)
    assert out["panel"] is None
    assert [series["site"] for series in out["series"]] == [CITIES[0]]
    assert (out["somewhere"], out["series"][0]["local"]) == (None, None)
    page = run(app, path)
    assert page.exit_code == 0
    assert "against the others" not in page.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--country", "XX"], "country: must be one of NL, got 'XX'"),
        (["--substance", "aspirin"], "substance: must be one of cocaine"),
        (["--sites", "nowhere.csv"], "nowhere.csv: file: must exist"),
        (["--from", "2050"], "rows: must be left by the selection"),
        (["--from", "12"], "--from: must be a year from 1990 to 2100"),
        (["--from", "2023"], "campaigns: must include a site with at least two campaigns"),
    ],
)
def test_a_wrong_request_is_one_line_and_status_2(app, tmp_path, arguments, message):
    before = sorted(tmp_path.iterdir())
    path = step_release(tmp_path)
    result = run(app, path, *arguments)
    assert result.exit_code == 2
    assert message in result.stderr
    assert result.stderr.count("\n") == 1
    assert result.stdout == ""
    path.unlink()
    (tmp_path / "site-info-table.csv").unlink()
    assert sorted(tmp_path.iterdir()) == before


def test_a_missing_file_is_one_line_and_status_2(app, tmp_path):
    result = run(app, tmp_path / "none.csv")
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert "must exist" in result.stderr


def test_a_substance_without_priors_is_refused_in_words(app, tmp_path):
    path = step_release(tmp_path)
    rewritten(path, lambda row: [row[0], "cannabis", *row[2:]])
    result = run(app, path)
    assert result.exit_code == 2
    assert "'cannabis'" in result.stderr
    assert "has no analysis priors; analyse serves cocaine, MDMA" in result.stderr


def test_several_countries_or_substances_ask_for_a_choice(app, tmp_path):
    path = step_release(tmp_path)
    rewritten(path, lambda row: [*row[:3], "BE" if row[4] == CITIES[0] else "NL", *row[4:]])
    result = run(app, path)
    assert result.exit_code == 2
    assert "--country: must be given, the file holds BE, NL" in result.stderr
    belgian = analysis_of_file(path, country="BE")
    assert plain_analysis(belgian)["country"] == "BE"
