"""The sufficiency map says what the table of measures says, for every reader."""

import dataclasses
import math
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from simdesign.evaluate import Code
from simdesign.report.cells import map_cells
from simdesign.report.figures.sufficiency import LOOK, sufficiency_figure
from simdesign.report.folder import Folder, _add_changes
from simdesign.report.frequencies import frequency_sentences
from simdesign.report.select import Selection
from simdesign.report.tables import measure_blocks
from simdesign.report.texts import Texts
from simdesign.spec.shipped import shipped_draws
from simdesign.spec.study import Study

LEVELS, R_LAB = (0.0, 0.05, 0.1), (0.0, 0.8)
CHANGES = (
    {"kind": "level_shift", "size": 0.2}, {"kind": "level_shift", "size": -0.3},
    {"kind": "slope_change", "slope": -0.09},
)  # fmt: skip
STUDY = Study.from_dict(
    {
        "name": "map", "seed": 1, "aims": "A map.",
        "factors": {
            "world.substances.*.sigma_shared": LEVELS, "world.substances.*.r_lab": R_LAB,
            "change": CHANGES,
        },
        "designs": {
            "annual": {"schedule": {"kind": "fixed_weeks", "weeks": [11]}},
            "four": {"schedule": {"kind": "rounds", "per_year": 4}},
            "six": {"schedule": {"kind": "rounds", "per_year": 6}},
        },
        "estimators": {"exact": {"kind": "exact_step"}},
        "decision": {"reference": "annual"},
        "sizes": {"quick": {"null": 20, "null_world": 20, "alternative": 20}},
    }
)  # fmt: skip


def powers(shared, r_lab, n_change, threshold):
    """Return the powers of the three designs: chosen, so that every answer occurs."""
    if shared == 0.1:
        return (0.2, 0.22, 0.25)  # all blind
    mine = 0.8 - (0.1 if threshold == "operating" else 0.0) - 0.02 * n_change - 5 * shared * r_lab
    loss = {0.0: 0.01, 0.05: 0.3 if threshold == "operating" else 0.1}[shared]
    return (mine, mine + 0.5 * loss, mine + loss)


@pytest.fixture(scope="module")
def folder():
    rows = []
    for item in STUDY.scenarios("quick"):
        if item.role != "alternative":
            continue
        shared, r_lab = (
            item.factors[f"world.substances.*.{name}"] for name in ("sigma_shared", "r_lab")
        )
        number = CHANGES.index(item.factors["change"])
        for threshold in ("operating", "oracle"):
            values = dict(zip(STUDY.designs, powers(shared, r_lab, number, threshold), strict=True))
            for design, value in values.items():
                common = {
                    "scenario": item.name, "role": item.role, "sigma_shared": shared,
                    "r_lab": r_lab, "substance": "cocaine", "design": design,
                    "estimator": "exact", "threshold": threshold, "budget": 0.1,
                    "n_rep": 1000, "n_failed": 0, "shared": shared,
                }  # fmt: skip
                for measure, horizon, x in (
                    ("power", 3.0, value), ("restricted_mean_delay", 5.0, 5.0 - 3.0 * value)
                ):  # fmt: skip
                    rows.append(common | {
                        "measure": measure, "horizon": horizon, "value": x, "mcse": 0.014,
                        "low": x - 0.03, "high": x + 0.03, "compared_with": "",
                    })  # fmt: skip
                    if design != "annual":
                        first = values["annual"] if measure == "power" else 5 - 3 * values["annual"]
                        rows.append(common | {
                            "measure": measure, "horizon": horizon, "value": x - first,
                            "mcse": 0.011 if shared else 0.004, "low": math.nan,
                            "high": math.nan, "compared_with": "annual",
                        })  # fmt: skip
    frame = pd.DataFrame(rows)
    change = _add_changes(frame, STUDY, "quick")
    assert "change" in change
    return Folder(
        path=Path(), study=STUDY, size="quick", manifest={}, measures=frame,
        factors=("sigma_shared", "r_lab"), other_factors=("r_lab",), verdicts=(), n_missing=0,
        digest="", written="",
    )  # fmt: skip


def test_a_cell_has_the_largest_loss_and_the_rule_s_answer(folder):
    found = {
        (item.change, item.shared): item
        for item in map_cells(folder, "cocaine", {"r_lab": 0.0}, "operating")
    }
    assert len(found) == 9
    slope = math.exp(-0.27) - 1
    assert sorted({key[0] for key in found}) == pytest.approx([-0.3, slope, 0.2])
    for (change, shared), item in found.items():
        number = 0 if change == 0.2 else 1 if change == -0.3 else 2
        mine, _, best = powers(shared, 0.0, number, "operating")
        assert item.other == "six"
        assert item.difference == pytest.approx(mine - best)
        assert math.isfinite(item.yearly) == (number == 2)
        # worked by hand: 0.3 - 2.6 * 0.011 > 0.1; 0.01 + 1.64 * 0.004 < 0.1; all below one half
        wanted = {0.0: Code.AS_GOOD, 0.05: Code.NOT_AS_GOOD, 0.1: Code.NEITHER_NOTICES}[shared]
        assert item.code == wanted
        assert item.error_class == (0.01 if shared == 0.0 else 0.02)
    oracle = map_cells(folder, "cocaine", {"r_lab": 0.0}, "oracle")
    assert {c.code for c in oracle if c.shared == 0.05} == {Code.CANNOT_TELL}


