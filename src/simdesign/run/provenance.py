"""Where a result comes from: code, libraries, machine."""

import hashlib
import platform
import subprocess
from functools import cache
from importlib import metadata
from pathlib import Path

import simdesign
from simdesign._kernels._jit import KERNEL_HASH

_ROOT = Path(simdesign.__file__).parent
_ROW_CODE = ("_kernels", "spec", "simulate", "sample", "fit")
_ROW_FILES = ("seeds.py", "units.py", "records.py", "run/replicate.py", "run/schema.py")
_LIBRARIES = ("numpy", "numba", "llvmlite", "scipy", "pyarrow", "pydantic", "joblib")


@cache
def code_hash() -> str:
    """Return a hash of all source that has a say in the numbers of a row."""
    files = [path for name in _ROW_CODE for path in sorted((_ROOT / name).rglob("*"))]
    files += [_ROOT / name for name in _ROW_FILES]
    digest = hashlib.sha256()
    for path in files:
        if path.suffix in (".py", ".toml"):
            digest.update(path.relative_to(_ROOT).as_posix().encode() + b"\0")
            digest.update(path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


@cache
def provenance() -> dict[str, str]:
    """Return what is written into every shard and into the manifest."""
    found = {
        "code": code_hash(),
        "kernels": KERNEL_HASH,
        "commit": _commit(),
        "python": platform.python_version(),
        "machine": platform.machine(),
        "host": platform.node(),
    }
    for name in ("wbe-simdesign", *_LIBRARIES):
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "not installed"
    return found


def _commit() -> str:
    """Return the commit of the checkout, with a plus sign when files differ from it."""
    try:
        commit, changes = (
            subprocess.run(
                ["git", "-C", str(_ROOT), *command], capture_output=True, text=True, timeout=10,
                check=True,
            ).stdout.strip()
            for command in (
                ["rev-parse", "--short=12", "HEAD"],
                ["status", "--porcelain", "--untracked-files=no", "--", str(_ROOT)],
            )
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return "unknown"
    return commit + ("+" if changes else "")
