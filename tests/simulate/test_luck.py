"""Luck has an address: what is added or changed elsewhere changes no other number."""

import hashlib

import numpy as np
import pytest

from simdesign._kernels.address import go_to
from simdesign.seeds import Purpose, stream
from simdesign.simulate import prepare, simulate
from simdesign.simulate.luck import Luck, site_word
from simdesign.spec.catalogue import catchments
from simdesign.spec.change import LevelShift, NoChange
from simdesign.spec.quantity import HalfNormal, LogNormal, Uniform
from simdesign.spec.study import Programme
from simdesign.spec.world import World

SHORT = Programme(years=2)
TOWNS = catchments("dutch20")[:3]
SMALL = World(catchments=TOWNS)


def draw(world, change=None, programme=SHORT, **keywords):
    address = {"seed": 11, "luck": "study", "replication": 4} | keywords
    return simulate(world, change or NoChange(), programme, **address)


def same(a, b, sites=slice(None), days=slice(None)):
    for name in ("expected_load", "trend_load", "residue_load"):
        np.testing.assert_array_equal(getattr(a, name)[0][sites, days], getattr(b, name)[0])


def test_moving_a_generator_gives_the_numbers_of_its_address():
    luck = Luck(5, Purpose.CITY, "study/cocaine")
    luck.at(1, 2, 3).standard_normal(7)
    for address in ((0, 0, 0), (3, site_word("town-01"), 2**32 - 1), (2, 2**64 - 1, 1)):
        wanted = stream(5, Purpose.CITY, "study/cocaine", *address)
        got = luck.at(*address)
        np.testing.assert_array_equal(got.standard_normal(5), wanted.standard_normal(5))
        assert got.integers(2**31) == wanted.integers(2**31)  # half a word may be left over
        np.testing.assert_array_equal(luck.at(*address).random(3), stream(
            5, Purpose.CITY, "study/cocaine", *address).random(3))  # fmt: skip


def test_sites_have_words_of_their_own():
    words = {site_word(town["name"]) for town in catchments("dutch20")}
    assert len(words) == 20
    assert 0 not in words  # the nation's


def test_replications_do_not_depend_on_the_order_of_calls():
    prepared = prepare(SMALL, LevelShift(at=Uniform(low=0, high=2)), SHORT, seed=1, luck="study")
    first = prepared.truth(2)
    prepared.truth(0)
    again = prepared.truth(2)
    same(first, again)
    assert first.drawn == again.drawn
    assert not np.array_equal(first.residue_load, prepared.truth(1).residue_load)


def test_another_site_changes_nothing_at_the_others():
    same(draw(World(catchments=catchments("dutch20")[:5])), draw(SMALL), sites=slice(3))
    backwards = draw(World(catchments=TOWNS[::-1]))
    same(backwards, draw(SMALL), sites=slice(None, None, -1))


def test_another_substance_changes_nothing_of_the_first():
    same(draw(World(catchments=TOWNS, substances={"cocaine": {}, "MDMA": {}})), draw(SMALL))


def test_a_longer_programme_and_a_history_change_nothing_of_the_years_between():
    days = slice(draw(SMALL).n_day)
    same(draw(SMALL, programme=Programme(years=4)), draw(SMALL), days=days)
    long = draw(SMALL, history_years=3)
    assert long.first_day == draw(SMALL).first_day - (365 + 366 + 365)  # 2023 to 2025
    same(long, draw(SMALL), days=slice(long.n_day - draw(SMALL).n_day, None))


def test_a_distribution_elsewhere_changes_no_other_draw():
    one = {"cocaine": {"sigma_site": LogNormal(median=0.07, log_sd=0.4)}}
    two = {"cocaine": one["cocaine"] | {"sigma_shared": HalfNormal(scale=0.08)}}
    a = draw(World(catchments=TOWNS, substances=one)).drawn
    b = draw(World(catchments=TOWNS, substances=two)).drawn
    assert a["cocaine.sigma_site"] == b["cocaine.sigma_site"] != 0.07
    assert a["cocaine.sigma_shared"] == 0.06 != b["cocaine.sigma_shared"]


