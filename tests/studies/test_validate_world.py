"""`simdesign validate-world`: right worlds pass, wrong ones are seen, bad input is one line."""

import csv
import datetime as dt
import json
import math
import re
from dataclasses import replace

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from data.make_release import HEADER, SITES_HEADER, measured, release_rows, write_csv
from mc import assert_mean
from simdesign.spec.change import NoChange
from simdesign.spec.study import Programme
from simdesign.spec.terms import terms_on
from simdesign.spec.world import World
from simdesign.studies.validate_world import register
from simdesign.studies.validation import compare, real_panel, twins
from simdesign.studies.validation.compare import tail_share
from simdesign.studies.validation.sources import HELD_OUT, TUNED, used
from simdesign.studies.validation.statistics import STATISTICS, listed

PEOPLE = (30_000, 40_000, 45_000, 90_000, 200_000, 700_000)
PROGRAMME = Programme(start=dt.date(2017, 1, 1), years=7)


def world(country="NL", substances=("cocaine",), **values):
    cities = [
        {"name": f"{country}-town-{n}", "population": people} for n, people in enumerate(PEOPLE)
    ]
    return World(catchments=cities, substances=dict.fromkeys(substances, values))


def release(folder, worlds, seed=5):
    """Write one release of some countries' worlds; return its path."""
    rows, sites = [], []
    for country, item in worlds.items():
        rows += release_rows(measured(item, PROGRAMME, NoChange(), seed), country)
        sites += [["", country, c.name, "", int(c.population), ""] for c in item.catchments]
    write_csv(folder / "site-info-table.csv", SITES_HEADER, sites)
    return write_csv(folder / "all-data.csv", HEADER, rows)


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    pair = ("cocaine", "MDMA")
    countries = {name: world(name, pair) for name in ("NL", "BE", "DE")}
    path = release(tmp_path_factory.mktemp("release"), countries)
    with path.open(newline="", encoding="utf-8") as opened:
        rows = list(csv.reader(opened))
    rows[1][HEADER.index("Friday")] = ""  # a missing day, and one below the limit
    rows[2][HEADER.index("Sunday")] = "0"
    # too little of a substance, and too few sites of a country
    rows.append([*rows[3][:1], "ketamine", *rows[3][2:]])
    rows += [["2018", "cocaine", "", "CH", "Bern", *["700"] * 10]]
    return write_csv(path, rows[0], rows[1:])


def run(*arguments):
    app = typer.Typer()
    app.callback()(lambda: None)  # with one command alone typer would drop its name
    register(app)
    return CliRunner().invoke(app, ["validate-world", *map(str, arguments)])


def test_command_writes_table_data_and_page(file, tmp_path):
    out = tmp_path / "new" / "folder"
    result = run(file, "--replications", 8, "--countries", "NL", "--substances",
                 "cocaine,MDMA", "--out", out, "--json")  # fmt: skip
    assert result.exit_code == 0, result.output
    with (out / "validation.csv").open(newline="") as opened:
        rows = list(csv.DictReader(opened))
    keys = {item.key for item in STATISTICS}
    assert {row["key"] for row in rows} == keys | {"correlation_MDMA"}
    assert len(rows) == 2 * len(keys) + 1
    data = json.loads((out / "validation.json").read_text())
    assert data == json.loads(result.output)
    assert data["groups"] == {"NL": ["NL"]}
    assert [row["key"] for row in data["rows"]] == [row["key"] for row in rows]
    text = (out / "validation.md").read_text()
    assert "### cocaine, NL" in text
    assert len({line.count("|") for line in text.splitlines() if line.startswith("| wee")}) == 1
    page = (out / "validation.html").read_text()
    assert len(re.findall(r'<div role="img" aria-label="[^"]+real weeks', page)) == 8
    assert "<script" not in page
    assert not re.search(r'(src|href)="', page)


def test_command_prints_what_was_tuned(file):
    result = run(file, "--replications", 4, "--countries", "NL", "--substances", "cocaine")
    assert result.exit_code == 0, result.output
    for text in ("cocaine, NL", "tuned", "held out", "weekday multiplier Sun", "6 sites"):
        assert text in result.output


