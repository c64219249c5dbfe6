"""`simdesign attribution` and the page: a tiny study, its rows counted one by one."""

import json
import re
import string
import tomllib
from pathlib import Path

import pytest

import simdesign.report
from run.tiny import write_study
from simdesign.cli import call
from simdesign.report import AttributionTarget, attribution_parts, headline, write_page
from simdesign.report.asked import asked
from simdesign.report.attribution import SETTLED, attribution_cells
from simdesign.report.folder import read_folder
from simdesign.report.numbers import grouped
from simdesign.report.select import Selection
from simdesign.report.verdicts import Wording
from simdesign.run import run
from simdesign.spec.attribution import CLASS_OF
from simdesign.spec.mechanism import MECHANISM_CLASSES
from simdesign.spec.study import Study

ROOT = Path(simdesign.report.__file__).parent
N_REP = 30
TWO = '[designs.two]\nschedule = { kind = "fixed_weeks", weeks = [11, 37] }\n'
CHANGES = (
    ("seed = 7", "seed = 9"),
    ('kind = "euda_rule"', 'kind = "exact_mechanism"\nstreams = []\ntraces = { draws = 20 }'),
    ('[estimators.exact]\nkind = "exact_step"',
     '[estimators.exact]\nkind = "exact_mechanism"\ntraces = { draws = 20 }'),
    ('"world.substances.*.sigma_shared" = [0.0, 0.1]\n"change.size" = [0.3, -0.3]',
     '"change.mechanism" = ["more_users", "heavier_use", "higher_purity", "new_light_users"]'),
    ("[world.substances.cocaine]", "[world.substances.cocaine]\npurity = 0.6"),
    ("[designs.annual]", '[also.both]\nkind = "level_shift"\nsize = 0.3\n'
     'mechanism = { more_users = 0.5, higher_purity = 0.5 }\n'
     'at = { dist = "uniform", low = 2.0, high = 3.0 }\n\n[designs.annual]'),
    (TWO, TWO + 'streams = ["purity", "survey"]\n'),
    ("null = 24", "null = 20"),
)  # fmt: skip


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    folder = tmp_path_factory.mktemp("attribution")
    study = Study.from_toml(write_study(folder, *CHANGES))
    results = run(study, folder / "out", workers=1, replications=N_REP)
    results.save()
    return results


@pytest.fixture(scope="module")
def printed(done):
    return json.loads(output(done, "--json"))


def output(done, *options):
    from contextlib import redirect_stdout
    from io import StringIO

    with redirect_stdout(StringIO()) as out:
        assert call(["attribution", str(done.folder), *options]) == 0
    return out.getvalue()


def said(prob, limit=0.8):
    """Return the name that a posterior leads to, or an empty word."""
    best = max(range(3), key=lambda m: prob[m])
    return MECHANISM_CLASSES[best] if prob[best] >= limit else ""


def test_the_matrix_is_that_of_the_rows(done, printed):
    rows = done.rows()
    last = rows[rows["look"] == rows["look"].max()]
    assert len(printed["cells"]) == 5 * 2 * 2
    for cell in printed["cells"]:
        name = "both" if "+" in cell["mechanism"] else f"mechanism={cell['mechanism']}"
        mine = last[
            (last["scenario"] == name) & (last["design"] == cell["design"])
            & (last["estimator"] == cell["estimator"])
        ]  # fmt: skip
        assert len(mine) == N_REP
        columns = [f"prob_{item}" for item in MECHANISM_CLASSES]
        names = [said(row) for row in mine[columns].to_numpy()]
        right = CLASS_OF.get(cell["mechanism"])
        assert cell["right"] == right
        assert cell["size"] == pytest.approx(0.3)
        shares = {key: item["value"] for key, item in cell["shares"].items()}
        for item in MECHANISM_CLASSES:
            assert shares[f"named_{item}"] == pytest.approx(names.count(item) / N_REP)
        assert shares["attribution_abstained"] == pytest.approx(names.count("") / N_REP)
        wrong = sum(bool(n) and n != right for n in names) / N_REP
        assert shares["attribution_wrong"] == pytest.approx(wrong)
        if right is None:
            assert "attribution_correct" not in shares
            assert cell["prob_reached"] is None
        else:
            correct = names.count(right) / N_REP
            assert shares["attribution_correct"] == pytest.approx(correct)
            assert cell["meets"] == (correct >= 0.8 and wrong <= 0.1)
            posterior = mine[f"prob_{right}"].mean()
            assert shares["true_class_prob"] == pytest.approx(posterior)


