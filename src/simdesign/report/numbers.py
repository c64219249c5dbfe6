"""Numbers as text: digits cut to the Monte Carlo error, signs and separators of the language.

A half is rounded away from zero, as readers do; the explorer's script has the same rule, operation
by operation, so that a number reads alike wherever it stands on a page.
"""

import math

MINUS = "\N{MINUS SIGN}"
NARROW = "\N{NO-BREAK SPACE}"


_DIGITS = 14
"""Significant digits of a double that count: what is beyond is the dust of its arithmetic."""


def rounded(value: float, places: int = 0) -> float:
    """Return a number with so many decimals; halves go away from zero.

    0.285 is stored as 0.284999..., and 100 times that as 28.499...: taken to 14 digits it is the
    half that it was written as.
    """
    scaled = float(f"{abs(value) * 10.0**places:.{_DIGITS - 1}e}")
    return math.copysign(math.floor(scaled + 0.5) / 10.0**places, value)


def localised(text: str, lang: str) -> str:
    """Return a number written with a point in the way of a language."""
    text = text.replace("-", MINUS)
    return text.replace(".", ",") if lang == "nl" else text


def decimals(mcse: float, most: int = 4) -> int:
    """Return how many decimals an error supports: down to its first significant digit.

    An error of 0.021 supports two decimals, one of 0.004 three. Without an error (exact, or not
    defined) it is ``most``, at most two.
    """
    if not math.isfinite(mcse) or mcse <= 0.0:
        return min(most, 2)
    return int(min(max(-math.floor(math.log10(mcse)), 0), most))


def number(value: float, lang: str, places: int = 2, *, sign: bool = False) -> str:
    """Return a number with a fixed number of decimals; a dash where it is not defined."""
    if not math.isfinite(value):
        return "\N{EN DASH}"
    text = f"{rounded(value, places):{'+' if sign else ''}.{places}f}"
    if float(text) == 0.0:
        text = text.lstrip("+-")  # nothing goes neither up nor down
    return localised(text, lang)


def grouped(value: float, lang: str, places: int = 0, *, sign: bool = False) -> str:
    """Return a number, such as a cost, with its thousands set apart: 20,870 or 20.870."""
    if not math.isfinite(value):
        return "\N{EN DASH}"
    text = f"{rounded(value, places):{'+' if sign else ''},.{places}f}"
    if float(text.replace(",", "")) == 0.0:
        text = text.lstrip("+-")
    text = text.replace("-", MINUS)
    return text.translate(str.maketrans(",.", ".,")) if lang == "nl" else text


def with_error(value: float, mcse: float, lang: str) -> str:
    """Return ``value (mcse)``, both with the decimals that the error supports and one more."""
    if not math.isfinite(value):
        return "\N{EN DASH}"
    if not math.isfinite(mcse):
        return number(value, lang)
    places = decimals(mcse, 3) + (1 if 0 < mcse < 1 else 0)
    places = min(max(places, 2), 4)
    return f"{number(value, lang, places)} ({number(mcse, lang, places)})"


def percent(share: float, lang: str, *, sign: bool = False) -> str:
    """Return a share as a percentage with as many decimals as it needs, at most one."""
    value = 100.0 * share
    places = 0 if abs(value - round(value)) < 1e-9 else 1
    return number(value, lang, places, sign=sign) + NARROW + "%"


def of_hundred(share: float, mcse: float, lang: str) -> str:
    """Return a share as a number of 100, in steps that the Monte Carlo error supports.

    Whole numbers up to an error of 10 of 100, tens beyond it: a natural frequency has no decimals.
    """
    if not math.isfinite(share):
        return "\N{EN DASH}"
    if math.isfinite(mcse) and mcse >= 0.10:
        return number(10.0 * rounded(10.0 * share), lang, 0)
    return number(100.0 * share, lang, 0)


def general(value: float, lang: str) -> str:
    """Return a number in its shortest form."""
    return localised(f"{value:.6g}", lang)
