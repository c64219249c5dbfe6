"""What the tests of pages look for is found on a page that has it."""

import chromium
import pytest

from browser import axe, hands, scripts

FAULTY = """<!DOCTYPE html><html><head><meta charset="utf-8"><title>Faulty</title><style>
.bare:focus { outline: none } .wide { width: 900px } .cut { width: 3em; overflow: hidden }
.under { position: relative } .over { position: absolute; inset: 0 } .pale { color: #eee }
</style></head><body>
<a class="bare" href="#nowhere">a link to nowhere</a>
<button class="dead">dead</button>
<div class="under"><button>covered</button><div class="over"></div></div>
<select aria-label="choice"><option>one</option><option>two</option></select>
<input type="range" min="0" max="10" value="5"><a href="missing.html">a file that is not there</a>
<p class="wide">as wide as a large screen, which a narrow one is not, and so it is cut</p>
<div class="cut"><span style="white-space: nowrap">more than three letters</span></div>
<svg width="60" height="20"><text x="40" y="15">leaves its figure</text></svg>
<p class="pale">hardly to be seen</p>
<section aria-label="same">one</section><section aria-label="same">another</section>
<script>console.error('a complaint'); fetch('other.json').catch(() => 0);
new Image().src = 'http://example.org/x.png'; setTimeout(() => { missing() }); alert('a window')
</script></body></html>"""


@pytest.fixture
def faulty(browser, tmp_path):
    path = tmp_path / "faulty.html"
    path.write_text(FAULTY, encoding="utf-8")
    page, watch = chromium.opened(browser, path, viewport={"width": 360, "height": 700})
    yield page, watch
    page.context.close()


def test_complaints_requests_and_windows_are_seen(faulty):
    page, watch = faulty
    page.wait_for_timeout(100)
    said = " ".join(watch.console)
    assert "error: a complaint" in said
    assert "missing is not defined" in said
    assert any(address.endswith("other.json") for address in watch.requests)
    assert "http://example.org/x.png" in watch.requests
    assert watch.dialogs == ["alert: a window"]


def test_dead_controls_are_seen(faulty, monkeypatch):
    page, _ = faulty
    monkeypatch.setattr(hands, "PATIENCE", 200)
    mouse, keyboard = list(hands.dead_by_mouse(page)), list(hands.dead_by_keyboard(page))
    for found in (mouse, keyboard):
        kinds = [text.partition(" ")[0] for text in found]
        assert sorted(kinds) == ["button", "button", "elsewhere", "range", "select", "within"]
    assert "button 'covered': covered" in mouse


def test_an_invisible_focus_is_seen(faulty):
    page, _ = faulty
    page.evaluate(scripts.CONTROLS)
    page.evaluate(scripts.RECORD_FOCUS)
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    assert page.evaluate("() => window.focused") == [[0, False], [1, True]]


def test_what_is_cut_off_is_seen(faulty):
    page, _ = faulty
    found = " | ".join(page.evaluate(scripts.CUT_OFF))
    for text in (
        "document: 9",
        "off the page, p.wide",
        "cut off, span",
        "outside its figure, text",
    ):
        assert text in found
    assert "hardly" not in found


def test_what_keeps_people_out_is_seen(faulty):
    page, _ = faulty
    rules = {text.partition(":")[0] for text in axe.grave(page)}
    assert {"html-has-lang", "color-contrast", "label"} <= rules
    only = axe.findings(page, only=("landmark-unique",))
    assert [text.partition(":")[0] for _, text in only] == ["landmark-unique"]
    assert "color-contrast" not in {
        text.partition(":")[0] for text in axe.grave(page, without=("color-contrast",))
    }
