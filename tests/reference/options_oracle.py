"""Front, regret and value of information in plain loops and closed forms, without the package."""

import numpy as np
from scipy import optimize, stats


def front(points):
    """Return for every point whether no other is as small everywhere and smaller somewhere."""
    found = []
    for mine in points:
        beaten = False
        for other in points:
            no_worse = all(o <= x for o, x in zip(other, mine, strict=True))
            better = any(o < x for o, x in zip(other, mine, strict=True))
            beaten = beaten or (no_worse and better)
        found.append(not beaten)
    return found


def largest_regret(worth):
    """Return each design's largest regret; ``worth`` is scenario -> list by design."""
    n = len(worth[0])
    found = [0.0] * n
    for row in worth:
        for m in range(n):
            found[m] = max(found[m], max(row) - row[m])
    return found


def loss_of_programmes(changed, unchanged, w, f, pi, tau):
    """Return the mean loss, adding up what happens in each programme.

    ``changed``: (delay in years or None, whether the alarm came before the change);
    ``unchanged``: whether there was an alarm.
    """
    total = 0.0
    for delay, premature in changed:
        late = tau if premature or delay is None else min(delay, tau)
        total += pi * (w * late + (f if premature else 0.0)) / len(changed)
    for alarm in unchanged:
        total += (1.0 - pi) * (f if alarm else 0.0) / len(unchanged)
    return total


def one_look(delta, saved, f, pi):
    """Return threshold and value of one look at N(delta, 1), or N(0, 1) when nothing changed.

    An alarm saves ``saved`` euro when something changed and loses ``f`` when not: the best
    threshold is where the odds of the two densities pay for it.
    """
    limit = delta / 2.0 + np.log((1.0 - pi) * f / (pi * saved)) / delta
    value = pi * saved * stats.norm.sf(limit - delta) - (1.0 - pi) * f * stats.norm.sf(limit)
    found = optimize.minimize_scalar(
        lambda c: -(pi * saved * stats.norm.sf(c - delta) - (1.0 - pi) * f * stats.norm.sf(c)),
        bounds=(-8.0, 8.0), method="bounded", options={"xatol": 1e-10},
    )  # fmt: skip
    assert abs(found.x - limit) < 1e-6
    return limit, value