def test_the_first_alarm_is_that_of_the_threshold(done):
    at_alarm = json.loads(output(done, "--json", "--at", "alarm"))["cells"]
    measures = done.measures()
    rows = done.rows().sort_values(["scenario", "design", "estimator", "replication", "look"])
    seen = 0
    for cell in at_alarm:
        if not cell["mechanism"] or "+" in cell["mechanism"]:
            continue
        limit = measures[
            (measures["measure"] == "threshold") & (measures["threshold"] == "operating")
            & (measures["design"] == cell["design"]) & (measures["budget"] == 0.1)
            & (measures["estimator"] == cell["estimator"])
        ]["value"].iloc[0]  # fmt: skip
        mine = rows[
            (rows["scenario"] == f"mechanism={cell['mechanism']}")
            & (rows["design"] == cell["design"]) & (rows["estimator"] == cell["estimator"])
        ]  # fmt: skip
        names = []
        for _, programme in mine.groupby("replication"):
            for _, look in programme.iterrows():
                if look["score"] > limit:
                    if look["look_day"] - 90 >= look["change_day"]:
                        names.append(said([look[f"prob_{m}"] for m in MECHANISM_CLASSES]))
                    break
        share = cell["shares"]["attribution_correct"]
        assert share["n_rep"] == len(names)
        if names:
            seen += len(names)
            assert share["value"] == pytest.approx(names.count(cell["right"]) / len(names))
    assert seen > 10


def test_a_way_costs_what_its_series_cost(printed):
    cost = {(c["design"], c["estimator"]): c["cost_per_year"] for c in printed["cells"]}
    series = {(c["design"], c["estimator"]): c["streams"] for c in printed["cells"]}
    assert cost["two", "exact"] - cost["two", "euda"] == pytest.approx(2 * 20.0)
    assert cost["annual", "exact"] == cost["annual", "euda"]  # it buys no series
    assert series["two", "exact"] == ["purity", "survey"]
    assert series["annual", "exact"] == []


def test_purity_is_told_by_its_series_and_more_users_by_nothing(printed):
    reached = {
        (c["mechanism"], c["design"], c["estimator"]): c["prob_reached"] for c in printed["cells"]
    }
    assert reached["higher_purity", "two", "exact"] > 0.9
    assert reached["higher_purity", "two", "euda"] < 0.01
    assert max(p for key, p in reached.items() if key[0] == "more_users") < 0.01


def test_words_tables_and_the_target(done):
    text = " ".join(output(done).split())
    assert "Higher purity: can be told at +30 % with two: weekdays + purity + survey" in text
    assert "More users of all kinds: cannot be told by any of the 4 ways" in text
    assert "no way of measuring tried here tells them apart" in text
    assert "Three explanations at once (new light users, heavier use" in text
    assert "no single name is right" in text
    records = done.records()
    head, parts = attribution_parts(done.study, "quick", records, AttributionTarget())
    assert "at the last look" in head
    (part,) = parts
    assert [table.caption.rpartition(" ")[2] for table in part.confusion] == ["annual", "two"]
    for row in part.cheapest.rows:
        assert float(row[-1]) <= 1.0
    # a target that anything reaches is reached by the cheapest way
    easy = attribution_parts(
        done.study, "quick", records, AttributionTarget(correct=1e-9, wrong=1 - 1e-9)
    )[1][0]
    by_name = {row[0]: row for row in easy.cheapest.rows}
    assert by_name["new light users"][2] == "annual: weekdays"
    assert by_name["new light users"][3] == "0"


def test_dutch_has_the_same_numbers(done):
    both = {}
    for lang in ("en", "nl"):
        _, (part,) = attribution_parts(
            done.study, "quick", done.records(), AttributionTarget(), lang=lang
        )
        both[lang] = [row for table in (part.cheapest, *part.maps, *part.confusion)
                      for row in table.rows]  # fmt: skip
    number = re.compile(r"\d+(?:[.,]\d+)?")
    for one, other in zip(both["en"], both["nl"], strict=True):
        for a, b in zip(one, other, strict=True):
            assert number.findall(a) == [x.replace(",", ".") for x in number.findall(b)]
    assert both["en"] != both["nl"]


def test_the_page_has_the_section_in_both_languages_and_one_mechanism_in_its_figures(done):
    text = write_page(done.folder).read_text(encoding="utf-8")
    for lang, heading in (("en", "Which mechanism it was"), ("nl", "Welk mechanisme het was")):
        assert re.search(rf'<h2 id="attribution-{lang}">{heading}</h2>', text)
    assert "Shown here is the change by more users of all kinds. Other mechanisms" in text
    assert "These designs do not tell them apart." not in text


