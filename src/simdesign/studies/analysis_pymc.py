"""The same series through the PyMC engines: the same model sampled, or the robust one."""

import math
from dataclasses import dataclass

from simdesign.fit import build, pymc_posterior
from simdesign.records import Looks, Observations, Status
from simdesign.spec.estimator import SITE_WALK_PRIORS, Exact, ExactCity, Pymc, PymcRobust
from simdesign.spec.pymc import break_model


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampled:
    """What a PyMC engine says about one series."""

    engine: str  # "pymc" or "pymc_robust"
    status: Status
    reason: str  # empty unless it failed
    prob_break: float  # NaN without an answer
    mcse: float  # Monte Carlo error of it
    effect: tuple[float, float, float]  # E at the look: mean, low, high [1, log]


def sampled(
    spec: Exact, observations: Observations, looks: Looks, substance: str, *, robust: bool
) -> Sampled:
    """Sample a series with the exact engine's priors; PyMC's model is compiled once a process.

    Parameters
    ----------
    robust : bool
        Days with heavy tails and days below the LOQ as censored: for series that the exact engine
        and its twin decline.
    """
    given = break_model(spec.as_break())
    if isinstance(spec, ExactCity) and given["sigma_rw"] is None:
        given["sigma_rw"] = SITE_WALK_PRIORS[substance]  # the city's own walk
    described = (PymcRobust if robust else Pymc).model_validate(given)
    build(described.kind, described)  # finds PyMC, with a place for what it compiles
    found = pymc_posterior(described, observations, looks, substance)
    good = found.status == Status.OK
    summary, diagnostics = found.summary, found.diagnostics
    return Sampled(
        engine=described.kind,
        status=found.status,
        reason=found.reason,
        prob_break=summary.prob_break if good else math.nan,
        mcse=diagnostics.mcse_prob if good and diagnostics is not None else math.nan,
        effect=(summary.effect, summary.effect_low, summary.effect_high)
        if good
        else (math.nan, math.nan, math.nan),
    )
