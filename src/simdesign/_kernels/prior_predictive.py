"""Daily loads drawn from the break model itself; every number has an address."""

import math

import numpy as np

from simdesign._kernels._jit import njit
from simdesign._kernels.addressed import normal_of, philox_block, uniform_of


@njit
def numbered(keys, replications, as_normal, out):
    """Write the first numbers of every replication's stream.

    Parameters
    ----------
    keys : ndarray of uint64, shape (10, 2)
    replications : ndarray of int64, shape (r,)
    as_normal : bool
        Standard normals; else uniforms.
    out : ndarray, shape (r, n)
    """
    raw = np.empty(4, dtype=np.uint64)
    zero = np.uint64(0)
    for r in range(replications.size):
        for i in range(out.shape[1]):
            if i % 4 == 0:
                philox_block(keys, np.uint64(i // 4 + 1), np.uint64(replications[r]), zero, zero,
                             raw)  # fmt: skip
            out[r, i] = normal_of(raw[i % 4]) if as_normal else uniform_of(raw[i % 4])


@njit
def worded(keys, replications, words, out):
    """Write one standard normal for every replication and word: of a batch, a year, a time.

    Parameters
    ----------
    keys : ndarray of uint64, shape (10, 2)
    replications : ndarray of int64, shape (r,)
    words : ndarray of int64, shape (n,)
        Not negative.
    out : ndarray, shape (r, n)
    """
    raw = np.empty(4, dtype=np.uint64)
    for r in range(replications.size):
        for i in range(words.size):
            philox_block(keys, np.uint64(1), np.uint64(replications[r]), np.uint64(0),
                         np.uint64(words[i]), raw)  # fmt: skip
            out[r, i] = normal_of(raw[0])


@njit
def heavy_of(z):
    r"""Turn a standard normal into Student's t with four degrees of freedom, scaled to variance 1.

    The quantile function of four degrees is closed: with :math:`a = 4u(1 - u)` and
    :math:`q = \cos(\tfrac13 \arccos \sqrt a) / \sqrt a` it is :math:`\pm 2\sqrt{q - 1}`
    (Shaw 2006, Journal of Computational Finance 9(4):37, equation 37); its variance is 2.
    """
    tail = max(0.5 * math.erfc(abs(z) / math.sqrt(2.0)), 1e-300)
    a = math.sqrt(min(4.0 * tail * (1.0 - tail), 1.0))
    q = math.cos(math.acos(a) / 3.0) / a
    return math.copysign(2.0 * math.sqrt(max(q - 1.0, 0.0)), z) / math.sqrt(2.0)


@njit
def daily_loads(
    week_keys, day_keys, replications, national, sigma_site, nugget, site_number,
    site, day, day_sd, heavy, rho, log_weekday, level, load,
):  # fmt: skip
    r"""Write the loads of days around a national path.

    .. math:: \log x_{d} = \log R_s + f + \sqrt{\sigma_{site}^2 + n^2}\,\nu + w_d + \sigma_d e_d,
              \quad e_d = \varphi e_{d'} + \sqrt{1 - \varphi^2}\,\varepsilon_d,\quad
              \varphi = \rho^{d - d'}

    with :math:`d'` the day of the visit before day :math:`d`.

    Parameters
    ----------
    week_keys, day_keys : ndarray of uint64, shape (10, 2)
    replications : ndarray of int64, shape (r,)
    national : ndarray, shape (r, v)
        National log path at every visit, shared errors included [1].
    sigma_site : ndarray, shape (r,)
    nugget : float
    site_number : ndarray of uint64, shape (s,)
    site : ndarray of int64, shape (v,)
    day : ndarray of int64, shape (v, d)
        Calendar days, -1 = padding.
    day_sd : ndarray, shape (v,)
    heavy : bool
        Whether the :math:`\varepsilon` have Student's law with four degrees, not the normal one.
    rho : float
    log_weekday : ndarray, shape (v, d)
    level : ndarray, shape (s,)
        mg/(1000 inh d)
    load : ndarray, shape (r, v, d), changed
        mg/(1000 inh d); NaN where padded.
    """
    raw = np.empty(4, dtype=np.uint64)
    zero = np.uint64(0)
    for r in range(replications.size):
        replication = np.uint64(replications[r])
        week_sd = math.sqrt(sigma_site[r] * sigma_site[r] + nugget * nugget)
        for v in range(site.size):
            number = site_number[site[v]]
            philox_block(week_keys, np.uint64(day[v, 0] // 4 + 1), replication, number, zero, raw)
            centre = national[r, v] + week_sd * normal_of(raw[day[v, 0] % 4])
            deviation = 0.0
            last = -1
            block = -1
            for d in range(day.shape[1]):
                t = day[v, d]
                if t < 0:
                    load[r, v, d] = np.nan
                    continue
                if t // 4 != block:
                    block = t // 4
                    philox_block(day_keys, np.uint64(block + 1), replication, number, zero, raw)
                draw = normal_of(raw[t % 4])
                if heavy:
                    draw = heavy_of(draw)
                if last < 0:
                    deviation = draw
                else:
                    phi = rho ** (t - last)
                    deviation = phi * deviation + math.sqrt(1.0 - phi * phi) * draw
                last = t
                log_load = centre + log_weekday[v, d] + day_sd[v] * deviation
                load[r, v, d] = level[site[v]] * math.exp(log_load)
