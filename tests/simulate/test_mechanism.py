"""Three mechanisms, one change of the expected load, three traces."""

import math

import numpy as np
import pytest

from simdesign.errors import SpecError
from simdesign.simulate import count_noise, prepare, regime
from simdesign.spec.catalogue import SUBSTANCES
from simdesign.spec.change import LevelShift
from simdesign.spec.quantity import HalfNormal, Uniform
from simdesign.spec.study import Programme
from simdesign.spec.world import World

WORLD = World(substances={name: {} for name in SUBSTANCES})
MECHANISMS = ("more_users", "heavier_use", "higher_purity")
# c against residue in the European data, 2017 and later: interval and estimate [g]
NOISE_SEEN = {
    "cocaine": (0.020, 0.044, 0.082),
    "MDMA": (0.014, 0.021, 0.028),
    "amphetamine": (0.026, 0.039, 0.053),
}


def changed(name, mechanism, size):
    return regime(name, WORLD.substances[name], mechanism=mechanism, size=size)


@pytest.mark.parametrize("name", SUBSTANCES)
@pytest.mark.parametrize("mechanism", MECHANISMS)
@pytest.mark.parametrize("size", [-0.18, -0.05, 0.10, 0.15])
def test_every_mechanism_changes_the_weekly_load_by_the_same(name, mechanism, size):
    before = regime(name, WORLD.substances[name])
    after = changed(name, mechanism, size)
    assert after.factor.sum() / before.factor.sum() == pytest.approx(1 + size, rel=1e-12)
    np.testing.assert_allclose(after.mass.sum(axis=1), 1.0, rtol=1e-12)


def test_only_heavier_use_flattens_the_week():
    before = regime("cocaine", WORLD.substances["cocaine"])
    for mechanism in ("more_users", "higher_purity"):
        after = changed("cocaine", mechanism, 0.15)
        np.testing.assert_allclose(after.factor, 1.15 * before.factor, rtol=1e-12)
    for size, sign in ((0.15, -1), (-0.15, 1)):
        after = changed("cocaine", "heavier_use", size)
        peak = after.factor.max() / after.factor.min()
        assert sign * (peak - before.factor.max() / before.factor.min()) > 0


def test_purity_adds_noise_more_users_do_not():
    before = regime("cocaine", WORLD.substances["cocaine"])
    purity = changed("cocaine", "higher_purity", 0.15)
    users = changed("cocaine", "more_users", 0.15)
    np.testing.assert_allclose(users.noise, before.noise, rtol=1e-12)
    np.testing.assert_allclose(users.use_days, before.use_days, rtol=1e-12)
    np.testing.assert_allclose(purity.noise, 1.15 * before.noise, rtol=1e-12)
    # the same number of use-days: load up by 1.15, use-days per gram down by 1.15
    np.testing.assert_allclose(purity.use_days, before.use_days / 1.15, rtol=1e-12)


def test_who_uses_nearly_daily_adds_little_noise():
    item = WORLD.substances["cocaine"]
    after = changed("cocaine", "heavier_use", 0.30)
    heavy = next(k for k, user in enumerate(item.classes) if user.name == "heavy")
    scale = 1 + 0.30 / item.classes[heavy].mass_share
    np.testing.assert_allclose(after.prob[:, heavy], item.classes[heavy].use_prob * scale)
    others = [k for k in range(3) if k != heavy]
    before = regime("cocaine", item)
    np.testing.assert_allclose(after.prob[:, others], before.prob[:, others])
    assert (after.noise < before.noise).all()


@pytest.mark.parametrize("name", sorted(NOISE_SEEN))
def test_count_noise_of_the_default_world_lies_where_the_data_are(name):
    low, seen, high = NOISE_SEEN[name]
    got = count_noise(name, WORLD.substances[name])
    assert low < got < high
    assert got == pytest.approx(seen, rel=0.05)


def test_count_noise_is_the_compound_binomial_s():
    """Variance of a compound sum, class by class, against c / residue."""
    item = WORLD.substances["MDMA"]
    users = regime("MDMA", item)
    residue = 7.0  # [g/d]
    for day in range(7):
        load = [user.mass_share * user.weekday_factor[day] for user in item.classes]
        variance = 0.0
        for user, part in zip(item.classes, load, strict=True):
            mean = residue * part / sum(load)
            dose = user.residue_mg / 1000
            prob = user.use_prob * user.weekday_factor[day]
            n = mean / dose / prob  # users of the class
            # Var(sum of U doses) = E[U] Var(dose) + Var(U) E[dose]^2, U ~ Binomial(n, prob)
            variance += n * prob * (user.dose_cv * dose) ** 2 + n * prob * (1 - prob) * dose**2
        assert variance / residue**2 == pytest.approx(users.noise[day] / residue, rel=1e-12)


