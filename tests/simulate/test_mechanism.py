"""Every mechanism makes the same change of the expected load; what cannot be is refused."""

import math

import numpy as np
import pytest

from simdesign.errors import SpecError
from simdesign.simulate import count_noise, prepare, regime
from simdesign.simulate.mechanism import substituted, substitution_gain
from simdesign.simulate.users import Users, people_of
from simdesign.spec.catalogue import SUBSTANCES
from simdesign.spec.change import MECHANISMS, LevelShift, Pulse, SlopeChange, Substitution
from simdesign.spec.quantity import HalfNormal, Normal, Uniform
from simdesign.spec.study import Programme
from simdesign.spec.world import World

WORLD = World(substances={name: {} for name in SUBSTANCES})
SIZES = (-0.09, -0.05, 0.10, 0.16)
MIXTURES = (
    {"more_users": 0.5, "higher_purity": 0.5},
    {"new_light_users": 0.2, "heavier_use": 0.3, "more_per_occasion": 0.5},
    {"more_often": 1.0},
)
# c against residue in the European data, 2017 and later: interval and estimate [g]
NOISE_SEEN = {
    "cocaine": (0.020, 0.044, 0.082),
    "MDMA": (0.014, 0.021, 0.028),
    "amphetamine": (0.026, 0.039, 0.053),
}


def changed(name, mechanism, size):
    return regime(name, WORLD.substances[name], mechanism=mechanism, size=size)


@pytest.mark.parametrize("name", SUBSTANCES)
@pytest.mark.parametrize("mechanism", [*MECHANISMS, *MIXTURES], ids=str)
@pytest.mark.parametrize("size", SIZES)
def test_every_mechanism_changes_the_weekly_load_by_the_same(name, mechanism, size):
    after = changed(name, mechanism, size)
    assert after.factor.mean() == pytest.approx(1 + size, rel=1e-12)  # the bar is 1e-3
    np.testing.assert_allclose(after.mass.sum(axis=1), 1.0, rtol=1e-12)
    # and from the users: how many, how often, how much
    item = WORLD.substances[name]
    p = after.prob / [(1 + k.propensity_cv**2) * (1 + k.habit_cv**2) for k in item.classes]
    load = (np.array(people_of(item, after)) * p * after.residue).sum(axis=1).mean()
    assert load == pytest.approx(1 + size, rel=1e-12)


def test_only_who_uses_matters_for_the_week():
    before = regime("cocaine", WORLD.substances["cocaine"])
    flat = {"more_users", "more_often", "more_per_occasion", "higher_purity"}
    for mechanism in flat:
        after = changed("cocaine", mechanism, 0.15)
        np.testing.assert_allclose(after.factor, 1.15 * before.factor, rtol=1e-12)
    for mechanism, flatter in (("heavier_use", 1), ("new_light_users", -1)):
        for size in (0.15, -0.05):
            after = changed("cocaine", mechanism, size)
            peak = after.factor.max() / after.factor.min()
            rise = peak - before.factor.max() / before.factor.min()
            assert flatter * np.sign(size) * rise < 0


def test_purity_and_more_per_occasion_are_one_for_loads():
    purity, dose = changed("MDMA", "higher_purity", 0.2), changed("MDMA", "more_per_occasion", 0.2)
    for part in ("factor", "mass", "prob", "residue", "dose_cv", "noise", "use_days"):
        np.testing.assert_array_equal(getattr(purity, part), getattr(dose, part))
    assert (purity.purity, dose.purity) == (1.2, 1.0)


def test_purity_adds_noise_more_users_do_not():
    before = regime("cocaine", WORLD.substances["cocaine"])
    purity = changed("cocaine", "higher_purity", 0.15)
    users = changed("cocaine", "more_users", 0.15)
    np.testing.assert_allclose(users.noise, before.noise, rtol=1e-12)
    np.testing.assert_allclose(users.use_days, before.use_days, rtol=1e-12)
    np.testing.assert_allclose(purity.noise, 1.15 * before.noise, rtol=1e-12)
    # the same number of use-days: load up by 1.15, use-days per gram down by 1.15
    np.testing.assert_allclose(purity.use_days, before.use_days / 1.15, rtol=1e-12)


