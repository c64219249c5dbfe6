"""A slow estimator's false alarms and power from some of its fits: the table of a refinement."""

import csv
import io
from dataclasses import asdict, dataclass

import numpy as np
from scipy import special

from simdesign import decide, evaluate
from simdesign.evaluate import Measure, Peaks, Subset
from simdesign.records import Floats, Status
from simdesign.run.conditions import MIXTURE, Condition
from simdesign.run.files import write_atomic
from simdesign.run.refine import Refinement, slow_scores, subset_of

FEWEST_ABOVE = 5
"""Refitted unchanged programmes above the slow estimator's own threshold below which it is not
given: an order statistic so near the end is mostly luck."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RefinedMeasure:
    """One probability, by the fast estimator from all fits and by the slow one from some."""

    scenario: str
    role: str
    design: str
    substance: str
    measure: str  # false_alarm_prob or power
    horizon: float  # years after the break; NaN for false alarms
    threshold: str  # "exact": the fast estimator's; "own": the slow one's, calibrated on its nulls
    budget: float
    threshold_value: float
    threshold_mcse: float
    fast: float  # at its operating threshold
    fast_mcse: float
    slow: float
    slow_mcse: float  # with the error of the threshold
    slow_low: float
    slow_high: float
    subset_mcse: float  # the part of it that more slow fits would remove
    difference: float  # slow - fast, on the same replications
    difference_mcse: float
    regression: float  # slow, with the fast score as control
    regression_mcse: float  # at the given threshold
    coefficient: float
    n_rep: int
    n_fitted: int
    n_failed: int  # of the fitted: with a look that failed or was refused
    seconds_per_fit: float
    note: str


def refined_measures(refinement: Refinement) -> list[RefinedMeasure]:
    """Return the measures of every condition: at the exact threshold and at the slow one's own."""
    own: dict[tuple[str, str], tuple[Floats, str]] = {}
    found = []
    for item in refinement.conditions:
        case = _Case(refinement, item)
        if item.scenario.role == MIXTURE:
            own[item.design, item.substance] = case.own_threshold()
        found.append(case.measure("exact", item.thresholds, ""))
        if item.scenario.role != MIXTURE:
            found.append(case.measure("own", *own[item.design, item.substance]))
    return found


class _Case:
    """One condition with its subset."""

    def __init__(self, refinement: Refinement, item: Condition) -> None:
        self.refinement, self.item = refinement, item
        self.fits = refinement.fits[item.key]
        self.subset: Subset = subset_of(item, self.fits)
        at = self.subset.fitted
        score = slow_scores(item, self.subset, self.fits)
        self.slow: Peaks = evaluate.peaks(score, item.premature[at], item.counts[at])
        self.weight = refinement.luck.weight(item.scenario, item.replication)
        used = [self.fits[int(r)] for r in item.replication[at]]
        bad = (int(Status.FAILED), int(Status.NOT_APPLICABLE))
        self.n_failed = sum(bool(np.isin(fit.status, bad).any()) for fit in used)
        self.seconds = float(np.mean([fit.seconds for fit in used])) if used else np.nan

    def own_threshold(self) -> tuple[Floats, str]:
        """Return the slow estimator's threshold on its nulls, (1 + d,), and why it is not given."""
        budget = self.refinement.budget
        nothing = np.full(self.item.thresholds.size, np.nan)
        if not self.subset.is_complete:
            return nothing, "no null of some stratum is refitted: no own threshold"
        weight = evaluate.fitted_weight(self.subset)
        counts = self.weight[1:, self.subset.fitted]
        limit = decide.weighted_threshold(self.slow.during, budget, weight, counts)
        above = int((self.slow.during > limit.value).sum())
        if not np.isfinite(limit.value) or above < FEWEST_ABOVE:
            return nothing, f"{above} refitted nulls above it: no own threshold"
        return np.concatenate([[limit.value], limit.draws]), ""

    def measure(self, kind: str, thresholds: Floats, note: str) -> RefinedMeasure:
        item, subset = self.item, self.subset
        fast_all = item.fast.alarm(item.thresholds)
        draws = np.einsum("dn,dn->d", self.weight, fast_all.astype(float))
        draws = draws / self.weight.sum(axis=1)
        fast, fast_mcse = float(draws[0]), float(draws[1:].std(ddof=1))
        if item.scenario.role == MIXTURE:  # fixed by the threshold: another run's binomial error
            fast_mcse = float(np.sqrt(fast * (1.0 - fast) / max(fast_all.shape[1] - 1, 1)))
        share, regression, coefficient, limit = self._slow(fast_all, thresholds)
        between = (
            np.full(draws.size - 1, np.nan) if share.draws is None else share.draws - draws[1:]
        )
        known = between[np.isfinite(between)]
        slow_alarm = self.slow.alarm(thresholds[:1])[0]
        if item.scenario.role == MIXTURE:  # likewise: resamples would hold the fast share fixed
            share = evaluate.difference_share(fast_all[0], slow_alarm, subset, self.n_failed)
        spread = thresholds[1:][np.isfinite(thresholds[1:])]
        return RefinedMeasure(
            scenario=item.scenario.name, role=item.scenario.role, design=item.design,
            substance=item.substance,
            measure="false_alarm_prob" if item.is_null else "power",
            horizon=np.nan if item.is_null else self.refinement.horizon,
            threshold=kind, budget=self.refinement.budget, threshold_value=limit,
            threshold_mcse=float(spread.std(ddof=1)) if spread.size > 1 else np.nan,
            fast=fast, fast_mcse=fast_mcse,
            slow=share.value, slow_mcse=share.mcse, slow_low=share.low, slow_high=share.high,
            subset_mcse=evaluate.subset_error(fast_all[0], slow_alarm, subset)
            if np.isfinite(share.value) else np.nan,
            difference=share.value - fast,
            difference_mcse=float(known.std(ddof=1)) if known.size > 1 else np.nan,
            regression=regression.value, regression_mcse=regression.mcse,
            coefficient=coefficient, n_rep=int(item.replication.size),
            n_fitted=int(subset.fitted.size), n_failed=self.n_failed,
            seconds_per_fit=self.seconds,
            note=note or ("" if subset.is_complete else "not every stratum has a fit"),
        )  # fmt: skip

    def _slow(
        self, fast_all: np.ndarray, thresholds: Floats
    ) -> tuple[Measure, Measure, float, float]:
        limit = float(thresholds[0])
        if np.isnan(limit):
            empty = Measure(value=np.nan, mcse=np.nan, n_rep=0, n_failed=self.n_failed)
            return empty, empty, np.nan, np.nan
        slow = self.slow.alarm(thresholds)
        slow[np.isnan(thresholds)] = False
        share = evaluate.resampled_share(fast_all, slow, self.subset, self.weight, self.n_failed)
        # P(break) had the prior odds been such that the threshold is even: finite for any score
        control = special.expit(self.item.fast.margin(float(self.item.thresholds[0])))
        found = evaluate.regression_share(control, slow[0], self.subset, self.n_failed)
        return share, found.share, found.coefficient, limit


def save(refinement: Refinement, measures: list[RefinedMeasure]) -> None:
    """Write the table beside the fits."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(RefinedMeasure.__dataclass_fields__)
    for item in measures:
        writer.writerow([_text(value) for value in asdict(item).values()])
    write_atomic(refinement.store.measures_path, out.getvalue().encode())


def _text(value: object) -> str:
    if isinstance(value, float):
        return "" if np.isnan(value) else f"{value:.10g}"
    return str(value)
