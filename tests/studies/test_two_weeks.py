"""`simdesign two-weeks`: what it prints, what its page of documentation says, what it refuses."""

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import typer
from typer.testing import CliRunner

from simdesign.studies.two_weeks import answer_of, register
from simdesign.studies.two_weeks_noise import prior_noise, world_noise
from simdesign.studies.two_weeks_words import SCALE, paragraphs, tables, texts_of, with_error, word

PAGE = Path(__file__).parents[2] / "docs" / "leeuwarden.md"
LEEUWARDEN = ("2023=1192", "2025=1748")
MINUS = "\N{MINUS SIGN}"
NUMBER = re.compile(rf"[+{MINUS}-]?\d+(?:\.\d+)?")


@pytest.fixture
def app():
    application = typer.Typer()
    application.callback()(lambda: None)
    register(application)
    return application


def run(app, *arguments):
    return CliRunner().invoke(app, ["two-weeks", *map(str, arguments)])


def quick(app, *arguments):
    asked = [*LEEUWARDEN, "--substance", "cocaine", "--draws", 200, "--json", *arguments]
    result = run(app, *asked)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def same_numbers(shown: str, printed: str) -> bool:
    """Compare two cells: equal texts, and numbers within one and a half of their last digit.

    Rounding may fall the other way on another machine.
    """
    if NUMBER.sub("#", shown) != NUMBER.sub("#", printed):
        return False
    for a, b in zip(NUMBER.findall(shown), NUMBER.findall(printed), strict=True):
        places = len(a.partition(".")[2])
        x, y = (float(n.replace(MINUS, "-")) for n in (a, b))
        if abs(x - y) > 1.5 * 10.0**-places:
            return False
    return True


