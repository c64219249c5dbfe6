"""Names of substances, countries and weekdays as files spell them, and as we do."""

import datetime as dt

from simdesign.units import day_of

SUBSTANCES = ("cocaine", "MDMA", "amphetamine", "methamphetamine", "cannabis", "ketamine")
"""The release's names. ``cocaine`` is benzoylecgonine, ``cannabis`` is THC-COOH."""

_ALIASES = {name.casefold(): name for name in SUBSTANCES} | {
    "benzoylecgonine": "cocaine",
    "thc-cooh": "cannabis",
    "ecstasy": "MDMA",
}

_COUNTRIES = {"H": "HU", "UK": "GB", "EL": "GR"}
"""Codes that the release or its relatives use beside ISO 3166."""

WEEK = ("wednesday", "thursday", "friday", "saturday", "sunday", "monday", "tuesday")
"""Days of a campaign week in their order: weeks of the release run Wednesday to Tuesday."""

ASSUMED_DATE = (3, 15)
"""Month and day that an undated campaign week contains. The release prints no dates; its
campaigns lie in March to May."""


def substance_name(text: str) -> str | None:
    """Return our name of a substance, None when it is not known."""
    return _ALIASES.get(text.strip().casefold())


def country_code(text: str) -> str:
    """Return the ISO code of a country code; an unknown one is returned in capitals."""
    code = text.strip().upper()
    return _COUNTRIES.get(code, code)


def week_position(text: str) -> int | None:
    """Return the place of a weekday in `WEEK` from its English name or its first letters."""
    word = text.strip().casefold()
    for position, name in enumerate(WEEK):
        if len(word) >= 3 and name.startswith(word):
            return position
    return None


def assumed_week(year: int) -> int:
    """Return the first day (a Wednesday) of the week that contains 15 March of ``year``."""
    date = dt.date(year, *ASSUMED_DATE)
    return day_of(date - dt.timedelta(days=(date.weekday() - 2) % 7))


ASSUMED_NOTE = (
    "the file prints no dates: every campaign is placed in the week (Wednesday to Tuesday) that "
    "contains 15 March of its year; real campaigns lay in March to May"
)
