"""The explorer in a real browser: its numbers, its words, its state in the address."""

import json
import math
import re
import subprocess
from html.parser import HTMLParser

import chromium
import numpy as np
import pytest
from scipy.stats import norm

from simdesign.report import write_page
from simdesign.report.explorer import CATALOGUE
from simdesign.report.numbers import of_hundred
from simdesign.report.texts import catalogue
from simdesign.stored import Paths

Z = norm.ppf(0.975)


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    found = chromium.executable()
    if found is None:
        pytest.skip("no Chromium found: install chromium to look at the page")
    profile = tmp_path_factory.mktemp("browser")

    def look(address):
        command = [
            found, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
            f"--user-data-dir={profile}", "--enable-logging=stderr", "--v=0",
            "--virtual-time-budget=30000", "--dump-dom", address,
        ]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stderr
        complaints = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
        return Shown(done.stdout), complaints

    return look


class Shown(HTMLParser):
    """The explorer as the browser left it, in the language that shows."""

    def __init__(self, dom):
        super().__init__()
        self.dom = dom
        self.lang = re.search(r'<html[^>]* lang="(\w+)"', dom).group(1)
        section = re.search(
            rf'<section class="explorer" data-lang="{self.lang}".*?</section>', dom, re.DOTALL
        )
        self.text, self.parts, self.tables, self._part, self._path = (
            section.group(0),
            {},
            {},
            "",
            [],
        )
        self.feed(self.text)

    def handle_starttag(self, tag, attrs):
        part = dict(attrs).get("data-part", "")
        if part:
            self._part = part
        if tag == "table":
            self.tables[part] = []
        if tag == "tr":
            self.tables[self._part].append([])
        if tag in ("td", "th"):
            self.tables[self._part][-1].append("")

    def handle_data(self, data):
        rows = self.tables.get(self._part)
        if rows and rows[-1]:
            rows[-1][-1] += data
        self.parts[self._part] = self.parts.get(self._part, "") + data

    def column(self, table, number):
        """Return a column below its head as numbers."""
        mark, group = (",", ".") if self.lang == "nl" else (".", ",")
        cells = [row[number] for row in self.tables[f"{table}-table"][1:]]
        clean = [re.sub(rf"[^\d{mark}]", "", cell.replace(group, "")) for cell in cells]
        return [float(cell.replace(mark, ".")) if cell else math.nan for cell in clean]


class Stored:
    """One cell of the record, computed here by other means than the page's."""

    def __init__(self, content, design, *, size, sigma, r_lab, budget):
        self.content, self.part = content, content["substances"][0]
        given = zip(content["factors"], (sigma, r_lab), strict=True)
        world = self.part["worlds"].index([item["levels"].index(value) for item, value in given])
        change = next(i for i, c in enumerate(self.part["changes"]) if c["size"] == size)
        self.cell = self.part["cells"].index([world, change])
        self.world, self.budget = world, content["budgets"].index(budget)
        names = [item["design"] for item in content["designs"]]
        self.design = names.index(design)

    def __call__(self, key, design=None):
        n = (len(self.part["cells"]), len(self.content["designs"]), len(self.content["budgets"]))
        m = self.design if design is None else design
        table = np.array([math.nan if x is None else x for x in self.part[key]], dtype=float)
        return table.reshape(*n, -1)[self.cell, m, self.budget] / 1000

    def signal(self, horizon, sites, days):
        surface = self.part["surface"]
        shares = np.array(surface["shares"]).reshape(
            len(self.part["worlds"]), -1, len(surface["bases"]), len(self.content["horizons"]), 3
        )
        shape = surface["shape_of"][self.cell]
        a, b, c = shares[self.world, shape, surface["bases"].index("annual"), horizon]
        own = surface["own"]
        variance = a + b * own[sites - 1][days - 1] / own[19][6] + c * 20 / sites
        return surface["scale_of"][self.cell] / math.sqrt(variance)