def test_flat_weekdays_have_no_profile():
    users = regime("MDMA", WORLD.substances["MDMA"], weekdays=False)
    np.testing.assert_allclose(users.factor, 1.0, rtol=1e-12)
    assert np.ptp(users.noise) < 1e-15


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"size": 0.20, "mechanism": "higher_purity"},
            r"change\.size: purity above its ceiling: cocaine starts at 0\.743.*\+19\.8 %",
        ),
        (
            {"size": 0.60, "mechanism": "heavier_use"},
            r"change\.size: .*world\.substances\.cocaine\.classes\.heavy\.use_prob",
        ),
        ({"size": -0.80, "mechanism": "heavier_use"}, r"change\.size: .*share 0\.75, got -0\.8"),
        (
            {"size": HalfNormal(scale=0.05), "mechanism": "higher_purity"},
            r"change\.size: must have an upper bound",
        ),
        (
            {"size": Uniform(low=0.1, high=0.3), "mechanism": "higher_purity"},
            "purity above its ceiling",
        ),
        ({"where": ("town-01", "town-99")}, r"change\.where: .*got 'town-99'"),
        ({"where": ("town-01", "town-01")}, r"change\.where: must name each catchment once"),
        ({"at": 11.0}, r"change\.at: must lie within the programme of 10 years, got 11"),
    ],
)
def test_an_impossible_change_is_refused_before_anything_is_drawn(change, message):
    with pytest.raises(SpecError, match=message):
        prepare(World(), LevelShift(**change), Programme(), seed=1, luck="study")


def test_a_world_without_heavy_users_cannot_have_heavier_use():
    classes = [
        item.model_copy(update={"name": "regular"}) if item.name == "heavy" else item
        for item in WORLD.substances["cocaine"].classes
    ]
    world = World(substances={"cocaine": {"classes": [item.model_dump() for item in classes]}})
    with pytest.raises(SpecError, match=r"world\.substances\.cocaine\.classes: .*named heavy"):
        prepare(world, LevelShift(mechanism="heavier_use"), Programme(), seed=1, luck="study")


@pytest.mark.parametrize("mechanism", MECHANISMS)
@pytest.mark.parametrize("size", [-0.2, 0.15])
def test_the_truth_changes_by_the_size_from_the_break_day_on(mechanism, size):
    luck = {"seed": 3, "luck": "study"}
    programme = Programme(years=3)
    change = LevelShift(size=size, mechanism=mechanism, at=1.5)
    world = World(counts="off")
    truth = prepare(world, change, programme, **luck).truth(0)
    same = prepare(
        world, change.model_copy(update={"size": 0.0, "mechanism": "more_users"}), programme, **luck
    ).truth(0)
    since = truth.change_day - truth.first_day
    assert since == int(1.5 * 365.25)
    ratio = truth.expected_load / same.expected_load
    np.testing.assert_array_equal(ratio[:, :, :since], 1.0)
    weeks = ratio[0, 0, since : since + 7 * 50].reshape(50, 7)
    np.testing.assert_allclose(weeks, weeks[:1] * np.ones((50, 1)), rtol=1e-12)
    profile = regime("cocaine", world.substances["cocaine"]).factor
    days = (np.arange(since, since + 7) + (truth.first_day + 3)) % 7
    assert (weeks[0] * profile[days]).sum() / 7 == pytest.approx(1 + size, rel=1e-9)
    np.testing.assert_array_equal(truth.change_effect[:, :since], 0.0)
    np.testing.assert_allclose(truth.change_effect[:, since:], math.log1p(size), rtol=1e-12)


def test_a_local_change_stays_at_its_sites_and_is_no_national_effect():
    luck = {"seed": 3, "luck": "study"}
    programme = Programme(years=3)
    change = LevelShift(size=0.5, at=1.0, where=("town-03", "town-20"))
    truth = prepare(World(), change, programme, **luck).truth(0)
    null = prepare(World(), LevelShift(size=0.0, at=1.0), programme, **luck).truth(0)
    ratio = truth.trend_load[0] / null.trend_load[0]
    changed_sites = [s for s in range(20) if np.any(ratio[s] != 1.0)]
    assert [truth.sites[s] for s in changed_sites] == ["town-03", "town-20"]
    np.testing.assert_allclose(ratio[2, truth.change_day - truth.first_day :], 1.5, rtol=1e-12)
    assert not truth.change_effect.any()
