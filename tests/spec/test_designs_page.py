"""The examples of docs/designs.md are designs, and can be laid on a calendar."""

import re
import tomllib
from pathlib import Path

import pytest

from sample.small import lay
from simdesign.sample import schedule
from simdesign.spec.design import Design
from simdesign.spec.schedule import Schedule
from simdesign.spec.study import Programme

PAGE = (Path(__file__).parents[2] / "docs" / "designs.md").read_text(encoding="utf-8")


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


EXAMPLES = {
    name: content
    for block in blocks("toml")
    for name, content in tomllib.loads(block)["designs"].items()
}


def test_the_page_has_its_examples():
    assert len(EXAMPLES) >= 12


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_can_be_laid(name):
    assert lay(Design.model_validate(EXAMPLES[name])).n_visit > 0


def test_every_kind_of_schedule_is_on_the_page():
    union = Schedule.__args__[0]
    kinds = {item.model_fields["kind"].default for item in union.__args__}
    assert kinds == set(re.findall(r"^\| `(\w+)` \| .* \| .* \| .* \|$", PAGE, re.MULTILINE))


def test_the_python_example_is_a_schedule(tmp_path, monkeypatch):
    (tmp_path / "written_on_the_page.py").write_text(blocks("python")[0])
    monkeypatch.syspath_prepend(str(tmp_path))
    own = {"kind": "own", "uses": "written_on_the_page:every_second_week"}
    names = ("A", "B", "C")
    visits = schedule(
        Design.model_validate({"schedule": own}), Programme(years=1), names, (3.0, 2.0, 1.0)
    )
    assert visits.campaign.max() == 24
