"""The explorer's numbers are published with the results, when they are of these rows."""

import json

import pytest

from simdesign.cli import call
from simdesign.errors import StoreError
from simdesign.run import read
from simdesign.stored import ExploreFile, Paths, PublishedPaths
from simdesign.studies.publish import found_later, publish


def test_publish_carries_the_numbers_and_the_command_reads_them(results, content, tmp_path, capsys):
    target = tmp_path / "published"
    publish(results, target)
    path = PublishedPaths(target).explore
    assert read(target).found_later(path, ExploreFile) == content
    assert 'class="explorer"' in (target / "page.html").read_text("utf-8")
    capsys.readouterr()
    assert call(["explore", str(target)]) == 0
    told = capsys.readouterr().out
    assert "cocaine: 6 changes in 3 worlds, 5 designs, 5 budgets" in told
    assert "of designs with other sites or days left out: error 0." in told
    path.unlink()
    with pytest.raises(StoreError, match=r"holds no explore\.json"):
        read(target).found_later(path, ExploreFile)


def test_numbers_of_other_rows_are_not_taken_along(results, content):
    name = Paths(results.folder).explore.name
    assert found_later(results)[name] == content
    path = Paths(results.folder).explore
    kept = path.read_bytes()
    try:
        path.write_text(json.dumps(content | {"state": "other"}))
        assert name not in found_later(results)
        path.write_text(json.dumps(content | {"budgets": "x"}))
        with pytest.raises(StoreError, match=r"explore\.json: budgets"):
            found_later(results)
        path.unlink()
        assert name not in found_later(results)
    finally:
        path.write_bytes(kept)
