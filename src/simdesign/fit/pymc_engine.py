"""The break model in PyMC, and how it is sampled.

The only file of ``fit`` that imports PyMC, PyTensor or ArviZ; it is imported when such an estimator
is built. The model and the choices behind it are explained in docs/pymc.md.

A model is compiled once a process. Its data are shared variables of any length and its parameters
one vector, so one compiled function serves every panel, prior and look, and nutpie and PyMC's own
NUTS alike.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import arviz_base
import numpy as np
import pymc as pm
import pytensor
import pytensor.tensor as pt
from arviz_stats.base import array_stats
from numpy.polynomial.legendre import leggauss
from pymc.blocking import RaveledVars
from pymc.step_methods.hmc.quadpotential import QuadPotentialDiagAdapt
from pytensor.graph import clone_replace
from threadpoolctl import threadpool_limits

from simdesign.fit.nutpie_chains import Density, OutsideError, finite_density, nutpie_chains
from simdesign.fit.pymc_data import HALF_NORMAL
from simdesign.fit.pymc_summary import Diagnostics, Draws
from simdesign.records import Floats
from simdesign.spec.pymc import Sampling

SHARED, WALK, SITE, DAY_SCALE, DEGREES = range(5)
"""Places in the vector of scale parameters; site-week models have the first three."""
TAIL_NODES = 32
"""Nodes of the integral behind the logarithm of Student's distribution function."""
JITTER = 0.3
"""Spread of the chains' starting points, in prior or approximate posterior SDs."""


# ---------------------------------------------------------------------------- the model


def scale_variances(z: Any, family: Any, scale: Any, spread: Any) -> Any:
    r"""Return squared scale parameters: :math:`a^2z^2` (half-normal) or :math:`a^2e^{2bz}`."""
    half = pt.sqr(scale * z)
    return pt.switch(pt.eq(family, HALF_NORMAL), half, pt.sqr(scale) * pt.exp(2.0 * spread * z))


def national(variance: Any, mean: Any, d: Mapping[str, Any]) -> dict[str, Any]:
    r"""Return the log likelihood of site-week means given variances, hypothesis by hypothesis.

    Levels of the sites (flat), walk, shared error, drift and season are integrated out, and so are
    the amplitudes of each hypothesis. With weights :math:`w_{cq} = 1/(\sigma_{site}^2 + v_{cq})`,

    .. math::
        Q = \operatorname{diag}(w 1) - w \operatorname{diag}(1/1'w)\, w', \quad
        r = (w \circ y)1 - w\,\frac{(w \circ y)'1}{1'w}, \quad
        G = (I + KQ)^{-1} K, \quad M = Q - QGQ

    a column :math:`x` of the national path has score :math:`s = x'(r - QGr)` and information
    :math:`x'Mx`.

    Returns
    -------
    dict
        ``base``, the log likelihood without anything happening; per hypothesis its
        ``log_factor``, the posterior means of its amplitudes, and the variance of its contribution
        to the national level at the look.
    """
    w = d["seen"] / (variance[SITE] + d["noise"])
    total = w.sum(axis=0)
    wy = w * mean
    share = w / total
    one = d["identity"]
    q = one * w.sum(axis=1) - w @ share.T
    r = wy.sum(axis=1) - share @ wy.sum(axis=0)
    k = variance[SHARED] * d["shared"] + variance[WALK] * d["walk"] + d["fixed"]
    mixed = one + k @ q
    g = pt.linalg.solve(mixed, k)
    log_det = pt.linalg.slogdet(mixed)[1]
    gr = g @ r
    square = (wy * mean).sum() - (pt.sqr(wy.sum(axis=0)) / total).sum() - (r * gr).sum()
    log_weight = pt.log(pt.switch(d["seen"] > 0, w, 1.0)).sum()
    base = 0.5 * (log_weight - pt.log(total).sum() - log_det - square)

    left = r - q @ gr  # what site levels, walk and shared error leave of the data
    reduced = q - q @ g @ q
    x, v = d["first"], d["second"]
    mx, mv = reduced @ x, reduced @ v
    s, t = left @ x, left @ v
    p, c, u = (x * mx).sum(axis=0), (x * mv).sum(axis=0), (v * mv).sum(axis=0)
    a, b = pt.sqr(d["first_sd"]), pt.sqr(d["second_sd"])
    det = (1.0 + a * p) * (1.0 + b * u) - a * b * pt.sqr(c)
    m = a * ((1.0 + b * u) * s - b * c * t) / det  # posterior means of the two amplitudes
    n = b * ((1.0 + a * p) * t - a * c * s) / det
    e, f = d["first_gain"], d["second_gain"]
    spread = a * (1.0 + b * u) * e**2 + b * (1.0 + a * p) * f**2 - 2.0 * a * b * c * e * f
    return {
        "base": base,
        "log_factor": -0.5 * pt.log(det) + 0.5 * (m * s + n * t),
        "first_mean": m,
        "second_mean": n,
        "effect_variance": spread / det,
    }


