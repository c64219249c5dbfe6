"""The printed schema accepts what a study file may say, and refuses what it may not."""

import json

import jsonschema
import pytest

from simdesign.spec.study import Study
from simdesign.spec.terms import SUBSTANCE_TERMS, WORLD_TERMS
from simdesign.spec.world import World


@pytest.fixture(scope="module")
def schema():
    found = Study.model_json_schema()
    jsonschema.Draft202012Validator.check_schema(found)
    return jsonschema.Draft202012Validator(found)


def study(world):
    return {
        "name": "schema", "seed": 1, "aims": "Schema.", "world": world,
        "designs": {"annual": {"schedule": {"kind": "fixed_weeks", "weeks": [11]}}},
        "estimators": {"exact": {"kind": "exact_step"}}, "decision": {"reference": "annual"},
        "sizes": {"quick": {"null": 20, "null_world": 20, "alternative": 10}},
    }  # fmt: skip


@pytest.mark.parametrize("value", [False, {}])
def test_a_term_may_be_false_or_a_part(schema, value):
    world = dict.fromkeys(WORLD_TERMS, value) | {
        "realism": "full",
        "catchments": "dutch20",
        "substances": {"cocaine": dict.fromkeys(SUBSTANCE_TERMS, value), "MDMA": {}},
    }
    content = study(world)
    schema.validate(content)
    Study.from_dict(content)


def test_members_of_a_group_may_be_false_or_a_part(schema):
    content = study(
        {"people": {"summer": False, "daily_sd": 0.02, "commuters": {"slope": 0.1}},
         "events": {"new_year": {"factor": {"cocaine": 2.0}}, "easter": False}}
    )  # fmt: skip
    schema.validate(content)
    Study.from_dict(content)


def test_what_a_validated_study_says_is_valid(schema):
    made = Study.from_dict(study({"realism": "full"}))
    schema.validate(json.loads(made.model_dump_json(exclude_none=True)))
    assert World.model_json_schema()["title"] == "World"


@pytest.mark.parametrize(
    "world",
    [
        {"people": {"sumer": {}}}, {"people": {"summer": {"shares": 0.1}}}, {"people": True},
        {"events": {"new_year": {"factors": {}}}}, {"realism": "more"},
        {"substances": {"cocaine": {"season": {"peak": 1.0}}}},
    ],
)  # fmt: skip
def test_misspelt_terms_are_invalid(schema, world):
    assert not schema.is_valid(study(world))
    with pytest.raises(ValueError, match=r"world\."):
        Study.from_dict(study(world))
