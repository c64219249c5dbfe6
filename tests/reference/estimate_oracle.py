"""The log density of the world model, day by day in plain Python with scipy's distributions."""

from typing import Any

import numpy as np
from scipy import stats

FIXED_SCALES = 5  # shared, national walk, city walk, city-week, day


def log_density(weeks: Any, priors: Any, x: np.ndarray) -> float:
    """Return the log density of one vector of parameters, up to a constant."""
    n_hyper = len(priors)
    h, total = {}, 0.0
    for item, c in zip(priors, x[:n_hyper], strict=True):
        kind = item.family.name
        if kind == "HALF_NORMAL":  # density of sigma = b e^c, times its Jacobian sigma
            h[item.name] = item.scale * np.exp(c)
            total += stats.halfnorm.logpdf(h[item.name], scale=item.scale) + np.log(h[item.name])
            continue
        total += stats.norm.logpdf(c)
        line = item.scale + item.spread * c
        h[item.name] = {
            "LOG_NORMAL": item.scale * np.exp(item.spread * c),
            "NORMAL": line,
            "LOGIT_NORMAL": 1.0 / (1.0 + np.exp(-line)),
        }[kind]
    rest = x[n_hyper:]
    total += stats.norm.logpdf(rest).sum()
    take = iter(rest.tolist())

    def some(*shape: int) -> np.ndarray:
        return np.array([next(take) for _ in range(int(np.prod(shape)))]).reshape(shape)

    k, s, y, w = len(weeks.countries), len(weeks.sites), weeks.cell_time.size, weeks.site.size
    week = 0.5 * some(6)
    z = some(k, FIXED_SCALES)
    base = [h[n] for n in ("sigma_shared", "sigma_rw", "sigma_rw_site", "sigma_site", "day_scale")]
    spread = [h[f"spread_{n}"] for n in ("shared", "rw", "rw_site", "site", "day")]
    scale = np.array(base) * np.exp(np.array(spread) * z)
    drift = h["drift"] + h["drift_country"] * some(k)
    odd = stats.logistic.cdf(stats.logistic.ppf(h["odd_share"]) + h["odd_country"] * some(k))
    country_week = week + h["weekday_country"] * some(k, 6)
    level = np.log(weeks.typical_load) + 1.5 * some(s)
    site_drift = h["drift_site"] * some(s)
    day_site = np.exp(h["day_site"] * some(s))
    site_week = country_week[weeks.site_country] + h["weekday_site"] * some(s, 6)
    step, error, city_step, week_error = some(y), some(y), some(w), some(w)

    path = np.zeros(y)
    for i in range(1, y):
        if weeks.cell_country[i] == weeks.cell_country[i - 1]:
            gap = weeks.cell_time[i] - weeks.cell_time[i - 1]
            path[i] = path[i - 1] + scale[weeks.cell_country[i], 1] * np.sqrt(gap) * step[i]
    city = np.zeros(w)
    for i in range(w):
        c = weeks.site_country[weeks.site[i]]
        if i and weeks.site[i] == weeks.site[i - 1]:
            gap = weeks.time[i] - weeks.time[i - 1]
            city[i] = city[i - 1] + scale[c, 2] * np.sqrt(gap) * city_step[i]
    for i in range(w):
        total += _week(weeks, i, h, scale, odd, {
            "level": level, "drift": drift, "site_drift": site_drift, "path": path,
            "error": error, "city": city, "week_error": week_error, "day_site": day_site,
            "site_week": site_week,
        })  # fmt: skip
    return float(total)


def _week(weeks: Any, i: int, h: Any, scale: Any, odd: Any, p: Any) -> float:
    site, cell = weeks.site[i], weeks.cell[i]
    c, t = weeks.site_country[site], weeks.cell_time[cell]
    noisy = bool(weeks.noisy[i])
    shared_sd = np.hypot(scale[c, 0], h["era_shared"] * noisy)
    site_sd = np.hypot(scale[c, 3], h["era_site"] * noisy)
    expected = (
        p["level"][site] + (p["drift"][c] + p["site_drift"][site]) * t + p["path"][cell]
        + shared_sd * p["error"][cell] + p["city"][i] + site_sd * p["week_error"][i]
    )  # fmt: skip
    ordinary = scale[c, 4] * p["day_site"][site] * (h["era_day"] if noisy else 1.0)
    grams = weeks.typical_load[site] * weeks.population[site] * 1e-6
    sd = np.sqrt(ordinary**2 + h["count"] / grams)
    ratio, share = 1.0 + h["odd_excess"], odd[c]
    total, last, last_residual = 0.0, None, 0.0
    for d in range(weeks.log_load.shape[1]):
        if np.isnan(weeks.log_load[i, d]) or weeks.laid_out[i, d]:
            continue
        own = _helmert(p["site_week"][site])[weeks.weekday[i, d]]
        residual = weeks.log_load[i, d] - expected - own
        r = h["day_rho"] ** (d - last) if last is not None else 0.0
        mean, s = r * last_residual, sd * np.sqrt(1.0 - r**2)
        law = stats.norm.logcdf if weeks.censored[i, d] else stats.norm.logpdf
        total += np.logaddexp(
            np.log1p(-share) + law(residual, mean, s),
            np.log(share) + law(residual, mean, ratio * s),
        )
        if not weeks.censored[i, d]:
            last, last_residual = d, residual
    for under in (False, True):
        place = [d for d in range(7) if weeks.laid_out[i, d] and weeks.censored[i, d] == under]
        if place:
            own = _helmert(p["site_week"][site])[weeks.weekday[i, place]]
            apart = np.abs(np.subtract.outer(place, place))
            covariance = sd**2 * ((1.0 - share) + share * ratio**2) * h["day_rho"] ** apart
            law = stats.norm.logcdf if under else stats.norm.logpdf
            mean = weeks.log_load[i, place].mean()
            total += law(mean, expected + own.mean(), np.sqrt(covariance.mean()))
    return float(total)


def _helmert(coordinates: np.ndarray) -> np.ndarray:
    """Return seven effects: the j-th contrast sets the days up to j against day j + 1."""
    effects = np.zeros(7)
    for j, c in enumerate(coordinates, start=1):
        contrast = np.r_[np.ones(j), -j, np.zeros(6 - j)]
        effects += c * contrast / np.sqrt(j * (j + 1.0))
    return effects * np.sqrt(7.0 / 6.0)
