"""By which mechanism a national break came: more users, heavier use, or dose or purity.

The break itself is the exact engine's. What its levels leave open, how loads of different
weekdays and extra series moved with the break, is compared with what each mechanism would have
done to them. The model and this algorithm are derived in docs/mechanisms.md.
"""

import math
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from simdesign._kernels.break_summary import STEP
from simdesign._kernels.mechanism_sum import Dates, Traces, mechanism_sum, trace_information
from simdesign._kernels.weekday_change import weekday_design, weekday_scores
from simdesign._kernels.weekday_terms import WEEK, weekday_terms
from simdesign.fit.exact import Scan, Scans, fit_breaks, scan_all
from simdesign.fit.hypotheses import Break
from simdesign.fit.mechanism_streams import bought, series_terms
from simdesign.fit.mechanism_traces import TraceDraws, trace_draws
from simdesign.fit.panel import Panel
from simdesign.fit.priors import BreakPriors, break_priors
from simdesign.records import MISSING_DAY, Fit, Floats, Ints, Looks, Observations, Status
from simdesign.spec.base import Spec
from simdesign.spec.estimator import ExactBreak
from simdesign.spec.mechanism import CANNOT_BE_TOLD, MECHANISM_CLASSES, WEEK_SD, ExactMechanism
from simdesign.units import DAYS_PER_YEAR, residue_g_per_day

LEAST_DAY_SD = 1e-3
"""Day noise is never taken as smaller [1]: no weekday is known for certain."""
STEP_POINTS = ((0.15, 1), (0.6, 2), (math.inf, 4))
"""Up to so many years between two campaigns, so many Gauss points for the day of a step, where
there is a series that can tell."""
UNDECIDED = -1
"""Stands for *cannot be told* among the numbers of the classes of mechanisms."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MechanismPosterior:
    """What is known at one look about one substance."""

    prob_break: float
    prob: dict[str, float]  # class of mechanisms -> posterior probability given a break
    decision: str  # one of them, or ``CANNOT_BE_TOLD``
    status: Status


def decided(prob: Floats, limit: float) -> Ints:
    """Return which class is named, ``UNDECIDED`` where none has so large a probability.

    Parameters
    ----------
    prob : ndarray, shape (..., 3)
        In the order of ``MECHANISM_CLASSES``; NaN is undecided.
    limit : float
        Above one half.

    Returns
    -------
    ndarray of int64, shape (...)
    """
    named = prob >= limit
    return np.where(named.any(axis=-1), named.argmax(axis=-1), UNDECIDED).astype(np.int64)


def mechanism_probs(fit: Fit) -> Floats:
    """Return the posterior over classes of mechanisms given a break, (r, k, 3)."""
    return np.stack([getattr(fit, f"prob_{name}") for name in MECHANISM_CLASSES], axis=-1)


def mechanism_posterior(
    spec: ExactMechanism, observations: Observations, looks: Looks, substance: str
) -> MechanismPosterior:
    """Return what is known of the first replication at the last look."""
    last = replace(looks, day=looks.day[-1:].copy())
    fit = ExactMechanismEngine("", spec).fit(observations, last, substance)
    prob = mechanism_probs(fit)[0, 0]
    number = int(decided(prob, spec.limit))
    return MechanismPosterior(
        prob_break=float(fit.prob_break[0, 0]),
        prob=dict(zip(MECHANISM_CLASSES, prob.tolist(), strict=True)),
        decision=CANNOT_BE_TOLD if number == UNDECIDED else MECHANISM_CLASSES[number],
        status=Status(int(fit.status[0, 0])),
    )


class ExactMechanismEngine:
    """The exact engine, and the posterior over mechanisms given a break."""

    spec_type: ClassVar[type[Spec]] = ExactMechanism

    def __init__(self, name: str, spec: ExactMechanism) -> None:
        self.name, self.spec = name, spec
        self.general = ExactBreak.model_validate(spec.break_fields)

    def fit(self, observations: Observations, looks: Looks, substance: str) -> Fit:
        """Fit every replication at every look."""
        priors = break_priors(self.general, substance)
        draws = trace_draws(self.spec.traces, substance)
        data = _Data(self.spec, priors, draws, observations, looks, substance)
        return fit_breaks(
            self.name, self.general, observations, looks, substance, data.mechanisms,
            _levels(self.general, observations, looks, substance),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Levels:
    """The engine's work on the levels of some observations."""

    general: ExactBreak
    observations: Observations
    looks: Looks
    scans: Scans


