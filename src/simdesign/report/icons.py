"""Icon arrays: one hundred little figures, of which some are filled.

The figure and a row of twenty are drawn once a page (``SPRITE``); an array only refers to them.
Filled and hollow differ in form, so that they stay apart in grey. The sentence below an array says
the same, so the picture itself is silent.
"""

import math

from markupsafe import Markup

from simdesign.report.numbers import rounded

_ROW, _ROWS = 20, 5
_DX, _DY = 12, 26

SPRITE = Markup(
    '<svg class="sprite" width="0" height="0" aria-hidden="true" focusable="false"><defs>'
    '<g id="one"><circle cx="5" cy="4" r="3"/>'
    '<path d="M1 10.5a4 3 0 0 1 8 0V16H7v6H3v-6H1z"/></g>'
    '<g id="row">'
    + "".join(f'<use href="#one" x="{_DX * n}"/>' for n in range(_ROW))
    + "</g></defs></svg>"
)
"""Stands once in a page, before the first array."""


def icon_array(share: float) -> Markup:
    """Return the picture of a share: that many of 100 figures filled, row by row."""
    filled = int(rounded(100.0 * share)) if math.isfinite(share) else 0
    parts = []
    for row in range(_ROWS):
        here = min(max(filled - _ROW * row, 0), _ROW)
        at = f' y="{_DY * row}"' if row else ""
        if here in (0, _ROW):
            parts.append(f'<use href="#row"{at} class="{"on" if here else "off"}"/>')
            continue
        for n in range(_ROW):
            kind = "on" if n < here else "off"
            parts.append(f'<use href="#one" x="{_DX * n}"{at} class="{kind}"/>')
    size = f"{_DX * _ROW} {_DY * _ROWS}"
    return Markup(
        f'<svg class="icons" viewBox="-1 -1 {size}" aria-hidden="true" focusable="false">'
        + "".join(parts)
        + "</svg>"
    )
