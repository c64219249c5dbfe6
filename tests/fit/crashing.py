"""Functions that misbehave, for the tests of isolated calls."""

import ctypes
import os
import sys
import time

SEEN = []


def double(value):
    return 2 * value


def leave(code):
    os._exit(code)


def abort():
    os.abort()


def segfault():
    ctypes.string_at(0)


def sleep(seconds):
    time.sleep(seconds)


def busy():
    ctypes.CDLL(None).pause()  # in C, where no Python handler would run


def fail():
    raise ArithmeticError("too\nmuch")


def remember(value):
    SEEN.append(value)
    return len(SEEN)


def chatter(value):
    print("x" * 100_000)
    print("y" * 100_000, file=sys.stderr)
    return value


def kill_the_server():
    os.kill(os.getppid(), 9)


def server():
    return os.getppid()