def student_log_cdf(x: Any, degrees: Any) -> Any:
    r"""Return the log of Student's distribution function, accurate far into the lower tail.

    With :math:`t = -\sqrt\nu\cot\psi` the density is :math:`\propto\sin^{\nu-1}\psi`, so

    .. math:: F(x) = \frac{\Gamma((\nu+1)/2)}{\sqrt\pi\,\Gamma(\nu/2)}
              \int_0^{\psi(x)} \sin^{\nu-1}\psi\,d\psi,\quad
              \psi(x) = \operatorname{atan2}(\sqrt\nu, -x)

    by a Gauss-Legendre rule in :math:`u`, :math:`\psi = \psi(x)u^2`; within 1e-5 for up to 60
    degrees of freedom. Unlike the incomplete beta function it has a derivative in both arguments.
    """
    node, weight = leggauss(TAIL_NODES)
    u, w = 0.5 * (node + 1.0), 0.5 * weight
    psi = pt.arctan2(pt.sqrt(degrees), -x)[:, None]
    log_terms = (degrees - 1.0) * pt.log(pt.sin(psi * u**2)) + pt.log(2.0 * psi * u * w)
    constant = pt.gammaln(0.5 * (degrees + 1.0)) - pt.gammaln(0.5 * degrees)
    return constant - 0.5 * np.log(np.pi) + pt.logsumexp(log_terms, axis=1)


def week_model(data: Mapping[str, np.ndarray]) -> tuple[pm.Model, dict[str, Any], list[Any]]:
    """Build the model of site-week means; three standard deviations are its only parameters."""
    with pm.Model() as model:
        d = {name: pm.Data(name, value) for name, value in data.items()}
        z = pm.Normal("z", 0.0, 1.0, shape=3)
        variance = scale_variances(z, d["family"], d["scale"], d["spread"])
        terms = national(variance, d["mean"], d)
        _mixture(terms, d)
    return model, {"scales": pt.sqrt(variance), **terms}, [(z, 3)]


def day_model(data: Mapping[str, np.ndarray]) -> tuple[pm.Model, dict[str, Any], list[Any]]:
    """Build the robust model: site-week levels and weekdays are parameters, days Student-t."""
    with pm.Model() as model:
        d = {name: pm.Data(name, value) for name, value in data.items()}
        n_visit = d["level_centre"].shape[0]
        z = pm.Normal("z", 0.0, 1.0, shape=5)
        weekday = pm.Normal("weekday", 0.0, 1.0, shape=6)
        u = pm.Flat("level", shape=n_visit)
        variance = scale_variances(z, d["family"], d["scale"], d["spread"])
        scales = pt.sqrt(variance)
        level = d["level_centre"] + d["level_spread"] * u
        mean = pt.zeros_like(d["seen"])
        mean = pt.set_subtensor(mean[d["level_cell"], d["level_site"]], level)
        terms = national(variance, mean, d)
        _mixture(terms, d)
        profile = d["weekday_basis"] @ weekday
        degrees = scales[DEGREES]

        def residual(part: str) -> tuple[Any, Any]:
            sd = scales[DAY_SCALE] * d[f"{part}_sd"]
            expected = level[d[f"{part}_level"]] + profile[d[f"{part}_weekday"]]
            return (d[f"{part}_value"] - expected) / sd, pt.log(sd).sum()

        clear, log_sd = residual("clear")
        noise = pm.StudentT.dist(nu=degrees, mu=0.0, sigma=1.0)
        pm.Potential("clear_days", pm.logp(noise, clear).sum() - log_sd)
        pm.Potential("days_below_loq", student_log_cdf(residual("below")[0], degrees).sum())
    outputs = {"scales": scales, "weekday": profile, **terms}
    return model, outputs, [(z, 5), (weekday, 6), (u, n_visit)]


