"""What a mechanism of change does to the classes of users; all give the same change of the load."""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from simdesign.errors import SpecError
from simdesign.simulate.carry_over import carried_noise
from simdesign.simulate.users import WEEK, Regime, Users
from simdesign.spec.change import MECHANISMS, MechanismName, Substitution
from simdesign.spec.own import imported
from simdesign.spec.substance import Substance

SIZE_ERROR = 1e-3
"""Largest relative error of the change of the weekly load that a user's own mechanism makes."""

type Form = str | dict[MechanismName, float] | None
"""A mechanism by name, a user's own, or a mixture; None is no change."""


class _Place(NamedTuple):
    """Whose users are changed, and by how much at most: for messages."""

    name: str
    substance: Substance


def regime(
    name: str,
    substance: Substance,
    *,
    weekdays: bool = True,
    mechanism: Form = None,
    size: float = 0.0,
) -> Regime:
    """Return the users of a substance, changed by a mechanism.

    With s_k the load of class k relative to the load of all before the change, T their sum, p_k
    its use probability and r_k its residue per use-day, a change by the factor q multiplies

        more_users          s_k of every class by q
        new_light_users     s of the light class by 1 + (q - 1) T / s
        heavier_use         s and p of the heavy class by 1 + (q - 1) T / s
        more_often          s_k and p_k of every class by q
        more_per_occasion   s_k and r_k of every class by q
        higher_purity       s_k, r_k and the purity by q

    so that T is multiplied by q. A mixture is applied part by part in this order, each with
    ``q = (1 + size)^share``.

    Parameters
    ----------
    name : str
        Of the substance, for messages.
    substance : Substance
    weekdays : bool
        False flattens every weekday profile.
    mechanism : str or dict, optional
        None: before the change. A user's own, ``package.module:Name``, is called with the name,
        the substance, ``weekdays`` and ``size``, and returns a ``Regime``.
    size : float
        Relative change of the expected load averaged over a week, above -1 [1].

    Raises
    ------
    SpecError
        When the mechanism cannot make such a change.
    """
    if isinstance(mechanism, str) and ":" in mechanism:
        return _own_regime(name, substance, weekdays, mechanism, size)
    users = Users.of(substance, weekdays=weekdays)
    if mechanism is None:
        return users.regime()
    return changed(name, substance, users, mechanism, size).regime()


def changed(name: str, substance: Substance, users: Users, mechanism: Form, size: float) -> Users:
    """Return users changed by a mechanism of this project; see :func:`regime`."""
    if size <= -1.0:
        raise SpecError("change.size", size, "must be above -1")
    shares = mechanism if isinstance(mechanism, dict) else {mechanism: 1.0}
    place = _Place(name, substance)
    try:
        for part in MECHANISMS:
            if part in shares:
                share = shares[part]
                factor = 1.0 + size if share == 1.0 else math.pow(1.0 + size, share)
                users = _ACTS[part](place, users, factor)
    except _ImpossibleError as error:
        raise SpecError("change.size", size, str(error)) from None
    return users


def substituted(
    name: str,
    substances: dict[str, Substance],
    how: Substitution,
    share: float,
    weekdays: bool = True,
) -> Users:
    """Return the users of one of two substances when a share of use-days goes to the other.

    Of the users of ``from`` everybody uses less often: p_k and s_k of every class are multiplied
    by ``1 - share``. For every use-day given up, users of the same class of ``to`` make
    ``exchange`` use-days more, on the weekdays and with the residue of that class: with L the
    reference levels,

        s_k(to)  becomes  s_k(to) + exchange share [L(from) / L(to)] s_k(from) r_k(to) / r_k(from).

    Raises
    ------
    SpecError
        When ``to`` lacks a class that ``from`` has.
    """
    users = Users.of(substances[name], weekdays=weekdays)
    if name == how.source:
        left = 1.0 - share
        return replace(
            users,
            share=tuple(item * left for item in users.share),
            often=tuple(item * left for item in users.often),
        )
    gained = _gained(substances, how)
    return replace(
        users,
        share=tuple(item + share * more for item, more in zip(users.share, gained, strict=True)),
    )


