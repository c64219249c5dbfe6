"""Rules are described, read from a study file, and refused with the field's name."""

import pytest
from pydantic import TypeAdapter

from simdesign.fit import build, engines
from simdesign.spec.base import spec_error
from simdesign.spec.estimator import Estimator
from simdesign.spec.rules import Cusum, LinearTrend, MannKendall, Rbeast, Ruptures, Segmented

READ = TypeAdapter(Estimator)


@pytest.mark.parametrize("rule", [LinearTrend, MannKendall, Segmented, Cusum, Ruptures, Rbeast])
def test_every_rule_is_read_by_its_kind_and_has_an_engine(rule):
    found = READ.validate_python({"kind": rule().kind})
    assert found == rule()
    assert READ.validate_python(found.model_dump(mode="json")) == found
    assert type(build("mine", found)) is engines()[rule]


@pytest.mark.parametrize(
    ("content", "field"),
    [
        ({"kind": "linear_trend", "level": 0.0}, "level"),
        ({"kind": "mann_kendall", "level": 1.0}, "level"),
        ({"kind": "segmented", "level": 5}, "level"),
        ({"kind": "cusum", "around": "median"}, "around"),
        ({"kind": "ruptures", "cost": "l1"}, "cost"),
        ({"kind": "ruptures", "penalty": 0}, "penalty"),
        ({"kind": "ruptures", "seconds": 0}, "seconds"),
        ({"kind": "rbeast", "most": 0}, "most"),
        ({"kind": "rbeast", "seed": 0}, "seed"),
        ({"kind": "rbeast", "samples": 10}, "samples"),
        ({"kind": "rbeast", "threshold": 0.5}, "threshold"),
    ],
)
def test_bad_input_is_refused_with_its_field(content, field):
    with pytest.raises(ValueError, match=field) as found:
        READ.validate_python(content)
    assert spec_error(found.value).field == f"{content['kind']}.{field}"
