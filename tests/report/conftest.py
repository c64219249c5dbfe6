"""One tiny study, run once, whose results folder every test of the page reads."""

import pytest

import simdesign
from simdesign.report import write_page

TITLE = "<script>alert('title')</script> & <b>bold</b>"
AIMS = "\"><img src=x onerror=alert('aims')> Does the page escape what a study says?"

STUDY = {
    "name": "page_test",
    "seed": 5,
    "aims": AIMS,
    "title": {"en": TITLE, "nl": "Proef <script>met</script> de pagina"},
    "factors": {
        "world.substances.*.sigma_shared": (0.0, 0.1),
        "change.size": (0.3, -0.2),
    },
    "designs": {
        "annual": {"schedule": {"kind": "fixed_weeks", "weeks": [11]}},
        "four_rounds": {"schedule": {"kind": "rounds", "per_year": 4}},
    },
    "estimators": {"exact": {"kind": "exact_step"}, "z": {"kind": "z_test"}},
    "decision": {"reference": "annual"},
    "sizes": {"quick": {"null": 40, "null_world": 40, "alternative": 40}},
}


@pytest.fixture(scope="session")
def results(tmp_path_factory):
    study = simdesign.Study.from_dict(STUDY)
    results = simdesign.run(study, tmp_path_factory.mktemp("study"), workers=1)
    results.save()
    return results


@pytest.fixture(scope="session")
def pages(results, tmp_path_factory):
    """Return the paths of the page with English and with Dutch first."""
    english = tmp_path_factory.mktemp("page") / "english.html"
    write_page(results.folder, "en").replace(english)
    return {"en": english, "nl": write_page(results.folder, "nl")}


@pytest.fixture(scope="session")
def methods(pages):
    """Return the text of the methodologist's report, written beside the page."""
    return pages["nl"].with_name("methods.html").read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def page(pages):
    """Return the text of the page with Dutch first."""
    return pages["nl"].read_text(encoding="utf-8")
