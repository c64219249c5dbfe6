"""The fast simulator against every user one by one: the table of docs/world.md.

    python benchmarks/agent_agreement.py [--scale 10]

One town at a time, nothing but counts: the same statistics of days from the agents of
tests/reference/agent_twin.py and from the simulator, gamma and exact classes. Statistics within a
town are around its own weekday means, so that they are conditional on its people; towns differ in
who lives there. ``--scale`` multiplies the number of towns of the tests.
"""

import argparse
import math
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from reference.agent_twin import changed, classes_of, people, town
from simdesign.simulate import prepare, regime
from simdesign.simulate.carry_over import carried_noise
from simdesign.simulate.composition import Composition
from simdesign.spec.change import LevelShift, NoChange
from simdesign.spec.study import Programme
from simdesign.spec.world import World

SIZE = 0.15
MIXTURE = {"more_users": 0.5, "higher_purity": 0.5}
MECHANISMS = (
    None, "more_users", "new_light_users", "heavier_use", "more_often", "more_per_occasion",
    "higher_purity", MIXTURE,
)  # fmt: skip
TOWNS = {5_000: (120, 25), 50_000: (60, 15), 700_000: (40, 5)}
"""Inhabitants: towns, and weeks in each."""
SPREAD = {
    "light": {"propensity_cv": 1.0, "habit_cv": 0.5, "user_dose_cv": 0.5},
    "regular": {"propensity_cv": 0.6, "habit_cv": 0.4, "user_dose_cv": 0.5},
    "heavy": {"propensity_cv": 0.35, "habit_cv": 0.2, "user_dose_cv": 0.4},
}
CARRIED = {"carry_over": {}}
_NOTHING_ELSE = dict.fromkeys(
    ("sigma_shared", "sigma_site", "day_sd", "lab_repeat_sd", "drift", "sigma_rw",
     "sigma_rw_site", "season_amplitude"), 0.0,
)  # fmt: skip


def world_of(name, inhabitants, counts="gamma", spread=None, **terms):
    """Return one town whose days differ by their counts alone."""
    item = World(substances={name: _NOTHING_ELSE | terms}, flow_sd=0, sampling_sd=0)
    classes = [
        user.model_dump() | (spread or {}).get(user.name, {})
        for user in item.substances[name].classes
    ]
    return World(
        catchments=[{"name": "here", "population": inhabitants}], counts=counts, flow_sd=0,
        sampling_sd=0, substances={name: _NOTHING_ELSE | terms | {"classes": classes}},
    )  # fmt: skip


def agents(world, mechanism, n_town, n_week, seed, size=SIZE):
    """Return days by users one by one [g], shape (town, class, week, 7)."""
    ((_, item),) = world.substances.items()
    found = classes_of(item, world.catchments[0].population, item.weeks_of_use, item.residue_scale)
    if mechanism:
        found = changed(found, mechanism, 1 + size)
    rng = np.random.default_rng(seed)
    return np.stack([town(found, n_week, rng, item.excreted) for _ in range(n_town)])


def simulated(world, mechanism, n_town, n_week, seed, size=SIZE):
    """Return days by the simulator [g], shape (town, week, 7); towns are replications."""
    change = LevelShift(size=size, mechanism=mechanism, at=0.0) if mechanism else NoChange()
    years = math.ceil((n_week + 2) * 7 / 365)
    prepared = prepare(world, change, Programme(years=years), seed=seed, luck="study")
    found = np.empty((n_town, n_week, 7))
    for r in range(n_town):
        truth = prepared.truth(r)
        monday = (-(truth.first_day + 3)) % 7 + 7  # a week after the start at least
        days = truth.residue_load[0, 0, monday : monday + 7 * n_week]
        found[r] = days.reshape(n_week, 7) * truth.population[0] * 1e-6
    return found


