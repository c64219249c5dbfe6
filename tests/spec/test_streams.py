"""Streams of a world: filled from the catalogue, refused with the field's name."""

import pytest

from simdesign.spec.base import spec_error
from simdesign.spec.catalogue import SUBSTANCES, stream_values
from simdesign.spec.streams import SubstanceStreams, streams_or_default
from simdesign.spec.world import World


def test_nothing_said_is_the_catalogue_and_so_is_an_empty_table():
    assert World().streams is None
    assert streams_or_default(None) == World(streams={}).streams
    for name in SUBSTANCES:
        expected = SubstanceStreams.model_validate(stream_values(name))
        assert streams_or_default(None)[name] == expected


def test_what_is_given_replaces_one_number():
    given = World(streams={"cocaine": {"survey": {"respondents": 200}}}).streams
    default = streams_or_default(None)
    assert given["cocaine"].survey.respondents == 200
    assert given["cocaine"].survey.every == default["cocaine"].survey.every
    assert given["cocaine"].purity == default["cocaine"].purity
    assert given["MDMA"] == default["MDMA"]


def test_a_dumped_world_reads_back():
    world = World(streams={"MDMA": {"purity": {"per_year": 4}}})
    assert World.model_validate(world.model_dump(mode="json")) == world


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"heroin": {}}, "streams: heroin: must be one of cocaine, MDMA"),
        (3, "streams: must be a valid dictionary"),
        ({"cocaine": 3}, r"streams\.cocaine: "),
        ({"cocaine": {"surveys": {}}}, r"streams\.cocaine\.surveys: unknown key"),
        ({"cocaine": {"survey": {"n": 3}}}, r"streams\.cocaine\.survey\.n: unknown key"),
        ({"cocaine": {"survey": {"respondents": 0}}}, r"survey\.respondents: .*greater .* 1"),
        ({"cocaine": {"survey": {"respondents": 1}}}, "respondents must be at least the design"),
        ({"cocaine": {"survey": {"prevalence": 1.0}}}, r"survey\.prevalence: .*less than 1"),
        ({"cocaine": {"survey": {"design_effect": 0.9}}}, r"survey\.design_effect: "),
        ({"cocaine": {"survey": {"offset": 2}}}, "offset must be below every, which is 2"),
        ({"cocaine": {"survey": {"report_lag": -1}}}, r"survey\.report_lag: "),
        ({"cocaine": {"survey": {"bias": "much"}}}, r"survey\.bias"),
        ({"cocaine": {"purity": {"per_year": 12}}}, r"purity\.per_year: "),
        ({"cocaine": {"purity": {"samples": 3, "per_year": 4}}}, "samples must be at least 4"),
        ({"cocaine": {"purity": {"sample_sd": 0.6}}}, r"purity\.sample_sd: .*0\.5"),
        ({"cocaine": {"purity": {"sample_sd": 0.0}}}, r"purity\.sample_sd: "),
        ({"cocaine": {"trend_in_users": 1.1}}, r"streams\.cocaine\.trend_in_users: "),
        ({"cocaine": {"trend_in_users": 0.9}}, "must sum to at most 1"),
    ],
)
def test_bad_input_is_refused_with_its_field(content, message):
    with pytest.raises(ValueError, match="streams") as found:
        World(streams=content)
    with pytest.raises(ValueError, match=message):
        raise spec_error(found.value)
