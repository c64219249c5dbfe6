"""What the national trend is made of: users, purity, and use per head (docs/streams.md)."""

import numpy as np

from simdesign._kernels.trend_share import follow_trend
from simdesign.records import Floats
from simdesign.spec.streams import SubstanceStreams


def add_trend(
    parts: SubstanceStreams,
    nation: Floats,
    origin: int,
    ceiling: float,
    users: Floats,
    purity: Floats,
) -> None:
    """Let numbers of users and purity follow their shares of drift and walk, in place.

    The load follows the whole trend whatever the shares are, so no load changes. What would carry
    purity above its ceiling is use per head instead.

    Parameters
    ----------
    parts : SubstanceStreams
    nation : ndarray, shape (t,)
        National log trend: drift and walk [1].
    origin : int
        Index of the programme's first day: users and purity are as stated there.
    ceiling : float
        Of purity [1].
    users, purity : ndarray, shape (t,), changed
    """
    follow_trend(nation, origin, parts.trend_in_users, users)
    follow_trend(nation, origin, parts.trend_in_purity, purity)
    np.minimum(purity, ceiling, out=purity)
