"""What `two-weeks` prints: paragraphs and tables in two languages, and plain data for JSON."""

import math
from typing import Any

from simdesign.fit import Estimate
from simdesign.report import Table, Texts, number
from simdesign.studies.two_weeks_answer import (
    AMPLITUDES,
    CHECKED_DRAWS,
    EVERY_MONTH,
    Chance,
    TwoWeekAnswer,
)

CATALOGUE = "local_texts.toml"
SCALE = ((0.95, "p95"), (0.80, "p80"), (0.20, "p20"), (0.05, "p05"), (0.0, "p00"))
"""Lowest P(real rise) of each word; the borders are those of ``analyse``."""


def texts_of(lang: str) -> Texts:
    """Return the texts of this subject."""
    return Texts(lang, CATALOGUE)


def word(prob: float, texts: Texts) -> str:
    """Return the word of a probability on the fixed scale."""
    return texts("scale." + next(key for least, key in SCALE if prob >= least))


def with_error(item: Estimate, lang: str) -> str:
    """Return ``0.906 ± 0.001``: one digit of the error, three or four decimals."""
    if math.isnan(item.mcse):
        return number(item.value, lang, 3)
    places = 3 if item.mcse >= 0.0005 or item.mcse < 0.00005 else 4
    return f"{number(item.value, lang, places)} ± {number(item.mcse, lang, places)}"


def _percent(log_change: float, lang: str) -> str:
    return number(100.0 * math.expm1(log_change), lang, 0, sign=True)


def paragraphs(answer: TwoWeekAnswer, lang: str, seed: int) -> list[str]:
    """Return what stands above the tables."""
    texts, weeks, main = texts_of(lang), answer.weeks, answer.chances[0]
    p = with_error(main.prob_rise, lang)
    middle, low, high = (_percent(x, lang) for x in main.change)
    prior = number(answer.prior_break, lang, 3)
    breaks = [number(x, lang) for x in answer.break_range]
    rises = [number(x, lang) for x in answer.rise_range]
    return [
        texts(
            "head.title", substance=texts.substance(answer.substance),
            before=_plain(weeks.before, lang), after=_plain(weeks.after, lang),
            first=answer.labels[0], last=answer.labels[1], ratio=_percent(weeks.log_ratio, lang),
        ),
        f"{texts('head.main', p=p, word=word(main.prob_rise.value, texts))}; "
        f"{texts('head.change', middle=middle, low=low, high=high)}; "
        f"{texts('head.fall', p=with_error(main.prob_fall, lang))}. "
        f"{texts('head.prior', p=with_error(answer.prior_rise, lang))} "
        f"{texts('head.naive', p=with_error(answer.naive, lang))}",
        texts("head.real"),
        f"{texts('break.main', p=with_error(main.prob_break, lang), prior=prior)}. "
        + texts(
            "break.honest", factor=number(answer.odds.factor, lang),
            bound=number(answer.odds.factor_bound, lang), n=answer.n_combined,
            low=breaks[0], high=breaks[1],
        )
        + " " + texts("break.rises", low=rises[0], high=rises[1]),
        texts("head.mechanism"),
        *_origin(answer, texts, seed),
    ]  # fmt: skip


def _plain(value: float, lang: str) -> str:
    return number(value, lang, 0 if float(value).is_integer() else 2)