def expectation_by_class(world, mechanism, size=SIZE):
    """Return the mean residue of each weekday by the simulator's tables [g], shape (7, class)."""
    ((name, item),) = world.substances.items()
    users = regime(name, item, mechanism=mechanism, size=size if mechanism else 0.0)
    grams = item.level * world.catchments[0].population * 1e-6
    use = grams * users.factor[:, None] * users.mass
    return np.array([sum(w * use[d - j] for j, w in enumerate(item.excreted)) for d in range(7)])


def expectation(world, mechanism, size=SIZE):
    """Return the same of all classes together [g], shape (7,)."""
    return expectation_by_class(world, mechanism, size).sum(axis=1)


def shares_of(world, mechanism, size=SIZE):
    """Return the share of each class in the residue of a weekday, shape (7, class)."""
    found = expectation_by_class(world, mechanism, size)
    return found / found.sum(axis=1, keepdims=True)


def moments(days, mean):
    """Return unbiased statistics of every town, each of shape (town,) or (town, 7).

    Of relative deviations from ``mean``, around the weekday means of the town: the mean of each
    weekday; its variance times mean residue, c [g]; variance, third cumulant and covariance of
    neighbouring days, means over the week.
    """
    n = days.shape[1]
    relative = days / mean - 1
    off = relative - relative.mean(axis=1, keepdims=True)
    cubes = n / ((n - 1) * (n - 2)) * (off**3).sum(axis=1)
    flat = off.reshape(off.shape[0], -1)
    pairs = (flat[:, :-1] * flat[:, 1:]).reshape(off.shape[0], -1)
    within = np.arange(pairs.shape[1]) % 7 < 6  # Monday-Tuesday to Saturday-Sunday
    square = (off**2).sum(axis=1) / (n - 1)
    return {
        "weekday": relative.mean(axis=1),
        "noise": square * mean,
        "variance": square.mean(axis=1),
        "third": cubes.mean(axis=1),
        "lag": pairs[:, within].sum(axis=1) / (6 * (n - 1)),
    }


def ratio(top, bottom, power=1.0):
    """Return mean(top) / mean(bottom)^power and its standard error over towns."""
    a, b = top.mean(), bottom.mean()
    value = a / b**power
    influence = (top - a) / b**power - power * value * (bottom - b) / b
    return value, influence.std(ddof=1) / math.sqrt(top.size)


def mean_of(values):
    """Return the mean and its standard error over towns."""
    return values.mean(), values.std(ddof=1) / math.sqrt(values.size)


def summary(days, mean):
    """Return (value, standard error) of mean, c, skewness and lag-1 correlation."""
    found = moments(days, mean)
    return {
        "mean": mean_of(1 + found["weekday"].mean(axis=1)),
        "c": mean_of(found["noise"].mean(axis=1)),
        "skewness": ratio(found["third"], found["variance"], 1.5),
        "lag-1": ratio(found["lag"], found["variance"]),
    }


def agents_shares(world, n_town, seed):
    """Return the share of each class in the residue of towns, days averaged out, (town, class)."""
    ((_, item),) = world.substances.items()
    rng = np.random.default_rng(seed)
    classes = classes_of(item, world.catchments[0].population, item.weeks_of_use)
    loads = np.empty((n_town, len(classes)))
    for t in range(n_town):
        for k, one in enumerate(classes):
            users = people(one, rng)
            loads[t, k] = (users.prob.mean(axis=1) * users.dose).sum()
    return loads / loads.sum(axis=1, keepdims=True)


def drawn_shares(world, n_town, seed):
    """Return the same by the simulator."""
    ((name, item),) = world.substances.items()
    users = regime(name, item)
    composition = Composition(name, item, world, seed, "study")
    load = (users.factor[:, None] * users.mass).mean(axis=0)
    loads = np.array([composition.draw(r)[0][0] * load for r in range(n_town)])
    return loads / loads.sum(axis=1, keepdims=True)


