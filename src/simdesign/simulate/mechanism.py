"""What a mechanism of change does to the classes of users, and with it to load and count noise."""

import math
from dataclasses import dataclass

import numpy as np

from simdesign.errors import SpecError
from simdesign.records import Floats
from simdesign.spec.change import Change, LevelShift, Mechanism
from simdesign.spec.own import imported
from simdesign.spec.quantity import greatest, least
from simdesign.spec.substance import Substance
from simdesign.spec.world import World
from simdesign.units import grams

WEEK = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Regime:
    """One substance's users before or after a change, as the kernels want it.

    Weekdays run from Monday to Sunday.
    """

    factor: Floats  # (7,) load factor [1]; mean 1 before a change, 1 + size after it
    noise: Floats  # (7,) c: a day's count variance times its residue [g/d] [g]
    use_days: Floats  # (7,) expected use-days per gram of residue [1/g]
    mass: Floats  # (7, k) share of each class in the residue of that weekday
    prob: Floats  # (7, k) probability that a user uses on that weekday
    residue: Floats  # (k,) mean residue of a use-day [g]
    dose_cv: Floats  # (k,) coefficient of variation of a use-day's residue


def regime(
    name: str,
    substance: Substance,
    *,
    weekdays: bool = True,
    mechanism: Mechanism | None = None,
    size: float = 0.0,
) -> Regime:
    """Return the users of a substance, changed by a mechanism.

    With mass share s_k, weekday factor h_k(d) of mean 1, residue r_k, use probability p_k and
    dose variation v_k of class k, the load factor of weekday d is ``sum_k s_k h_k(d)`` and

        c(d) = sum_k m_k(d) r_k [1 - p_k h_k(d) + v_k^2],   m_k(d) = s_k h_k(d) / factor(d),

    because a class's use-days are binomial and each adds a dose (docs/world.md). ``more_users``
    multiplies every s_k by 1 + size, ``higher_purity`` every s_k and r_k, and ``heavier_use``
    both s_k and p_k of the heavy class by ``1 + size / s_heavy``.

    Parameters
    ----------
    name : str
        Of the substance, for messages.
    substance : Substance
    weekdays : bool
        False flattens every weekday profile.
    mechanism : str, optional
        None: before the change. A user's own, ``package.module:Name``, is called with the name,
        the substance, ``weekdays`` and ``size``, and returns a ``Regime``.
    size : float
        Relative change of the expected load averaged over a week, above -1 [1].

    Raises
    ------
    SpecError
        When the mechanism cannot make such a change.
    """
    if mechanism is not None and ":" in mechanism:
        return _own_regime(name, substance, weekdays, mechanism, size)
    classes = substance.classes
    share = [item.mass_share for item in classes]
    dose = [grams(item.residue_mg) for item in classes]
    often = [item.use_prob for item in classes]
    if mechanism is not None:
        if size <= -1.0:
            raise SpecError("change.size", size, "must be above -1")
        scale = 1.0 + size
        if mechanism == "more_users":
            share = [item * scale for item in share]
        elif mechanism == "higher_purity":
            _check_purity(name, substance, size)
            share = [item * scale for item in share]
            dose = [item * scale for item in dose]
        else:
            heavy = _heavy(name, substance)
            scale = _heavier(name, substance, heavy, size, weekdays)
            share[heavy] *= scale
            often[heavy] *= scale

    n_class = len(classes)
    mass, prob = np.empty((WEEK, n_class)), np.empty((WEEK, n_class))
    factor, noise, use_days = np.empty(WEEK), np.empty(WEEK), np.empty(WEEK)
    profiles = [_profile(substance, k, weekdays) for k in range(n_class)]
    for day in range(WEEK):
        load = [share[k] * profiles[k][day] for k in range(n_class)]
        total = math.fsum(load)
        factor[day] = total
        for k in range(n_class):
            mass[day, k] = load[k] / total
            prob[day, k] = often[k] * profiles[k][day]
        noise[day] = math.fsum(
            float(mass[day, k]) * dose[k] * (1.0 - float(prob[day, k]) + classes[k].dose_cv ** 2)
            for k in range(n_class)
        )
        use_days[day] = math.fsum(float(mass[day, k]) / dose[k] for k in range(n_class))
    return Regime(
        factor=factor,
        noise=noise,
        use_days=use_days,
        mass=mass,
        prob=prob,
        residue=np.array(dose),
        dose_cv=np.array([item.dose_cv for item in classes]),
    )


SIZE_ERROR = 1e-3
"""An own mechanism makes the change that it is asked for, up to this relative error."""


