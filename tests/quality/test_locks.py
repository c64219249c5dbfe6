"""The locks pin everything, with hashes, and name no place to get it from."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCKS = [ROOT / "locks" / f"{level}.lock" for level in ("run", "dev")]
PIN = re.compile(r"(?P<name>[a-z0-9-]+)==(?P<version>[\w.+!]+)( ; (?P<marker>[^\\]+))? \\$")


def pins(lock: Path) -> dict[tuple[str, str | None], str]:
    """Return versions by name and marker: one package may differ between platforms."""
    found = [PIN.match(line) for line in lock.read_text().splitlines() if line[:1].isalnum()]
    assert all(found), f"{lock.name}: a requirement that is no exact pin"
    return {(m["name"], m["marker"]): m["version"] for m in found if m}


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.stem)
def test_every_pin_has_a_hash(lock):
    text = lock.read_text()
    blocks = re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE)[1:]
    assert len(blocks) == len(pins(lock)) > 20
    bare = [b.splitlines()[0] for b in blocks if not re.search(r"--hash=sha256:[0-9a-f]{64}\b", b)]
    assert bare == []


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.stem)
def test_no_address_and_no_path(lock):
    lines = lock.read_text().splitlines()
    pattern = r"://|file:| @ |--(index-url|extra-index-url|find-links|trusted-host)|(^|\s)[.~]?/"
    assert [line for line in lines if re.search(pattern, line)] == []


def test_development_lock_contains_the_run_time_lock():
    run, dev = (pins(lock) for lock in LOCKS)
    run_names = {name: version for (name, _), version in run.items()}
    dev_names = {name: version for (name, _), version in dev.items()}
    assert run_names.items() <= dev_names.items()


def test_locks_cover_what_pyproject_asks_for():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    groups = project["dependency-groups"]
    locked = [{name for name, _ in pins(lock)} for lock in LOCKS]
    wanted = [
        project["project"]["dependencies"] + project["build-system"]["requires"] + groups["build"],
        groups["dev"] + groups["docs"],
    ]
    for names, requirements in zip(locked, wanted, strict=True):
        asked = {re.split(r"[^\w.-]", r)[0].lower().replace("_", "-") for r in requirements}
        assert asked - names == set(), "run `make lock`"
