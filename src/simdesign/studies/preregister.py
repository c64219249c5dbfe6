"""The command ``simdesign preregister``: the protocol of a study, before it is run."""

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from simdesign.errors import SpecError

if TYPE_CHECKING:  # imported late, so that help stays quick
    from simdesign.spec.study import Study

FILE = "protocol.md"


def register(app: typer.Typer) -> None:
    """Add the command to an application."""
    app.command("preregister")(preregister_command)


def preregister_command(
    study_file: Annotated[Path, typer.Argument(metavar="STUDY", help="Study file (TOML).")],
    size: Annotated[str, typer.Option("--size", help="Size that will be published.")] = "full",
    out: Annotated[
        Path | None, typer.Option("--out", help="Protocol; default: protocol.md beside the study.")
    ] = None,
    amend: Annotated[
        str | None,
        typer.Option("--amend", metavar="REASON", help="Replace a protocol and list why."),
    ] = None,
) -> None:
    """Write the protocol of a study: aims to verdict rule, with a content hash."""
    from simdesign.spec.study import Study

    path = out or study_file.parent / FILE
    typer.echo(preregister(Study.from_toml(study_file), size, path, amend))


def preregister(study: "Study", size: str, path: Path, amend: str | None = None) -> str:
    """Write a protocol and say what was done.

    A protocol with another content is replaced only with a reason, which the new one lists.

    Raises
    ------
    SpecError
        When the file is there with another content and no reason is given, or is no protocol.
    """
    from simdesign.report import amendments, protocol_text, registered
    from simdesign.run import make_plan, write_atomic
    from simdesign.spec.protocol import protocol_hash

    mine = protocol_hash(study, size)
    earlier: tuple[str, ...] = ()
    make_plan(study, size, folder=path.parent)  # what cannot be run is not worth a protocol
    if path.exists():
        text = path.read_text(encoding="utf-8")
        found = registered(text)
        if found is None:
            raise SpecError("--out", str(path), "must be absent or a protocol")
        if found.hash == mine:
            return f"{path}: unchanged, content hash {mine}"
        if not amend:
            rule = f"holds another protocol ({found.hash}); --amend REASON replaces and lists it"
            raise SpecError("--out", str(path), rule)
        line = f"{dt.date.today().isoformat()}: replaces `{found.hash}`. {' '.join(amend.split())}"
        earlier = (*amendments(text), line)
    elif amend:
        raise SpecError("--amend", amend, f"needs a protocol to replace; there is no {path}")
    write_atomic(path, protocol_text(study, size, earlier).encode())
    return f"{path}: content hash {mine}"
