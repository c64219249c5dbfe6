"""The world model in PyMC, and how it is sampled.

The only file of ``estimate`` that imports PyMC, PyTensor or ArviZ. The model is explained
in docs/estimating.md. It is compiled once a process: its data are shared variables of any length
and its parameters one vector, so that one compiled function serves every substance, country and
selection of years.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from typing import Any

import numpy as np
import pymc as pm
import pytensor
import pytensor.tensor as pt
from arviz_stats.base import array_stats
from pytensor.graph import clone_replace
from threadpoolctl import threadpool_limits

from simdesign.estimate.priors import LEVEL_SD, NAMES, POOLED, WEEKDAY_SD, Family
from simdesign.fit import finite_density, nutpie_chains
from simdesign.records import Bools, Floats

JITTER = 0.3
"""Spread of the chains' starting points, in prior SDs."""


# ---------------------------------------------------------------------------- the model


def hyperparameters(x: Any, d: Mapping[str, Any]) -> tuple[dict[str, Any], Any]:
    r"""Return every hyperparameter by name, and the log density of the coordinates.

    A half-normal scale :math:`\sigma=b e^x` has log density :math:`x-\tfrac12 e^{2x}`, the others
    :math:`-\tfrac12x^2`.
    """
    family, scale, spread = d["prior_family"], d["prior_scale"], d["prior_spread"]
    half = pt.eq(family, float(Family.HALF_NORMAL))
    value = pt.switch(
        half,
        scale * pt.exp(x),
        pt.switch(
            pt.eq(family, float(Family.LOG_NORMAL)),
            scale * pt.exp(spread * x),
            pt.switch(
                pt.eq(family, float(Family.NORMAL)),
                scale + spread * x,
                pt.sigmoid(scale + spread * x),
            ),
        ),
    )
    density = pt.switch(half, x - 0.5 * pt.exp(2.0 * x), -0.5 * pt.sqr(x)).sum()
    return {name: value[i] for i, name in enumerate(NAMES)}, density


def log_normal_cdf(x: Any) -> Any:
    r"""Return :math:`\log\Phi(x)`; below -8 by its asymptotic series, within 1e-4 relative."""
    near, far = pt.maximum(x, -8.0), pt.minimum(x, -8.0)
    r = 1.0 / pt.sqr(far)
    series = pt.log1p(-r * (1.0 - 3.0 * r * (1.0 - 5.0 * r)))
    tail = -0.5 * pt.sqr(far) - pt.log(-far) - 0.5 * np.log(2.0 * np.pi) + series
    return pt.switch(x < -8.0, tail, pt.log(0.5 * pt.erfc(-near / np.sqrt(2.0))))


def mixture_log_density(x: Any, share: Any, ratio: Any) -> Any:
    r"""Return the log of :math:`(1-\pi)\varphi(x)+\pi\varphi(x/k)/k`, up to :math:`\log 2\pi/2`."""
    regular = pt.log1p(-share) - 0.5 * pt.sqr(x)
    odd = pt.log(share) - pt.log(ratio) - 0.5 * pt.sqr(x / ratio)
    return pt.logaddexp(regular, odd)


def mixture_log_cdf(x: Any, share: Any, ratio: Any) -> Any:
    r"""Return the log of :math:`(1-\pi)\Phi(x)+\pi\Phi(x/k)`."""
    return pt.logaddexp(
        pt.log1p(-share) + log_normal_cdf(x), pt.log(share) + log_normal_cdf(x / ratio)
    )


class _Places:
    """Hands out consecutive pieces of a vector of symbolic length."""

    def __init__(self, vector: Any) -> None:
        self.vector, self.start = vector, pt.constant(0)

    def take(self, *shape: Any) -> Any:
        size = shape[0] * (shape[1] if len(shape) > 1 else 1)
        piece = self.vector[self.start : self.start + size]
        self.start = self.start + size
        return piece if len(shape) == 1 else piece.reshape(shape)


