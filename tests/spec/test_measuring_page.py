"""docs/measuring.md: its example is a world, and its table of tails is what the formula gives."""

import math
import re
import tomllib
from pathlib import Path

import pytest
from scipy.optimize import brentq
from scipy.stats import norm

from simdesign.spec.catalogue import SUBSTANCES
from simdesign.spec.terms import WORLD_TERMS
from simdesign.spec.world import World

PAGE = (Path(__file__).parents[2] / "docs" / "measuring.md").read_text(encoding="utf-8")
TERMS = re.findall(r"^\| `(\w+)` \| (world|substance) \|", PAGE, re.MULTILINE)


def test_the_example_is_a_world():
    example = tomllib.loads(re.findall(r"^```toml\n(.*?)^```", PAGE, re.M | re.S)[0])["world"]
    of = World.model_validate(example)
    assert of.substances["MDMA"].dumping.rate == 61.0
    assert of.laboratories.change.date.year == 2030
    assert {name for name, where in TERMS if where == "world"} <= set(WORLD_TERMS)
    assert len(TERMS) == 7


@pytest.mark.parametrize("name", SUBSTANCES)
def test_the_tails_are_those_of_the_mixture(name):
    row = re.search(rf"^\| {name} \| ([\d.]+) \| ([\d.]+) % \| ([\d.]+) % \|$", PAGE, re.M)
    printed = [float(number) for number in row.groups()]
    of = World(substances={name: {}}, odd_days={})
    odd, total = of.odd_days, of.substances[name].day_sd
    core = math.sqrt(total**2 - odd.share * odd.sd**2)
    tail = math.hypot(core, odd.sd)

    def beyond(x):
        return 2 * ((1 - odd.share) * norm.sf(x / core) + odd.share * norm.sf(x / tail))

    robust = brentq(lambda x: beyond(x) - 0.5, 1e-6, total) / norm.ppf(0.75)
    assert printed[0] == pytest.approx(robust / total, abs=5.1e-4)
    assert printed[1] == pytest.approx(100 * beyond(3 * robust), abs=5.1e-3)
    assert printed[2] == pytest.approx(100 * beyond(4 * robust), abs=5.1e-3)
