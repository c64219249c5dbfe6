"""Natural frequencies: what a policy adviser can picture, per level of the shared error."""

import math

from simdesign.report.folder import Folder
from simdesign.report.names import at_level, design_names, moves
from simdesign.report.numbers import number, of_hundred, percent
from simdesign.report.select import POWER_YEARS, Selection, Value
from simdesign.report.texts import Texts


def frequency_intro(folder: Folder, texts: Texts, *, local: bool) -> str:
    """Return what the alarm limit is, and for how much it holds: the nation or one city."""
    budget = number(100 * folder.budget, texts.lang, 0)
    where = texts("frequency.city" if local else "frequency.nation")
    return f"{texts('frequency.intro', budget=budget)} {where}"


def frequency_sentences(selection: Selection, texts: Texts) -> list[str]:
    """Return a sentence per level of the shared error for the judged design and the best other.

    The best is the one with the highest value in that very sentence. Of changes of slope beside
    other changes the strongest has sentences, too.
    """
    change = selection.typical_change
    if math.isnan(change):
        return []
    found = _of_change(selection, change, selection.kind, texts)
    if selection.slopes:
        strongest = max(selection.slopes, key=abs)
        found += _of_change(selection, strongest, "slope_change", texts)
    return found


def _of_change(selection: Selection, change: float, kind: str, texts: Texts) -> list[str]:
    folder = selection.folder
    names = design_names(folder.study, texts)
    found = []
    for shared in selection.levels:
        values = {name: _power(selection, name, shared, change, kind) for name in folder.designs}
        known = {name: v for name, v in values.items() if math.isfinite(v.value)}
        others = [name for name in known if name != folder.study.decision.reference]
        chosen = [folder.study.decision.reference]
        if others:
            chosen.append(max(others, key=lambda name: known[name].value))
        found += [
            _sentence(selection, names[name], name, shared, (change, kind), known[name], texts)
            for name in chosen
            if name in known
        ]
    return found


def _power(selection: Selection, design: str, shared: float, change: float, kind: str) -> Value:
    return selection.one(
        "power", shared=shared, design=design, estimator=selection.folder.judging,
        threshold="operating", horizon=POWER_YEARS, change=change, kind=kind,
    )  # fmt: skip


def _sentence(
    selection: Selection,
    label: str,
    design: str,
    shared: float,
    change_and_kind: tuple[float, str],
    hit: Value,
    texts: Texts,
) -> str:
    change, kind = change_and_kind
    false = selection.one(
        "false_alarm_prob", shared=shared, design=design, estimator=selection.folder.judging,
        threshold="operating", role="null_world",
    )  # fmt: skip
    lang = texts.lang
    yearly = selection.yearly(change, kind)
    slow = math.isfinite(yearly)
    return texts(
        "frequency.sentence_slope" if slow else "frequency.sentence",
        **({"moves": moves(yearly, texts)} if slow else {}),
        where=at_level(shared, texts),
        design=label,
        years=texts.count(selection.folder.study.programme.years),
        size=percent(abs(change), lang),
        direction=texts("frequency.rise" if change > 0 else "frequency.fall"),
        hit=of_hundred(hit.value, hit.mcse, lang),
        low=of_hundred(hit.low, 0.0, lang),
        high=of_hundred(hit.high, 0.0, lang),
        false=of_hundred(false.value, false.mcse, lang),
        false_low=of_hundred(false.low, 0.0, lang),
        false_high=of_hundred(false.high, 0.0, lang),
    )


def any_substance_sentence(folder: Folder, texts: Texts) -> str:
    """Return the chance of a false alarm for at least one of several substances; may be empty."""
    frame = folder.measures
    found = frame[
        (frame["measure"] == "false_alarm_any_substance")
        & (frame["design"] == folder.study.decision.reference)
        & (frame["estimator"] == folder.judging) & (frame["threshold"] == "operating")
        & ((frame["budget"] - folder.budget).abs() < 1e-9)
    ]  # fmt: skip
    if found.empty:
        return ""
    row = found.iloc[0]
    rate = of_hundred(float(row["value"]), float(row["mcse"]), texts.lang)
    return texts(
        "frequency.any_substance",
        n=texts.count(len(folder.substances)),
        rate=rate,
        design=design_names(folder.study, texts)[folder.study.decision.reference],
    )
