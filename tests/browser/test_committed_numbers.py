"""A published page in the browser against the table of measures that is published beside it.

Numbers are looked for where they stand and not in sentences, whose words may change.
"""

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from browser import scripts
from browser.test_committed_pages import languages
from simdesign.report.central import central
from simdesign.report.names import design_names
from simdesign.report.texts import Texts
from simdesign.run import read

SUBSTANCES = ("cocaine", "MDMA")
FOLDER = Path(__file__).parents[2] / "results" / "annual_claim"
CHANGE = 0.3
"""Size of the change of pictures and curves."""
FILLED = """() => [...document.querySelectorAll('.array')].filter(e => e.checkVisibility())
  .map(e => [[...e.querySelectorAll('use.on')].reduce(
    (n, u) => n + (u.getAttribute('href') === '#row' ? 20 : 1), 0), e.innerText])"""
CURVES = """() => [...document.querySelectorAll('section[aria-labelledby=when] table')]
  .filter(e => e.checkVisibility()).map(e => [...e.rows].map(r => [...r.cells].map(
    c => c.textContent.trim())))"""
FRONT = """lang => { const e = document.querySelector(`.explorer[data-lang=${lang}]`);
  return [...e.querySelectorAll('[data-part=front-table] tbody td')].map(c => c.textContent) }"""
SETTINGS = [
    ("cocaine", 0.3, 0.06, 0.5, 0.5, 0.1, 3),
    ("cocaine", -0.2, 0.0, 0.5, 0.5, 0.1, 2),
    ("MDMA", 0.2, 0.1, 0.5, 0.5, 0.5, 3),
    ("MDMA", 0.3, 0.06, 1.0, 0.8, 0.1, 5),
]


@pytest.fixture(scope="module")
def measures():
    frame = pd.read_csv(FOLDER / "measures.csv.gz", keep_default_na=True)
    judged = json.loads((FOLDER / "explore.json").read_text(encoding="utf-8"))["estimator"]
    frame = frame[(frame["estimator"] == judged) & frame["compared_with"].isna()]
    return frame[frame["threshold"] == "operating"]


@pytest.fixture
def page(look):
    return look(FOLDER / "page.html", viewport={"width": 1200, "height": 900})


def of_hundred(frame, **wanted):
    """Return 100 times the values of some rows, one for each design and world."""
    for column, value in wanted.items():
        same = (
            frame[column] == value if isinstance(value, str) else np.isclose(frame[column], value)
        )
        frame = frame[same]
    keys = ["substance", "design", "sigma_shared", "lab_share", "r_lab"]
    found = frame.set_index(keys)["value"]
    assert found.index.is_unique
    return 100.0 * found


def near(shown, exact):
    """Whether a whole number is one rounded; a half may go either way."""
    return abs(shown - exact) <= 0.5 + 1e-9


def within_a_thousandth(shown, exact):
    """Likewise of what is stored in thousandths."""
    return abs(shown - exact) <= 0.55 + 1e-9


def noticed(measures, years, **wanted):
    """Return what is noticed within some years; later than three of all programmes: the curve."""
    if years <= 3:
        return of_hundred(measures, measure="power", horizon=years, **wanted)
    return of_hundred(curves(), horizon=years, **wanted)


def curves():
    """Return the stored curves at the study's budget as a table of measures; thousandths."""
    content = json.loads((FOLDER / "explore.json").read_text(encoding="utf-8"))
    names = [item["path"].split(".")[-1] for item in content["factors"]]
    budget = content["budgets"].index(content["budget"])
    rows = []
    for part in content["substances"]:
        shape = (len(part["cells"]), len(content["designs"]), len(content["budgets"]), -1)
        found = np.array(part["curve"], dtype=float).reshape(shape)[:, :, budget]
        for cell, (place, change) in enumerate(part["cells"]):
            levels = zip(content["factors"], part["worlds"][place], strict=True)
            world = dict(zip(names, [f["levels"][i] for f, i in levels], strict=True))
            for number, design in enumerate(content["designs"]):
                rows += [
                    {
                        "substance": part["substance"], "design": design["design"], **world,
                        "size": part["changes"][change]["size"], "budget": content["budget"],
                        "horizon": time, "value": found[cell, number, t] / 1000,
                    }
                    for t, time in enumerate(content["times"])
                ]  # fmt: skip
    return pd.DataFrame(rows)


