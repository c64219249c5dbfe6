"""What each explanation of a city's rise predicts, and what would tell them apart.

More users, heavier use and a higher purity make the same rise of the load. Beside it they change
weekdays, the scatter of days, a survey and a purity series; docs/leeuwarden.md, section 9, derives
what is computed here. That the whole change of the load is real is taken for granted.
"""

import itertools
import math
from dataclasses import dataclass

import numpy as np

from simdesign.errors import SpecError
from simdesign.fit import TraceDraws, TwoWeeks, decided, trace_draws
from simdesign.records import Floats
from simdesign.seeds import Purpose, stream
from simdesign.simulate import regime
from simdesign.simulate.traces import Trace, trace
from simdesign.spec.attribution import CLASS_OF
from simdesign.spec.change import MechanismName
from simdesign.spec.mechanism import MECHANISM_CLASSES, WEEK_SD, ExactMechanism
from simdesign.spec.streams import streams_or_default
from simdesign.spec.substance import Substance
from simdesign.spec.world import World
from simdesign.studies.two_weeks_noise import Noise
from simdesign.units import residue_g_per_day

EXPLAINED: tuple[MechanismName, ...] = (
    "more_users", "new_light_users", "heavier_use", "higher_purity",
)  # fmt: skip
"""The three explanations that were given; a larger group in two ways: as all users are, or light
users alone."""
REST: MechanismName = "more_per_occasion"
"""Makes what an explanation cannot make alone: it leaves no trace."""
WEEK = 7
OPENS = 2
"""Weekday on which a campaign week opens: Wednesday."""
N_DRAW = 4000
"""Data sets drawn for each explanation: a probability has an error of at most 0.008."""
SCALARS = ("dispersion", "purity", "survey")
"""Kinds of data that are one number each; weekdays are six."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What is measured: weeks then and now, and extra series."""

    name: str  # a key of the texts
    weeks: tuple[int, int]
    kinds: tuple[str, ...]  # of "weekdays", "dispersion", "purity", "survey"


