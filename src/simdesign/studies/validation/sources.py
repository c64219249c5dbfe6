"""Which statistics set parameters of the catalogue, and of which country: tuned or held out.

Read from the notes of `spec/catalogue/*.toml`. A statistic that follows from a parameter set on
the same country counts as tuned too, and so does one that was merely looked at when an assumed
value was chosen: *held out* is the stronger word, and the one to be earned.
"""

TUNED = "tuned"
HELD_OUT = "held out"

_PROFILE = ("weekday_Wed", "weekday_Thu", "weekday_Fri", "weekday_Sat", "weekday_Sun",
            "weekday_Mon", "weekday_Tue", "weekend_ratio")  # fmt: skip
_DAYS = ("residual_sd", "residual_lag1")
_CV = ("cv_0", "cv_1", "cv_2", "cv_3")  # follow from the profile and the day SD
_SIZE = ("cv_gradient", "residual_gradient")
_SITE_YEAR = ("change_sd", "change_median", "change_beyond_10", "change_beyond_10_last",
              "site_year_sd")  # fmt: skip
_SHARED = ("shared_year_sd", "year_correlation")
_TREND = ("change_mean",)

_HOME = frozenset((*_PROFILE, *_DAYS, *_CV, *_SIZE, *_SITE_YEAR, *_SHARED, *_TREND))
"""Dutch weeks from 2017 (day_sd, day_rho, weekday, sigma_site, sigma_shared, drift), Dutch series
(walks) and European weeks (count noise c)."""

_ABROAD = {
    # c from European weeks; the shared parts were set between bounds that hold these countries
    "cocaine": frozenset((*_SIZE, *_SHARED)),
    "MDMA": frozenset((*_SIZE, *_SHARED)),
    # a site's own walk from city series of six countries
    "amphetamine": frozenset((*_SIZE, *_SHARED, *_SITE_YEAR)),
    # the profile of six countries; no data gave a c
    "methamphetamine": frozenset((*_PROFILE, *_SHARED, *_SITE_YEAR)),
}
_TERMS = {
    # SD of log weekday factors between European sites
    "town_mix": (("weekday_site_sd", "weekend_spread"), None),
    # days far from the profile and the robust SD, cocaine
    "odd_days": (("residual_kurtosis", "beyond_3", "beyond_4"), "cocaine"),
}
"""Optional terms that were set on weeks of all countries: their statistics, and of which
substance (None: all)."""
_NOT_AT_HOME = {"methamphetamine": frozenset((*_PROFILE, *_SIZE))}


def used(key: str, substance: str, *, home: bool, terms: frozenset[str] = frozenset()) -> str:
    """Return whether a statistic set parameters of the catalogue.

    Parameters
    ----------
    key : str
        Of the statistic.
    substance : str
    home : bool
        Dutch weeks; else those of neighbours.
    terms : frozenset of str
        Optional terms that the world has.
    """
    if home:
        tuned = key in _HOME - _NOT_AT_HOME.get(substance, frozenset())
    else:
        tuned = key in _ABROAD.get(substance, frozenset())
    for name in terms & _TERMS.keys():
        keys, only = _TERMS[name]
        tuned = tuned or (key in keys and only in (None, substance))
    return TUNED if tuned else HELD_OUT
