"""The box "my municipality": what two yearly weeks of one place can say, by its size.

The log ratio of two weeks a year apart is d = Delta + e, with the real change Delta of the place
and the noise e of both weeks, normal given a draw of the standard deviations (docs/leeuwarden.md,
(1) to (3), `fit.two_weeks.parts`). Averaged over the shipped posterior draws of Dutch cities:

- by chance alone, 95 % of the ratios lie within exp(+-q), with P(|e| > q) = 0.05;
- the +-10 % rule flags P(d < log 0.9 or d > log 1.1), with Delta = 0 or as places drift and walk,
  Delta ~ N(drift, walks), no break;
- of these flags P(log 0.9 < Delta < log 1.1 | flag) are about a change of less than 10 %.
"""

import math
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtr

from simdesign.errors import StoreError
from simdesign.fit import CityModel, NoiseDraws, TwoWeeks, parts
from simdesign.report.folder import Folder
from simdesign.report.likelihood import word
from simdesign.report.numbers import NARROW, grouped, number, percent
from simdesign.report.tables import Table
from simdesign.report.texts import Texts
from simdesign.spec.catalogue import catalogue_entries
from simdesign.spec.estimator import ExactCity
from simdesign.spec.plugged import plugged_noise
from simdesign.spec.shipped import ShippedDraws, shipped_draws
from simdesign.stored import PublishedPaths, read_published_table

CLASSES = (
    (0, 20_000, 10_000), (20_000, 50_000, 35_000), (50_000, 150_000, 100_000),
    (150_000, 400_000, 250_000), (400_000, 0, 700_000),
)  # fmt: skip
"""Inhabitants served: from, below (0: no end), and the number reckoned with."""
RULE = (math.log(0.9), math.log(1.1))
_DRIFT_SITE = 0.10
"""SD of a place's drift against the nation's [1/year], docs/local.md (1)."""
_NODES = 61
_STUDIED = 105_000
"""Inhabitants of the city of that study, about."""
_Z95 = 1.96
_STUDY = PublishedPaths(Path("results") / "local_break")


