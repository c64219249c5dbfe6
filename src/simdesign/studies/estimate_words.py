"""Estimates of a world in tables and words."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from simdesign.studies.console import Grid

if TYPE_CHECKING:
    from simdesign.estimate import Estimate

WEAKLY_KNOWN = (
    "One campaign a year cannot show whether what all sites share came and went (sigma_shared) or"
    " stayed (sigma_rw): the split between the two is weakly identified, and rests on the prior"
    " as well as on the data."
)


def notes(item: "Estimate") -> list[str]:
    """Return what a reader must know of an estimate."""
    weeks = item.posterior.weeks
    found = [
        f"{weeks.n_week} site-weeks of {', '.join(weeks.countries)},"
        f" {int(weeks.year.min())} to {int(weeks.year.max())};"
        f" {int(weeks.censored.sum())} days below the limit of quantification, for which the"
        " smallest load quantified at their site stands in.",
        WEAKLY_KNOWN,
    ]
    if item.splits:
        medians = [other.median["sigma_shared"] for other in item.splits.values()]
        walks = [other.median["sigma_rw"] for other in item.splits.values()]
        found.append(
            f"With either prior half or twice as wide the median of sigma_shared goes from"
            f" {min(medians):.3f} to {max(medians):.3f}, that of sigma_rw from {min(walks):.3f}"
            f" to {max(walks):.3f}; their rank correlation is {item.correlation:+.2f}."
        )
    if weeks.noisy.any():
        found.append(
            f"{int(weeks.noisy.sum())} site-weeks are of an era with measurement noise of its own."
        )
    if not weeks.by_day.all():
        found.append(
            f"{int((~weeks.by_day).sum())} site-weeks hold means over several days: each counts"
            " for the level of its week and says nothing about the noise of days."
        )
    if not (weeks.by_day & (weeks.country == 0)).any():
        found.append(
            f"warning: no week of {weeks.countries[0]} was measured day by day: its day noise is"
            " that of the other countries and of the priors."
        )
    found += [f"left out: {reason}: {n}" for reason, n in weeks.left_out.items()]
    loose = [row.name for row in item.rows if not row.settled]
    if loose:
        found.append(f"warning: the chains have not settled for {', '.join(loose)}.")
    if item.posterior.n_divergent:
        found.append(f"warning: {item.posterior.n_divergent} draws diverged.")
    for check in item.checks:
        if check.tail < 0.05:
            found.append(
                f"warning: {check.name} is {check.observed:.3g} in the data and"
                f" {check.low:.3g} to {check.high:.3g} in the model's predictions."
            )
    return found


def plain_estimate(item: "Estimate") -> dict[str, Any]:
    """Return an estimate as plain data."""
    return {
        "parameters": [asdict(row) for row in item.rows],
        "hyperparameters": [asdict(row) for row in item.pooling],
        "checks": [asdict(check) for check in item.checks],
        "other_priors": {
            name: {
                key: {"median": other.median[key], "low": other.low[key], "high": other.high[key]}
                for key in other.median
            }
            | {"effective_draws": other.effective_draws}
            for name, other in item.splits.items()
        },
        "selection": item.selection(),
        "seconds": item.seconds,
        "notes": notes(item),
    }


def shown(found: "Mapping[str, Estimate]") -> list[str | Grid]:
    """Return the tables of every substance, then what the words in them mean."""
    parts: list[str | Grid] = []
    for name, item in found.items():
        parts.append(_table(f"{name}: parameters of the world", item.rows))
        parts.append(_table(f"{name}: between countries and cities", item.pooling))
        if item.checks:
            parts.append(_checks(name, item))
        if item.splits:
            parts.append(_splits(name, item))
        parts += [*notes(item), f"sampled in {item.seconds:.0f} s"]
    return parts


def _table(caption: str, rows: Any) -> Grid:
    heads = ("parameter", "median", "2.5 %", "97.5 %", "R-hat", "ESS")
    cells = [
        (row.name, *(f"{v:.3f}" for v in (row.median, row.low, row.high, row.r_hat)),
         f"{row.ess:.0f}")
        for row in rows
    ]  # fmt: skip
    return Grid(caption, heads, tuple(cells))


def _checks(name: str, item: "Estimate") -> Grid:
    heads = ("statistic", "data", "median", "2.5 %", "97.5 %", "two-sided p")
    cells = [
        (check.name, *(
            f"{value:.3f}"
            for value in (check.observed, check.median, check.low, check.high, check.tail)
        ))
        for check in item.checks
    ]  # fmt: skip
    return Grid(f"{name}: data and predictions", heads, tuple(cells))


def _splits(name: str, item: "Estimate") -> Grid:
    names = list(next(iter(item.splits.values())).median)
    cells = [
        (
            prior,
            *(f"{o.median[n]:.3f} ({o.low[n]:.3f}-{o.high[n]:.3f})" for n in names),
            f"{o.effective_draws:.0f}",
        )
        for prior, o in item.splits.items()
    ]
    heads = ("prior", *names, "effective draws")
    return Grid(f"{name}: the split under other priors", heads, tuple(cells))
