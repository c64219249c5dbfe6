"""Shards are read by programs that know nothing of ours, and give the same rows."""

import json
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pytest

from run.small import copied, small_run
from simdesign.run import COLUMNS
from simdesign.run.collect import compact
from simdesign.run.schema import KEY


@pytest.fixture(scope="module", params=["parts", "merged"])
def results(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    found = small_run(folder, folder / "out")
    if request.param == "merged":
        found = copied(found, folder / "merged")
        compact(found.store)
    return found


def files(results) -> str:
    return str(results.folder / "shards" / "*.parquet")


def assert_same(read: pd.DataFrame, results) -> None:
    own = results.rows()
    assert list(read.columns) == list(COLUMNS)
    read = read.sort_values(list(KEY), ignore_index=True)
    own = own.sort_values(list(KEY), ignore_index=True)
    assert len(read) == len(own) > 400
    for name, kind in COLUMNS.items():
        one, other = read[name].to_numpy(), own[name].to_numpy()
        if kind == "str":
            assert one.astype(str).tolist() == other.tolist()
        else:
            assert one.dtype == other.dtype
            np.testing.assert_array_equal(one, other)


def test_duckdb(results):
    assert_same(duckdb.sql(f"select * from '{files(results)}'").df(), results)


def test_polars(results):
    assert_same(pl.read_parquet(files(results)).to_pandas(), results)


def test_pandas(results):
    parts = [pd.read_parquet(path) for path in results.store.shard_folder.glob("*.parquet")]
    for part in parts:  # text comes as categories, whose lists differ between shards
        for name in part.select_dtypes("category"):
            part[name] = part[name].astype(str)
    assert_same(pd.concat(parts), results)


def test_a_folder_of_shards_is_one_table_for_arrow(results):
    """What ``arrow::open_dataset`` of R does, which is the same library."""
    import pyarrow.dataset as ds

    table = ds.dataset(results.store.shard_folder, format="parquet").to_table()
    assert_same(table.to_pandas(), results)


def test_the_metadata_are_read_by_duckdb(results):
    found = duckdb.sql(
        "select decode(value) as told from parquet_kv_metadata("
        f"'{files(results)}') where decode(key) = 'simdesign'"
    ).fetchall()
    assert len(found) == len(results.store.shards())
    for (told,) in found:
        meta = json.loads(told)
        assert meta["seed"] == results.study.seed
        assert {"host", "code", "kernels", "numpy", "written"} <= meta["made_by"][0].keys()


QUERY = """
select scenario, design, avg(effect - true_effect) as bias, count(*) as n
from '{files}'
where look = (select max(look) from '{files}') and change_day >= 0 and estimator = 'exact'
group by scenario, design
"""


def test_a_query_gives_one_of_our_measures(results):
    """The query of docs/store.md: the mean error of the size of a break at the last look."""
    page = (Path(__file__).parents[2] / "docs" / "store.md").read_text(encoding="utf-8")
    query = QUERY.replace("{files}", "runs/NAME/shards/*.parquet").strip()
    assert query in page
    own = {
        (row["scenario"], row["design"]): row["value"]
        for row in results.records()
        if (row["measure"], row["estimator"], row["compared_with"]) == ("effect_bias", "exact", "")
    }
    found = duckdb.sql(QUERY.replace("{files}", files(results))).fetchall()
    assert len(found) == len(own) == 2
    for scenario, design, bias, n in found:
        assert n == 6
        assert bias == pytest.approx(own[scenario, design], rel=1e-8)
