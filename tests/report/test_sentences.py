"""Sentences that are put together: what a world is, at which levels, and what is left unsaid."""

import math
import re
import tomllib
from pathlib import Path

import pytest

import simdesign
from report.conftest import STUDY
from report.test_words import verdict
from simdesign.evaluate import Code
from simdesign.report import Texts, verdict_text
from simdesign.report.adviser import AdviserWords
from simdesign.report.figures.lines import Line, Point, alternative_text
from simdesign.report.folder import read_folder
from simdesign.report.names import estimator_names, level_cells, level_heads, shown_world
from simdesign.report.stability import _sentences
from simdesign.report.verdicts import Group, Wording

SOURCE = Path(simdesign.__file__).parent
SHARES = {"world.substances.*.lab_share": (0.0, 0.5), "world.substances.*.r_lab": (0.0, 0.5)}
WORLDS = simdesign.Study.from_dict(STUDY | {"factors": SHARES | {"change.size": (0.3,)}})


def plain(text):
    """Return a text with spaces and quotation marks as they are typed."""
    text = text.replace("\N{NO-BREAK SPACE}", " ")
    return text.translate({0x2018: "'", 0x2019: "'"})


def test_a_world_is_a_clause_and_a_laboratory_without_a_part_has_no_year():
    both = plain(shown_world(WORLDS, {"lab_share": 0.5, "r_lab": 0.5}, Texts("nl")))
    assert both == (
        "werelden waarin het laboratorium 50 % van de gedeelde meetfout maakt"
        " en 50 % van de laboratoriumfout het hele jaar aanhoudt"
    )
    idle = plain(shown_world(WORLDS, {"lab_share": 0.0, "r_lab": 0.5}, Texts("en")))
    assert idle == "worlds in which the laboratory makes 0 % of the shared error"
    default = {"departure": "default"}
    assert shown_world(WORLDS, default, Texts("nl")) == "de gewone wereld"
    more = plain(shown_world(WORLDS, default | {"lab_share": 0.5}, Texts("nl")))
    assert more == "de gewone wereld, waarin het laboratorium 50 % van de gedeelde meetfout maakt"
    years = shown_world(WORLDS, {"share_of_years": 1.0}, Texts("nl"))
    assert years == "werelden waarin er elk jaar feestdagen zijn"


def flip(sigma, option="oracle", **more):
    return {
        "topic": "break", "before": "not_as_good", "after": "as_good", "group": option,
        "option": option, "sigma_shared": sigma, "world": {},
    } | more  # fmt: skip


def test_changes_that_differ_in_the_level_only_are_one_sentence(results):
    folder, wording = read_folder(results.folder), Wording("nl", results.study)
    items = [
        flip(0.03), flip(0.0), flip(0.06, "guarded"), flip(0.06),
        flip(0.03, "budget", low=0.05, high=0.1), flip(0.06, "budget", low=0.05, high=0.1),
        flip(0.03, "budget", low=0.02, high=0.05),
        flip(0.1, world={"world.substances.*.r_lab": 0.5}),  # of another world
    ]  # fmt: skip
    said = [plain(text) for text in _sentences(items, folder, "", wording)]
    assert len(said) == 4
    assert said[0].startswith("Trendbreuk, bij een gedeelde meetfout van 0 %, 3 % en 6 %: 'even")
    assert said[1].startswith("Trendbreuk, bij een gedeelde meetfout van 6 %: ")
    assert said[2].startswith("Trendbreuk, bij een gedeelde meetfout van 3 % en 6 %: ")
    assert said[2].endswith("van 5 % naar 10 % gaat.")
    (alone,) = _sentences([flip(None)], folder, "", wording)
    assert plain(alone).startswith("Trendbreuk: 'even goed'")  # a study without levels has no level


def test_a_world_without_levels_is_not_said_to_be_this_one():
    for lang, head in (("en", "Trend break, cocaine: "), ("nl", "Trendbreuk, cocaïne: ")):
        lines = verdict_text([verdict(math.nan, Code.NOT_AS_GOOD)], lang)
        assert lines[1].strip().startswith(head)
        assert not any("this world" in line or "deze wereld" in line for line in lines[:2])
        assert level_cells(math.nan, Texts(lang)) == level_heads([math.nan], Texts(lang)) == ()
        assert len(level_heads([0.0, 0.1], Texts(lang))) == len(level_cells(0.1, Texts(lang))) == 1


def lines_of(*ends):
    return [
        Line(
            index=i, name=name, label=name,
            points=tuple(Point(x=x, y=y, low=y, high=y) for x, y in ((0.0, 0.0), (5.0, end))),
        )
        for i, (name, end) in enumerate(ends)
    ]  # fmt: skip


