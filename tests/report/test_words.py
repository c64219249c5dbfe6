"""Numbers as text, names, and the sentences of a verdict."""

import dataclasses
import math
import re
import string
import tomllib
from itertools import pairwise
from pathlib import Path

import pytest

import simdesign.report
from simdesign.evaluate import Code, Loss, Verdict
from simdesign.report import verdict_text
from simdesign.report.figures.lines import placed
from simdesign.report.icons import icon_array
from simdesign.report.likelihood import ADVISER, SCALE, word
from simdesign.report.names import design_names, short_names
from simdesign.report.numbers import decimals, number, of_hundred, percent, with_error
from simdesign.report.sources import GLOSSARY, SOURCES
from simdesign.report.texts import Texts
from simdesign.report.verdicts import hardest, open_interval
from simdesign.spec.study import Study

ROOT = Path(simdesign.report.__file__).parent
EXPERIMENTS = Path(__file__).parents[2] / "experiments"


def verdict(sigma, code, topic="break", threshold="operating", **changes):
    loss = Loss(
        scenario="s", size=0.2, other="dense", measure="power", reference_value=0.4,
        other_value=0.7, loss=0.3, mcse=0.02, margin=0.1, n_rep=300,
    )  # fmt: skip
    parts = {
        "topic": topic, "substance": "cocaine", "estimator": "exact", "threshold": threshold,
        "world": {"world.substances.*.sigma_shared": sigma}, "sigma_shared": sigma, "code": code,
        "reference": "annual", "best": "dense", "reference_value": 0.413, "best_value": 0.702,
        "mcse": 0.021, "at_equal_cost": None, "losses": (loss,),
        "reference_false_alarm": 0.147, "best_false_alarm": 0.09,
    } | changes  # fmt: skip
    return Verdict(**parts)


@pytest.mark.parametrize(("file", "at_least"), [("texts.toml", 100), (ADVISER, 80)])
def test_texts_are_complete(file, at_least):
    catalogue = tomllib.loads((ROOT / file).read_text(encoding="utf-8"))
    assert sum(len(part) for part in catalogue.values()) > at_least
    for section, items in catalogue.items():
        for key, text in items.items():
            assert set(text) == {"en", "nl"}, f"{section}.{key}"
            if isinstance(text["en"], list):
                assert len(text["en"]) == len(text["nl"])
                continue
            fields = [
                {name for _, name, _, _ in string.Formatter().parse(text[lang]) if name}
                for lang in ("en", "nl")
            ]
            assert fields[0] == fields[1], f"{section}.{key}"


def test_every_text_that_code_asks_for_exists():
    asked = set()
    for path in [*ROOT.rglob("*.py"), *ROOT.rglob("*.j2")]:
        if path.stem.startswith(("series", "attribution")):
            continue  # these have catalogues of their own, and tests of them
        asked |= set(re.findall(r'(?:\bt|texts?|two|both)\(\s*"(\w+\.\w+)"', path.read_text()))
    assert len(asked) > 60
    missing = [key for key in sorted(asked) if not Texts("nl").has(key)]
    assert missing == []


def test_the_adviser_s_page_uses_every_text_it_has_and_has_every_text_it_uses():
    # the explorer has a catalogue of its own
    modules = [path for path in ROOT.glob("*.py") if not path.stem.startswith("explorer")]
    code = "".join(path.read_text() for path in [*modules, *ROOT.rglob("page.html.j2")])
    asked = set(re.findall(r'\b(?:own|a|adviser\[name\])\(\s*"(\w+\.\w+)"', code))
    texts = Texts("nl", ADVISER)
    assert len(asked) > 30
    assert [key for key in sorted(asked) if not texts.has(key)] == []
    asked |= set(re.findall(r'"(\w+\.\w+)"', code))
    asked |= {f"likelihood.{key}" for _, key in SCALE}
    asked |= {f"sources.{key}" for key, _ in SOURCES}
    asked |= {f"glossary.{key}{end}" for key in GLOSSARY for end in ("", "_text")}
    asked |= {f"titles.{path.name}" for path in EXPERIMENTS.iterdir()}
    parts = set(re.findall(r'"(\w+)"', code)) | {code.value for code in Code}
    catalogue = tomllib.loads((ROOT / ADVISER).read_text(encoding="utf-8"))
    left = [
        f"{section}.{key}"
        for section, items in catalogue.items()
        for key in items
        if f"{section}.{key}" not in asked
    ]
    # keys that are put together end or begin with a word of the code: verdict.TOPIC_head
    unused = [
        key
        for key in left
        if (name := key.split(".")[1]) not in parts
        and f"{{topic}}_{name.partition('_')[2]}" not in code
    ]
    assert unused == []


