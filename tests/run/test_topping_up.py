"""What is added later computes only itself, and changes no number, merged or not."""

import pytest

from run.small import REPLICATIONS, TASK, copied, small_run, small_study
from simdesign.run import load, run
from simdesign.run.collect import compact

MORE = {
    "an estimator": ("[decision]", "[estimators.trend]\nkind = 'linear_trend'\n[decision]"),
    "a design": ("[estimators.euda]",
                 "[designs.four]\nschedule = { kind = 'rounds', per_year = 4 }\n[estimators.euda]"),
    "a world": ("[0.1]", "[0.1, 0.0]"),
    "a size of change": ("[0.3]", "[0.3, -0.2]"),
    "a twin of a design": ("[estimators.euda]",
                           "[designs.again]\nschedule = { kind = 'fixed_weeks', weeks = [11] }\n"
                           "[estimators.euda]"),
    "another name for a design": ("[designs.two]", "[designs.pair]"),
}  # fmt: skip
ADDED = {
    "an estimator": {(d, "trend") for d in ("annual", "two")},
    "a design": {("four", e) for e in ("euda", "exact")},
    "a twin of a design": {("again", e) for e in ("euda", "exact")},
    "another name for a design": {("pair", e) for e in ("euda", "exact")},
}
"""(design, estimator) of new shards; all of them in a new scenario."""


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    return small_run(folder, folder / "out")


@pytest.mark.parametrize(
    ("what", "is_merged"),
    [(what, False) for what in MORE] + [("an estimator", True), ("a world", True)],
)
def test_only_what_is_added_is_computed(whole, tmp_path, what, is_merged):
    results = copied(whole, tmp_path / "out")
    if is_merged:
        compact(results.store)
    before = {shard.path: shard for shard in load(results.folder).store.shards()}
    kept = {path: path.read_bytes() for path in before}
    study = small_study(tmp_path, MORE[what])
    more = run(study, results.folder, replications=REPLICATIONS, workers=1, task_size=TASK)
    assert {path: path.read_bytes() for path in before} == kept
    added = [shard for shard in more.store.shards() if shard.path not in before]
    old = {shard.scenario for shard in before.values()}
    if what in ADDED:
        assert {shard.scenario for shard in added} == old
        cells = {(d, e) for shard in added for _, d, e in shard.cells.values()}
        assert cells == ADDED[what]
    else:
        assert added
        assert old.isdisjoint(shard.scenario for shard in added)
    assert more.status()["missing"] == 0
    direct = run(study, tmp_path / "direct", replications=REPLICATIONS, workers=1)
    assert more.digest() == direct.digest()
    compact(more.store)
    assert load(results.folder).digest() == direct.digest()
    again = run(whole.study, results.folder, replications=REPLICATIONS, workers=1)
    assert again.digest() == whole.digest()


def test_more_replications_after_merging_are_only_the_missing_ones(whole, tmp_path):
    results = copied(whole, tmp_path / "out")
    compact(results.store)
    before = {shard.path for shard in load(results.folder).store.shards()}
    more = run(whole.study, results.folder, replications=REPLICATIONS + 3, workers=1)
    added = [shard for shard in more.store.shards() if shard.path not in before]
    assert {r for shard in added for r in range(shard.start, shard.stop)} == set(
        range(REPLICATIONS, REPLICATIONS + 3)
    )
    compact(more.store)
    assert len(more.store.shards()) == 3
    direct = run(whole.study, tmp_path / "direct", replications=REPLICATIONS + 3, workers=1)
    assert load(results.folder).digest() == direct.digest()
