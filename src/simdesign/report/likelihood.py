"""A fixed word for every probability: EFSA's approximate probability scale.

EFSA Scientific Committee (2018), Guidance on Uncertainty Analysis in Scientific Assessments, EFSA
Journal 16(1):5123. Its classes share their ends; a probability on an end has the word of the class
further from one half: 33 of 100 is "unlikely", 66 of 100 "likely".
"""

import math

from simdesign.report.numbers import rounded
from simdesign.report.tables import Table
from simdesign.report.texts import Texts

ADVISER = "adviser_texts.toml"
SCALE = (
    (0.01, "almost_impossible"), (0.05, "extremely_unlikely"), (0.10, "very_unlikely"),
    (0.33, "unlikely"), (0.66, "as_likely_as_not"), (0.90, "likely"), (0.95, "very_likely"),
    (0.99, "extremely_likely"), (1.0, "almost_certain"),
)  # fmt: skip
"""Upper end of every class and the key of its word."""


def word(share: float, lang: str) -> str:
    """Return the word of a probability, taken as it is printed: a whole number of 100."""
    if not math.isfinite(share):
        return "\N{EN DASH}"
    shown = rounded(share, 2)
    for end, key in SCALE:
        # an end belongs to the class nearer to 0 below one half, nearer to 1 above it
        if shown < end or (shown == end and end < 0.5) or end == 1.0:
            return Texts(lang, ADVISER)(f"likelihood.{key}")
    raise AssertionError("the last class ends at one")


def scale_table(own: Texts) -> Table:
    """Return the scale as it is printed on the page, most probable first."""
    starts = [0.0, *(end for end, _ in SCALE[:-1])]
    rows = [
        (
            own(f"likelihood.{key}"),
            own("likelihood.span", low=f"{100 * low:.0f}", high=f"{100 * end:.0f}"),
        )
        for low, (end, key) in zip(starts, SCALE, strict=True)
    ]
    return Table(
        caption=own("likelihood.heading"),
        columns=(own("likelihood.word"), own("likelihood.range")),
        rows=tuple(reversed(rows)),
    )
