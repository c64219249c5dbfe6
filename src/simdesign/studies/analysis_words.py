"""An analysis in words and as plain data; every probability has its word on one fixed scale."""

import math
from pathlib import Path
from typing import Any

from simdesign.records import Status
from simdesign.studies.analysis import Analysis, Series, years_between
from simdesign.studies.analysis_local import FEW_OTHERS
from simdesign.units import date_of

SCALE = (
    (0.95, "a break, almost certainly"),
    (0.80, "probably a break"),
    (0.20, "cannot be told"),
    (0.05, "probably no break"),
    (0.00, "almost certainly no break"),
)
"""Lowest P(break) of each verdict; the same for every substance and place."""

KNOWS_LITTLE = 0.05
"""A posterior this close to its prior has learnt next to nothing."""

FIRST_QUIET_DUTCH_YEAR = 2017


def verdict(series: Series) -> str:
    """Return the verdict of one series on the fixed scale."""
    if series.posterior.status == Status.NOT_APPLICABLE:
        return "not applicable: too many weeks below the limit of quantification"
    if not series.usable:
        return "nothing learnt: the posterior is the prior"
    return next(word for least, word in SCALE if series.posterior.prob_break >= least)


def shown_probability(series: Series) -> float:
    """Return P(break); the prior where the data say nothing, NaN where the engine declines."""
    if series.posterior.status == Status.TOO_LITTLE_DATA:
        return series.prior_prob
    return series.posterior.prob_break if series.usable else math.nan


def caveats(series: Series) -> list[str]:
    """Return what cannot be concluded from this series, and why."""
    found = []
    if series.posterior.status == Status.NOT_APPLICABLE:
        found.append(
            f"{series.n_below_loq} site-weeks have more than two of seven days below the limit of "
            "quantification, above one in ten: this model does not serve such data"
        )
        return found
    if not series.usable:
        found.append(
            f"{series.n_campaigns} campaigns are too few (two before a break and one after it): "
            "the probability printed is the prior"
        )
        return found
    moved = abs(series.posterior.prob_break - series.prior_prob)
    if moved < KNOWS_LITTLE:
        found.append(
            f"the data hardly moved the prior ({series.prior_prob:.2f}): this is no evidence for "
            "stability and none for a break"
        )
    interval = series.likely_interval
    if interval is not None and series.posterior.prob_break >= SCALE[2][0]:
        share = interval[2] / series.posterior.prob_break
        if share < 0.5:
            found.append(
                "the date is open: given a break, the most probable interval has probability "
                f"{share:.2f}"
            )
    if series.posterior.effect_low < 0 < series.posterior.effect_high:
        found.append("the interval of the size includes both a fall and a rise")
    found += _about_several(series) + _about_others(series)
    if series.sensitivity:
        found.append(series.sensitivity["text"])
    if series.n_below_loq:
        found.append(f"{series.n_below_loq} site-weeks below the limit of quantification left out")
    if series.noisy_years:
        text = (
            f"days scatter more than 1.5 times as much as the model takes for granted in "
            f"{_years(series.noisy_years)}; these weeks are trusted too much"
        )
        if not math.isnan(series.prob_without_noisy):
            text += f". Without them P(break) is {series.prob_without_noisy:.2f}"
        found.append(text)
    return found


def _about_several(series: Series) -> list[str]:
    if series.several is None:
        return [
            f"{series.n_campaigns} campaigns are too many to try every pair of breaks; what is "
            "said of the last three years supposes one break at most"
        ]
    return []


def _about_others(series: Series) -> list[str]:
    local = series.local
    if local is None:
        return []
    if local.status != Status.OK:
        return ["too few campaigns shared with other cities to compare it with the nation"]
    if local.n_others < FEW_OTHERS:
        return [
            f"with {local.n_others} other cities the nation is poorly known: the probability of a "
            "break of this city against it may be off by 0.1 and more (docs/local.md)"
        ]
    return []


def general_notes(analysis: Analysis) -> list[str]:
    """Return what no series of this file can settle."""
    notes = list(analysis.table.report.lines())
    panel = analysis.panel
    first = min(year for series in analysis.series for year in series.years)
    if panel is not None:
        notes.append(
            f"the panel is {len(panel.sites)} cities with at least two campaigns "
            f"({', '.join(panel.sites)}): their common path, not the country's"
        )
    else:
        notes.append("a panel needs two cities with at least two campaigns; here is one")
    if analysis.single:
        notes.append(
            f"one campaign says nothing about change; left out: {', '.join(analysis.single)}"
        )
    notes += [
        "a laboratory error or a special week that all cities share in a campaign, and a real "
        "national change in that year, look the same: the model weighs them by its prior of the "
        "shared error, the data do not separate them (one laboratory per country is assumed)",
        "one week a year says nothing about seasons; a change of the campaign's date within "
        "spring looks like a change of the load",
        "a break is a step of the level, a change of slope, or both, on top of a steady drift and "
        "a random walk; a gradual change shows as drift, walk or a change of slope, and a short "
        "series seldom tells which kind it is",
        "P(break) is of one break at most, beside short pulses; the numbers of one and two breaks "
        "come from a second calculation without pulses, so that the two need not agree exactly",
        *_search_notes(analysis),
        "the noise of a day is plugged in, not estimated: that of Dutch weeks since 2017, more in "
        "small towns; series whose days scatter more are named above",
        "a load does not tell more users, heavier use and higher purity apart",
    ]
    if analysis.country == "NL" and first < FIRST_QUIET_DUTCH_YEAR:
        notes.append(
            "Dutch days before 2017 are two to three times as noisy as later ones, on the same "
            "days for all substances, which points to flow or sampling and not to use; breaks "
            "placed before 2017 should not be believed without --from 2017 beside them"
        )
    return notes


def _search_notes(analysis: Analysis) -> list[str]:
    """Return how to read a city's own break, and one against the other cities."""
    found = ["a city's break in its own series may be its own or the nation's"]
    where = analysis.somewhere
    if where is not None:
        found[0] += (
            '; "in this city" is of a break against the nation, for a reader who asked about that '
            f"city alone; who looked at all {where.n_cities} and picked one should read the column "
            f'beside it and "somewhere among the {where.n_cities} cities": more cities make a '
            "larger chance that one of them stands out without reason"
        )
    return found


def plain_analysis(analysis: Analysis) -> dict[str, Any]:
    """Return the analysis as data for JSON: NaN is null, sizes are natural logs and per cent."""
    report = analysis.table.report
    return {
        "file": Path(report.file).name,
        "sha256": report.sha256,
        "layout": report.layout,
        "country": analysis.country or None,
        "substance": analysis.substance,
        "assumed_dates": analysis.table.assumed_dates,
        "panel": None if analysis.panel is None else plain_series(analysis.panel),
        "series": [plain_series(series) for series in analysis.series],
        "somewhere": _somewhere(analysis),
        "excluded": report.excluded,
        "flagged": report.flagged,
        "single_campaign_sites": list(analysis.single),
        "notes": general_notes(analysis),
    }


def plain_series(series: Series) -> dict[str, Any]:
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
        "verdict": verdict(series),
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
        "cannot_be_concluded": caveats(series),
    }  # fmt: skip


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