def test_a_probability_has_the_word_of_its_class():
    for share, expected in (
        (0.0, "almost impossible"), (0.012, "almost impossible"), (0.03, "extremely unlikely"),
        (0.05, "extremely unlikely"), (0.1, "very unlikely"), (0.21, "unlikely"),
        (0.33, "unlikely"), (0.34, "about as likely as not"), (0.659, "likely"), (0.66, "likely"),
        (0.9, "very likely"), (0.95, "extremely likely"), (0.99, "almost certain"),
        (1.0, "almost certain"),
    ):  # fmt: skip
        assert word(share, "en") == expected, share
    assert word(0.5, "nl") == "ongeveer even waarschijnlijk als niet"
    assert word(math.nan, "en") == "\N{EN DASH}"


@pytest.mark.parametrize("share", [0.0, 0.004, 0.07, 0.2, 0.55, 0.995, 1.0])
def test_an_icon_array_has_as_many_filled_figures(share):
    picture = str(icon_array(share))
    uses = re.findall(r'<use href="#(one|row)"[^>]*class="(on|off)"', picture)
    count = dict.fromkeys(("on", "off"), 0)
    for what, kind in uses:
        count[kind] += 20 if what == "row" else 1
    assert count == {"on": round(100 * share), "off": 100 - round(100 * share)}


@pytest.mark.parametrize(
    ("mcse", "expected"), [(0.021, 2), (0.004, 3), (0.12, 1), (3.0, 0), (0.0, 2), (math.nan, 2)]
)
def test_decimals_follow_the_monte_carlo_error(mcse, expected):
    assert decimals(mcse) == expected


def test_numbers_in_both_languages():
    assert number(-0.125, "en") == "\N{MINUS SIGN}0.13"  # halves go away from zero
    assert number(0.5, "nl", 1, sign=True) == "+0,5"
    assert number(-0.0001, "en", 2) == "0.00"
    assert number(math.nan, "en") == "\N{EN DASH}"
    assert with_error(0.6214, 0.0211, "en") == "0.621 (0.021)"
    assert with_error(0.6214, 0.0211, "nl") == "0,621 (0,021)"
    assert percent(0.125, "nl") == "12,5\N{NO-BREAK SPACE}%"
    assert percent(0.1, "en", sign=True) == "+10\N{NO-BREAK SPACE}%"


def test_a_frequency_has_no_more_digits_than_its_error_allows():
    assert of_hundred(0.6214, 0.02, "en") == "62"
    assert of_hundred(0.6214, 0.15, "en") == "60"


def test_designs_have_readable_names():
    week = {"kind": "fixed_weeks", "weeks": [11]}
    study = Study.from_dict(
        {
            "name": "names", "seed": 1, "aims": "names",
            "designs": {
                "annual": {"schedule": week},
                "short": {"schedule": week, "days": 3},
                "six": {"schedule": {"kind": "rounds", "per_year": 6}},
                "swiss": {"schedule": {"kind": "every_days"}},
            },
            "estimators": {"exact": {"kind": "exact_step"}},
            "decision": {"reference": "annual"},
            "sizes": {"quick": {"null": 20, "null_world": 20, "alternative": 20}},
        }
    )  # fmt: skip
    assert design_names(study, Texts("nl")) == {
        "annual": "één meetronde per jaar",
        "short": "één meetronde per jaar van drie dagen",
        "six": "zes meetrondes per jaar",
        "swiss": "één meetdag per 13 dagen",
    }
    assert short_names(study, Texts("en")) == {
        "annual": "1 a year", "short": "3 d a round", "six": "6 a year", "swiss": "every 13 d",
    }  # fmt: skip


def test_a_verdict_in_words():
    items = [verdict(0.0, Code.NOT_AS_GOOD), verdict(0.06, Code.CANNOT_TELL),
             verdict(0.1, Code.AS_GOOD)]  # fmt: skip
    english = [line.replace("\N{NO-BREAK SPACE}", " ") for line in verdict_text(items, "en")]
    assert english[0] == (
        "Trend break, cocaine, annual: not as good (shared error 0 %); cannot be told yet "
        "(shared error 6 %); as good (shared error 10 %)."
    )
    assert english[1].strip() == (
        "Trend break, cocaine, shared error 0 %: not as good. Of 100 breaks of 20 % and more, "
        "annual notices 41 within 3 years, dense 70 (difference +29, Monte Carlo error 2.1). "
        "Of 100 unchanged programmes in that world 15 against 9 raise a false alarm. "
        "No design of about the same cost (at most 25 % dearer)."
    )
    assert any("between a shared error of 0 % and 10 %" in line for line in english)
    assert any(line.startswith("The data do not fix the level") for line in english)
    dutch = [line.replace("\N{NO-BREAK SPACE}", " ") for line in verdict_text(items, "nl")]
    assert "Monte-Carlofout 2,1" in dutch[1]
    assert "Van 100 programma's zonder breuk in die wereld geven er 15 tegen 9 vals" in dutch[1]
    assert "Geen meetplan van ongeveer gelijke kosten" in dutch[1]
    assert any("trendbreuk" in line.lower() and "minder goed" in line for line in dutch)


