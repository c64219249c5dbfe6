"""A tiny study with departures, run: differences against plain NumPy, the command and the page."""

import json
import re

import numpy as np
import pandas as pd
import pytest

from run.departing import ONE_WORLD, departing
from run.tiny import write_study
from simdesign.cli import call
from simdesign.report import write_page
from simdesign.report.asked import asked
from simdesign.report.folder import read_folder
from simdesign.report.select import Selection
from simdesign.report.verdicts import Wording
from simdesign.run import run
from simdesign.seeds import Purpose, stream
from simdesign.spec.study import Study

BUDGET, N_DRAW, YEAR, LAG = 0.10, 500, 365.25, 90
NAMES = ("noisy", "laboratory", "two_breaks")


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    folder = tmp_path_factory.mktemp("departures")
    results = run(departing(folder, *ONE_WORLD), folder / "out", workers=1)
    results.save()
    return results


@pytest.fixture(scope="module")
def table(done):
    return pd.DataFrame(done.assessment().table.rows)  # as computed: files have ten digits


def cells(done, scenario, design="two", estimator="exact"):
    """Return replication x look arrays of one cell."""
    rows = done.rows(scenario)
    rows = rows[(rows["design"] == design) & (rows["estimator"] == estimator)]
    rows = rows.sort_values(["replication", "look_day"])
    n = rows["replication"].nunique()
    return {
        name: rows[name].to_numpy().reshape(n, -1)
        for name in ("score", "look_day", "change_day", "effect", "true_effect", "effect_low",
                     "effect_high", "level", "true_level")
    }  # fmt: skip


def counts(done, luck):
    """Return how often each replication of a luck group is in each resample; first the study."""
    most = {"null": 24, "study": 12}[luck]
    drawn = stream(done.study.seed, Purpose.BOOTSTRAP, luck).poisson(1.0, size=(most, N_DRAW))
    return np.concatenate([np.ones((most, 1)), drawn], axis=1).T.astype(int)


def thresholds(done):
    """Return the order statistic of the null mixture in the study and in every resample."""
    score = cells(done, "null_mixture")["score"]
    largest = np.where(np.isnan(score), -np.inf, score).max(axis=1)
    found = []
    for times in counts(done, "null")[:, : largest.size]:
        ordered = np.sort(np.repeat(largest, times))
        rank = int(np.ceil((ordered.size + 1) * (1 - BUDGET) - 1e-9))
        found.append(ordered[rank - 1] if rank <= ordered.size else np.inf)
    return np.array(found)


def noticed(cell, limit):
    """Return, for one threshold, which breaks were noticed in time: an oracle in plain loops."""
    found = []
    for score, day, change in zip(
        cell["score"], cell["look_day"], cell["change_day"][:, 0], strict=True
    ):
        alarms = [d for s, d in zip(score, day, strict=True) if s > limit]
        first = alarms[0] if alarms else None
        good = first is not None and first - LAG >= change and (first - change) / YEAR <= 3.0
        found.append(float(good))
    return np.array(found)


def row(table, scenario, measure, compared_with, **place):
    """Return the one row of a measure."""
    keep = (table["scenario"] == scenario) & (table["measure"] == measure)
    keep &= (table["compared_with"] == compared_with) & (table["design"] == "two")
    for name, value in place.items():
        keep &= np.isclose(table[name], value) if isinstance(value, float) else (
            table[name] == value
        )  # fmt: skip
    found = table[keep]
    assert len(found) == 1
    return found.iloc[0]


AT = {"estimator": "exact", "threshold": "operating", "budget": BUDGET}


@pytest.mark.parametrize("name", NAMES)
def test_power_at_the_threshold_of_the_default_mixture_is_paired(done, table, name):
    limits, times = thresholds(done), counts(done, "study")
    mine, base = cells(done, f"{name},size=0.3"), cells(done, "size=0.3")
    followed = (mine["look_day"][:, -1] - mine["change_day"][:, 0]) / YEAR >= 3.0
    np.testing.assert_array_equal(mine["change_day"], base["change_day"])  # the same luck
    shares = np.empty((2, 1 + N_DRAW))
    for d, limit in enumerate(limits):
        weight = times[d, : followed.size] * followed
        for world, cell in enumerate((mine, base)):
            shares[world, d] = (weight * noticed(cell, limit)).sum() / weight.sum()
    less = shares[0] - shares[1]
    for scenario, share in ((f"{name},size=0.3", shares[0]), ("size=0.3", shares[1])):
        own = row(table, scenario, "power", "", horizon=3.0, **AT)
        assert own["value"] == pytest.approx(share[0], abs=1e-12)
    paired = row(table, f"{name},size=0.3", "power", "default world", horizon=3.0, **AT)
    assert paired["value"] == pytest.approx(less[0], abs=1e-12)
    assert paired["mcse"] == pytest.approx(less[1:].std(ddof=1), rel=1e-9, abs=1e-12)


