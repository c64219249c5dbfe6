"""docs/terms.md names every optional term, and the tests that it names exist."""

import re
from pathlib import Path

from simdesign.spec.catalogue import catalogue_entries
from simdesign.spec.people import People
from simdesign.spec.terms import GROUPS, SUBSTANCE_TERMS, WORLD_TERMS

ROOT = Path(__file__).parents[2]
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in (ROOT / "docs" / "terms.md").read_text(encoding="utf-8").splitlines()
    if line.startswith("| ") and not line.startswith("| term |")
]


def test_every_row_names_tests_that_exist():
    assert len(ROWS) > 20
    for name, _, _, page, tests in ROWS:
        assert (ROOT / "docs" / page).is_file(), name
        places = re.split(r"(?=`tests/)", tests)[1:]
        assert places, name
        for place in places:
            path, *functions = re.findall(r"`([^`]+)`", place)
            source = (ROOT / path).read_text(encoding="utf-8")
            assert functions, f"{name}: {path} without a test"
            for function in functions:
                assert f"def {function}(" in source, f"{name}: {path} has no {function}"


def test_every_optional_term_and_its_numbers_are_on_the_page():
    said = " ".join(row[1] for row in ROWS)
    for term in (*WORLD_TERMS, *SUBSTANCE_TERMS):
        assert re.search(rf"`{term}[`.]", said), term
    for member in People.model_fields:
        assert f"`people.{member}`" in said, member
    for entry in catalogue_entries():
        parts = [part for part in entry.name.split(".") if part != "by_substance"]
        if parts[0] != "terms" or parts[1] in GROUPS:
            continue
        assert entry.unit, entry.name
        assert entry.status in ("read", "computed", "recalled", "assumed"), entry.name
        assert f"`{parts[-1]}`" in said or f".{parts[-1]}`" in said, entry.name