def test_a_verdict_that_nowhere_changes_says_so():
    lines = verdict_text([verdict(s, Code.NOT_AS_GOOD) for s in (0.0, 0.1)], "en")
    assert any("wherever it can be told the verdict is the same" in line for line in lines)
    lines = verdict_text([verdict(s, Code.CANNOT_TELL) for s in (0.0, 0.1)], "en")
    assert any("cannot be told at any level studied" in line for line in lines)


def test_blind_designs_are_called_so_and_never_as_good():
    loss = Loss(scenario="s", size=0.2, other="dense", measure="power", reference_value=0.15,
                other_value=0.2, loss=0.05, mcse=0.02, margin=0.1, n_rep=300,
                reference_high=0.2, other_high=0.25)  # fmt: skip
    items = [
        verdict(0.03, Code.NOT_AS_GOOD),
        verdict(0.1, Code.NEITHER_NOTICES, losses=(loss,), at_equal_cost=Code.NEITHER_NOTICES),
    ]
    english = verdict_text(items, "en")
    assert any("no design notices half of such breaks (shared error 10" in line for line in english)
    assert "No design compared notices half" in english[2]
    assert "Against designs of about the same cost" in english[2]
    assert any("to “no design notices half of such breaks” between" in line for line in english)
    dutch = verdict_text(items, "nl")
    assert "geen meetplan merkt de helft op" in dutch[2]
    assert "Geen van de vergeleken meetplannen" in dutch[2]


def test_comparisons_without_replications_are_named():
    nothing = Loss(scenario="s", size=0.2, other="dense", measure="restricted_mean_delay",
                   reference_value=math.nan, other_value=math.nan, loss=math.nan, mcse=math.nan,
                   margin=1.0, n_rep=0)  # fmt: skip
    item = verdict(0.0, Code.CANNOT_TELL)
    item = dataclasses.replace(item, losses=(*item.losses, nothing))
    assert "1 of its 2 comparisons rest on no replication" in verdict_text(item, "en")[1]
    assert "1 van de 2 vergelijkingen" in verdict_text(item, "nl")[1]


def test_a_study_without_a_change_that_counts_says_so():
    picture = verdict(0.0, Code.AS_GOOD, topic="picture", threshold="")
    assert any("not judged, because" in line for line in verdict_text(picture, "en"))
    assert any("niet beoordeeld" in line for line in verdict_text(picture, "nl"))
    assert not any("not judged" in line for line in verdict_text(verdict(0.0, Code.AS_GOOD)))


def test_worlds_that_differ_otherwise_are_kept_apart():
    items = [
        verdict(0.0, Code.AS_GOOD, world={"world.substances.*.r_lab": r, "x.sigma_shared": 0.0})
        for r in (0.0, 0.5)
    ]
    lines = verdict_text(items, "nl")
    assert sum("van de laboratoriumfout houdt het hele jaar aan" in line for line in lines) == 2
    assert any("50\N{NO-BREAK SPACE}%" in line for line in lines)


def test_one_verdict_and_none_are_served():
    assert len(verdict_text(verdict(math.nan, Code.AS_GOOD))) == 4
    assert verdict_text([]) == []


def test_the_open_interval_is_the_catalogues():
    assert open_interval("cocaine") == (0.0, 0.15)
    assert open_interval("MDMA") == (0.0, 0.29)
    assert open_interval("nothing") is None


def test_the_hardest_comparison_exceeds_its_margin_most():
    easy = Loss(scenario="s", size=0.2, other="a", measure="power", reference_value=0.4,
                other_value=0.5, loss=0.1, mcse=0.01, margin=0.1, n_rep=10)  # fmt: skip
    hard = Loss(scenario="s", size=0.2, other="b", measure="restricted_mean_delay",
                reference_value=3.0, other_value=1.0, loss=2.0, mcse=0.1, margin=1.0,
                n_rep=10)  # fmt: skip
    assert hardest(verdict(0.0, Code.NOT_AS_GOOD, losses=(easy, hard))) is hard
    assert hardest(verdict(0.0, Code.CANNOT_TELL, losses=())) is None


def test_labels_are_kept_apart_and_in_order():
    wanted = [50.0, 51.0, 52.0, 99.0, 100.0, 10.0]
    found = placed(wanted, 5.0, 0.0, 100.0)
    ordered = [found[i] for i in sorted(range(len(wanted)), key=lambda i: wanted[i])]
    assert all(b - a >= 5.0 - 1e-9 for a, b in pairwise(ordered))
    assert max(found) <= 100.0
    assert placed([], 5.0, 0.0, 100.0) == []