def test_what_lines_do_is_told_in_whole_sentences():
    words = {0.0: "0 jaar", 5.0: "5 jaar"}
    lines = lines_of(("één ronde", 31.0), ("twee rondes", 42.0))
    text = alternative_text(lines, "In deze werelden", words, Texts("nl"), over_years=True)
    assert text == (
        "In deze werelden. Eén ronde: van 0 naar 31 van de 100 in 5 jaar; twee rondes: van 0 naar"
        " 42 van de 100 in 5 jaar. Hoogste bij 5 jaar: twee rondes; laagste: één ronde."
    )
    other = alternative_text(lines[:1], "Titel", words, Texts("nl"))
    assert other == "Titel. Eén ronde: van 0 van de 100 bij 0 jaar naar 31 bij 5 jaar."
    assert alternative_text([], "Titel", words, Texts("nl")) == "Titel."


@pytest.mark.parametrize(
    ("codes", "said"),
    [
        ((Code.NOT_AS_GOOD, Code.NOT_AS_GOOD), "In beide onderzochte werelden voor cocaïne"),
        ((Code.NOT_AS_GOOD,) * 2 + (Code.AS_GOOD,), "In de 3 onderzochte werelden voor cocaïne"),
    ],
)
def test_over_all_worlds_each_answer_is_counted(results, codes, said):
    words = AdviserWords(read_folder(results.folder), "nl")
    groups = [
        Group(substance="cocaine", world=str(i), verdicts=(verdict(0.0, code),))
        for i, code in enumerate(codes)
    ]
    text = plain(words._robust("cocaine", groups))
    assert text.startswith(f"{said} is de uitkomst voor het landelijke beeld niet gegeven; ")
    if len(codes) == 2:
        assert text.endswith("voor een trendbreuk is die overal 'minder goed'.")
    else:
        assert text.endswith("die 'minder goed' in 2 en 'even goed' in 1.")


def test_variations_of_a_description_that_a_study_does_not_have_are_told_from_it():
    halved = {"kind": "exact_step", "step_sd": 0.15}
    noisy = {"kind": "exact_step", "day_sd": 0.26}
    wide = {"kind": "exact_step", "sigma_shared": {"dist": "halfnormal", "scale": 0.16}}

    def names(**estimators):
        study = simdesign.Study.from_dict(STUDY | {"estimators": estimators})
        return estimator_names(study, Texts("nl"))

    kind = Texts("nl")("estimators.exact_step")
    assert names(halved=halved, noisy=noisy, wide=wide) == {
        "halved": f"{kind}, schaal 0,15 voor een sprong", "noisy": f"{kind}, dagruis 0,26",
        "wide": f"{kind}, schaal 0,16 voor de gedeelde meetfout",
    }  # fmt: skip
    plain_first = names(judged={"kind": "exact_step"}, wide=wide)
    assert plain_first["judged"] == kind
    assert plain_first["wide"] == f"{kind}, schaal 0,16 voor de gedeelde meetfout"


def test_no_catalogue_has_a_text_that_nothing_uses():
    """A key stands in the code as it is, or is put together: texts(f"options.group_{group}")."""
    paths = (path for end in ("py", "j2", "js") for path in SOURCE.rglob(f"*.{end}"))
    code = "".join(path.read_text(encoding="utf-8") for path in paths)
    quoted = set(re.findall(r"[\"']((?:\w|\.|\{(?:[^{}\"']|'[^']*')*\})+)[\"']", code))
    plain_keys = {text for text in quoted if "{" not in text}
    plain_keys |= set(re.findall(r"'(\w+\.\w+)'", code))  # inside another f-string
    patterns = [
        re.compile(re.sub(r"\\\{.*?\\\}", r"\\w+", re.escape(text)))
        for text in quoted
        if "{" in text and re.match(r"\w+\.", text)
    ]
    begun = tuple(re.findall(r"[\"'](\w+\.\w*)[\"'] (?:\+|~)", code))
    begun = tuple(text for text in begun if text != "answer.")
    # sections that are asked for by a name kept elsewhere, whose keys are words of the code
    kept = {"mechanisms", "falling", "where_factors", "answer"}
    unused = [
        f"{path.name}: {section}.{key}"
        for path in sorted((SOURCE / "report").glob("*.toml"))
        for section, items in tomllib.loads(path.read_text(encoding="utf-8")).items()
        for key in items
        if (name := f"{section}.{key}") not in plain_keys
        and not any(pattern.fullmatch(name) for pattern in patterns)
        and not (begun and name.startswith(begun))
        and not (section in kept and key.removesuffix("_all").removesuffix("_none") in plain_keys)
        and not (section == "answer" and key.removesuffix("_one") in plain_keys)
    ]
    assert unused == []