def test_false_alarms_are_those_that_result(done, table):
    limits, times = thresholds(done), counts(done, "null")
    shares = []
    for scenario in ("none,noisy", "none"):
        largest = np.nan_to_num(cells(done, scenario)["score"], nan=-np.inf).max(axis=1)
        weight = times[:, : largest.size]
        hit = largest[None, :] > limits[:, None]
        shares.append((weight * hit).sum(axis=1) / weight.sum(axis=1))
        own = row(table, scenario, "false_alarm_prob", "", **AT)
        assert own["value"] == pytest.approx(shares[-1][0], abs=1e-12)
    less = shares[0] - shares[1]
    paired = row(table, "none,noisy", "false_alarm_prob", "default world", **AT)
    assert paired["value"] == pytest.approx(less[0], abs=1e-12)
    assert paired["mcse"] == pytest.approx(less[1:].std(ddof=1), rel=1e-9)


@pytest.mark.parametrize("name", NAMES)
def test_the_bias_and_coverage_of_e_and_the_picture_are_paired(done, table, name):
    scenario = f"{name},size=-0.3"
    mine, base = cells(done, scenario), cells(done, "size=-0.3")
    last = [{key: values[:, -1] for key, values in cell.items()} for cell in (mine, base)]
    bias = [cell["effect"] - cell["true_effect"] for cell in last]
    held = [
        (
            (cell["effect_low"] <= cell["true_effect"])
            & (cell["true_effect"] <= cell["effect_high"])
        ).astype(float)
        for cell in last
    ]  # fmt: skip
    for measure, (one, other) in (("effect_bias", bias), ("effect_coverage", held)):
        paired = row(table, scenario, measure, "default world", estimator="exact")
        less = one - other
        assert paired["value"] == pytest.approx(less.mean(), abs=1e-12)
        assert paired["mcse"] == pytest.approx(less.std(ddof=1) / np.sqrt(less.size), rel=1e-9)
    off = []
    for cell in (mine, base):
        error = cell["level"] - cell["true_level"]
        window = np.abs(error[:, 3:] - error[:, :-3]) > np.log(1.1)
        off.append(window.mean(axis=1))
    less = off[0] - off[1]
    paired = row(table, scenario, "large_error_prob", "default world", horizon=3.0)
    assert paired["value"] == pytest.approx(less.mean(), abs=1e-12)
    assert paired["mcse"] == pytest.approx(
        less.std(ddof=1) / np.sqrt(less.size), rel=1e-9, abs=1e-12
    )


def test_a_departure_of_the_change_has_the_very_null_of_the_default_world(table):
    mine = table[(table["scenario"] == "none,two_breaks") & (table["compared_with"] != "annual")]
    paired = mine[(mine["compared_with"] == "default world") & mine["value"].notna()]
    assert len(paired) > 10
    assert (paired["value"] == 0.0).all()
    assert (paired["mcse"] == 0.0).all()
    noisy = table[(table["scenario"] == "noisy,size=0.3") & table["value"].notna()]
    assert (noisy[noisy["compared_with"] == "default world"]["value"] != 0.0).any()


def test_rows_of_the_default_world_are_those_of_the_study_without_departures(done, tmp_path):
    alone = Study.from_toml(write_study(tmp_path, *ONE_WORLD))
    other = run(alone, tmp_path / "alone", workers=1)
    for scenario in ("null_mixture", "none", "size=0.3"):
        mine, theirs = done.rows(scenario), other.rows(scenario)
        np.testing.assert_array_equal(mine["score"], theirs["score"])