def _mixture(terms: dict[str, Any], d: Mapping[str, Any]) -> None:
    """Add the likelihood with hypothesis and date summed out, and note the terms of the sum."""
    terms["log_joint"] = d["log_prior"] + terms.pop("log_factor")
    base = terms.pop("base")
    pm.Potential("site_weeks", base + pt.logsumexp(terms["log_joint"]))
    terms["log_joint"] = terms["log_joint"] - pt.logsumexp(terms["log_joint"])


# ---------------------------------------------------------------------------- compiled once


@dataclass(frozen=True, slots=True)
class Compiled:
    """A model and its function of the vector of parameters; its data can be replaced."""

    model: pm.Model
    function: Callable[[Floats], list[Floats]]  # log density, gradient, terms as in ``names``
    names: tuple[str, ...]

    def set_data(self, data: Mapping[str, np.ndarray]) -> None:
        """Replace the data; every length is free."""
        for name, value in data.items():
            shared = self.model[name]
            # PyMC keeps integers short; another order of an array's numbers would be compiled anew.
            shared.set_value(np.ascontiguousarray(value, dtype=shared.type.dtype))


_MODELS = {"weeks": week_model, "days": day_model}
_COMPILED: dict[str, Compiled] = {}


def compiled(kind: str, data: Mapping[str, np.ndarray]) -> Compiled:
    """Return a model with these data; it is compiled when it is first asked for."""
    if kind in _COMPILED:
        _COMPILED[kind].set_data(data)
        return _COMPILED[kind]
    # Without PyTensor's fast arithmetic: with it, what comes from the disk cache and what has just
    # been compiled differ in the last bits, and chains then part.
    with pytensor.config.change_flags(numba__fastmath=False):
        model = _compile(*_MODELS[kind]({n: np.ascontiguousarray(v) for n, v in data.items()}))
        start = np.full(n_parameters(data), 0.1)
        model.function(start)  # machine code is made at the first call
    _COMPILED[kind] = model
    return model


def n_parameters(data: Mapping[str, np.ndarray]) -> int:
    """Return the length of the vector of parameters: scales, then weekdays and levels of visits."""
    n_visit = data["level_centre"].size if "level_centre" in data else -6
    return int(data["scale"].size) + 6 + n_visit


def _compile(model: pm.Model, outputs: dict[str, Any], sizes: list[tuple[Any, Any]]) -> Compiled:
    vector = pt.dvector("parameters")
    values = [model.rvs_to_values[variable] for variable, _ in sizes]
    log_density = model.logp()
    gradient = pt.concatenate([pt.grad(log_density, value).ravel() for value in values])
    places, start = {}, pt.constant(0)
    for value, (_, size) in zip(values, sizes, strict=True):
        places[value] = pt.specify_shape(vector[start : start + size], value.type.shape)
        start = start + size
    expressions = model.replace_rvs_by_values(list(outputs.values()))
    log_density, gradient, *terms = clone_replace([log_density, gradient, *expressions], places)
    return Compiled(
        model=model,
        # one function for density and terms: each more costs as much time to compile again
        function=pytensor.function([vector], [log_density, gradient, *terms], trust_input=True),
        names=tuple(outputs),
    )


# ---------------------------------------------------------------------------- sampling


def sample(
    kind: str, data: Mapping[str, np.ndarray], how: Sampling, luck: np.random.Generator
) -> Draws:
    """Sample one fit.

    Parameters
    ----------
    kind : str
        ``weeks`` or ``days``.
    data : mapping
        Arrays as named in the model.
    how : Sampling
    luck : Generator
        Everything random comes from it; the same generator and data give the same draws.
    """
    model = compiled(kind, data)
    n = n_parameters(data)
    starts = JITTER * luck.standard_normal((how.chains, n))
    run = _with_nutpie if find_spec("nutpie") else _with_pymc
    with threadpool_limits(limits=1):  # also so that sums do not depend on free processors
        parameters, divergent = run(model, starts, how, luck)
        rows = [model.function(x)[2:] for x in parameters.reshape(-1, n)]
    shape = parameters.shape[:2]
    terms = {
        name: np.stack([row[i] for row in rows]).reshape(*shape, -1)
        for i, name in enumerate(model.names)
    }
    return Draws(parameters=parameters, divergent=divergent, **terms)


