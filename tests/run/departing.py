"""A tiny study with departures: of the world, of the change, and of the laboratory."""

from pathlib import Path

from run.tiny import write_study
from simdesign.spec.study import Study

DEPARTURES = """
[departures.noisy]
"world.substances.*.day_sd" = 0.4
"world.substances.*.sigma_shared" = 0.25

[departures.laboratory]
"world.laboratories" = { bias_sd = 0.3, change = { date = 2029-01-01 } }

[departures.two_breaks]
"change.kind" = "two_steps"
"change.after" = 1.2
"change.left" = 0.0

[also.plateau]
kind = "slope_change"
slope = -0.09
at = 2.5

[factors]"""
ONE_WORLD = (('"world.substances.*.sigma_shared" = [0.0, 0.1]\n', ""),)


def departing(folder: Path, *changes: tuple[str, str]) -> Study:
    """Write and read the study, with some pieces of its text replaced."""
    return Study.from_toml(write_study(folder, ("\n[factors]", DEPARTURES), *changes))
