"""What a mechanism of change leaves behind, in closed form.

``python -m simdesign.simulate.traces`` prints the tables of docs/changes.md.
"""

import math
from dataclasses import dataclass

import numpy as np

from simdesign.records import Floats
from simdesign.simulate.carry_over import carried_noise
from simdesign.simulate.mechanism import Form, regime
from simdesign.simulate.users import WEEK, Regime, people_of
from simdesign.spec.catalogue import SUBSTANCES
from simdesign.spec.catalogue.shocks import shock_about, shock_numbers
from simdesign.spec.change import MECHANISMS
from simdesign.spec.quantity import expectation
from simdesign.spec.substance import Substance
from simdesign.spec.town_mix import TownMix
from simdesign.spec.world import World
from simdesign.units import residue_g_per_day

_CONTRAST = (0.25, -1 / 3, -1 / 3, -1 / 3, 0.25, 0.25, 0.25)
"""Weekend Friday to Monday against Tuesday to Thursday, Monday first: as the release has them."""
_FROM_WEDNESDAY = tuple((2 + j) % WEEK for j in range(WEEK))


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """What loads, drug checking and surveys can show of the users of a substance."""

    load: float
    """Expected load over a week relative to that before any change [1]."""
    profile: Floats  # (7,) weekday factors of what is excreted, mean 1, Monday to Sunday
    contrast: float
    """Mean log load of Friday to Monday less that of Tuesday to Thursday [1]."""
    noise: float
    """c, day-to-day count variance times residue, mean over the week [g]."""
    use_days: float
    """Use-days for every 1000 inhabitants and day at the reference level."""
    users: float
    """Effective users for every 1000 inhabitants at the reference level."""
    purity: float
    """Of what is sold, as drug checking sees it [1]."""
    prevalence: float
    """Users relative to those before any change, as a survey sees them [1]."""

    def day_variance(self, substance: Substance, population: float, level: float = 1.0) -> float:
        """Return the variance of the log load of a day that counts alone make: c over residue."""
        load = substance.level * level * self.load
        return self.noise / residue_g_per_day(load, population)


def trace_of(substance: Substance, users: Regime, before: Regime) -> Trace:
    """Return the trace of a regime; ``before`` is the one without a change."""
    load = math.fsum(users.factor) / WEEK
    excreted = np.array(
        [
            math.fsum(w * float(users.factor[d - j]) for j, w in enumerate(substance.excreted))
            for d in range(WEEK)
        ]
    )
    noise = carried_noise(substance.excreted, users.factor, users.noise)
    days = [float(users.factor[d] * users.use_days[d]) for d in range(WEEK)]
    people, first = math.fsum(people_of(substance, users)), math.fsum(people_of(substance, before))
    grams = substance.level * 1e-3  # of 1000 inhabitants at the reference level [g/d]
    return Trace(
        load=load,
        profile=excreted / load,
        contrast=math.fsum(a * math.log(f) for a, f in zip(_CONTRAST, excreted, strict=True)),
        noise=math.fsum(noise) / WEEK,
        use_days=grams * math.fsum(days) / WEEK,
        users=grams * people,
        purity=substance.purity * users.purity,
        prevalence=people / first,
    )


def trace(
    name: str,
    substance: Substance,
    mechanism: Form = None,
    size: float = 0.0,
    *,
    weekdays: bool = True,
) -> Trace:
    """Return what a mechanism of a size leaves behind; None is the trace before a change.

    Parameters and errors as in :func:`simdesign.simulate.regime`.
    """
    before = regime(name, substance, weekdays=weekdays)
    after = regime(name, substance, weekdays=weekdays, mechanism=mechanism, size=size)
    return trace_of(substance, after, before)


def contrast_variance(day_sd: float, day_rho: float) -> float:
    """Return the variance of the contrast of one week of one large town [1].

    Days run from Wednesday to Tuesday and have the correlation ``day_rho`` to the power of their
    distance.
    """
    a = [_CONTRAST[d] for d in _FROM_WEDNESDAY]
    return day_sd**2 * math.fsum(
        a[i] * a[j] * day_rho ** abs(i - j) for i in range(WEEK) for j in range(WEEK)
    )