def _origin(answer: TwoWeekAnswer, texts: Texts, seed: int) -> list[str]:
    """Return where the noise comes from and how exact the arithmetic is."""
    noise, lang, model = answer.noise, texts.lang, answer.noise.model
    source = texts(f"noise.{noise.source}", n=noise.draws.n, name=noise.name, seed=seed) if (
        noise.source != "prior"
    ) else texts("noise.prior", n=noise.draws.n, seed=seed)  # fmt: skip
    names = {"drift": "noise.drift_name"}
    listed = ", ".join(
        f"{texts(names.get(k, f'noise.{k}'))} {v.replace('.', ',') if lang == 'nl' else v}"
        for k, v in noise.priors.items()
    )
    found = [source + (" " + texts("noise.given", list=listed) if listed else "")]
    weeks = answer.weeks
    found.append(
        texts(
            "noise.city", hazard=number(model.hazard, lang, 3), step=number(model.step_sd, lang),
            slope=number(model.slope_sd, lang), n1=weeks.days[0], n2=weeks.days[1],
            people=_plain(weeks.population, lang),
        )
    )  # fmt: skip
    found.append(
        texts("noise.error", few=min(CHECKED_DRAWS, noise.draws.n),
              q=f"{answer.quadrature_error:.0e}")
    )  # fmt: skip
    return found


def tables(answer: TwoWeekAnswer, lang: str) -> list[tuple[Table, str]]:
    """Return every table and the sentence below it."""
    texts = texts_of(lang)
    return [
        (_chances(answer, texts), texts("chance.note")),
        (
            _seasons(answer, texts),
            texts("season.note", a=" / ".join(
                number(100 * math.expm1(a), lang, 0) for a in AMPLITUDES)),
        ),
        (_further(answer, texts), f"{_verdict(answer, texts)} {texts('further.note')}"),
        (_priors(answer, texts), ""),
    ]  # fmt: skip


def _chances(answer: TwoWeekAnswer, texts: Texts) -> Table:
    heads = ("how", "rise", "change", "broken", "noise", "wander")
    return Table(
        caption=texts("chance.title"),
        columns=tuple(texts(f"chance.{name}") for name in heads),
        rows=tuple(_chance(item, texts) for item in answer.chances),
    )


def _chance(item: Chance, texts: Texts) -> tuple[str, ...]:
    lang = texts.lang
    how = texts("chance.named") if item.n_cities == 1 else texts("chance.largest", n=item.n_cities)
    middle, low, high = (_percent(x, lang) for x in item.change)
    return (
        how,
        with_error(item.prob_rise, lang),
        f"{middle} % ({low} … {high})",
        with_error(item.prob_break, lang),
        with_error(item.reached.noise, lang),
        with_error(item.reached.no_break, lang),
    )


def _months(months: tuple[int, ...], given: int | None, texts: Texts) -> str:
    if months == EVERY_MONTH:
        return texts("season.unknown")
    name = "season.one_apart" if months == (1,) else "season.apart"
    text = texts(name, n=months[0])
    return f"{text} ({texts('season.given')})" if months[0] == given else text


def _seasons(answer: TwoWeekAnswer, texts: Texts) -> Table:
    lang = texts.lang
    months = list(dict.fromkeys(row.months for row in answer.season))
    cell = {(row.amplitude, row.months): with_error(row.prob_rise, lang) for row in answer.season}
    return Table(
        caption=texts("season.title"),
        columns=(
            texts("season.amplitude"),
            *(_months(m, answer.months_apart, texts) for m in months),
        ),
        rows=tuple((number(a, lang), *(cell[a, m] for m in months)) for a in AMPLITUDES),
    )


def _further(answer: TwoWeekAnswer, texts: Texts) -> Table:
    lang = texts.lang
    return Table(
        caption=texts("further.title"),
        columns=tuple(texts(f"further.{name}") for name in ("weeks", "sure", "refuted", "settled")),
        rows=tuple(
            (
                texts("further.limit") if math.isinf(row.n_weeks) else str(int(row.n_weeks)),
                with_error(row.prob_sure, lang),
                with_error(row.prob_refuted, lang),
                with_error(row.settled, lang),
            )
            for row in answer.further
        ),
    )


def _verdict(answer: TwoWeekAnswer, texts: Texts) -> str:
    now = answer.chances[0].prob_rise.value
    if now > 0.95 or now < 0.05:
        return texts("further.already")
    enough = answer.enough_weeks
    if enough is None or math.isinf(enough):
        return texts("further.never", p=with_error(answer.further[-1].settled, texts.lang))
    return texts("further.enough", n=int(enough))


