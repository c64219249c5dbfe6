"""The page in a real browser: verdict shown, no complaint on its console, something to see."""

import re
import shutil
import struct
import subprocess
import zlib

import pytest

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip("no Chromium found: install chromium to look at the page")
    profile = tmp_path_factory.mktemp("browser")

    def run(*options):
        command = [
            found, "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
            "--disable-dev-shm-usage", f"--user-data-dir={profile}",
            "--enable-logging=stderr", "--v=0", *options,
        ]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stderr
        return done

    return run


def complaints(log):
    return [line for line in log.splitlines() if "CONSOLE" in line or "Uncaught" in line]


@pytest.mark.parametrize(("lang", "title"), [("en", "The verdict"), ("nl", "De uitkomst")])
def test_the_verdict_is_shown_without_complaints(browser, results, pages, lang, title):
    done = browser("--dump-dom", pages[lang].as_uri())
    assert complaints(done.stderr) == []
    dom = done.stdout
    assert re.search(rf'<html[^>]* lang="{lang}"', dom)
    assert 'class="script"' in dom  # the script ran to its end
    for text in ("The verdict", "De uitkomst", title):
        assert f">{text}</h2>" in dom
    for verdict in results.verdicts():
        if verdict.threshold != "oracle":
            assert dom.count(f'class="code {verdict.code.value}"') >= 2
    assert not re.search(r"alert\('title'\)</script>", dom)


def test_the_browser_reports_complaints(browser, tmp_path):
    bad = tmp_path / "bad.html"
    bad.write_text("<script>missing()</script>")
    assert complaints(browser("--dump-dom", bad.as_uri()).stderr) != []


def test_a_click_switches_the_language(browser, pages, tmp_path):
    text = pages["en"].read_text(encoding="utf-8")
    click = "<script>document.querySelector('button[value=nl]').click();</script>"
    other = tmp_path / "clicked.html"
    # The page's policy runs no script but its own; this test needs another one.
    text = re.sub(r"script-src '[^']*'", "script-src 'unsafe-inline'", text)
    other.write_text(text.replace("</body>", click + "</body>"), encoding="utf-8")
    dom = browser("--dump-dom", other.as_uri()).stdout
    assert re.search(r'<html[^>]* lang="nl"', dom)
    assert 'value="nl" class="keep" lang="nl" aria-pressed="true"' in dom


def test_a_foreign_script_does_not_run(browser, pages, tmp_path):
    text = pages["en"].read_text(encoding="utf-8")
    other = tmp_path / "foreign.html"
    foreign = "<script>document.title = 'foreign'</script>"
    other.write_text(text.replace("</body>", foreign + "</body>"), encoding="utf-8")
    done = browser("--dump-dom", other.as_uri())
    assert "<title>foreign</title>" not in done.stdout
    assert 'class="script"' in done.stdout  # its own did
    assert complaints(done.stderr) != []


@pytest.mark.parametrize("width", [1200, 500])
def test_there_is_something_to_see(browser, pages, tmp_path, width):
    picture = tmp_path / "page.png"
    browser(f"--screenshot={picture}", f"--window-size={width},1600", pages["en"].as_uri())
    found, inked = inked_lines(picture.read_bytes())
    assert found == width
    assert sum(inked) > 0.3 * len(inked)  # text and tables on a good part of the lines


def test_the_report_has_no_complaints_and_fits_a_narrow_screen(browser, pages, tmp_path):
    path = pages["nl"].with_name("methods.html")
    assert complaints(browser("--dump-dom", path.as_uri()).stderr) == []
    assert width_at_360(browser, path, tmp_path) == 360


def test_a_choice_of_size_needs_no_script(browser, pages, tmp_path):
    text = pages["en"].read_text(encoding="utf-8")
    probe = tmp_path / "probe.html"
    measure = (
        "<script>document.title=[...document.querySelectorAll('.size')].map("
        "e=>e.offsetHeight?e.className:'').filter(Boolean)</script>"
    )
    text = re.sub(r"script-src '[^']*'", "script-src 'unsafe-inline'", text)
    other = 'name="town" value="4"'  # the style has values in it, too
    chosen = text.replace('value="2" checked', 'value="2"').replace(other, f"{other} checked")
    for page, shown in ((text, "size size-2"), (chosen, "size size-4")):
        probe.write_text(page.replace("</body>", measure + "</body>"), encoding="utf-8")
        assert f"<title>{shown}</title>" in browser("--dump-dom", probe.as_uri()).stdout


def test_an_empty_page_shows_nothing(browser, tmp_path):
    picture = tmp_path / "blank.png"
    browser(f"--screenshot={picture}", "--window-size=500,400", "about:blank")
    assert not any(inked_lines(picture.read_bytes())[1])


def test_a_narrow_screen_needs_no_sideways_scrolling(browser, pages, tmp_path):
    assert width_at_360(browser, pages["nl"], tmp_path) == 360


def width_at_360(browser, page, tmp_path):
    """Return how wide a page is in a window of 360 pixels."""
    frame = tmp_path / "narrow.html"
    frame.write_text(
        f'<iframe id=f src="{page.as_uri()}" style="width:360px;height:700px;border:0">'
        "</iframe>"
        "<script>f.onload=()=>{document.title=[f.contentDocument.documentElement.scrollWidth]}"
        "</script>"
    )
    dom = browser("--allow-file-access-from-files", "--dump-dom", frame.as_uri()).stdout
    return int(re.search(r"<title>(\d+)</title>", dom)[1])


def inked_lines(data):
    """Return the width of a PNG and, for each of its lines, whether it is not of one colour.

    A line's bytes are stored as differences from their neighbours, so that of a line of one
    colour nothing is left but zeros after its first pixel.
    """
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    at, packed, width, kind = 8, b"", 0, 0
    while at < len(data):
        (size,) = struct.unpack(">I", data[at : at + 4])
        name, body = data[at + 4 : at + 8], data[at + 8 : at + 8 + size]
        if name == b"IHDR":
            width, _, depth, kind = struct.unpack(">IIBB", body[:10])
            assert (depth, kind) in ((8, 2), (8, 6))  # RGB or RGBA
        elif name == b"IDAT":
            packed += body
        at += size + 12
    step = 3 if kind == 2 else 4
    stride = width * step
    raw = zlib.decompress(packed)
    lines = [raw[i + 1 : i + 1 + stride] for i in range(0, len(raw), stride + 1)]
    return width, [len(set(line[step:])) > 2 for line in lines]
