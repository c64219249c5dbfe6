"""The common columns beside the levels: drift and season."""

import numpy as np

from simdesign.fit.panel import Panel
from simdesign.fit.priors import BreakPriors
from simdesign.fit.season import N_HARMONIC, harmonics
from simdesign.records import Floats


def regressors(panel: Panel, priors: BreakPriors) -> Floats:
    """Return drift, then slots or harmonics and New Year, (i, q).

    Fixed slots have an effect each. Campaigns that move through the year have two harmonics
    instead and, where some of their days lie at New Year, an effect of such a day.
    """
    columns = []
    if priors.drift_sd > 0:
        columns.append(panel.time)
    if panel.n_slot > 1 and priors.slot_sd > 0:
        columns += [(panel.slot == slot).astype(float) for slot in range(panel.n_slot)]
    if panel.moves and priors.harmonic_sd > 0:
        columns += list(harmonics(panel.middle).T)
    if _has_new_year(panel, priors):
        columns.append(panel.new_year)
    matrix = np.column_stack(columns) if columns else np.zeros((panel.time.size, 0))
    return np.ascontiguousarray(matrix)


def regressor_ridge(panel: Panel, priors: BreakPriors) -> Floats:
    """Return the prior precisions of these columns, (q,); the drift is the first if it is there."""
    out = []
    if priors.drift_sd > 0:
        out.append(priors.drift_sd**-2)
    if panel.n_slot > 1 and priors.slot_sd > 0:
        out += [priors.slot_sd**-2] * panel.n_slot
    if panel.moves and priors.harmonic_sd > 0:
        out += [priors.harmonic_sd**-2] * (2 * N_HARMONIC)
    if _has_new_year(panel, priors):
        out.append(priors.new_year_sd**-2)
    return np.array(out)


def _has_new_year(panel: Panel, priors: BreakPriors) -> bool:
    return bool(panel.moves and priors.new_year_sd > 0 and panel.new_year.any())
