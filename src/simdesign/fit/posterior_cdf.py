"""Posterior distribution functions of the exact engine, for checking it against drawn truths.

E's is read off the summed evidences. A standard deviation's needs its evidence by itself: the
engine runs with that one held at a value, the other two integrated as always (docs/model_check.md).
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from simdesign._kernels.break_design import Spans
from simdesign._kernels.break_scan import FIRST_BREAK, NONE, PULSE
from simdesign._kernels.break_summary import Prior
from simdesign._kernels.effect_cdf import effect_cdf
from simdesign.fit.evidence import between_sites, centred, national_path, summed_evidence
from simdesign.fit.exact import patterns
from simdesign.fit.hypotheses import Model, break_model
from simdesign.fit.panel import Panel, build_panel
from simdesign.fit.priors import BreakPriors, ExactSpec, break_priors
from simdesign.fit.quadrature import resolution, site_nodes
from simdesign.fit.site_weeks import SiteWeeks, site_weeks
from simdesign.records import Floats, Looks, Observations

SCALE_NAMES = ("sigma_shared", "sigma_rw", "sigma_site")


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectAt:
    """Where values of E lie in its posterior."""

    below: Floats  # (r, k) P(a break, and E at the look < the value)
    atom: Floats  # (r, k) P(no break)


def effect_at(parts: list["Part"], value: Floats) -> EffectAt:
    """Return the posterior distribution of E at the look, at ``value``, shape (r, k)."""
    below, atom = np.full(value.shape, np.nan), np.full(value.shape, np.nan)
    for part in parts:
        _, sums = part.run(part.priors)
        here = np.ascontiguousarray(value[part.rows])
        below[part.rows], atom[part.rows] = effect_cdf(
            sums, part.model.hypotheses.n_break, part.model.prior, here
        )
    return EffectAt(below=below, atom=atom)


def scale_evidence(parts: list["Part"], name: str, values: Floats) -> Floats:
    """Return the log evidence with one standard deviation held at each of some values.

    Parameters
    ----------
    parts : list of Part
    name : str
        One of ``SCALE_NAMES``.
    values : ndarray, shape (n,)

    Returns
    -------
    ndarray, shape (n, r, k)
        Up to a constant that does not depend on the standard deviation.
    """
    n_rep = sum(part.rows.size for part in parts)
    out = np.full((values.size, n_rep, parts[0].panel.n_observation.size), np.nan)
    for part in parts:
        between = None if name == "sigma_site" else part.between_sites()
        for i, value in enumerate(values.tolist()):
            own: dict[str, Any] = {name: float(value)}
            reference, sums = part.run(replace(part.priors, **own), between)
            out[i, part.rows] = reference + _log_total(sums, part.model)
    return out


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Replications that share their usable visits."""

    rows: np.ndarray
    panel: Panel
    model: Model
    y: Floats
    priors: BreakPriors

    def between_sites(self) -> Floats:
        """Return what the sites say about the site-week SD alone."""
        size = resolution(self.panel.times.size)
        grid = site_nodes(self.priors.sigma_site, size.site_spacing, size.site_refinement)
        return between_sites(self.panel, self.y, grid)

    def run(self, priors: BreakPriors, between: Floats | None = None) -> tuple[Floats, Floats]:
        """Return the summed evidences of all hypotheses under some priors of the SDs."""
        return summed_evidence(
            self.panel, self.y, national_path(self.panel, priors), self.model.hypotheses,
            _no_spans(self.model.spans), priors, resolution(self.panel.times.size), between,
        )  # fmt: skip


def posterior_parts(
    spec: ExactSpec, observations: Observations, looks: Looks, substance: str
) -> list[Part]:
    """Prepare the data of some replications for ``effect_at`` and ``scale_evidence``."""
    priors = break_priors(spec, substance)
    reduced: SiteWeeks = site_weeks(observations, substance, priors.day_noise)
    parts = []
    for rows in patterns(reduced):
        first = rows[0]
        panel = build_panel(
            observations.visits, reduced.usable[first], reduced.variance[first], looks,
            nugget=priors.nugget,
        )  # fmt: skip
        parts.append(
            Part(
                rows=rows, panel=panel, model=break_model(panel, looks, priors),
                y=centred(panel, reduced.mean[rows]), priors=priors,
            )
        )  # fmt: skip
    return parts


def _no_spans(spans: Spans) -> Spans:
    """Return no span at all: the change of the trend is not wanted, and costs as much as E."""
    return Spans(
        ramp=np.ascontiguousarray(spans.ramp[:, :0]),
        length=np.ascontiguousarray(spans.length[:, :0]),
        regressors=np.ascontiguousarray(spans.regressors[:, :0]),
        breaks=np.ascontiguousarray(spans.breaks[:, :0]),
    )


def _log_total(sums: Floats, model: Model) -> Floats:
    """Return the log of the evidence of everything that may have happened, (r, k)."""
    prior: Prior = model.prior
    z = sums[:, :, 0]
    out = np.zeros(z.shape[:2])
    for k, n in enumerate(model.hypotheses.n_break.tolist()):
        calm = prior.none[k] + prior.unseen_pulse[k] + prior.hidden[k].sum()
        out[:, k] = (
            z[:, k, NONE] * calm
            + z[:, k, PULSE]
            + z[:, k, FIRST_BREAK : FIRST_BREAK + n].sum(axis=1)
        )
    found: Floats = np.log(out)
    return found
