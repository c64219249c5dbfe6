"""An analysis in words and as plain data; every probability has its word on one fixed scale."""

import math
from functools import cache
from pathlib import Path
from typing import Any

from simdesign.records import Status
from simdesign.report import Texts, number
from simdesign.studies.analysis import Analysis, Series, years_between
from simdesign.studies.analysis_local import FEW_OTHERS
from simdesign.studies.analysis_reader import reader_lines
from simdesign.studies.analysis_sensitivity import sensitivity_line
from simdesign.units import date_of


@cache
def texts_of(lang: str) -> Texts:
    """Return the texts of this subject."""
    return Texts(lang, "analysis_texts.toml")


ENGLISH = texts_of("en")
VERDICTS = ((0.95, "p95"), (0.80, "p80"), (0.20, "p20"), (0.05, "p05"), (0.00, "p00"))
"""Lowest P(break) of each verdict; the same for every substance and place."""
SCALE = tuple((least, ENGLISH(f"verdict.{key}")) for least, key in VERDICTS)
"""The same in English words."""

KNOWS_LITTLE = 0.05
"""A posterior this close to its prior has learnt next to nothing."""

FIRST_QUIET_DUTCH_YEAR = 2017


def verdict(series: Series, texts: Texts = ENGLISH) -> str:
    """Return the verdict of one series on the fixed scale."""
    if series.posterior.status == Status.NOT_APPLICABLE:
        return texts("verdict.not_applicable")
    if not series.usable:
        return texts("verdict.nothing")
    return word(series.posterior.prob_break, texts)


def word(prob: float, texts: Texts = ENGLISH) -> str:
    """Return the word of P(break)."""
    return texts("verdict." + next(key for least, key in VERDICTS if prob >= least))


def shown_name(series: Series, texts: Texts) -> str:
    """Return the name of a series; the panel has one in each language."""
    return texts("names.panel") if series.site == "panel" else series.site


def shown_probability(series: Series) -> float:
    """Return P(break); the prior where the data say nothing, NaN where the engine declines."""
    if series.posterior.status == Status.TOO_LITTLE_DATA:
        return series.prior_prob
    return series.posterior.prob_break if series.usable else math.nan


def caveats(series: Series, texts: Texts = ENGLISH) -> list[str]:
    """Return what cannot be concluded from this series, and why."""
    if series.posterior.status == Status.NOT_APPLICABLE:
        return [texts("caveat.not_applicable", n=series.n_below_loq), *_about_pymc(series, texts)]
    if not series.usable:
        return [texts("caveat.too_few", n=series.n_campaigns), *_about_pymc(series, texts)]
    found = []
    lang = texts.lang
    moved = abs(series.posterior.prob_break - series.prior_prob)
    if moved < KNOWS_LITTLE:
        found.append(texts("caveat.hardly_moved", p=number(series.prior_prob, lang)))
    interval = series.likely_interval
    if interval is not None and series.posterior.prob_break >= VERDICTS[2][0]:
        share = interval[2] / series.posterior.prob_break
        if share < 0.5:
            found.append(texts("caveat.date_open", p=number(share, lang)))
    if series.posterior.effect_low < 0 < series.posterior.effect_high:
        found.append(texts("caveat.sign_open"))
    found += _about_several(series, texts) + _about_others(series, texts)
    if series.sensitivity:
        found.append(sensitivity_line(series.sensitivity, texts))
    if series.n_below_loq:
        found.append(texts("caveat.below_loq", n=series.n_below_loq))
    if series.noisy_years:
        text = texts("caveat.noisy", years=_years(series.noisy_years))
        if not math.isnan(series.prob_without_noisy):
            p = number(series.prob_without_noisy, lang)
            text = texts("caveat.without_noisy", text=text, p=p)
        found.append(text)
    return found + _about_pymc(series, texts)


def _about_pymc(series: Series, texts: Texts) -> list[str]:
    """Return where PyMC stands beside the exact engine and has no number, or another model."""
    beside = series.sampled
    if beside is None:
        return []
    match beside.status:
        case Status.TOO_LITTLE_DATA:
            return [texts("caveat.pymc_outside", why=texts("verdict.nothing"))]
        case Status.NOT_APPLICABLE:
            return [texts("caveat.pymc_outside", why=texts("verdict.not_applicable"))]
        case Status.FAILED:
            return [texts("caveat.pymc_failed", why=beside.reason)]
    return [texts("caveat.pymc_robust")] if beside.engine == "pymc_robust" else []