SETS = (
    Measured(name="one", weeks=(1, 1), kinds=("weekdays",)),
    Measured(name="four_now", weeks=(1, 4), kinds=("weekdays",)),
    Measured(name="four_both", weeks=(4, 4), kinds=("weekdays",)),
    Measured(name="one_purity", weeks=(1, 1), kinds=("weekdays", "purity")),
    Measured(name="one_survey", weeks=(1, 1), kinds=("weekdays", "survey")),
    Measured(name="one_series", weeks=(1, 1), kinds=("weekdays", "purity", "survey")),
    Measured(name="four_series", weeks=(1, 4), kinds=("weekdays", "purity", "survey")),
)
"""What the explanations are told apart by."""
DISTANCES = (
    Measured(name="weekdays_one", weeks=(1, 1), kinds=("weekdays",)),
    Measured(name="weekdays_four_now", weeks=(1, 4), kinds=("weekdays",)),
    Measured(name="weekdays_four_both", weeks=(4, 4), kinds=("weekdays",)),
    Measured(name="dispersion_one", weeks=(1, 1), kinds=("dispersion",)),
    Measured(name="dispersion_four_both", weeks=(4, 4), kinds=("dispersion",)),
    Measured(name="purity", weeks=(1, 1), kinds=("purity",)),
    Measured(name="survey", weeks=(1, 1), kinds=("survey",)),
    Measured(name="all_one", weeks=(1, 1), kinds=("weekdays", *SCALARS)),
    Measured(name="all_four_now", weeks=(1, 4), kinds=("weekdays", *SCALARS)),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """What one explanation predicts for the change between the weeks."""

    name: str
    most: float
    """Relative change of the load that it can make alone, at most that which was seen [1]."""
    weekday: Floats  # (7,) change of the log load of each weekday less their mean, Monday first
    contrast: float
    """Change of the mean log load of Friday to Monday less that of Tuesday to Thursday [1]."""
    day_sd: tuple[float, float]
    """SD of a day's log load before and after [1]."""
    users: float
    """Users after over before [1]."""
    purity: float
    """Purity after over before [1]."""

    def scalar(self, kind: str) -> float:
        """Return the change of the log of dispersion (a variance), purity or prevalence."""
        if kind == "dispersion":
            return 2.0 * math.log(self.day_sd[1] / self.day_sd[0])
        return math.log(self.purity if kind == "purity" else self.users)


@dataclass(frozen=True, slots=True, kw_only=True)
class Errors:
    """Standard errors of what is measured; with ``weeks`` those of its kinds."""

    day_variance: tuple[float, float]  # of a day, then and now [1]
    rho: float
    week_sd: float  # of what is common to one weekday of one campaign [1]
    series: dict[str, float]  # kind -> variance of the change of the log of a series

    def weekdays(self, weeks: tuple[int, int]) -> Floats:
        """Return the covariance of the change of weekday logs, Monday first, (7, 7)."""
        place = (np.arange(WEEK) - OPENS) % WEEK
        alike = self.rho ** np.abs(place[:, None] - place[None, :])
        found = np.zeros((WEEK, WEEK))
        for n, variance in zip(weeks, self.day_variance, strict=True):
            found += (variance * alike + self.week_sd**2 * np.eye(WEEK)) / n
        return found

    def scalar(self, kind: str, weeks: tuple[int, int]) -> float:
        """Return the variance of the change of the log of one number."""
        if kind == "dispersion":  # a sample variance of n normals varies by 2 / (n - 1)
            return sum(2.0 / ((WEEK - 1) * n) for n in weeks)
        return self.series[kind]


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What an analysis says when one explanation is true."""

    measured: str
    explanation: str
    correct: tuple[float, float]  # P(right class is named) and its MCSE
    wrong: tuple[float, float]
    abstained: tuple[float, float]
    log_factor: tuple[float, float]
    """Mean log Bayes factor of the right class against the other two [nat]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanations:
    """Everything that is printed."""

    weeks: TwoWeeks
    labels: tuple[str, str]
    substance: str
    purity: float
    """At the first week, as the catalogue has it [1]."""
    ceiling: float
    limit: float
    explanations: tuple[Explanation, ...]
    errors: Errors
    distance: dict[tuple[str, str, str], float]
    """(explanation, explanation, name of a distance) -> standard errors between them."""
    told: tuple[Told, ...]


def explanations_of(
    weeks: TwoWeeks, labels: tuple[str, str], name: str, noise: Noise, seed: int
) -> Explanations:
    """Compute what each explanation predicts and what would tell them apart.

    Parameters
    ----------
    weeks : TwoWeeks
        Of seven days each.
    labels : tuple of str
    name : str
        Of the substance.
    noise : Noise
        Its mean day noise is used.
    seed : int
        Of the data sets that are drawn.

    Raises
    ------
    SpecError
        When the weeks are alike, or not of seven days.
    """
    if weeks.days != (WEEK, WEEK):
        given = ",".join(map(str, weeks.days))
        raise SpecError("--days", given, "must be 7 with --explanations: weekdays are compared")
    if weeks.after == weeks.before:
        rule = "must differ from the first one: there is nothing to explain"
        raise SpecError("the second week", weeks.after, rule)
    substance = World(substances={name: {}}).substances[name]
    count = float(noise.draws.day_count.mean())
    residue = [residue_g_per_day(load, weeks.population) for load in (weeks.before, weeks.after)]
    town = float((noise.draws.day_sd**2).mean())
    found = tuple(
        _explanation(item, name, substance, weeks, town, count, (residue[0], residue[1]))
        for item in EXPLAINED
    )
    errors = Errors(
        day_variance=(town + count / residue[0], town + count / residue[1]),
        rho=float(noise.draws.day_rho.mean()), week_sd=WEEK_SD[name],
        series=_series(name, substance, weeks.years),
    )  # fmt: skip
    spec = ExactMechanism()
    draws = trace_draws(spec.traces, name)
    told = [
        item
        for measured in SETS
        for item in _told(measured, found, draws, errors, weeks.log_ratio, spec.limit, name, seed)
    ]
    return Explanations(
        weeks=weeks, labels=labels, substance=name, purity=substance.purity,
        ceiling=substance.purity_ceiling, limit=spec.limit, explanations=found, errors=errors,
        distance={
            (a.name, b.name, item.name): distance(a, b, item, errors)
            for a, b in itertools.combinations(found, 2)
            for item in DISTANCES
        },
        told=tuple(told),
    )  # fmt: skip


def _explanation(
    name: MechanismName, of: str, substance: Substance, weeks: TwoWeeks, town: float, count: float,
    residue: tuple[float, float],
) -> Explanation:  # fmt: skip
    size = math.expm1(weeks.log_ratio)
    most = _most(name, of, substance, size)
    share = 1.0 if most == size else math.log1p(most) / weeks.log_ratio
    form = name if share == 1.0 else {name: share, REST: 1.0 - share}
    before, after = trace(of, substance), trace(of, substance, form, size)
    logs = np.log(after.profile / before.profile)
    variance = (
        town + count / residue[0],
        town + count * (after.noise / before.noise) / residue[1],
    )
    return Explanation(
        name=name, most=most, weekday=logs - logs.mean(),
        contrast=after.contrast - before.contrast,
        day_sd=(math.sqrt(variance[0]), math.sqrt(variance[1])),
        users=_ratio(after, before), purity=after.purity / before.purity,
    )  # fmt: skip


def _ratio(after: Trace, before: Trace) -> float:
    return after.prevalence / before.prevalence


def _most(name: MechanismName, of: str, substance: Substance, size: float) -> float:
    """Return the change that a mechanism can make alone: all of it, or as far as it goes."""

    def possible(part: float) -> bool:
        try:
            regime(of, substance, mechanism=name, size=part)
        except SpecError:
            return False
        return True

    if possible(size):
        return size
    low, high = 0.0, size
    while abs(high - low) > 1e-6:
        middle = 0.5 * (low + high)
        low, high = (middle, high) if possible(middle) else (low, middle)
    return low


def _series(name: str, substance: Substance, years: float) -> dict[str, float]:
    """Return the variance of the change of the log of both series over some years.

    Two values with their sampling errors, and the series' own drift and walk in between, as the
    engine for mechanisms assumes them.
    """
    series, spec = streams_or_default(None)[name], ExactMechanism()
    purity = series.purity.sample_sd / math.sqrt(series.purity.samples) / substance.purity
    share, size = series.survey.prevalence, series.survey.respondents / series.survey.design_effect
    survey = math.sqrt((1.0 - share) / (share * size))
    return {
        kind: 2.0 * error**2 + (own.drift_sd * years) ** 2 + own.walk_sd**2 * years
        for kind, error, own in (("purity", purity, spec.purity), ("survey", survey, spec.survey))
    }


def _contrasts() -> Floats:
    """Return six orthonormal rows that add up to zero: Helmert's."""
    rows = np.zeros((WEEK - 1, WEEK))
    for k in range(1, WEEK):
        rows[k - 1, :k] = 1.0
        rows[k - 1, k] = -float(k)
        rows[k - 1] /= math.sqrt(k * (k + 1.0))
    return rows


def _mean(item: Explanation, kinds: tuple[str, ...]) -> Floats:
    parts = [_contrasts() @ item.weekday] if "weekdays" in kinds else []
    scalars = [item.scalar(kind) for kind in SCALARS if kind in kinds]
    return np.concatenate([*parts, scalars])


def _covariance(measured: Measured, errors: Errors) -> Floats:
    blocks = []
    if "weekdays" in measured.kinds:
        rows = _contrasts()
        blocks.append(rows @ errors.weekdays(measured.weeks) @ rows.T)
    for kind in SCALARS:
        if kind in measured.kinds:
            blocks.append(np.full((1, 1), errors.scalar(kind, measured.weeks)))
    size = sum(block.shape[0] for block in blocks)
    out, at = np.zeros((size, size)), 0
    for block in blocks:
        n = block.shape[0]
        out[at : at + n, at : at + n] = block
        at += n
    return out


def distance(one: Explanation, other: Explanation, measured: Measured, errors: Errors) -> float:
    """Return how many standard errors two explanations are apart in what is measured.

    With both known and equally probable, the right one is named with P = Phi(distance / 2), and the
    expected log Bayes factor is distance^2 / 2.
    """
    gap = _mean(one, measured.kinds) - _mean(other, measured.kinds)
    return math.sqrt(float(gap @ np.linalg.solve(_covariance(measured, errors), gap)))


def _told(
    measured: Measured, found: tuple[Explanation, ...], draws: TraceDraws, errors: Errors,
    log_ratio: float, limit: float, substance: str, seed: int,
) -> list[Told]:  # fmt: skip
    """Draw data under every explanation and name a class, with the engine's uncertain traces."""
    root = np.linalg.cholesky(_covariance(measured, errors))
    rng = stream(seed, Purpose.FIT, f"explanations/{substance}")
    normal = rng.standard_normal((N_DRAW, WEEK - 1 + len(SCALARS)))  # the same luck for all
    use = _columns(measured.kinds)
    centre = np.linalg.solve(root, _trace_means(draws, measured.kinds, log_ratio).T)  # (v, t)
    out = []
    for item in found:
        # whitened, so that the noise is the standard normals themselves
        data = np.linalg.solve(root, _mean(item, measured.kinds))[:, None] + normal[:, use].T
        square = ((data[:, :, None] - centre[:, None, :]) ** 2).sum(axis=0)  # (n, t)
        log_class = np.stack(
            [
                _log_mean(-0.5 * square[:, draws.mechanism == m])
                for m in range(len(MECHANISM_CLASSES))
            ],
            axis=1,
        )
        right = MECHANISM_CLASSES.index(CLASS_OF[item.name])
        prob = np.exp(log_class - np.logaddexp.reduce(log_class, axis=1)[:, None])
        named = decided(prob, limit)
        others = np.delete(log_class, right, axis=1)
        factor = log_class[:, right] - _log_mean(others)
        out.append(
            Told(
                measured=measured.name, explanation=item.name,
                correct=_estimate(named == right), wrong=_estimate((named >= 0) & (named != right)),
                abstained=_estimate(named < 0), log_factor=_estimate(factor),
            )
        )  # fmt: skip
    return out


def _columns(kinds: tuple[str, ...]) -> list[int]:
    """Return the columns of the common normals that these kinds take."""
    first = list(range(WEEK - 1)) if "weekdays" in kinds else []
    return first + [WEEK - 1 + k for k, kind in enumerate(SCALARS) if kind in kinds]


def _trace_means(draws: TraceDraws, kinds: tuple[str, ...], log_ratio: float) -> Floats:
    """Return what every draw of a trace predicts, (t, v); dispersion is not asked about."""
    parts = []
    unit = draws.column / draws.column.mean(axis=1, keepdims=True)
    if "weekdays" in kinds:
        parts.append(log_ratio * unit @ _contrasts().T)
    for kind in SCALARS:
        if kind in kinds:
            parts.append(log_ratio * draws.series(kind)[:, None])
    return np.concatenate(parts, axis=1)


def _log_mean(logs: Floats) -> Floats:
    """Return the log of the mean of exponentials over the last axis."""
    found: Floats = np.logaddexp.reduce(logs, axis=-1) - math.log(logs.shape[-1])
    return found


def _estimate(values: np.ndarray) -> tuple[float, float]:
    x = values.astype(float)
    return float(x.mean()), float(x.std(ddof=1) / math.sqrt(x.size))
