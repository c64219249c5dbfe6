"""A study file, its objects and its canonical text are one thing."""

import json
import math
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simdesign.errors import SpecError
from simdesign.spec.base import canonical_json, content_hash, plain
from simdesign.spec.study import Study

TEXT = """
name = "small"
seed = 3
aims = "A study for tests."

[null.substances.cocaine]
sigma_shared = { dist = "halfnormal", scale = 0.08 }

[factors]
"world.substances.*.sigma_shared" = [0.0, 0.05]
"change.size" = [0.1, 0.2, -0.2]

[[exclude]]
when = { "world.substances.*.sigma_shared" = [0.05], "change.size" = [0.1] }
because = "cannot be seen"

[designs.annual]
schedule = { kind = "fixed_weeks", weeks = [11] }

[designs.four]
schedule = { kind = "fixed_weeks", weeks = [2, 15, 28, 41] }

[estimators.exact]
kind = "exact_step"

[decision]
reference = "annual"

[sizes.quick]
null = 20
null_world = 20
alternative = 10

[sizes.full]
null = 200
null_world = 20
alternative = 10
factors = { "change.size" = [0.3] }
"""


def _study(**changes):
    content = tomllib.loads(TEXT)
    if "factors" in changes:
        del content["exclude"]  # it names factors that are gone
    content.update(changes)
    return Study.from_dict(content, "study.toml")


def test_toml_objects_and_canonical_text_round_trip(tmp_path):
    path = tmp_path / "study.toml"
    path.write_text(TEXT)
    study = Study.from_toml(path)
    assert Study.from_dict(plain(study)) == study
    assert Study.from_dict(json.loads(canonical_json(plain(study)))) == study
    path.write_text(study.to_toml())
    again = Study.from_toml(path)
    assert again == study
    assert again.hash() == study.hash()


def test_sizes_do_not_change_the_hash_and_everything_else_does():
    study = _study()
    sizes = plain(study)["sizes"]
    sizes["quick"]["null"] = 40
    assert _study(sizes=sizes).hash() == study.hash()
    assert _study(seed=4).hash() != study.hash()
    assert _study(aims="Other.").hash() != study.hash()


def test_factors_are_crossed_and_cells_excluded():
    scenarios = list(_study().scenarios("quick"))
    assert [s.role for s in scenarios].count("null_mixture") == 1
    assert [s.role for s in scenarios].count("null_world") == 2
    names = [s.name for s in scenarios if s.role == "alternative"]
    assert names == [
        "sigma_shared=0.0,size=0.1", "sigma_shared=0.0,size=0.2", "sigma_shared=0.0,size=-0.2",
        "sigma_shared=0.05,size=0.2", "sigma_shared=0.05,size=-0.2",
    ]  # fmt: skip
    assert len({s.name for s in scenarios}) == len(scenarios)
    last = scenarios[-1]
    assert last.world.substances["cocaine"].sigma_shared == 0.05
    assert last.change.size == -0.2
    assert scenarios[0].luck == scenarios[1].luck != last.luck  # nulls have luck of their own
    full = [s.name for s in _study().scenarios("full")]
    assert full == ["null_mixture", "none", "size=0.3"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"speed": 1}, r"study\.toml: speed: unknown key, got 1"),
        ({"seed": -1}, r"study\.toml: seed: .*greater than or equal to 0, got -1"),
        ({"designs": {}}, r"study\.toml: designs: "),
        ({"decision": {"reference": "none"}}, "no design named 'none'"),
        ({"decision": {"reference": "annual", "budget": 2}}, r"decision\.budget: "),
        ({"factors": {"world.nothing": [1]}}, r"factors\.world\.nothing: is no field"),
        ({"factors": {"shape": [1]}}, r"factors\.shape: must start with world\. or change\."),
        ({"exclude": [{"when": {"x": [1]}, "because": "y"}]}, r"exclude\.when\.x: must name"),
        (
            {"exclude": [{"when": {"change.size": [0.25]}, "because": "typo"}]},
            r"exclude\.when\.change\.size: must be a level of it, got 0\.25",
        ),
        ({"world": {"substances": {"tea": {}}}}, "tea"),
        ({"world": {"catchments": []}}, r"world\.catchments: .*at least one"),
        ({"world": {"substances": {"cocaine": {"sigma_site": -1}}}}, r"sigma_site: must be >= 0"),
        ({"estimators": {"e": {"kind": "magic"}}}, r"estimators\.e: "),
        # the mistake stands in the last cell of the grid
        (
            {"factors": {"world.substances.*.sigma_shared": [0.0, 0.05, -0.1]}},
            r"sigma_shared: must be >= 0 \(in the cell sigma_shared=-0.1\), got -0.1",
        ),
    ],
)  # fmt: skip
def test_a_mistake_is_one_line_that_names_field_value_and_rule(changes, message):
    with pytest.raises(SpecError, match=message) as error:
        _study(**changes)
    assert "\n" not in str(error.value)


def test_a_missing_file_and_a_file_that_is_no_toml_are_named(tmp_path):
    with pytest.raises(SpecError, match=r"study file: must exist, got '.*no\.toml'"):
        Study.from_toml(tmp_path / "no.toml")
    path = tmp_path / "bad.toml"
    path.write_text("name = ")
    with pytest.raises(SpecError, match=r"bad\.toml: study file: must be TOML"):
        Study.from_toml(path)
    with pytest.raises(SpecError, match="must be readable"):
        Study.from_toml(tmp_path)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        # number forms of RFC 8785, section 3.2.2.3
        (1e21, "1e+21"), (333333333.33333329, "333333333.3333333"), (1e30, "1e+30"),
        (4.50, "4.5"), (2e-3, "0.002"), (0.000001, "0.000001"), (1e-7, "1e-7"), (-0.0, "0"),
        (1e-27, "1e-27"), (True, "true"), (None, "null"), (math.nan, "null"), (10.0, "10"),
        ({"b": 1, "a": [1.0, "é\n"]}, '{"a":[1,"é\\n"],"b":1}'),
    ],
)  # fmt: skip
def test_canonical_text_of_known_values(value, text):
    assert canonical_json(value) == text


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_canonical_number_reads_back_as_itself(value):
    assert float(canonical_json(value)) == value


def test_the_hash_does_not_depend_on_how_a_number_is_written():
    one = _study(factors={"change.size": [1]})
    two = _study(factors={"change.size": [1.0]})
    assert content_hash(one) == content_hash(two)
