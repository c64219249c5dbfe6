"""Plain series as observations: one site, one load a campaign; the national log is the series."""

import numpy as np

from fit import panels
from simdesign.fit import build


def observations(logs):
    """Return observations whose national log level is ``logs``, (r, year) or (r, year, slot)."""
    logs = np.asarray(logs, dtype=float)
    table = logs[:, :, None] if logs.ndim == 2 else logs
    where = panels.visits(1, table.shape[1], rounds=table.shape[2])
    load = np.exp(table).reshape(table.shape[0], -1)[:, :, None] * np.ones(7)
    return panels.observe(where, load)


def fitted(spec, logs):
    """Return the fit of a rule to series, with a look a year."""
    seen = observations(logs)
    return build("rule", spec).fit(seen, panels.looks(np.asarray(logs).shape[1]), "cocaine")


def noise(n_rep, n_year, seed=3, sd=0.1):
    return 6.0 + sd * np.random.default_rng(seed).standard_normal((n_rep, n_year))
