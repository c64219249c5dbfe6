"""Calls in a process of their own: what crashes, hangs or remembers there does so alone.

The first call starts one server for this process. It imports what is asked for once and runs every
call in a fork of itself, so that a crash ends that fork and no call sees what another one left
behind. A server that dies all the same is replaced at the next call.
"""

import atexit
import contextlib
import importlib
import os
import resource
import signal
import socket
import subprocess
import sys
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from typing import Any

from simdesign.errors import IsolatedError

_GRACE = 30.0
"""Seconds for the server itself, which has to start and to import."""
_START = "import sys; sys.path[:] = {path!r}; from simdesign.fit.isolated import serve; serve({fd})"
_ONE_THREAD = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL")}

Answer = tuple[bool, Any]
"""True and the value, or False and what went wrong."""


class _Server:
    """The other end of the line."""

    def __init__(self) -> None:
        self.owner = os.getpid()
        mine, theirs = socket.socketpair()
        command = [sys.executable, "-c", _START.format(path=sys.path, fd=theirs.fileno())]
        with theirs:
            self.process = subprocess.Popen(
                command,
                env=os.environ | _ONE_THREAD,
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        self.line = Connection(mine.detach())

    def stop(self) -> None:
        """End the server, unless it belongs to the process that this one was forked from."""
        if self.owner == os.getpid():
            self.line.close()
            self.process.kill()
            self.process.wait()


_running: list[_Server] = []


def _server() -> _Server:
    """Return this process's server; start one when there is none."""
    if not _running or _running[-1].owner != os.getpid():
        _running[:] = [_Server()]
        atexit.register(stop)
    return _running[-1]


def stop() -> None:
    """End this process's server; the next call starts another."""
    while _running:
        _running.pop().stop()


def call(uses: str, *arguments: Any, seconds: float) -> Any:
    """Return what a function returns, computed in a process of its own.

    Parameters
    ----------
    uses : str
        ``package.module:function``.
    *arguments
        Picklable, as must be the value.
    seconds : float
        Time that the call may take.

    Raises
    ------
    IsolatedError
        When the call crashes, raises, or takes too long; the next call is not affected.
    """
    server = _server()
    try:
        server.line.send((uses, arguments, seconds))
        if not server.line.poll(seconds + _GRACE):
            raise EOFError
        good, value = server.line.recv()
    except (EOFError, OSError):
        stop()
        raise IsolatedError(uses, "lost its process") from None
    if not good:
        raise IsolatedError(uses, value)
    return value


def serve(fd: int) -> None:
    """Answer calls until the other end is gone; runs in the server."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a crash that is expected leaves no file
    line = Connection(fd)
    while True:
        try:
            uses, arguments, seconds = line.recv()
        except EOFError:
            return
        line.send(_in_a_fork(uses, arguments, seconds))


def _in_a_fork(uses: str, arguments: tuple[Any, ...], seconds: float) -> Answer:
    module, _, name = uses.partition(":")
    try:
        function = getattr(importlib.import_module(module), name)
    except Exception as error:
        return False, _raised(error)
    mine, theirs = Pipe(duplex=False)
    child = os.fork()
    if child == 0:
        _answer(theirs, function, arguments, seconds)
    theirs.close()
    answer: Answer | None = None
    with mine, contextlib.suppress(EOFError, OSError):  # it died: its exit status says how
        answer = mine.recv()
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if answer is not None:
        return answer
    if code == -signal.SIGALRM:
        return False, f"gave no answer within {seconds:g} s"
    how = f"died of {signal.Signals(-code).name}" if code < 0 else f"ended with status {code}"
    return False, how


def _answer(line: Connection, function: Any, arguments: tuple[Any, ...], seconds: float) -> None:
    """Send the value and end this fork, whatever happens."""
    try:
        # Not caught: it ends this process wherever it is, even when nobody waits for it any more.
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_REAL, seconds)
        line.send((True, function(*arguments)))
    except BaseException as error:
        line.send((False, _raised(error)))
    finally:
        os._exit(0)


def _raised(error: BaseException) -> str:
    return "raised " + " ".join(f"{type(error).__name__}: {error}".split())
