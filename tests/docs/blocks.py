"""The fenced blocks of documents, and how each is executed (docs/adr/0011).

The words after a fence say what a block is:

- ``toml FILE``, ``python FILE``: a file, as a reader would save it; ``add`` puts it at the end;
- ``python``: code; the blocks of a page share their names, as in a session;
- ``text`` after it: what it printed, line by line;
- ``sh``: commands that must succeed; ``console``: commands after ``$``, and what they print;
- a word of ``ELSEWHERE`` instead: not executed here, and why.
"""

import contextlib
import io
import re
import shlex
import subprocess
import sysconfig
import tomllib
from dataclasses import dataclass
from pathlib import Path

from simdesign.cli import call

ROOT = Path(__file__).parents[2]
FENCE = re.compile(r"^([ \t]*)```([\w-]+)([^\n`]*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
"""Indented ones, too: they stand in lists."""
ELSEWHERE = {
    "install": "makes an environment; every test run begins with it",
    "network": "needs a package index",
    "cluster": "needs a cluster; tests/run/slurm/ and tests/run/test_dask.py start one",
    "minutes": "samples for minutes; tests/studies/test_estimate_world.py runs a small one",
    "data": "needs a release of real measurements; tests/studies/ runs it on synthetic ones",
}
RUN = ("sh", "console", "python", "toml", "text", "csv")


@dataclass(frozen=True)
class Block:
    """One fenced block."""

    language: str
    words: tuple[str, ...]
    text: str
    line: int

    @property
    def reason(self) -> str:
        """Return why it is not executed here; empty when it is."""
        return next((word for word in self.words if word in ELSEWHERE), "")

    @property
    def file(self) -> str:
        """Return the name of the file that it is; empty when it is none."""
        return next((word for word in self.words if "." in word), "")


def blocks(page: Path) -> list[Block]:
    """Return the fenced blocks of a document, in order."""
    text = page.read_text(encoding="utf-8")
    return [
        Block(
            language=found[2],
            words=tuple(found[3].split()),
            text=re.sub(f"^{found[1]}", "", found[4], flags=re.MULTILINE),
            line=text.count("\n", 0, found.start()) + 1,
        )
        for found in FENCE.finditer(text)
    ]


def indented(page: Path) -> list[str]:
    """Return the commands that stand in indented code, outside of fences; comments are cut."""
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    text = re.sub(r"\\\n\s*", "", text)
    lines = re.findall(r"^ {4,}(?:\$ )?((?:simdesign|make|python) [^:].*)$", text, re.MULTILINE)
    return [re.sub(r"\s+#.*", "", line) for line in lines]


def commands(text: str) -> list[str]:
    """Return the commands of a block: a line that ends with a backslash goes on."""
    joined = text.replace("\\\n", " ")
    lines = [line.strip() for line in joined.splitlines()]
    return [line for line in lines if line and not line.startswith("#")]


def agrees(wanted: list[str], found: list[str]) -> bool:
    """Return whether lines are those printed; ``...`` leaves out any number of them."""
    wanted, found = ([line.rstrip() for line in lines] for lines in (wanted, found))
    while found and not found[-1]:
        found.pop()
    if "..." not in wanted:
        return wanted == found
    place = wanted.index("...")
    tail = wanted[place + 1 :]
    return wanted[:place] == found[:place] and tail == found[len(found) - len(tail) :]


class Session:
    """A reader who follows a page in a folder of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.names: dict[str, object] = {"__name__": "__main__"}
        self.printed = ""

    def follow(self, block: Block) -> None:
        """Do what a block says."""
        if block.reason:
            return
        if block.file:
            self._save(block)
        elif block.language == "python":
            out = io.StringIO()
            with contextlib.redirect_stdout(out):
                exec(compile(block.text, f"<line {block.line}>", "exec"), self.names)
            self.printed = out.getvalue()
        elif block.language == "toml":
            tomllib.loads(block.text)
        elif block.language == "text":
            assert self.printed.splitlines() == block.text.splitlines(), self.printed
        elif block.language == "sh":
            for command in commands(block.text):
                status, printed = self.command(command)
                assert status == 0, f"{command}\n{printed}"
        elif block.language == "console":
            self._console(block.text)

    def _save(self, block: Block) -> None:
        path = self.folder / block.file
        before = path.read_text(encoding="utf-8") + "\n" if "add" in block.words else ""
        path.write_text(before + block.text, encoding="utf-8")

    def _console(self, text: str) -> None:
        for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
            command, *said = part.splitlines()
            _, printed = self.command(command)
            if said:
                assert agrees(said, printed.splitlines()), f"{command}\n{printed}"

    def command(self, line: str) -> tuple[int, str]:
        """Return exit status and output of a command; ours are run in this process."""
        words = shlex.split(line)
        if words[0] == "simdesign" and not {">", "|"} & set(words):
            out = io.StringIO()
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
                status = call(words[1:])
            return status, out.getvalue()
        programs = sysconfig.get_path("scripts")
        done = subprocess.run(
            ["bash", "-ec", f'PATH="{programs}:$PATH"\n{line}'],
            cwd=self.folder, capture_output=True, text=True, check=False,
        )  # fmt: skip
        return done.returncode, done.stdout + done.stderr
