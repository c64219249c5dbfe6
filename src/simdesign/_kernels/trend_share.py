"""What a share of the national trend makes of a series."""

import math

from simdesign._kernels._jit import njit


@njit
def follow_trend(nation, origin, share, out):
    r"""Multiply a series by a share of the national log trend, in place.

    .. math:: x_t \mathrel{\cdot}= e^{\,q\,(G_t - G_{t_0})}

    Parameters
    ----------
    nation : ndarray of float64, shape (n_day,)
        National log trend: drift and walk [1].
    origin : int
        Index of the day on which the series is not changed.
    share : float
        Share q of the trend [1].
    out : ndarray of float64, shape (n_day,)
        Changed.
    """
    for t in range(out.size):
        out[t] *= math.exp(share * (nation[t] - nation[origin]))
