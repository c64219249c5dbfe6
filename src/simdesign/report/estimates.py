"""Which tables of draws stand behind the worlds of a study: the page says where they come from."""

import math

from simdesign.report.folder import Folder
from simdesign.report.numbers import general
from simdesign.report.texts import Texts
from simdesign.spec.draws import Estimate


def estimate_rows(folder: Folder, texts: Texts) -> list[tuple[str, str]]:
    """Return a row for every table, with its checksum and what is known of its making."""
    found: dict[tuple[str, str, tuple[str, ...]], tuple[Estimate, dict[str, None]]] = {}
    roles: dict[str, dict[str, None]] = {}
    for scenario in folder.study.scenarios(folder.size):
        for name, substance in scenario.world.substances.items():
            if (item := substance.estimate) is None or not substance.drawn_jointly:
                continue
            key = (item.name, item.sha256, item.fields)
            found.setdefault(key, (item, {}))[1][texts.substance(name)] = None
            roles.setdefault(item.sha256, {})[texts(f"provenance.{scenario.role}")] = None
    return [
        (texts("provenance.estimate"), _said(item, list(names), list(roles[item.sha256]), texts))
        for item, names in found.values()
    ]


def _said(item: Estimate, substances: list[str], roles: list[str], texts: Texts) -> str:
    n = str(item.n_draw)
    said = [
        texts(
            "provenance.estimate_text", substances=", ".join(substances), roles=", ".join(roles),
            name=item.name, n=n, fields=", ".join(item.fields), sha256=item.sha256,
        )
    ]  # fmt: skip
    if texts.lang == "en":  # what the estimate says of itself is English
        said += [f"{key}: {value}." for key, value in item.provenance.items()]
    elif item.provenance:
        said.append(texts("provenance.estimate_made"))
    if item.ignored:
        said.append(texts("provenance.estimate_ignored", columns=", ".join(item.ignored)))
    # a conditional power lies in [0, 1], so that its SD over draws is at most one half
    worth = item.n_draw if item.n_effective is None else item.n_effective
    error = general(math.ceil(1000.0 * 0.5 / math.sqrt(worth)) / 1000.0, texts.lang)
    said.append(texts("provenance.estimate_error", n=n, worth=str(worth), error=error))
    return " ".join(said)
