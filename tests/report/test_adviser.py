"""The verdict's two sentences: over which changes its numbers are means, and how sure they are."""

import dataclasses
import math

import pytest
from scipy import stats
from tests.report.test_words import verdict

from simdesign.evaluate import Code, Loss
from simdesign.report.adviser import AdviserWords, errors_of, mean_error
from simdesign.report.folder import read_folder
from simdesign.report.select import Selection, middle_cell
from simdesign.report.texts import LANGUAGES, Texts, capital

N = 200


def losses(*values, measure="power", n=N):
    """Return a loss a change: its size, the judged design's value and the other's."""
    return tuple(
        Loss(
            scenario=f"size={size}", size=size, other="dense", measure=measure,
            reference_value=mine, other_value=theirs, loss=theirs - mine, mcse=0.02, margin=0.1,
            n_rep=n, yearly=yearly,
        )
        for size, mine, theirs, yearly in values
    )  # fmt: skip


TWO = losses((0.3, 0.2, 0.6, math.nan), (-0.2, 0.1, 0.3, math.nan))


@pytest.mark.parametrize(("reference", "shares"), [(True, (0.2, 0.1)), (False, (0.6, 0.3))])
def test_the_error_of_a_mean_is_at_most_the_mean_of_the_errors(reference, shares):
    """Against independent binomial shares, whose mean has a smaller error, and equal luck."""
    found = mean_error(verdict(0.0, Code.NOT_AS_GOOD, losses=TWO), {}, reference=reference)
    sds = [stats.binom(N, share).std() / N for share in shares]
    assert found == pytest.approx(sum(sds) / 2)
    assert found > math.hypot(*sds) / 2


def test_the_error_counts_the_measure_that_is_told():
    delay = losses((0.3, 4.0, 3.0, math.nan), measure="restricted_mean_delay")
    both = verdict(0.0, Code.NOT_AS_GOOD, losses=(*TWO, *delay))
    assert mean_error(both, {}, reference=True) == mean_error(
        dataclasses.replace(both, losses=TWO), {}, reference=True
    )


def test_the_error_is_that_of_the_table_where_it_has_one():
    item = verdict(0.0, Code.NOT_AS_GOOD, losses=TWO)
    key = ("power", "size=0.3", "cocaine", "annual", "operating")
    other = math.sqrt(0.1 * 0.9 / N)  # the second change's is not known
    assert mean_error(item, {key: 0.004}, reference=True) == pytest.approx((0.004 + other) / 2)


def test_the_table_has_the_errors_of_what_verdicts_are_about(folder):
    errors = errors_of(folder)
    frame = folder.measures
    picture = frame[
        (frame["measure"] == "large_error_prob") & (frame["horizon"] == 3.0)
        & (frame["compared_with"] == "") & (frame["design"] == "annual")
    ]  # fmt: skip
    assert len(picture) > 2
    for row in picture.to_dict("records"):
        key = ("large_error_prob", row["scenario"], "cocaine", "annual", "")
        assert errors[key] == row["mcse"]
        # windows of one programme go together: less than that of a share of so many programmes
        assert 0.0 < row["mcse"] <= math.sqrt(0.25 / row["n_rep"])
    for item in folder.verdicts:
        if (item.topic, item.threshold) == ("break", "operating"):
            assert mean_error(item, errors, reference=True) > 0.0
            assert (
                "power",
                item.losses[0].scenario,
                item.substance,
                item.best,
                "operating",
            ) in errors


@pytest.fixture(scope="module")
def folder(results):
    return read_folder(results.folder)


def changes(folder, lang, items):
    words = AdviserWords(folder, lang)
    found = words._changes(verdict(0.0, Code.NOT_AS_GOOD, losses=items))
    return found.replace("\N{NO-BREAK SPACE}", " ").replace("\N{MINUS SIGN}", "-")


def test_the_changes_are_named_falls_first(folder):
    assert changes(folder, "en", TWO) == "lasting changes, averaged over -20 % and +30 %,"
    assert changes(folder, "nl", TWO[:1]) == "blijvende veranderingen van +30 %"
    slope = losses((-0.24, 0.1, 0.1, -0.086))
    assert "-8,6 % per jaar (-24 % in 3 jaar), -20 % en +30 %" in changes(
        folder, "nl", (*TWO, *slope)
    )


def test_many_changes_and_several_of_a_size_are_counted(folder):
    again = tuple(dataclasses.replace(loss, scenario="purity") for loss in TWO[:1])
    assert "averaged over the three simulated of 20 % and more" in changes(
        folder, "en", (*TWO, *again)
    )


def test_the_verdict_is_two_sentences_with_the_numbers_of_the_central_level(folder):
    for lang in LANGUAGES:
        said = AdviserWords(folder, lang).verdicts(middle_cell(folder))[0]
        for _, badges, sentences in said.answers:
            assert len(sentences) == 2
            assert all(text.endswith(".") for text in sentences)
            assert badges
    item = next(
        v for v in folder.verdicts if (v.topic, v.threshold) == ("break", "operating")
        and v.substance == "cocaine" and v.sigma_shared == 0.1
    )  # fmt: skip
    text = AdviserWords(folder, "en").verdicts(middle_cell(folder))[0].answers[1][2][1]
    assert f"{round(100 * item.reference_value)} are noticed with it within three years" in text
    assert f"come here from {round(100 * item.reference_false_alarm)} and" in text


def test_a_badge_says_where_its_answer_was_given(folder):
    words = AdviserWords(folder, "nl")
    column = [
        verdict(0.0, Code.NOT_AS_GOOD), verdict(0.06, Code.NOT_AS_GOOD),
        verdict(0.1, Code.NEITHER_NOTICES),
    ]  # fmt: skip
    space = "\N{NO-BREAK SPACE}"
    assert words._badges(column) == (
        ("not_as_good", f"0{space}%\N{EN DASH}6{space}%"), ("neither_notices", f"10{space}%"),
    )  # fmt: skip
    assert words._badges(column[:2]) == (("not_as_good", ""),)
    assert Texts("nl")("verdict.neither_notices") == "geen meetplan merkt de helft op"


def test_the_typical_change_is_one_that_the_verdict_judges(folder):
    assert Selection(folder, "cocaine", {}).typical_change == 0.3
    margin = folder.study.decision.margin.model_copy(update={"smallest_change": 0.47})
    study = folder.study.model_copy(
        update={"decision": folder.study.decision.model_copy(update={"margin": margin})}
    )
    frame = folder.measures.copy()
    frame["change"] = frame["change"].replace({0.3: 1.0, -0.2: 0.3})
    other = dataclasses.replace(folder, study=study, measures=frame)
    assert Selection(other, "cocaine", {}).typical_change == 1.0  # 0.3 is nearer and not judged


def test_a_small_study_says_so(folder):
    said = AdviserWords(folder, "nl").small([Selection(folder, "cocaine", {})])
    assert "elk getal komt uit 40 programma's (40 zonder breuk)" in said


@pytest.mark.parametrize(("text", "start"), [("één ronde", "Eén"), ("cocaïne", "Coc"), ("", "")])
def test_a_sentence_starts_with_a_capital(text, start):
    assert capital(text).startswith(start)
    assert capital(text).casefold() == text.casefold().replace("één", "eén", 1)