def test_the_command_prints_the_worst_case_beside_the_default_world(done, table, capsys):
    assert call(["departures", str(done.folder), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert set(found["departures"]) == set(NAMES)
    power = [
        item
        for item in found["worst"]
        if (item["key"], item["design"], item["change"]) == ("power", "two", "size=0.3")
    ]
    assert len(power) == 1
    values = {
        name: row(table, f"{name},size=0.3", "power", "", horizon=3.0, **AT)["value"]
        for name in NAMES
    }
    assert power[0]["worst"]["value"] == pytest.approx(min(values.values()))
    assert values[power[0]["departure"]] == pytest.approx(min(values.values()))
    calibrated = row(
        table, "noisy,size=0.3", "power", "", horizon=3.0, **AT | {"threshold": "oracle"}
    )  # fmt: skip
    line = next(
        item
        for item in found["worlds"]
        if (item["departure"], item["change"], item["design"]) == ("noisy", "size=0.3", "two")
    )
    assert line["numbers"]["recalibrated_power"]["value"] == pytest.approx(calibrated["value"])
    quiet = row(table, "none,noisy", "false_alarm_prob", "", **AT)
    assert line["numbers"]["false_alarm_prob"]["value"] == pytest.approx(quiet["value"])
    verdicts = {(v.world["world.departure"], v.topic, v.threshold): v for v in done.verdicts()}
    for item in found["verdicts"]:
        key = (item["topic"], item["threshold"])
        assert item["before"] == verdicts[("default", *key)].code
        after = verdicts.get((item["departure"], *key))
        assert item["after"] == (None if after is None else after.code)
    assert call(["departures", str(done.folder), "--change", "size=0.3", "--design", "two"]) == 0
    text = capsys.readouterr().out
    assert "cocaine, size=0.3: two in every world" in text
    assert "size=-0.3" not in text
    assert all(name in text for name in NAMES)
    assert "in the default world" in text


@pytest.mark.parametrize(
    ("options", "rule"),
    [
        (["--change", "noisy,size=0.3"], "must be one of plateau; size=0.3; size=-0.3"),
        (["--design", "weekly"], "must be one of annual, two"),
        (["--estimator", "pymc"], "must be one of euda, exact"),
    ],
)
def test_wrong_input_is_one_line(done, capsys, options, rule):
    assert call(["departures", str(done.folder), *options]) == 2
    error = capsys.readouterr().err
    assert rule in error
    assert error.count("\n") == 1


def test_other_tables_do_not_take_another_world_for_another_design(done, capsys):
    assert call(["frontier", str(done.folder), "--scenario", "noisy,size=0.3", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["designs"]
    by_design = {item["design"]: item["numbers"]["power"] for item in found}
    assert by_design["annual"]["difference"] is None
    assert by_design["two"]["difference"] is not None


def test_the_page_has_the_departures_in_both_languages(done):
    text = write_page(done.folder).read_text(encoding="utf-8")
    assert text.count('id="departures-') == 2
    assert "Does it hold in other worlds than those assumed?" in text
    assert "Houdt het stand in andere werelden dan de aangenomen?" in text
    methods = write_page(done.folder).with_name("methods.html").read_text(encoding="utf-8")
    _, part = methods.split('<section aria-labelledby="departures-en">')
    assert all(f'<th scope="row">{name}' in part.split("</section>")[0] for name in NAMES)
    for lang, words in (("en", "another world: "), ("nl", "andere wereld: ")):
        # the verdicts above are those of the default world
        _, above = text.split(f'<section class="verdict" aria-labelledby="verdict-{lang}">')
        assert words not in above.split("</section>")[0]
    assert "the default world" in text
    assert "de gewone wereld" in text


def test_the_question_of_the_page_is_whether_the_verdict_stands(done, table):
    folder = read_folder(done.folder)
    selections = [Selection(folder, name, {}) for name in folder.substances]
    found = asked(folder, selections, Wording("en", done.study))
    assert found.question.startswith("Does the verdict stand")
    (name, (first, second)) = found.answers[0]
    assert name == "Cocaine"
    # counted again from the verdicts themselves
    own = {
        (v.topic, v.threshold): v.code for v in folder.verdicts
        if v.world["world.departure"] == "default"
    }  # fmt: skip
    for topic, threshold in (("picture", ""), ("break", "operating")):
        there = [
            v.code for v in folder.verdicts
            if (v.topic, v.threshold) == (topic, threshold)
            and v.world["world.departure"] != "default"
        ]  # fmt: skip
        same = sum(code == own[topic, threshold] for code in there)
        if same == len(there):
            assert f"in all {same} other worlds" in first
        else:
            assert re.search(rf"in {same} of (?:the )?{len(there)} other worlds", first)
    alarms = table[
        (table["measure"] == "false_alarm_prob") & (table["estimator"] == "exact")
        & (table["threshold"] == "operating") & (table["budget"] == BUDGET)
        & (table["compared_with"] == "") & (table["role"] == "null_world")
    ]  # fmt: skip
    departed = alarms[alarms["scenario"].str.contains("noisy|laboratory|two_breaks")]
    worst = departed.groupby("design")["value"].max()
    for design in {"annual", worst.idxmax()}:
        assert f"to {round(100 * worst[design])} of 100 programmes" in second
    page = write_page(done.folder).read_text(encoding="utf-8")
    assert "Houdt de uitkomst stand als de wereld anders is dan aangenomen?" in page
    assert "Besides: is the judged design as good as the others?" in page
