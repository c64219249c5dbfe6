"""The documentation site: Sphinx, Markdown by MyST, formulas as MathML. `make docs` builds it.

Nothing in a built page is fetched from elsewhere: tests/docs/ looks at every one of them.
"""

import sys
from importlib.metadata import version as installed
from pathlib import Path

from pygments.lexers.special import TextLexer
from sphinx.application import Sphinx

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

project = "simdesign"
author = "simdesign authors"
project_copyright = "simdesign authors, MIT licence"
release = version = installed("wbe-simdesign")
language = "en"

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
    "command_reference",
    "mathml",
    "record_comments",
    "study_reference",
]
exclude_patterns = ["_ext"]
smartquotes = False  # `--size` must stay two hyphens

# Pages are Markdown that also reads well as files of the repository.
myst_enable_extensions = ["colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3
myst_dmath_double_inline = True

html_theme = "furo"
html_title = f"simdesign {release}"
html_math_renderer = "mathml"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sourcelink = False
html_last_updated_fmt = None

# Docstrings follow numpydoc: shapes, units, errors.
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_class_signature = "separated"
napoleon_google_docstring = False
napoleon_use_rtype = False
python_use_unqualified_type_names = True

# Every link must lead somewhere; names of other packages have no page here.
nitpicky = True
nitpick_ignore_regex = [
    (r"py:.*", r"(?!simdesign).*"),
    (r"py:.*", r"simdesign\.(?!errors|records|run|spec\.study|fit|sample|simulate).*"),
    (r"py:class", r".*\.(Form|Plan|Programme|Scenario|Stream)"),  # seen in signatures, not public
]


def setup(app: Sphinx) -> None:
    """Know the languages of blocks that Pygments has no lexer for."""
    app.add_lexer("csv", TextLexer)
