"""The texts of the pages in two languages, from one catalogue file a subject."""

import tomllib
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

LANGUAGES = ("en", "nl")


STUDY = "texts.toml"


@cache
def _catalogue(file: str = STUDY) -> dict[str, Any]:
    path = Path(__file__).parent / file
    return tomllib.loads(path.read_text(encoding="utf-8"))


def catalogue(file: str) -> dict[str, Any]:
    """Return a whole catalogue file: section -> key -> language -> text."""
    return _catalogue(file)


def catalogue_keys() -> list[str]:
    """Return every key of the catalogue, as ``section.key``."""
    return [f"{part}.{key}" for part, items in _catalogue().items() for key in items]


class Texts:
    """Sentences and names in one language."""

    def __init__(self, lang: str, file: str = STUDY) -> None:
        if lang not in LANGUAGES:
            raise ValueError(f"lang: must be one of {', '.join(LANGUAGES)}, got {lang!r}")
        self.lang, self.file = lang, file

    def __call__(self, key: str, **values: object) -> str:
        """Return a text with its braces filled in.

        Parameters
        ----------
        key : str
            ``section.key`` of the catalogue file.
        **values : object
            Formatted already: numbers differ between languages.
        """
        section, name = key.split(".")
        text = str(_catalogue(self.file)[section][name][self.lang])
        return text.format(**values) if values else text

    def has(self, key: str) -> bool:
        """Return whether the catalogue has the key."""
        section, name = key.split(".", 1)
        return name in _catalogue(self.file).get(section, {})

    def count(self, n: int) -> str:
        """Return a small number as a word."""
        words = _catalogue()["words"]["numbers"][self.lang]
        return str(words[n]) if 0 <= n < len(words) else str(n)

    def all_of(self, items: Sequence[str]) -> str:
        """Return names as a list in a sentence: a, b and c."""
        if len(items) < 2:
            return "".join(items)
        return f"{', '.join(items[:-1])} {Texts(self.lang)('words.and')} {items[-1]}"

    def month(self, number: int) -> str:
        """Return the name of a month, 1 to 12."""
        return str(_catalogue()["words"]["months"][self.lang][number - 1])

    def substance(self, name: str) -> str:
        """Return the name of a substance."""
        key = f"substances.{name}"
        return self(key) if self.has(key) else name

    def heading(self, name: str) -> str:
        """Return the name of a substance as a heading."""
        return capital(self.substance(name))


def capital(text: str) -> str:
    """Return a text as the beginning of a sentence; a Dutch accent of stress is not repeated."""
    if text.startswith("één"):
        return f"Eén{text[3:]}"
    return text[:1].upper() + text[1:]


def lower(text: str) -> str:
    """Return a sentence as a part of another."""
    return text[:1].lower() + text[1:]


def both(key: str, **values: object) -> dict[str, str]:
    """Return a text whose values do not depend on the language, in every language."""
    return {lang: Texts(lang)(key, **values) for lang in LANGUAGES}