def _with_nutpie(
    model: Compiled, starts: Floats, how: Sampling, luck: np.random.Generator
) -> tuple[Floats, np.ndarray]:
    """Sample with nutpie, which calls the compiled function of PyMC's model."""
    return nutpie_chains(
        finite_density(model.function), starts, draws=how.draws, tune=how.tune,
        target_accept=how.target_accept, luck=luck,
    )  # fmt: skip


def _with_pymc(
    model: Compiled, starts: Floats, how: Sampling, luck: np.random.Generator
) -> tuple[Floats, np.ndarray]:
    """Sample with PyMC's own NUTS, stepping it by hand so that nothing is compiled again."""
    chains = []
    density = finite_density(model.function)
    for start, seed in zip(starts, luck.integers(2**63, size=how.chains), strict=True):
        rng = np.random.default_rng(seed)
        point = model.model.initial_point()
        step = pm.NUTS(
            model=model.model, rng=rng, initial_point=point, target_accept=how.target_accept,
            potential=QuadPotentialDiagAdapt(
                start.size, np.zeros(start.size), np.ones(start.size), 10, rng=rng.spawn(1)[0]
            ),
            logp_dlogp_func=_AsPymcWants(density),
        )  # fmt: skip
        x, draws, divergent = RaveledVars(start, ()), [], []
        for number in range(how.tune + how.draws):
            if number == how.tune:
                step.stop_tuning()
            x, (stats,) = step.astep(x)
            if number >= how.tune:
                draws.append(x.data)
                divergent.append(stats["diverging"])
        chains.append((np.stack(draws), np.array(divergent, dtype=bool)))
    return np.stack([x for x, _ in chains]), np.stack([d for _, d in chains])


class _AsPymcWants:
    """Dresses a compiled density as the object that PyMC's step methods take."""

    dtype = "float64"
    _raveled_inputs = True
    _extra_vars_shared: Mapping[str, Any] = {}

    def __init__(self, density: Density) -> None:
        self.density = density

    def _pytensor_function(self, x: Floats) -> tuple[float, Floats]:
        try:
            return self.density(x)
        except OutsideError:
            return -np.inf, np.zeros_like(x)


# ---------------------------------------------------------------------------- diagnostics


def diagnose(draws: Draws, is_break: np.ndarray) -> Diagnostics:
    """Return R-hat, effective sample sizes and divergences of what is reported.

    Standard deviations that are given have no diagnostics; nor has a P(break) that is the same in
    every draw.
    """
    prob = np.exp(draws.log_joint[:, :, is_break]).sum(axis=2)
    series = np.concatenate([draws.scales, prob[:, :, None]], axis=2).transpose(2, 0, 1)
    moving = series[np.ptp(series, axis=(1, 2)) > 1e-12]
    ess_prob, mcse_prob = np.inf, 0.0
    if np.ptp(prob) > 1e-12:
        ess_prob = float(array_stats.ess(prob, method="mean"))
        mcse_prob = float(array_stats.mcse(prob, method="mean"))
    if not len(moving):
        return Diagnostics(
            r_hat=1.0, ess_bulk=np.inf, ess_tail=np.inf, ess_prob=ess_prob, mcse_prob=mcse_prob,
            divergent=float(draws.divergent.mean()),
        )  # fmt: skip
    return Diagnostics(
        r_hat=float(np.max(array_stats.rhat(moving))),
        ess_bulk=float(np.min(array_stats.ess(moving, method="bulk"))),
        ess_tail=float(np.min(array_stats.ess(moving, method="tail", prob=(0.05, 0.95)))),
        ess_prob=ess_prob,
        mcse_prob=mcse_prob,
        divergent=float(draws.divergent.mean()),
    )


def data_tree(
    posterior: Mapping[str, np.ndarray], divergent: np.ndarray, notes: Mapping[str, Any]
) -> Any:
    """Return draws as the DataTree that ArviZ opens."""
    tree = arviz_base.from_dict(
        {"posterior": dict(posterior), "sample_stats": {"diverging": divergent}}
    )
    tree.attrs.update(notes)
    return tree