_last: dict[str, _Levels] = {}
"""Substance -> the levels that were scanned last. Estimators that differ in what they look at
besides (weekdays, series) are asked one after the other about the same observations, and the levels
are most of the work."""


def _levels(
    general: ExactBreak, observations: Observations, looks: Looks, substance: str
) -> Scans:  # fmt: skip
    """Return the scans of these very observations, made once."""
    for name, item in list(_last.items()):
        if item.observations is not observations or item.looks is not looks:
            del _last[name]  # of another design or batch: nobody asks about it again
    last = _last.get(substance)
    if last is not None and last.general == general:
        return last.scans
    scans = scan_all(general, observations, looks, substance)
    _last[substance] = _Levels(general, observations, looks, scans)
    return scans


@dataclass(frozen=True, slots=True)
class _Data:
    """Everything but the scan of the levels."""

    spec: ExactMechanism
    priors: BreakPriors
    draws: TraceDraws
    observations: Observations
    looks: Looks
    substance: str

    def mechanisms(self, rows: np.ndarray, scan: Scan) -> dict[str, Floats]:
        """Return the posterior over mechanisms, a column (r, k) for each."""
        prob = np.empty((rows.size, self.looks.day.size, len(MECHANISM_CLASSES)))
        for part in self._same_days(rows, scan.panel):
            prob[part] = self._posterior(rows[part], scan, scan.sums[part])
        return {f"prob_{name}": prob[:, :, m] for m, name in enumerate(MECHANISM_CLASSES)}

    def _loads(self, rows: np.ndarray, panel: Panel) -> tuple[np.ndarray, np.ndarray]:
        u = self.observations.substances.index(self.substance)
        place = np.ix_(rows, [u], panel.visit)
        shape = (rows.size, panel.visit.size, self.observations.visits.day.shape[1])
        load, censored = self.observations.load[place], self.observations.censored[place]
        return load.reshape(shape), censored.reshape(shape)

    def _same_days(self, rows: np.ndarray, panel: Panel) -> list[np.ndarray]:
        """Return places of the replications that have the same days, and the same below LOQ."""
        load, censored = self._loads(rows, panel)
        seen = np.concatenate([load > 0.0, censored], axis=2).reshape(rows.size, -1)
        packed = np.packbits(seen, axis=1)
        _, inverse = np.unique(packed, axis=0, return_inverse=True)
        inverse = inverse.ravel()
        return [np.flatnonzero(inverse == p) for p in range(inverse.max(initial=-1) + 1)]

    def _posterior(self, rows: np.ndarray, scan: Scan, sums: Floats) -> Floats:
        panel, model = scan.panel, scan.model
        years = (panel.times - panel.times[:1]) / DAYS_PER_YEAR
        kinds = bought(self.spec, self.observations, self.substance)
        dates, begin, origin = _dates(model.breaks, years, split=bool(kinds))
        score, information, share = self._weekday_terms(rows, panel)
        campaign, n_visit = _campaigns(panel)
        weekdays = weekday_design(
            information, campaign, n_visit, years, model.admissible, self._week_sd**2,
            self.spec.profile_sd**2,
        )  # fmt: skip
        beta = weekday_scores(score, campaign, n_visit, years, model.admissible, weekdays)
        unit = _per_unit_of_level(self.draws.column, share, n_visit)
        zero = float(panel.times[0]) if panel.times.size else 0.0
        series = series_terms(
            self.spec, self.observations, rows, self.looks, self.substance, zero, begin, origin
        )
        moved = np.zeros((len(kinds), self.draws.mechanism.size))
        for s, kind in enumerate(kinds):
            moved[s] = self.draws.series(kind)
        traces = Traces(
            mechanism=self.draws.mechanism,
            column=self.draws.column[None] / unit[:, :, None],
            stream=np.ascontiguousarray(moved[None] / unit[:, None, :]),
        )
        posterior: Floats = mechanism_sum(
            np.ascontiguousarray(sums), model.hypotheses.n_break, model.prior.interval,
            np.array([math.fsum(item) for item in model.prior.hidden.tolist()]), dates, traces,
            beta, trace_information(traces.column, weekdays.information), series.beta,
            series.gamma, np.array(self.spec.mechanisms.values),
        )  # fmt: skip
        return posterior

    @property
    def _week_sd(self) -> float:
        given = self.spec.week_sd
        return WEEK_SD[self.substance] if given is None else given

    def _weekday_terms(self, rows: np.ndarray, panel: Panel) -> tuple[Floats, Floats, Floats]:
        """Return ``weekday_terms`` of the used visits; without weekdays the weights alone."""
        u = self.observations.substances.index(self.substance)
        visits, noise = self.observations.visits, self.priors.day_noise
        residue = residue_g_per_day(
            self.observations.reference_load[u], self.observations.population
        )
        day_variance = noise.variance + noise.count_noise / residue[visits.site[panel.visit]]
        day = np.ascontiguousarray(visits.day[panel.visit])
        load, censored = self._loads(rows, panel)
        score, information, share = weekday_terms(
            np.ascontiguousarray(load), np.ascontiguousarray(censored), day,
            np.where(day == MISSING_DAY, 0, (day + 3) % WEEK), noise.log_weekday,
            np.maximum(day_variance, LEAST_DAY_SD**2), noise.rho,
        )  # fmt: skip
        if not self.spec.weekdays:
            score, information = np.zeros(score.shape), np.zeros(information.shape)
        return score, information, share


