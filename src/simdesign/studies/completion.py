"""What the shell offers while a command is typed: folders, and names out of their studies.

Nothing heavy is loaded: a manifest is JSON, a study file is TOML, and both are read as they are.
What cannot be read offers nothing; the shell then offers files, as it does for any program.
"""

import json
import tomllib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import typer

BACKENDS = ("local", "dask", "slurm")
LANGUAGES = ("en", "nl")
SUBSTANCES = ("cocaine", "MDMA", "amphetamine", "methamphetamine")
"""Of the catalogue, for commands that read measurements."""
_MANIFEST, _LOCK = "manifest.json", "study.lock.json"
"""As `stored` says, which loads the validation of every record: too slow between two keys."""
_PLACES = ("runs", "results")

Completer = Callable[[str], list[str]]


def one_of(*known: str) -> Completer:
    """Return a completer of a fixed choice."""

    def offer(incomplete: str) -> list[str]:
        return [name for name in known if name.startswith(incomplete)]

    return offer


def results_folders(incomplete: str) -> list[str]:
    """Offer results folders: those that hold the rows of a study."""
    return _folders(incomplete, (_MANIFEST,))


def readable_folders(incomplete: str) -> list[str]:
    """Offer results folders and folders of published results."""
    return _folders(incomplete, (_MANIFEST, _LOCK))


def published_folders(incomplete: str) -> list[str]:
    """Offer folders of published results."""
    return _folders(incomplete, (_LOCK,))


def study_files(incomplete: str) -> list[str]:
    """Offer study files: those below ``experiments``, and those that the words lead to."""
    found = [p for p in Path("experiments").glob("*/study.toml") if _begins(p, incomplete)]
    for path in _matches(incomplete):
        if path.suffix == ".toml" and path.is_file():
            found.append(path)
        elif (path / "study.toml").is_file():
            found.append(path / "study.toml")
    return _as_typed(found, incomplete)


def designs(ctx: typer.Context, incomplete: str) -> list[str]:
    """Offer the designs of the study that was named before."""
    return _named(ctx, incomplete, "designs")


def estimators(ctx: typer.Context, incomplete: str) -> list[str]:
    """Offer the estimators of the study that was named before."""
    return _named(ctx, incomplete, "estimators")


def sizes(ctx: typer.Context, incomplete: str) -> list[str]:
    """Offer the sizes of the study that was named before."""
    return _named(ctx, incomplete, "sizes")


def substances(ctx: typer.Context, incomplete: str) -> list[str]:
    """Offer the substances of the study that was named before, or of the catalogue."""
    study = study_of(ctx)
    worlds = (study.get("world"), study.get("null"))
    known = [
        name
        for world in worlds
        if isinstance(world, dict)
        for name in _keys(world.get("substances"))
    ]
    return [n for n in dict.fromkeys(known or SUBSTANCES) if n.startswith(incomplete)]


def study_of(ctx: typer.Context) -> dict[str, Any]:
    """Return the study of the file or folder among the arguments typed so far; {} if none."""
    named = (ctx.params.get(name) for name in ("folder", "study", "study_file"))
    # where the value of an option is what is typed now, arguments are not yet given their names
    for given in (*named, *ctx.args):
        if given is not None and (study := _read(Path(str(given)))):
            return study
    return {}


def _read(place: Path) -> dict[str, Any]:
    try:
        if place.suffix == ".toml":
            return tomllib.loads(place.read_text(encoding="utf-8"))
        file = place / _MANIFEST
        file = file if file.is_file() else place / _LOCK
        study = json.loads(file.read_text(encoding="utf-8"))["study"]
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return study if isinstance(study, dict) else {}


def _named(ctx: typer.Context, incomplete: str, table: str) -> list[str]:
    return [name for name in _keys(study_of(ctx).get(table)) if name.startswith(incomplete)]


def _keys(table: Any) -> list[str]:
    return list(table) if isinstance(table, dict) else []


def _folders(incomplete: str, marks: tuple[str, ...]) -> list[str]:
    found: list[Path] = []
    starts = [*_matches(incomplete), *(Path(p) for p in _PLACES if _begins(Path(p), incomplete))]
    for start in starts:
        if not start.is_dir():
            continue
        inner = [start, *(p for p in _inside(start) if _begins(p, incomplete))]
        found += [place for place in inner if any((place / mark).is_file() for mark in marks)]
    return _as_typed(found, incomplete)


def _matches(incomplete: str) -> list[Path]:
    """Return what is there that begins as what was typed."""
    head, _, tail = incomplete.rpartition("/")
    parent = Path(head or ("/" if incomplete.startswith("/") else "."))
    return [p for p in _inside(parent) if p.name.startswith(tail)] if parent.is_dir() else []


def _inside(folder: Path) -> list[Path]:
    try:
        return sorted(p for p in folder.iterdir() if not p.name.startswith("."))
    except OSError:
        return []


def _begins(path: Path, incomplete: str) -> bool:
    return str(path).startswith(incomplete.removeprefix("./")) or incomplete.startswith(
        str(path) + "/"
    )


def _as_typed(paths: Iterable[Path], incomplete: str) -> list[str]:
    """Return paths once each, with ``./`` in front where that was typed."""
    before = "./" if incomplete.startswith("./") else ""
    return [f"{before}{path}" for path in dict.fromkeys(paths)]