def test_pictures_have_the_stored_numbers(page, measures):
    """The judged design and the one that notices most, at the central level of each drug."""
    hits = noticed(measures, 3, size=CHANGE, budget=0.1)
    false = of_hundred(measures, measure="false_alarm_prob", role="null_world", budget=0.1)
    expected = []
    for substance in SUBSTANCES:
        shared = central(substance, sorted(set(hits.index.get_level_values("sigma_shared")))).level
        mine = hits.xs((substance, shared, 0.5, 0.5), level=[0, 2, 3, 4])
        for design in ("annual", mine.drop("annual").idxmax()):
            expected += [mine[design], false[substance, design, shared, 0.5, 0.5]]
    for _ in languages(page):
        arrays = page.evaluate(FILLED)
        assert len(arrays) == len(expected)
        assert [text for n, text in arrays if str(n) not in re.findall(r"\d+", text)] == []
        assert all(near(n, value) for (n, _), value in zip(arrays, expected, strict=True))


def test_curves_have_the_stored_numbers(page, measures):
    years = (1, 2, 3, 5)
    stored = pd.concat(
        [noticed(measures, h, size=CHANGE, budget=0.1) for h in years], axis=1
    ).xs((0.5, 0.5), level=[3, 4])  # fmt: skip
    study = read(FOLDER).study
    page.evaluate(scripts.OPEN_ALL)
    for lang in languages(page):
        designs = {text: name for name, text in design_names(study, Texts(lang)).items()}
        tables = page.evaluate(CURVES)
        for substance, (head, *rows) in zip(SUBSTANCES, tables, strict=True):
            places = [
                next(n for n, text in enumerate(head) if text.startswith(f"{h} ")) for h in years
            ]
            assert len(rows) > 10
            for row in rows:
                shared = int(re.match(r"\d+", row[0])[0]) / 100
                shown = np.array([int(re.match(r"\d+", row[n])[0]) for n in places])
                mine = stored.loc[(substance, designs[row[1]], shared)]
                assert near(shown[:3], mine.to_numpy()[:3]).all(), row
                assert within_a_thousandth(shown[3:], mine.to_numpy()[3:]).all(), row


@pytest.mark.parametrize("setting", SETTINGS)
def test_the_explorer_has_the_stored_numbers(page, measures, setting):
    substance, size, shared, lab_share, r_lab, budget, years = setting
    whole = noticed(measures, years, size=size, budget=budget)
    stored = whole.xs((substance, shared, lab_share, r_lab), level=[0, 2, 3, 4])
    assert len(stored) == 7
    link = f"substance={substance}&size={size}&sigma_shared={shared}&lab_share={lab_share}"
    link += f"&r_lab={r_lab}&design=annual&sites=20&days=7&years={years}&budget={budget}"
    for lang, mark in (("en", "."), ("nl", ",")):
        page.goto("about:blank")
        page.goto(f"{(FOLDER / 'page.html').as_uri()}#lang={lang}&{link}")
        page.wait_for_function(
            "lang => document.querySelectorAll(`.explorer[data-lang=${lang}]"
            " [data-part=front-table] tbody td`).length > 0", arg=lang,
        )  # fmt: skip
        cells = page.evaluate(FRONT, lang)
        form = re.compile(rf"-?\d+\{mark}\d")
        found = [[float(x.replace(mark, ".")) for x in form.findall(cell)[:1]] for cell in cells]
        shown = np.array([x for numbers in found for x in numbers])
        missing = [v for v in stored if not (abs(shown - v) <= 0.05 + 1e-9).any()]
        assert missing == [], (lang, cells)
