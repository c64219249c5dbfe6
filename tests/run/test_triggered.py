"""Triggered designs in a study: rows, luck, costs, interruptions, and what is refused."""

import json

import numpy as np
import pytest

from run.small import ONE_WORLD
from run.tiny import write_study
from simdesign.cli import call
from simdesign.errors import SpecError
from simdesign.fit import build
from simdesign.records import Observations, Visits
from simdesign.run import LocalBackend, Store, forecast, load, make_plan, run, run_task
from simdesign.run.conditions import Wanted
from simdesign.run.plan import Task
from simdesign.run.refine import Unit, fit_unit, open_refinement
from simdesign.run.replay import Replay
from simdesign.spec.rules import EudaRule
from simdesign.spec.study import Study
from simdesign.units import date_of

LOW, HIGH = 0.27, 0.9
CHANGE, MIXTURE = "sigma_shared=0.1,size=0.3", "null_mixture"
SCHEDULE = (
    'schedule = { kind = "fixed_weeks", weeks = [11, 37] }',
    'schedule = { kind = "triggered", base = { kind = "fixed_weeks", weeks = [11] },'
    f" extra_weeks = [24, 37], low = {LOW}, high = {HIGH} }}\n\n"
    '[designs.dense]\nschedule = { kind = "fixed_weeks", weeks = [11, 24, 37] }',
)
ONE_MODEL = ('[estimators.euda]\nkind = "euda_rule"\n\n', "")
CHANGES = (*ONE_WORLD, SCHEDULE, ONE_MODEL)
SEEN = ("score", "prob_break", "effect", "effect_low", "log_evidence", "level", "status")


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    study = Study.from_toml(write_study(folder, *CHANGES))
    results = run(study, folder / "out", workers=1)
    results.save()
    return results


def cell(results, scenario, design):
    """Return the columns of one design, (r, k) each."""
    rows = results.rows(scenario)
    rows = rows[rows["design"] == design]
    n = rows["look"].nunique()
    return {name: rows[name].to_numpy().reshape(-1, n) for name in rows.columns}


def scenario_of(results, name):
    return next(item for item in results.plan.scenarios if item.name == name)


def looks_that_ask(prob):
    """Return the looks that ask for more, (r, k); the last one asks for nothing any more."""
    asks = (prob > LOW) & (prob < HIGH)
    asks[:, -1] = False
    return asks


def by_hand(results, scenario, replication):
    """Return score and P(break) at every look: one replication, one look, one fit at a time."""
    seen = Replay(results.study, scenario, "dense").observations([replication])
    looks = Replay(results.study, scenario, "dense").looks
    engine = build("exact", results.study.estimators["exact"])
    opens = [date_of(int(day)) for day in seen.visits.day[:, 0]]
    weeks = {11: 3, 24: 6, 37: 9}  # their months
    asked, said = set(), []
    for k in range(looks.day.size):
        use = [
            v
            for v, date in enumerate(opens)
            if date.month == weeks[11] or any(a < seen.visits.day[v, 0] <= b for a, b in asked)
        ]
        slots = sorted({int(seen.visits.slot[v]) for v in use})
        campaigns = sorted({int(seen.visits.campaign[v]) for v in use})
        part = Observations(
            substances=seen.substances, sites=seen.sites, population=seen.population,
            reference_load=seen.reference_load, load=seen.load[:, :, use],
            censored=seen.censored[:, :, use],
            visits=Visits(
                site=seen.visits.site[use],
                campaign=np.array([campaigns.index(seen.visits.campaign[v]) for v in use]),
                slot=np.array([slots.index(seen.visits.slot[v]) for v in use]),
                batch=seen.visits.batch[use], year=seen.visits.year[use],
                day=seen.visits.day[use], history=seen.visits.history[use], n_slot=len(slots),
            ),
        )  # fmt: skip
        fit = engine.fit(part, looks, "cocaine")
        said.append((fit.score[0, k], fit.prob_break[0, k]))
        if LOW < said[-1][1] < HIGH and k + 1 < looks.day.size:
            asked.add((int(looks.day[k]), int(looks.day[k + 1])))
    return np.array(said).T


