"""What `two-weeks --explanations` prints: paragraphs and tables in two languages, data for JSON."""

import itertools
import math
from typing import Any

from simdesign.report import Table, Texts, number
from simdesign.studies.explanations import (
    DISTANCES,
    N_DRAW,
    Explanation,
    Explanations,
)
from simdesign.studies.two_weeks_words import texts_of

SHOWN_WEEKS = ((1, 1), (1, 4), (4, 4))
"""Weeks then and now whose standard errors are printed."""
_CONTRAST = (0.25, -1 / 3, -1 / 3, -1 / 3, 0.25, 0.25, 0.25)


def said(found: Explanations, lang: str, seed: int) -> list[str]:
    """Return what stands above the tables."""
    texts, weeks = texts_of(lang), found.weeks
    lines = [
        texts(
            "why.title", substance=texts.substance(found.substance),
            before=f"{weeks.before:g}", after=f"{weeks.after:g}",
            first=found.labels[0], last=found.labels[1], ratio=_percent(weeks.log_ratio, lang),
        ),
        texts("why.taken"),
    ]  # fmt: skip
    for item in found.explanations:
        if item.most != math.expm1(weeks.log_ratio):
            name = texts(f"why.{item.name}")
            most = number(100.0 * item.most, lang, 1, sign=True)
            line = texts("why.limited", name=name[:1].upper() + name[1:], most=most)
            if item.name == "higher_purity":
                ends = (number(x, lang, 3) for x in (found.purity, found.ceiling))
                start, ceiling = ends
                line += " " + texts("why.purity_limit", start=start, ceiling=ceiling)
            lines.append(line)
    return [*lines, texts("why.said_note", n=N_DRAW, seed=seed)]


def explained(found: Explanations, lang: str) -> list[tuple[Table, str]]:
    """Return every table and the sentence below it."""
    texts = texts_of(lang)
    years = f"{found.weeks.years:g}"
    return [
        (_predicted(found, texts), texts("why.predicted_note", years=years)),
        (_apart(found, texts), texts("why.apart_note")),
        (_told(found, texts), ""),
    ]


def contrast_error(found: Explanations, weeks: tuple[int, int]) -> float:
    """Return the standard error of the change of the weekday contrast."""
    size = range(len(_CONTRAST))
    cov = found.errors.weekdays(weeks)
    return math.sqrt(
        sum(_CONTRAST[i] * float(cov[i, j]) * _CONTRAST[j] for i in size for j in size)
    )


def _predicted(found: Explanations, texts: Texts) -> Table:
    lang = texts.lang
    rows = [_prediction(item, texts) for item in found.explanations]
    for weeks in SHOWN_WEEKS:
        scatter = 0.5 * math.sqrt(found.errors.scalar("dispersion", weeks))
        series = [math.sqrt(found.errors.scalar(kind, weeks)) for kind in ("survey", "purity")]
        rows.append(
            (
                texts("why.error", n1=weeks[0], n2=weeks[1]), "",
                "± " + number(contrast_error(found, weeks), lang, 3),
                _relative(scatter, lang), *(_relative(x, lang) for x in series),
            )
        )  # fmt: skip
    heads = ("explanation", "alone", "contrast", "scatter", "users", "purity")
    return Table(
        caption=texts("why.predicted"), columns=tuple(texts(f"why.{name}") for name in heads),
        rows=tuple(rows),
    )  # fmt: skip


def _prediction(item: Explanation, texts: Texts) -> tuple[str, ...]:
    lang = texts.lang
    return (
        texts(f"why.{item.name}"),
        number(100.0 * item.most, lang, 1, sign=True) + " %",
        number(item.contrast, lang, 3, sign=True),
        " → ".join(number(x, lang, 4) for x in item.day_sd),
        "\N{MULTIPLICATION SIGN} " + number(item.users, lang),
        "\N{MULTIPLICATION SIGN} " + number(item.purity, lang),
    )


def _relative(error: float, lang: str) -> str:
    return "± " + number(100.0 * error, lang, 0) + " %"


def _apart(found: Explanations, texts: Texts) -> Table:
    """Return what is measured x pair of explanations."""
    pairs = list(itertools.combinations([item.name for item in found.explanations], 2))
    heads = {"purity": "series"}
    rows = [
        (
            texts(f"why.{heads.get(item.name, item.name)}"),
            *(number(found.distance[one, other, item.name], texts.lang) for one, other in pairs),
        )
        for item in DISTANCES
    ]
    names = [f"{texts(f'why.{one}')} / {texts(f'why.{other}')}" for one, other in pairs]
    return Table(
        caption=texts("why.apart"), columns=(texts("why.measured"), *names), rows=tuple(rows)
    )


def _told(found: Explanations, texts: Texts) -> Table:
    lang = texts.lang
    rows = []
    for item in found.told:
        parts = (item.correct, item.wrong, item.abstained)
        rows.append(
            (
                f"{texts(f'why.{item.measured}')}: {texts(f'why.{item.explanation}')}",
                *(f"{number(v, lang, 3)} ± {number(e, lang, 3)}" for v, e in parts),
                f"{number(item.log_factor[0], lang, 2, sign=True)} ± "
                f"{number(item.log_factor[1], lang)}",
            )
        )  # fmt: skip
    heads = ("measured", "right", "wrong", "abstained", "factor")
    return Table(
        caption=texts("why.said", limit=number(found.limit, lang, 1)),
        columns=tuple(texts(f"why.{name}") for name in heads), rows=tuple(rows),
    )  # fmt: skip


def _percent(log_change: float, lang: str) -> str:
    return number(100.0 * math.expm1(log_change), lang, 0, sign=True)


def plain_explanations(found: Explanations, seed: int) -> dict[str, Any]:
    """Return everything as data for JSON."""
    return {
        "substance": found.substance,
        "before": {"when": found.labels[0], "mean": found.weeks.before},
        "after": {"when": found.labels[1], "mean": found.weeks.after},
        "years": found.weeks.years,
        "population": found.weeks.population,
        "limit": found.limit,
        "seed": seed,
        "explanations": [
            {
                "name": item.name, "can_make_alone_percent": 100.0 * item.most,
                "weekday": item.weekday.tolist(), "contrast": item.contrast,
                "day_sd_before": item.day_sd[0], "day_sd_after": item.day_sd[1],
                "users_ratio": item.users, "purity_ratio": item.purity,
            }
            for item in found.explanations
        ],
        "contrast_standard_error": [
            {"weeks_before": weeks[0], "weeks_after": weeks[1],
             "value": contrast_error(found, weeks)}
            for weeks in SHOWN_WEEKS
        ],
        "standard_errors_apart": [
            {"one": one, "other": other, "measured": name, "value": value}
            for (one, other, name), value in found.distance.items()
        ],
        "named": [
            {
                "measured": item.measured, "explanation": item.explanation,
                **{
                    name: {"value": pair[0], "mcse": pair[1]}
                    for name, pair in (
                        ("correct", item.correct), ("wrong", item.wrong),
                        ("abstained", item.abstained), ("log_bayes_factor", item.log_factor),
                    )
                },
            }
            for item in found.told
        ],
    }  # fmt: skip
