"""Adaptive replications: which scenario gets how many more, decided at fixed borders only.

A decision is made when *every* replication up to a border is stored, from nothing but these. So
every backend, number of workers and interruption leads to the same numbers of replications and,
with them, to the same rows. Derivations: docs/precision.md.
"""

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from simdesign.errors import SpecError
from simdesign.evaluate import Parts, error_at, half_width, is_settled, numbers_needed
from simdesign.run.assess import HORIZONS, assess
from simdesign.run.files import write_atomic
from simdesign.run.judge import VERDICT_YEARS, judging_estimator
from simdesign.run.plan import Plan
from simdesign.run.store import Store
from simdesign.spec.study import Scenario

FIRST = {"null_mixture": 400, "null_world": 400, "alternative": 200}
"""Replications before the first decision: enough for a rough error of a probability."""
LIMIT = 20_000
"""Replications of a scenario at most, unless another limit is given."""
ERROR = 0.05
"""Probability with which a conclusion, at whichever border it is drawn, may be wrong."""
TIE = 0.02
"""Differences of probabilities that do not matter: surely below this, a ranking is settled."""
ENOUGH = 0.8
"""Power whose crossing is a conclusion."""
MEASURES = (
    "power", "power_given_quiet", "premature_prob", "restricted_mean_delay", "delay_curve",
    "type_s", "type_m", "false_alarm_prob", "effect_bias", "effect_rmse", "effect_coverage",
    "dating_error", "level_bias", "level_rmse", "large_error_prob", "right_verdict_prob",
)  # fmt: skip
"""Measures of a scenario and design that can be aimed at."""
_ROUND_TO = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What adaptive replications are to reach."""

    mcse: float | None = None
    """Monte Carlo standard error of every measure named; None settles conclusions instead."""
    measures: tuple[str, ...] = ("power@3",)
    """``MEASURE`` or ``MEASURE@HORIZON`` of measures.csv, at the operating threshold."""
    paired: bool = False
    """Differences from the reference design instead of the measures themselves."""
    limit: int = LIMIT
    """Replications of a scenario at most."""

    def check(self) -> None:
        """Raise a `SpecError` for what cannot be aimed at."""
        if self.mcse is not None and not 0.0 < self.mcse < math.inf:
            raise SpecError("--mcse", self.mcse, "must be above 0")
        if self.limit < max(FIRST.values()):
            raise SpecError("--limit", self.limit, f"must be at least {max(FIRST.values())}")
        for text in self.measures:
            _named(text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One number that is not precise enough yet."""

    scenario: str
    what: str
    value: float
    mcse: float
    wanted: float
    """MCSE that would do; 0 when only the limit stops it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What was decided at one border."""

    look: int
    """Number of the border, from 1."""
    spent: Mapping[str, int]
    """Scenario -> replications on which the decision rests."""
    asked: int
    """Numbers looked at."""
    undefined: int
    """Numbers that no replication defines; more replications are not asked for them."""
    open: tuple[Question, ...]
    """Those that are not precise enough, the worst first."""
    then: Mapping[str, int]
    """Scenario -> replications to go on to; the same as ``spent`` at the end."""

    @property
    def is_last(self) -> bool:
        """Whether nothing more is to be run."""
        return dict(self.then) == dict(self.spent)


def begin(plan: Plan, target: Target, store: Store) -> Plan:
    """Return the plan with the numbers of the first border, or of the last decision of a store."""
    target.check()
    if not any(item.role == "alternative" for item in plan.scenarios):
        raise SpecError("--mcse", plan.study.name, "needs a study with a change")
    rounds = _log(store, target, plan)
    numbers = (
        rounds[-1].then
        if rounds
        else {item.name: min(FIRST[item.role], target.limit) for item in plan.scenarios}
    )
    return replace(plan, replications=numbers, target=asdict(target))