def skewness(world, mechanism=None, *, gamma=False, size=SIZE):
    """Return the skewness of relative deviations, weekdays pooled, from the cumulants of a day.

    A compound sum over a class of n users with use probability p and gamma doses of mean r and
    variation v has the third cumulant

        n p r^3 [(1 + v^2) (1 + 2 v^2) - 3 p (1 + v^2) + 2 p^2],

    a gamma variable with mean R and variance c R has 2 c^2 R; carry-over takes cubes of shares.
    """
    ((name, item),) = world.substances.items()
    users = regime(name, item, mechanism=mechanism, size=size if mechanism else 0.0)
    use = users.factor * item.level * world.catchments[0].population * 1e-6
    p, r, v2 = users.prob, users.residue, users.dose_cv**2
    bracket = (1 + v2) * (1 + 2 * v2) - 3 * p * (1 + v2) + 2 * p**2
    third = ((use[:, None] * users.mass / r) * r**3 * bracket).sum(axis=1)
    if gamma:
        third = 2 * users.noise**2 * use
    mean = expectation(world, mechanism, size)
    cumulants = [
        [sum(w**power * day[d - j] for j, w in enumerate(item.excreted)) for d in range(7)]
        for power, day in ((2, users.noise * use), (3, third))
    ]
    second, third = np.array(cumulants[0]) / mean**2, np.array(cumulants[1]) / mean**3
    return float(third.mean() / second.mean() ** 1.5)


def noise_of(world, mechanism, size=SIZE):
    """Return c of each weekday after carry-over [g], shape (7,)."""
    ((name, item),) = world.substances.items()
    users = regime(name, item, mechanism=mechanism, size=size if mechanism else 0.0)
    return carried_noise(item.excreted, users.factor, users.noise)


def main():
    """Print the agreement of every mechanism, town size and way of drawing."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--scale", type=int, default=10)
    scale = parser.parse_args().scale
    print("Agents ± standard error; exact classes, gamma; for skewness also by formula.")
    print("| substance, users | inhabitants | mechanism | mean | c [g] | skewness | lag-1 |")
    print("|---|---|---|---|---|---|---|")
    every, two = MECHANISMS, (None, "heavier_use")
    cases = [
        ("cocaine", "catalogue", 5_000, {}, every),
        ("cocaine", "catalogue", 50_000, {}, two),
        ("cocaine", "catalogue", 700_000, {}, two),
        ("cocaine", "carry-over", 5_000, CARRIED, two),
        ("cocaine", "more different, carry-over", 5_000, {"spread": SPREAD} | CARRIED, two),
        ("MDMA", "catalogue", 5_000, {}, (None,)),
        ("MDMA", "carry-over", 5_000, CARRIED, (None,)),
        ("MDMA", "more different, carry-over", 50_000, {"spread": SPREAD} | CARRIED, (None,)),
    ]
    for name, label, inhabitants, terms, mechanisms in cases:
        n_town, n_week = TOWNS[inhabitants]
        for mechanism in mechanisms:
            print(_row(name, label, inhabitants, mechanism, n_town * scale, n_week, terms))


def _row(name, label, inhabitants, mechanism, n_town, n_week, terms):
    worlds = {way: world_of(name, inhabitants, counts=way, **terms) for way in ("exact", "gamma")}
    mean = expectation(worlds["gamma"], mechanism)
    found = [summary(agents(worlds["gamma"], mechanism, n_town, n_week, 1).sum(axis=1), mean)]
    for world in worlds.values():
        found.append(summary(simulated(world, mechanism, 4 * n_town, n_week, 2), mean))
    said = mechanism if mechanism is None or isinstance(mechanism, str) else "half users, purity"
    cells = [f"{name}, {label}", f"{inhabitants:,}", said or "none"]
    for key, digits in (("mean", 4), ("c", 4), ("skewness", 3), ("lag-1", 3)):
        value, error = found[0][key]
        others = ", ".join(f"{item[key][0]:.{digits}f}" for item in found[1:])
        cells.append(f"{value:.{digits}f} ± {error:.{digits}f}; {others}")
        if key == "skewness":
            formulas = (skewness(world, mechanism, gamma=way == "gamma") for way in worlds)
            cells[-1] += " ({:.3f}, {:.3f})".format(*formulas)
    return "| " + " | ".join(cells) + " |"


if __name__ == "__main__":
    main()
