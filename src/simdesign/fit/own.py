"""A user's own estimator, kept from seeing what is not reported yet."""

from dataclasses import fields, replace
from typing import ClassVar

import numpy as np

from simdesign.fit.base import EstimatorEngine
from simdesign.records import Fit, Looks, Observations, ReasonedFit
from simdesign.spec.base import Spec
from simdesign.spec.estimator import Own
from simdesign.spec.own import imported


class OwnEngine:
    """Calls the user's estimator once a look, with later results taken out.

    The built-in estimators work on all looks at once and are tested not to use later results; of a
    user's own nobody knows, so it is given missing days instead, and only what is reported of the
    extra series.
    """

    spec_type: ClassVar[type[Spec]] = Own

    def __init__(self, name: str, spec: Own) -> None:
        self.name = name
        self.engine: EstimatorEngine = imported(f"estimators.{name}.uses", spec.uses)(name, spec)

    def fit(self, observations: Observations, looks: Looks, substance: str) -> Fit:
        """Fit look by look and put the columns side by side."""
        known = observations.visits.last_day + looks.report_lag
        parts = []
        for day in looks.day:
            hidden = (known > day)[None, None, :, None]
            seen = replace(
                observations,
                load=np.where(hidden, np.nan, observations.load),
                censored=observations.censored & ~hidden,
                streams={
                    name: tuple(item.known_at(int(day)) for item in series)
                    for name, series in observations.streams.items()
                },
            )
            alone = replace(looks, day=np.array([day]))
            parts.append(self.engine.fit(seen, alone, substance))
        columns = {
            item.name: np.concatenate([getattr(part, item.name) for part in parts], axis=1)
            for item in fields(Fit)
            if isinstance(getattr(parts[0], item.name), np.ndarray)
        }
        reason = tuple(
            tuple(part.reason[r][0] if isinstance(part, ReasonedFit) else "" for part in parts)
            for r in range(observations.n_rep)
        )
        return ReasonedFit(estimator=self.name, substance=substance, reason=reason, **columns)
