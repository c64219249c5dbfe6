"""Replications drawn from one design prior, weighted to stand for another.

Formulas, and when the weights cannot be trusted: docs/sensitivity.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from simdesign.evaluate.measure import Z95, Measure, wilson
from simdesign.evaluate.prior import atoms, log_density
from simdesign.records import Bools, Floats
from simdesign.spec.quantity import (
    Draws,
    HalfNormal,
    LogNormal,
    Normal,
    Parameter,
    Quantity,
    Uniform,
    greatest,
    least,
)

REFUSED_BELOW = 50.0
"""Effective replications below which nothing is said."""
POOR_BELOW = 400.0
"""Effective replications below which a warning stands beside the number: the standard error of a
probability can exceed 0.025 then."""


def not_covered(old: Parameter, new: Quantity) -> str:
    """Return why replications drawn from ``old`` cannot stand for ``new``; empty when they can."""
    if isinstance(old, Draws):
        return "it was drawn jointly with others from a table, which has no density"
    had, wanted = atoms(old), atoms(new)
    if had or wanted:
        if not had:
            return "single values have no share of the stored draws"
        if not wanted:
            return "the stored draws have a few values only"
        extra = sorted(set(wanted) - set(had))
        return f"no stored draw has the value {extra[0]:g}" if extra else ""
    if least(new) < least(old) or greatest(new) > greatest(old):
        return (
            f"the stored draws lie between {least(old):g} and {greatest(old):g}, "
            f"the new prior between {least(new):g} and {greatest(new):g}"
        )
    return ""


def has_finite_variance(old: Quantity, new: Quantity) -> bool:
    r"""Return whether :math:`\int new^2 / old` is finite: else no number of draws is enough.

    For normal tails it is when the new variance is below twice the old one; a narrower uniform on
    which the old density stays away from zero always is.
    """
    match old, new:
        case (Normal() | HalfNormal(), Normal() | HalfNormal()):
            return _scale(new) ** 2 < 2.0 * _scale(old) ** 2
        case (LogNormal(), LogNormal()):
            return new.log_sd**2 < 2.0 * old.log_sd**2
        case (LogNormal(), Uniform()):
            return new.low > 0.0
        case (Normal() | HalfNormal() | LogNormal(), Normal() | HalfNormal() | LogNormal()):
            return False  # a log-normal against a normal: one of the tails is too heavy
        case _:
            return True


def _scale(quantity: Normal | HalfNormal) -> float:
    return quantity.sd if isinstance(quantity, Normal) else quantity.scale


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """Importance weights of stored replications."""

    weight: Floats  # (n,) new density / old density; 0 where a world could not be made
    known: Bools  # (n,) the world could be made
    effective: float  # (sum w)^2 / sum w^2
    mean: float  # of the weights: 1 but for chance when the new prior is covered in practice
    mean_error: float
    warnings: tuple[str, ...]
    is_refused: bool  # too few effective replications are left to say anything


def importance_weights(
    drawn: Mapping[str, Floats], old: Mapping[str, Quantity], new: Mapping[str, Quantity]
) -> Weights:
    """Return the weights of replications for another design prior.

    Parameters
    ----------
    drawn : mapping of str to ndarray, shape (n,)
        Stored value of every parameter of ``new``; NaN where the world could not be made.
    old, new : mapping of str to Quantity
        Design priors; parameters are independent. ``new`` must be covered (``not_covered``).
    """
    n = next(iter(drawn.values())).size
    log_weight = np.zeros(n)
    warnings = []
    for name, prior in new.items():
        log_weight += log_density(prior, drawn[name]) - log_density(old[name], drawn[name])
        if not has_finite_variance(old[name], prior):
            warnings.append(
                f"{name}: the weights have no finite variance, the stored draws are too narrow"
            )
    known = ~np.isnan(log_weight)
    weight = np.where(known, np.exp(np.where(known, log_weight, 0.0)), 0.0)
    return weights_of(weight, known, warnings)


def weights_of(weight: Floats, known: Bools, warnings: list[str]) -> Weights:
    """Return weights, new density over old, with what they are worth; 0 where not known."""
    used = weight[known]
    squares = float((used**2).sum())
    effective = float(used.sum() ** 2 / squares) if squares > 0.0 else 0.0
    mean = float(used.mean()) if used.size else np.nan
    error = float(used.std(ddof=1) / np.sqrt(used.size)) if used.size > 1 else np.nan
    if effective < POOR_BELOW:
        warnings.append(f"only {effective:.0f} effective replications of {used.size}")
    return Weights(
        weight=weight, known=known, effective=effective, mean=mean, mean_error=error,
        warnings=tuple(warnings), is_refused=effective < REFUSED_BELOW,
    )  # fmt: skip


def times(weights: Weights, likelihood: Floats) -> Weights:
    """Return weights multiplied by the probability of some evidence given each replication.

    Parameters
    ----------
    weights : Weights
    likelihood : ndarray of float64, shape (n,)
        P(evidence | parameters of the replication), up to a factor; NaN where the world could not
        be made.
    """
    known = weights.known & np.isfinite(likelihood)
    product = np.where(known, weights.weight * np.where(known, likelihood, 0.0), 0.0)
    total = float(product.sum())
    if total > 0.0:  # mean 1, as weights have
        product = product * (float(weights.weight[known].sum()) / total)
    return weights_of(product, known, [])


def unit_weights(known: Bools) -> Weights:
    """Return the weights of replications that stand for themselves: one each, never refused."""
    return Weights(
        weight=known.astype(float), known=known, effective=float(known.sum()), mean=1.0,
        mean_error=0.0, warnings=(), is_refused=False,
    )  # fmt: skip


def weighted_mean(
    values: Floats, weights: Weights, n_failed: int = 0, *, share: bool = False
) -> Measure:
    r"""Return the self-normalised mean :math:`\sum w x / \sum w` and its error.

    The MCSE is that of a ratio, :math:`\sqrt{\sum w^2 (x - \hat x)^2} / \sum w`. At 0 and 1 the
    interval of a share is Wilson's with the effective number of replications.

    Parameters
    ----------
    values : ndarray of float64, shape (n,)
    weights : Weights
    n_failed : int
    share : bool
        The mean is a probability.
    """
    w, n = weights.weight, int(weights.known.sum())
    if weights.is_refused:
        return Measure(value=np.nan, mcse=np.nan, n_rep=n, n_failed=n_failed)
    value = float(w @ values / w.sum())
    deviation = w * (values - value)
    mcse = float(np.sqrt((deviation**2).sum()) / w.sum())
    low, high = value - Z95 * mcse, value + Z95 * mcse
    if share:
        low, high = max(0.0, low), min(1.0, high)
        if value in (0.0, 1.0):
            low, high = wilson(value, int(weights.effective))
    influence = deviation * (w.size / w.sum())
    return Measure(
        value=value, mcse=mcse, n_rep=n, n_failed=n_failed, low=low, high=high, influence=influence
    )
