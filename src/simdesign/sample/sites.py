"""Which sites: subsets, panels that rotate, and sites dealt out to weeks or laboratories."""

from collections.abc import Sequence

import numpy as np

from simdesign.errors import SpecError
from simdesign.records import Floats
from simdesign.spec.design import Largest, Rotating, SpreadBySize


def by_size(population: Floats) -> list[int]:
    """Return the indices of the sites from the largest to the smallest, ties in given order."""
    return [int(i) for i in np.argsort(-np.asarray(population), kind="stable")]


def dealt(members: Sequence[int], population: Floats, n: int) -> list[tuple[int, ...]]:
    """Deal sites out by size, largest first, one to each of ``n`` groups in turn."""
    order = [site for site in by_size(population) if site in set(members)]
    return [tuple(sorted(order[group::n])) for group in range(n)]


def indices(names: Sequence[str], sites: Sequence[str], field: str) -> tuple[int, ...]:
    """Return the indices of named sites, increasing; an unknown name is refused."""
    for name in names:
        if name not in sites:
            raise SpecError(field, name, "must be a site of the world")
    return tuple(sorted(sites.index(name) for name in names))


def panel(
    choice: object, sites: Sequence[str], population: Floats, year: int, field: str
) -> tuple[int, ...]:
    """Return the sites that a choice samples in a year of the programme, counted from 0."""
    n_site = len(sites)
    if choice == "all":
        return tuple(range(n_site))
    if isinstance(choice, tuple):
        return indices(choice, sites, field)
    if not isinstance(choice, Largest | SpreadBySize | Rotating):
        raise SpecError(field, choice, "must be a choice of sites")
    if choice.n > n_site:
        raise SpecError(f"{field}.n", choice.n, f"must not exceed the {n_site} sites of the world")
    order = by_size(population)
    if isinstance(choice, Largest):
        return tuple(sorted(order[: choice.n]))
    if isinstance(choice, SpreadBySize):
        ranks = [(2 * i + 1) * n_site // (2 * choice.n) for i in range(choice.n)]
        return tuple(sorted(order[rank] for rank in ranks))
    n_panel = -(-n_site // choice.n)
    mixed = [site for start in range(n_panel) for site in order[start::n_panel]]
    first = choice.n * (year // choice.years)
    return tuple(sorted(mixed[(first + i) % n_site] for i in range(choice.n)))