def test_the_classes_of_the_error_have_ends(folder):
    cell = map_cells(folder, "cocaine", {"r_lab": 0.0}, "oracle")[0]
    ends = [dataclasses.replace(cell, mcse=x).error_class for x in (0.01, 0.011, 0.05, 0.06)]
    assert ends == [0.01, 0.02, 0.05, math.inf]


@pytest.mark.parametrize("lang", ["en", "nl"])
def test_the_panels_show_every_number_in_words_and_table(folder, lang):
    texts = Texts(lang)
    panels, table, intro = sufficiency_figure(folder, "cocaine", {"r_lab": 0.0}, texts)
    assert len(panels) == 4  # two thresholds; size of change and correlation within a year
    assert len(table.rows) == 2 * 9 + 2 * 6
    median = np.median(shipped_draws("cocaine")[0].fields["sigma_shared"])
    for panel in panels:
        text = panel.alternative.replace("\N{NO-BREAK SPACE}", " ")
        assert texts("verdict.neither_notices") in text
        shown = re.search(r"(?:median|mediaan) (\d+(?:[.,]\d)?)", text)[1].replace(",", ".")
        assert float(shown) == pytest.approx(100 * median, abs=0.06)
        assert panel.svg.startswith("<svg")
        assert panel.svg.count("fout ≤" if lang == "nl" else "error ≤") in (6, 9)
    signs = {sign for _, _, sign in LOOK.values()}
    assert all(sign in panels[0].svg for sign in signs - {"?"})
    assert "?" in panels[1].svg
    label = "per jaar" if lang == "nl" else "a year"
    assert f"8{',' if lang == 'nl' else '.'}6\N{NO-BREAK SPACE}% {label}" in panels[0].alternative
    assert len(intro) > 400


def test_the_posterior_is_shared_out_over_the_cells(folder):
    _, _, intro = sufficiency_figure(folder, "cocaine", {"r_lab": 0.0}, Texts("en"))
    draws = np.array(shipped_draws("cocaine")[0].fields["sigma_shared"])
    nearest = np.abs(draws[:, None] - np.array(LEVELS)).argmin(axis=1)
    outside = draws > 0.125
    wanted = {
        "as good": (nearest == 0).mean(), "not as good": (nearest == 1).mean(),
        "no design notices half of such breaks": ((nearest == 2) & ~outside).mean(),
        "not studied": outside.mean(),
    }  # fmt: skip
    assert sum(wanted.values()) == pytest.approx(1.0)
    worth = shipped_draws("cocaine")[0].n_effective
    for name, share in wanted.items():
        error = 100 * math.sqrt(share * (1 - share) / worth)
        assert f"{name} {100 * share:.0f} ({error:.1f})" in intro


def test_greys_keep_the_order_of_the_answers():
    def grey(colour):
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    order = (Code.AS_GOOD, Code.CANNOT_TELL, Code.NEITHER_NOTICES, Code.NOT_AS_GOOD)
    greys = [grey(LOOK[code][0]) for code in order]
    assert greys == sorted(greys, reverse=True)
    for code in order:
        pair = sorted((grey(LOOK[code][0]), grey(LOOK[code][1])))
        assert (pair[1] + 0.05) / (pair[0] + 0.05) >= 4.5  # contrast of text, WCAG 1.4.3
    assert len({sign for _, _, sign in LOOK.values()}) == 4


def test_a_study_without_levels_has_no_map(folder):
    frame = folder.measures[folder.measures["shared"] == 0.0]
    one = dataclasses.replace(folder, measures=frame)
    assert sufficiency_figure(one, "cocaine", {"r_lab": 0.0}, Texts("en")) is None


def test_a_slope_beside_steps_has_words_of_its_own(folder):
    selection = Selection(folder, "cocaine", {"r_lab": 0.0})
    assert selection.changes == [-0.3, 0.2]
    assert selection.slopes == [pytest.approx(math.exp(-0.27) - 1)]
    lines = frequency_sentences(selection, Texts("en"))
    slow = [line for line in lines if "a year more than before" in line]
    assert len(slow) == len(lines) // 2 == 6
    assert "8.6\N{NO-BREAK SPACE}% a year" in slow[0]
    heads = {row[0][0] for block in measure_blocks(folder, {"r_lab": 0.0}) for row in block.rows}
    assert any("a year" in head for head in heads)
