"""What an address starts, what stays when a control is moved, and how numbers are rounded."""

import re
from decimal import ROUND_HALF_UP, Decimal
from itertools import product

import numpy as np

from simdesign.report.explorer import CATALOGUE, explorer_script
from simdesign.report.numbers import MINUS, number, rounded
from simdesign.report.texts import Texts

READY = "() => document.documentElement.dataset.explorer === 'ready'"


def opened(look, pages, link=""):
    page = look(pages["page.html"], viewport={"width": 1200, "height": 900})
    if link:
        page.goto("about:blank")
        page.goto(f"{pages['page.html'].as_uri()}#{link}")
    page.wait_for_function(READY)
    return page


def section(page):
    return page.locator(f'.explorer[data-lang="{page.get_attribute("html", "lang")}"]')


def said(page):
    return section(page).locator('[data-part="sentence"]').inner_text()


def settings(page):
    """Return what every control of the explorer shows."""
    return section(page).evaluate(
        "e => Object.fromEntries([...e.querySelectorAll('select, input')].map(c =>"
        " [c.name, c.tagName === 'SELECT' ? c.options[c.selectedIndex]?.text : c.value]))"
    )


def choose(page, name, text):
    section(page).locator(f'[name="{name}"]').select_option(label=text)


def test_a_language_in_the_address_changes_nothing_else(look, pages):
    plain = opened(look, pages)
    plain.click("button[value=nl]")
    linked = opened(look, pages, "lang=nl")
    assert linked.get_attribute("html", "lang") == "nl"
    assert (said(linked), settings(linked)) == (said(plain), settings(plain))
    assert linked.evaluate("() => scrollY") == 0  # the verdict is seen first
    assert linked.evaluate("() => location.hash") == "#lang=nl"
    linked.click("button[value=en]")
    linked.wait_for_function("() => location.hash === '#lang=en'")


def test_what_an_address_does_not_say_is_as_it_starts(look, pages):
    start = settings(opened(look, pages))
    assert start["size"].startswith("+30")
    for link, other in (("years=2", {"years"}), ("design=constructor", {"design", "days"}),
                        ("sigma_shared=0", {"f0"}), ("kind=pulse&size=x", set())):  # fmt: skip
        page = opened(look, pages, link)
        found = settings(page)
        assert {key for key in start if found[key] != start[key]} == other, link
        assert page.evaluate("() => scrollY") > 0  # it asks for the explorer


def test_a_drug_in_the_address_starts_at_the_level_of_its_own_sentences(look, pages):
    for name in ("cocaine", "MDMA"):
        page = opened(look, pages, f"substance={name}")
        level = settings(page)["f0"]
        # the folded list says which level its numbers belong to
        words = page.inner_text("#main, main").replace("\N{NO-BREAK SPACE}", " ")
        level = level.replace("\N{NO-BREAK SPACE}", " ")
        told = re.findall(rf"{name}, at a shared error of ([\d.]+ %)", words, re.IGNORECASE)
        assert told
        assert set(told) == {level}


def test_another_drug_keeps_the_other_settings(look, pages):
    page = opened(look, pages, "substance=cocaine&size=-0.2&design=constructor&years=5&budget=0.2")
    before = settings(page)
    choose(page, "substance", "MDMA")
    after = settings(page)
    assert after.pop("substance") != before.pop("substance")
    assert after == before


def test_a_key_does_what_a_mouse_does(look, pages):
    page = opened(look, pages)
    controls = section(page).evaluate(
        "e => [...e.querySelectorAll('select, input')].filter(c => c.checkVisibility() &&"
        " !c.disabled).map(c => [c.name, c.type])"
    )
    assert {kind for _, kind in controls} >= {"select-one", "range"}
    back = section(page).locator('[data-do="rest"]')
    for name, kind in controls:
        control = section(page).locator(f'[name="{name}"]')
        back.click()
        start = said(page), page.evaluate("() => location.hash")
        down = kind == "range" or control.evaluate("c => c.selectedIndex") > 0
        control.focus()
        page.keyboard.press("ArrowLeft" if kind == "range" else "ArrowUp" if down else "ArrowDown")
        by_key = said(page), page.evaluate("() => location.hash")
        assert by_key[1] != start[1], name
        value = control.input_value()
        back.press("Enter")  # a button answers a key, too
        assert (said(page), page.evaluate("() => location.hash")) == start
        if kind == "range":
            control.fill(value)
        else:
            control.select_option(value=value)
        assert (said(page), page.evaluate("() => location.hash")) == by_key, name


