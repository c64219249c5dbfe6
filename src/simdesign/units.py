"""The only place where units change.

Inside the package: ng/L, m3/d, mg/d, mg/(1000 inh d), g/d for residue, days and years.
A *day* is an integer: days since 1970-01-01 (``numpy.datetime64[D]`` as an integer), and it
is the day on which the 24-hour composite sample ends. Weekdays count from Monday = 0.
"""

import datetime as dt

import numpy as np
import numpy.typing as npt

DAYS_PER_YEAR = 365.25
"""Length of a year when a time in days is turned into a drift or a walk per year."""

_EPOCH = dt.date(1970, 1, 1)


def day_of(date: dt.date) -> int:
    """Return the integer day of a calendar date."""
    return (date - _EPOCH).days


def date_of(day: int) -> dt.date:
    """Return the calendar date of an integer day."""
    return _EPOCH + dt.timedelta(days=int(day))


def weekday_of(day: int) -> int:
    """Return the weekday of an integer day, Monday = 0 (1970-01-01 was a Thursday)."""
    return (int(day) + 3) % 7


def load_mg_per_day(concentration: float, flow: float) -> float:
    """Return a mass load [mg/d] from a concentration [ng/L] and a flow [m3/d].

    1 ng/L = 1e-6 mg/L and 1 m3 = 1000 L, so the factor is 1e-3.
    """
    return concentration * flow * 1e-3


def norm_load(load: float, population: float) -> float:
    """Return mg/(1000 inh d) from a load [mg/d] and a population [inhabitants]."""
    return 1000.0 * load / population


def residue_g_per_day[Value: (float, npt.NDArray[np.float64])](
    load: Value, population: Value
) -> Value:
    """Return the residue mass [g/d] from a normalised load [mg/(1000 inh d)]."""
    return load * population * 1e-6


def grams(milligrams: float) -> float:
    """Return a mass [g] from a mass [mg]."""
    return milligrams * 1e-3


def milligrams(grams: float) -> float:
    """Return a mass [mg] from a mass [g]."""
    return grams * 1e3


def loq_load(loq: float, litres: float) -> float:
    """Return a limit of quantification as a normalised load [mg/(1000 inh d)].

    Parameters
    ----------
    loq : float
        Limit of quantification [ng/L].
    litres : float
        Sewage per inhabitant and day [L]: 1000 inhabitants discharge as many m3 a day.
    """
    return load_mg_per_day(loq, litres)