def test_the_page_shows_what_its_command_prints():
    text = PAGE.read_text(encoding="utf-8")
    assert (
        f"simdesign two-weeks {' '.join(LEEUWARDEN)} --substance cocaine --population 104355"
        in (text)
    )
    answer = answer_of(*LEEUWARDEN, "cocaine", population=104355)
    rows = [
        [cell.replace("\\|", "|").strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        for line in text.splitlines()
        if line.startswith("| ")
    ]
    for table, _ in tables(answer, "en"):
        start = rows.index(list(table.columns))
        for printed, shown in zip(table.rows, rows[start + 1 :], strict=False):
            for a, b in zip(shown, printed, strict=True):
                assert same_numbers(a, b), f"{table.caption}: {a} on the page, {b} printed"
    words = " ".join(text.split())
    rise, flat = (with_error(x, "en") for x in (answer.chances[0].prob_rise, answer.naive))
    assert f"P(real rise > 10 %) = {rise}, and $P_{{flat}}$ = {flat}." in words
    assert f"((5) alone gives {answer.prior_rise.value:.3f}:" in words
    odds = answer.odds
    assert f"Here they are {odds.factor:.2f} and {odds.factor_bound:.2f}" in words
    low, high = answer.break_range
    assert f"({answer.prior_break:.3f}) nearly as it was" in words
    assert f"from {low:.2f} to {high:.2f} over the {answer.n_combined} combinations" in words
    low, high = answer.rise_range
    assert f"P(real rise > 10 %) goes from {low:.2f} to {high:.2f}" in words
    assert answer.enough_weeks is None
    assert answer.quadrature_error < 1e-4


def test_the_page_shows_the_answer_with_the_estimated_noise():
    text = PAGE.read_text(encoding="utf-8")
    section = text[text.index("## 8. With the noise of measured weeks") :]
    asked = " ".join(LEEUWARDEN)
    assert f"two-weeks {asked} --substance cocaine --population 104355 --noise NL" in section
    answer = answer_of(*LEEUWARDEN, "cocaine", population=104355, noise=Path("NL"))
    rows = [
        [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        for line in section.splitlines()
        if line.startswith("| ")
    ]
    chances = tables(answer, "en")[0][0].rows
    for printed, shown in zip(chances, rows[1 : len(chances) + 1], strict=True):
        for a, b in zip(shown, printed, strict=True):
            assert same_numbers(a, b), f"{a} on the page, {b} printed"
    words = " ".join(section.split())
    assert f"flat prior P is {with_error(answer.naive, 'en')}" in words
    low, high = answer.rise_range
    assert f"from {low:.2f} to {high:.2f} over the {answer.n_combined} combinations" in words
    _, (seasons, _), (further, _), (priors, _) = tables(answer, "en")
    still = next(row[1] for row in priors.rows if row[0].startswith("national drift"))
    months = [row[-1].split(" ±")[0] for row in seasons.rows]
    weeks = {row[0]: row[-1] for row in further.rows}
    for sentence in (
        f"it is {still}.",
        f"both months unknown it is {months[0]}, {months[1]} and {months[2]} for seasons",
        f"with probability {weeks['1']}, four with {weeks['4']}, "
        f"weeks without end with {weeks['no end']}:",
    ):
        as_shown = re.compile(NUMBER.pattern.join(re.escape(x) for x in NUMBER.split(sentence)))
        found = as_shown.search(words)
        assert found, sentence
        assert same_numbers(found.group(), sentence)
    assert answer.enough_weeks is None


def test_both_languages_say_the_same_numbers(app):
    out = quick(app)
    english, dutch = out["text"], quick(app, "--lang", "nl")["text"]
    for a, b in zip(english, dutch, strict=True):
        numbers = [sorted(re.findall(r"\d+[.,]?\d*", t.replace(",", "."))) for t in (a, b)]
        assert len(numbers[0]) == len(numbers[1]), (a, b)
    page = run(app, *LEEUWARDEN, "--substance", "cocaine", "--draws", 200, "--lang", "nl").stdout
    assert "meetweken" in page
    assert "trendbreuk" in page
    value = out["prob_real_rise_above_10_percent"]["value"]
    assert f"{value:.3f}".replace(".", ",") in page
    assert out["verdict"] == "probably a real rise"


def test_the_words_follow_the_scale():
    texts = texts_of("nl")
    assert [least for least, _ in SCALE] == sorted((least for least, _ in SCALE), reverse=True)
    assert word(0.95, texts) == "vrijwel zeker een echte stijging"
    assert word(0.5, texts) == "niet te zeggen"
    assert word(0.0, texts) == "vrijwel zeker geen echte stijging"


def test_known_months_change_the_time_between_and_add_a_column(app):
    asked = ["2023-03=1192", "2025-05=1748", "--substance", "cocaine", "--draws", 200]
    result = run(app, *asked, "--json")
    assert json.loads(result.stdout)["years"] == pytest.approx(26 / 12)
    assert "(as given)" in run(app, *asked).stdout


def test_draws_of_a_file_take_the_place_of_priors(app, tmp_path):
    draws = prior_noise("cocaine", 200, 1).draws
    columns = {name: getattr(draws, name) for name in draws.__dataclass_fields__}
    table = pd.DataFrame({"substance": "cocaine", "draw": np.arange(200), **columns})
    other = table.assign(substance="MDMA", sigma_site=9.0)
    both = pd.concat([other, table])
    both.to_csv(tmp_path / "draws.csv", index=False)
    both.to_parquet(tmp_path / "draws.parquet")
    expected = quick(app)["prob_real_rise_above_10_percent"]["value"]
    for name in ("draws.csv", "draws.parquet"):
        out = quick(app, "--noise", tmp_path / name)
        assert out["prob_real_rise_above_10_percent"]["value"] == pytest.approx(expected, abs=1e-12)
        assert (out["noise"]["source"], out["noise"]["priors"]) == ("file", {})
    table.drop(columns=["drift", "sigma_rw_site"]).to_csv(tmp_path / "few.csv", index=False)
    out = quick(app, "--noise", tmp_path / "few.csv")
    assert sorted(out["noise"]["priors"]) == ["drift", "sigma_rw_site"]


def test_a_world_gives_its_noise(app, tmp_path):
    path = tmp_path / "study.toml"
    path.write_text(
        'name = "w"\nseed = 1\naims = "a"\n[change]\nkind = "level_shift"\nsize = 0.3\n'
        "[world.substances.cocaine]\nsigma_shared = 0.0\n[designs.a]\n"
        'schedule = {kind = "rounds", per_year = 1}\n[decision]\nreference = "a"\n'
        '[estimators.e]\nkind = "exact_step"\n'
        "[sizes.quick]\nnull = 60\nnull_world = 40\nalternative = 40\n"
    )
    out = quick(app, "--world", path)
    assert out["noise"]["source"] == "world"
    assert out["noise"]["priors"]["sigma_shared"] == "0"


def test_an_estimated_world_keeps_its_draws_together(tmp_path):
    table = pd.DataFrame({"substance": "cocaine", "draw": range(50)})
    table["sigma_shared"] = np.linspace(0.01, 0.1, 50)
    table["sigma_site"] = 2.0 * table["sigma_shared"]
    table.to_csv(tmp_path / "world.csv", index=False)
    path = tmp_path / "study.toml"
    path.write_text(
        'name = "w"\nseed = 1\naims = "a"\n[change]\nkind = "level_shift"\nsize = 0.3\n'
        '[world.substances.cocaine]\nestimate = "world.csv"\n[designs.a]\n'
        'schedule = {kind = "rounds", per_year = 1}\n[decision]\nreference = "a"\n'
        '[estimators.e]\nkind = "exact_step"\n'
        "[sizes.quick]\nnull = 60\nnull_world = 40\nalternative = 40\n"
    )
    draws = world_noise(path, "cocaine", 300, 1).draws
    assert np.unique(draws.sigma_shared).size > 30
    np.testing.assert_allclose(draws.sigma_site, 2.0 * draws.sigma_shared)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["2023=-3", "2025=1748"], "the first week: must have a mean load above 0, got '2023=-3'"),
        (["2023=0", "2025=1748"], "must have a mean load above 0"),
        (["2023=nan", "2025=1748"], "must have a mean load above 0"),
        (["2023=1.192,5", "2025=1748"], "must have a mean with a decimal point"),
        (["2023=1192", "2023=1748"], "the second week: must come after the first one (2023)"),
        (["2025=1192", "2023=1748"], "must come after the first one"),
        (["2023-05=1192", "2023-05=1748"], "must come after the first one"),
        (["2023-13=1192", "2025-01=1748"], "must have a month from 1 to 12"),
        (["1192", "1748"], "must read YEAR=MEAN"),
        (["23=1192", "2025=1748"], "must read YEAR=MEAN"),
        (["1066=1192", "2025=1748"], "must have a year from 1990 to 2100"),
        ([*LEEUWARDEN, "--substance", "tea"], "--substance: must be one of cocaine, MDMA"),
        ([*LEEUWARDEN, "--days", "8"], "--days: must be whole numbers from 1 to 7"),
        ([*LEEUWARDEN, "--days", "7,7,7"], "must be one number for both weeks, or two"),
        ([*LEEUWARDEN, "--cities", "1"], "--cities: must be whole numbers from 2"),
        ([*LEEUWARDEN, "--cities", "six"], "--cities: must be whole numbers from 2"),
        ([*LEEUWARDEN, "--population", "-1"], "--population: must be above 0"),
        ([*LEEUWARDEN, "--draws", "5"], "--draws: must be at least 100"),
        ([*LEEUWARDEN, "--seed", "-1"], "--seed: must be in [0, 2**63)"),
        ([*LEEUWARDEN, "--lang", "fr"], "--lang: must be one of en, nl, got 'fr'"),
        (
            [*LEEUWARDEN, "--noise", "none.csv"],
            "none.csv: file: must exist, or be a shipped estimate (NL)",
        ),
        ([*LEEUWARDEN, "--noise", "a", "--world", "b"], "cannot be given beside --world"),
        ([*LEEUWARDEN, "--world", "none.toml"], "none.toml"),
    ],
)
def test_a_wrong_request_is_one_line_and_status_2(app, arguments, message):
    substance = [] if "--substance" in arguments else ["--substance", "cocaine"]
    result = run(app, *arguments, *substance)
    assert result.exit_code == 2
    assert message in result.stderr
    assert result.stderr.count("\n") == 1
    assert result.stdout == ""


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("sigma_shared,sigma_site\n0.1,0.1\n", "columns: must hold sigma_rw"),
        (
            "sigma_shared,sigma_site,sigma_rw\n0.1,0.1,0.1\n-0.1,0.1,0.1\n",
            "row 3: sigma_shared: must be a number >= 0, got '-0.1'",
        ),
        (
            "sigma_shared,sigma_site,sigma_rw,drift\n0.1,0.1,0.1,x\n",
            "row 2: drift: must be a number",
        ),
        (
            "substance,sigma_shared,sigma_site,sigma_rw\nMDMA,0.1,0.1,0.1\n",
            "substance: must be one of MDMA, got 'cocaine'",
        ),
        ("", "must be a CSV or Parquet table"),
    ],
)
def test_a_wrong_file_of_draws_is_one_line(app, tmp_path, text, message):
    path = tmp_path / "draws.csv"
    path.write_text(text)
    result = run(app, *LEEUWARDEN, "--substance", "cocaine", "--noise", path)
    assert result.exit_code == 2
    assert message in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_few_draws_are_enough_for_words():
    answer = answer_of("2023=100", "2024=60", "MDMA", draws=100, cities="3")
    text = " ".join(paragraphs(answer, "nl", 1))
    assert f"{MINUS}40" in text
    assert "geen echte stijging" in text
    assert answer.chances[0].prob_fall.value > 2.0 * answer.chances[0].prob_rise.value
