"""The search for the worst case, and verdicts beside one another, on numbers typed in."""

import math

import pytest

from run.departing import ONE_WORLD, departing
from simdesign.evaluate import (
    COMPARED,
    DEFAULT_WORLD,
    Code,
    Verdict,
    departure_lines,
    verdict_moves,
    worst_cases,
)

WORLDS = ("default", "noisy", "laboratory", "two_breaks")
VALUES = {  # by world; the worst is worked out by hand below
    "false_alarm_prob": (0.10, 0.15, 0.42, 0.10),
    "power": (0.60, 0.30, 0.35, 0.31),
    "restricted_mean_delay": (2.0, 3.0, 2.5, 3.1),
    "effect_bias": (0.01, -0.08, 0.07, 0.02),
    "effect_coverage": (0.95, 0.97, 0.90, math.nan),
    "large_error_prob": (0.20, 0.19, 0.18, 0.15),
    "recalibrated_power": (0.62, 0.40, 0.20, 0.61),
}
WORST = {
    "false_alarm_prob": "laboratory", "power": "noisy", "restricted_mean_delay": "two_breaks",
    "effect_bias": "noisy", "effect_coverage": "laboratory",
    "large_error_prob": "noisy",  # better than the default world, and the least so
    "recalibrated_power": "laboratory",
}  # fmt: skip


def rows(scenarios):
    """Return a table of measures as it is stored, and rows of it that must not be taken."""
    found = []
    for item in scenarios:
        for head in COMPARED:
            quiet = head.key == "false_alarm_prob"
            if item.role != ("null_world" if quiet else "alternative"):
                continue
            world = WORLDS.index(item.departure or "default")
            value = VALUES[head.key][world]
            row = {
                "scenario": item.name, "substance": "cocaine", "design": "annual",
                "estimator": "exact" if head.threshold or head.key.startswith("effect") else "",
                "threshold": head.threshold, "budget": 0.1 if head.threshold else math.nan,
                "measure": head.measure, "horizon": head.horizon, "value": value, "mcse": 0.01,
                "n_rep": 9, "n_failed": 2, "compared_with": "",
            }  # fmt: skip
            found.append(row)
            if world:
                less = value - VALUES[head.key][0]
                found.append(row | {"value": less, "mcse": 0.02, "compared_with": DEFAULT_WORLD})
            found.append(row | {"value": 9.0, "compared_with": "annual"})
            found.append(row | {"value": 9.0, "estimator": "euda"} | {"threshold": "operating"})
            if head.threshold:
                found.append(row | {"value": 9.0, "budget": 0.5})
    return found


@pytest.fixture(scope="module")
def lines(tmp_path_factory):
    scenarios = list(departing(tmp_path_factory.mktemp("worst"), *ONE_WORLD).scenarios("quick"))
    return departure_lines(scenarios, rows(scenarios), "exact", 0.1)


def test_every_world_has_its_numbers_and_its_differences(lines):
    mine = [line for line in lines if line.change == "size=0.3"]
    assert [line.departure or "default" for line in mine] == list(WORLDS)
    for world, line in enumerate(mine):
        for head in COMPARED:
            item, wanted = line.numbers[head.key], VALUES[head.key][world]
            assert item.value == pytest.approx(wanted, nan_ok=True)
            assert (item.mcse, item.n_failed) == (0.01, 2)
            less = wanted - VALUES[head.key][0] if world else math.nan
            assert item.difference == pytest.approx(less, nan_ok=True)
            assert item.difference_mcse == pytest.approx(0.02 if world else math.nan, nan_ok=True)


def test_the_worst_case_is_the_worst_in_the_direction_of_its_measure(lines):
    found = [item for item in worst_cases(lines) if item.change == "size=0.3"]
    assert {item.key: item.departure for item in found} == WORST
    for item in found:
        world = WORLDS.index(item.departure)
        assert item.worst.value == VALUES[item.key][world]
        assert item.default.value == VALUES[item.key][0]
        assert math.isnan(item.default.difference)
    # the plateau has no scenario of its own in a departure of the change
    plateau = {i.key: i.departure for i in worst_cases(lines) if i.change == "plateau"}
    assert plateau["restricted_mean_delay"] == "noisy"


def _verdict(name, code, topic="break"):
    return Verdict(
        topic=topic, substance="cocaine", estimator="exact", threshold="operating",
        world={"world.departure": name}, sigma_shared=math.nan, code=code, reference="annual",
        best="two", reference_value=0.5, best_value=0.6, mcse=0.01, at_equal_cost=None, losses=(),
    )  # fmt: skip


def test_verdicts_stand_beside_that_of_the_default_world():
    found = verdict_moves(
        [
            _verdict("default", Code.NOT_AS_GOOD), _verdict("default", Code.AS_GOOD, "picture"),
            _verdict("noisy", Code.NEITHER_NOTICES), _verdict("noisy", Code.AS_GOOD, "picture"),
            _verdict("two_breaks", Code.CANNOT_TELL, "picture"),
        ]
    )  # fmt: skip
    moves = {(item.departure, item.topic): (item.after, item.is_another) for item in found}
    assert moves == {
        ("noisy", "break"): (Code.NEITHER_NOTICES, True),
        ("noisy", "picture"): (Code.AS_GOOD, False),
        ("two_breaks", "break"): (None, False),
        ("two_breaks", "picture"): (Code.CANNOT_TELL, True),
    }