def test_worlds_share_their_normals():
    """A world with a term twice as strong deviates twice as much, on the same days."""
    quiet = {
        "sigma_site": 0.0, "sigma_shared": 0.0, "day_sd": 0.0, "lab_repeat_sd": 0.0, "drift": 0.0,
        "sigma_rw": 0.0, "season_amplitude": 0.0,
    }  # fmt: skip

    def logs(**values):
        world = World(
            catchments=TOWNS, counts="off", flow_sd=0, sampling_sd=0,
            substances={"cocaine": quiet | values},
        )  # fmt: skip
        loads = draw(world).expected_load[0]
        return np.log(loads / draw(still).expected_load[0])

    still = World(
        catchments=TOWNS, counts="off", flow_sd=0, sampling_sd=0,
        substances={"cocaine": quiet | {"sigma_rw_site": 0.0}},
    )  # fmt: skip
    walk = logs(sigma_rw_site=0.1)
    np.testing.assert_allclose(logs(sigma_rw_site=0.2), 2 * walk, atol=1e-12)
    site = logs(sigma_rw_site=0.0, sigma_site=0.1)
    both = logs(sigma_rw_site=0.1, sigma_site=0.1)
    np.testing.assert_allclose(both, walk + site, atol=1e-12)
    assert np.abs(walk).max() > 0.01


def test_sizes_and_mechanisms_share_their_latent_luck():
    a = draw(SMALL, LevelShift(size=0.1, at=1.0))
    b = draw(SMALL, LevelShift(size=0.3, at=1.0))
    since = a.change_day - a.first_day
    ratio = b.expected_load[0, :, since:] / a.expected_load[0, :, since:]
    np.testing.assert_allclose(ratio, 1.3 / 1.1, rtol=1e-12)
    np.testing.assert_array_equal(a.residue_load[0, :, :since], b.residue_load[0, :, :since])
    dates = LevelShift(size=0.1, at=Uniform(low=0.0, high=2.0))
    other = dates.model_copy(update={"size": -0.3, "mechanism": "heavier_use"})
    assert draw(SMALL, dates).change_day == draw(SMALL, other).change_day


@pytest.mark.parametrize("change", [{"seed": 12}, {"luck": "null"}, {"replication": 5}])
def test_another_address_is_another_world(change):
    assert not np.array_equal(draw(SMALL, **change).expected_load, draw(SMALL).expected_load)


def test_stored_digest():
    """Changes when, and only when, the numbers of every study change: say so in the changelog."""
    world = World(
        catchments=TOWNS,
        substances={"cocaine": {"sigma_shared": HalfNormal(scale=0.08)}, "MDMA": {}},
    )
    truth = draw(world, LevelShift(size=0.3, at=Uniform(low=0.0, high=2.0)))
    digest = hashlib.sha256()
    for loads in (truth.expected_load, truth.trend_load, truth.residue_load):
        digest.update(np.round(np.log(loads), 8).astype("<f8").tobytes())
    digest.update(str(truth.change_day).encode())
    assert digest.hexdigest()[:16] == "206c216d968d19c5"


def test_a_kernel_steers_a_generator_to_the_same_addresses():
    luck = Luck(5, Purpose.COUNTS, "study")
    counter, flags = luck.steering
    for address in ((3, 2**63 + 1, 2**32 + 4), (0, 0, 0)):
        luck.rng.integers(2**31, dtype=np.int32)  # leaves half a word and part of a buffer
        go_to(counter, flags, *(np.uint64(word) for word in address))
        found = [luck.rng.integers(2**31, dtype=np.int32), *luck.rng.standard_normal(5)]
        expected = stream(5, Purpose.COUNTS, "study", *address)
        wanted = [expected.integers(2**31, dtype=np.int32), *expected.standard_normal(5)]
        assert found == wanted
