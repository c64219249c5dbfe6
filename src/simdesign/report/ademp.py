"""What the study did, in ADEMP form, and where its numbers come from."""

import math
import shlex
from typing import Any

from simdesign.report.departures import departure_words
from simdesign.report.estimates import estimate_rows
from simdesign.report.folder import Folder
from simdesign.report.names import design_names, estimator_names
from simdesign.report.numbers import general, number
from simdesign.report.protocol import registered, standing
from simdesign.report.texts import Texts
from simdesign.spec.breaks import BreakModel, GeneralBreakModel
from simdesign.spec.estimator import DEFAULT_PRIORS
from simdesign.spec.quantity import HalfNormal, LogNormal

_VERSIONS = ("wbe-simdesign", "numpy", "numba", "llvmlite", "scipy", "pyarrow", "pydantic")
_SCALES = ("sigma_shared", "sigma_rw", "sigma_site")


def ademp_rows(folder: Folder, texts: Texts) -> list[tuple[str, str]]:
    """Return aims, data-generating mechanisms, estimands, methods and performance measures."""
    study = folder.study
    size = study.size(folder.size)
    counts = _counts(folder)
    scenarios = list(study.scenarios(folder.size))
    factors = study.factors if size.factors is None else size.factors
    said = "; ".join(
        f"{path}: {', '.join(_level(value, texts) for value in levels)}"
        for path, levels in factors.items()
    )
    departed = (f"{name} ({departure_words(item)})" for name, item in study.departures.items())
    said = "; ".join(item for item in (said, *departed) if item)
    designs = ", ".join(
        f"{label} ({name})" if name not in label else label
        for name, label in design_names(study, texts).items()
    )
    estimators = estimator_names(study, texts)
    rows = [
        (texts("ademp.aims"), study.aims),
        (
            texts("ademp.dgm"),
            texts(
                "ademp.dgm_text",
                n=len(scenarios),
                substances=", ".join(map(texts.substance, folder.substances)),
                catchments=len(study.world.catchments),
                factors=said or "\N{EN DASH}",
                **counts,
            ),
        ),
        (texts("ademp.estimands"), texts("ademp.estimands_text")),
        (
            texts("ademp.methods"),
            texts(
                "ademp.methods_text",
                designs=designs,
                estimators=", ".join(estimators.values()),
                judging=estimators[folder.judging],
            ),
        ),
        (texts("ademp.performance"), texts("ademp.performance_text")),
    ]
    spec = study.estimators[folder.judging]
    if isinstance(spec, BreakModel):
        rows.append((texts("ademp.priors"), _priors(spec, folder, texts)))
    return rows


_ROLES = {"null": "null_mixture", "null_world": "null_world", "alternative": "alternative"}


def _counts(folder: Folder) -> dict[str, str]:
    """Return the replications of each role; a range where adaptive numbers differ."""
    size, fixed = folder.study.size(folder.size), folder.manifest.get("replications")
    if not isinstance(fixed, dict):
        return {name: str(fixed if fixed else getattr(size, name)) for name in _ROLES}
    found: dict[str, list[int]] = {role: [] for role in _ROLES.values()}
    for scenario in folder.study.scenarios(folder.size):
        found[scenario.role].append(fixed.get(scenario.name, 0))
    said = {}
    for name, role in _ROLES.items():
        low, high = min(found[role], default=0), max(found[role], default=0)
        said[name] = str(low) if low == high else f"{low}\N{EN DASH}{high}"
    return said


def _target_options(target: dict[str, Any] | None) -> str:
    """Return the options of an adaptive run."""
    if target is None:
        return ""
    if target["mcse"] is None:
        words = " --settle"
    else:
        words = f" --mcse {target['mcse']:g}"
        words += "".join(f" --of {text}" for text in target["measures"])
        words += " --paired" if target["paired"] else ""
    return f"{words} --limit {target['limit']}"


def _protocol(folder: Folder, texts: Texts) -> str:
    """Return whether a protocol was registered and the results are what it announced."""
    found = None if folder.protocol is None else registered(folder.protocol)
    if found is None:
        return texts("provenance.protocol_none")
    key = standing(folder.protocol, folder.study, folder.size, folder.manifest)
    return texts(f"provenance.protocol_{key}", hash=found.hash, size=found.size)


