"""What readers read is in their language: no key of a study file stands in it."""

import math
import re
from pathlib import Path

import pytest

import simdesign
from report.conftest import STUDY
from report.test_page import parsed, said
from simdesign.report import AttributionTarget, write_page
from simdesign.report.attribution import AttributionCell, Share, Way
from simdesign.report.attribution_tables import CATALOGUE, Words, attribution_part
from simdesign.report.design_words import unsaid
from simdesign.report.names import (
    cell_world,
    departure_name,
    design_names,
    estimator_names,
    short_names,
)
from simdesign.report.numbers import grouped, number
from simdesign.report.options import _day
from simdesign.report.texts import Texts, capital

EXPERIMENTS = sorted((Path(__file__).parents[2] / "experiments").glob("*/study.toml"))
STUDIES = [simdesign.Study.from_toml(path) for path in EXPERIMENTS]
KEYS = {
    key
    for study in STUDIES
    for key in (*study.designs, *study.departures)
    if "_" in key or key in ("annual", "quarterly", "staggered", "triggered", "dumping", "loq")
}
WEEK = {"kind": "fixed_weeks", "weeks": [11]}
DESIGNS = {
    "annual": {"schedule": WEEK},
    "annual_after_pilot": {"schedule": WEEK, "history": "pilot"},
    "two_rounds": {"schedule": {"kind": "rounds", "per_year": 2}},
    "two_weeks_in_a_row": {"schedule": {"kind": "fixed_weeks", "weeks": [11, 12]}},
    "annual_april": {"schedule": {"kind": "fixed_weeks", "weeks": [15]}},
    "five_sites": {"schedule": WEEK, "sites": {"kind": "spread", "n": 5}},
    "rotating": {"schedule": WEEK, "sites": {"kind": "rotating", "n": 10}},
    "standards": {"schedule": WEEK, "laboratory": {"standards": 0.5}},
    "two_laboratories": {"schedule": WEEK, "laboratory": {"n": 2}},
    "every_13_days": {"schedule": {"kind": "every_days"}, "laboratory": {"batch": "month"}},
}
SMALL = STUDY | {
    "name": "reading",
    "title": {"en": "Names", "nl": "Namen"},
    "aims": "Names.",
    "factors": {"change.size": (0.3,)},
    "departures": {
        "heavy_tails": {"world.odd_days": {}},
        "laboratory_year": {"world.substances.*.lab_share": 1.0, "world.substances.*.r_lab": 0.8},
    },
    "designs": DESIGNS,
    "estimators": {"euda": {"kind": "euda_rule"}, "z": {"kind": "z_test"}},
    "sizes": {"quick": {"null": 20, "null_world": 20, "alternative": 20}},
}


def holds(key, text):
    return re.search(rf"(?<![\w-]){re.escape(key)}(?![\w-])", text) is not None


@pytest.mark.parametrize("study", STUDIES, ids=lambda study: study.name)
@pytest.mark.parametrize("lang", ["en", "nl"])
def test_names_of_committed_studies_are_unique_and_free_of_keys(study, lang):
    texts = Texts(lang)
    for names in (design_names(study, texts), short_names(study, texts)):
        assert set(names) == set(study.designs)
        assert len(set(names.values())) == len(names)
        assert [key for key in KEYS for text in names.values()
                if holds(key, text) and (lang, key) != ("en", "staggered")] == []  # fmt: skip
    estimators = estimator_names(study, texts)
    assert len(set(estimators.values())) == len(estimators)
    assert not any("_" in text or f"({key})" in text for key, text in estimators.items())
    departures = [departure_name(name, texts) for name in study.departures]
    assert len(set(departures)) == len(departures)
    if lang == "nl":
        assert not any(holds(key, text) for key in KEYS for text in departures)


def test_the_judged_design_is_never_longer_than_its_schedule():
    for study in STUDIES:
        assert (
            design_names(study, Texts("nl"))[study.decision.reference] == "één meetronde per jaar"
        )


def test_no_key_stands_in_the_dutch_text_of_a_page(tmp_path):
    results = simdesign.run(simdesign.Study.from_dict(SMALL), tmp_path, workers=1)
    results.save()
    page = write_page(results.folder, "nl").read_text(encoding="utf-8")
    main, _ = page.split("<footer>")  # where numbers come from keeps the keys
    text = said(parsed(main + "</body></html>"), "nl")
    assert "één meetronde per jaar op vijf plaatsen" in text
    assert "uitschieters" in text
    found = {key for key in {*KEYS, *DESIGNS, *SMALL["departures"]} if holds(key, text)}
    assert found == set()
    assert re.findall(r"\b[a-z]+_[a-z_0-9]+\b|\btown-\d+|\(\w+=[^)]*\)", text) == []


