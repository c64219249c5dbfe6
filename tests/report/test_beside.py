"""What stands beside a verdict: slopes, the worth of knowing the shared error, averages."""

import math

import pytest

from report.test_words import verdict
from simdesign.evaluate import Average, Code, Loss
from simdesign.report import verdict_text
from simdesign.spec.study import Study

STUDY = Study.from_dict(
    {
        "name": "beside", "seed": 1, "aims": "words",
        "world": {"substances": {"cocaine": {"lab_share": 0.5, "r_lab": 0.8}}},
        "designs": {
            "annual": {"schedule": {"kind": "fixed_weeks", "weeks": [11]}},
            "dense": {"schedule": {"kind": "rounds", "per_year": 4}},
        },
        "estimators": {"exact": {"kind": "exact_step"}},
        "decision": {"reference": "annual"},
        "sizes": {"quick": {"null": 20, "null_world": 20, "alternative": 20}},
    }
)  # fmt: skip


def plain(lines):
    return " ".join(lines).replace("\N{NO-BREAK SPACE}", " ").replace("\N{MINUS SIGN}", "-")


def said(items, lang, **more):
    return plain(verdict_text(items, lang, STUDY, **more))


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        ("en", "falls by 8.6 % a year more than before (-23.7 % after three years): one round a "
               "year notices 40 of 100 within 3 years, four rounds a year 62 (difference +22, "
               "Monte Carlo error 2.3)"),
        ("nl", "elk jaar 8,6 % extra daalt (-23,7 % na drie jaar): één meetronde "
               "per jaar merkt er 40 van de 100 binnen 3 jaar op, vier meetrondes per jaar 62 "
               "(verschil +22, Monte-Carlofout 2,3)"),
    ],
)  # fmt: skip
def test_a_slope_has_its_own_numbers(lang, words):
    slope = Loss(
        scenario="slope", size=math.exp(-0.27) - 1, other="dense", measure="power",
        reference_value=0.4, other_value=0.62, loss=0.22, mcse=0.023, margin=0.1, n_rep=300,
        yearly=math.exp(-0.09) - 1,
    )  # fmt: skip
    first = verdict(0.0, Code.NOT_AS_GOOD)
    assert words not in said([first], lang)
    both = verdict(0.0, Code.NOT_AS_GOOD, losses=(*first.losses, slope))
    assert words in said([both], lang)


def test_knowing_the_level_has_a_price_where_the_verdicts_differ():
    items = [
        verdict(0.03, Code.NOT_AS_GOOD, worth=0.31, worth_mcse=0.028),
        verdict(0.03, Code.AS_GOOD, threshold="oracle"),
        verdict(0.1, Code.NOT_AS_GOOD, worth=-0.09, worth_mcse=0.02),
        verdict(0.1, Code.NOT_AS_GOOD, threshold="oracle"),
    ]
    english, dutch = said(items, "en"), said(items, "nl")
    assert "one round a year would notice 72 (difference +31, Monte Carlo error 2.8)" in english
    told = "shared error 3 %: “not as good” with one threshold for all thinkable worlds, “as good”"
    assert english.count("with one threshold for all thinkable worlds") == 1
    assert told in english
    assert "is worth +31 of 100 breaks (Monte Carlo error 2.8)" in english
    assert english.count("A minus: the one threshold") == 1
    assert "is die kennis +31 van de 100 breuken waard (Monte-Carlofout 2,8)" in dutch


def test_what_the_shared_error_is_made_of_decides_the_remedy():
    english = said([verdict(0.03, Code.AS_GOOD)], "en")
    assert "40 % of its variance is a laboratory error that lasts the whole year" in english
    assert "10 % is an error of one laboratory batch" in english
    assert "50 % belongs to a special week" in english
    world = {"world.substances.*.sigma_shared": 0.03, "world.substances.cocaine.lab_share": 0.0}
    dutch = said([verdict(0.03, Code.AS_GOOD, world=world)], "nl")
    assert "0 % van de variantie een laboratoriumfout" in dutch
    assert "100 % hoort bij een bijzondere week" in dutch
    assert "remedy" not in plain(verdict_text([verdict(0.03, Code.AS_GOOD)], "en"))


def test_averages_belong_to_their_worlds_and_say_what_they_leave_out():
    common = {
        "substance": "cocaine", "world": {}, "estimator": "exact", "reference": "annual",
        "best": "dense", "reference_value": 0.412, "reference_mcse": 0.015, "best_value": 0.63,
        "best_mcse": 0.02, "difference": 0.218, "mcse": 0.03, "levels": (0.0, 0.1),
        "weights": (0.4, 0.6),
    }  # fmt: skip
    items = [
        Average(prior="design", threshold="operating", prior_error=0.0, beyond=0.21, **common),
        Average(prior="NL", threshold="operating", prior_error=0.04, beyond=0.0, **common),
        Average(prior="NL", threshold="oracle", prior_error=0.04, beyond=0.0, **common),
        Average(prior="NL", threshold="operating", prior_error=0.0, beyond=0.0,
                **common | {"world": {"world.substances.*.r_lab": 0.8}}),
    ]  # fmt: skip
    english = said([verdict(s, Code.NOT_AS_GOOD) for s in (0.0, 0.1)], "en", averages=items)
    assert english.count("averaged over") == 2
    assert "notices 41 within 3 years (Monte Carlo error 1.5), four rounds a year 63" in english
    assert "(difference +22, error 3.0)" in english
    assert "(difference +22, error 5.0, that of the estimate's draws included)" in english
    assert "21 % of that distribution lies above 10 %" in english
    assert english.count("lies above") == 1


def test_a_world_that_draws_its_parameters_says_over_what():
    item = verdict(math.nan, Code.NOT_AS_GOOD, world={}, averaged_over="sigma_shared, drift")
    assert "averaged over the design prior of sigma_shared, drift" in said([item], "en")
    assert "gemiddeld over de denkbare waarden van sigma_shared, drift" in said([item], "nl")