@dataclass(frozen=True, slots=True, kw_only=True)
class Town:
    """What two weeks a year apart say about a place of one size."""

    population: int
    half_width: float
    """Of the 95 % range of the log ratio when nothing changes [1]."""
    flagged_noise: float
    """P(the rule flags | nothing changed)."""
    flagged_drift: float
    """P(the rule flags), when places drift and walk."""
    little: float
    """P(the real change is below 10 % | flagged), when places drift and walk."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TownClass:
    """One size of place as the page shows it."""

    number: int
    label: str
    lines: tuple[str, ...]


@cache
def town(substance: str, population: int) -> Town:
    """Return what two yearly weeks say; the draws are those of the first shipped estimate."""
    draws = _draws(substance)
    load = _entry(f"{substance}.level")
    weeks = TwoWeeks(before=load, after=load, years=1.0, population=float(population))
    found = parts(weeks, draws, _model())
    noise = np.sqrt(found.shared + found.noise)

    def outside(q: float) -> float:
        return float(np.mean(2.0 * ndtr(-q / noise))) - 0.05

    half = float(brentq(outside, 1e-6, 10.0))
    real = np.sqrt(found.nation + found.own[:, 0])  # the first component has no break
    node, weight = np.polynomial.legendre.leggauss(_NODES)
    # the real change on equal pieces of its own six standard deviations, split at the rule's ends
    ends = [
        found.drift - 6.0 * real,
        *(np.full_like(real, x) for x in RULE),
        found.drift + 6 * real,
    ]
    small, large = 0.0, 0.0
    for piece, (a, b) in enumerate(pairwise(ends)):
        low = np.clip(a, ends[0], ends[-1])
        high = np.clip(b, ends[0], ends[-1])
        x = 0.5 * (low + high)[:, None] + 0.5 * (high - low)[:, None] * node
        z = (x - found.drift[:, None]) / real[:, None]
        density = np.exp(-0.5 * z * z) / (real[:, None] * math.sqrt(2.0 * math.pi))
        flag = _flagged(x, noise[:, None])
        mass = float(np.mean(np.sum(weight * density * flag, axis=1) * 0.5 * (high - low)))
        small, large = (small + mass, large) if piece == 1 else (small, large + mass)
    return Town(
        population=population, half_width=half,
        flagged_noise=float(np.mean(_flagged(np.zeros_like(noise), noise))),
        flagged_drift=small + large, little=small / (small + large),
    )  # fmt: skip


def _flagged(real: Any, noise: Any) -> Any:
    """Return P(the rule flags) given the real change and the noise of the difference."""
    return ndtr((RULE[0] - real) / noise) + ndtr((real - RULE[1]) / noise)


def _draws(substance: str) -> NoiseDraws:
    table = shipped_draws(substance)[0]
    columns = {name: np.array(values) for name, values in table.fields.items()}
    n = table.n_draw
    plugged = plugged_noise(substance)
    stated = {"drift_site": _DRIFT_SITE, "day_count": plugged.count_noise}
    columns |= {name: np.full(n, value) for name, value in stated.items() if name not in columns}
    return NoiseDraws(**{name: columns[name] for name in NoiseDraws.__dataclass_fields__})


def _model() -> CityModel:
    spec = ExactCity()
    return CityModel(
        hazard=spec.hazard, kinds=(spec.kinds.step, spec.kinds.slope, spec.kinds.both),
        step_sd=spec.step_sd, slope_sd=spec.slope_sd, r_lab=spec.r_lab, nugget=spec.nugget,
    )  # fmt: skip


def _entry(name: str) -> float:
    found = next(item.value for item in catalogue_entries() if item.name == name)
    if isinstance(found, tuple):
        raise TypeError(f"{name} must be one number")
    return found


def town_view(folder: Folder, own: Texts) -> dict[str, Any] | None:
    """Return the box in one language; None without measured draws of the first substance.

    ``own`` are those of the adviser's page.
    """
    substance = folder.substances[0] if folder.substances else ""
    estimate: ShippedDraws | None = next(iter(shipped_draws(substance)), None)
    if estimate is None:
        return None
    name = Texts(own.lang).substance(substance)
    rows = [town(substance, size) for _, _, size in CLASSES]
    said = zip(CLASSES, rows, strict=True)
    share = _entry(f"practice.flagged_2024.{substance}")
    return {
        "intro": own("town.intro", substance=name, name=estimate.name),
        "classes": [
            TownClass(number=n, label=_label(ends, own), lines=_lines(item, own))
            for n, (ends, item) in enumerate(said)
        ],
        "table": _table(rows, own),
        "why": own(
            "town.why", share=number(100 * share, own.lang, 0), substance=name,
            noise=_noises(rows, own),
        ),
        "size": own("town.size") if _alike(rows) else "",
        "study": _study_line(folder, own),
    }  # fmt: skip


def _alike(rows: list[Town]) -> bool:
    """Return whether the chance of a flag differs by less than 5 of 100 between the sizes."""
    found = [item.flagged_noise for item in rows]
    return max(found) - min(found) < 0.05


def _noises(rows: list[Town], own: Texts) -> str:
    """Return how often the rule flags an unchanged place: a number, or the range over sizes."""
    found = sorted({round(100.0 * item.flagged_noise) for item in rows})
    if len(found) == 1:
        return str(found[0])
    return own("town.between", low=str(found[0]), high=str(found[-1]))


def _label(ends: tuple[int, int, int], own: Texts) -> str:
    low, high = (grouped(n, own.lang) for n in ends[:2])
    if not ends[0]:
        return own("town.below", high=high)
    return own("town.between", low=low, high=high) if ends[1] else own("town.above", low=low)


def _range(item: Town, lang: str) -> tuple[str, str]:
    low, high = math.expm1(-item.half_width), math.expm1(item.half_width)
    said = (number(100.0 * x, lang, 0, sign=True) + f"{NARROW}%" for x in (low, high))
    return next(said), next(said)


def _lines(item: Town, own: Texts) -> tuple[str, ...]:
    lang = own.lang
    low, high = _range(item, lang)
    noise, flagged, little = (
        number(100.0 * x, lang, 0) for x in (item.flagged_noise, item.flagged_drift, item.little)
    )
    return (
        own("town.can", low=low, high=high),
        own("town.cannot", noise=noise, noise_word=word(item.flagged_noise, lang)),
        own("town.drift", flagged=flagged, little=little),
    )


def _table(rows: list[Town], own: Texts) -> Table:
    lang = own.lang
    cells = []
    for item in rows:
        low, high = _range(item, lang)
        shares = (item.flagged_noise, item.flagged_drift, item.little)
        cells.append(
            (
                grouped(item.population, lang), f"{low} \N{HORIZONTAL ELLIPSIS} {high}",
                *(number(100.0 * x, lang, 0) for x in shares),
            )
        )  # fmt: skip
    heads = ("choose", "range_head", "noise_head", "flagged_head", "little_head")
    return Table(
        caption=own("town.all"), columns=tuple(own(f"town.{key}") for key in heads),
        rows=tuple(cells),
    )  # fmt: skip


def _study_line(folder: Folder, own: Texts) -> str:
    """Return what the committed study of one city found; empty where it is not in sight."""
    import csv

    for parent in (*folder.path.resolve().parents, Path()):
        place = parent / _STUDY.measures
        if place.is_file():
            break
    else:
        return ""
    wanted = {
        "estimator": "in_this_city", "measure": "power", "horizon": "3", "size": "0.47",
        "sigma_rw_site": "0.09", "threshold": "operating", "compared_with": "", "budget": "0.1",
    }  # fmt: skip
    try:
        rows = list(csv.DictReader(read_published_table(place).splitlines()))
    except (StoreError, OSError):
        return ""
    found = {
        row.get("design", ""): (float(row["value"]), float(row["mcse"]))
        for row in rows
        if all(row.get(key) == value for key, value in wanted.items())
    }
    if not {"annual", "quarterly"} <= found.keys():
        return ""
    lang, said = own.lang, {}
    for key, design in (("one", "annual"), ("four", "quarterly")):
        share, mcse = found[design]
        for end, x in (("", share), ("_low", share - _Z95 * mcse), ("_high", share + _Z95 * mcse)):
            said[key + end] = number(100.0 * min(max(x, 0.0), 1.0), lang, 0)
        said[f"{key}_word"] = word(share, lang)
    people = grouped(_STUDIED, lang)
    return own("town.study", size=percent(0.47, lang), people=people, **said)
