"""Which measures of a study are read: the rows that are published and that the page tabulates.

A study at full size has hundreds of thousands of measures; most are quarters of delay curves,
horizons of rules of practice and thresholds that no verdict uses. Rows give them at any time; these
are the ones that documents quote.
"""

import math
from dataclasses import dataclass

_MAIN_YEARS = {"power": 3.0, "restricted_mean_delay": 5.0}
"""Horizons [years] that verdicts rest on, of measures that have several."""
_ALARMS = ("power", "false_alarm_prob")
_DETECTION = (*_ALARMS, "premature_prob", "restricted_mean_delay")
_DETAIL = (
    "threshold", "power_given_quiet", "false_alarm_worst_cell", "false_alarm_by_sigma_shared",
    "false_alarm_by_sigma_rw",
)  # fmt: skip
_AT_ALARM = ("type_s", "type_m")
_JUDGED = ("power", "restricted_mean_delay", "large_error_prob")
"""What verdicts compare between designs."""
_CURVE = "delay_curve"


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """Says of a row of the table of measures whether it is read."""

    judging: str
    """Estimator that verdicts rest on."""
    budget: float
    """Of the study."""
    rules: frozenset[str]
    """Estimators that are rules of practice: they have no model, only alarms."""

    def __call__(
        self,
        measure: str,
        *,
        estimator: str,
        threshold: str,
        budget: float,
        horizon: float,
        paired: bool,
    ) -> bool:
        """Return the answer; the arguments are as in the table, empty or NaN where it has none."""
        main = math.isnan(horizon) or horizon == _MAIN_YEARS.get(measure, horizon)
        of_the_judge = estimator in ("", self.judging)
        if measure == _CURVE:
            return False
        if threshold == "guarded" or not (math.isnan(budget) or math.isclose(budget, self.budget)):
            return of_the_judge and measure in _ALARMS and main and not paired
        if estimator in self.rules and measure in (*_DETECTION, *_DETAIL, *_AT_ALARM):
            return measure in _ALARMS and threshold != "oracle" and main and not paired
        if not of_the_judge:
            return measure not in _DETAIL and threshold != "oracle" and main and not paired
        if threshold == "oracle":
            return main and measure in (_JUDGED if paired else _DETECTION)
        return main and measure in _JUDGED if paired else True
