"""The protocol of a study in ADEMP form (Morris et al. 2019), and whether results match it.

It is written before the results and committed on its own; docs/publishing.md says how.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from simdesign.plain import in_markdown
from simdesign.report.departures import departure_words
from simdesign.report.names import design_names, estimator_names
from simdesign.report.numbers import general, percent
from simdesign.report.texts import Texts
from simdesign.spec.base import Spec, plain
from simdesign.spec.change import Change
from simdesign.spec.estimator import judging
from simdesign.spec.local import ExactLocal
from simdesign.spec.mechanism import ExactMechanism
from simdesign.spec.protocol import protocol_hash
from simdesign.spec.rules import RoundSpread
from simdesign.spec.study import Scenario, Study

_HASH = re.compile(r"^Content hash: `([0-9a-f]{16})`, size `([A-Za-z0-9_.+-]+)`$", re.MULTILINE)
_ROLES = {
    "null_mixture": "no change; parameters drawn from the design prior in every replication",
    "null_world": "no change; fixed parameters",
    "alternative": "with the change; fixed parameters",
}
_DRAWN = ("fixed parameters", "parameters drawn from the design prior, those that are not factors")


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """What a protocol file says it fixes."""

    hash: str
    size: str


def registered(text: str) -> Registered | None:
    """Return hash and size of a protocol's text; None when it is no protocol."""
    found = _HASH.search(text)
    return None if found is None else Registered(hash=found[1], size=found[2])


def hash_line(study: Study, size: str) -> str:
    """Return the line that ``registered`` reads."""
    return f"Content hash: `{protocol_hash(study, size)}`, size `{size}`"


def standing(protocol: str | None, study: Study, size: str, manifest: Mapping[str, Any]) -> str:
    """Return whether results are what a protocol announced.

    Returns
    -------
    str
        ``none`` was registered, ``matches``, ``other_numbers`` of replications than announced, or
        ``differs``: another study or size.
    """
    found = None if protocol is None else registered(protocol)
    if found is None:
        return "none"
    if found.hash != protocol_hash(study, size) or found.size != size:
        return "differs"
    planned = manifest.get("replications") is None and not manifest.get("target")
    return "matches" if planned else "other_numbers"


def protocol_text(study: Study, size: str, amendments: tuple[str, ...] = ()) -> str:
    """Return a protocol as Markdown.

    Parameters
    ----------
    study : Study
    size : str
        The size that will be published.
    amendments : tuple of str
        One line for every earlier protocol of the study: its hash, the date and the reason.
    """
    texts = Texts("en")
    scenarios = list(study.scenarios(size))
    sections = [
        f"# Protocol of {study.name}",
        "Written by `simdesign preregister` before the study is run at this size. Whatever changes"
        " after this shows as another hash.",
        hash_line(study, size),
        f"## Aims\n\n{in_markdown(study.aims)}",
        f"## Data-generating mechanisms\n\n{_mechanisms(study, size, scenarios)}",
        f"## Estimands\n\n{' '.join([texts('ademp.estimands_text'), *_special(study, 0)])}",
        f"## Methods\n\n{_methods(study, texts)}",
        "## Performance measures\n\n"
        f"{' '.join([texts('ademp.performance_text'), *_special(study, 1)])}\n\n"
        + _precision(study, scenarios),
        f"## Verdict\n\n{_verdict(study, texts)}",
        f"## Specification\n\n```toml\n{study.to_toml().strip()}\n```",
    ]
    if amendments:
        lines = "\n".join(f"- {line}" for line in amendments)
        sections.append(f"## Amendments\n\n{lines}")
    return "\n\n".join(sections) + "\n"


_SPECIAL: dict[type[Spec], tuple[str, str]] = {
    ExactLocal: (
        "City: whether and when the level of a city broke against the nation's, and by how much.",
        "Of cities: the same against the city's own change, the expected number of cities with a"
        " false alarm and the probability of any, whether a search reports the city that changed,"
        " and the size that a false alarm reports.",
    ),
    RoundSpread: (
        "Rounds: by how much the measured rounds of about a year differ, largest over smallest.",
        "Of rounds: the probability that they differ by more than 5, 10, 15, 20 and 30 %.",
    ),
    ExactMechanism: (
        "Mechanisms: whether a break came by more users, heavier use, or dose or purity.",
        "Of mechanisms: the probabilities that the right one, a wrong one and none is named, at the"
        " last look of all programmes, at the first alarm of those that raise one, and at false"
        " alarms; the target is 80 % right and at most 10 % wrong.",
    ),
}
"""Estimator -> what it asks for beside the nation: estimands, measures."""