def test_a_study_file_gives_the_world(file, tmp_path):
    study = """
name = "noisy"
seed = 1
aims = "none"
[world.substances.cocaine]
day_sd = 0.4
[designs.annual]
schedule = { kind = "fixed_weeks", weeks = [11] }
[estimators.rule]
kind = "euda_rule"
[decision]
reference = "annual"
[sizes.quick]
null = 20
null_world = 20
alternative = 10
"""
    path = tmp_path / "study.toml"
    path.write_text(study)
    result = run(file, "--world", "default", "--world", path, "--countries", "NL",
                 "--substances", "cocaine", "--replications", 20, "--json")  # fmt: skip
    assert result.exit_code == 0, result.output
    data = json.loads(result.output)
    assert data["worlds"] == ["default", "noisy"]
    found = {(row["world"], row["key"]): row for row in data["rows"]}
    assert abs(found["default", "residual_sd"]["discrepancy"]) < 3
    assert found["noisy", "residual_sd"]["discrepancy"] < -5
    refused = run(file, "--world", path, "--countries", "NL", "--substances", "MDMA")
    assert refused.exit_code == 2
    assert "--substances" in refused.stderr


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--substances", "cocain"), "cocain"),
        (("--countries", "NL,XX"), "country: must be one of BE, CH, DE, NL, got 'XX'"),
        (("--countries", "CH"), "sites with a complete week: must be at least 3"),
        (("--countries", "NL,NL"), "--countries"),
        (("--countries", ""), "--countries"),
        (("--from", "2030"), "2030"),
        (("--from", "3"), "--from"),
        (("--replications", "1"), "--replications"),
        (("--seed", "-1"), "--seed"),
        (("--world", "nowhere.toml"), "nowhere.toml"),
        (("--sites", "nowhere.csv"), "nowhere.csv"),
    ],
)
def test_wrong_input_is_one_line(file, options, words):
    given = {"--countries": "NL", "--substances": "cocaine", "--replications": "2"}
    given |= dict([options])
    result = run(file, *(text for pair in given.items() for text in pair))
    assert result.exit_code == 2
    assert words in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert result.stderr.startswith("simdesign: ")


def test_a_file_without_weeks_is_refused(tmp_path):
    rows = [["A", f"2024-03-{day:02d}", "cocaine", 500 + day, 1e5] for day in range(6, 13)]
    path = write_csv(
        tmp_path / "own.csv", ("site", "date", "substance", "load", "population"), rows
    )
    for name in (path, tmp_path / "absent.csv"):
        result = run(name, "--replications", 2)
        assert result.exit_code == 2
        assert len(result.stderr.splitlines()) == 1


def test_twins_have_the_sites_days_and_levels_of_the_panel(file):
    panel = real_panel(file, countries=("BE", "NL", "DE"), substances=("cocaine", "MDMA"))
    assert [group.name for group in panel.groups] == ["NL", "BE+DE"]
    drawn = twins(world(substances=("cocaine", "MDMA")), panel.countries, seed=3, replications=40)
    for country, real in panel.countries.items():
        twin = drawn.countries[country]
        assert twin.sites == real.sites
        assert twin.load.shape == (40, *real.load.shape[1:])
        missing = np.isnan(twin.load)
        np.testing.assert_array_equal(missing, np.broadcast_to(np.isnan(real.load), missing.shape))
        for u in range(2):
            for s in range(len(real.sites)):
                here = real.visits.site == s
                level = np.nanmean(np.log(twin.load[:, u, here]), axis=(1, 2))
                assert_mean(level, np.nanmean(np.log(real.load[0, u, here])))
    assert sum(np.isnan(real.load).sum() for real in panel.countries.values()) == 1


def test_a_substance_more_changes_no_number(file):
    both, one = (
        real_panel(file, countries=("NL",), substances=names)
        for names in (("cocaine", "MDMA"), ("MDMA",))
    )
    item = world(substances=("cocaine", "MDMA"))
    two = twins(item, both.countries, seed=3, replications=2).countries["NL"]
    alone = twins(item, one.countries, seed=3, replications=2).countries["NL"]
    np.testing.assert_array_equal(two.load[:, 1], alone.load[:, 0])


KEYS = ("weekday_Wed", "weekday_Sat", "weekday_Sun", "weekend_ratio", "weekend_spread", "cv_0",
        "cv_gradient", "residual_sd", "residual_lag1", "residual_gradient", "residual_kurtosis",
        "week_sd_spread", "weekday_site_sd", "change_mean", "change_sd", "change_median",
        "shared_year_sd", "site_year_sd", "year_correlation", "residual_q0.975")  # fmt: skip


@pytest.fixture(scope="module")
def rows_of_panels(tmp_path_factory):
    """Run the whole chain 30 times: a world's weeks as a release, against the same world."""
    item, n = world(), 40
    found = []
    for seed in range(30):
        path = release(tmp_path_factory.mktemp("panel"), {"NL": item}, seed)
        panel = real_panel(path, substances=("cocaine",))
        drawn = twins(item, panel.countries, seed=1000 + seed, replications=n)
        comparison = compare(panel, {"right": drawn}, seed=seed, bootstraps=12)
        found.append(comparison.of("NL", "cocaine", "right"))
    return found, n


