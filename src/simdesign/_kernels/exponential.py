"""Exponentials of whole arrays in plain arithmetic.

The compiler turns these loops into vector instructions, which a call of the C library's ``exp``
prevents, and the result does not depend on the machine's C library.
"""

import numpy as np

from simdesign._kernels._jit import njit

LOG2_E = 1.4426950408889634
LN2_HIGH = 0.6931471803691238  # ln 2 with its last 21 bits zero, so that k * LN2_HIGH is exact
LN2_LOW = 1.9082149292705877e-10
ROUNDER = 6755399441055744.0  # 1.5 * 2^52: adding it leaves the nearest integer in the low bits
LEAST = -700.0


@njit
def exp_into(x, n, out, work):
    r"""Write ``exp(x[:n])`` into ``out[:n]``; below -700 the value of -700.

    .. math:: e^x = 2^k e^r,\quad k = \mathrm{round}(x \log_2 e),\quad |r| \le \tfrac12\ln 2

    with the Taylor polynomial of degree 13 for :math:`e^r` (truncation below 2e-17).

    Parameters
    ----------
    x, out : ndarray of float64, at least ``n`` long
    n : int
    work : ndarray of float64, at least ``n`` long, changed
    """
    for i in range(n):
        work[i] = max(x[i], LEAST) * LOG2_E + ROUNDER
    for i in range(n):
        k = work[i] - ROUNDER
        r = (max(x[i], LEAST) - k * LN2_HIGH) - k * LN2_LOW
        p = 1.0 / 6227020800.0
        p = p * r + 1.0 / 479001600.0
        p = p * r + 1.0 / 39916800.0
        p = p * r + 1.0 / 3628800.0
        p = p * r + 1.0 / 362880.0
        p = p * r + 1.0 / 40320.0
        p = p * r + 1.0 / 5040.0
        p = p * r + 1.0 / 720.0
        p = p * r + 1.0 / 120.0
        p = p * r + 1.0 / 24.0
        p = p * r + 1.0 / 6.0
        p = p * r + 0.5
        p = p * r + 1.0
        out[i] = p * r + 1.0
    bits = work.view(np.int64)
    for i in range(n):  # the low bits hold k; as an exponent they are 2^k
        bits[i] = (bits[i] + 1023) << 52
    for i in range(n):
        out[i] *= work[i]