def test_what_is_said_of_mechanisms_is_published(done):
    is_read = headline(done.study)
    mine = [
        row for row in done.records()
        if row["measure"].startswith(("named_", "attribution_", "true_class_prob"))
        and row["threshold"] in ("", "operating")
    ]  # fmt: skip
    assert len(mine) > 5 * 2 * 2 * 12
    assert all(
        is_read(
            row["measure"], estimator=row["estimator"], threshold=row["threshold"],
            budget=row["budget"], horizon=row["horizon"], paired=bool(row["compared_with"]),
        )
        for row in mine
    )  # fmt: skip


def test_a_study_that_asks_for_no_mechanism_has_no_such_section(tmp_path):
    study = Study.from_toml(write_study(tmp_path, ("null = 24", "null = 20")))
    results = run(study, tmp_path / "out", workers=1, replications=10)
    results.save()
    assert "attribution-en" not in write_page(results.folder).read_text(encoding="utf-8")
    assert call(["attribution", str(results.folder)]) == 2


@pytest.mark.parametrize(
    ("options", "rule"),
    [
        (["--target", "1"], "--target: must be in (0, 1), got 1.0"),
        (["--target", "nan"], "--target: must be in (0, 1), got nan"),
        (["--wrong", "0"], "--wrong: must be in (0, 1), got 0.0"),
        (["--target", "0.8", "--wrong", "0.3"], "--wrong: must be at most 1 - 0.8"),
        (["--at", "dawn"], "must be last or alarm"),
        (["--change", "0.5"], "--change: must be one of 0.3, got 0.5"),
        (["--lang", "fr"], "must be one of en, nl"),
    ],
)
def test_wrong_input_is_one_line(done, capsys, options, rule):
    assert call(["attribution", str(done.folder), *options]) == 2
    error = capsys.readouterr().err
    assert rule in error
    assert error.count("\n") == 1


def test_texts_are_complete_and_asked_for():
    name = "attribution_texts.toml"
    catalogue = tomllib.loads((ROOT / name).read_text(encoding="utf-8"))
    for section, items in catalogue.items():
        for key, text in items.items():
            fields = [
                {field for _, field, _, _ in string.Formatter().parse(text[lang]) if field}
                for lang in ("en", "nl")
            ]
            assert fields[0] == fields[1], f"{section}.{key}"
    code = (ROOT / "attribution_tables.py").read_text(encoding="utf-8")
    asked = set(re.findall(r'\btexts\(\s*"(\w+\.\w+)"', code))
    assert len(asked) > 15
    texts = simdesign.report.Texts("nl", name)
    assert [key for key in sorted(asked) if not texts.has(key)] == []
    assert all(texts.has(f"mechanisms.{item}") for item in CLASS_OF)
    assert all(texts.has(f"classes.{item}") for item in MECHANISM_CLASSES)


def test_the_question_of_the_page_is_which_mechanism(done, printed):
    folder = read_folder(done.folder)
    found = asked(folder, [Selection(folder, "cocaine", {})], Wording("en", done.study))
    assert found.place == "attribution"
    (_, sentences) = found.answers[0]
    text = " ".join(sentences)
    assert "at least one that tells it" in sentences[0]
    never = [line for line in sentences if line.startswith("With none of the")]
    told = [line for line in sentences[1:] if line not in never]
    purity = next(line for line in told if line.startswith("Higher purity at +30"))
    assert "more frequent use by all" not in text  # not simulated here
    assert "three explanations" not in text  # several at once
    target = AttributionTarget()
    cells = attribution_cells(done.study, folder.size, folder.attribution, "last")
    for name, words in (("more_users", "more users"), ("higher_purity", "higher purity")):
        mine = [cell for cell in cells if cell.mechanism == name]
        probs = [cell.prob_reached(target) for cell in mine]
        assert any(words in line.lower() for line in told) == (max(probs) >= SETTLED)
        assert any(words in line for line in never) == (max(probs) <= 1.0 - SETTLED)
    # the cheapest of the ways that surely tell it, and what it costs
    sure = [cell for cell in cells if cell.mechanism == "higher_purity"
            and cell.size > 0.25 and cell.prob_reached(target) >= SETTLED]  # fmt: skip
    cost = min(cell.way.cost_per_year for cell in sure)
    assert f"for {grouped(cost, 'en')} units a year" in purity
