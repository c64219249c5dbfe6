"""Commands that messages print can be copied, whatever the folder is called."""

import json
import shlex
import subprocess

import numpy as np
import pytest

from run.small import copied, small_run
from run.test_faults import _Dying
from simdesign.cli import call
from simdesign.errors import StoppedError
from simdesign.run import Store, make_plan, run_plan
from simdesign.run.failures import Address
from simdesign.run.persist import IN_VAIN
from simdesign.run.shards import damaged
from simdesign.run.verify import Answer, Comparison, Verification
from simdesign.studies.verify import lines

ODD = """it's "here"; $(touch stolen) `id` $HOME & a*"""


@pytest.fixture(scope="module")
def odd(tmp_path_factory):
    place = tmp_path_factory.mktemp("quoting")
    return copied(small_run(place, place / "out"), place / ODD)


def as_bash_reads(command):
    """Return the words that a shell makes of a command that was copied."""
    done = subprocess.run(
        ["bash", "-c", f"printf '%s\\0' {command}"], capture_output=True, check=True
    )
    return done.stdout.decode().split("\0")[:-1]


def test_a_damaged_shard_names_the_command_that_mends_it(odd):
    said = str(damaged(odd.store.shards()[0].path))
    command = said.rpartition("written; ")[2].removesuffix(" computes it again")
    assert as_bash_reads(command) == ["simdesign", "resume", str(odd.folder)]


def test_the_first_row_that_differs_is_shown_by_a_command(odd):
    comparison = Comparison(largest={"score": np.inf}, is_close=False, first="--scenario 'a b'")
    found = Verification(
        comparison=comparison, n_sampled=1, n_stored=1, seed=1, excluded=(), same_code=True
    )
    assert comparison.answer == Answer.DIFFERENT
    line = next(line for line in lines(odd, found) if line.startswith("first: "))
    words = as_bash_reads(line.removeprefix("first: "))
    assert words == ["simdesign", "replay", str(odd.folder), "--scenario", "a b"]


def test_an_address_is_quoted_whole(odd):
    address = Address(
        scenario="size=0.3 $x", replication=3, design="a'b", estimator="e", substance="s", look=0
    )
    assert as_bash_reads(address.replay(odd.folder)) == [
        "simdesign", "replay", str(odd.folder), "--scenario", "size=0.3 $x", "--replication", "3",
        "--design", "a'b", "--estimator", "e", "--substance", "s",
    ]  # fmt: skip


def test_what_to_do_after_deaths_is_quoted(odd, tmp_path):
    plan = make_plan(odd.study, "quick", 2)
    with pytest.raises(StoppedError) as caught:
        run_plan(plan, Store(tmp_path / ODD), _Dying(IN_VAIN + 1), task_size=1)
    place = shlex.quote(str(tmp_path / ODD))
    assert f"`simdesign resume {place} --workers 1`" in str(caught.value)
    assert f"`simdesign replay {place} --scenario " in str(caught.value)


def test_publishing_a_half_says_how_to_finish_it(odd, tmp_path, capsys):
    out = copied(odd, tmp_path / ODD)
    path = out.store.manifest_path
    path.write_text(json.dumps(json.loads(path.read_text()) | {"replications": 9}))
    assert call(["publish", str(out.folder), str(tmp_path / "published")]) == 2
    said = capsys.readouterr().err
    place = shlex.quote(" ".join(str(out.folder).split()))
    assert f"misses 9 replications; simdesign resume {place} first" in said