def decide(plan: Plan, store: Store) -> Decision:
    """Decide, at a border that is complete, how to go on; note it in the store.

    Raises
    ------
    SpecError
        When a measure that is aimed at does not occur.
    """
    target = target_of_plan(plan)
    rounds = [
        item
        for item in _log(store, target, plan)
        if dict(item.spent) != {s.name: plan.n_rep(s) for s in plan.scenarios}
    ]
    decision = _decided(plan, store, target, rounds)
    content = {
        "study_hash": plan.study.hash(),
        "size": plan.size,
        "target": asdict(target),
        "rounds": [asdict(item) for item in (*rounds, decision)],
    }
    text = json.dumps(_plain(content), indent=1, ensure_ascii=False) + "\n"
    write_atomic(store.precision_path, text.encode())
    return decision


def target_of_plan(plan: Plan) -> Target:
    """Return the target of an adaptive plan."""
    if plan.target is None:
        raise SpecError("target", None, "must be there: the plan is not adaptive")
    given = dict(plan.target)
    return Target(**{**given, "measures": tuple(given["measures"])})


def decisions(store: Store) -> list[Decision]:
    """Return the decisions noted in a store, in order."""
    try:
        content = json.loads(store.precision_path.read_text(encoding="utf-8"))
        return [_decision(item) for item in content["rounds"]]
    except (OSError, ValueError, KeyError, TypeError):
        return []


def border(at_least: float) -> int:
    """Return the smallest border that is not below a number: 100, 150, 200, 290, 400, ..."""
    found, k = 0, 0
    while found < at_least:
        found = _ROUND_TO * math.ceil(100.0 * 2.0 ** (k / 2.0) / _ROUND_TO - 1e-9)
        k += 1
    return found


def _decided(plan: Plan, store: Store, target: Target, before: list[Decision]) -> Decision:
    look = len(before) + 1
    # a conclusion that was drawn is not reopened by a later, stricter look
    doubtful = {(q.scenario, q.what) for q in before[-1].open} if before else None
    settled_stay = target.mcse is None and doubtful is not None
    spent = {item.name: plan.n_rep(item) for item in plan.scenarios}
    rows = assess(store, plan).table.rows
    fixed = assess(store, plan, frozen=True).table.rows
    scenarios = {item.name: item for item in plan.scenarios}
    asked, undefined, open_, then = 0, 0, [], dict(spent)
    for row, frozen in zip(rows, fixed, strict=True):
        for gap in _asked(row, target, plan):
            asked += 1
            if not math.isfinite(row["value"]) or row["n_rep"] < 1:
                undefined += 1
                continue
            if settled_stay and (row["scenario"], _what(row)) not in (doubtful or ()):
                continue
            wanted = _wanted(row, gap, target, look)
            if wanted is None:
                continue
            scenario = scenarios[row["scenario"]]
            question = Question(
                scenario=scenario.name, what=_what(row), value=row["value"], mcse=_mcse(row),
                wanted=wanted,
            )  # fmt: skip
            open_.append(question)
            for name, number in _numbers(plan, scenario, row, frozen, wanted).items():
                most = min(border(2 * spent[name]), target.limit)
                step = min(max(border(number), spent[name]), most)
                then[name] = max(then[name], step)
    if open_ and then == spent:  # rounding must not stop what is still open
        for name in {item.scenario for item in open_}:
            then[name] = min(border(spent[name] + 1), target.limit)
    if not asked:
        rule = "is no measure of the study at the operating threshold"
        raise SpecError("--of", ", ".join(target.measures), rule)
    open_.sort(key=lambda item: (item.wanted - item.mcse, item.scenario, item.what))
    return Decision(
        look=look, spent=spent, asked=asked, undefined=undefined, open=tuple(open_), then=then
    )


def _asked(row: Mapping[str, Any], target: Target, plan: Plan) -> Iterator[float]:
    """Yield, for every question about a row, the distance from where its answer changes."""
    decision = plan.study.decision
    at_budget = row["budget"] == decision.budget or math.isnan(row["budget"])
    ours = (
        row["threshold"] in ("", "operating")
        and row["estimator"] in ("", judging_estimator(plan))
        and at_budget
        and row["scenario"] != ""
        and row["compared_with"] in ("", decision.reference)
    )
    if not ours:
        return
    if target.mcse is not None:
        for text in target.measures:
            measure, horizon = _named(text)
            same = horizon == row["horizon"] or (math.isnan(horizon) and math.isnan(row["horizon"]))
            if row["measure"] == measure and same and bool(row["compared_with"]) == target.paired:
                yield math.nan
    elif row["measure"] == "power" and row["horizon"] == VERDICT_YEARS:
        yield row["value"] if row["compared_with"] else row["value"] - ENOUGH


