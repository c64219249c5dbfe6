r"""What is compared: every statistic is a function of one `Weeks`, real or simulated.

Notation: within a complete week :math:`z_{wd}` is the log load around the week's mean and
:math:`r_{wd} = z_{wd} - \bar z_d` its residual around the weekday profile of the panel. A change
:math:`d` is that of the log of a site's weekly mean load from one year to the next. Statistics
that cannot be computed are NaN.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np

from simdesign.records import Floats, Ints
from simdesign.studies.validation.weeks import DAYS, WEEK, Weeks

SIZE_LIMITS = (50_000.0, 150_000.0, 500_000.0)
SIZE_NAMES = ("below 50k", "50k to 150k", "150k to 500k", "above 500k")
RESIDUAL_PROBS = (0.005, 0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975, 0.995)
CHANGE_PROBS = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
FEWEST_DAYS = 5
"""Days with a sample that a weekly mean needs for a change."""
FEWEST_SITES = 3
"""Sites of a size class: the scatter between two would be no error."""
FEWEST_WEEKS = 3
"""Complete weeks, or changes, that a spread needs."""
MAD_TO_SD = 1.4826
"""Standard deviation of a normal variable over its median absolute deviation."""


# Days of a week


def weekday_multiplier(weeks: Weeks, day: int) -> float:
    r"""Return :math:`\exp(\bar z_d)`, with day 0 = Wednesday."""
    return float(np.exp(weeks.profile[day]))


def log_weekend_ratio(weeks: Weeks) -> Floats:
    """Return per complete week the log of the mean of Fri to Mon over that of Tue to Thu."""
    load = weeks.load[weeks.complete]
    return np.asarray(np.log(load[:, 2:6].mean(axis=1) / load[:, [0, 1, 6]].mean(axis=1)))


def weekend_ratio(weeks: Weeks) -> float:
    """Return the geometric mean over weeks of weekend over weekday load."""
    ratio = log_weekend_ratio(weeks)
    return float(np.exp(ratio.mean())) if ratio.size else np.nan


def weekend_spread(weeks: Weeks) -> float:
    """Return the SD over weeks of the log of weekend over weekday load."""
    return _sd(log_weekend_ratio(weeks))


def weekday_site_sd(weeks: Weeks) -> float:
    r"""Return the SD of a site's own weekday profile around the panel's.

    From products of two years of one site, in which noise has expectation zero:
    :math:`\hat\sigma^2 = \sum_s \sum_{y \ne y'} \sum_d r_{syd} r_{sy'd} / (6\, n_{pairs})`; six,
    because deviations are centred over seven days. A negative estimate keeps its sign.
    """
    site = np.unique(weeks.site[weeks.complete], return_inverse=True)[1]
    if not site.size:
        return np.nan
    n = np.bincount(site)
    n_pairs = float((n * (n - 1)).sum())
    if n_pairs == 0:
        return np.nan
    total = np.zeros((n.size, WEEK))
    np.add.at(total, site, weeks.residual)
    products = float((total**2).sum() - (weeks.residual**2).sum())
    return _signed_root(products / (n_pairs * (WEEK - 1)))


# Size of towns


def raw_cv(weeks: Weeks) -> Floats:
    """Return SD over mean of the loads of every complete week."""
    load = weeks.load[weeks.complete]
    return np.asarray(load.std(axis=1, ddof=1) / load.mean(axis=1))


def cv_of_size(weeks: Weeks, size: int) -> float:
    """Return the mean CV of the weeks of a size class of at least `FEWEST_SITES` sites."""
    population = weeks.population[weeks.complete]
    here = np.digitize(population, SIZE_LIMITS) == size
    n_site = np.unique(weeks.site[weeks.complete][here]).size
    return float(raw_cv(weeks)[here].mean()) if n_site >= FEWEST_SITES else np.nan


def cv_gradient(weeks: Weeks) -> float:
    """Return the slope of the log CV of a week per tenfold population."""
    return _slope(weeks, raw_cv(weeks))


def residual_gradient(weeks: Weeks) -> float:
    """Return the slope of the log residual SD of a week per tenfold population."""
    return _slope(weeks, week_sd(weeks))


def _slope(weeks: Weeks, spread: Floats) -> float:
    x = np.log10(weeks.population[weeks.complete])
    kept = spread > 0
    x, y = x[kept], np.log(spread[kept])
    if np.unique(x).size < FEWEST_WEEKS:
        return np.nan
    x = x - x.mean()
    return float((x * y).sum() / (x * x).sum())


# Residuals of days


def residual_sd(weeks: Weeks) -> float:
    r"""Return :math:`\sqrt{\sum r^2 / (6 (W - 1))}` over W complete weeks."""
    n = int(weeks.complete.sum())
    if n < 2:
        return np.nan
    return float(np.sqrt((weeks.residual**2).sum() / ((WEEK - 1) * (n - 1))))


def residual_lag1(weeks: Weeks) -> float:
    """Return the correlation of neighbouring days, as it is after demeaning the week."""
    r = weeks.residual
    square = float((r**2).mean()) if r.size else 0.0
    return float((r[:, 1:] * r[:, :-1]).mean()) / square if square > 0 else np.nan


def week_sd(weeks: Weeks) -> Floats:
    """Return the residual SD of every complete week, on six degrees of freedom."""
    return np.asarray(np.sqrt((weeks.residual**2).sum(axis=1) / (WEEK - 1)))


def week_sd_spread(weeks: Weeks) -> float:
    """Return the SD over weeks of the log residual SD of a week."""
    sd = week_sd(weeks)
    return _sd(np.log(sd[sd > 0]))


def residual_kurtosis(weeks: Weeks) -> float:
    """Return the excess kurtosis of the residuals, pooled; 0 for a normal variable."""
    square = weeks.residual.ravel() ** 2
    if square.size < WEEK * FEWEST_WEEKS or square.mean() == 0.0:
        return np.nan
    return float((square**2).mean() / square.mean() ** 2 - 3.0)


def beyond(weeks: Weeks, limit: float) -> float:
    """Return the share of residuals beyond some robust SDs, 1.4826 times the median of |r|."""
    size = np.abs(weeks.residual.ravel())
    if size.size < WEEK * FEWEST_WEEKS:
        return np.nan
    return float((size > limit * MAD_TO_SD * np.median(size)).mean())


def residual_quantile(weeks: Weeks, prob: float) -> float:
    """Return a quantile of the residuals."""
    return float(np.quantile(weeks.residual, prob)) if weeks.residual.size else np.nan


# Limit of quantification


def days_below_loq(weeks: Weeks) -> float:
    """Return the share of measured days below the limit of quantification."""
    n = int(weeks.measured.sum())
    return float(weeks.censored.sum()) / n if n else np.nan


def weeks_below_loq(weeks: Weeks) -> float:
    """Return the share of weeks with a day below the limit of quantification."""
    there = weeks.measured.any(axis=1)
    return float(weeks.censored[there].any(axis=1).mean()) if there.any() else np.nan


# From year to year


@dataclass(frozen=True)
class Changes:
    """Changes of the log weekly mean from one calendar year to the next, one a row."""

    country: Ints
    origin: Ints
    year: Ints  # of the later week
    change: Floats


def changes(weeks: Weeks) -> Changes:
    """Return the changes between consecutive years.

    A weekly mean needs `FEWEST_DAYS` days; a day below the limit counts as zero, as the release
    prints it, and a week of such days has no mean.
    """
    n = weeks.measured.sum(axis=1)
    value = np.where(weeks.measured & ~weeks.censored, weeks.load, 0.0).sum(axis=1)
    kept = np.flatnonzero((n >= FEWEST_DAYS) & (value > 0))
    kept = kept[np.lexsort((weeks.year[kept], weeks.site[kept]))]
    log_mean = np.log(value[kept] / n[kept])
    site, year = weeks.site[kept], weeks.year[kept]
    next_ = (site[1:] == site[:-1]) & (year[1:] == year[:-1] + 1)
    rows = kept[1:][next_]
    return Changes(
        country=weeks.country[rows],
        origin=weeks.origin[rows],
        year=weeks.year[rows],
        change=np.diff(log_mean)[next_],
    )


def change_mean(weeks: Weeks) -> float:
    """Return the mean change: the trend of the panel per year."""
    d = changes(weeks).change
    return float(d.mean()) if d.size else np.nan


def change_sd(weeks: Weeks) -> float:
    """Return the SD of changes."""
    return _sd(changes(weeks).change)


def change_median(weeks: Weeks) -> float:
    """Return the median of absolute changes."""
    d = changes(weeks).change
    return float(np.median(np.abs(d))) if d.size else np.nan


def change_beyond(weeks: Weeks, share: float) -> float:
    """Return the share of changes by more than a fraction of the earlier mean."""
    d = changes(weeks).change
    return float((np.abs(np.expm1(d)) > share).mean()) if d.size else np.nan


def change_beyond_last(weeks: Weeks, share: float) -> float:
    """Return the same for changes to the last year of the panel alone."""
    found = changes(weeks)
    d = found.change[found.year == weeks.year.max(initial=0)]
    return float((np.abs(np.expm1(d)) > share).mean()) if d.size >= FEWEST_WEEKS else np.nan


def change_quantile(weeks: Weeks, prob: float) -> float:
    """Return a quantile of changes."""
    d = changes(weeks).change
    return float(np.quantile(d, prob)) if d.size else np.nan


# Between cities


def _year_products(weeks: Weeks) -> tuple[float, float, float]:
    """Return the mean product and mean squared difference of two sites' changes, and pairs.

    Two different sites of one country between the same two years; changes are taken around the
    country's mean change. Copies of one site are no pair.
    """
    found = changes(weeks)
    if not found.change.size:
        return np.nan, np.nan, 0.0
    country = np.unique(found.country, return_inverse=True)[1]
    d = found.change - (np.bincount(country, found.change) / np.bincount(country))[country]
    cell = np.unique(np.column_stack([country, found.year]), axis=0, return_inverse=True)[1].ravel()
    copy = np.unique(np.column_stack([cell, found.origin]), axis=0, return_inverse=True)[1].ravel()
    n, n_copy = np.bincount(cell), np.bincount(copy)
    pairs = float((n * n).sum() - (n_copy * n_copy).sum())
    if pairs == 0:
        return np.nan, np.nan, 0.0
    total, square = np.bincount(cell, d), np.bincount(cell, d * d)
    product = float((total**2).sum() - (np.bincount(copy, d) ** 2).sum()) / pairs
    difference = float((2.0 * n * square - 2.0 * total**2).sum()) / pairs
    return product, difference, pairs


def shared_year_sd(weeks: Weeks) -> float:
    r"""Return the SD of what the sites of a country share in one year.

    :math:`E\, d_s d_{s'} = 2 \sigma^2` for a shared effect that is new every year. A negative
    estimate keeps its sign.
    """
    return _signed_root(_year_products(weeks)[0] / 2.0)


def site_year_sd(weeks: Weeks) -> float:
    r"""Return the SD of a site's own year, day noise of the week included.

    :math:`E (d_s - d_{s'})^2 = 4 \sigma^2` for an effect that is new in every site and year.
    """
    return float(np.sqrt(_year_products(weeks)[1] / 4.0))


def year_correlation(weeks: Weeks) -> float:
    """Return the correlation of two cities' changes between the same years."""
    product, difference, pairs = _year_products(weeks)
    total = product + difference / 2.0
    return product / total if pairs and total > 0 else np.nan


