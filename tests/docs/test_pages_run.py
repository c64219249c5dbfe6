"""What the pages tell a reader to do works, in order, in an empty folder."""

import re
import sys
import tomllib

import pytest

from docs.blocks import ELSEWHERE, ROOT, RUN, Session, blocks
from simdesign.run.backends import local
from simdesign.spec.losses import read_losses
from simdesign.spec.study import Study

DOCS = ROOT / "docs"
FOLLOWED = [
    DOCS / "tutorial.md",
    *sorted(DOCS.glob("howto/*.md")),
    *sorted(DOCS.glob("explanation/*.md")),
    *sorted(DOCS.glob("reference/*.md")),
    ROOT / "CONTRIBUTING.md",
]
OTHERS = {  # who runs the blocks of the other documents
    "docs/changes.md": "tests/run/test_own_parts.py",
    "docs/data.md": "tests/data/test_data_document.py",
    "docs/designs.md": "tests/spec/test_designs_page.py",
    "docs/measuring.md": "tests/spec/test_measuring_page.py",
    "docs/store.md": "tests/run/test_other_programs.py",
}
UNRUN = {  # single blocks that nobody can run here: document, language, first words
    ("docs/cluster.md", "bash"): "needs a cluster; tests/run/slurm/ starts one",
    ("docs/pymc.md", "python"): "samples; tests/fit/ calls posterior_tree",
    ("docs/rules.md", "python"): "a placeholder for the reader's own function; tests/fit/ calls it",
    ("README.md", "sh"): "makes environments; every test run begins with it",
}
LANGUAGES = ("sh", "bash", "console", "python", "toml")


@pytest.fixture
def session(tmp_path, monkeypatch):
    """Give a reader a folder of their own; their modules are forgotten afterwards."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(local, "n_processors", lambda: 1)
    monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path)])
    known = set(sys.modules)
    yield Session(tmp_path)
    for name in set(sys.modules) - known:
        place = getattr(sys.modules[name], "__file__", None) or ""
        if place.startswith(str(tmp_path)):
            del sys.modules[name]


@pytest.mark.parametrize("page", FOLLOWED, ids=lambda path: path.stem)
def test_a_page_can_be_followed(page, session):
    if page.parent.name == "howto":  # "you have a study file": that of the tutorial
        study = next(block for block in blocks(DOCS / "tutorial.md") if block.file == "study.toml")
        session.follow(study)
    for block in blocks(page):
        try:
            session.follow(block)
        except Exception as error:
            error.add_note(f"{page.relative_to(ROOT)}, block at line {block.line}")
            raise


@pytest.mark.parametrize("page", FOLLOWED, ids=lambda path: path.stem)
def test_every_block_is_run_or_says_why_not(page):
    for block in blocks(page):
        assert block.language in RUN, f"line {block.line}"
        strange = [w for w in block.words if w not in ELSEWHERE and w != "add" and w != block.file]
        assert strange == [], f"line {block.line}"


def test_the_reasons_are_used_and_most_blocks_run():
    found = [block for page in FOLLOWED for block in blocks(page)]
    unrun = [block for block in found if block.reason]
    assert {block.reason for block in unrun} == set(ELSEWHERE)
    assert len(unrun) <= 10
    assert len(found) >= 4 * len(unrun)


def older():
    """Yield document and block of every document that is not followed from its first line."""
    for page in sorted([*DOCS.glob("*.md"), *DOCS.glob("adr/*.md"), ROOT / "README.md"]):
        if page not in FOLLOWED:
            for block in blocks(page):
                if block.language in LANGUAGES:
                    yield page.relative_to(ROOT).as_posix(), block


def test_the_blocks_of_the_other_documents_are_run_by_somebody():
    for name, place in OTHERS.items():
        assert name.rpartition("/")[2] in (ROOT / place).read_text(encoding="utf-8"), place
    nobody = {
        (name, block.language)
        for name, block in older()
        if name not in OTHERS and block.language != "toml" and "$ simdesign" not in block.text
        and not (name == "README.md" and block.language == "python")
    }  # fmt: skip
    assert nobody == set(UNRUN)


SMALL = """
name = "small"
seed = 1
aims = "A test."
designs.annual.schedule = { kind = "fixed_weeks", weeks = [11] }
estimators.exact = { kind = "exact_step" }
decision.reference = "annual"
sizes.quick = { null = 24, null_world = 20, alternative = 12 }
"""
FRAGMENTS = [
    pytest.param(block.text, id=f"{name}:{block.line}")
    for name, block in older()
    if block.language == "toml" and name not in OTHERS and name != "docs/options.md"
]


def merged(below, above):
    """Return one table laid over another."""
    both = dict(below)
    for key, value in above.items():
        nested = isinstance(value, dict) and isinstance(both.get(key), dict) and "kind" not in value
        both[key] = merged(both[key], value) if nested else value
    return both


def test_there_are_fragments():
    assert len(FRAGMENTS) >= 7


@pytest.mark.parametrize("text", FRAGMENTS)
def test_a_fragment_of_a_study_file_is_read(text, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shipped = re.sub(r'(estimate = )"[^"]+\.parquet"', r'\1"NL"', text)  # for a reader's own file
    content = merged(tomllib.loads(SMALL), tomllib.loads(shipped))
    Study.from_dict(content)


def test_the_losses_of_the_options_are_read(tmp_path):
    (block,) = (item for item in blocks(DOCS / "options.md") if item.language == "toml")
    path = tmp_path / "losses.toml"
    path.write_text(block.text, encoding="utf-8")
    assert read_losses(path).losses.missed_per_year == 2e6


def test_the_readme_in_python(session):
    """The README's own study is large, so that the tutorial's stands in for it."""
    study = next(block for block in blocks(DOCS / "tutorial.md") if block.file == "study.toml")
    session.follow(study)
    (block,) = (item for item in blocks(ROOT / "README.md") if item.language == "python")
    text = block.text.replace("experiments/annual_claim/study.toml", "study.toml")
    exec(compile(text.replace("replications=50", "replications=20"), "README.md", "exec"), {})
