"""Short settings and small panels for the tests of the PyMC engines."""

from dataclasses import replace

import numpy as np

from fit import panels
from simdesign.fit import build
from simdesign.fit.pymc_fit import pymc_posterior
from simdesign.spec.estimator import ExactBreak
from simdesign.spec.pymc import Pymc, PymcRobust

SHORT = {"tune": 200, "draws": 800}
SHORTER = {"tune": 200, "draws": 400}
"""For the robust model, whose draws cost more."""


def last_look(n_year):
    looks = panels.looks(n_year)
    return replace(looks, day=looks.day[-1:].copy())


def level_break(seed=3, *, n_site=5, n_year=7, **visits):
    """Return a panel with a step of a quarter at two thirds of its time, and its only look."""
    where = panels.visits(n_site, n_year, **visits)
    day = panels.START + int(365.25 * n_year * 2 / 3)
    rng = np.random.default_rng(seed)
    return panels.draw(rng, where, 1, step=0.25, step_day=day), last_look(n_year)


def weeks(observations, looks, **own):
    return pymc_posterior(Pymc(sampling=SHORT, **own), observations, looks, "cocaine")


def days(observations, looks, **own):
    return pymc_posterior(PymcRobust(sampling=SHORTER, **own), observations, looks, "cocaine")


def exact(observations, looks, **own):
    return build("exact", ExactBreak(**own)).fit(observations, looks, "cocaine")
