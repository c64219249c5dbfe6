"""Running until a target is reached: run to a border, decide, go on."""

from dataclasses import replace
from pathlib import Path

from simdesign.errors import SpecError
from simdesign.run.backends import Backend
from simdesign.run.failures import MAX_FAILURES
from simdesign.run.plan import Plan, missing_tasks
from simdesign.run.precision import Decision, Target, begin, decide
from simdesign.run.progress import Reporter
from simdesign.run.results import Results
from simdesign.run.store import Store
from simdesign.run.work import run_plan


def run_to_target(
    plan: Plan,
    store: Store,
    target: Target,
    backend: Backend | None = None,
    *,
    task_size: int | None = None,
    quiet: bool = True,
    max_failures: float = MAX_FAILURES,
) -> Results:
    """Run a study until a target is reached, or every open scenario is at the limit.

    Parameters
    ----------
    plan : Plan
        Its numbers of replications are replaced.
    store : Store
    target : Target
    backend : Backend, optional
    task_size : int, optional
    quiet : bool
    max_failures : float
        See ``run``.
    """
    plan = begin(plan, target, store)
    while True:
        results = run_plan(
            plan, store, backend, task_size=task_size, quiet=quiet, max_failures=max_failures
        )
        following, decision = next_plan(plan, store)
        with Reporter(0, quiet=quiet) as reporter:
            reporter.say(said(decision))
        if following is None:
            return results
        plan = following


def next_plan(plan: Plan, store: Store) -> tuple[Plan | None, Decision]:
    """Decide at a complete border; return the plan to go on with, None at the end.

    This is all that a batch system needs between two waves of tasks.

    Raises
    ------
    SpecError
        When a replication of the border is missing.
    """
    missing = sum(task.n_rep for task in missing_tasks(plan, store.coverage()))
    if missing:
        rule = "replications of a border are missing; resume first"
        raise SpecError(str(Path(store.folder)), missing, rule)
    decision = decide(plan, store)
    if decision.is_last:
        return None, decision
    return replace(plan, replications=dict(decision.then)), decision


def said(decision: Decision) -> str:
    """Return one line about a decision."""
    spent = sum(decision.spent.values())
    text = f"border {decision.look}: {spent} replications"
    if not decision.open:
        end = f", every one of {decision.asked} numbers is precise enough"
    else:
        worst = decision.open[0]
        end = (
            f", {len(decision.open)} of {decision.asked} numbers are not precise enough; "
            f"the worst: {worst.what} in {worst.scenario}, "
            f"MCSE {worst.mcse:.4f} for {worst.wanted:.4f}"
        )
        if decision.is_last:
            end += "; the limit of replications is reached"
        else:
            more = sum(decision.then.values()) - spent
            end += f"; {more} more"
    if decision.undefined:
        end += f" ({decision.undefined} are not defined by any replication)"
    return text + end