def world_model(data: Mapping[str, np.ndarray]) -> tuple[pm.Model, dict[str, Any], list[Any]]:
    """Build the model.

    Returns
    -------
    model : Model
    outputs : dict
        What is kept of every draw.
    variables : list
        The three vectors of parameters: hyperparameters, standard normals, errors of weeks.
    """
    with pm.Model() as model:
        d = {name: pm.Data(name, value) for name, value in data.items()}
        n_week = d["week_site"].shape[0]
        n_site, n_cell = d["site_country"].shape[0], d["cell_country"].shape[0]
        n_country = d["country_axis"].shape[0]
        x = pm.Flat("hyper", shape=len(NAMES))
        n_normal = (
            6 + n_country * (len(POOLED) + 8) + 9 * n_site + 2 * n_cell + n_week
        )  # fmt: skip
        z = pm.Normal("normal", 0.0, 1.0, shape=n_normal)
        u = pm.Normal("week", 0.0, 1.0, shape=n_week)
        h, density = hyperparameters(x, d)
        pm.Potential("prior", density)

        places = _Places(z)
        mean_week = WEEKDAY_SD * places.take(6)
        spread = pt.stack([h[f"spread_{name}"] for name in POOLED])
        base = pt.stack(
            [h[n] for n in ("sigma_shared", "sigma_rw", "sigma_rw_site", "sigma_site", "day_scale")]
        )
        scales = base * pt.exp(spread * places.take(n_country, len(POOLED)))  # (k, pooled)
        drift = h["drift"] + h["drift_country"] * places.take(n_country)
        odd_logit = pt.log(h["odd_share"]) - pt.log1p(-h["odd_share"])
        odd = pt.sigmoid(odd_logit + h["odd_country"] * places.take(n_country))
        country_week = mean_week + h["weekday_country"] * places.take(n_country, 6)
        level = d["site_centre"] + LEVEL_SD * places.take(n_site)
        site_drift = h["drift_site"] * places.take(n_site)
        day_site = pt.exp(h["day_site"] * places.take(n_site))
        site_week = country_week[d["site_country"]] + h["weekday_site"] * places.take(n_site, 6)
        step, shared = places.take(n_cell), places.take(n_cell)
        city_step = places.take(n_week)

        of = d["site_country"][d["week_site"]]
        cell_scale = scales[d["cell_country"]]
        path = pt.cumsum(cell_scale[:, 1] * d["cell_root_gap"] * step)
        path = path - path[d["cell_first"]]
        shared_sd = pt.sqrt(
            pt.sqr(cell_scale[:, 0]) + d["cell_noisy"] * pt.sqr(h["era_shared"]) + 1e-12
        )
        city = pt.cumsum(scales[of, 2] * d["week_root_gap"] * city_step)
        city = city - city[d["week_first"]]
        slope = drift[of] + site_drift[d["week_site"]]
        expected = (
            level[d["week_site"]]
            + slope * d["week_time"]
            + (path + shared_sd * shared)[d["week_cell"]]
            + city
        )
        week_sd = pt.sqrt(pt.sqr(scales[of, 3]) + d["week_noisy"] * pt.sqr(h["era_site"]))
        week_level = expected + week_sd * u

        factor = pt.switch(d["week_noisy"] > 0, h["era_day"], 1.0)
        ordinary = scales[of, 4] * day_site[d["week_site"]] * factor
        day_sd = pt.sqrt(pt.sqr(ordinary) + h["count"] / d["week_grams"])
        profile = site_week @ d["basis"].T  # (s, 7)
        ratio = 1.0 + h["odd_excess"]

        def residual(part: str) -> Any:
            week = d[f"{part}_week"]
            own = profile[d["week_site"][week], d[f"{part}_weekday"]]
            return d[f"{part}_value"] - week_level[week] - own

        clear = residual("clear")

        def innovation(part: str, own: Any) -> tuple[Any, Any]:
            gap = d[f"{part}_gap"]
            r = pt.switch(gap > 0, pt.exp(gap * pt.log(h["day_rho"])), 0.0)
            sd = day_sd[d[f"{part}_week"]] * pt.sqrt(1.0 - pt.sqr(r))
            return (own - r * clear[d[f"{part}_before"]]) / sd, pt.log(sd).sum()

        scaled, log_sd = innovation("clear", clear)
        share = odd[of]
        days = mixture_log_density(scaled, share[d["clear_week"]], ratio).sum() - log_sd
        pm.Potential("clear_days", days)
        below, _ = innovation("below", residual("below"))
        days = mixture_log_cdf(below, share[d["below_week"]], ratio).sum()
        pm.Potential("days_below", days)

        # means over several days: one number each, with the variance of a mean of such days
        week = d["mean_week"]
        own = (d["mean_days"] * profile[d["week_site"][week]]).sum(axis=1)
        correlation = pt.exp(np.arange(7.0) * pt.log(h["day_rho"]))
        tails = 1.0 + share[week] * (pt.sqr(ratio) - 1.0)
        mean_sd = day_sd[week] * pt.sqrt(tails * (d["mean_apart"] * correlation).sum(axis=1))
        scaled = (d["mean_value"] - week_level[week] - own) / mean_sd
        clear_mean = -0.5 * pt.sqr(scaled) - pt.log(mean_sd)
        means = pt.switch(d["mean_below"] > 0, log_normal_cdf(scaled), clear_mean)
        pm.Potential("means", means.sum())

    outputs = {
        "hyper": pt.stack([h[name] for name in NAMES]),
        "scales": scales.ravel(),
        "drift_of": drift,
        "odd_of": odd,
        "weekday_of": (country_week @ d["basis"].T).ravel(),
        "site_profile": profile.ravel(),
        "site_day_factor": day_site,
        "week_level": week_level,
        "shared_of": shared_sd * shared,
    }
    return model, outputs, [x, z, u]


