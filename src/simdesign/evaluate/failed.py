"""What measures could be if failed replications had not failed: bounds, no assumption.

A failed fit raises no alarm, and a measure counts it so. It might have raised one. The two ends:
every failed replication is silent, or raises its alarm at the first look that could know of the
break. Thresholds stay as they are set (failed null programmes count as silent there).
"""

from dataclasses import replace

import numpy as np

from simdesign.evaluate.detection import Alarms
from simdesign.evaluate.measure import Measure
from simdesign.records import Bools


def silent(alarms: Alarms, failed: Bools) -> Alarms:
    """Return the alarms with every failed replication, (r,), silent."""
    none = alarms.delay.shape[1] - 1
    return replace(alarms, look=np.where(failed, none, alarms.look))


def heard(alarms: Alarms, failed: Bools) -> Alarms:
    """Return the alarms with every failed replication, (r,), heard as early as it may count."""
    first = np.argmin(alarms.premature, axis=1)  # the column of "no alarm" is never premature
    return replace(alarms, look=np.where(failed, first, alarms.look))


def share_bounds(value: Measure, n_failed: int) -> tuple[float, float]:
    """Return the ends of a share that leaves failed replications out: all misses, all hits."""
    total = value.n_rep + n_failed
    if not total:
        return 0.0, 1.0
    hits = value.value * value.n_rep if value.n_rep else 0.0
    return hits / total, (hits + n_failed) / total
