"""The box "my municipality" says what two simulated weeks of one place say."""

import math
from itertools import pairwise

import numpy as np
import pytest

from simdesign.report.likelihood import ADVISER
from simdesign.report.texts import Texts
from simdesign.report.town import CLASSES, town, town_view
from simdesign.spec.plugged import plugged_noise
from simdesign.spec.shipped import shipped_draws

N = 400_000


def simulated(substance, population, load):
    """Return real changes and differences of two weeks, drawn day by day from the model's text."""
    rng = np.random.default_rng(8)
    fields = shipped_draws(substance)[0].fields
    pick = rng.integers(len(fields["sigma_shared"]), size=N)
    value = {name: np.array(column)[pick] for name, column in fields.items()}
    count = plugged_noise(substance).count_noise / (load * population * 1e-6)
    sd = np.sqrt(value["day_sd"] ** 2 + count)
    measured = np.zeros(N)
    for sign in (-1.0, 1.0):
        day = rng.standard_normal(N)
        mean = day.copy()
        for _ in range(6):  # an AR(1) of unit variance, its mean over seven days
            rho = value["day_rho"]
            day = rho * day + np.sqrt(1.0 - rho**2) * rng.standard_normal(N)
            mean += day
        week = value["sigma_shared"] * rng.standard_normal(N) + sd * mean / 7.0
        week += np.sqrt(value["sigma_site"] ** 2 + 0.01**2) * rng.standard_normal(N)
        measured += sign * week
    wander = np.sqrt(value["sigma_rw"] ** 2 + value["sigma_rw_site"] ** 2 + 0.1**2)
    real = value["drift"] + wander * rng.standard_normal(N)
    return real, measured


def close(share, found, n=N):
    return abs(found - share) < 5.0 * math.sqrt(share * (1.0 - share) / n)


@pytest.mark.parametrize(("substance", "load"), [("cocaine", 900.0), ("MDMA", 117.0)])
def test_the_numbers_are_those_of_simulated_weeks(substance, load):
    item = town(substance, 10_000)
    real, noise = simulated(substance, 10_000, load)
    outside = (noise < math.log(0.9)) | (noise > math.log(1.1))
    assert close(item.flagged_noise, outside.mean())
    assert close(0.05, (np.abs(noise) > item.half_width).mean())
    change = real + noise
    flagged = (change < math.log(0.9)) | (change > math.log(1.1))
    assert close(item.flagged_drift, flagged.mean())
    little = (real > math.log(0.9)) & (real < math.log(1.1))
    assert close(item.little, little[flagged].mean(), flagged.sum())


def test_a_larger_place_is_never_noisier():
    found = [town("cocaine", size) for _, _, size in CLASSES]
    widths = [item.half_width for item in found]
    assert widths == sorted(widths, reverse=True)
    assert all(0.5 < item.flagged_noise < item.flagged_drift < 1.0 for item in found)


def test_classes_meet_and_hold_the_size_they_are_reckoned_for():
    for (_, high, _), (low, _, _) in pairwise(CLASSES):
        assert high == low
    assert all(low < size and (size < high or not high) for low, high, size in CLASSES)


@pytest.mark.parametrize(("lang", "thousand"), [("en", "50,000"), ("nl", "50.000")])
def test_both_languages_have_the_same_numbers(results, lang, thousand):
    from simdesign.report.folder import read_folder

    view = town_view(read_folder(results.folder), Texts(lang, ADVISER))
    assert len(view["classes"]) == len(view["table"].rows) == len(CLASSES)
    assert thousand in view["classes"][2].label
    item = town("cocaine", CLASSES[2][2])
    text = " ".join(view["classes"][2].lines)
    assert f" {100 * item.flagged_noise:.0f} " in text
    assert f"+{100 * math.expm1(item.half_width):.0f}" in text
    assert " 77 " in view["why"]
