"""Nobody changes a number without saying so."""

import hashlib

import numpy as np
import pandas as pd

from run.tiny import TINY
from simdesign.run import COLUMNS, run
from simdesign.spec.study import Study

GOLDEN = "40b2d14ac3ba37d6b265001743b47fd26616c7a8a27e218eec07e331c3c3e373"
"""Digest of the rows below. Renewed last, together with the changelog."""

MESSAGE = "a changed number needs a line under Changes in numbers in CHANGELOG.md"
DIGITS = 7
"""Significant digits compared. Mathematical libraries of other machines differ by about 1e-13 of a
score; with some ten thousand numbers, two more digits would put one of them on a rounding edge."""
ZERO = 1e-9
"""What is smaller is rounding error where two numbers cancel."""

CHANGES = (
    ("[0.0, 0.1]", "[0.1]"),
    ("[0.3, -0.3]", "[0.3]"),
    ("[decision]", '[estimators.z]\nkind = "z_test"\n\n[decision]'),
)


def rounded(values):
    """Return numbers as text with so many significant digits, tiny ones as zero."""
    return [f"{0.0 if abs(x) < ZERO else x:.{DIGITS - 1}e}" for x in values]


def digest(rows):
    """Return SHA-256 of the table's columns, floats rounded."""
    found = hashlib.sha256()
    for name, kind in COLUMNS.items():
        column = rows[name].to_numpy()
        text = rounded(column) if kind == "float64" else [str(item) for item in column]
        found.update("\n".join([name, *text, ""]).encode())
    return found.hexdigest()


def test_the_rows_of_a_tiny_study_are_the_stored_ones(tmp_path):
    text = TINY
    for old, new in CHANGES:
        assert old in text
        text = text.replace(old, new)
    (tmp_path / "study.toml").write_text(text, encoding="utf-8")
    study = Study.from_toml(tmp_path / "study.toml")
    rows = run(study, tmp_path / "out", workers=1, replications=6).rows()
    assert rows["scenario"].nunique() == 3  # one world: its null, its change, and the mixture
    assert len(rows) == 3 * 6 * 2 * 3 * 6  # scenarios, replications, designs, estimators, looks
    assert np.isfinite(rows["score"]).any()
    assert (rows["reason"] == "").all()
    assert digest(rows) == GOLDEN, MESSAGE


def test_the_digest_sees_the_seventh_digit_and_not_the_twelfth():
    columns = {n: [0.0] if k == "float64" else [0] for n, k in COLUMNS.items()}
    rows = pd.DataFrame(columns)
    seventh, twelfth = rows.assign(score=1.0 + 1e-6), rows.assign(score=1.0 + 1e-11)
    assert digest(seventh) != digest(rows.assign(score=1.0))
    assert digest(twelfth) == digest(rows.assign(score=1.0))
