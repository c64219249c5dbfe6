"""What is done today: this year against last year.

Both rules compare the panel of one programme year with that of the year before, on the results that
were reported by the look. They give no posterior; their effect is the change they see.
"""

from typing import ClassVar

import numpy as np
from scipy import stats

from simdesign._kernels.yearly import site_changes
from simdesign.fit.rules.national import judged
from simdesign.fit.yearly import yearly_means
from simdesign.records import Fit, Floats, Looks, Observations
from simdesign.spec.base import Spec
from simdesign.spec.rules import EudaRule, ZTest


class EudaRuleEngine:
    """EUDA's rule: a change of the mean load of more than ten per cent from year to year.

    Source: the changes table of the EUDA 2025 release, in which every change called stable is
    at most 9.95 % and every other at least 10.04 %. The rule is applied to the unweighted mean of
    the sites that were measured in both years.
    """

    spec_type: ClassVar[type[Spec]] = EudaRule

    def __init__(self, name: str, spec: EudaRule) -> None:
        self.name, self.spec = name, spec

    def fit(self, observations: Observations, looks: Looks, substance: str) -> Fit:
        """Score = absolute relative change of the last year."""
        change, mean, _, _ = site_changes(*_last_two_years(observations, looks, substance))
        score = np.abs(change)
        return judged(self.name, substance, score, score > self.spec.threshold, mean)


class ZTestEngine:
    """z-test of the mean over sites of the year-on-year differences of log means.

    The standard error comes from the spread of the differences between sites, which does not see
    what all sites share, or is given.
    """

    spec_type: ClassVar[type[Spec]] = ZTest

    def __init__(self, name: str, spec: ZTest) -> None:
        self.name, self.spec = name, spec

    def fit(self, observations: Observations, looks: Looks, substance: str) -> Fit:
        """Score = absolute z value of the last year."""
        _, mean, variance, n = site_changes(*_last_two_years(observations, looks, substance))
        given = self.spec.standard_error
        with np.errstate(invalid="ignore", divide="ignore"):
            error = np.sqrt(variance / n) if given == "between_sites" else float(given)
            score = np.abs(mean) / error
        critical = stats.norm.isf(0.5 * self.spec.level)
        return judged(self.name, substance, score, score > critical, mean)


def _last_two_years(
    observations: Observations, looks: Looks, substance: str
) -> tuple[Floats, Floats]:
    """Return site means of the look's latest programme year and of the year before, (r, k, s)."""
    means = yearly_means(observations, looks, substance)
    n_rep, n_look, _, n_site = means.load.shape
    latest = np.full((n_rep, n_look, n_site), np.nan)
    before = latest.copy()
    for k in range(n_look):
        seen = np.flatnonzero(means.reported[k])
        if seen.size >= 2 and seen[-1] - seen[-2] == 1:
            latest[:, k] = means.load[:, k, seen[-1]]
            before[:, k] = means.load[:, k, seen[-2]]
    return latest, before