def _priors(answer: TwoWeekAnswer, texts: Texts) -> Table:
    lang = texts.lang
    n = max(item.n_cities for item in answer.chances)
    return Table(
        caption=texts("prior.title"),
        columns=(
            texts("prior.what"), texts("chance.rise"), texts("chance.broken"),
            texts("prior.largest", n=n),
        ),
        rows=tuple(
            (
                texts(f"prior.{row.what}", x=number(row.value, lang)),
                with_error(row.prob_rise, lang),
                with_error(row.prob_break, lang),
                with_error(row.largest_rise, lang),
            )
            for row in answer.priors
        ),
    )  # fmt: skip


def plain_answer(answer: TwoWeekAnswer, lang: str, seed: int) -> dict[str, Any]:
    """Return the answer as data for JSON."""
    weeks, texts, noise = answer.weeks, texts_of(lang), answer.noise
    main = answer.chances[0]
    return {
        "substance": answer.substance,
        "before": {"when": answer.labels[0], "mean": weeks.before, "days": weeks.days[0]},
        "after": {"when": answer.labels[1], "mean": weeks.after, "days": weeks.days[1]},
        "years": weeks.years,
        "population": weeks.population,
        "observed_percent": 100.0 * math.expm1(weeks.log_ratio),
        "prob_real_rise_above_10_percent": _estimate(main.prob_rise),
        "verdict": word(main.prob_rise.value, texts),
        "prior_prob_real_rise_above_10_percent": _estimate(answer.prior_rise),
        "flat_prior": _estimate(answer.naive),
        "prob_break": _estimate(main.prob_break),
        "prior_prob_break": answer.prior_break,
        "bayes_factor_break": answer.odds.factor,
        "bayes_factor_break_at_most": answer.odds.factor_bound,
        "prob_break_over_priors": list(answer.break_range),
        "prob_real_rise_over_priors": list(answer.rise_range),
        "n_combined_priors": answer.n_combined,
        "selection": [
            {
                "n_cities": item.n_cities,
                "prob_real_rise_above_10_percent": _estimate(item.prob_rise),
                "prob_real_fall_above_10_percent": _estimate(item.prob_fall),
                "prob_break": _estimate(item.prob_break),
                "percent": 100.0 * math.expm1(item.change[0]),
                "percent_low": 100.0 * math.expm1(item.change[1]),
                "percent_high": 100.0 * math.expm1(item.change[2]),
                "prob_as_large_without_change": _estimate(item.reached.noise),
                "prob_as_large_without_break": _estimate(item.reached.no_break),
            }
            for item in answer.chances
        ],
        "season": [
            {
                "amplitude": row.amplitude,
                "months_apart": None if row.months == EVERY_MONTH else row.months[0],
                "prob_real_rise_above_10_percent": _estimate(row.prob_rise),
            }
            for row in answer.season
        ],
        "further_weeks": [
            {
                "n": None if math.isinf(row.n_weeks) else row.n_weeks,
                "prob_above_0.95": _estimate(row.prob_sure),
                "prob_below_0.05": _estimate(row.prob_refuted),
                "settled": _estimate(row.settled),
            }
            for row in answer.further
        ],
        "other_priors": [
            {
                "what": row.what,
                "value": row.value,
                "prob_real_rise_above_10_percent": _estimate(row.prob_rise),
                "prob_break": _estimate(row.prob_break),
                "as_largest": _estimate(row.largest_rise),
            }
            for row in answer.priors
        ],
        "noise": {
            "source": noise.source, "name": noise.name or None, "n_draws": noise.draws.n,
            "seed": seed, "priors": noise.priors,
        },
        "quadrature_error": answer.quadrature_error,
        "text": paragraphs(answer, lang, seed),
    }  # fmt: skip


def _estimate(item: Estimate) -> dict[str, float | None]:
    return {"value": item.value, "mcse": None if math.isnan(item.mcse) else item.mcse}
