"""Where the noise of two weeks comes from: stated priors, a world, or posterior draws in a file."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from simdesign.errors import DataError, SpecError
from simdesign.fit import CityModel, NoiseDraws
from simdesign.records import Floats
from simdesign.seeds import Purpose, stream
from simdesign.spec.draws import SHIPPED, shipped_estimates
from simdesign.spec.estimator import DEFAULT_PRIORS, DRIFT_PRIOR, SITE_WALK_PRIORS, ExactCity
from simdesign.spec.plugged import plugged_noise
from simdesign.spec.quantity import Draws, HalfNormal, LogNormal, Normal, Parameter, draw

SCALES = ("sigma_shared", "sigma_site", "sigma_rw")
"""Columns that a file of draws must have."""
OTHERS = ("sigma_rw_site", "drift", "drift_site", "day_sd", "day_rho", "day_count")
"""Columns that it may have; the priors stand in for the others."""
CITY_DRIFT_SD = 0.10
"""SD of a city's drift against the nation's [1/year], as in docs/local.md (1)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Noise:
    """Draws, the model beside them, and what to say about their origin."""

    draws: NoiseDraws
    model: CityModel
    source: str  # "prior", "world" or "file"
    name: str  # of the file or world
    priors: dict[str, str]  # column -> its prior or number, for columns that no file gave


def city_model(spec: ExactCity | None = None) -> CityModel:
    """Return the break model of one city with the engine's default priors."""
    found = ExactCity() if spec is None else spec
    return CityModel(
        hazard=found.hazard,
        kinds=(found.kinds.step, found.kinds.slope, found.kinds.both),
        step_sd=found.step_sd,
        slope_sd=found.slope_sd,
        r_lab=found.r_lab,
        nugget=found.nugget,
    )


def default_priors(substance: str) -> dict[str, Parameter]:
    """Return column -> prior: analysis priors of the SDs, design prior of the drift."""
    plugged = plugged_noise(substance)
    found = {name: DEFAULT_PRIORS[substance][name] for name in SCALES}
    return {
        **found,
        "sigma_rw_site": SITE_WALK_PRIORS[substance],
        "drift": DRIFT_PRIOR[substance],
        "drift_site": CITY_DRIFT_SD,
        "day_sd": plugged.day_sd,
        "day_rho": plugged.rho,
        "day_count": plugged.count_noise,
    }


def prior_noise(substance: str, n: int, seed: int) -> Noise:
    """Return draws from the stated priors."""
    priors = default_priors(substance)
    return Noise(
        draws=NoiseDraws(**_drawn(priors, n, seed)), model=city_model(),
        source="prior", name="", priors=_words(priors),
    )  # fmt: skip


def world_noise(file: Path, substance: str, n: int, seed: int) -> Noise:
    """Return draws of a study file's world."""
    from simdesign.spec.study import Study

    world = Study.from_toml(file).world
    if substance not in world.substances:
        rule = f"must be one of {', '.join(world.substances)} of the world"
        raise SpecError("--substance", substance, rule, str(file))
    item = world.substances[substance]
    given: dict[str, Parameter] = {
        **default_priors(substance),  # a world's cities wander, and it has no count noise as such
        "drift_site": 0.0,
        **{name: getattr(item, name) for name in (*SCALES, *OTHERS) if hasattr(item, name)},
    }
    return Noise(
        draws=NoiseDraws(**_drawn(given, n, seed)), model=city_model(),
        source="world", name=file.name, priors=_words(given),
    )  # fmt: skip


def file_noise(file: Path, substance: str, seed: int) -> Noise:
    """Return the draws of a file (CSV or Parquet) with a row a draw, or of a shipped estimate.

    Raises
    ------
    DataError
        With the row, its field and the rule; the header is row 1.
    """
    if str(file) in shipped_estimates():
        file = SHIPPED / f"{file}.csv"
    table = _read(file)
    for name in SCALES:
        if name not in table:
            raise DataError(str(file), "columns", ", ".join(map(str, table)), f"must hold {name}")
    if "substance" in table:
        known = sorted(set(table["substance"].astype(str)))
        table = table[table["substance"].astype(str) == substance]
        if table.empty:
            raise DataError(str(file), "substance", substance, f"must be one of {', '.join(known)}")
    given = {name: _column(file, table, name) for name in (*SCALES, *OTHERS) if name in table}
    missing = {k: v for k, v in default_priors(substance).items() if k not in given}
    drawn = _drawn(default_priors(substance), len(table), seed)
    return Noise(
        draws=NoiseDraws(**{**drawn, **given}), model=city_model(),
        source="file", name=file.name, priors=_words(missing),
    )  # fmt: skip


def _read(file: Path) -> pd.DataFrame:
    try:
        if file.suffix == ".parquet":
            return pd.read_parquet(file)
        return pd.read_csv(file)
    except FileNotFoundError:
        rule = f"must exist, or be a shipped estimate ({', '.join(shipped_estimates())})"
        raise DataError(str(file), "file", file.name, rule) from None
    except (OSError, ValueError) as error:
        text = " ".join(str(error).split())[:80]
        raise DataError(str(file), "file", text, "must be a CSV or Parquet table") from None


def _column(file: Path, table: pd.DataFrame, name: str) -> Floats:
    values = pd.to_numeric(table[name], errors="coerce").to_numpy(dtype=float)
    good = np.isfinite(values)
    if name == "day_rho":
        good &= np.abs(values) < 1.0
    elif name != "drift":
        good &= values >= 0.0
    if not good.all():
        at = int(np.argmin(good))
        rule = {"drift": "must be a number", "day_rho": "must lie between -1 and 1"}
        raise DataError(
            str(file), name, str(table[name].iloc[at]), rule.get(name, "must be a number >= 0"),
            int(np.asarray(table.index)[at]) + 2,
        )  # fmt: skip
    return np.ascontiguousarray(values)


def _drawn(priors: dict[str, Parameter], n: int, seed: int) -> dict[str, Floats]:
    """Return n draws of every column, each from a stream of its own; joint draws share one."""
    found = {}
    for name, prior in priors.items():
        own = "draws" if isinstance(prior, Draws) else name
        rng = stream(seed, Purpose.PARAMETERS, f"two_weeks/{own}")
        found[name] = np.array([draw(prior, rng) for _ in range(n)])
    return found


def _words(priors: dict[str, Parameter]) -> dict[str, str]:
    return {name: _prior_text(prior) for name, prior in priors.items()}


def _prior_text(prior: Parameter) -> str:
    match prior:
        case HalfNormal():
            return f"HalfN({prior.scale:g})"
        case LogNormal():
            return f"LogN(median {prior.median:g}, log-SD {prior.log_sd:g})"
        case Normal():
            return f"N({prior.mean:g}, {prior.sd:g}²)"
        case Draws():
            return f"one of {len(prior.values)} joint draws"
        case float() | int():
            return f"{prior:g}"
    return str(prior)
