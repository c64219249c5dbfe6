"""One series in a paragraph of words, on the fixed verbal scale."""

import math

from simdesign.records import Status
from simdesign.report import Texts, number
from simdesign.studies.analysis import Series, years_between
from simdesign.studies.analysis_words import percent, verdict, word

CERTAINTY = (
    (0.95, "certain"), (0.80, "probable"), (0.20, "open"), (0.05, "improbable"), (0.0, "excluded")
)  # fmt: skip
"""Lowest probability of each word for anything but a break; the borders are the same."""


def certainty(prob: float, texts: Texts) -> str:
    """Return the word of a probability."""
    return texts("words." + next(key for least, key in CERTAINTY if prob >= least))


def paragraph(series: Series, texts: Texts) -> str:
    """Return one series in words."""
    parts = [_break_words(series, texts)]
    if series.usable:
        parts += _details(series, texts)
    parts += _sampled_words(series, texts)
    parts += _rule_words(series, texts)
    return " ".join(parts).replace(" %", "\N{NO-BREAK SPACE}%")


def _break_words(series: Series, texts: Texts) -> str:
    lang = texts.lang
    prior = number(series.prior_prob, lang)
    if series.posterior.status == Status.NOT_APPLICABLE:
        return texts("words.declined", n=series.n_below_loq)
    if not series.usable:
        return texts("words.nothing", n=series.n_campaigns, prior=prior)
    said = verdict(series, texts)
    p = number(series.posterior.prob_break, lang)
    return texts("words.probability", verdict=said[0].upper() + said[1:], p=p, prior=prior)


def _details(series: Series, texts: Texts) -> list[str]:
    lang, posterior, found = texts.lang, series.posterior, []
    interval = series.likely_interval
    if interval is not None:
        first, last = years_between(interval)
        found.append(texts("words.when", first=first, last=last, p=number(interval[2], lang)))
    effect = (posterior.effect_mean, posterior.effect_low, posterior.effect_high)
    middle, low, high = (_signed(percent(x), lang) for x in effect)
    found.append(texts("words.effect", middle=middle, low=low, high=high))
    found.append(texts("words.recent", p=number(series.prob_recent, lang)))
    change = posterior.prob_three_year_change
    if not math.isnan(change):
        name = certainty(change, texts)
        found.append(texts("words.three_years", word=name, p=number(change, lang)))
    middle, low, high = (_signed(100.0 * x, lang) for x in series.history.change)
    found.append(texts("words.path", middle=middle, low=low, high=high))
    return found


def _sampled_words(series: Series, texts: Texts) -> list[str]:
    beside = series.sampled
    if beside is None or math.isnan(beside.prob_break):
        return []
    p = f"{number(beside.prob_break, texts.lang, 3)} ± {number(beside.mcse, texts.lang, 3)}"
    if beside.engine == "pymc_robust":
        return [texts("words.robust", p=p, word=word(beside.prob_break, texts))]
    return [texts("words.pymc", p=p)]


def _rule_words(series: Series, texts: Texts) -> list[str]:
    rule = series.history.rule
    if not rule:
        return []
    count = {name: sum(item.verdict == name for item in rule) for name in
             ("increase", "decrease", "stable")}  # fmt: skip
    last = series.year_on_year  # not the last of `rule`: the last two years may not be comparable
    said = texts("words.no_rule")
    if last is not None:
        said = f"{texts(f'names.{last.verdict}')} ({_signed(100.0 * last.change, texts.lang)} %)"
    return [
        texts("words.rule", up=count["increase"], down=count["decrease"], same=count["stable"],
              last=said)
    ]  # fmt: skip


def _signed(value: float | None, lang: str) -> str:
    return number(math.nan if value is None else float(round(value)), lang, 0, sign=True)
