"""Estimators in words: their kind, and where a study has several of a kind, what differs."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from simdesign.report.numbers import general
from simdesign.report.texts import Texts
from simdesign.spec.estimator import ExactBreak
from simdesign.spec.local import LARGEST, ExactLocal
from simdesign.spec.mechanism import ExactMechanism
from simdesign.spec.study import Study


def estimator_names(study: Study, texts: Texts) -> dict[str, str]:
    """Return a readable name of every estimator; the study's own key is the last resort."""
    names: dict[str, str] = {}
    first: dict[str, Any] = {}
    kinds = [item.kind for item in study.estimators.values()]
    for kind in dict.fromkeys(kinds):
        first[kind] = _base([item for item in study.estimators.values() if item.kind == kind])
    for name, item in study.estimators.items():
        steps = isinstance(item, ExactBreak) and item.kinds.step == 1.0
        key = f"estimators.{'exact_step' if steps else item.kind}"
        if not texts.has(key):
            names[name] = name
            continue
        several = kinds.count(item.kind) > 1
        said = _difference(item, first[item.kind], texts) if several else []
        names[name] = ", ".join([texts(key), *said])
    return _unique(names)


def _base(items: Sequence[Any]) -> Any:
    """Return what others of a kind are told apart from: the first, or the default description.

    The default where some differ from the first in more than one field, as when the first is
    itself a variation of a description that the study does not have.
    """
    first = items[0]
    if all(len(_fields(item, first)) < 2 for item in items):
        return first
    try:
        return type(first).model_validate({"kind": first.kind})
    except ValidationError:  # of a kind that has no default
        return first


def _fields(item: Any, base: Any) -> list[str]:
    """Return the fields in which two descriptions differ."""
    return [name for name in type(item).model_fields if getattr(item, name) != getattr(base, name)]


def _difference(item: Any, base: Any, texts: Texts) -> list[str]:
    """Return what sets an estimator apart from another description of its kind."""
    if isinstance(item, ExactMechanism):
        looked = ["weekdays" if item.weekdays else "levels", *item.streams]
        return [" + ".join(texts(f"estimator_parts.{name}") for name in looked)]
    if isinstance(item, ExactLocal):
        return [texts(f"estimator_parts.{'search' if item.site == LARGEST else 'named'}")]
    values = {name: getattr(item, name) for name in _fields(item, base)}
    if any(
        value is None or not texts.has(f"estimator_parts.{name}") for name, value in values.items()
    ):
        return []
    return [
        texts(f"estimator_parts.{name}", value=_value(value, texts))
        for name, value in values.items()
    ]


def _value(item: Any, texts: Texts) -> str:
    """Return the number of a prior's scale, or a number as it is."""
    for name in ("scale", "median"):
        if hasattr(item, name):
            return general(float(getattr(item, name)), texts.lang)
    return general(float(item), texts.lang)


def _unique(names: Mapping[str, str]) -> dict[str, str]:
    said = list(names.values())
    return {
        name: text if said.count(text) == 1 or name in text else f"{text} ({name})"
        for name, text in names.items()
    }