def _about_several(series: Series, texts: Texts) -> list[str]:
    if series.several is None:
        return [texts("caveat.too_many", n=series.n_campaigns)]
    return []


def _about_others(series: Series, texts: Texts) -> list[str]:
    local = series.local
    if local is None:
        return []
    if local.status != Status.OK:
        return [texts("caveat.few_shared")]
    if local.n_others < FEW_OTHERS:
        return [texts("caveat.few_others", n=local.n_others)]
    return []


def general_notes(analysis: Analysis, texts: Texts = ENGLISH) -> list[str]:
    """Return what no series of this file can settle."""
    notes = reader_lines(analysis.table.report, texts)
    panel = analysis.panel
    first = min(year for series in analysis.series for year in series.years)
    if panel is not None:
        names = ", ".join(panel.sites)
        notes.append(texts("note.panel", n=len(panel.sites), names=names))
    else:
        notes.append(texts("note.no_panel"))
    if analysis.single:
        notes.append(texts("note.single", names=", ".join(analysis.single)))
    notes += [texts(f"note.{key}") for key in ("shared", "season", "kinds", "one_break")]
    where = analysis.somewhere
    own = texts("note.own")
    notes.append(own if where is None else own + texts("note.searched", n=where.n_cities))
    notes += [texts("note.noise"), texts("note.mechanism")]
    if analysis.country == "NL" and first < FIRST_QUIET_DUTCH_YEAR:
        notes.append(texts("note.early_dutch"))
    return notes


def plain_analysis(analysis: Analysis, texts: Texts = ENGLISH) -> dict[str, Any]:
    """Return the analysis as data for JSON: NaN is null, sizes are natural logs and per cent."""
    report = analysis.table.report
    return {
        "file": Path(report.file).name,
        "sha256": report.sha256,
        "layout": report.layout,
        "country": analysis.country or None,
        "substance": analysis.substance,
        "assumed_dates": analysis.table.assumed_dates,
        "panel": None if analysis.panel is None else plain_series(analysis.panel, texts),
        "series": [plain_series(series, texts) for series in analysis.series],
        "somewhere": _somewhere(analysis),
        "excluded": report.excluded,
        "flagged": report.flagged,
        "single_campaign_sites": list(analysis.single),
        "notes": general_notes(analysis, texts),
    }


def plain_series(series: Series, texts: Texts = ENGLISH) -> dict[str, Any]:
    """Return one series as data for JSON."""
    posterior, rule, usable = series.posterior, series.year_on_year, series.usable
    return {
        "site": series.site,
        "sites": list(series.sites),
        "n_campaigns": series.n_campaigns,
        "first_year": series.years[0],
        "last_year": series.years[-1],
        "population": series.population,
        "status": Status(posterior.status).name.lower(),
        "prob_break": _number(shown_probability(series)),
        "prior_prob_break": series.prior_prob,
        "verdict": verdict(series, texts),
        "when": _when(series),
        "intervals": []
        if not usable
        else [
            {"from": str(date_of(a)), "to": str(date_of(b)), "prob": float(p)}
            for a, b, p in zip(
                posterior.interval_start, posterior.interval_end, posterior.prob_interval,
                strict=True,
            )
        ],
        "prob_break_before_or_between_too_few_campaigns": _number(posterior.prob_unidentified)
        if usable
        else None,
        "effect": {
            "log": _number(posterior.effect_mean) if usable else None,
            "log_low": _number(posterior.effect_low) if usable else None,
            "log_high": _number(posterior.effect_high) if usable else None,
            "percent": percent(posterior.effect_mean) if usable else None,
            "percent_low": percent(posterior.effect_low) if usable else None,
            "percent_high": percent(posterior.effect_high) if usable else None,
            "interval_level": 0.95,
            "log_given_a_break": posterior.effect_mean / posterior.prob_break if usable else None,
        },
        "kinds": {
            name: _number(getattr(posterior, f"prob_{name}")) if usable else None
            for name in ("step", "slope", "both")
        },
        "prob_pulse": _number(posterior.prob_pulse) if usable else None,
        "prob_break_last_three_years": _number(series.prob_recent),
        "prob_three_year_change_above_10_percent": _number(posterior.prob_three_year_change)
        if usable
        else None,
        "breaks": _several(series),
        "local": _local(series),
        "rule_of_ten_percent": None
        if rule is None
        else {
            "from": rule.before,
            "to": rule.after,
            "percent": 100.0 * rule.change,
            "verdict": rule.verdict,
        },
        "n_site_weeks_below_loq": series.n_below_loq,
        "noisy_years": list(series.noisy_years),
        "prob_break_without_noisy_years": _number(series.prob_without_noisy),
        "sensitivity": series.sensitivity,
        "cannot_be_concluded": caveats(series, texts),
        "pymc": _sampled(series),
        "history": _history(series),
    }  # fmt: skip


