"""Production waste: how often, how much, where, over how many days; and it is not use."""

import numpy as np
import pytest

from mc import assert_mean, assert_proportion
from simdesign._kernels.addressed import round_keys
from simdesign._kernels.dumping import add_dumps
from simdesign.seeds import Purpose, key_of, stream
from simdesign.simulate import simulate
from simdesign.simulate.calendar import Calendar
from simdesign.simulate.luck import site_word
from simdesign.simulate.sewer import Sewers
from simdesign.spec.catalogue import SUBSTANCES
from simdesign.spec.change import NoChange
from simdesign.spec.study import Programme
from simdesign.spec.world import Catchment, World

TOWNS = tuple(
    Catchment(name=name, population=1e5, level=7.0, levels={"MDMA": level})
    for name, level in zip("ABCD", (0.5, 1.0, 1.0, 2.0), strict=True)
)
ONE_SIZE = {"rate": 2.0, "low": 10.0, "high": 10.0, "days": 1, "recognised": 0.0}
LEVEL = 100.0


def world(catchments=TOWNS, **dumping):
    fields = {"level": LEVEL, "dumping": {**ONE_SIZE, **dumping}}
    return World(catchments=catchments, substances={"MDMA": fields, "cocaine": {}})


def waste(of, n_rep, years=4, history=0):
    sewers = Sewers(of, Calendar.of(Programme(years=years), history), seed=3, luck="study")
    return np.stack([sewers.waste(replication) for replication in range(n_rep)])


def sizes(drawn):
    """Return total waste per replication and site in units of the site's reference load."""
    return drawn[:, 0].sum(axis=2) / (LEVEL * np.array([town.levels["MDMA"] for town in TOWNS]))


def test_dumps_come_at_their_rate_and_independently_of_one_another():
    number = sizes(waste(world(), 400)) / 10.0
    expected = 2.0 * (4 * 365 + 1) / 365.25
    assert_mean(number, expected)
    assert_mean((number - expected) ** 2, expected)  # a Poisson number
    assert_mean((number[:, 0] - expected) * (number[:, 1] - expected), 0.0)
    np.testing.assert_allclose(number, np.round(number), atol=1e-9)


def test_every_day_is_as_likely():
    days = np.argwhere(waste(world(rate=20.0), 20, years=1)[:, 0] > 0)[:, 2]
    assert_mean((days + 0.5) / 365, 0.5)
    assert_mean(((days + 0.5) / 365) ** 2, 1 / 3)


def test_sizes_are_uniform_on_the_log_scale_and_relative_to_the_site():
    drawn = waste(world(rate=0.5, low=3.0, high=100.0), 400, years=1)[:, 0]
    relative = drawn / (LEVEL * np.array([town.levels["MDMA"] for town in TOWNS]))[:, None]
    found = np.log(relative[relative > 0])
    assert found.min() > np.log(3.0)
    # Two on one day would be larger than a hundred at most; they are one in hundreds.
    found = found[found <= np.log(100.0)]
    assert_mean(found, (np.log(3.0) + np.log(100.0)) / 2)
    assert_mean((found - (np.log(3.0) + np.log(100.0)) / 2) ** 2, np.log(100 / 3) ** 2 / 12)


def test_a_dump_leaves_over_some_days_and_loses_nothing():
    of = world(rate=0.2, days=3)
    drawn = waste(of, 600, years=2)[:, 0]
    length = []
    for row in drawn.reshape(-1, drawn.shape[-1]):
        on = np.flatnonzero(row)
        if 0 < on.size <= 3 and on[-1] - on[0] == on.size - 1 and on[-1] < row.size - 3:
            total = row.sum() / row.max()
            if total == pytest.approx(on.size):  # one dump alone
                length.append(on.size)
    assert len(length) > 300
    for n in (1, 2, 3):
        assert_proportion(length.count(n), len(length), 1 / 3)
    single, spread = waste(world(rate=0.2), 50), waste(of, 50)
    whole = (spread[:, 0, :, -2:] == 0.0).all(axis=2)  # nothing left after the last day
    np.testing.assert_allclose(sizes(spread)[whole], sizes(single)[whole], rtol=1e-12)


