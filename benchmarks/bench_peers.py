"""The exact engine's speed beside its peers', in one run: PyMC with nutpie, and Rbeast.

    python benchmarks/bench_peers.py [--fits 20] [--replications 500] [--native]

All times are processor seconds of one core, so that others who use the machine do little harm;
what is compiled is compiled before.

*Panels*: 20 sites in 10 annual campaigns, one look at the end, the same panels for both. The
exact engine (kind ``exact``, all that a fit reports) is used as in a study: many replications of
one design in one call. PyMC (kind ``pymc``, nutpie) takes them one by one, two chains of 500 +
1,000 draws. Medians of repeated calls and of fits count. ``--native`` adds the same model compiled
by nutpie itself: draws only, without P(break), and without its compilation, which takes several
times as long.

*At equal error*: PyMC's error of P(break) is its Monte Carlo standard error, root mean square
over the panels; the exact engine's is its quadrature error: the largest change over the panels
when its nodes are doubled in every dimension. PyMC's draws are scaled by the square of their
ratio, its tuning is not.

*Single series*: one site, 15 annual campaigns, one look. Rbeast (trend only, its default three
chains of 8,000) runs in a process of its own, as in a study; what that costs is not counted.
"""

import argparse
import platform
import statistics
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import numpy as np
from bench_engine import observations_of

from simdesign.fit import break_posterior, build, isolated
from simdesign.fit.pymc_engine import compiled, week_model
from simdesign.fit.pymc_fit import model_data, pymc_posterior
from simdesign.fit.rules.rbeast_rule import averaged
from simdesign.records import Looks, Observations
from simdesign.spec.estimator import ExactBreak, ExactSite
from simdesign.spec.pymc import Pymc, Sampling
from simdesign.spec.rules import Rbeast
from simdesign.spec.study import Programme

ANNUAL = {"kind": "fixed_weeks", "weeks": (11,)}
HOW = Sampling(chains=2, tune=500, draws=1000)
ONLY_EFFECTS = ("first_gain", "second_gain")
"""Data that the density does not depend on."""
BAR_PYMC, BAR_RBEAST = 2000.0, 100.0


def cpu(function: Callable[[], object]) -> float:
    """Return the processor time of one call [s]."""
    start = time.process_time()
    function()
    return time.process_time() - start


def usual(function: Callable[[], object], repetitions: int = 7) -> float:
    """Return the median processor time of one call [s]; the first, which compiles, is not timed."""
    function()
    return statistics.median(cpu(function) for _ in range(repetitions))


def at_end(programme: Programme) -> Looks:
    """Return one look at the end of a programme."""
    start = programme.start_day
    return Looks(
        day=np.array(programme.look_days)[-1:], report_lag=programme.report_lag,
        origin_day=start, start_day=start,
    )  # fmt: skip


def only(observations: Observations, r: int) -> Observations:
    """Return one replication."""
    return Observations(
        substances=observations.substances, sites=observations.sites,
        population=observations.population, reference_load=observations.reference_load,
        visits=observations.visits, load=observations.load[r : r + 1].copy(),
        censored=observations.censored[r : r + 1].copy(),
    )  # fmt: skip


def one_site(observations: Observations, years: int) -> Observations:
    """Return the first site's first so many campaigns."""
    visits = observations.visits
    mine = np.flatnonzero(visits.site == 0)[:years]
    names = ("site", "campaign", "slot", "batch", "year", "day", "history")
    columns = {name: getattr(visits, name)[mine] for name in names}
    return Observations(
        substances=observations.substances, sites=observations.sites[:1],
        population=observations.population[:1].copy(),
        reference_load=observations.reference_load[:, :1].copy(),
        visits=type(visits)(**columns, n_slot=visits.n_slot),
        load=np.ascontiguousarray(observations.load[:, :, mine]),
        censored=np.ascontiguousarray(observations.censored[:, :, mine]),
    )  # fmt: skip


def verdict(ratio: float, bar: float) -> str:
    """Return a ratio with what it is measured against."""
    return f"{ratio:12,.0f} times (bar {bar:,.0f}: {'PASS' if ratio >= bar else 'FAIL'})"


