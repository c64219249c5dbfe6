"""The table of options: its numbers are those of the study, its choices those of plain loops."""

import json
import math

import numpy as np
import pytest

from reference.options_oracle import front, largest_regret
from run.tiny import write_study
from simdesign.cli import call
from simdesign.report import write_page
from simdesign.report.asked import asked
from simdesign.report.folder import read_folder
from simdesign.report.select import Selection
from simdesign.report.verdicts import Wording
from simdesign.run import run
from simdesign.run.option_draws import null_mixture, option_draws
from simdesign.spec.design import Cost
from simdesign.spec.losses import LossFile, Prices
from simdesign.spec.study import Margin, Study
from simdesign.studies.option_costs import option_costs
from simdesign.studies.option_table import cheapest_as_good, criteria, first_best, mean_over
from simdesign.studies.option_worth import round_down

MORE = """
[designs.standards]
schedule = { kind = "fixed_weeks", weeks = [11] }
laboratory = { standards = 0.5 }
cost = { per_batch = 15.0 }

[designs.purity]
schedule = { kind = "fixed_weeks", weeks = [11] }
streams = ["purity"]

[designs.one_site]
schedule = { kind = "fixed_weeks", weeks = [11] }
sites = ["north"]

[designs.asks]
[designs.asks.schedule]
kind = "triggered"
base = { kind = "fixed_weeks", weeks = [11] }
extra_weeks = [20, 28]

[estimators.euda]"""
LOSSES = """
study = "tiny"

[losses]
missed_per_year = 1000000.0
false_alarm = 100000.0

[prices]
per_sample = 200.0
per_batch = 3000.0

[extra]
standards = 5000.0
"""
LAB = '"change.size" = [0.3, -0.3]\n"world.substances.*.lab_share" = [0.0, 1.0]'


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    folder = tmp_path_factory.mktemp("options")
    path = write_study(
        folder, ("years = 6", "years = 9"), ("\n[estimators.euda]", MORE),
        ('[estimators.euda]\nkind = "euda_rule"\n\n', ""),  # has no P(break) to ask by
        ('"change.size" = [0.3, -0.3]', LAB), ("= [0.0, 0.1]", "= [0.1]"),
        ("null = 24", "null = 100"),
        ("null_world = 20\nalternative = 12", "null_world = 30\nalternative = 24"),
    )  # fmt: skip
    results = run(Study.from_toml(path), folder / "out", workers=1)
    (folder / "losses.toml").write_text(LOSSES, encoding="utf-8")
    return results


@pytest.fixture(scope="module")
def losses(done):
    return done.folder.parent / "losses.toml"


@pytest.fixture(scope="module")
def draws(done):
    return option_draws(done, done.study.decision.budgets)[0]


