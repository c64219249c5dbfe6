"""Which studies a results folder belongs to: a claim for each, made by exactly one who tries.

``studies/0001/manifest.json``, ``studies/0002/...``: a new one whenever the study has other content
(a design added, a drug added). Two runs that start at the same moment cannot both make number n;
the one that comes second reads what the first one claimed, and goes on only if both agree.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from simdesign.errors import SpecError
from simdesign.run.difference import difference
from simdesign.run.files import claim
from simdesign.run.plan import Plan
from simdesign.spec.study import Study
from simdesign.stored import ClaimPaths, Manifest, read_plain


def read_manifest(path: Path) -> dict[str, Any]:
    """Return a manifest.

    Raises
    ------
    FileNotFoundError
    StoreError
        When it is none.
    """
    return read_plain(path, Manifest)


def claims(folder: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Yield path and manifest of every claim in a folder of studies, in their order."""
    if folder.is_dir():
        for path in sorted(ClaimPaths(folder).manifests()):
            yield path, read_manifest(path)


def stake(folder: Path, number: int, text: str) -> bool:
    """Claim a number for a manifest; return False when somebody else has it."""
    paths = ClaimPaths(folder)
    return claim(paths.claim(number), {paths.manifest_name: text.encode()})


def disagreement(there: dict[str, Any], plan: Plan, code: str) -> str:
    """Return why results of a plan may not lie beside those of a manifest; empty when they may.

    They may when both have one name, one seed and one code, and every condition that both have
    gets the same numbers. Either may have conditions that the other has not.
    """
    study = there["study"]
    for key, mine in (("name", plan.study.name), ("seed", plan.study.seed)):
        if study.get(key) != mine:
            return f"holds another study ({key} is {study.get(key)!r} there and {mine!r} here)"
    if there["code"] != code:
        made = there.get("provenance", {})
        which = f"{there['code']} there, commit {made.get('commit', 'unknown')}, and {code} here"
        return f"holds results of another version of the code ({which}); move it away"
    if there["study_hash"] == plan.study.hash():
        return ""
    try:
        earlier = Study.from_dict(study, "manifest")
        found = difference(earlier, there["size"], there.get("own_sources", {}), plan)
    except SpecError as error:
        return f"holds a study that fails: {error}"
    return "" if found is None else f"holds other results under the same names: {found}"