def _wanted(row: Mapping[str, Any], gap: float, target: Target, look: int) -> float | None:
    """Return the MCSE that would answer a question; None when it is answered."""
    mcse = _mcse(row)
    if target.mcse is not None:
        return None if mcse <= target.mcse else target.mcse
    half = half_width(mcse, row["n_rep"], error_at(ERROR, look))
    if is_settled(gap, half, TIE):
        return None
    # the next border has a wider interval for the same MCSE
    width = half_width(1.0, row["n_rep"], error_at(ERROR, look + 1))
    return max(abs(gap), TIE - abs(gap)) / width


def _mcse(row: Mapping[str, Any]) -> float:
    """Return the MCSE; at probabilities 0 and 1 that of Wilson's interval, never 0."""
    low, high = row["low"], row["high"]
    known = math.isfinite(low) and math.isfinite(high)
    return max(float(row["mcse"]), (high - low) / (2.0 * 1.96) if known else 0.0)


def _numbers(
    plan: Plan,
    scenario: Scenario,
    row: Mapping[str, Any],
    frozen: Mapping[str, Any],
    wanted: float,
) -> dict[str, float]:
    """Return the replications that a row needs of its scenario and of the null mixture."""
    mixture = next(item for item in plan.scenarios if item.role == "null_mixture")
    users = sum(item.role != "null_mixture" for item in plan.scenarios)
    total = _mcse(row) ** 2
    if row["measure"].startswith("false_alarm"):  # shares its luck with the mixture
        own = row["value"] * (1.0 - row["value"]) / row["n_rep"]
    else:
        own = float(frozen["mcse"]) ** 2
    own = min(own, total) if own > 0.0 else total
    if scenario.role == "null_mixture" or row["threshold"] == "":
        own = total
    parts = Parts(own=own, shared=total - own)
    mine, theirs = numbers_needed(
        parts, plan.n_rep(scenario), plan.n_rep(mixture), users, max(wanted, 1e-9)
    )
    needed = {mixture.name: theirs}
    needed[scenario.name] = max(mine, needed.get(scenario.name, 0.0))
    return needed


def _what(row: Mapping[str, Any]) -> str:
    words = [row["measure"]]
    if not math.isnan(row["horizon"]):
        words[0] += f"@{row['horizon']:g}"
    words += [row[name] for name in ("substance", "design") if row[name]]
    if row["compared_with"]:
        words.append(f"against {row['compared_with']}")
    return " ".join(words)


def _named(text: str) -> tuple[str, float]:
    """Return measure and horizon of ``MEASURE`` or ``MEASURE@HORIZON``."""
    measure, _, horizon = text.partition("@")
    try:
        value = float(horizon) if horizon else math.nan
    except ValueError:
        value = math.inf
    if not measure or math.isinf(value):
        rule = "must be MEASURE or MEASURE@HORIZON of measures.csv, as in power@3"
        raise SpecError("--of", text, rule)
    if measure not in MEASURES:
        raise SpecError("--of", text, f"must be one of {', '.join(MEASURES)}")
    if measure == "power" and value not in HORIZONS:
        years = ", ".join(f"{item:g}" for item in HORIZONS)
        raise SpecError("--of", text, f"must have a horizon of {years} years, as in power@3")
    return measure, value


def _log(store: Store, target: Target, plan: Plan) -> list[Decision]:
    """Return the noted decisions of the same study, size and target."""
    try:
        content = json.loads(store.precision_path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    mine = {
        "study_hash": plan.study.hash(), "size": plan.size, "target": _plain(asdict(target)),
    }  # fmt: skip
    if not isinstance(content, dict) or any(content.get(k) != v for k, v in mine.items()):
        return []
    return decisions(store)


def _decision(item: Mapping[str, Any]) -> Decision:
    return Decision(**{**item, "open": tuple(Question(**question) for question in item["open"])})


def _plain(value: Any) -> Any:
    """Return JSON values."""
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
