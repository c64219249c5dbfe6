"""Which class of mechanisms is right for a change."""

import pytest

from simdesign.spec.attribution import (
    CLASS_OF,
    EXPLANATIONS,
    class_of,
    mechanism_name,
    used_streams,
)
from simdesign.spec.change import MECHANISMS, LevelShift, NoChange
from simdesign.spec.mechanism import MECHANISM_CLASSES, ExactMechanism


def shift(mechanism):
    return LevelShift(size=-0.1, mechanism=mechanism)


def test_every_mechanism_has_a_class_and_every_class_a_mechanism():
    assert set(CLASS_OF) == set(MECHANISMS)
    assert set(CLASS_OF.values()) == set(MECHANISM_CLASSES)
    assert {CLASS_OF[name] for name in EXPLANATIONS} == set(MECHANISM_CLASSES)
    for name in MECHANISMS:
        assert class_of(shift(name)) == CLASS_OF[name]
        assert mechanism_name(shift(name)) == name


@pytest.mark.parametrize(
    ("change", "right", "name"),
    [
        (NoChange(), None, ""),
        (shift({"more_users": 0.5, "new_light_users": 0.5}), "more_users",
         "more_users+new_light_users"),
        (shift({"more_users": 0.5, "higher_purity": 0.5}), None, "more_users+higher_purity"),
        (shift("my.module:Mechanism"), None, "my.module:Mechanism"),
        (shift({"from": "MDMA", "to": "cocaine"}), None, "MDMA>cocaine"),
    ],
)  # fmt: skip
def test_a_mixture_of_classes_has_no_right_name(change, right, name):
    assert class_of(change) == right
    assert mechanism_name(change) == name


def test_an_analysis_uses_what_is_bought_and_wanted():
    assert used_streams(ExactMechanism(), ("purity",)) == ("purity",)
    assert used_streams(ExactMechanism(streams=("survey",)), ("purity", "survey")) == ("survey",)
    assert used_streams(ExactMechanism(streams=()), ("purity", "survey")) == ()