@pytest.mark.parametrize("name", [MIXTURE, CHANGE])
def test_rows_are_those_of_one_replication_and_one_look_at_a_time(whole, name):
    rows = cell(whole, name, "two")
    asks = looks_that_ask(rows["prob_break"])
    first = np.flatnonzero(asks.any(axis=1))[:3].tolist()
    assert first, "no replication asks: choose other bounds"
    for r in [*first, int(np.argmin(asks.any(axis=1)))]:
        score, prob = by_hand(whole, scenario_of(whole, name), r)
        assert np.array_equal(rows["score"][r], score)
        assert np.array_equal(rows["prob_break"][r], prob)


def test_who_never_asks_has_the_rows_of_the_base_to_the_last_bit(whole):
    base, mine = (cell(whole, CHANGE, design) for design in ("annual", "two"))
    asks = looks_that_ask(mine["prob_break"])
    before = np.cumsum(asks, axis=1) - asks == 0  # up to the first look that asks
    assert not asks.all()
    assert asks.any()
    for name in SEEN:
        assert np.array_equal(mine[name][before], base[name][before], equal_nan=True), name
    assert (mine["score"][~before] != base["score"][~before]).all()


def test_it_sees_a_subset_of_what_the_dense_design_sees(whole):
    scenario = scenario_of(whole, CHANGE)
    mine, dense = (
        Replay(whole.study, scenario, name).observations(range(3)) for name in ("two", "dense")
    )
    assert np.array_equal(mine.visits.day, dense.visits.day)
    assert np.array_equal(mine.visits.batch, dense.visits.batch)
    assert np.array_equal(mine.load, dense.load)
    assert np.isfinite(mine.load).all()


def test_the_picture_rests_on_what_was_taken(whole):
    rows, asks = cell(whole, CHANGE, "two"), None
    asks = looks_that_ask(rows["prob_break"])
    r = int(np.argmax(asks.sum(axis=1)))
    seen = Replay(whole.study, scenario_of(whole, CHANGE), "dense").observations([r])
    look_day = rows["look_day"][r]
    level = []
    for k, day in enumerate(look_day.tolist()):
        since = look_day[k - 1] if k else -1
        people = total = 0.0
        for site, population in enumerate(seen.population.tolist()):
            weeks = []
            for v in np.flatnonzero(seen.visits.site == site).tolist():
                opens, known = int(seen.visits.day[v, 0]), int(seen.visits.day[v].max()) + 90
                before = np.flatnonzero(look_day < opens)
                asked = before.size > 0 and bool(asks[r, before[-1]])
                if since < known <= day and (date_of(opens).month == 3 or asked):
                    weeks.append(float(np.mean(seen.load[0, 0, v])))
            people += population
            total += population * sum(weeks) / len(weeks)
        level.append(np.log(total / people))
    assert asks[r].sum() > 0
    np.testing.assert_allclose(rows["level"][r], np.array(level) - level[0], rtol=0, atol=1e-12)


def test_workers_task_size_and_interruption_change_no_bit(whole, tmp_path):
    other = run(whole.study, tmp_path / "two", workers=2, task_size=3)
    assert other.digest() == whole.digest()
    for shard in sorted(other.folder.glob("shards/*.parquet"))[::2]:
        shard.unlink()
    again = run(whole.study, tmp_path / "two", workers=1, task_size=7)
    assert again.digest() == whole.digest()


