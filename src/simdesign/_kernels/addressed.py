"""Random numbers with an address: the n-th raw number of a Philox stream, without the others.

The numbers are those of ``seeds.stream``: number ``n`` of a stream is what its bit generator
gives as output ``n`` (from 0), turned into a uniform, or into a normal by the quantile function.
A sparse design therefore pays for the days it samples and still sees the same values as a dense
one.

Source of the generator: Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3",
Philox4x64-10, and of the quantile function: Wichura 1988, Applied Statistics 37:477, AS 241,
PPND16 (relative error about 1e-16).
"""

import math

import numpy as np

from simdesign._kernels._jit import njit

_MULTIPLIER_0 = 0xD2E7470EE14C6C93
_MULTIPLIER_1 = 0xCA5A826395121157
_BUMP_0 = 0x9E3779B97F4A7C15
_BUMP_1 = 0xBB67AE8584CAA73B
_N_ROUND = 10

_LOW = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)
_DROP = np.uint64(12)
_A0, _A1 = np.uint64(_MULTIPLIER_0 & 0xFFFFFFFF), np.uint64(_MULTIPLIER_0 >> 32)
_B0, _B1 = np.uint64(_MULTIPLIER_1 & 0xFFFFFFFF), np.uint64(_MULTIPLIER_1 >> 32)


def round_keys(key: np.ndarray) -> np.ndarray:
    """Return the keys of the ten rounds, shape (10, 2) uint64, of a Philox key, shape (2,)."""
    first, second = (int(word) for word in key)
    return np.array(
        [[(first + n * _BUMP_0) % 2**64, (second + n * _BUMP_1) % 2**64] for n in range(_N_ROUND)],
        dtype=np.uint64,
    )


@njit
def _high_low(x, multiplier_low, multiplier_high):
    """Return both halves of a 128-bit product; no step exceeds 64 bits."""
    x0 = x & _LOW
    x1 = x >> _HALF
    p00 = x0 * multiplier_low
    p01 = x0 * multiplier_high
    p10 = x1 * multiplier_low
    middle = (p00 >> _HALF) + (p01 & _LOW) + (p10 & _LOW)
    high = x1 * multiplier_high + (p01 >> _HALF) + (p10 >> _HALF) + (middle >> _HALF)
    return high, (middle << _HALF) | (p00 & _LOW)


@njit
def philox_block(keys, word_0, word_1, word_2, word_3, out):
    """Write the four raw numbers of one counter into ``out``.

    Parameters
    ----------
    keys : ndarray of uint64, shape (10, 2)
        From ``round_keys``.
    word_0, word_1, word_2, word_3 : uint64
        The counter, lowest word first. A stream's first block has ``word_0`` = 1.
    out : ndarray of uint64, shape (4,)
    """
    x0, x1, x2, x3 = word_0, word_1, word_2, word_3
    for n in range(keys.shape[0]):
        high_0, low_0 = _high_low(x0, _A0, _A1)
        high_1, low_1 = _high_low(x2, _B0, _B1)
        x0 = high_1 ^ x1 ^ keys[n, 0]
        x1 = low_1
        x2 = high_0 ^ x3 ^ keys[n, 1]
        x3 = low_0
    out[0] = x0
    out[1] = x1
    out[2] = x2
    out[3] = x3


@njit
def uniform_of(raw):
    """Return the uniform number of a raw one: (k + 1/2) / 2^52 with k its upper 52 bits.

    Exact in binary, never 0 or 1.
    """
    return (float(raw >> _DROP) + 0.5) * 2.0**-52


@njit
def normal_quantile(probability):
    """Return the standard normal quantile of a probability in (0, 1)."""
    q = probability - 0.5
    if abs(q) <= 0.425:
        r = 0.180625 - q * q
        top = 2.5090809287301226727e3
        top = top * r + 3.3430575583588128105e4
        top = top * r + 6.7265770927008700853e4
        top = top * r + 4.5921953931549871457e4
        top = top * r + 1.3731693765509461125e4
        top = top * r + 1.9715909503065514427e3
        top = top * r + 1.3314166789178437745e2
        top = top * r + 3.3871328727963666080e0
        low = 5.2264952788528545610e3
        low = low * r + 2.8729085735721942674e4
        low = low * r + 3.9307895800092710610e4
        low = low * r + 2.1213794301586595867e4
        low = low * r + 5.3941960214247511077e3
        low = low * r + 6.8718700749205790830e2
        low = low * r + 4.2313330701600911252e1
        low = low * r + 1.0
        return q * top / low
    tail = 0.5 - q if q > 0.0 else 0.5 + q
    r = math.sqrt(-math.log(tail))
    if r <= 5.0:
        r -= 1.6
        top = 7.74545014278341407640e-4
        top = top * r + 2.27238449892691845833e-2
        top = top * r + 2.41780725177450611770e-1
        top = top * r + 1.27045825245236838258e0
        top = top * r + 3.64784832476320460504e0
        top = top * r + 5.76949722146069140550e0
        top = top * r + 4.63033784615654529590e0
        top = top * r + 1.42343711074968357734e0
        low = 1.05075007164441684324e-9
        low = low * r + 5.47593808499534494600e-4
        low = low * r + 1.51986665636164571966e-2
        low = low * r + 1.48103976427480074590e-1
        low = low * r + 6.89767334985100004550e-1
        low = low * r + 1.67638483018380384940e0
        low = low * r + 2.05319162663775882187e0
        low = low * r + 1.0
    else:
        r -= 5.0
        top = 2.01033439929228813265e-7
        top = top * r + 2.71155556874348757815e-5
        top = top * r + 1.24266094738807843860e-3
        top = top * r + 2.65321895265761230930e-2
        top = top * r + 2.96560571828504891230e-1
        top = top * r + 1.78482653991729133580e0
        top = top * r + 5.46378491116411436990e0
        top = top * r + 6.65790464350110377720e0
        low = 2.04426310338993978564e-15
        low = low * r + 1.42151175831644588870e-7
        low = low * r + 1.84631831751005468180e-5
        low = low * r + 7.86869131145613259100e-4
        low = low * r + 1.48753612908506148525e-2
        low = low * r + 1.36929880922735805310e-1
        low = low * r + 5.99832206555887937690e-1
        low = low * r + 1.0
    value = top / low
    return value if q > 0.0 else -value


@njit
def normal_of(raw):
    """Return the standard normal of a raw number: the quantile of its uniform."""
    return normal_quantile(uniform_of(raw))


@njit
def addressed_normals(keys, replication, site, year, first, out):
    """Write numbers ``first``, ``first + 1``, ... of a stream into ``out`` as normals.

    Parameters
    ----------
    keys : ndarray of uint64, shape (10, 2)
    replication, site, year : uint64
        The address, as in ``seeds.stream``.
    first : int
        Number of the first value within the stream, from 0.
    out : ndarray of float64, shape (n,)
    """
    raw = np.empty(4, dtype=np.uint64)
    block = -1
    for i in range(out.size):
        number = first + i
        if number // 4 != block:
            block = number // 4
            philox_block(keys, np.uint64(block + 1), replication, site, year, raw)
        out[i] = normal_of(raw[number % 4])


@njit
def addressed_uniform(keys, replication, site, year, number):
    """Return one number of a stream as a uniform; the arguments are the address."""
    raw = np.empty(4, dtype=np.uint64)
    philox_block(keys, np.uint64(number // 4 + 1), replication, site, year, raw)
    return uniform_of(raw[number % 4])