def _special(study: Study, part: int) -> list[str]:
    """Return the sentences on estimands (part 0) or measures (1) that are not the nation's."""
    kinds = {type(spec) for spec in study.estimators.values()}
    found = [words[part] for kind, words in _SPECIAL.items() if kind in kinds]
    return found + ([_DEPARTED] if part == 1 and study.departures else [])


_DEPARTED = (
    "Of departures: the same, at the thresholds of the null mixture, less that in the default"
    " world, paired; the worst departure beside the default world; the verdicts that become others."
    " Power at a threshold set in that very departure is a second column, labelled, and judges"
    " nothing."
)


def amendments(text: str) -> tuple[str, ...]:
    """Return the amendments that a protocol lists."""
    _, _, after = text.partition("\n## Amendments\n")
    return tuple(line[2:] for line in after.splitlines() if line.startswith("- "))


def _mechanisms(study: Study, size: str, scenarios: list[Scenario]) -> str:
    chosen = study.size(size)
    factors = study.factors if chosen.factors is None else chosen.factors
    programme = study.programme
    lines = [
        f"{programme.years} years from {programme.start.isoformat()} at "
        f"{len(study.world.catchments)} catchments; one look a year, "
        f"{programme.report_lag} days after its end; seed {study.seed}.",
        "",
        "| role | scenarios | replications each | world and change |",
        "|---|---|---|---|",
    ]
    for role, meaning in _ROLES.items():
        mine = [item for item in scenarios if item.role == role]
        drawn = [item.averaged_over(name) for item in mine for name in item.world.substances]
        if role != "null_mixture" and any(drawn):
            meaning = meaning.replace(*_DRAWN)
        if mine:
            lines.append(f"| `{role}` | {len(mine)} | {mine[0].n_rep} | {meaning} |")
    lines += ["", "Factors, crossed:", ""]
    lines += [
        f"- `{path}`: {', '.join(_value(level) for level in levels)}"
        for path, levels in factors.items()
    ] or ["- none"]
    lines += [
        f"- beside them, in every fixed world: `{name}`, {_words(change)}"
        for name, change in study.also.items()
    ]
    lines += [
        f"- departure `{name}`, crossed with the rest: {departure_words(overrides)}"
        for name, overrides in study.departures.items()
    ]
    lines += [
        f"- left out: {dict(rule.when)} ({in_markdown(rule.because)})" for rule in study.exclude
    ]
    return "\n".join(lines)


def _methods(study: Study, texts: Texts) -> str:
    names, estimators = design_names(study, texts), estimator_names(study, texts)
    lines = ["Designs:", ""]
    for name, label in names.items():
        judged = ", the one that is judged" if name == study.decision.reference else ""
        lines.append(f"- `{name}`: {label}{judged}")
    lines += ["", "Estimators:", ""]
    rests = judging(study.estimators)
    for name, label in estimators.items():
        lines.append(f"- `{name}`: {label}{', on which verdicts rest' if name == rests else ''}")
    return "\n".join(lines)


def _precision(study: Study, scenarios: list[Scenario]) -> str:
    """Return the planned precision: the largest MCSE that a probability can have."""
    budget, lines = study.decision.budget, ["Planned precision:", ""]
    for role, n in {item.role: item.n_rep for item in scenarios}.items():
        if role == "alternative":
            error = general(round(math.sqrt(0.25 / n), 4), "en")
            lines.append(f"- a power from {n} replications: at most {error} of its own")
        else:
            error = general(round(math.sqrt(budget * (1.0 - budget) / n), 4), "en")
            what = "operating" if role == "null_mixture" else "oracle"
            lines.append(
                f"- false alarms at the {what} threshold from {n} programmes: {error} at "
                f"{percent(budget, 'en')}; what that moves the power by comes on top, and is part"
                " of every MCSE"
            )
    return "\n".join(lines)


def _verdict(study: Study, texts: Texts) -> str:
    decision, margin = study.decision, study.decision.margin
    rule = texts(
        "verdict.margin",
        smallest=percent(margin.smallest_change, "en"),
        power=general(100.0 * margin.power, "en"),
        delay=general(margin.delay_years, "en"),
        picture=general(100.0 * margin.picture, "en"),
    )
    budgets = ", ".join(percent(item, "en") for item in decision.budgets)
    return (
        f"Operating threshold at P(any alarm in the programme) = {percent(decision.budget, 'en')} "
        f"for one drug when nothing breaks; also shown at {budgets}, and at the oracle threshold. "
        f"{rule}"
    )


def _words(change: Change) -> str:
    """Return a change as its fields."""
    return ", ".join(f"{key} = {value}" for key, value in plain(change).items())


def _value(level: object) -> str:
    if isinstance(level, int | float) and not isinstance(level, bool):
        return general(float(level), "en")
    return str(level)
