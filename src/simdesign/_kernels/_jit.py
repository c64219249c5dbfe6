"""The one place where numba is configured.

Kernels take floats, int64, C-contiguous arrays and at most one ``numpy.random.Generator``;
they raise nothing, read no file and keep no state.

numba does not notice that a kernel imported from *another* file has changed (numba issue
1833), so the cache folder is named after the source of all kernels: edit one, and none of the
old machine code is found.
"""

import hashlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba

_FILES = sorted(Path(__file__).parent.rglob("*.py"))
KERNEL_HASH = hashlib.sha256(b"\0".join(file.read_bytes() for file in _FILES)).hexdigest()[:16]
"""Stored with every result."""


def _cache_home() -> Path | None:
    """Return a writable folder for this version's machine code, or None: then nothing is cached."""
    for base in (
        os.environ.get("SIMDESIGN_CACHE"),
        Path.home() / ".cache" / "simdesign",
        Path(tempfile.gettempdir()) / f"simdesign-{os.getuid()}",
    ):
        if not base:
            continue
        try:
            folder = Path(base) / KERNEL_HASH
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder):
                return folder
        except OSError:
            continue
    return None


_HOME = _cache_home()


def njit(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a kernel, with its cache in this version's own folder."""
    options = {"error_model": "numpy", "fastmath": False}
    if _HOME is None:  # numba's own fallback is a folder without our hash: stale code
        return numba.njit(cache=False, **options)(function)
    before = numba.config.CACHE_DIR
    numba.config.CACHE_DIR = str(_HOME)
    try:
        return numba.njit(cache=True, **options)(function)
    finally:
        numba.config.CACHE_DIR = before
