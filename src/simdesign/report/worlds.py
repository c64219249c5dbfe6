"""What the worlds of a study hold and what not, in sentences: read from its scenarios."""

import re
from collections.abc import Sequence

from simdesign.report.folder import Folder
from simdesign.report.texts import Texts
from simdesign.spec.change import NoChange
from simdesign.spec.terms import SUBSTANCE_TERMS, WORLD_TERMS, terms_on


def world_sentences(folder: Folder, texts: Texts) -> list[str]:
    """Return the kinds and places of change, and the optional terms that are on and off."""
    scenarios = list(folder.study.scenarios(folder.size))
    changes = [item.change for item in scenarios if not isinstance(item.change, NoChange)]
    kinds = {str(change.kind): None for change in changes}
    found = []
    if kinds:
        said = texts("limits.or").join(texts(f"limits.{kind}") for kind in kinds)
        found.append(texts("limits.change", kinds=said))
    places = {site: None for item in changes if item.where != "national" for site in item.where}
    if places:
        found.append(texts("limits.some_places", places=_places(list(places), texts)))
    else:
        found.append(texts("limits.cities"))
    on = {name for item in scenarios for name in terms_on(item.world)}
    for key, present in (("limits.present", True), ("limits.absent", False)):
        names = [name for name in (*WORLD_TERMS, *SUBSTANCE_TERMS) if (name in on) is present]
        if names:
            found.append(texts(key, terms=", ".join(texts(f"terms.{name}") for name in names)))
    return found


_INVENTED = re.compile(r"town-\d+")
"""Names of the catalogue's synthetic towns: they say nothing to a reader."""


def _places(names: Sequence[str], texts: Texts) -> str:
    """Return places by name; towns that the catalogue invented by their number."""
    if not all(_INVENTED.fullmatch(name) for name in names):
        return ", ".join(names)
    if len(names) == 1:
        return texts("limits.one_city")
    return texts("limits.n_cities", n=texts.count(len(names)))
