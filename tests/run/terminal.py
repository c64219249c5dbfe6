"""The program on a pseudo-terminal, as in a window: somebody looks, and presses Ctrl-C."""

import contextlib
import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
import threading
import time

COMMAND = (
    "import fcntl, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0)\n"
    "from simdesign.cli import main; main()"
)
CTRL_C = b"\x03"
GIVE_UP = 240.0
"""Seconds after which a test says that something hangs."""
_MOVES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def without_moves(raw):
    """Return text without cursor movements and colours."""
    return _MOVES.sub("", raw).replace("\r\n", "\n")


class Screen:
    """A pseudo-terminal, and everything that was written on it; it is read all the time."""

    def __init__(self, columns=80):
        self._master, self.slave = pty.openpty()
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        self._read = b""
        self._reader = threading.Thread(target=self._take, daemon=True)
        self._reader.start()

    def _take(self):
        with contextlib.suppress(OSError):  # nobody has the other end any more
            while some := os.read(self._master, 65536):
                self._read += some

    @property
    def raw(self):
        """Everything written so far, cursor movements and all."""
        return self._read.decode(errors="replace")

    @property
    def text(self):
        """The same without movements and colours: lines and carriage returns stay."""
        return _MOVES.sub("", self.raw).replace("\r\n", "\n")

    def press(self, keys):
        """Type something."""
        os.write(self._master, keys)

    def close(self):
        """Take everything in, once all who had the other end have closed it."""
        self._reader.join(timeout=GIVE_UP)
        os.close(self._master)


class Terminal(Screen):
    """A command of the program with a terminal of its own, that it alone has in the foreground."""

    def __init__(self, *arguments, columns=80, **environment):
        """Start it; environment variables that are None are taken away."""
        super().__init__(columns)
        names = {"TERM": "xterm-256color", "NO_COLOR": None, "FORCE_COLOR": None, "COLUMNS": None}
        given = {**os.environ, **names, **environment}
        self.process = subprocess.Popen(
            [sys.executable, "-c", COMMAND, *map(str, arguments)],
            stdin=self.slave, stdout=self.slave, stderr=self.slave, start_new_session=True,
            env={name: value for name, value in given.items() if value is not None},
        )  # fmt: skip
        os.close(self.slave)

    def until(self, happens, what):
        """Wait for something that becomes true."""
        deadline = time.monotonic() + GIVE_UP
        while not happens():
            assert time.monotonic() < deadline, f"{what}: {self.text}"
            assert self.process.poll() is None or happens(), f"{what}: {self.text}"
            time.sleep(0.01)

    def end(self):
        """Wait for the end; return the exit status."""
        status = self.process.wait(timeout=GIVE_UP)
        self.close()
        return status
