"""One small study whose designs differ in rounds, sites and days, run once."""

import json

import pytest

import simdesign
from simdesign.report import write_page
from simdesign.run import write_atomic
from simdesign.stored import Paths
from simdesign.studies.explore import explore

WEEK = {"kind": "fixed_weeks", "weeks": [11]}
STUDY = {
    "name": "explorer_test",
    "seed": 9,
    "aims": "Are the explorer's numbers those of the study?",
    "title": {"en": "What </script> if", "nl": "Wat als"},
    "factors": {
        "world.substances.*.sigma_shared": (0.0, 0.06),
        "world.substances.*.r_lab": (0.0, 0.8),
        "change.size": (0.3, -0.3),
    },
    "exclude": (
        {
            "when": {
                "world.substances.*.sigma_shared": (0.0,),
                "world.substances.*.r_lab": (0.8,),
            },
            "because": "without a shared error it has no year part",
        },
    ),
    "designs": {
        "annual": {"schedule": WEEK},
        "ten_sites": {"schedule": WEEK, "sites": {"kind": "spread", "n": 10}},
        "three_days": {"schedule": WEEK, "days": 3},
        "four_rounds": {"schedule": {"kind": "rounds", "per_year": 4}, "cost": {"per_batch": 15.0}},
        "staggered": {"schedule": {"kind": "staggered", "weeks": [9, 11, 13, 15]}},
    },
    "estimators": {"exact": {"kind": "exact_step"}},
    "decision": {"reference": "annual"},
    "sizes": {"quick": {"null": 50, "null_world": 20, "alternative": 20}},
}


@pytest.fixture(scope="session")
def results(tmp_path_factory):
    study = simdesign.Study.from_dict(STUDY)
    results = simdesign.run(study, tmp_path_factory.mktemp("study"), workers=1)
    results.save()
    return results


@pytest.fixture(scope="session")
def content(results):
    found = explore(results)
    write_atomic(Paths(results.folder).explore, json.dumps(found).encode())
    return found


@pytest.fixture(scope="session")
def page(results, content):
    return write_page(results.folder, "nl")