@pytest.mark.parametrize("mechanism", ["heavier_use", "more_often"])
def test_who_uses_more_often_adds_little_noise(mechanism):
    item = WORLD.substances["cocaine"]
    before, after = regime("cocaine", item), changed("cocaine", mechanism, 0.30)
    heavy = 1 + 0.30 / item.classes[2].mass_share if mechanism == "heavier_use" else 1.3
    others = 1.0 if mechanism == "heavier_use" else 1.3
    np.testing.assert_allclose(after.prob, before.prob * [others, others, heavy], rtol=1e-12)
    assert (after.noise < before.noise).all()
    np.testing.assert_allclose(people_of(item, after), people_of(item, before), rtol=1e-12)


def test_a_mixture_acts_part_by_part_on_the_log_load():
    item = WORLD.substances["cocaine"]
    half = math.sqrt(1.2) - 1
    mixture = changed("cocaine", {"higher_purity": 0.5, "more_users": 0.5}, 0.2)
    assert mixture.purity == pytest.approx(math.sqrt(1.2), rel=1e-12)
    users = sum(people_of(item, mixture)) / sum(people_of(item, regime("cocaine", item)))
    assert users == pytest.approx(math.sqrt(1.2), rel=1e-12)
    # new light users first, then heavier use of a present total that they have raised
    both = changed("cocaine", {"heavier_use": 0.5, "new_light_users": 0.5}, 0.2)
    light, heavy = (item.classes[k].mass_share for k in (0, 2))
    wanted = [light + half, item.classes[1].mass_share, heavy + half * (1 + half)]
    np.testing.assert_allclose((both.factor[:, None] * both.mass).mean(axis=0), wanted, rtol=1e-12)


def test_persistent_spread_lowers_the_noise_of_a_day():
    """Moments of one user, by brute force over propensity, habit, usual dose and occasion."""
    rng = np.random.default_rng(3)
    item = WORLD.substances["MDMA"].classes[1]
    n = 2_000_000
    top = 1 / (item.use_prob * item.busiest / (1 + item.propensity_cv**2))
    f = (top - 1) / item.propensity_cv**2 - 1
    x = top * rng.beta(f / top, (1 - 1 / top) * f, n)
    habit = 1 + item.habit_cv * rng.choice([-1, 1], n)
    usual = rng.gamma(1 / item.user_dose_cv**2, item.user_dose_cv**2, n)
    prob = item.use_prob * item.weekday_factor[6] * x * habit
    assert prob.max() <= 1.0
    mean = prob * usual
    variance = mean * usual * (1 + item.dose_cv**2) - mean**2  # of this user's day
    wanted = variance.mean() / mean.mean()
    one = WORLD.substances["MDMA"].model_copy(
        update={"classes": (item.model_copy(update={"mass_share": 1.0}),)}
    )
    found = regime("MDMA", one).noise[6] / (item.residue_mg / 1000)
    assert found == pytest.approx(wanted, rel=5e-3)  # a thousandth is one standard error


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
            dose = user.residue_mg / 1000
            prob = user.use_prob * user.weekday_factor[day]
            n = residue * part / sum(load) / dose / prob  # users of the class
            usual = 1 + user.user_dose_cv**2
            # of one user: mean of squares less the mean square of what users differ in
            squares = prob * dose**2 * usual * (1 + user.dose_cv**2)
            uneven = (1 + user.propensity_cv**2) * (1 + user.habit_cv**2)
            variance += n * (squares - prob**2 * uneven * dose**2 * usual)
        assert variance / residue**2 == pytest.approx(users.noise[day] / residue, rel=1e-12)


def test_flat_weekdays_have_no_profile():
    users = regime("MDMA", WORLD.substances["MDMA"], weekdays=False)
    np.testing.assert_allclose(users.factor, 1.0, rtol=1e-12)
    assert np.ptp(users.noise) < 1e-15