# ---------------------------------------------------------------------------- compiled once


@dataclass(frozen=True, slots=True)
class Compiled:
    """The model and its functions of the vector of parameters; its data can be replaced."""

    model: pm.Model
    density: Callable[[Floats], list[Any]]  # log density, gradient
    outputs: Callable[[Floats], list[Floats]]  # terms as in ``names``
    names: tuple[str, ...]

    def set_data(self, data: Mapping[str, np.ndarray]) -> None:
        """Replace the data; every length is free."""
        for name, value in data.items():
            shared = self.model[name]
            shared.set_value(np.ascontiguousarray(value, dtype=shared.type.dtype))


_COMPILED: list[Compiled] = []


def compiled(data: Mapping[str, np.ndarray]) -> Compiled:
    """Return the model with these data; it is compiled when it is first asked for."""
    if _COMPILED:
        _COMPILED[0].set_data(data)
        return _COMPILED[0]
    model, outputs, variables = world_model(
        {name: np.ascontiguousarray(value) for name, value in data.items()}
    )
    vector = pt.dvector("parameters")
    values = [model.rvs_to_values[variable] for variable in variables]
    log_density = model.logp()
    gradient = pt.concatenate([pt.grad(log_density, value) for value in values])
    n_hyper, n_level = len(NAMES), model["week_site"].shape[0]
    end = vector.shape[0] - n_level
    pieces = [vector[:n_hyper], vector[n_hyper:end], vector[end:]]
    places = {
        value: pt.specify_shape(piece, value.type.shape)
        for value, piece in zip(values, pieces, strict=True)
    }
    terms = model.replace_rvs_by_values(list(outputs.values()))
    log_density, gradient, *terms = clone_replace([log_density, gradient, *terms], places)
    with pytensor.config.change_flags(numba__fastmath=False):
        _COMPILED.append(
            Compiled(
                model=model,
                density=pytensor.function([vector], [log_density, gradient], trust_input=True),
                outputs=pytensor.function([vector], terms, trust_input=True),
                names=tuple(outputs),
            )
        )
    return _COMPILED[0]


