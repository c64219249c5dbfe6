"""The command ``simdesign preregister``: the protocol of a study, before it is run."""

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from simdesign.errors import SpecError
from simdesign.studies import completion
from simdesign.studies.arguments import AsJson, StudyFile
from simdesign.studies.console import say, say_json

if TYPE_CHECKING:  # imported late, so that help stays quick
    from simdesign.spec.study import Study

FILE = "protocol.md"


def register(app: typer.Typer) -> None:
    """Add the command to an application."""
    app.command("preregister")(preregister_command)


def preregister_command(
    study_file: StudyFile,
    size: Annotated[
        str,
        typer.Option(
            "--size", autocompletion=completion.sizes, help="Size that will be published."
        ),
    ] = "full",
    out: Annotated[
        Path | None, typer.Option("--out", help="Protocol; default: protocol.md beside the study.")
    ] = None,
    amend: Annotated[
        str | None,
        typer.Option("--amend", metavar="REASON", help="Replace a protocol and list why."),
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Of a model check (check-model), which runs nothing.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Write the protocol of a study: aims to verdict rule, with a content hash."""
    from simdesign.spec.protocol import protocol_hash
    from simdesign.spec.study import Study

    path, study = out or study_file.parent / FILE, Study.from_toml(study_file)
    before = path.read_bytes() if path.is_file() else None
    said = preregister(study, size, path, amend, check=check)
    if not as_json:
        say(said)
        return
    done = (
        "unchanged" if before == path.read_bytes() else "written" if before is None else "replaced"
    )
    say_json(
        {
            "study": study.name, "size": size, "protocol": str(path),
            "hash": protocol_hash(study, size), "done": done,
        }
    )  # fmt: skip


def preregister(
    study: "Study", size: str, path: Path, amend: str | None = None, *, check: bool = False
) -> str:
    """Write a protocol and say what was done.

    A protocol with another content is replaced only with a reason, which the new one lists.
    ``check``: of a study that `check-model` checks, instead of one that is run.

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
    text = _check_text(study, size, earlier) if check else protocol_text(study, size, earlier)
    write_atomic(path, text.encode())
    return f"{path}: content hash {mine}"


def _check_text(study: "Study", size: str, earlier: tuple[str, ...]) -> str:
    from simdesign.report import CheckPlan, check_protocol_text
    from simdesign.studies.calibration.check import DRAWS, MIDDLE_SHARE, WRONG_SHARE
    from simdesign.studies.calibration.measures import LEVEL

    if size not in DRAWS:
        raise SpecError("--size", size, f"must be one of {', '.join(DRAWS)}")
    plan = CheckPlan(
        draws=DRAWS[size], middle_share=MIDDLE_SHARE, wrong_share=WRONG_SHARE, level=LEVEL
    )
    return check_protocol_text(study, size, plan, earlier)
