"""A call in a process of its own can crash or hang, and the next one is answered."""

import os
import time

import numpy as np
import pytest

from simdesign.errors import IsolatedError
from simdesign.fit import isolated

HERE = "fit.crashing"


def ask(name, *arguments, seconds=20.0):
    return isolated.call(f"{HERE}:{name}", *arguments, seconds=seconds)


@pytest.fixture(autouse=True, scope="module")
def _no_server_stays():
    yield
    isolated.stop()


def test_the_value_comes_back_and_one_server_serves_all_calls():
    np.testing.assert_array_equal(ask("double", np.arange(3)), [0, 2, 4])
    first = ask("server")
    assert ask("server") == first != os.getpid()


@pytest.mark.parametrize(
    ("name", "arguments", "how"),
    [
        ("leave", (3,), "ended with status 3"),
        ("leave", (0,), "ended with status 0"),
        ("abort", (), "died of SIGABRT"),
        ("segfault", (), "died of SIGSEGV"),
        ("fail", (), "raised ArithmeticError: too much"),
        ("nothing_such", (), "raised AttributeError: .*nothing_such"),
    ],
)
def test_a_crash_is_an_error_with_its_reason_and_ends_alone(name, arguments, how):
    first = ask("server")
    with pytest.raises(IsolatedError, match=rf"^{HERE}:{name} {how}"):
        ask(name, *arguments)
    assert ask("server") == first


@pytest.mark.parametrize(("name", "arguments"), [("sleep", (60.0,)), ("busy", ())])
def test_a_call_that_hangs_is_given_up(name, arguments):
    ask("server")
    start = time.monotonic()
    with pytest.raises(IsolatedError, match=r"gave no answer within 0\.2 s"):
        ask(name, *arguments, seconds=0.2)
    assert time.monotonic() - start < 10.0
    assert ask("double", 4) == 8


def test_a_module_that_is_not_there():
    with pytest.raises(IsolatedError, match="raised ModuleNotFoundError"):
        isolated.call("no_such_module:name", seconds=5.0)


def test_no_call_sees_what_another_left_behind():
    assert [ask("remember", value) for value in range(3)] == [1, 1, 1]


def test_what_is_printed_disturbs_nothing(capfd):
    assert ask("chatter", 7) == 7
    assert capfd.readouterr() == ("", "")


def test_a_lost_server_is_replaced():
    first = ask("server")
    with pytest.raises(IsolatedError, match="lost its process"):
        ask("kill_the_server")
    assert ask("double", 4) == 8
    assert ask("server") != first


def test_the_server_ends_when_it_is_told_to():
    first = ask("server")
    isolated.stop()
    with pytest.raises(ProcessLookupError):
        os.kill(first, 0)
    isolated.stop()  # nothing to do
    assert ask("double", 1) == 2