def test_only_the_named_sites_have_dumps():
    drawn = sizes(waste(world(sites=["B", "D"]), 50))
    assert (drawn[:, [0, 2]] == 0.0).all()
    everywhere = sizes(waste(world(), 50))
    assert np.array_equal(drawn[:, [1, 3]], everywhere[:, [1, 3]])


def test_a_share_of_the_sites_has_dumps_and_the_rest_never():
    drawn = sizes(waste(world(sites=0.25, rate=10.0), 400))
    assert_proportion(int((drawn > 0).sum()), drawn.size, 0.25)
    more = sizes(waste(world(sites=0.5, rate=10.0), 400))
    assert ((more > 0) >= (drawn > 0)).all()
    assert (sizes(waste(world(sites=0.0), 20)) == 0.0).all()


def test_other_sites_years_and_a_history_change_no_number():
    plain = waste(world(days=3), 3)
    few = world(TOWNS[:2], days=3)
    assert np.array_equal(waste(few, 3), plain[:, :, :2])
    assert np.array_equal(waste(world(days=3), 3, years=6)[..., : plain.shape[-1]], plain)
    back = waste(world(days=1), 3, history=2)
    plain = waste(world(days=1), 3)
    assert np.array_equal(back[..., -plain.shape[-1] :], plain)
    assert (back[..., : -plain.shape[-1]] > 0).any()


def test_a_dump_has_the_numbers_of_its_address():
    """A slow twin: the first dump of a site and year, drawn again from NumPy's own stream."""
    of = world(low=3.0, high=100.0, days=3, rate=2.0)
    drawn = waste(of, 3, years=2)[:, 0]
    found = 0
    for r, s, year, (first, n_day) in [
        (r, s, year, bounds)
        for r in range(3) for s in range(4) for year, bounds in enumerate([(0, 365), (365, 365)])
    ]:  # fmt: skip
        address = {"replication": r, "site": site_word(TOWNS[s].name), "year": 2**32 + year}
        bits = stream(3, Purpose.WASTE, "study/MDMA", **address).bit_generator
        wait, size, length, _ = ((bits.random_raw(4) >> 12).astype(float) + 0.5) * 2.0**-52
        day = -np.log(wait) * 365.25 / 2.0
        if day < n_day:
            n = 1 + int(3 * length)
            whole = LEVEL * TOWNS[s].levels["MDMA"] * 3.0 * (100.0 / 3.0) ** size
            seen = drawn[r, s, first + int(day)]
            assert seen >= whole / n * (1 - 1e-12)  # others may fall on the same day
            found += seen == pytest.approx(whole / n, rel=1e-12)
    assert found > 10


def test_compiled_and_plain_python_agree_bit_for_bit():
    keys, one = round_keys(key_of(1, Purpose.WASTE, "study")), np.uint64(1)
    years = np.array([[2**32, 0, 365], [2**32 + 1, 365, 365]])
    compiled, plain = np.zeros(730), np.zeros(730)
    for kernel, out in ((add_dumps, compiled), (getattr(add_dumps, "py_func", add_dumps), plain)):
        kernel(keys, one, one, years, 0.05, 1.0, 2.0, 3, 10.0, out)
    assert np.array_equal(compiled, plain)
    assert (compiled > 0).sum() > 10


def test_waste_is_in_no_load_of_use():
    def draw(of):
        return simulate(of, NoChange(), Programme(years=1), seed=1, luck="study", replication=0)

    with_waste, without = draw(world(rate=20.0)), draw(world(rate=0.0))
    assert (with_waste.waste_load[0] > 0).any()
    assert (with_waste.waste_load[1] == 0).all()  # cocaine
    assert (without.waste_load == 0).all()
    for field in ("expected_load", "trend_load", "residue_load"):
        assert np.array_equal(getattr(with_waste, field), getattr(without, field))


def test_only_what_is_made_in_the_country_is_dumped_by_default():
    full = World(realism="full", substances={name: {} for name in SUBSTANCES})
    rates = {name: item.dumping.rate for name, item in full.substances.items()}
    assert rates["cocaine"] == 0.0
    assert min(rates[name] for name in rates if name != "cocaine") > 0.0