def substitution_gain(substances: dict[str, Substance], how: Substitution) -> float:
    """Return the relative rise of the load of ``to`` for each unit of the share replaced [1]."""
    return math.fsum(_gained(substances, how))


def _gained(substances: dict[str, Substance], how: Substitution) -> tuple[float, ...]:
    """Return what each class of ``to`` gains for each unit of the share replaced."""
    old, new = substances[how.source], substances[how.to]
    lost = {item.name: 0.0 for item in new.classes}
    for item in old.classes:
        if item.name not in lost:
            rule = f"needs a class named {item.name} to replace use of {how.source}"
            raise SpecError(f"world.substances.{how.to}.classes", ", ".join(lost), rule)
        lost[item.name] += item.mass_share / item.residue_mg
    rate = how.exchange * (old.level / new.level) * (new.residue_scale / old.residue_scale)
    seen: set[str] = set()
    gained = []
    for item in new.classes:
        gained.append(0.0 if item.name in seen else rate * lost[item.name] * item.residue_mg)
        seen.add(item.name)
    return tuple(gained)


class _ImpossibleError(Exception):
    """A rule that a change would break."""


def _more_users(place: _Place, users: Users, factor: float) -> Users:
    return replace(users, share=tuple(item * factor for item in users.share))


def _new_light_users(place: _Place, users: Users, factor: float) -> Users:
    light = _class("new_light_users", "light", place)
    scale = 1.0 + (factor - 1.0) * users.load / users.share[light]
    if scale <= 0.0:
        raise _ImpossibleError(
            f"new_light_users cannot lower {place.name} by more than the light class's share"
            f" {users.share[light] / users.load:g}"
        )
    return replace(users, share=_scaled(users.share, light, scale))


def _heavier_use(place: _Place, users: Users, factor: float) -> Users:
    heavy = _class("heavier_use", "heavy", place)
    scale = 1.0 + (factor - 1.0) * users.load / users.share[heavy]
    if scale <= 0.0:
        raise _ImpossibleError(
            f"heavier_use cannot lower {place.name} by more than the heavy class's share"
            f" {users.share[heavy] / users.load:g}"
        )
    _check_often("heavier_use", place, users, heavy, scale)
    return replace(
        users,
        share=_scaled(users.share, heavy, scale),
        often=_scaled(users.often, heavy, scale),
    )


def _more_often(place: _Place, users: Users, factor: float) -> Users:
    for k in range(len(users.classes)):
        _check_often("more_often", place, users, k, factor)
    return replace(
        users,
        share=tuple(item * factor for item in users.share),
        often=tuple(item * factor for item in users.often),
    )


def _more_per_occasion(place: _Place, users: Users, factor: float) -> Users:
    return replace(
        users,
        share=tuple(item * factor for item in users.share),
        dose=tuple(item * factor for item in users.dose),
    )


def _higher_purity(place: _Place, users: Users, factor: float) -> Users:
    start, ceiling = place.substance.purity, place.substance.purity_ceiling
    if start * users.purity * factor > ceiling * (1.0 + 1e-12):
        raise _ImpossibleError(
            f"purity above its ceiling: {place.name} starts at {start:g}, and"
            f" {ceiling:g} is at most {100 * (ceiling / start - 1.0):+.1f} %"
        )
    return replace(_more_per_occasion(place, users, factor), purity=users.purity * factor)


_ACTS: dict[MechanismName, Callable[[_Place, Users, float], Users]] = {
    "more_users": _more_users,
    "new_light_users": _new_light_users,
    "heavier_use": _heavier_use,
    "more_often": _more_often,
    "more_per_occasion": _more_per_occasion,
    "higher_purity": _higher_purity,
}