def rounds_to_see(change: float, substance: Substance, sites: int = 20) -> float:
    """Return how many weeks before and after it takes to see a change of the contrast.

    The difference is then two standard errors: ``8 V / (sites change^2)`` weeks each. Differences
    between towns that last cancel.
    """
    if change == 0.0:
        return math.inf
    day_sd, day_rho = expectation(substance.day_sd), expectation(substance.day_rho)
    return 8.0 * contrast_variance(day_sd, day_rho) / (sites * change**2)


def week_heterogeneity(substance: Substance, mix: TownMix, n_town: int = 20_000) -> float:
    """Return the SD, between large towns, of the logs of weekday factors [1]."""
    rng = np.random.default_rng(1)
    share = np.array([item.mass_share for item in substance.classes])
    week = np.array([item.weekday_factor for item in substance.classes])
    load = share * np.exp(mix.sd * rng.standard_normal((n_town, share.size)))
    load /= load.sum(axis=1, keepdims=True)
    logs = np.log(load @ week) + mix.week_sd * rng.standard_normal((n_town, WEEK))
    logs -= logs.mean(axis=1, keepdims=True)
    return float(np.sqrt(logs.var(axis=0).mean()))


def table(name: str, size: float) -> list[str]:
    """Return the lines of a table: what every mechanism does to one substance."""
    substance = World(substances={name: {}}).substances[name]
    before = trace(name, substance)
    lines = [
        f"| {name}, {100 * size:+.0f} % | contrast | weeks | c | count variance | use-days | users"
        " | purity |",
        "|---|---|---|---|---|---|---|---|",
    ]
    mixture: Form = {"more_users": 0.5, "more_per_occasion": 0.5}
    forms: list[tuple[str, Form]] = [(item, item) for item in MECHANISMS]
    for label, form in [*forms, ("half more users, half more per occasion", mixture)]:
        after = trace(name, substance, form, size)
        moved = after.contrast - before.contrast
        weeks = rounds_to_see(moved, substance) if abs(moved) > 1e-9 else math.inf
        variance = after.noise / after.load / before.noise
        lines.append(
            f"| `{label}` | {moved:+.3f} | "
            f"{'never' if math.isinf(weeks) else f'{math.ceil(weeks)}'}"
            f" | {after.noise / before.noise:.3f} | {variance:.3f}"
            f" | {after.use_days / before.use_days:.3f} | {after.prevalence:.3f}"
            f" | {after.purity / before.purity:.3f} |"
        )
    return [line.replace("+0.000", "0").replace("-0.000", "0") for line in lines]


def sizes_table() -> list[str]:
    """Return the lines of a table: how much of a day's variance counts make, by town."""
    lines = [
        "| SD of a day | counts: 10,000 inhabitants | 50,000 | 700,000 | a large town in all |"
        " weekdays between towns, full world |",
        "|---|---|---|---|---|---|",
    ]
    world = World(substances={name: {} for name in SUBSTANCES})
    full = World(substances={name: {} for name in SUBSTANCES}, realism="full")
    for name, substance in world.substances.items():
        found = trace(name, substance)
        counts = [math.sqrt(found.day_variance(substance, n)) for n in (1e4, 5e4, 7e5)]
        mix = full.substances[name].town_mix
        uneven = week_heterogeneity(substance, mix) if mix else 0.0
        row = " | ".join(
            f"{value:.3f}" for value in (*counts, expectation(substance.day_sd), uneven)
        )
        lines.append(f"| {name} | {row} |")
    return lines


def shocks_table() -> list[str]:
    """Return the lines of a table: changes that happened, with what was seen."""
    lines = ["| name | what | load afterwards | status, source |", "|---|---|---|---|"]
    for name, numbers in shock_numbers().items():
        ratio = numbers["ratio"]
        seen = ", ".join(f"{item} {entry['value']:.3g}" for item, entry in ratio.items())
        known = ", ".join(
            sorted({f"{item['status']}, {item['source']}" for item in ratio.values()})
        )
        lines.append(f"| `{name}` | {shock_about(name)} | {seen} | {known} |")
    return lines


def main() -> None:
    """Print the tables of docs/changes.md."""
    for lines in (table("cocaine", 0.15), table("MDMA", 0.15), sizes_table(), shocks_table()):
        print("\n".join(lines), end="\n\n")


if __name__ == "__main__":
    main()
