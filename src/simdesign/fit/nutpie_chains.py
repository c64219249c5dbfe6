"""Chains of nutpie's NUTS over a compiled density: the only file that calls nutpie.

It knows nothing of a model, so that the break model and the world model share it. nutpie is
imported when chains are asked for: it is optional.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from simdesign.records import Bools, Floats

Density = Callable[[Floats], tuple[float, Floats]]
"""Vector of parameters -> log density and its gradient."""


class OutsideError(ArithmeticError):
    """The density is not finite at a point: the step diverges and the chain goes on."""

    is_recoverable = True  # what nutpie looks for


def finite_density(function: Callable[[Floats], list[Any]]) -> Density:
    """Return the first two outputs of a compiled function as a density that is finite or raises."""

    def density(x: Floats) -> tuple[float, Floats]:
        value, gradient = function(x)[:2]
        if not (np.isfinite(value) and np.isfinite(gradient).all()):
            raise OutsideError("the log density is not finite")
        return float(value), gradient

    return density


def nutpie_chains(
    density: Density,
    starts: Floats,
    *,
    draws: int,
    tune: int,
    target_accept: float,
    luck: np.random.Generator,
) -> tuple[Floats, Bools]:
    """Sample one chain from every start, one after the other on one core.

    Parameters
    ----------
    density : callable
        From :func:`finite_density`.
    starts : ndarray, shape (chain, parameter)
    draws, tune : int
        Kept draws and steps of adaptation of a chain.
    target_accept : float
    luck : Generator
        Gives every chain its seed.

    Returns
    -------
    parameters : ndarray, shape (chain, draw, parameter)
    divergent : ndarray of bool, shape (chain, draw)
    """
    import nutpie
    from nutpie.compiled_pyfunc import from_pyfunc

    n = starts.shape[1]
    chains = []
    for start, seed in zip(starts, luck.integers(2**63, size=len(starts)), strict=True):
        target = from_pyfunc(
            n,
            make_logp_fn=lambda: density,
            make_expand_fn=lambda *_: lambda x: {"x": np.asarray(x)},
            expanded_dtypes=[np.dtype("float64")],
            expanded_shapes=[(n,)],
            expanded_names=["x"],
            make_initial_point_fn=lambda _, start=start: start.copy(),
        )
        raw = nutpie.sample(
            target, draws=draws, tune=tune, chains=1, cores=1, seed=int(seed),
            target_accept=target_accept, progress_bar=False, return_raw_trace=True,
        )  # fmt: skip
        points, stats = raw.get_arrow_trace()
        chains.append(_from_arrow(points, stats, n))
    return np.stack([x for x, _ in chains]), np.stack([d for _, d in chains])


def _from_arrow(points: list[Any], stats: list[Any], n: int) -> tuple[Floats, Bools]:
    import pyarrow

    kept = ~np.asarray(pyarrow.array(stats[0].column("tuning")).to_numpy(zero_copy_only=False))
    divergent = pyarrow.array(stats[0].column("diverging")).to_numpy(zero_copy_only=False)
    x = pyarrow.array(points[0].column("x")).flatten().to_numpy().reshape(-1, n)
    return x[kept], np.asarray(divergent)[kept]