def _sampled(series: Series) -> dict[str, Any] | None:
    beside = series.sampled
    if beside is None:
        return None
    mean, low, high = (percent(x) for x in beside.effect)
    return {
        "engine": beside.engine,
        "status": beside.status.name.lower(),
        "reason": beside.reason or None,
        "prob_break": _number(beside.prob_break),
        "mcse": _number(beside.mcse),
        "effect_percent": mean,
        "effect_percent_low": low,
        "effect_percent_high": high,
    }


def _history(series: Series) -> list[dict[str, Any]]:
    """Return the series through time, a row a campaign."""
    past = series.history
    rows = []
    for j, year in enumerate(past.year.tolist()):
        rule = past.verdict_of(year)
        rows.append(
            {
                "year": year,
                "date": str(date_of(round(float(past.day[j])))),
                "mean": _number(past.mean[j]),
                "is_index": past.is_index,
                "level": _number(past.level[j]),
                "level_low": _number(past.low[j]),
                "level_high": _number(past.high[j]),
                "prob_break_since_campaign_before": _number(past.interval[j]),
                "prob_break_as_known_then": _number(past.known[j]),
                "rule_percent": None if rule is None else 100.0 * rule.change,
                "rule": None if rule is None else rule.verdict,
            }
        )
    return rows


def percent(log_effect: float) -> float | None:
    """Return a log effect as a percentage of the level; None for NaN."""
    return None if math.isnan(log_effect) else 100.0 * math.expm1(log_effect)


def _when(series: Series) -> dict[str, Any] | None:
    interval = series.likely_interval
    if interval is None:
        return None
    first, last = years_between(interval)
    return {
        "after_campaign": first,
        "before_campaign": last,
        "prob": interval[2],
        "size_percent": percent(series.likely_size),
    }


def _several(series: Series) -> dict[str, Any] | None:
    several = series.several
    if several is None or several.status != Status.OK:
        return None
    pair = likely_pair(series)
    names = ("none", "one", "two_or_more")
    return {
        **{f"prob_{n}": float(p) for n, p in zip(names, several.prob_count, strict=True)},
        **{f"prior_{n}": float(p) for n, p in zip(names, several.prior_count, strict=True)},
        "prior_last_three_years": several.prior_recent,
        "likely_pair": None
        if pair is None
        else {
            "first": {"after_campaign": pair[0][0], "before_campaign": pair[0][1]},
            "second": {"after_campaign": pair[1][0], "before_campaign": pair[1][1]},
            "prob": pair[2],
        },
    }


def likely_pair(series: Series) -> tuple[tuple[str, str], tuple[str, str], float] | None:
    """Return the campaigns around the most probable pair of breaks, and its probability."""
    several = series.several
    pair = None if several is None else several.likely_pair
    if several is None or pair is None:
        return None
    a, b, prob = pair
    start, end = several.interval_start, several.interval_end
    first = years_between((int(start[a]), int(end[a]), prob))
    second = years_between((int(start[b]), int(end[b]), prob))
    return first, second, prob


def _local(series: Series) -> dict[str, Any] | None:
    local = series.local
    if local is None:
        return None
    good = local.status == Status.OK
    return {
        "status": local.status.name.lower(),
        "n_other_cities": local.n_others,
        "prob_break": _number(local.prob_break),
        "prior_prob_break": local.prior_prob,
        "prob_break_as_one_of_those_searched": _number(local.prob_searched),
        "effect_percent": percent(local.effect[0]) if good else None,
        "effect_percent_low": percent(local.effect[1]) if good else None,
        "effect_percent_high": percent(local.effect[2]) if good else None,
    }


def _somewhere(analysis: Analysis) -> dict[str, Any] | None:
    where = analysis.somewhere
    if where is None:
        return None
    return {
        "n_cities": where.n_cities,
        "prob_break": where.prob_break,
        "prior_prob_break": where.prior_prob,
        "likely_city": where.likely_city,
    }


def _number(value: float) -> float | None:
    return None if math.isnan(value) else float(value)


def _years(years: tuple[int, ...]) -> str:
    return ", ".join(str(year) for year in years)
