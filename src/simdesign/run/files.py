"""Files that appear whole or not at all.

Of the file system only this is assumed: renaming within a folder is atomic, and a folder cannot be
renamed onto one that holds something. No locks, no links, no data base: it works on NFS and Lustre.
"""

import contextlib
import hashlib
import os
import shutil
import tempfile
from pathlib import Path

from simdesign.errors import WriteError

_TRIES = 5
STALE_SECONDS = 3600.0
"""Age at which a left-over temporary file is swept away."""


def write_atomic(path: Path, data: bytes) -> None:
    """Write ``data`` to ``path``; a killed writer leaves no partial file and blocks no retry.

    Raises
    ------
    WriteError
        When the machine refuses; nothing is left behind.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        for attempt in range(_TRIES):
            name = _temporary(path, data)
            try:
                name.replace(path)
                return
            except FileNotFoundError:  # swept away as a left-over: see sweep
                if attempt == _TRIES - 1:
                    raise
            except BaseException:
                name.unlink(missing_ok=True)
                raise
    except OSError as error:
        raise refused(path, error) from None


def _temporary(path: Path, data: bytes) -> Path:
    """Return a flushed file beside ``path`` with a name that nobody else has."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
            os.fchmod(file.fileno(), 0o644)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return Path(name)


def refused(path: Path, error: OSError) -> WriteError:
    """Return the one line that is said of a file that could not be written."""
    return WriteError(str(path), error.strerror or str(error))


def sha256_of(path: Path) -> str:
    """Return SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def flush_folder(folder: Path) -> None:
    """Make renames in a folder survive a power cut, where the file system can."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def claim(folder: Path, files: dict[str, bytes]) -> bool:
    """Make ``folder`` with its files at once; return False when it holds something already.

    The files are written into a temporary folder, which is renamed. Of many who try at the same
    time exactly one succeeds, and nobody sees the folder without its files.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}.", suffix=".tmp"))
    try:
        made.chmod(0o755)
        for name, data in files.items():
            _temporary(made / name, data).replace(made / name)
        try:
            made.rename(folder)
        except OSError:
            if _holds_something(folder):
                return False
            raise
        return True
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _holds_something(folder: Path) -> bool:
    try:
        return any(folder.iterdir())
    except OSError:
        return False


def sweep(folder: Path) -> int:
    """Remove temporary files that killed writers left, and return their number.

    The age is measured against a file made now in the same folder: one clock, that of the file
    system. Should it have jumped, a file in use may go; its writer notices and writes it again.
    """
    old = [*folder.glob(".*.tmp")] if folder.is_dir() else []
    if not old:
        return 0
    with tempfile.NamedTemporaryFile(dir=folder, prefix=".now.", suffix=".tmp") as probe:
        now = Path(probe.name).stat().st_mtime
        swept = 0
        for path in old:
            try:
                if now - path.stat().st_mtime < STALE_SECONDS:
                    continue
                if path.is_dir():
                    shutil.rmtree(path, ignore_errors=True)
                else:
                    path.unlink()
                swept += 1
            except OSError:
                continue  # somebody else's business
    return swept
