"""One picture for two languages: the lines once, the words twice.

The page shows the words of one language by their ``lang``, as it does everywhere else, so that a
picture need not stand in the file twice.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from simdesign.report.figures.lines import Panel

_TEXT = re.compile(r"<text([^>]*)>([^<]*)</text>")
_SIZE = re.compile(r'<svg[^>]* width="([\d.]+)"[^>]* viewBox="0 0 ([\d.]+) ([\d.]+)"')


@dataclass(frozen=True, slots=True, kw_only=True)
class BothPanel:
    """A picture with the words of both languages, and what it says in each."""

    svg: str
    alternative: dict[str, str]


def both_panels(english: Sequence[Panel], dutch: Sequence[Panel]) -> tuple[BothPanel, ...]:
    """Return panels that were drawn in each language as panels for both."""
    return tuple(
        BothPanel(
            svg=merged(en.svg, nl.svg), alternative={"en": en.alternative, "nl": nl.alternative}
        )
        for en, nl in zip(english, dutch, strict=True)
    )


def merged(english: str, dutch: str) -> str:
    """Return the English picture with the Dutch words beside the English ones.

    A picture whose words do not pair up is kept whole in each language.
    """
    words = _TEXT.findall(dutch)
    if len(words) != len(_TEXT.findall(english)):
        return f'<div lang="en">{english}</div><div lang="nl">{dutch}</div>'
    other = iter(words)

    def pair(found: re.Match[str]) -> str:
        attributes, mine = found.groups()
        _, theirs = next(other)
        if mine == theirs:
            return found.group()
        return (
            f'<text{attributes} lang="en">{mine}</text><text{attributes} lang="nl">{theirs}</text>'
        )

    return _as_wide(_TEXT.sub(pair, english), dutch)


def _as_wide(picture: str, other: str) -> str:
    """Return a picture with room for the wider one of two."""
    mine, theirs = _SIZE.search(picture), _SIZE.search(other)
    if mine is None or theirs is None:
        return picture
    width = max(float(mine[2]), float(theirs[2]))
    head = mine.group().replace(f' width="{mine[1]}"', f' width="{width:g}"')
    head = head.replace(f'viewBox="0 0 {mine[2]}', f'viewBox="0 0 {width:g}')
    return picture[: mine.start()] + head + picture[mine.end() :]
