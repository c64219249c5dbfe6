"""Sewage per inhabitant, day by day: what dilutes a residue, or makes a sewer overflow."""

import math

import numpy as np

from simdesign._kernels.rain import add_weather, sewage
from simdesign.records import Floats
from simdesign.seeds import Purpose
from simdesign.simulate.calendar import Calendar
from simdesign.simulate.luck import Luck
from simdesign.spec.sewer import Rain
from simdesign.units import DAYS_PER_YEAR

_NATION = 0  # site word of the country's weather
_FORWARD, _BACKWARD = 0, 1  # address words of the programme's and the history's normals


class Weather:
    r"""The rain of a country and its cities, ready to be drawn replication by replication.

    .. math::
        Q_{st} = q + (\bar Q - q)\,(1 + a\cos(2\pi(d_t - p)/365.25))\,
                 e^{\sigma(\sqrt{c}\,w_t + \sqrt{1-c}\,w_{st}) - \sigma^2/2}

    with q the dry-weather flow and w stationary first-order processes of variance 1. Over a whole
    year the mean is the world's; sigma follows from the coefficient of variation v of Q without
    the season, :math:`\sigma^2 = \log(1 + (v \bar Q / (\bar Q - q))^2)`.

    Parameters
    ----------
    rain : Rain
    mean : float
        ``World.litres`` [L/(inh d)].
    calendar : Calendar
    words : list of int
        Address of every catchment.
    seed : int
        Study seed.
    luck : str
        Luck group.
    """

    def __init__(
        self, rain: Rain, mean: float, calendar: Calendar, words: list[int], seed: int, luck: str
    ) -> None:
        part = mean - rain.dry
        variance = math.log1p((rain.cv * mean / part) ** 2)
        turn = 2.0 * math.pi / DAYS_PER_YEAR
        self._rain, self._calendar, self._words = rain, calendar, words
        self._shared_sd = math.sqrt(variance * rain.shared)
        self._own_sd = math.sqrt(variance * (1.0 - rain.shared))
        scale = part * math.exp(-0.5 * variance)
        self._wet = np.array(
            [
                scale * (1.0 + rain.season * math.cos(turn * (day - rain.season_peak)))
                for day in calendar.day_of_year.tolist()
            ]
        )
        self._luck = Luck(seed, Purpose.RAIN, luck)

    def litres(self, replication: int) -> Floats:
        """Return the sewage of every city and day, shape (s, t) [L/(inh d)]."""
        country = np.zeros(self._calendar.n_day)
        self._add(replication, _NATION, self._shared_sd, country)
        litres = np.empty((len(self._words), self._calendar.n_day))
        log_rain = np.empty_like(country)
        for s, word in enumerate(self._words):
            log_rain[:] = country
            self._add(replication, word, self._own_sd, log_rain)
            sewage(self._rain.dry, self._wet, log_rain, litres[s])
        return litres

    def _add(self, replication: int, word: int, sd: float, log_rain: Floats) -> None:
        """Add one weather: the programme forwards from its start, the history backwards."""
        state, start, phi = np.zeros(1), self._calendar.start, self._rain.rho
        ahead = self._calendar.n_day - start
        rng = self._luck.at(replication, word, _FORWARD)
        add_weather(rng, start, 1, ahead, True, state, phi, sd, log_rain)
        if start:
            rng = self._luck.at(replication, word, _BACKWARD)
            add_weather(rng, start - 1, -1, start, False, state, phi, sd, log_rain)
