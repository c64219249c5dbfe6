"""Replications leave nothing behind: memory is that of one, however many there are."""

import subprocess
import sys

GROWTH = 4.0  # [MiB] one truth of the world below is 0.3 MiB: 700 that were kept would be 200

CODE = """
import resource, sys
from simdesign.simulate import prepare
from simdesign.spec.change import SlopeChange
from simdesign.spec.study import Programme
from simdesign.spec.world import World
change = SlopeChange(slope=0.1, at=1.0, mechanism={"more_users": 0.5, "heavier_use": 0.5})
towns = [{"name": f"t{n}", "population": 1e5} for n in range(10)]
world = World(realism="full", catchments=towns)
prepared = prepare(world, change, Programme(years=2), seed=1, luck="study")
unit = 2**20 if sys.platform == "darwin" else 2**10  # bytes there, kilobytes on Linux
def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
for r in range(100):
    truth = prepared.truth(r)
size = sum(getattr(getattr(truth, name), "nbytes", 0) for name in truth.__slots__)
before = peak()
for r in range(100, 800):
    prepared.truth(r)
print(size / 2**20, peak() - before)
"""


def test_memory_does_not_grow_with_replications():
    done = subprocess.run(
        [sys.executable, "-c", CODE], capture_output=True, text=True, check=True
    )  # fmt: skip
    one, growth = map(float, done.stdout.split())
    assert one > 0.1, "a truth should be big enough for its keeping to be seen"
    assert growth < GROWTH < 700 * one / 10
