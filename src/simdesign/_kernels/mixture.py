"""Normal mixtures with an atom at zero."""

import math

from simdesign._kernels._jit import njit

TOLERANCE = 1e-5
"""Of a quantile of a log effect."""


@njit
def mixture_cdf(x, weight, mean, sd):
    """Return the distribution function of a normal mixture whose weights need not sum to one."""
    total = 0.0
    for m in range(weight.size):
        if weight[m] > 0.0:
            total += weight[m] * 0.5 * math.erfc((mean[m] - x) / (sd[m] * math.sqrt(2.0)))
    return total


@njit
def mixture_quantile(level, atom, weight, mean, sd):
    """Return a quantile of ``atom`` at zero plus a normal mixture, to 1e-5.

    The weights and the atom add up to one. False position with the Illinois rule, which halves
    the value kept at an end that stays; after each step that gains little, a bisection.
    """
    below = mixture_cdf(0.0, weight, mean, sd)
    if below < level <= below + atom:
        return 0.0
    shift = atom if level > below else 0.0
    low = 0.0
    high = 0.0
    for m in range(weight.size):
        if weight[m] > 0.0:
            low = min(low, mean[m] - 9.0 * sd[m])
            high = max(high, mean[m] + 9.0 * sd[m])
    at_low = -level
    at_high = 1.0 - level
    if shift > 0.0 or below < level:
        low = 0.0
        at_low = below + shift - level
    else:
        high = min(high, 0.0)
        at_high = below - level
    side = 0
    while high - low > TOLERANCE:
        x = high - at_high * (high - low) / (at_high - at_low)
        margin = 0.05 * (high - low)
        if not low + 0.1 * TOLERANCE < x < high - 0.1 * TOLERANCE:
            x = min(max(x, low + margin), high - margin)
        width = high - low
        value = mixture_cdf(x, weight, mean, sd) + shift - level
        if value < 0.0:
            low, at_low = x, value
            if side == -1:
                at_high *= 0.5
            side = -1
        else:
            high, at_high = x, value
            if side == 1:
                at_low *= 0.5
            side = 1
        if high - low > 0.5 * width:
            x = 0.5 * (low + high)
            value = mixture_cdf(x, weight, mean, sd) + shift - level
            if value < 0.0:
                low, at_low = x, value
            else:
                high, at_high = x, value
            side = 0
    return 0.5 * (low + high)


@njit
def mixture_outside(limit, weight, mean, sd):
    """Return the probability of more than ``limit`` away from zero under a normal mixture."""
    total = 0.0
    for m in range(weight.size):
        if weight[m] > 0.0:
            scale = sd[m] * math.sqrt(2.0)
            total += (
                weight[m]
                * 0.5
                * (math.erfc((limit - mean[m]) / scale) + math.erfc((limit + mean[m]) / scale))
            )
    return total