@pytest.mark.parametrize("carry_over", [False, {}])
def test_a_substitution_moves_use_days_from_class_to_class(carry_over):
    how = Substitution(source="amphetamine", to="cocaine", exchange=0.5)
    own = {"carry_over": carry_over}
    substances = World(substances={"amphetamine": own, "cocaine": own}).substances
    old, new = (substances[name] for name in ("amphetamine", "cocaine"))
    left = substituted("amphetamine", substances, how, 0.3)
    gained = substituted("cocaine", substances, how, 0.3)

    def use_days(substance, users):  # per 1000 inhabitants and day, by class
        return substance.level * np.array(users.share) / np.array(users.dose) / 1000

    before = [use_days(item, Users.of(item)) for item in (old, new)]
    np.testing.assert_allclose(use_days(old, left), 0.7 * before[0], rtol=1e-12)
    np.testing.assert_allclose(use_days(new, gained), before[1] + 0.15 * before[0], rtol=1e-12)
    assert sum(left.share) == pytest.approx(0.7, rel=1e-12)
    gain = substitution_gain(substances, how)
    assert sum(gained.share) == pytest.approx(1 + 0.3 * gain, rel=1e-12)
    np.testing.assert_allclose(left.often, 0.7 * np.array([u.use_prob for u in old.classes]))
    assert gained.often == tuple(user.use_prob for user in new.classes)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            LevelShift(size=0.20, mechanism="higher_purity"),
            r"change\.size: purity above its ceiling: cocaine starts at 0\.743.*\+19\.8 %",
        ),
        (
            LevelShift(size=0.42, mechanism={"more_users": 0.4, "higher_purity": 0.6}),
            r"change\.size: purity above its ceiling",
        ),
        (
            SlopeChange(slope=0.03, mechanism="higher_purity", at=2.0),
            r"change\.slope: purity above its ceiling.*changes by \+27\.\d %\), got 0\.03",
        ),
        (
            SlopeChange(slope="plateau", mechanism="heavier_use", at=2.0),
            r"change\.slope: must have a lower bound.*heavier_use.*got 'plateau'",
        ),
        (
            Pulse(size={"cocaine": 0.21, "MDMA": 0.9}, mechanism="higher_purity"),
            r"change\.size\.cocaine: purity above its ceiling",
        ),
        (
            LevelShift(size=0.60, mechanism="heavier_use"),
            r"change\.size: .*world\.substances\.cocaine\.classes\.heavy\.use_prob",
        ),
        (
            LevelShift(size=0.45, mechanism="more_often"),
            r"change\.size: more_often would bring .*\.heavy\.use_prob from 0\.6 to 0\.87",
        ),
        (
            LevelShift(size=-0.80, mechanism="heavier_use"),
            r"change\.size: .*share 0\.75, got -0\.8",
        ),
        (
            LevelShift(size=-0.2, mechanism="new_light_users"),
            r"change\.size: .*light class's share 0\.1, got -0\.2",
        ),
        (
            LevelShift(size=HalfNormal(scale=0.05), mechanism="higher_purity"),
            r"change\.size: must have an upper bound",
        ),
        (
            LevelShift(size=Uniform(low=0.1, high=0.3), mechanism="higher_purity"),
            "purity above its ceiling",
        ),
        (LevelShift(size={"MDMA": 0.2}), r"change\.size: must hold a substance of the world"),
        (LevelShift(where=("town-01", "town-99")), r"change\.where: .*got 'town-99'"),
        (
            LevelShift(where=("town-01", "town-01")),
            r"change\.where: must name each catchment once",
        ),
        (
            LevelShift(at=11.0),
            r"change\.at: must lie within the programme of 10 years, got 11",
        ),
        (
            LevelShift(size=-0.1, mechanism={"from": "cocaine", "to": "MDMA"}),
            r"change\.mechanism\.to: must be a substance of the world: cocaine, got 'MDMA'",
        ),
        (
            LevelShift(size=9.0),
            r"world\.catchments\.town-\d\d\.population: must hold the users of cocaine",
        ),
    ],
    ids=str,
)
def test_an_impossible_change_is_refused_before_anything_is_drawn(change, message):
    world = World(substances={"cocaine": {"drift": Normal(mean=0.0, sd=0.1)}})
    with pytest.raises(SpecError, match=message):
        prepare(world, change, Programme(), seed=1, luck="study")


