"""How probable it is that a design really reaches a target of right and wrong attributions.

The shares come from a number of programmes; docs/mechanisms.md, section 8, derives this from them.
"""

from functools import lru_cache

import numpy as np
from scipy.special import betainc, betaincinv

from simdesign.records import Floats

PSEUDO = 0.5
"""Jeffreys' prior: half a programme that is right, wrong and not told."""
N_POINT = 64
"""Gauss points over the quantiles of the right share; twice as many change less than 1e-3."""


def effective_size(share: float, mcse: float, n_rep: int) -> float:
    """Return how many independent programmes have the error of a share: at most ``n_rep``.

    The error of a threshold, too, is in the MCSE of what is said at an alarm. At a share of 0 or 1
    the MCSE is 0 and says nothing.
    """
    if not (np.isfinite(mcse) and mcse > 0.0 and 0.0 < share < 1.0):
        return float(n_rep)
    return float(min(n_rep, share * (1.0 - share) / mcse**2))


@lru_cache(maxsize=100_000)  # a page asks for the same shares in several tables and languages
def prob_reached(correct: float, wrong: float, n: float, least: float, most: float) -> float:
    r"""Return P(right share >= ``least`` and wrong share <= ``most``), given what was counted.

    With counts n c, n w and n (1 - c - w) and Jeffreys' prior the shares are Dirichlet, the right
    one :math:`p` is Beta, and the wrong one is :math:`(1 - p) B` with an independent Beta B, so

    .. math:: \int_{least}^1 f(p)\, P\{B \le most / (1 - p)\}\, dp

    Parameters
    ----------
    correct, wrong : float
        Shares that were found.
    n : float
        Programmes that they rest on; none gives the prior.
    least, most : float
        Target of the right share, limit of the wrong one.
    """
    a = n * correct + PSEUDO
    b = n * wrong + PSEUDO
    rest = n * max(0.0, 1.0 - correct - wrong) + PSEUDO
    start = float(betainc(a, b + rest, least))
    point, weight = np.polynomial.legendre.leggauss(N_POINT)
    level: Floats = start + (1.0 - start) * 0.5 * (1.0 + point)
    p = np.minimum(betaincinv(a, b + rest, level), 1.0 - 1e-15)
    inside = betainc(b, rest, np.minimum(most / (1.0 - p), 1.0))
    return float((1.0 - start) * 0.5 * np.sum(weight * inside))
