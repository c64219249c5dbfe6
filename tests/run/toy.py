"""An estimator whose power has a closed form: one comparison of two years' national means."""

import numpy as np
from closed_form import log_normal_world

from simdesign.records import Fit, Status
from simdesign.spec.study import Study

BUDGET = 0.2
CITIES = tuple({"name": f"city-{i}", "population": 100_000.0} for i in range(4))


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


def toy(folder, *, size=0.2, shared=0.10):
    """Write a study of two years that are compared, in a world without counts."""
    quiet = log_normal_world(sigma_shared=shared).substances["cocaine"]
    world = {
        "catchments": CITIES, "counts": "off", "weekdays": False, "flow_sd": 0.0,
        "sampling_sd": 0.0, "substances": {"cocaine": quiet.model_dump(mode="json")},
    }  # fmt: skip
    study = Study.from_dict(
        {
            "name": "toy", "seed": 11, "aims": "A known answer.", "programme": {"years": 3},
            "world": world,
            "change": {"kind": "level_shift", "size": size, "at": 0.98},  # after the last round
            "designs": {
                "annual": {"schedule": {"kind": "fixed_weeks", "weeks": [11]}},
                "quarterly": {"schedule": {"kind": "rounds", "per_year": 4}},
            },
            "estimators": {"toy": {"kind": "own", "uses": "run.toy:TwoYears"}},
            "decision": {"reference": "annual", "budget": BUDGET},
            "sizes": {"quick": {"null": 20, "null_world": 20, "alternative": 20}},
        }
    )  # fmt: skip
    path = folder / "toy.toml"
    path.write_text(study.to_toml(), encoding="utf-8")
    return study