@pytest.mark.parametrize(
    ("kind", "fields", "message"),
    [
        (LevelShift, {"size": -1.0}, "size\n.*must be above -1"),
        (LevelShift, {"size": Normal(mean=0.2, sd=0.1)}, "size\n.*must be above -1"),
        (LevelShift, {"size": {"cocaine": -2.0}}, "size\n.*cocaine: must be above -1"),
        (LevelShift, {"size": {"cafeine": 0.2}}, "size.table.cafeine.*\n.*must be one of cocaine"),
        (LevelShift, {"at": -1.0}, "at\n.*must be >= 0"),
        (LevelShift, {"mechanism": "magic"}, "mechanism.name\n.*'more_users', 'new_light_users'"),
        (
            LevelShift,
            {"mechanism": {"more_users": 0.5, "higher_purity": 0.4}},
            r"mechanism.mixture\n.*must sum to 1, they sum to 0\.9",
        ),
        (LevelShift, {"mechanism": {"more_users": -1.0}}, "mixture.more_users\n.*greater than 0"),
        (
            LevelShift,
            {"mechanism": {"from": "cocaine", "to": "MDMA"}},
            "size must be a fall with a substitution",
        ),
        (
            LevelShift,
            {"mechanism": {"from": "cocaine", "to": "MDMA"}, "size": {"cocaine": -0.1}},
            "size must be one number with a substitution",
        ),
        (
            SlopeChange,
            {"mechanism": {"from": "cocaine", "to": "cocaine"}, "slope": -0.1},
            "to must be another substance than from",
        ),
        (SlopeChange, {"years": -1.0}, "years\n.*greater than 0"),
        (SlopeChange, {"slope": "platform"}, "slope.word\n.*should be 'plateau'"),
        (Pulse, {"days": 0}, "days\n.*greater than 0"),
        (Pulse, {"fade_days": -3}, "fade_days\n.*greater than or equal to 0"),
    ],
)
def test_a_change_that_cannot_be_is_refused_when_it_is_described(kind, fields, message):
    with pytest.raises(ValueError, match=message):
        kind(**fields)


def test_a_world_without_heavy_users_cannot_have_heavier_use():
    classes = [
        item.model_copy(update={"name": "regular"}) if item.name == "heavy" else item
        for item in WORLD.substances["cocaine"].classes
    ]
    world = World(substances={"cocaine": {"classes": [item.model_dump() for item in classes]}})
    with pytest.raises(SpecError, match=r"world\.substances\.cocaine\.classes: .*named heavy"):
        prepare(world, LevelShift(mechanism="heavier_use"), Programme(), seed=1, luck="study")


def crowded(level):
    return [{"name": "spa", "population": 10_000.0, "level": level}, {"name": "a", "population": 1}]


def test_a_town_must_hold_its_users():
    """All classes together: 0.100 + 0.016 + 0.017 cocaine users per inhabitant at level 1."""
    rule = r"catchments\.spa\.population: must hold the users of cocaine.* needs 1\.06 .*0\.8 light"
    with pytest.raises(ValueError, match=rule):
        World(catchments=crowded(8.0))
    towns = World(catchments=crowded(7.0))
    users = people_of(towns.substances["cocaine"], regime("cocaine", towns.substances["cocaine"]))
    assert [item.users for item in towns.substances["cocaine"].classes] == pytest.approx(users)
    World(catchments=crowded(8.0), counts="off")  # nobody is there
    with pytest.raises(ValueError, match=r"spa\.population"):  # levels by substance count
        World(catchments=[{"name": "spa", "population": 1e4, "levels": {"cocaine": 8.0}}])


@pytest.mark.parametrize("carried", [False, {}])
def test_carry_over_needs_fewer_users(carried):
    """With residue_scale 1.7, the same load is that of fewer use-days."""
    own = {"cocaine": {"carry_over": carried}}
    if carried is False:
        with pytest.raises(ValueError, match=r"spa\.population"):
            World(catchments=crowded(8.0), substances=own)
    else:
        item = World(catchments=crowded(8.0), substances=own).substances["cocaine"]
        users = people_of(item, regime("cocaine", item))
        assert [k.users / item.residue_scale for k in item.classes] == pytest.approx(users)


def test_new_users_must_fit_into_the_towns_where_they_come():
    towns = World(catchments=crowded(7.0))
    rise = {"size": 0.2, "mechanism": "more_users"}
    rule = r"world\.catchments\.spa\.population: must hold the users of cocaine"
    for where in ("national", ("spa",)):
        with pytest.raises(SpecError, match=rule):
            prepare(towns, LevelShift(**rise, where=where), Programme(), seed=1, luck="study")
    prepare(towns, LevelShift(**rise, where=("a",)), Programme(), seed=1, luck="study")


def test_no_user_uses_more_than_daily():
    values = WORLD.substances["cocaine"].classes[2].model_dump() | {"propensity_cv": 0.8}
    with pytest.raises(ValueError, match=r"below 1, it is 1\.08.* with propensity_cv 0\.8"):
        type(WORLD.substances["cocaine"].classes[2])(**values)
