"""An estimator whose power has a closed form: one comparison of two years' national means."""

import numpy as np

from simdesign.records import Fit, Status


class TwoYears:
    """Score at the look that knows two years: the distance of their means of log loads."""

    def __init__(self, name, spec):
        self.name = name

    def fit(self, observations, looks, substance):
        logs = np.log(observations.load[:, observations.substances.index(substance)])
        known = np.isfinite(logs).all(axis=(0, 2))
        years = np.unique(observations.visits.year[known])
        shape = (observations.n_rep, 1)
        nothing, score = np.full(shape, np.nan), np.full(shape, np.nan)
        if years.size == 2:
            first, second = (
                logs[:, known & (observations.visits.year == year)].mean(axis=(1, 2))
                for year in years
            )
            score[:, 0] = np.abs(second - first)
        status = np.full(shape, int(Status.OK if years.size == 2 else Status.TOO_LITTLE_DATA))
        return Fit(
            estimator=self.name, substance=substance, score=score,
            published_alarm=np.zeros(shape, dtype=bool), prob_break=nothing, effect=nothing,
            effect_low=nothing, effect_high=nothing, break_day=nothing, log_evidence=nothing,
            status=status,
        )  # fmt: skip