def test_designs_are_told_apart_by_what_they_do_not_share():
    pilot = {"history": "pilot", "days": 3}
    designs = {
        "one": {"schedule": WEEK} | pilot,
        "few": {"schedule": WEEK, "sites": {"kind": "largest", "n": 1}} | pilot,
        "april": {"schedule": {"kind": "fixed_weeks", "weeks": [15]}} | pilot,
        "blank": {"schedule": WEEK, "days": 3},
        "twin": {"schedule": WEEK, "start_weekday": "Mon"} | pilot,
    }
    study = simdesign.Study.from_dict(
        STUDY | {"designs": designs, "decision": {"reference": "one"}}
    )
    names = design_names(study, Texts("nl"))
    assert names["one"] == "één meetronde per jaar"
    assert names["few"] == "één meetronde per jaar op de grootste plaats"
    assert names["april"] == "één meetronde per jaar in week 15"
    assert names["blank"] == "één meetronde per jaar zonder eerdere gegevens"
    assert names["twin"].endswith("(twin)")  # nothing that has words differs
    assert unsaid(study, Texts("nl")) == "van drie dagen, met de gegevens van de proef"


def test_a_cell_is_the_world_of_its_paths():
    """The drift of a season is not that of a load, though both end in ``drift``."""
    grid = {"world.substances.*.season.drift": (0.0, 15.0), "change.size": (0.3,)}
    season = {"world": {"substances": {"cocaine": {"season": {}}}}}
    study = simdesign.Study.from_dict(STUDY | season | {"factors": grid})
    assert cell_world(study, {"drift": 15.0}, Texts("nl")) == "seizoen dat 15 dagen zwerft"
    assert cell_world(study, {"drift": 0.0}, Texts("en")) == "season wandering by 0 days"


def test_thousands_signs_and_the_beginning_of_a_sentence():
    assert grouped(20870.4, "nl") == "20.870"
    assert grouped(20870.4, "en") == "20,870"
    assert grouped(-1234.5, "nl", 1, sign=True) == "\N{MINUS SIGN}1.234,5"
    assert grouped(0.2, "nl", sign=True) == "0"
    assert grouped(math.nan, "en") == "\N{EN DASH}"
    assert number(0.0, "nl", 1, sign=True) == number(-0.01, "nl", 1, sign=True) == "0,0"
    assert capital("één meetronde") == "Eén meetronde"
    assert capital("cocaïne") == "Cocaïne"


def test_days_are_told_by_the_year_of_the_programme():
    import datetime as dt

    start = dt.date(2026, 7, 1)
    for iso, said_so in (
        ("2026-07-01", "het begin"), ("2027-06-30", "30 juni van jaar 1"),
        ("2027-07-01", "1 juli van jaar 2"), (None, "maakt niet uit"),
    ):  # fmt: skip
        assert _day(iso, start, Texts("nl")) == said_so


def test_every_size_is_told_with_its_own_cheapest_way():
    ways = {
        name: Way(design=name, estimator="e", weekdays=True, streams=streams, cost_per_year=cost)
        for name, streams, cost in (("annual", (), 200.0), ("six_rounds", ("purity",), 1220.0))
    }

    def cell(design, size, right):
        shares = {
            "attribution_correct": Share(value=right, mcse=0.01, n_rep=400),
            "attribution_wrong": Share(value=0.01, mcse=0.005, n_rep=400),
        }
        return AttributionCell(
            substance="cocaine", world="", mechanism="higher_purity", right="dose_or_purity",
            size=size, way=ways[design], shares=shares,
        )  # fmt: skip

    cells = [
        cell("annual", 0.1, 0.2), cell("six_rounds", 0.1, 0.5),
        cell("annual", 0.2, 0.3), cell("six_rounds", 0.2, 0.97),
        cell("annual", 0.3, 0.96), cell("six_rounds", 0.3, 0.99),
    ]  # fmt: skip
    names = {"annual": "één meetronde per jaar", "six_rounds": "zes meetrondes per jaar"}
    words = Words(texts=Texts("nl", CATALOGUE), designs=names)
    part = attribution_part(cells, [], AttributionTarget(), 0.3, words)
    (line,) = (text.replace("\N{NO-BREAK SPACE}", " ") for text in part.lines)
    assert line == (
        "Hogere zuiverheid: te zeggen bij +20 % met zes meetrondes per jaar (weekpatroon en "
        "zuiverheid); bij +30 % met één meetronde per jaar (weekpatroon)."
    )
    (row,) = part.brief.rows
    assert row[1:4] == ("één meetronde per jaar (weekpatroon)", "0", "96 (94\N{EN DASH}98)")
    assert [item[1][:3] for item in part.rest.rows] == ["+10", "+20"]
    assert part.rest.rows[0][2].startswith("geen; dichtstbij: zes meetrondes per jaar")
    assert part.rest.rows[0][3] == "+1.020"
    assert "annual" not in str(part)
