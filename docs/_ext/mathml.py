r"""Formulas as MathML, which browsers draw themselves: no script, no font, no image.

Sphinx has no such renderer. docutils, on which it rests, has a translator that does not know
``\tag``, ``\Big`` and ``\dots``; latex2mathml knows what these pages use. What it leaves
untranslated is a warning, and warnings are errors in this project.
"""

import re
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree

from docutils import nodes
from latex2mathml.converter import convert
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.writers.html5 import HTML5Translator

logger = logging.getLogger(__name__)
TAG = re.compile(r"\\tag\{([^}]*)\}")
COMMAND = re.compile(r"\\[A-Za-z]+")
FUNCTIONS = {"cos", "exp", "log", "max", "min", "sin", "sinh"}
IN_A_ROW = {"math", "mrow", "msqrt", "mstyle", "mtd", "mpadded"}
SPACE = "http://www.w3.org/1998/Math/MathML"
ElementTree.register_namespace("", SPACE)


def _spaced(found: str) -> str:
    """Set a function's name off from what follows, as TeX does and MathML does not."""
    formula = ElementTree.fromstring(found)
    for parent in formula.iter():
        if parent.tag.removeprefix(f"{{{SPACE}}}") not in IN_A_ROW:
            continue  # elsewhere the place of a child has a meaning
        inside = list(parent)
        for child, following in pairwise(inside):
            if child.text in FUNCTIONS and following.tag != f"{{{SPACE}}}mo":
                thin = ElementTree.Element(f"{{{SPACE}}}mspace", width="0.167em")
                parent.insert(list(parent).index(following), thin)
    return ElementTree.tostring(formula, encoding="unicode")


def mathml(latex: str, *, as_block: bool) -> str:
    """Return the MathML of one formula.

    Raises
    ------
    ValueError
        When a command is not known.
    """
    plain = latex.replace(r"\_", "_") if r"\texttt" in latex else latex
    try:
        found = str(convert(plain, display="block" if as_block else "inline"))
    except Exception as error:  # the package has a dozen errors without a common base
        raise ValueError(f"{type(error).__name__} {error}") from error
    if left := COMMAND.findall(found):
        raise ValueError(f"{', '.join(left)} not known")
    return _spaced(found)


def _translated(node: nodes.Element, latex: str, *, as_block: bool) -> str:
    try:
        return mathml(latex, as_block=as_block)
    except ValueError as error:
        logger.warning("formula %r: %s", latex, error, location=node, type="mathml")
        return ""


def _inline(writer: HTML5Translator, node: nodes.math) -> None:
    writer.body.append(_translated(node, node.astext(), as_block=False))
    raise nodes.SkipNode


def _block(writer: HTML5Translator, node: nodes.math_block) -> None:
    latex = node.astext()
    number = TAG.search(latex)
    shown = _translated(node, TAG.sub("", latex), as_block=True)
    # A wide formula is scrolled by keyboard too.
    writer.body.append(
        f'<div class="formula" tabindex="0" role="group" aria-label="formula">{shown}'
    )
    if number:
        writer.body.append(f'<span class="number">({number[1]})</span>')
    writer.body.append("</div>\n")
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, Any]:
    """Offer the renderer to ``html_math_renderer``."""
    app.add_html_math_renderer("mathml", (_inline, None), (_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
