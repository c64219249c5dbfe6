"""Text that acts on nothing: names from files on a terminal, and JSON that every program reads.

A name in a study, a data file or a folder may hold anything. Printed raw, an escape sequence
would move the cursor, colour the screen or retitle the window, and an override of direction would
show another name than the one that is there. Here such characters are shown and do nothing.
"""

import json
import math
import re
from typing import Any

_ACTING = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)
"""Controls of C0 and C1 without tab and new line, directions, separators, halves of pairs."""
_MARKS = re.compile(r"[\\`*_\[\]<>|#~&]")


def printable(text: str) -> str:
    r"""Return text whose control characters are seen instead of obeyed: ``\x1b`` and the like.

    Tabs and new lines stay; what is printed as one line goes through `one_line`.
    """
    return _ACTING.sub(_seen, text)


def one_line(text: str) -> str:
    """Return text as one printable line; runs of white space become one space."""
    return printable(" ".join(text.split()))


def in_markdown(text: str) -> str:
    """Return text that Markdown shows letter by letter: no HTML, no links, no headings."""
    return _MARKS.sub(r"\\\g<0>", printable(text))


def plain_json(value: Any) -> Any:
    """Return JSON values: numbers that are not finite become null."""
    if isinstance(value, dict):
        return {key: plain_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain_json(item) for item in value]
    if isinstance(value, float):  # NumPy's too
        return float(value) if math.isfinite(value) else None
    return value


def json_text(content: Any, *, ascii_only: bool = False) -> str:
    """Return JSON (RFC 8259): no NaN, and no character that a terminal would obey."""
    text = json.dumps(plain_json(content), indent=1, ensure_ascii=ascii_only, allow_nan=False)
    # json itself escapes what is below the space, and writes no tab or new line inside a string
    return in_strings(text)


def in_strings(text: str) -> str:
    r"""Return JSON or TOML in whose strings such characters are written ``\u202e`` and the like."""
    return _ACTING.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _seen(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