def test_a_link_shows_what_is_stored(browser, page, content):
    link = "#lang=en&size=-0.3&sigma_shared=0.06&r_lab=0.8&design=annual&sites=10&days=7&years=2"
    shown, complaints = browser(f"{page.as_uri()}{link}&budget=0.2&per_sample=3")
    assert complaints == []
    assert shown.lang == "en"
    stored = Stored(content, "ten_sites", size=-0.3, sigma=0.06, r_lab=0.8, budget=0.2)
    np.testing.assert_allclose(shown.column("curve", 0), content["times"])
    np.testing.assert_allclose(shown.column("curve", 1), 100 * stored("curve"), atol=0.051)
    annual = 100 * stored("curve", 0)  # the reference stands beside it
    np.testing.assert_allclose(shown.column("curve", 3), annual, atol=0.051)
    power = [100 * stored("power", m)[1] for m in range(len(content["designs"]))]
    np.testing.assert_allclose(sorted(shown.column("front", 2)), sorted(power), atol=0.051)
    prices = [3.0, *content["units"][1:]]
    costs = [np.dot(item["counts"], prices) / 10 for item in content["designs"]]
    found = shown.column("front", 1)
    assert found == sorted(found)
    np.testing.assert_allclose(found, sorted(costs), atol=0.51)
    # tens, where the error is more than 10 of 100
    noticed = of_hundred(stored("power")[1], stored("power_error")[1], "en")
    assert re.search(rf" {noticed} \(\d+ to \d+\) notice it within", shown.parts["sentence"])
    assert "at the prices typed" in shown.parts["sentence"]
    assert "Simulated: 20 programmes" in shown.parts["basis"]
    assert shown.text.count("<svg") == 2  # both drawings, without eval


def test_sites_and_days_in_between_are_estimated_and_said_to_be(browser, page, content):
    link = "#lang=nl&size=0.3&sigma_shared=0.06&r_lab=0&design=annual&sites=12&days=5&years=3"
    shown, complaints = browser(f"{page.as_uri()}{link}&budget=0.1")
    assert complaints == []
    assert shown.lang == "nl"
    stored = Stored(content, "annual", size=0.3, sigma=0.06, r_lab=0.0, budget=0.1)
    names = [item["design"] for item in content["designs"]]
    near = [(0, 20, 7), (names.index("ten_sites"), 10, 7), (names.index("three_days"), 20, 3)]
    mine = stored.signal(2, 12, 5)
    design, sites, days = min(near, key=lambda x: abs(stored.signal(2, x[1], x[2]) - mine))
    surface = stored.part["surface"]
    slope, error = (surface[key][stored.budget] for key in ("slope", "error"))
    shift = [slope[h] * (stored.signal(h, 12, 5) - stored.signal(h, sites, days)) for h in range(4)]
    times, horizons = content["times"], content["horizons"]
    at = np.clip(stored("curve", design), 0.5 / 20, 1 - 0.5 / 20)
    curve = norm.cdf(norm.ppf(at) + np.interp(times, horizons, shift))
    np.testing.assert_allclose(shown.column("curve", 1), 100 * curve, atol=0.06)
    anchor = np.clip(stored("power", design)[2], 0.5 / 20, 1 - 0.5 / 20)
    power = norm.cdf(norm.ppf(anchor) + shift[2])
    off = math.hypot(stored("power_error", design)[2], error[2])
    half = Z * off
    low, high = max(0.0, power - half), min(1.0, power + half)
    told = re.search(r" (\d+) \((\d+) tot (\d+)\) dat op", shown.parts["sentence"])
    assert told.group(1) == of_hundred(power, off, "nl")
    ends = [float(x) for x in told.groups()[1:]]
    np.testing.assert_allclose(ends, 100 * np.array([low, high]), atol=0.52)
    assert "Niet doorgerekend" in shown.parts["basis"]
    assert f"{100 * error[2]:.1f}".replace(".", ",") in shown.parts["basis"]
    assert "niet doorgerekend" in shown.parts["sentence"]  # false alarms of this world


def test_a_combination_that_was_excluded_is_replaced_and_said_to_be(browser, page):
    shown, complaints = browser(f"{page.as_uri()}#lang=en&sigma_shared=0&r_lab=0.8")
    assert complaints == []
    assert "was not simulated. Shown is the nearest" in shown.parts["basis"]


def test_nonsense_in_the_address_leaves_the_start(browser, page):
    link = "#lang=xx&size=abc&design=%3Cscript%3E&sites=999&days=-1&budget=&per_sample=-5&years=9"
    nonsense, complaints = browser(page.as_uri() + link)
    assert complaints == []
    plain, _ = browser(page.as_uri())
    assert nonsense.tables == plain.tables
    assert "(20 plaatsen, 7 dagen)" in plain.parts["sentence"]


