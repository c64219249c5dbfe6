"""Every user of a town, one by one: who uses on which day, and how much it leaves.

Plain and slow, and the oracle of the fast simulator. It knows the distributions that ``UseClass``
states and the mechanisms of docs/changes.md, and shares no formula with the package: no variance,
no share of a class, no count noise is computed here. Residues are in grams.
"""

from dataclasses import dataclass

import numpy as np

WEEK = 7


@dataclass
class Users:
    """The users of one class in one town: a row of every array is one person."""

    prob: np.ndarray  # (n, 7) probability of use, Monday to Sunday
    dose: np.ndarray  # (n,) mean residue of a use-day [g]
    dose_cv: float  # from one use-day to the next


@dataclass
class Class:
    """A class of users before anybody is drawn."""

    name: str
    number: float  # of users in the town
    often: float  # mean probability of use
    dose: float  # mean residue of a use-day [g]
    week: np.ndarray  # (7,) weekday factor of use, mean 1
    spread: tuple[float, float, float, float]  # propensity, habit, usual dose, occasion


def classes_of(substance, inhabitants, week_of_use=None, dose_scale=1.0):
    """Return the classes of a town whose expected load is the reference load.

    ``week_of_use`` has the weekday factors of use of every class, where they are not those of
    the excreted residue.
    """
    found = []
    for k, item in enumerate(substance.classes):
        week = np.array(item.weekday) / np.mean(item.weekday)
        if week_of_use is not None:
            week = np.array(week_of_use[k])
        dose = dose_scale * item.residue_mg / 1000
        grams = substance.level * inhabitants / 1e6 * item.mass_share
        spread = (item.propensity_cv, item.habit_cv, item.user_dose_cv, item.dose_cv)
        number = grams / (item.use_prob * dose)
        found.append(Class(item.name, number, item.use_prob, dose, week, spread))
    return found


def load(classes):
    """Return the expected residue of a mean day [g/d]."""
    return sum(item.number * item.often * item.dose for item in classes)


def changed(classes, mechanism, factor):
    """Change the users so that the expected residue is multiplied by a factor."""
    if isinstance(mechanism, dict):
        for name, share in mechanism.items():
            classes = changed(classes, name, factor**share)
        return classes
    wanted = (factor - 1) * load(classes)  # grams a day more
    found = [Class(**vars(item)) for item in classes]
    for item in found:
        own = item.number * item.often * item.dose
        if mechanism == "more_users":
            item.number *= factor
        elif mechanism == "more_often":
            item.often *= factor
        elif mechanism in ("more_per_occasion", "higher_purity"):
            item.dose *= factor
        elif mechanism == "new_light_users" and item.name == "light":
            item.number += wanted / (item.often * item.dose)
        elif mechanism == "heavier_use" and item.name == "heavy":
            item.often *= 1 + wanted / own
    return found


def substituted(old, new, share, exchange):
    """Give up a share of the use-days of one substance; the same class of another makes more.

    Returns the classes of both, of the first with fewer use-days of everybody, of the second with
    ``exchange`` use-days by new users for each that was given up.
    """
    left = [Class(**vars(item)) for item in old]
    found = [Class(**vars(item)) for item in new]
    for gone, come in zip(left, found, strict=True):
        use_days = share * gone.number * gone.often
        gone.often *= 1 - share
        come.number += exchange * use_days / come.often
    return left, found


def people(item, rng):
    """Draw the users of one class; a fractional number is rounded at random."""
    n = int(item.number) + (rng.random() < item.number % 1)
    propensity, habit, usual, _ = item.spread
    prob = np.full((n, WEEK), item.often) * item.week
    if propensity:
        largest = 1 / (item.often * item.week.max() * (1 + habit))
        middle, strength = 1 / largest, (largest - 1) / propensity**2 - 1
        often = largest * rng.beta(middle * strength, (1 - middle) * strength, n)
        prob *= often[:, None]
    prob *= np.where(rng.random((n, WEEK)) < 0.5, 1 - habit, 1 + habit)
    dose = np.full(n, item.dose)
    if usual:
        dose *= rng.gamma(1 / usual**2, usual**2, n)
    return Users(prob, dose, item.spread[3])


def residue_of_days(users, n_week, rng):
    """Return the residue of what the users of one class use on each day [g], shape (n_week, 7)."""
    total = np.zeros((n_week, WEEK))
    occasion = users.dose_cv
    for w in range(n_week):
        for d in range(WEEK):
            doses = users.dose[rng.random(users.dose.size) < users.prob[:, d]]
            if occasion:
                doses = doses * rng.gamma(1 / occasion**2, occasion**2, doses.size)
            total[w, d] = doses.sum()
    return total


def excreted(used, shares):
    """Spread the residue of consecutive weeks over days; the first week is only a run-up."""
    days = used.reshape(*used.shape[:-2], -1)
    found = np.zeros(days.shape)
    for later, share in enumerate(shares):
        found[..., later:] += share * days[..., : days.shape[-1] - later]
    return found.reshape(used.shape)[..., 1:, :]


def town(classes, n_week, rng, shares=(1.0,)):
    """Return the excreted residue of each class in one town [g], shape (class, n_week, 7)."""
    used = np.stack([residue_of_days(people(item, rng), n_week + 1, rng) for item in classes])
    return excreted(used, shares)