# ---------------------------------------------------------------------------- sampling


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampler:
    """How long is sampled."""

    draws: int = 500
    tune: int = 800
    chains: int = 2
    target_accept: float = 0.9


@dataclass(frozen=True, slots=True, kw_only=True)
class Samples:
    """What the sampler gives: chains of every output."""

    terms: Mapping[str, Floats]  # name -> (chain, draw, ...)
    divergent: Bools  # (chain, draw)


def sample(
    data: Mapping[str, np.ndarray], n_normal: int, how: Sampler, luck: np.random.Generator
) -> Samples:
    """Sample the posterior of one substance.

    Parameters
    ----------
    data : mapping
        From :func:`model_arrays`.
    n_normal : int
        Number of standard normal coordinates.
    how : Sampler
    luck : Generator
        Everything random comes from it.
    """
    run = _with_nutpie if find_spec("nutpie") else _with_pymc
    with threadpool_limits(limits=1):
        model = compiled(data)
        sizes = (len(NAMES), n_normal, data["week_site"].size)
        parameters, divergent = run(model, sizes, how, luck)
        flat = parameters.reshape(-1, parameters.shape[-1])
        rows = [model.outputs(np.ascontiguousarray(x)) for x in flat]
    shape = parameters.shape[:2]
    terms = {
        name: np.stack([row[i] for row in rows]).reshape(*shape, -1)
        for i, name in enumerate(model.names)
    }
    return Samples(terms=terms, divergent=divergent)


def _starts(sizes: tuple[int, ...], how: Sampler, luck: np.random.Generator) -> Floats:
    starts = JITTER * luck.standard_normal((how.chains, sum(sizes)))
    starts[:, : sizes[0]] -= 0.5  # half-normal scales begin below their prior's
    return np.asarray(starts)


def _with_nutpie(
    model: Compiled, sizes: tuple[int, ...], how: Sampler, luck: np.random.Generator
) -> tuple[Floats, Bools]:
    """Sample with nutpie, which calls the compiled function of PyMC's model."""
    return nutpie_chains(
        finite_density(model.density), _starts(sizes, how, luck), draws=how.draws, tune=how.tune,
        target_accept=how.target_accept, luck=luck,
    )  # fmt: skip


def _with_pymc(
    model: Compiled, sizes: tuple[int, ...], how: Sampler, luck: np.random.Generator
) -> tuple[Floats, Bools]:
    """Sample with PyMC's own NUTS."""
    starts = [
        dict(zip(("hyper", "normal", "week"), np.split(x, np.cumsum(sizes)[:2]), strict=True))
        for x in _starts(sizes, how, luck)
    ]
    tree = pm.sample(
        draws=how.draws, tune=how.tune, chains=how.chains, cores=1, model=model.model,
        initvals=starts, target_accept=how.target_accept, progressbar=False,
        compute_convergence_checks=False, random_seed=int(luck.integers(2**31)),
    )  # fmt: skip
    posterior = tree["posterior"]
    points = [posterior[name].to_numpy() for name in ("hyper", "normal", "week")]
    return np.concatenate(points, axis=2), tree["sample_stats"]["diverging"].to_numpy()


def diagnostics(series: Floats) -> tuple[Floats, Floats]:
    """Return R-hat and bulk effective sample size of quantities, shape (chain, draw, quantity)."""
    moved = np.moveaxis(series, 2, 0)
    return (
        np.array([float(array_stats.rhat(x)) for x in moved]),
        np.array([float(array_stats.ess(x, method="bulk")) for x in moved]),
    )


@cache
def versions() -> dict[str, str]:
    """Return the versions of the sampling libraries."""
    from importlib import metadata

    names = ("pymc", "pytensor", "nutpie", "numpy")
    return {name: metadata.version(name) for name in names if find_spec(name)}