# Between substances


def substance_correlation(one: Weeks, other: Weeks) -> float:
    """Return the correlation of the day residuals of two substances of the same samples."""
    both = one.complete & other.complete
    if int(both.sum()) < FEWEST_WEEKS:
        return np.nan
    x = one.residual[both[one.complete]].ravel()
    y = other.residual[both[other.complete]].ravel()
    x, y = x - x.mean(), y - y.mean()
    scale = float(np.sqrt((x * x).sum() * (y * y).sum()))
    return float((x * y).sum()) / scale if scale > 0 else np.nan


def _sd(values: Floats) -> float:
    return float(values.std(ddof=1)) if values.size >= FEWEST_WEEKS else np.nan


def _signed_root(variance: float) -> float:
    return float(np.sign(variance) * np.sqrt(abs(variance)))


@dataclass(frozen=True)
class Statistic:
    """One number of a panel."""

    key: str
    label: str
    compute: Callable[[Weeks], float]
    listed: bool = True
    """False for points of figures, which stand in the CSV and the JSON alone."""


def _quantiles(
    key: str, what: str, compute: Callable[..., float], probs: tuple[float, ...]
) -> list[Statistic]:
    return [
        Statistic(
            quantile_key(key, prob), f"{100 * prob:g} % quantile of {what}",
            partial(compute, prob=prob), listed=False,
        )
        for prob in probs
    ]  # fmt: skip


