"""What a protocol fixes before a study is run, and its hash.

A protocol is the study at one size: everything that determines the rows and how they are judged,
planned replications included. Code is not part of it: a mistake found in the code may be mended
afterwards, a changed question may not.
"""

from typing import Any

from simdesign.spec.base import content_hash, plain
from simdesign.spec.study import Study


def protocol_content(study: Study, size: str) -> dict[str, Any]:
    """Return the content of a protocol; other sizes of the study are no part of it.

    Raises
    ------
    SpecError
        When the study has no such size.
    """
    content = study.hashed()
    content["sizes"] = {size: plain(study.size(size))}
    return {"study": content, "size": size}


def protocol_hash(study: Study, size: str) -> str:
    """Return the content hash of a protocol."""
    return content_hash(protocol_content(study, size))
