"""Small tables of draws, made up: no estimate of anything."""

import csv
import itertools
from pathlib import Path

import numpy as np

FIELDS = ("sigma_shared", "sigma_rw", "sigma_site", "drift")


def made_up(n=20, substances=("cocaine", "MDMA"), seed=1):
    """Return rows in which parameters and substances depend on one another."""
    rng = np.random.default_rng(seed)
    rows = []
    for draw in range(n):
        common = rng.random()
        for number, name in enumerate(substances):
            walk = 0.02 + 0.05 * (1.0 - common) * rng.random()
            rows.append(
                {"substance": name, "draw": draw, "sigma_shared": 0.01 + 0.1 * common,
                 "sigma_rw": walk, "sigma_site": 0.05 + 0.02 * rng.random() + 0.1 * number,
                 "drift": 0.05 * rng.standard_normal()}
            )  # fmt: skip
    return rows


def write_table(path: Path, rows) -> Path:
    """Write rows as CSV or Parquet, by the file's name."""
    if path.suffix == ".parquet":
        import pandas as pd

        pd.DataFrame(rows).to_parquet(path, index=False)
        return path
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(dict.fromkeys(itertools.chain(*rows))))
        writer.writeheader()
        writer.writerows(rows)
    return path


def column(rows, substance, field):
    """Return one column of one substance, in order of the draws."""
    mine = sorted((row for row in rows if row["substance"] == substance), key=lambda x: x["draw"])
    return [row[field] for row in mine]