def test_typed_prices_have_no_unit(look, pages):
    page = opened(look, pages, "per_sample=25&lang=nl")
    assert "met de ingevulde prijzen" in said(page)
    assert "eenheden" not in said(page)
    page.wait_for_function(
        "() => [...document.querySelectorAll('.explorer svg text')]"
        ".some(e => e.textContent === 'kosten per jaar (ingevulde prijzen)')"
    )
    section(page).locator('[data-do="rest"]').click()
    assert "1 eenheid = één geanalyseerd monster" in said(page)
    page.wait_for_function(  # the axis goes along
        "() => [...document.querySelectorAll('.explorer svg text')]"
        ".some(e => e.textContent === 'kosten per jaar (eenheden)')"
    )


def test_page_and_browser_round_alike(look, pages):
    script = explorer_script()
    source = [
        re.search(rf"^function {name}\(.*?\n}}\n", script, re.DOTALL | re.MULTILINE).group(0)
        for name in ("rounded", "number")
    ]
    shares = np.arange(1001) / 1000
    parts = np.array([k / n for n in (7, 60, 128, 150, 250, 300, 330, 700) for k in range(n + 1)])
    drawn = np.random.default_rng(4).uniform(-120.0, 120.0, 3000)
    values = [*(100.0 * shares), *(-100.0 * shares), *(100.0 * parts), *drawn, 0.105, 1.005, 2.675]
    page = opened(look, pages)
    for lang, places in product(("en", "nl"), (0, 1, 2)):
        mine = [number(value, lang, places) for value in values]
        theirs = page.evaluate(
            "([source, values, places, lang]) => { const root = {lang};"
            f" {''.join(source)} return values.map(value => number(value, places)) }}",
            [source, list(map(float, values)), places, lang],
        )
        assert theirs == mine
    # and both as a reader rounds what was written: 0.285 is 28.5 of 100, and 28.5 becomes 29
    for thousandths, share in enumerate(shares):
        exact = (Decimal(thousandths) / 10).quantize(Decimal(1), ROUND_HALF_UP)
        assert rounded(100.0 * share) == exact
        assert number(-100.0 * share, "en", 0).lstrip(MINUS) == str(exact)


def test_a_look_at_another_schedule_changes_no_sites_or_days(look, pages):
    page = opened(look, pages)
    start = settings(page)
    designs = section(page).locator('[name="design"] option').all_inner_texts()
    assert len(designs) > 2
    for other in designs:
        choose(page, "design", other)
        choose(page, "design", start["design"])
        assert settings(page) == start, other


def test_sites_that_were_set_go_along_with_a_schedule_that_has_as_many(look, pages):
    page = opened(look, pages)
    start = settings(page)
    section(page).locator('[name="sites"]').fill("4")
    designs = section(page).locator('[name="design"] option').all_inner_texts()
    kept = []
    for other in designs:
        choose(page, "design", other)
        if section(page).locator('[name="sites"]').is_enabled():
            kept.append(settings(page)["sites"])
    assert len(kept) > 1
    assert set(kept) == {"4"}
    assert start["sites"] != "4"


def test_an_estimate_far_from_what_was_simulated_ranks_nothing(look, pages):
    texts = Texts("en", CATALOGUE)
    page = opened(look, pages, "sites=3")
    assert texts("answer.beyond") in section(page).locator('[data-part="basis"]').inner_text()
    for ranking in ("answer.front", "answer.near_front", "answer.dominated"):
        start = texts(ranking).split("{")[0].strip()
        assert start
        assert start not in said(page), ranking
    rows = section(page).locator('[data-part="front-table"] tbody tr').all_inner_texts()
    assert len(rows) > 2
    few = settings(opened(look, pages, "sites=1"))  # the slider does not go so far
    assert few == settings(opened(look, pages))


def test_a_price_that_is_being_typed_changes_nothing(look, pages):
    page = opened(look, pages)
    section(page).locator("summary", has_text="Unit costs").click()
    before = said(page)
    price = section(page).locator(".units input").first
    price.fill("")
    price.dispatch_event("change")
    assert said(page) == before
    price.fill("5")
    price.dispatch_event("change")
    assert said(page) != before