def _own_regime(
    name: str, substance: Substance, weekdays: bool, mechanism: str, size: float
) -> Regime:
    """Return the users after a user's own mechanism of change, checked."""
    field = "change.mechanism"
    if size <= -1.0:
        raise SpecError("change.size", size, "must be above -1")
    make = imported(field, mechanism)
    try:
        made = make(name, substance, weekdays=weekdays, size=size)
    except SpecError:
        raise
    except Exception as error:  # a user's function can fail with anything
        text = " ".join(f"{type(error).__name__}: {error}".split())
        raise SpecError(field, mechanism, f"fails for {name} and size {size:g} ({text})") from None
    if not isinstance(made, Regime):
        raise SpecError(field, mechanism, f"must return a Regime, not a {type(made).__name__}")
    n_class = len(substance.classes)
    shapes = {
        "factor": (WEEK,), "noise": (WEEK,), "use_days": (WEEK,), "mass": (WEEK, n_class),
        "prob": (WEEK, n_class), "residue": (n_class,), "dose_cv": (n_class,),
    }  # fmt: skip
    for part, shape in shapes.items():
        value = np.asarray(getattr(made, part))
        least = 0.0 if part in ("mass", "prob", "dose_cv") else np.nextafter(0.0, 1.0)
        ok = value.shape == shape and bool(np.isfinite(value).all() and (value >= least).all())
        if not ok:
            rule = f"must return a Regime whose {part} is finite, positive and of shape {shape}"
            raise SpecError(field, mechanism, rule)
    if (made.prob > 1.0).any() or not np.allclose(made.mass.sum(axis=1), 1.0, rtol=SIZE_ERROR):
        rule = "must return a Regime with probabilities up to 1 and shares of mass that sum to 1"
        raise SpecError(field, mechanism, rule)
    if not np.array_equal(made.dose_cv, [item.dose_cv for item in substance.classes]):
        raise SpecError(field, mechanism, "must leave dose_cv as it is")
    found = math.fsum(made.factor) / WEEK
    if abs(found / (1.0 + size) - 1.0) > SIZE_ERROR:
        rule = f"must change the load of {name} by {size:g} over a week, not by {found - 1.0:.6g}"
        raise SpecError(field, mechanism, rule)
    return made


def count_noise(name: str, substance: Substance, *, weekdays: bool = True) -> float:
    """Return c [g], the mean over the week: count variance of a day is c over its residue [g/d]."""
    return math.fsum(regime(name, substance, weekdays=weekdays).noise) / WEEK


def check_change(world: World, change: Change, years: int) -> None:
    """Refuse a change that the world or the programme cannot hold, before anything is drawn.

    Raises
    ------
    SpecError
        Naming the field, its value and the rule.
    """
    if not isinstance(change, LevelShift):
        return
    if least(change.at) < 0 or greatest(change.at) > years:
        rule = f"must lie within the programme of {years} years"
        raise SpecError("change.at", _shown(change.at), rule)
    if change.where != "national":
        known = {item.name for item in world.catchments}
        for site in change.where:
            if site not in known:
                raise SpecError("change.where", site, "must be a catchment of the world")
        if len(set(change.where)) < len(change.where):
            raise SpecError("change.where", change.where, "must name each catchment once")
    low, high = float(least(change.size)), float(greatest(change.size))
    if low <= -1.0:
        raise SpecError("change.size", _shown(change.size), "must be above -1")
    for name, substance in world.substances.items():
        if math.isinf(high) and change.mechanism != "more_users":
            rule = f"must have an upper bound, at which {change.mechanism} is tried beforehand"
            raise SpecError("change.size", _shown(change.size), rule)
        for size in (low, high):
            if math.isfinite(size):
                regime(
                    name,
                    substance,
                    weekdays=world.weekdays,
                    mechanism=change.mechanism,
                    size=size,
                )


def _shown(quantity: object) -> object:
    return quantity if isinstance(quantity, int | float) else str(quantity)


def _profile(substance: Substance, k: int, weekdays: bool) -> tuple[float, ...]:
    return substance.classes[k].weekday_factor if weekdays else (1.0,) * WEEK


def _check_purity(name: str, substance: Substance, size: float) -> None:
    ceiling = substance.purity_ceiling / substance.purity - 1.0
    if size > ceiling + 1e-12:
        rule = (
            f"purity above its ceiling: {name} starts at {substance.purity:g}, and"
            f" {substance.purity_ceiling:g} is at most {100 * ceiling:+.1f} %"
        )
        raise SpecError("change.size", size, rule)


def _heavy(name: str, substance: Substance) -> int:
    found = [k for k, item in enumerate(substance.classes) if item.name == "heavy"]
    if len(found) != 1 or substance.classes[found[0]].mass_share <= 0.0:
        labels = ", ".join(item.name for item in substance.classes)
        rule = "heavier_use needs one class named heavy with a mass share"
        raise SpecError(f"world.substances.{name}.classes", labels, rule)
    return found[0]


def _heavier(name: str, substance: Substance, heavy: int, size: float, weekdays: bool) -> float:
    item = substance.classes[heavy]
    scale = 1.0 + size / item.mass_share
    if scale <= 0.0:
        rule = f"heavier_use cannot fall by more than the heavy class's share {item.mass_share:g}"
        raise SpecError("change.size", size, rule)
    busiest = item.use_prob * scale * max(_profile(substance, heavy, weekdays))
    if busiest >= 1.0:
        rule = (
            f"heavier_use would bring world.substances.{name}.classes.heavy.use_prob from"
            f" {item.use_prob:g} to {busiest:.4g}, which must stay below 1"
        )
        raise SpecError("change.size", size, rule)
    return scale
