"""Adaptive replications reach their target and draw the same replications however they are run."""

import json
import re
from itertools import pairwise

import pytest

from run.tiny import write_study
from simdesign.errors import SpecError
from simdesign.run import (
    LocalBackend,
    Store,
    Target,
    decisions,
    load,
    make_plan,
    next_plan,
    run_plan,
    run_to_target,
    said,
)
from simdesign.run.precision import begin
from simdesign.spec.study import Study

TARGET = Target(mcse=0.035, limit=600)


def _plan(folder):
    # later breaks are not followed for three years: one size, one world is enough here
    study = write_study(
        folder,
        ('sigma_shared" = [0.0, 0.1]', 'sigma_shared" = [0.05]'),
        ("low = 2.0, high = 3.0", "low = 2.0, high = 2.5"),
    )
    return make_plan(Study.from_toml(study), "quick")


@pytest.fixture(scope="module")
def reached(tmp_path_factory):
    folder = tmp_path_factory.mktemp("reached")
    return run_to_target(_plan(folder), Store(folder / "out"), TARGET, LocalBackend(1))


def _power(results):
    table = results.measures()
    own = (table["measure"] == "power") & (table["horizon"] == 3.0)
    own &= (table["threshold"] == "operating") & (table["budget"] == 0.1)
    return table[own & (table["estimator"] == "exact") & (table["compared_with"] == "")]


def test_the_target_is_reached_and_not_much_more_is_spent(reached):
    last = decisions(reached.store)[-1]
    assert last.is_last
    assert not last.open
    power = _power(reached)
    assert len(power) == 4
    assert (power["mcse"] <= 0.035).all()
    # the border before was not enough for the scenario that was asked for more
    before = decisions(reached.store)[-2]
    assert before.open
    assert max(question.mcse for question in before.open) > 0.035
    assert reached.status(digest=False)["replications"] == sum(last.spent.values())


def test_every_number_is_a_border_and_grows_at_most_twofold(reached):
    rounds = decisions(reached.store)
    assert len(rounds) >= 2
    for now, later in pairwise(rounds):
        assert now.then == later.spent
        for name, number in later.spent.items():
            assert now.spent[name] <= number <= 2 * now.spent[name] + 10
            assert number in (100, 150, 200, 290, 400, 570, 600)


def test_interrupted_in_pieces_and_with_two_workers_it_is_the_same(reached, tmp_path):
    store = Store(tmp_path / "out")
    plan = begin(_plan(tmp_path), TARGET, store)
    store.open(plan)
    with pytest.raises(SpecError, match="are missing"):  # a border is decided on when complete
        next_plan(plan, store)
    run_plan(plan, store, LocalBackend(2), task_size=37)
    following, decision = next_plan(plan, store)
    assert following is not None
    assert "more" in said(decision)
    again, same = next_plan(plan, store)  # killed after the decision: it is made once more
    assert (again, same) == (following, decision)
    assert len(decisions(store)) == 1
    # a run that is started anew goes on from the last decision
    done = run_to_target(_plan(tmp_path), store, TARGET, LocalBackend(1))
    assert [item.spent for item in decisions(store)] == [
        item.spent for item in decisions(reached.store)
    ]
    assert done.digest() == reached.digest()


def test_rows_beyond_a_border_decide_nothing(reached, tmp_path):
    store = Store(tmp_path / "out")
    more = make_plan(_plan(tmp_path).study, "quick", 450)
    run_plan(more, store, LocalBackend(1))
    done = run_to_target(_plan(tmp_path), store, TARGET, LocalBackend(1))
    assert done.digest() == reached.digest()


def test_the_limit_stops_and_says_what_is_open(tmp_path):
    target = Target(mcse=0.001, measures=("large_error_prob@3",), paired=True, limit=400)
    done = run_to_target(_plan(tmp_path), Store(tmp_path / "out"), target, LocalBackend(1))
    last = decisions(done.store)[-1]
    assert last.is_last
    assert {item.what for item in last.open} == {"large_error_prob@3 cocaine two against annual"}
    assert max(last.spent.values()) == 400
    assert "limit" in said(last)
    assert re.search(r"MCSE 0\.\d+ for 0\.0010", said(last))


def test_conclusions_are_settled_where_they_are_clear(tmp_path):
    done = run_to_target(
        _plan(tmp_path), Store(tmp_path / "out"), Target(limit=600), LocalBackend(1)
    )
    last = decisions(done.store)[-1]
    asked = {item.what for item in last.open}
    assert last.asked == 6  # two designs against 0.8 and one against the other, in two scenarios
    power = _power(done).set_index(["scenario", "design"])["value"]
    # power far from 0.8 is settled at the first border and asks for nothing more
    assert (power < 0.6).all()
    assert all("against annual" in what for what in asked)
    content = json.loads(done.store.precision_path.read_text())
    assert content["target"]["mcse"] is None


def test_the_page_states_what_was_aimed_at_and_spent(reached):
    from simdesign.report import write_page

    reached.save()
    page = write_page(reached.folder, "en").read_text(encoding="utf-8")
    spent = sum(decisions(reached.store)[-1].spent.values())
    assert "Monte Carlo standard error at most 0.035 for power@3" in page
    assert f"{spent} in {len(decisions(reached.store))} steps; 0 of 4" in page
    assert "--mcse 0.035 --of power@3 --limit 600" in page
    assert load(reached.folder).plan.target is not None


@pytest.mark.parametrize(
    ("target", "rule"),
    [
        (Target(mcse=0.0), "must be above 0"),
        (Target(mcse=0.1, limit=50), "must be at least 400"),
        (Target(mcse=0.1, measures=("power@4",)), "must have a horizon of"),
        (Target(mcse=0.1, measures=("nonsense@3",)), "must be one of power, "),
        (Target(mcse=0.1, measures=("power@soon",)), "must be MEASURE or MEASURE@HORIZON"),
    ],
)
def test_what_cannot_be_aimed_at_is_refused_before_anything_runs(target, rule, tmp_path):
    with pytest.raises(SpecError, match=rule):
        run_to_target(_plan(tmp_path), Store(tmp_path / "out"), target, LocalBackend(1))
    assert not (tmp_path / "out").exists()


def test_a_measure_that_does_not_occur_is_named(reached):
    target = Target(mcse=0.1, measures=("restricted_mean_delay@4",), limit=600)
    plan = _plan(reached.folder.parent)
    with pytest.raises(SpecError, match=r"is no measure .* got 'restricted_mean_delay@4'"):
        run_to_target(plan, reached.store, target, LocalBackend(1))
