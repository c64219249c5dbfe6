"""Evidence of every pair of breaks at one node of the standard deviations."""

import math

import numpy as np

from simdesign._kernels._jit import njit
from simdesign._kernels.state_space import cholesky, forward_solve


@njit
def pair_log_factors(information, score):
    r"""Return the log Bayes factor of every pair of items against no break, (item, item).

    An item has two columns, scaled so that their coefficients are N(0, 1) (docs/long_series.md,
    equation 2): with :math:`K` the information of both items' four columns, :math:`r` their scores

    .. math:: \log B = -\tfrac12\log|I + K| + \tfrac12 r'(I + K)^{-1} r

    Parameters
    ----------
    information : ndarray, shape (2 n_item, 2 n_item)
        Given the common columns; rows and columns of item ``a`` are ``2a`` and ``2a + 1``.
    score : ndarray, shape (2 n_item,)

    Returns
    -------
    ndarray, shape (n_item, n_item)
        Upper triangle with its diagonal; zero below.
    """
    n_item = score.size // 2
    out = np.zeros((n_item, n_item))
    matrix = np.zeros((4, 4))
    right = np.zeros((4, 1))
    place = np.zeros(4, dtype=np.int64)
    for a in range(n_item):
        for b in range(a, n_item):
            place[0], place[1] = 2 * a, 2 * a + 1
            place[2], place[3] = 2 * b, 2 * b + 1
            for i in range(4):
                for j in range(i + 1):
                    matrix[i, j] = information[place[i], place[j]]
                matrix[i, i] = max(matrix[i, i], 0.0) + 1.0  # rounding may leave -1e-16
                right[i, 0] = score[place[i]]
            value = -0.5 * cholesky(matrix, 4)
            forward_solve(matrix, right, 4, 1)
            for i in range(4):
                value += 0.5 * right[i, 0] * right[i, 0]
            out[a, b] = value if math.isfinite(value) else -np.inf
    return out
