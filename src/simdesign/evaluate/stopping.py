"""When enough has been run: sizes for a wanted error, and stopping that survives peeking.

Derivations: docs/precision.md.
"""

import math
from dataclasses import dataclass

from scipy import stats


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The two sources of a measure's Monte Carlo variance."""

    own: float
    """Variance from the scenario's own replications."""
    shared: float
    """Variance from the unchanged programmes that set its threshold."""

    @property
    def mcse(self) -> float:
        """Standard error from both."""
        return math.sqrt(self.own + self.shared)


def numbers_needed(
    parts: Parts, n_own: int, n_shared: int, users: int, wanted: float
) -> tuple[float, float]:
    r"""Return the replications of a scenario and of the unchanged programmes for a wanted MCSE.

    The variance is :math:`A/n + B/m`, with :math:`A = n\,v_\text{own}` and
    :math:`B = m\,v_\text{shared}` as seen so far. Programmes that set a threshold serve ``users``
    scenarios, so the cost of both is :math:`\text{users}\cdot n + m`. The cheapest numbers with
    :math:`A/n + B/m = w^2` are

    .. math:: n = \frac{\sqrt{A/u}\,(\sqrt{uA} + \sqrt B)}{w^2}, \qquad
              m = \frac{\sqrt B\,(\sqrt{uA} + \sqrt B)}{w^2}

    Parameters
    ----------
    parts : Parts
        On ``n_own`` and ``n_shared`` replications.
    n_own, n_shared : int
    users : int
        Scenarios that use the same threshold, at least 1.
    wanted : float
        MCSE > 0.

    Returns
    -------
    tuple of float
        Numbers for the scenario and for the unchanged programmes.
    """
    a, b = math.sqrt(parts.own * n_own), math.sqrt(parts.shared * n_shared)
    both = math.sqrt(users) * a + b
    return a / math.sqrt(users) * both / wanted**2, b * both / wanted**2


def error_at(error: float, look: int) -> float:
    """Return the part of an error probability that may be spent at a look, numbered from 1.

    ``error / (look (look + 1))``: the parts of all looks, however many, add up to ``error``, so
    that by the union bound a conclusion drawn at *any* look is wrong with at most that probability,
    whatever made one look once more.
    """
    return error / (look * (look + 1))


def half_width(mcse: float, n_rep: int, error: float, span: float = 1.0) -> float:
    """Return the two-sided confidence half-width of a measure with range ``span``.

    Where the replications do not differ at all the MCSE is 0; then the share of those that could
    is bounded by log(2 / error) / n, as in the verdicts.
    """
    if n_rep < 1 or not math.isfinite(mcse):
        return math.inf
    return max(float(stats.norm.isf(error / 2.0)) * mcse, span * math.log(2.0 / error) / n_rep)


def is_settled(gap: float, half: float, tie: float) -> bool:
    """Say whether an interval ``gap`` +- ``half`` settles on which side of 0 the truth lies.

    Settled, too, when the interval lies within +- ``tie``: no difference that matters.
    """
    return bool(abs(gap) > half or abs(gap) + half <= tie)
