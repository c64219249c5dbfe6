"""Kernels of the calendar against NumPy, and compiled against their Python source."""

import numpy as np

from simdesign._kernels.calendar import add_event, log_remaining, wandering_season

RNG = np.random.default_rng(4)
DAYS = 730


def source_of(kernel, compiled):
    return kernel if compiled else getattr(kernel, "py_func", kernel)


def same(kernel, arguments, written):
    """Call compiled and plain code on copies; return what the compiled one wrote."""
    found = []
    for compiled in (True, False):
        copies = [a.copy() if isinstance(a, np.ndarray) else a for a in arguments]
        source_of(kernel, compiled)(*copies)
        found.append([copies[i] for i in written])
    for one, other in zip(*found, strict=True):
        np.testing.assert_array_equal(one, other)
    return found[0]


def test_an_event_adds_its_logs_where_it_happens():
    day, year = np.array([3, 4, 5, 368, 369, 370]), np.array([0, 0, 0, 1, 1, 1])
    weight, logs = np.array([0.5, 1.5, 1.0] * 2), RNG.normal(size=DAYS)
    happens = np.array([True, False])
    (found,) = same(add_event, [day, weight, year, happens, 2.5, 0.2, logs], [6])
    wanted = logs.copy()
    wanted[3:6] += np.log((1 + 1.5 * weight[:3]) * (1 + 0.2 * weight[:3]))
    np.testing.assert_allclose(found, wanted, rtol=1e-14)


def test_a_season_is_late_by_what_its_borders_say():
    border, late = np.array([0, 365, 730]), np.array([-4.0, 10.0, 6.0])
    day = np.concatenate([np.arange(1.0, 366.0)] * 2)
    shifted, swing = np.empty(DAYS), RNG.normal(size=DAYS)
    found, wave = same(wandering_season, [day, border, late, 0.3, 40.0, shifted, swing], [5, 6])
    x = np.arange(365) / 365
    blend = 3 * x**2 - 2 * x**3
    wanted = day - np.concatenate([-4 + 14 * blend, 10 - 4 * blend])
    np.testing.assert_allclose(found, wanted, rtol=1e-13)
    np.testing.assert_allclose(
        wave, swing + 0.3 * np.cos(4 * np.pi * (wanted - 40) / 365.25), rtol=1e-12
    )


def test_who_is_not_away_remains():
    extent = np.stack([np.zeros(DAYS), RNG.random(DAYS), np.ones(DAYS)])
    (found,) = same(log_remaining, [0.3, extent, np.empty((3, DAYS))], [2])
    np.testing.assert_allclose(found, np.log1p(-0.3 * extent), atol=1e-15)
    assert not found[0].any()