STEPS = """
<pre id="steps"></pre><script>
(function () {
  var out = [];
  function section() {
    var lang = document.documentElement.lang;
    return document.querySelector('.explorer[data-lang="' + lang + '"]');
  }
  function set(name, value) {
    var control = section().querySelector('[name="' + name + '"]');
    control.value = value;
    control.dispatchEvent(new Event("input", { bubbles: true }));
  }
  function note(what) {
    var s = section();
    out.push({ what: what, hash: location.hash,
      sentence: s.querySelector('[data-part="sentence"]').textContent,
      only: s.querySelector('[data-part="only"]').textContent,
      sites: s.querySelector('[name="sites"]').value,
      live: !s.querySelector('[name="sites"]').disabled,
      days: !s.querySelector('[name="days"]').disabled });
  }
  var timer = setInterval(function () {
    if (document.documentElement.dataset.explorer !== "ready") { return; }
    clearInterval(timer);
    note("start");
    set("sites", 8); note("sites");
    set("design", "four_rounds"); note("rounds");
    set("design", "staggered"); note("staggered");
    set("design", "annual"); set("budget", 4); note("budget");
    document.querySelector('.switch button[value="en"]').click();
    setTimeout(function () {
      note("english");
      section().querySelector('[data-do="rest"]').click(); note("rest");
      document.getElementById("steps").textContent = JSON.stringify(out);
    }, 50);
  }, 20);
})();
</script>"""


def test_controls_change_the_answer_and_the_address(browser, page, tmp_path):
    text = page.read_text(encoding="utf-8")
    # the page's policy runs no script but its own; this test needs another one
    text = re.sub(r"script-src [^;]*;", "script-src 'unsafe-inline';", text)
    other = tmp_path / "steps.html"
    other.write_text(text.replace("</body>", STEPS + "</body>"), encoding="utf-8")
    shown, complaints = browser(other.as_uri())
    assert complaints == []
    told = re.search(r'<pre id="steps">(.*?)</pre>', shown.dom, re.DOTALL).group(1)
    steps = {item["what"]: item for item in json.loads(told.replace("&amp;", "&"))}
    assert steps["start"]["hash"] == ""  # nobody has touched anything
    assert "sites=8" in steps["sites"]["hash"]
    assert "(8 plaatsen, 7 dagen)" in steps["sites"]["sentence"]
    assert "vier meetrondes per jaar" in steps["rounds"]["sentence"]
    assert steps["rounds"]["sites"] == "8"  # kept: the next schedule can turn, too
    assert not steps["staggered"]["live"]
    assert steps["staggered"]["sites"] == "20"
    assert "niet alle plaatsen" in steps["staggered"]["only"]
    assert "gemiddeld over alle denkbare werelden: 50" in steps["budget"]["sentence"]
    assert "lang=en" in steps["english"]["hash"]
    assert steps["english"]["sentence"].startswith("Of 100 programmes with a lasting step")
    assert steps["rest"]["sentence"] != steps["english"]["sentence"]
    assert "budget=0.1" in steps["rest"]["hash"]


def test_both_languages_say_the_same():
    found = catalogue(CATALOGUE)
    parts = {"explorer", "answer", "figures", "table", "copy", "kinds"}
    assert parts | {"factors", "levels"} == set(found)
    for part in found.values():
        for key, item in part.items():
            assert set(item) == {"en", "nl"}, key
            assert sorted(re.findall(r"{\w+}", item["en"])) == sorted(
                re.findall(r"{\w+}", item["nl"])
            ), key


def test_the_page_has_it_only_for_these_rows(results, content, page, tmp_path):
    text = page.read_text(encoding="utf-8")
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text).group(1)
    assert policy.count("'sha256-") == 3
    assert "unsafe-eval" not in policy
    assert len(re.findall(r'<section class="explorer"', text)) == 2
    assert "What </script> if" not in text
    path = Paths(results.folder).explore
    kept = path.read_bytes()
    try:
        path.write_text(json.dumps(content | {"state": "other"}))
        stale = write_page(results.folder, "en", to=tmp_path / "page.html").read_text("utf-8")
    finally:
        path.write_bytes(kept)
    assert 'class="explorer"' not in stale
    assert stale.count("'sha256-") == 1
