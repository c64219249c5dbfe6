"""Draws keep their provenance, and a world file is a world."""

import csv
import io

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from simdesign.errors import DataError
from simdesign.estimate import csv_of, read_draws, write_draws
from simdesign.estimate.world_file import LEAST_FACTOR, classes_of_week

DRAWS = {
    name: {"sigma_shared": np.array([0.1, 0.123456789]), "drift": np.array([0.01, -0.02]) * k}
    for k, name in enumerate(("cocaine", "MDMA"), start=1)
}
PROVENANCE = {"sha256": "abc", "seed": 1, "selection": {"cocaine": {"left_out": {"é": 2}}}}


def test_draws_and_provenance_come_back(tmp_path):
    path = tmp_path / "world.parquet"
    write_draws(path, DRAWS, PROVENANCE)
    draws, provenance = read_draws(path)
    assert provenance == PROVENANCE
    assert list(draws) == list(DRAWS)
    for name, columns in DRAWS.items():
        assert list(draws[name]) == list(columns)
        for key, values in columns.items():
            np.testing.assert_array_equal(draws[name][key], values)
    assert [p.name for p in tmp_path.iterdir()] == ["world.parquet"]


def test_csv_has_six_digits_and_the_same_rows():
    rows = list(csv.DictReader(io.StringIO(csv_of(DRAWS))))
    assert [(row["substance"], row["draw"]) for row in rows] == [
        ("cocaine", "0"), ("cocaine", "1"), ("MDMA", "0"), ("MDMA", "1"),
    ]  # fmt: skip
    assert rows[1]["sigma_shared"] == "0.123457"
    assert float(rows[3]["drift"]) == pytest.approx(-0.04)


def test_other_files_are_refused(tmp_path):
    text = tmp_path / "draws.parquet"
    text.write_text("no")
    with pytest.raises(DataError, match="readable Parquet"):
        read_draws(text)
    pq.write_table(pa.table({"a": [1]}), text)
    with pytest.raises(DataError, match="provenance"):
        read_draws(text)


@pytest.mark.parametrize("strength", [0.3, 1.0, 4.0])
def test_classes_make_the_profile_together_and_none_uses_less_than_nothing(strength):
    week = np.array([1.0, 0.88, 0.85, 0.87, 0.95, 1.17, 1.28]) ** strength
    week /= week.mean()
    classes = classes_of_week("cocaine", week)
    together = sum(c["mass_share"] * np.array(c["weekday"]) for c in classes)
    np.testing.assert_allclose(together, week, atol=1e-5)
    least = min(min(c["weekday"]) for c in classes)
    assert least >= min(LEAST_FACTOR, week.min()) - 1e-6
