"""A world in which nothing moves, to which one term at a time is added."""

from simdesign.simulate import prepare
from simdesign.spec.catalogue import catchments
from simdesign.spec.change import NoChange
from simdesign.spec.study import Programme
from simdesign.spec.world import World

QUIET = {
    "sigma_site": 0.0, "sigma_shared": 0.0, "day_sd": 0.0, "lab_repeat_sd": 0.0, "drift": 0.0,
    "sigma_rw": 0.0, "sigma_rw_site": 0.0, "season_amplitude": 0.0,
}  # fmt: skip
TOWNS = catchments("dutch20")[:4]


def quiet(substances=("cocaine",), catchments=TOWNS, season=None, weekdays=False, **terms):
    """Return a world without noise whose days differ by the terms given."""
    own = {"season": season} if season else {}
    return World(
        catchments=catchments, counts="off", weekdays=weekdays, flow_sd=0, sampling_sd=0,
        substances=dict.fromkeys(substances, QUIET | own), **terms,
    )  # fmt: skip


def prepared(world, years=3, history_years=0, seed=1):
    """Return the world, ready to be drawn."""
    return prepare(
        world, NoChange(), Programme(years=years), seed=seed, luck="study",
        history_years=history_years,
    )  # fmt: skip


def truth(world, replication=0, **keywords):
    """Return one replication."""
    return prepared(world, **keywords).truth(replication)