def _precision(folder: Folder, texts: Texts) -> list[tuple[str, str]]:
    """Return what adaptive replications were to reach, and what was spent."""
    if folder.precision is None or not folder.precision.get("rounds"):
        return []
    target, rounds = folder.precision["target"], folder.precision["rounds"]
    last, limit = rounds[-1], str(target["limit"])
    if target["mcse"] is None:
        planned = texts("provenance.settle_text", limit=limit)
    else:
        measures = ", ".join(target["measures"])
        kind = "provenance.paired_text" if target["paired"] else "provenance.mcse_text"
        wanted = general(target["mcse"], texts.lang)
        planned = texts(kind, mcse=wanted, measures=measures, limit=limit)
    spent = texts(
        "provenance.spent_text",
        spent=str(sum(last["spent"].values())),
        borders=str(len(rounds)),
        open=str(len(last["open"])),
        asked=str(last["asked"]),
    )
    return [(texts("provenance.planned"), planned), (texts("provenance.spent"), spent)]


def _level(value: object, texts: Texts) -> str:
    numeric = isinstance(value, int | float) and not isinstance(value, bool)
    return general(float(value), texts.lang) if numeric else str(value)  # type: ignore[arg-type]


def _priors(spec: BreakModel, folder: Folder, texts: Texts) -> str:
    lang = texts.lang
    scales = []
    for substance in folder.substances:
        for name in _SCALES:
            prior = getattr(spec, name)
            prior = DEFAULT_PRIORS[substance][name] if prior is None else prior
            if isinstance(prior, HalfNormal):
                text = f"HalfN({general(prior.scale, lang)})"
            elif isinstance(prior, LogNormal):
                median, spread = general(prior.median, lang), general(prior.log_sd, lang)
                text = f"LogN({median}; {spread})"
            else:
                text = general(float(prior), lang)
            scales.append(f"{texts.substance(substance)} {name} {text}")
    ten_years = 1.0 - math.exp(-10.0 * spec.hazard)
    text = texts(
        "ademp.priors_text",
        hazard=number(ten_years, lang, 2),
        step=general(spec.step_sd, lang),
        drift=general(spec.drift_sd, lang),
        scales="; ".join(scales),
    )
    if not isinstance(spec, GeneralBreakModel):
        return text
    kinds = {kind: general(getattr(spec.kinds, kind), lang) for kind in ("step", "slope", "both")}
    return (
        text
        + " "
        + texts(
            "ademp.kinds_text",
            **kinds,
            slope_sd=general(spec.slope_sd, lang),
            pulse=general(spec.pulse_hazard, lang),
            days=str(spec.pulse_days),
        )
    )


def provenance_rows(folder: Folder, texts: Texts) -> list[tuple[str, str]]:
    """Return study hash, seed, sizes, versions, hashes, date and command."""
    manifest, study = folder.manifest, folder.study
    origin = manifest.get("provenance", {})
    counts = _counts(folder)
    command = f"simdesign run study.toml --size {shlex.quote(folder.size)}"
    if isinstance(fixed := manifest.get("replications"), int):
        command += f" --replications {fixed}"
    command += _target_options(manifest.get("target"))
    versions = [f"{name} {origin[name]}" for name in _VERSIONS if name in origin]
    if "python" in origin:
        versions.insert(0, f"Python {origin['python']}")
    shown = folder.digest or texts("provenance.digest_command")
    return [
        (texts("provenance.study"), study.name),
        (texts("provenance.hash"), str(manifest.get("study_hash", study.hash()))),
        (texts("provenance.seed"), str(study.seed)),
        (texts("provenance.size"), texts("provenance.sizes_text", size=folder.size, **counts)),
        *_precision(folder, texts),
        *estimate_rows(folder, texts),
        (texts("provenance.protocol"), _protocol(folder, texts)),
        (texts("provenance.command"), command),
        (texts("provenance.date"), folder.written),
        (texts("provenance.digest"), shown),
        (texts("provenance.code"), _code(manifest, origin)),
        (texts("provenance.kernels"), str(origin.get("kernels", "\N{EN DASH}"))),
        (texts("provenance.versions"), ", ".join(versions) or "\N{EN DASH}"),
    ]


def _code(manifest: dict[str, object], origin: dict[str, str]) -> str:
    commit = origin.get("commit", "")
    found = str(manifest.get("code", "\N{EN DASH}"))
    return f"{found} (commit {commit})" if commit and commit != "unknown" else found