def _scaled(values: tuple[float, ...], k: int, scale: float) -> tuple[float, ...]:
    return (*values[:k], values[k] * scale, *values[k + 1 :])


def _class(mechanism: str, label: str, place: _Place) -> int:
    classes = place.substance.classes
    found = [k for k, item in enumerate(classes) if item.name == label]
    if len(found) != 1 or classes[found[0]].mass_share <= 0.0:
        labels = ", ".join(item.name for item in classes)
        rule = f"{mechanism} needs one class named {label} with a mass share"
        raise SpecError(f"world.substances.{place.name}.classes", labels, rule)
    return found[0]


def _check_often(mechanism: str, place: _Place, users: Users, k: int, scale: float) -> None:
    item = users.classes[k]
    spread = (1.0 + item.habit_cv) * (1.0 + item.propensity_cv**2)
    busiest = users.often[k] * scale * max(users.profile[k]) * spread
    if busiest >= 1.0:
        raise _ImpossibleError(
            f"{mechanism} would bring world.substances.{place.name}.classes.{item.name}.use_prob"
            f" from {item.use_prob:g} to {users.often[k] * scale:.4g}, of the busiest users on"
            f" their busiest day to {busiest:.4g}, which must stay below 1"
        )


def _own_regime(
    name: str, substance: Substance, weekdays: bool, mechanism: str, size: float
) -> Regime:
    """Call a user's mechanism and refuse what the kernels could not use."""
    field = "change.mechanism"
    try:
        made = imported(field, mechanism)(name, substance, weekdays=weekdays, size=size)
    except SpecError:
        raise
    except Exception as error:  # a user's code can fail with anything
        text = f"{type(error).__name__}: {error}"
        raise SpecError(field, mechanism, f"fails for {name} and size {size:g} ({text})") from None
    if not isinstance(made, Regime):
        raise SpecError(field, mechanism, f"must return a Regime, not a {type(made).__name__}")
    n_class = len(substance.classes)
    shapes = {
        "factor": (WEEK,), "mass": (WEEK, n_class), "prob": (WEEK, n_class),
        "residue": (n_class,), "dose_cv": (WEEK, n_class), "purity": (),
    }  # fmt: skip
    for part, shape in shapes.items():
        value = np.asarray(getattr(made, part))
        smallest = 0.0 if part in ("mass", "dose_cv") else np.nextafter(0.0, 1.0)
        ok = value.shape == shape and bool(np.isfinite(value).all() and (value >= smallest).all())
        if not ok:
            rule = f"must return a Regime whose {part} is finite, positive and of shape {shape}"
            raise SpecError(field, mechanism, rule)
    if (made.prob > 1.0).any() or not np.allclose(made.mass.sum(axis=1), 1.0, rtol=SIZE_ERROR):
        rule = "must return a Regime with probabilities up to 1 and shares of mass that sum to 1"
        raise SpecError(field, mechanism, rule)
    if substance.purity * made.purity > substance.purity_ceiling * (1.0 + 1e-12):
        rule = f"must not bring the purity of {name} above {substance.purity_ceiling:g}"
        raise SpecError(field, mechanism, rule)
    found = math.fsum(made.factor) / WEEK
    if abs(found / (1.0 + size) - 1.0) > SIZE_ERROR:
        rule = f"must change the load of {name} by {size:g} over a week, not by {found - 1.0:.6g}"
        raise SpecError(field, mechanism, rule)
    return made


def count_noise(name: str, substance: Substance, *, weekdays: bool = True) -> float:
    """Return c [g], the mean over the week: count variance of a day is c over its residue [g/d].

    Of what arrives: with carry-over, after it.
    """
    users = regime(name, substance, weekdays=weekdays)
    return math.fsum(carried_noise(substance.excreted, users.factor, users.noise)) / WEEK