def against_pymc(n_fit: int, n_rep: int, native: bool) -> None:
    """Print the comparison on panels."""
    programme = Programme()
    looks, panel = at_end(programme), observations_of(programme, ANNUAL, n_rep)
    engine = build("exact", ExactBreak())
    exact = usual(lambda: engine.fit(panel, looks, "cocaine")) / n_rep
    spec = Pymc(sampling=HOW)
    pymc_posterior(spec, only(panel, 0), looks, "cocaine")
    seconds, mcse, quadrature, off = [], [], [], []
    for r in range(n_fit):
        mine = only(panel, r)
        start = time.process_time()
        found = pymc_posterior(spec, mine, looks, "cocaine")
        seconds.append(time.process_time() - start)
        assert found.diagnostics is not None
        expected = break_posterior(ExactBreak(), mine, looks, "cocaine")
        mcse.append(found.diagnostics.mcse_prob)
        quadrature.append(expected.quadrature_error)
        off.append(abs(expected.prob_break - found.summary.prob_break))
    sampled = statistics.median(seconds)
    error, quad = float(np.sqrt(np.mean(np.square(mcse)))), max(quadrature)
    draws = HOW.draws * (error / quad) ** 2
    equal = sampled * (HOW.tune + draws) / (HOW.tune + HOW.draws)
    print(
        f"panels, 20 sites x 10 campaigns ({n_rep} in a call of the exact engine, {n_fit} by PyMC)"
    )
    print(f"  exact                        {1 / exact:12,.0f} fits/s/core")
    print(f"  PyMC + nutpie                {1 / sampled:12,.3f} fits/s/core")
    print(f"  ratio per fit and core       {verdict(sampled / exact, BAR_PYMC)}")
    if native:
        alone = natively(spec, panel, looks, n_fit)
        print(f"  compiled by nutpie itself    {1 / alone:12,.3f} fits/s/core, draws only")
        print(f"  ratio to that                {verdict(alone / exact, BAR_PYMC)}")
    print(f"  error of P(break)            PyMC {error:.5f} (RMS MCSE), exact {quad:.5f} (largest)")
    print(f"  largest difference           {max(off):.5f}")
    print(
        f"  ratio at equal error         {equal / exact:12,.0f} times ({draws:,.0f} draws a chain)"
    )


def natively(spec: Pymc, panel: Observations, looks: Looks, n_fit: int) -> float:
    """Return the median processor time of nutpie's own compilation of the same model [s]."""
    import nutpie

    data = [model_data(spec, only(panel, r), looks, "cocaine")[0] for r in range(n_fit)]
    model, _, _ = week_model(data[0])
    machine = nutpie.compile_pymc_model(model, backend="numba")
    ours = compiled("weeks", data[0]).model
    names = {name: ours[name].type.dtype for name in data[0] if name not in ONLY_EFFECTS}
    seconds = []
    for item in data:
        machine = machine.with_data(**{name: item[name].astype(t) for name, t in names.items()})
        start = time.process_time()
        nutpie.sample(
            machine, draws=HOW.draws, tune=HOW.tune, chains=HOW.chains, cores=1, seed=1,
            progress_bar=False,
        )  # fmt: skip
        seconds.append(time.process_time() - start)
    return statistics.median(seconds)


def rbeast_seconds(x: np.ndarray, y: np.ndarray, spec: Rbeast) -> float:
    """Return the processor time of one series [s]; runs in a process of its own, as in a study."""
    return cpu(lambda: averaged(x, y, spec))


def against_rbeast(n_fit: int, n_rep: int) -> None:
    """Print the comparison on single series."""
    years = 15
    programme = Programme(years=years)
    looks = at_end(programme)
    series = one_site(observations_of(programme, ANNUAL, n_rep), years)
    level = np.log(series.load[:, 0].mean(axis=2))
    x, spec = np.arange(years, dtype=float), Rbeast()
    peer = statistics.median(
        isolated.call("bench_peers:rbeast_seconds", x, level[r], spec, seconds=60.0)
        for r in range(n_fit)
    )
    print(
        f"single series, {years} points ({n_rep} in a call of the exact engine, {n_fit} by Rbeast)"
    )
    print(f"  Rbeast                       {1 / peer:12,.2f} series/s/core")
    for kind in (ExactSite(), ExactBreak()):
        engine = build("exact", kind)
        seconds = usual(lambda e=engine: e.fit(series, looks, "cocaine")) / n_rep
        print(f"  {kind.kind:28s} {1 / seconds:12,.0f} series/s/core")
        print(f"  ratio per series             {verdict(peer / seconds, BAR_RBEAST)}")


def main() -> None:
    """Print both comparisons."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--fits", type=int, default=20)
    parser.add_argument("--replications", type=int, default=500)
    parser.add_argument("--native", action="store_true")
    options = parser.parse_args()
    names = ("numba", "pymc", "nutpie", "Rbeast")
    versions = ", ".join(f"{name} {version(name)}" for name in names)
    print(f"{processor()}, {platform.machine()}, Python {platform.python_version()}, {versions}")
    against_pymc(options.fits, options.replications, options.native)
    against_rbeast(options.fits, options.replications)


def processor() -> str:
    """Return the processor's name where the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        names = [line.partition(":")[2] for line in lines if line.startswith("model name")]
    except OSError:
        names = []
    return names[0].strip() if names else platform.processor() or "unknown processor"


if __name__ == "__main__":
    main()
