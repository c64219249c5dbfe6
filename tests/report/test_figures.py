"""What stands in a figure is what was drawn: its numbers are not cut with the coordinates."""

import re

import numpy as np
import vl_convert

from simdesign.report.figure_files import standalone
from simdesign.report.figures.bilingual import merged
from simdesign.report.figures.compared import panel_of_curve
from simdesign.report.figures.nested import _loop
from simdesign.report.figures.zip_plot import zip_figure
from simdesign.report.stored_rows import Intervals
from simdesign.report.validation import Curve, Span


def curve(values):
    places = ("small", "large")
    spans = [
        Span(name=name, value=values, low=values, high=values)
        for name in ("real weeks, 95 % over sites", "world default, 95 % of panels")
    ]
    return Curve(
        title="CV", x_title="inhabitants", y_title="mean CV", places=places, real=spans[0],
        simulated=(spans[1],),
    )  # fmt: skip


def test_ticks_keep_their_digits_and_are_all_different():
    svg = panel_of_curve(curve((0.123, 0.167))).svg
    ticks = re.findall(r">(\d\.\d+)</text>", svg)
    assert len(ticks) >= 4
    assert len(set(ticks)) == len(ticks)
    steps = np.diff(sorted(map(float, ticks)))
    np.testing.assert_allclose(steps, steps[0], atol=1e-9)
    assert not re.search(r'"[^"<>]*\d\.\d{2,}[^"<>]*"', svg), "coordinates are short"


def drawn(words):
    """Return a picture as Vega writes it, with these words."""
    texts = "".join(f'<text x="1">{word}</text>' for word in words)
    wide = 100 + 10 * max(map(len, words))
    return f'<svg width="{wide}" height="50" viewBox="0 0 {wide} 50"><path d="M0 0"/>{texts}</svg>'


def test_a_picture_for_two_languages_has_every_word_and_each_line_once():
    found = merged(drawn(["years", "20"]), drawn(["jaren lang", "20"]))
    assert found.count("<path") == 1
    assert '<text x="1" lang="en">years</text><text x="1" lang="nl">jaren lang</text>' in found
    assert found.count(">20</text>") == 1
    assert 'width="200" height="50" viewBox="0 0 200 50"' in found


def test_pictures_whose_words_do_not_pair_up_both_stand():
    found = merged(drawn(["a", "b"]), drawn(["a"]))
    assert found.count("<svg") == 2
    assert found.startswith('<div lang="en">')


def test_a_file_has_the_letters_that_a_page_gives_its_pictures():
    svg = panel_of_curve(curve((0.1, 0.2))).svg
    assert re.search(r"<text(?![^>]*font-size)", svg)
    whole = standalone(svg, "A < B", "two values")
    assert not re.search(r"<text(?![^>]*font-size)", whole)
    assert "<title>A &lt; B</title><desc>two values</desc>" in whole
    assert vl_convert.svg_to_pdf(whole).startswith(b"%PDF")


def intervals(n, half):
    rng = np.random.default_rng(4)
    truth = rng.normal(size=n)
    estimate = truth + rng.normal(size=n)
    return Intervals(
        estimate=tuple(estimate), low=tuple(estimate - half), high=tuple(estimate + half),
        truth=tuple(truth),
    )  # fmt: skip


def test_a_zip_plot_covers_what_its_intervals_cover():
    found = {name: intervals(4000, half) for name, half in (("right", 1.96), ("narrow", 1.0))}
    panels, table = zip_figure(list(found.items()), "a world")
    share = {row[0]: float(row[2].split(" ")[0]) / 100 for row in table.rows}
    for name, expected in (("right", 0.95), ("narrow", 0.6827)):
        assert abs(share[name] - expected) < 5 * (expected * (1 - expected) / 4000) ** 0.5
        hold = re.search(r"(\d+) of 100 hold it", panels[name == "narrow"].svg)[1]
        assert abs(int(hold) - 100 * share[name]) <= 0.56  # both are rounded
    assert zip_figure([], "nothing") is None


def test_a_long_title_of_a_zip_plot_stays_in_its_figure():
    name = "one day every 13 days at forty places with two laboratories (every_13_days)"
    (panel,), _ = zip_figure([(name, intervals(100, 1.96))], "a world")
    lines = re.findall(r">([^<>]+)</(?:text|tspan)>", panel.svg)
    assert name in " ".join(lines)
    assert max(map(len, lines)) <= 42


def test_many_levels_of_a_factor_are_named_by_their_ends():
    few, many = ["0 %", "6 %"], [f"departure_{n}" for n in range(16)]
    assert _loop(few, "shared") == "shared error: 0 %, 6 %"
    assert (
        _loop(many, "departure") == "departure: departure_0 to departure_15 (16, as in the table)"
    )