@pytest.fixture(scope="module")
def content(done, losses):
    assert call(["options", str(done.folder), "--losses", str(losses)]) == 0
    return json.loads((done.folder / "options.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def frame(done):
    return done.measures()


def table(frame, measure, design, scenario, budget=0.1, compared="", horizon=3.0):
    rows = frame[
        (frame["measure"] == measure) & (frame["design"] == design)
        & (frame["scenario"] == scenario) & frame["threshold"].eq("operating")
        & (frame["estimator"] == "exact") & np.isclose(frame["budget"], budget)
        & (frame["compared_with"] == compared)
        & (np.isclose(frame["horizon"], horizon) if horizon else frame["horizon"].isna())
    ]  # fmt: skip
    assert len(rows) == 1
    return rows.iloc[0]


def test_the_draws_are_those_of_the_measures(frame, draws):
    assert draws.power.shape == (501, 4, 6)
    assert draws.years == 5.0
    for s, scenario in enumerate(draws.scenarios):
        for m, design in enumerate(draws.designs):
            for values, measure, horizon in (
                (draws.power, "power", 3.0), (draws.delay, "restricted_mean_delay", 5.0),
            ):  # fmt: skip
                wanted = table(frame, measure, design, scenario.name, horizon=horizon)
                assert values[0, s, m] == pytest.approx(wanted["value"], rel=1e-9)
                spread = values[1:, s, m].std(ddof=1)
                assert spread == pytest.approx(wanted["mcse"], rel=1e-6, abs=1e-12)
                if design != "annual":
                    paired = table(frame, measure, design, scenario.name, 0.1, "annual", horizon)
                    gap = (values[:, s, m] - values[:, s, 0])[1:].std(ddof=1)
                    assert gap == pytest.approx(paired["mcse"], rel=1e-6, abs=1e-12)
            world = draws.worlds[s].name
            rate = table(frame, "false_alarm_prob", design, world, horizon=None)
            assert draws.false_alarm[0, s, m] == pytest.approx(rate["value"])
            for b, budget in enumerate(draws.budgets):
                rate = table(frame, "false_alarm_prob", design, world, budget, horizon=None)
                assert draws.false_alarm_at[0, s, m, b] == pytest.approx(rate["value"])
    ten = draws.budgets.index(0.1)
    np.testing.assert_array_equal(draws.delay_at[..., ten], draws.delay[:201])


def test_worlds_are_grouped_by_what_their_error_is_made_of(content):
    part = content["substances"][0]
    assert [group["group"] for group in part["groups"]] == ["all", "week", "mixed"]
    # r_lab is 0.5 here: a laboratory's error is half batch, half year
    assert all("lab_share=1.0" in name for name in part["groups"][2]["scenarios"])
    assert len(part["rows"]) == 3 * 6


def test_the_front_and_the_choices_are_those_of_plain_loops(done, content, draws):
    asked_costs = option_costs(done, None, null_mixture(done))
    part = content["substances"][0]
    costs = {item["design"]: item["cost"] for item in content["designs"]}
    price = np.array([costs[name] for name in draws.designs])
    paid = np.stack([asked_costs.draws(name) for name in draws.designs], axis=1)
    np.testing.assert_allclose(paid[0], price)
    assert (np.ptp(paid, axis=0) > 0.0).tolist() == [name == "asks" for name in draws.designs]
    power, delay = (mean_over(values, range(4)) for values in (draws.power, draws.delay))
    points = criteria(paid, power, delay)
    share = np.mean([front(draw.tolist()) for draw in points[1:]], axis=0)
    rows = {row["design"]: row for row in part["rows"] if row["group"] == "all"}
    assert [rows[name]["front"]["value"] for name in draws.designs] == pytest.approx(share.tolist())
    # purity notices what one round does, for more money
    assert rows["purity"]["front"]["value"] == 0.0
    assert rows["purity"]["more"] == {"value": 0.0, "mcse": 0.0, "low": 0.0, "high": 0.0}
    group = part["groups"][0]
    assert group["most"]["design"] == draws.designs[int(power[0].argmax())]
    fits = [
        m for m in range(6)
        if power[0, m] >= power[0].max() - 0.1 and delay[0, m] <= delay[0].min() + 1.0
    ]  # fmt: skip
    cheapest = min(fits, key=lambda m: price[m])
    assert group["cheapest_as_good"]["design"] == draws.designs[cheapest]
    worst = [item["regret"]["value"] for item in part["worth"]]
    assert worst == pytest.approx(largest_regret(draws.power[0].tolist()))


def test_costs_in_euro_are_counted_by_hand(content):
    # nine years; one round: 21 samples and three visits at sites, one round, one batch
    euro = {item["design"]: item["euro"] for item in content["designs"]}
    visit, once = 2.0 * 200.0, 10.0 * 200.0
    round_ = 21 * 200.0 + 3 * visit + once
    assert euro["annual"] == pytest.approx(9 * (round_ + 3000.0))
    assert euro["two"] == pytest.approx(9 * 2 * (round_ + 3000.0))
    assert euro["standards"] == pytest.approx(9 * (round_ + 4500.0) + 5000.0)
    assert euro["purity"] == pytest.approx(9 * (round_ + 3000.0 + 20.0 * 200.0))
    ratio = {item["design"]: item["cost_ratio"] for item in content["designs"]}
    assert ratio["two"] == 2.0
    assert ratio["standards"] == pytest.approx((21 + 6 + 10 + 15) / (21 + 6 + 10 + 10))


def test_a_design_that_asks_for_more_costs_what_it_asked_for(frame, content):
    item = next(item for item in content["designs"] if item["design"] == "asks")
    mine = frame[(frame["design"] == "asks") & (frame["scenario"] == "")].set_index("measure")
    assert item["cost"] == pytest.approx(mine["value"]["cost"])
    assert item["cost_p95"] == pytest.approx(mine["value"]["cost_p95"])
    annual, extra = 9 * (21 + 6 + 20), 21 + 6 + 20
    assert annual < item["cost"] <= item["cost_p95"] <= annual + 8 * 2 * extra
    assert (item["cost_p95"] - annual) % (2 * extra) == 0.0
    changed = frame[
        (frame["design"] == "asks") & (frame["measure"] == "cost")
        & (frame["role"] == "alternative") & (frame["estimator"] == "exact")
    ]  # fmt: skip
    assert len(changed) == 4
    assert item["cost_changed"] == pytest.approx(changed["value"].mean())
    assert item["euro_p95"] > item["euro"]
    assert item["decide_by"] == "2027-05-19"  # week 20, the first after the first look


def test_what_samples_are_worth_is_counted_again(content, draws):
    part = content["substances"][0]
    chance = 1.0 - 0.5**0.9
    rows = {item["design"]: item for item in part["worth"]}
    euro = {item["design"]: item["euro"] for item in content["designs"]}
    best = {}
    for m, name in enumerate(draws.designs):
        loss = [
            np.mean(
                chance * (1e6 * draws.delay_at[0, :, m, b] + 1e5 * draws.premature_at[0, :, m, b])
                + (1 - chance) * 1e5 * draws.false_alarm_at[0, :, m, b]
            )
            for b in range(len(draws.budgets))
        ]
        best[name] = max(0.0, chance * 5e6 - min(loss))
        assert rows[name]["information"]["value"] == pytest.approx(best[name])
        assert rows[name]["best_budget"] == draws.budgets[int(np.argmin(loss))]
    for name, row in rows.items():
        gain = best[name] - best["annual"]
        assert row["more_information"]["value"] == pytest.approx(gain, abs=1e-6)
        net = gain - (euro[name] - euro["annual"])
        assert row["net"]["value"] == pytest.approx(net, abs=1e-6)
    two = rows["two"]
    other = euro["two"] - euro["annual"] - 9 * 21 * 200.0
    price = (best["two"] - best["annual"] - other) / (9 * 21)
    assert two["break_even"]["value"] == pytest.approx(price)
    assert two["pays"] == ("below" if price > 0 else "never")
    assert rows["annual"]["pays"] == ""
    assert rows["purity"]["pays"] == "never"  # the same information and samples for more


def test_what_must_be_decided_by_when(content):
    dates = {item["design"]: item for item in content["designs"]}
    # week 11 of 2026 opens on Wednesday 18 March, week 37 on 16 September
    assert dates["annual"]["first_sample"] == "2026-03-18"
    assert dates["annual"]["decide_by"] is None
    assert dates["two"]["decide_by"] == "2026-09-16"
    for name in ("standards", "purity", "one_site"):
        assert dates[name]["decide_by"] == "2026-03-18"
    assert {item["first_look"] for item in content["designs"]} == {"2027-04-01"}
    assert (len(content["looks"]), content["looks"][0]) == (9, "2027-04-01")


def test_the_terminal_and_the_page_say_it(done, losses, content, capsys):
    assert call(["options", str(done.folder), "--losses", str(losses)]) == 0
    said = capsys.readouterr().out
    assert "cocaine, shared error mostly a special week" in said
    assert "cheapest within the margins of the best" in said
    assert "least cost and loss together" in said
    assert "its purity series are not read by the judge" in said
    assert "no losses stated" not in said
    html = write_page(done.folder, "nl").read_text(encoding="utf-8")
    for text in ("Welke optie kiezen?", "Which option to choose?", "16 september van jaar 1",
                 "16 September of year 1", "Kiezen vóór",
                 "Als de gedeelde meetfout vooral een bijzondere week is"):  # fmt: skip
        assert text in html


def test_without_losses_it_says_so_and_gives_no_value(done, capsys):
    assert call(["options", str(done.folder), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["losses"] is None
    assert "information" not in found["substances"][0]["worth"][0]
    assert call(["options", str(done.folder)]) == 0
    said = capsys.readouterr().out
    assert "no losses stated" in said
    assert "no unit prices stated" in said
    assert "Er zijn geen verliezen opgegeven" in write_page(done.folder).read_text(encoding="utf-8")


def test_too_few_unchanged_programmes_are_refused(tmp_path, capsys):
    results = run(
        Study.from_toml(write_study(tmp_path)), tmp_path / "out", replications=8, workers=1
    )
    assert call(["options", str(results.folder)]) == 2
    error = capsys.readouterr().err
    assert "null_mixture" in error
    assert "must hold 9 unchanged programmes or more for a budget of 0.1" in error
    assert error.count("\n") == 1
    assert not (results.folder / "options.json").exists()


def test_a_false_alarm_that_is_too_dear_is_refused_with_one_that_is_not(done, capsys):
    said = ["options", str(done.folder), "--missed-per-year", "1e6", "--false-alarm"]
    assert call([*said, "1e9"]) == 2
    error = capsys.readouterr().err
    assert "losses.false_alarm: must be below" in error
    assert error.count("\n") == 1
    nearest = error.split("must be below ")[1].split(":")[0]
    assert call([*said, nearest]) == 0  # rounded down: it can be weighed
    capsys.readouterr()
    assert call([*said, str(1.01 * float(nearest))]) == 2


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ('study = "other"', "study: must be tiny"),
        ("[prices]\nper_sample = -1.0", "prices.per_sample"),
        ("[prices]\nper_sample = 1.0\nper_batch = -3.0", "prices.per_batch"),
        ("[prices]\nper_sample = 1.0\n[extra]\nsix_rounds = 1.0", "extra.six_rounds"),
        ("[extra]\ntwo = 1.0", "extra.two: needs unit prices"),
        ("[losses]\nmissed_per_year = 1.0", "losses.false_alarm"),
        ("[losses]\nmissed_per_year = 1.0\nfalse_alarm = 0.0", "losses.false_alarm"),
        ("[losses]\nmissed_per_year = 1.0\nfalse_alarm = 1.0\nprob_change = 1.0", "prob_change"),
        ("[loses]\nmissed_per_year = 1.0", "loses: unknown key"),
        ("[losses", "must be TOML"),
    ],
)
def test_a_wrong_file_is_one_line(done, tmp_path, capsys, text, rule):
    path = tmp_path / "wrong.toml"
    path.write_text(text, encoding="utf-8")
    assert call(["options", str(done.folder)]) == 0
    capsys.readouterr()
    before = (done.folder / "options.json").read_bytes()
    assert call(["options", str(done.folder), "--losses", str(path)]) == 2
    error = capsys.readouterr().err
    assert rule in error
    assert "wrong.toml" in error
    assert error.count("\n") == 1
    assert (done.folder / "options.json").read_bytes() == before


@pytest.mark.parametrize(
    ("options", "rule"),
    [
        (["--losses", "nowhere.toml"], "must exist"),
        (["--missed-per-year", "5"], "needs --false-alarm"),
        (["--false-alarm", "5"], "needs --missed-per-year"),
        (["--price-per-sample", "-5"], "must be > 0 euro"),
        (["--price-per-sample", "nan"], "must be > 0 euro"),
        (["--losses", "x.toml", "--price-per-sample", "5"], "cannot be combined"),
    ],
)
def test_wrong_options_are_one_line(done, capsys, options, rule):
    assert call(["options", str(done.folder), *options]) == 2
    error = capsys.readouterr().err
    assert rule in error
    assert error.count("\n") == 1


def test_prices_keep_a_design_s_own_relation():
    prices = Prices(per_sample=100.0, per_batch=400.0, per_programme=7.0)
    found = prices.of(Cost(per_batch=15.0))
    assert found == Cost(
        per_sample=100.0, per_site_round=200.0, per_round=1000.0, per_batch=600.0,
        per_stream=2000.0, per_programme=7.0,
    )  # fmt: skip


def test_choices_in_every_draw():
    power = np.array([[0.5, 0.9, 0.85], [0.9, 0.9, 0.2], [math.nan] * 3])
    delay = np.array([[2.0, 1.0, 1.5], [1.0, 1.0, 3.0], [math.nan] * 3])
    cost = np.tile([1.0, 5.0, 2.0], (3, 1))
    assert cheapest_as_good(power, delay, cost, Margin()).tolist() == [2, 0, -1]
    assert first_best(power).tolist() == [1, 0, -1]
    # nobody is within both margins: power decides
    apart = np.array([[0.9, 0.5]]), np.array([[4.0, 1.0]])
    assert cheapest_as_good(*apart, cost[:1, :2], Margin()).tolist() == [0]


@pytest.mark.parametrize(
    ("value", "found"), [(123456.0, 123000.0), (0.019999, 0.0199), (5.0, 5.0), (0.0, 0.0)]
)
def test_three_digits_never_above(value, found):
    assert round_down(value) == found


def test_a_file_reads_back_as_itself():
    given = LossFile.model_validate(
        {"losses": {"missed_per_year": 2.0, "false_alarm": 1.0}, "prices": {"per_sample": 3.0}}
    )
    assert LossFile.model_validate(given.model_dump()) == given


def test_the_question_of_the_page_is_which_option_to_choose(done, content):
    folder = read_folder(done.folder)
    found = asked(folder, [Selection(folder, "cocaine", {})], Wording("en", done.study))
    assert found.place == "options"
    (_, (first, second)) = found.answers[0]
    part = content["substances"][0]
    group = part["groups"][0]
    rows = {row["design"]: row for row in part["rows"] if row["group"] == group["group"]}
    best = rows[group["most"]["design"]]
    cost = next(d["cost_ratio"] for d in content["designs"] if d["design"] == best["design"])
    assert "most is noticed with " in first
    assert f": {round(100 * best['noticed']['value'])} of 100 changes" in first
    assert f"at {cost:.1f}".removesuffix(".0") in first
    low, high = (round(100 * x) for x in best["false_alarm"])
    assert f"false alarms from {low} to {high} of 100" in first
    cheaper = [
        item for item in part["groups"][1:]
        if item["cheapest_as_good"]["design"] != best["design"]
    ]  # fmt: skip
    costs = {item["design"]: round(item["cost_ratio"], 1) for item in content["designs"]}
    named = {item["cheapest_as_good"]["design"] for item in cheaper}
    assert all(f"({costs[name]:g} times" in second for name in named)
    assert ("In none of these worlds" in second) == (cheaper == [])