def quantile_key(key: str, prob: float) -> str:
    """Return the key of a quantile, for example ``residual_q0.975``."""
    return f"{key}_q{prob:g}"


STATISTICS: tuple[Statistic, ...] = (
    *(
        Statistic(f"weekday_{name}", f"weekday multiplier {name}",
                  partial(weekday_multiplier, day=day))
        for day, name in enumerate(DAYS)
    ),
    Statistic("weekend_ratio", "weekend over weekday load", weekend_ratio),
    Statistic("weekend_spread", "SD over weeks of log weekend over weekday", weekend_spread),
    Statistic("weekday_site_sd", "site x weekday SD", weekday_site_sd),
    *(
        Statistic(f"cv_{size}", f"CV within a week, {name}", partial(cv_of_size, size=size))
        for size, name in enumerate(SIZE_NAMES)
    ),
    Statistic("cv_gradient", "slope of log CV per tenfold population", cv_gradient),
    Statistic("residual_sd", "residual day SD", residual_sd),
    Statistic("residual_lag1", "lag-1 correlation of day residuals", residual_lag1),
    Statistic("residual_gradient", "slope of log residual SD per tenfold population",
              residual_gradient),
    Statistic("residual_kurtosis", "excess kurtosis of day residuals", residual_kurtosis),
    Statistic("beyond_3", "share of days beyond 3 robust SDs", partial(beyond, limit=3.0)),
    Statistic("beyond_4", "share of days beyond 4 robust SDs", partial(beyond, limit=4.0)),
    Statistic("week_sd_spread", "SD over weeks of log residual SD", week_sd_spread),
    Statistic("days_below_loq", "share of days below LOQ", days_below_loq),
    Statistic("weeks_below_loq", "share of weeks with a day below LOQ", weeks_below_loq),
    Statistic("change_mean", "mean year-on-year log change", change_mean),
    Statistic("change_sd", "SD of year-on-year log changes", change_sd),
    Statistic("change_median", "median absolute log change", change_median),
    Statistic("change_beyond_10", "share of changes beyond 10 %",
              partial(change_beyond, share=0.10)),
    Statistic("change_beyond_10_last", "the same, to the last year",
              partial(change_beyond_last, share=0.10)),
    Statistic("shared_year_sd", "shared year SD", shared_year_sd),
    Statistic("site_year_sd", "site x year SD, with day noise", site_year_sd),
    Statistic("year_correlation", "correlation of cities' changes", year_correlation),
    *_quantiles("residual", "day residuals", residual_quantile, RESIDUAL_PROBS),
    *_quantiles("change", "year-on-year log changes", change_quantile, CHANGE_PROBS),
)  # fmt: skip


def all_statistics(weeks: Mapping[str, Weeks]) -> dict[str, dict[str, float]]:
    """Return every statistic of every substance: substance -> key -> value.

    The correlation of two substances stands with the one that comes first.
    """
    names = list(weeks)
    found = {name: {item.key: item.compute(weeks[name]) for item in STATISTICS} for name in names}
    for place, name in enumerate(names):
        for other in names[place + 1 :]:
            value = substance_correlation(weeks[name], weeks[other])
            found[name][pair_key(other)] = value
    return found


def pair_key(other: str) -> str:
    """Return the key of the correlation with another substance."""
    return f"correlation_{other}"


def label_of(key: str) -> str:
    """Return what a key means."""
    prefix = pair_key("")
    if key.startswith(prefix):
        return f"correlation of day residuals with {key.removeprefix(prefix)}"
    return next(item.label for item in STATISTICS if item.key == key)


def listed(key: str) -> bool:
    """Return whether a statistic stands in printed tables."""
    return all(item.listed for item in STATISTICS if item.key == key)
