"""The protocol of a model check: a study whose estimators are checked on their own models."""

from dataclasses import dataclass

from simdesign.plain import in_markdown
from simdesign.report.protocol import hash_line
from simdesign.spec.study import Study


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckPlan:
    """How much a model check draws, and when a test of it is rejected."""

    draws: int
    """At the last look."""
    middle_share: float
    """Part of them at the middle look."""
    wrong_share: float
    """Part of them from each wrong model."""
    level: float
    """Family-wise error of all tests together."""


def check_protocol_text(
    study: Study, size: str, plan: CheckPlan, amendments: tuple[str, ...] = ()
) -> str:
    """Return the protocol of a model check as Markdown (docs/model_check.md has the formulas)."""
    looks = len(study.programme.look_days)
    designs = "\n".join(f"- `{name}`" for name in study.designs)
    estimators = "\n".join(f"- `{name}`, `{spec.kind}`" for name, spec in study.estimators.items())
    sections = [
        f"# Protocol of {study.name}",
        "Written by `simdesign preregister --check` before the estimators are checked. Whatever"
        " changes after this shows as another hash.",
        hash_line(study, size),
        f"## Aims\n\n{in_markdown(study.aims)}",
        "## Data-generating mechanisms\n\nThe model of each estimator itself, its parameters drawn"
        f" from its own priors, at the {len(study.world.catchments)} catchments and over"
        f" {study.programme.years} years; substances {', '.join(study.world.substances)}; seed"
        f" {study.seed}. {plan.draws} draws at look {looks},"
        f" {round(plan.draws * plan.middle_share)} at the middle look. Beside them, labelled and"
        f" not judged, {round(plan.draws * plan.wrong_share)} draws of each wrong model"
        f" (docs/model_check.md).\n\n{designs}",
        "## Estimands\n\nThe drawn standard deviations, E at the look, whether there was a break, a"
        " step, a slope, both, a pulse, and a notable change of the trend in three years.",
        f"## Methods\n\n{estimators}",
        "## Performance measures\n\nTests of uniformity of the transforms, of probabilities against"
        " what happened, of the data-averaged posterior against the prior, of the coverage of 95 %"
        " intervals; frequencies with Monte Carlo standard errors.",
        "## Verdict\n\n*Checked* when no fit failed and no test of any estimator on data of its own"
        f" model is rejected by Holm's rule over all of them at {100 * plan.level:g} %.",
        f"## Specification\n\n```toml\n{study.to_toml().strip()}\n```",
    ]
    if amendments:
        lines = "\n".join(f"- {line}" for line in amendments)
        sections.append(f"## Amendments\n\n{lines}")
    return "\n\n".join(sections) + "\n"
