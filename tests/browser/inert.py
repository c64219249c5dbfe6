"""A page that shows every name letter by letter, and in which none of them does anything."""

from browser import scripts
from browser.hostile import UNSEEN

ACTING = set("".join(UNSEEN.values())) & set("\x1b\x07\x08\x00\x9b\r\u202e\u202c\u2067\u2069\u2028")
ALIEN = """() => ({ran: window.ran ?? null, title: document.title,
  alien: [...document.querySelectorAll('img, iframe, object, embed, base, textarea, marquee')]
    .concat([...document.querySelectorAll('form:not(.explorer form)')])
    .map(e => e.outerHTML.slice(0, 80)),
  handlers: [...document.querySelectorAll('*')].flatMap(e => e.getAttributeNames())
    .filter(name => name.startsWith('on')),
  links: [...document.querySelectorAll('[href], [src]')]
    .map(e => e.getAttribute('href') || e.getAttribute('src'))
    .filter(address => /^\\s*javascript:/i.test(address))
})"""


def flat(text):
    return " ".join(text.replace("\N{NO-BREAK SPACE}", " ").split())


def is_inert(page):
    page.evaluate(scripts.OPEN_ALL)
    found = page.evaluate(ALIEN)
    assert found.pop("title") != "ran"
    assert found == {"ran": None, "alien": [], "handlers": [], "links": []}
    assert set(page.inner_text("html")) & ACTING == set()


def shows(page, names):
    text = flat(page.inner_text("body"))
    lost = [name for name in names if flat(name) not in text]
    assert not lost, ascii(lost)
