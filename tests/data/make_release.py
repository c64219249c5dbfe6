"""A small synthetic release, made by our own simulator; `simdesign analyse` reads it like one."""

import csv
import datetime as dt
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from simdesign.records import Observations
from simdesign.sample import observe, schedule
from simdesign.simulate import simulate
from simdesign.spec.change import Change, LevelShift, NoChange
from simdesign.spec.design import Design
from simdesign.spec.study import Programme
from simdesign.spec.world import World
from simdesign.units import weekday_of

DAYS = ("Wednesday", "Thursday", "Friday", "Saturday", "Sunday", "Monday", "Tuesday")
HEADER = (
    "Year", "Metabolite", "Site ID", "Country", "City", *DAYS,
    "Weekday mean", "Weekend mean", "Daily mean",
)  # fmt: skip
SITES_HEADER = ("SiteID", "Country", "City", "Location", "Population", "Institution")
CITIES = ("Noordstad", "Zuidstad", "Oosterhaven (2)", "Westwoude")


def step_world(**substance: Any) -> tuple[World, Programme]:
    """Return four large cities and twelve years from 2012 with little noise and no drift."""
    cities = [{"name": name, "population": 400_000} for name in CITIES]
    calm = {
        "sigma_shared": 0.03, "sigma_site": 0.05, "drift": 0.0, "sigma_rw": 0.0,
        "sigma_rw_site": 0.0, "season_amplitude": 0.0, "loq": 0.0, **substance,
    }  # fmt: skip
    world = World(catchments=cities, substances={"cocaine": calm})
    return world, Programme(start=dt.date(2012, 1, 1), years=12)


def measured(world: World, programme: Programme, change: Change, seed: int = 5) -> Observations:
    """Return one replication of one week a year at every site of a world."""
    names = [item.name for item in world.catchments]
    people = [item.population for item in world.catchments]
    design = Design(schedule={"kind": "fixed_weeks", "weeks": (11,)})
    visits = schedule(design, programme, names, people, seed=seed)
    address: dict[str, Any] = {"seed": seed, "luck": "study", "replication": 0}
    truth = simulate(world, change, programme, **address)
    return observe(truth, visits, world, **address)


def release_rows(observations: Observations, country: str = "NL") -> list[list[Any]]:
    """Return the release's rows of one replication, `HEADER` not included."""
    visits = observations.visits
    rows = []
    for u, substance in enumerate(observations.substances):
        for v in range(visits.n_visit):
            by_name: dict[str, Any] = dict.fromkeys(DAYS, "")
            for d, day in enumerate(visits.day[v]):
                value = observations.load[0, u, v, d]
                below = observations.censored[0, u, v, d]
                name = DAYS[(weekday_of(int(day)) - 2) % 7]
                by_name[name] = "" if np.isnan(value) else 0 if below else round(value, 2)
            s = int(visits.site[v])
            rows.append(
                [int(visits.year[v]), substance, f"{country}{s:03d}", country,
                 observations.sites[s], *by_name.values(), *means(list(by_name.values()))]
            )  # fmt: skip
    return rows


def means(days: Sequence[Any]) -> tuple[Any, Any, Any]:
    """Return the printed means: Tuesday to Thursday, Friday to Monday, and their mix."""
    if "" in days:
        return "", "", ""
    weekday, weekend = np.mean([days[0], days[1], days[6]]), np.mean(days[2:6])
    return round(weekday, 2), round(weekend, 2), round((3 * weekday + 4 * weekend) / 7, 2)


def write_csv(path: Path, header: Iterable[Any], rows: Iterable[Iterable[Any]]) -> Path:
    """Write a table with quoted texts, as the release does."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_NONNUMERIC)
        writer.writerow(list(header))
        writer.writerows(list(row) for row in rows)
    return path


def write_release(
    folder: Path, observations: Observations, *, with_sites: bool = True, country: str = "NL"
) -> Path:
    """Write data and site table into a folder; return the path of the data."""
    if with_sites:
        table = [
            [f"{country}{s:03d}", country, name, f"Plant of {name}", int(people), "-"]
            for s, (name, people) in enumerate(
                zip(observations.sites, observations.population, strict=True)
            )
        ]
        write_csv(folder / "site-info-table.csv", SITES_HEADER, table)
    return write_csv(folder / "all-data.csv", HEADER, release_rows(observations, country))


def step_release(folder: Path, size: float = 0.8, at: float = 6.0, **substance: Any) -> Path:
    """Write the release of a calm world with a national step of ``size`` after ``at`` years."""
    world, programme = step_world(**substance)
    change: Change = NoChange() if size == 0 else LevelShift(size=size, at=at)
    return write_release(folder, measured(world, programme, change))
