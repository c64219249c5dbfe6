"""Errors say where, what and which rule, and come back whole from a worker."""

import pickle

import pytest

from simdesign.errors import (
    ClusterError,
    DataError,
    FieldError,
    FlagError,
    IsolatedError,
    SimDesignError,
    SpecError,
    StoppedError,
    StoreError,
    WriteError,
)


def _all_errors():
    found, queue = [], [SimDesignError]
    while queue:
        kind = queue.pop()
        found.append(kind)
        queue += kind.__subclasses__()
    return found


EXAMPLES = {
    SimDesignError: SimDesignError("plain"),
    SpecError: SpecError("design.days", 9, "must be in 1..7", "study.toml"),
    FlagError: FlagError("--list", "cannot be combined with --dry-run"),
    FieldError: FieldError("carry_over.shares", [0.5], "must sum to 1"),
    DataError: DataError("weeks.csv", "load", "abc", "must be a number", row=7),
    IsolatedError: IsolatedError("package.module:name", "died of SIGABRT"),
    ClusterError: ClusterError("sbatch", "refused: Invalid qos specification"),
    StoreError: StoreError("runs/x", "holds another study"),
    StoppedError: StoppedError("workers died; what is stored stays"),
    WriteError: WriteError("runs/x/manifest.json", "No space left on device"),
}


def test_every_error_has_an_example_here():
    assert {kind for kind in _all_errors() if kind.__module__ == "simdesign.errors"} == set(
        EXAMPLES
    )


@pytest.mark.parametrize("kind", EXAMPLES, ids=lambda kind: kind.__name__)
def test_an_error_survives_a_worker(kind):
    error = EXAMPLES[kind]
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is kind
    assert str(again) == str(error)
    assert vars(again) == vars(error)


def test_messages_name_place_value_and_rule():
    assert str(EXAMPLES[SpecError]) == "study.toml: design.days: must be in 1..7, got 9"
    assert str(EXAMPLES[DataError]) == "weeks.csv: row 7: load: must be a number, got 'abc'"
    assert str(DataError("f", "x", 1, "rule")) == "f: x: rule, got 1"
    assert str(EXAMPLES[StoreError]) == "runs/x: holds another study"