def _campaigns(panel: Panel) -> tuple[Ints, Ints]:
    """Return the campaign time of every used visit, and how many visits each look knows."""
    cell = np.repeat(np.arange(panel.group.size), np.diff(panel.first_visit))
    campaign = panel.rank[panel.cell_observation[cell]]
    return campaign.astype(np.int64), panel.first_visit[panel.n_cell].astype(np.int64)


def _per_unit_of_level(column: Floats, share: Floats, n_visit: Ints) -> Floats:
    """Return the change of a visit's mean per unit of the load's at every look, (k, t).

    The break's size is that of visit means; a mechanism's is that of a whole week. Visits of
    fewer days see more of a change on their weekdays.
    """
    out = np.ones((n_visit.size, column.shape[0]))
    for k, n in enumerate(n_visit.tolist()):
        if n:
            mean = [sum(share[:n, w].tolist()) / n for w in range(WEEK)]
            for t, weekdays in enumerate(column.tolist()):
                out[k, t] = math.fsum([a * b for a, b in zip(mean, weekdays, strict=True)])
    return out


def _dates(breaks: tuple[Break, ...], years: Floats, split: bool) -> tuple[Dates, Floats, Floats]:
    """Return the days on which breaks may have come; a step's interval takes several.

    Loads cannot tell the day of a step within its interval, a series between two campaigns can.
    """
    first, weight, begin, origin = [0], [], [], []
    for item in breaks:
        end = float(years[item.campaign])
        length = item.share * (end - float(years[item.campaign - 1]))
        n_point = next(n for limit, n in STEP_POINTS if length <= limit)
        if item.kind == STEP and split:
            point, share = np.polynomial.legendre.leggauss(n_point)
        else:
            point, share = np.zeros(1), np.full(1, 2.0)
        for x, w in zip(point.tolist(), share.tolist(), strict=True):
            begin.append(end - item.lead + 0.5 * length * x)
            origin.append(end)
            weight.append(0.5 * w)
        first.append(len(weight))
    dates = Dates(first=np.array(first, dtype=np.int64), weight=np.array(weight))
    return dates, np.array(begin), np.array(origin)
