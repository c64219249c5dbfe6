"""Moving a generator between addresses without leaving a kernel."""

from simdesign._kernels._jit import njit

_BUFFER_PLACE = 4  # as int32 words: behind the two pointers
_HALF_WORD = 14  # behind the buffer of four 64-bit words
_BUFFER_SIZE = 4


@njit
def go_to(counter, flags, replication, site, year):
    """Put a Philox generator at the start of an address.

    Parameters
    ----------
    counter : ndarray of uint64, shape (4,)
        The generator's counter, changed.
    flags : ndarray of int32, shape (16,)
        The generator's state, changed: its buffer is empty and no half word is left.
    replication, site, year : uint64
        Words 1 to 3 of the address.
    """
    counter[0] = 0
    counter[1] = replication
    counter[2] = site
    counter[3] = year
    flags[_BUFFER_PLACE] = _BUFFER_SIZE
    flags[_HALF_WORD] = 0