def test_a_panel_of_the_same_world_is_as_far_as_chance_has_it(rows_of_panels):
    panels, n = rows_of_panels
    z = np.array([[rows[key].z for key in KEYS] for rows in panels])
    assert np.isfinite(z).all()
    for column in range(len(KEYS)):
        assert_mean(z[:, column], 0.0)
    # an SD from n draws makes z a t variable with n - 1 degrees of freedom
    assert_mean((z**2).mean(axis=1), (n - 1) / (n - 3))
    # by exchange of the real and the n simulated panels, four of n + 1 ranks have a tail <= 0.1
    tails = np.array([[rows[key].tail for key in KEYS] for rows in panels])
    assert_mean((tails <= 0.1).mean(axis=1), 4 / (n + 1))


def test_the_discrepancy_is_cautious(rows_of_panels):
    panels, _ = rows_of_panels
    d = np.array([[rows[key].discrepancy for key in KEYS] for rows in panels])
    # both errors are of one panel's scatter, and six sites give too small an SE: 0.7 to 1
    assert math.sqrt((d**2).mean()) == pytest.approx(0.8, abs=0.1)
    assert (np.abs(d) > 2).mean() < 0.03


@pytest.mark.parametrize(
    ("change", "key", "sign"),
    [
        ({"day_sd": 0.268}, "residual_sd", -1),
        ({"sigma_site": 0.35}, "site_year_sd", -1),
        ({"sigma_shared": 0.5, "lab_share": 1.0}, "shared_year_sd", -1),
        ({"drift": 0.5}, "change_mean", -1),
    ],
)
def test_a_wrong_world_is_seen(tmp_path, change, key, sign):
    panel = real_panel(release(tmp_path, {"NL": world()}), substances=("cocaine",))
    wrong = twins(world(**change), panel.countries, seed=2, replications=40)
    row = compare(panel, {"wrong": wrong}, seed=2, bootstraps=50).of("NL", "cocaine", "wrong")[key]
    assert sign * row.discrepancy > 2.0
    assert row.tail == pytest.approx(2 / 41)


def test_discrepancy_z_and_tail_by_hand(rows_of_panels):
    row = replace(
        rows_of_panels[0][0]["residual_sd"], real=5.0, real_se=3.0, sim_mean=1.0, sim_sd=4.0,
        n_sim=4,
    )  # fmt: skip
    assert row.discrepancy == pytest.approx(0.8)
    assert row.z == pytest.approx(4 / (4 * math.sqrt(1.25)))
    assert math.isnan(replace(row, sim_sd=0.0, real_se=0.0).discrepancy)
    assert replace(row, real=1.0, sim_sd=0.0, real_se=0.0).discrepancy == 0.0
    draws = np.arange(9.0)
    assert tail_share(10.0, draws) == pytest.approx(0.2)
    assert tail_share(7.5, draws) == pytest.approx(0.4)
    assert tail_share(4.0, draws) == 1.0
    assert math.isnan(tail_share(math.nan, draws))


def test_a_full_world_says_which_terms_it_has():
    full = World.model_validate({"realism": "full", "substances": {"cocaine": {}}})
    assert terms_on(full) >= {"odd_days", "town_mix", "people"}
    assert terms_on(world()) == frozenset()


def test_what_was_tuned_is_said_for_known_statistics_only():
    assert used("residual_sd", "cocaine", home=True) == TUNED
    assert used("residual_sd", "cocaine", home=False) == HELD_OUT
    assert used("residual_kurtosis", "cocaine", home=True) == HELD_OUT
    assert used("weekday_Sun", "methamphetamine", home=True) == HELD_OUT
    assert used("weekday_Sun", "methamphetamine", home=False) == TUNED
    assert used("weekday_site_sd", "MDMA", home=False) == HELD_OUT
    terms = frozenset({"town_mix", "odd_days"})
    assert used("weekday_site_sd", "MDMA", home=False, terms=terms) == TUNED
    assert used("beyond_3", "cocaine", home=True, terms=terms) == TUNED
    assert used("beyond_3", "MDMA", home=True, terms=terms) == HELD_OUT
    tuned = {s.key for s in STATISTICS if used(s.key, "cocaine", home=True) == TUNED}
    assert all(listed(key) for key in tuned)