def test_verify_and_replay_come_to_the_same_rows(whole, capsys):
    assert call(["verify", str(whole.folder), "--sample", "6", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["answer"] == "identical"
    asks = looks_that_ask(cell(whole, CHANGE, "two")["prob_break"])
    for r in (int(np.argmax(asks.sum(axis=1))), int(np.argmin(asks.sum(axis=1)))):
        address = [
            f"--scenario={CHANGE}",
            f"--replication={r}",
            "--design=two",
            "--estimator=exact",
        ]
        assert call(["replay", str(whole.folder), *address, "--json"]) == 0
        found = json.loads(capsys.readouterr().out)
        assert found["stored"] == "identical"
        assert len(found["campaigns"]) == 6 + 2 * asks[r].sum()  # only what it asked for


def test_costs_are_those_of_what_was_asked_for(whole):
    rows = whole.records()
    one = 20.0 + 3 * (7 * 1.0 + 2.0)  # a round with its batch, three visits of seven days
    for scenario in (MIXTURE, CHANGE):
        asks = looks_that_ask(cell(whole, scenario, "two")["prob_break"])
        total = one * (6 + 2 * asks.sum(axis=1))
        found = {
            row["measure"]: row
            for row in rows
            if row["scenario"] == scenario and row["design"] == "two" and not row["threshold"]
        }
        assert found["cost"]["value"] == pytest.approx(total.mean(), rel=1e-9)
        assert found["cost"]["mcse"] == pytest.approx(total.std(ddof=1) / total.size**0.5, rel=1e-6)
        assert found["cost_p95"]["value"] == np.sort(total)[int(np.ceil(0.95 * total.size)) - 1]
        assert found["cost_p95"]["low"] <= found["cost_p95"]["value"] <= found["cost_p95"]["high"]
        share, n = asks.any(axis=1).mean(), total.size
        assert found["extra_prob"]["value"] == pytest.approx(share)
        error = (share * (1.0 - share) / (n - 1)) ** 0.5
        assert found["extra_prob"]["mcse"] == pytest.approx(error)
        assert found["extra_prob"]["low"] < found["extra_prob"]["high"]
    of_design = {(r["design"], r["measure"]): r for r in rows if not r["scenario"]}
    unchanged = one * (
        6 + 2 * looks_that_ask(cell(whole, MIXTURE, "two")["prob_break"]).sum(axis=1)
    )
    assert of_design["two", "cost"]["value"] == pytest.approx(unchanged.mean())
    assert of_design["two", "cost"]["mcse"] > 0.0
    assert of_design["two", "cost_per_year"]["value"] == pytest.approx(unchanged.mean() / 6)
    assert (
        of_design["annual", "cost"]["value"] == of_design["annual", "cost_p95"]["value"] == 6 * one
    )
    assert not [r for r in rows if r["design"] == "dense" and r["measure"] == "extra_prob"]
    assert whole.notes() == []


def test_it_has_thresholds_power_and_a_page_like_any_design(whole, capsys):
    names = {row["measure"] for row in whole.records() if row["design"] == "two"}
    assert {
        "threshold",
        "false_alarm_prob",
        "power",
        "restricted_mean_delay",
        "level_rmse",
    } <= names
    assert call(["report", str(whole.folder)]) == 0
    capsys.readouterr()
    page = (whole.folder / "page.html").read_text(encoding="utf-8")
    for words in ("two more after an analysis", "in 95 of 100 programmes without a break"):
        assert words in page
    methods = (whole.folder / "methods.html").read_text(encoding="utf-8")
    assert "Extra rounds asked for" in methods


def test_a_slow_estimator_follows_its_own_programme(whole):
    """Refined with itself a programme comes out as it is stored."""
    spec = whole.study.estimators["exact"]
    rows = cell(whole, CHANGE, "two")
    for r in range(4):
        n = 6 - r  # only so many looks decide
        unit = Unit(
            study=whole.study, scenario=scenario_of(whole, CHANGE), design="two",
            substance="cocaine", label="again", spec=spec, replication=r, n_look=n, content="",
            own_folder=None,
        )  # fmt: skip
        fit = fit_unit(unit)
        assert fit.reason == ""
        np.testing.assert_allclose(fit.score, rows["score"][r, :n], rtol=1e-9)
        np.testing.assert_allclose(fit.prob_break, rows["prob_break"][r, :n], rtol=1e-9)
    wanted = Wanted(scenarios=(CHANGE,), designs=("two",))
    with pytest.raises(SpecError, match="gives no P"):
        open_refinement(whole, "rule", EudaRule(), wanted=wanted)
    assert {
        item.design for item in open_refinement(whole, "a", spec, wanted=wanted).conditions
    } == {"two"}


def test_its_price_is_forecast(whole, tmp_path):
    plan = make_plan(whole.study, "quick")
    found = forecast(plan, Store(tmp_path / "new"), LocalBackend(1), seconds=0.2)
    assert found.tasks.seconds > 0.0
    assert found.n_row == plan.n_row


def test_a_task_of_one_replication_has_the_same_rows(whole):
    plan = make_plan(whole.study, "quick")
    scenario = scenario_of(whole, CHANGE)
    cells = tuple(c for c in plan.cells[CHANGE] if c.design == "two")
    found = run_task(whole.study, scenario, Task(scenario=CHANGE, start=5, stop=6, cells=cells))
    rows = cell(whole, CHANGE, "two")
    for name in SEEN:
        assert np.array_equal(found[name], rows[name][5], equal_nan=True), name


def triggered(text):
    return ('schedule = { kind = "fixed_weeks", weeks = [11, 37] }', f"schedule = {{ {text} }}")


BASE = 'kind = "triggered", base = { kind = "fixed_weeks", weeks = [11] }'


@pytest.mark.parametrize(
    ("text", "field", "rule"),
    [
        (
            "extra_weeks = [24], low = 0.9, high = 0.3",
            "designs.two.schedule.triggered.low",
            "must be below high, 0.3",
        ),
        ("extra_weeks = [24], low = 1.2, high = 2", "designs.two.schedule", r"in \[0, 1\]"),
        ("extra_weeks = [24], low = 0, high = 1", "designs.two.schedule", "after every look"),
        ("extra_weeks = [24], low = nan", "designs.two.schedule", "finite"),
        ("extra_weeks = [11]", "designs.two.schedule", "week 11 is in the base already"),
        ('extra_weeks = [24], on = "score"', "designs.two.schedule", "needs low and high"),
        ("extra_weeks = [24]", "estimators.euda", r"gives no P\(break\), which designs.two"),
    ],
)
def test_bad_triggers_are_refused_in_a_line(tmp_path, text, field, rule):
    changes = (triggered(f"{BASE}, {text}"), *ONE_WORLD)
    with pytest.raises(SpecError, match=rule) as error:
        make_plan(Study.from_toml(write_study(tmp_path, *changes)), "quick")
    assert error.value.field.startswith(field)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("years", "week", "rule"),
    [
        (2, 5, "weeks 14 to 51 will do"),
        (1, 24, "needs more years"),
    ],
)
def test_extra_weeks_that_come_too_late_or_too_early_are_refused(tmp_path, years, week, rule):
    low = ("low = 2.0, high = 3.0", "low = 0.2, high = 0.4")
    changes = (
        triggered(f"{BASE}, extra_weeks = [{week}]"), ONE_MODEL, *ONE_WORLD, low,
        ("years = 6", f"years = {years}"),
    )  # fmt: skip
    with pytest.raises(SpecError, match=rule) as error:
        make_plan(Study.from_toml(write_study(tmp_path, *changes)), "quick")
    assert (error.value.field, error.value.value) == ("designs.two.schedule.extra_weeks", week)


@pytest.mark.parametrize(
    ("bounds", "said"),
    [
        (
            "low = 50.0, high = 60.0",
            "never asked in 12 programmes (low 50, high 60; score ran from",
        ),
        ("low = -900.0, high = 900.0", "always asked, after every look of 12 programmes"),
        ("low = -1.75, high = 900.0", "always asked at least once, in all 4 unchanged programmes"),
    ],
)
def test_a_trigger_that_never_or_always_fires_is_told_with_a_better_bound(
    tmp_path, capsys, bounds, said
):
    text = f'{BASE}, extra_weeks = [24], on = "score", {bounds}'
    path = write_study(tmp_path, triggered(text), ONE_MODEL, *ONE_WORLD)
    out = tmp_path / "out"
    arguments = ["--out", str(out), "--replications", "4", "--workers", "1"]
    assert call(["run", str(path), *arguments]) == 0
    assert f"warning: designs.two: with exact, cocaine, {said}" in capsys.readouterr().err
    assert call(["evaluate", str(out)]) == 0
    line = next(x for x in capsys.readouterr().err.splitlines() if said in x)
    told = cell(load(out), MIXTURE, "two")["score"][:, :-1]
    better = np.sort(told.max(axis=1))[2]  # one of four passes it
    assert f"low = {better:.3g} lets" in line
