"""The command line. Commands are declared in ``studies``; what they do is imported when called.

Exit status: ``STATUSES`` in studies/manual.py, with one line on standard error where it is not 0.
"""

import os
import signal
import sys
from typing import Annotated, Any

import typer

from simdesign.errors import FlagError, SimDesignError
from simdesign.studies.console import ReaderGoneError, note, say, say_json
from simdesign.studies.help import ManualGroup, apply_manual

app = typer.Typer(
    name="simdesign",
    help="Simulation studies of sampling designs for wastewater drug monitoring.",
    cls=ManualGroup,
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

_SIGINT_STATUS = 130
_READER_GONE_STATUS = 141


def _register() -> None:
    from simdesign.studies import (
        analyse,
        attribution,
        check_model,
        cluster,
        collect,
        constancy,
        data_check,
        departures,
        estimate_world,
        explore,
        failures,
        figures,
        frontier,
        option_command,
        predict_next,
        preregister,
        publish,
        refine,
        replay,
        reweight,
        sensitivity,
        solve,
        stability,
        study_command,
        table,
        two_weeks,
        validate_world,
        verify,
    )

    study_command.register(app)
    analyse.register(app)
    attribution.register(app)
    check_model.register(app)
    cluster.register(app)
    data_check.register(app)
    departures.register(app)
    explore.register(app)
    failures.register(app)
    figures.register(app)
    frontier.register(app)
    table.register(app)
    option_command.register(app)
    validate_world.register(app)
    estimate_world.register(app)
    predict_next.register(app)
    refine.register(app)
    reweight.register(app)
    sensitivity.register(app)
    solve.register(app)
    stability.register(app)
    preregister.register(app)
    constancy.register(app)
    publish.register(app)
    two_weeks.register(app)
    collect.register(app)
    verify.register(app)
    replay.register(app)


@app.callback(invoke_without_command=True)
def _program(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version, for a citation or a report.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="With --version: print JSON instead of text.")
    ] = False,
) -> None:
    if version:
        import simdesign

        if as_json:
            say_json({"version": simdesign.__version__})
        else:
            say(f"simdesign {simdesign.__version__}")
        raise typer.Exit
    if as_json:
        raise FlagError("--json", "must stand behind a command, or beside --version")


_register()
apply_manual(app)


def main() -> None:
    """Run the command line; wrong input is one line and exit status 2, never a traceback."""
    signal.signal(signal.SIGINT, _first_interrupt)
    status = call()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # nothing is left to end, and it would change it
    sys.exit(status)


def _first_interrupt(number: int, frame: object) -> None:
    """Ask the command to end; while it does, another Ctrl-C no longer asks."""
    signal.signal(signal.SIGINT, _second_interrupt)
    raise KeyboardInterrupt


def _second_interrupt(number: int, frame: object) -> None:
    """End at once: files are whole or absent, and workers end when their parent is gone."""
    has_bar = sys.stderr.isatty() and os.environ.get("TERM") not in ("dumb", "unknown")
    cursor = "\x1b[?25h\n" if has_bar else ""  # it may be hidden, and at the end of the bar
    os.write(2, f"{cursor}simdesign: ended at once; what is stored stays\n".encode())
    os._exit(_SIGINT_STATUS)


def call(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit status."""
    try:
        found: Any = app(arguments, prog_name="simdesign", standalone_mode=False)
    except SimDesignError as error:
        note(str(error))
        return error.exit_status
    except ReaderGoneError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # nothing more is said, at the end neither
        return _READER_GONE_STATUS
    except (typer.Abort, KeyboardInterrupt):
        return _interrupted()
    except Exception as error:
        return _misused(error)
    if found == _SIGINT_STATUS:  # the library turns Ctrl-C into this
        return _interrupted()
    return int(found) if isinstance(found, int) else 0


def _misused(error: Exception) -> int:
    """Say what the library's own errors about usage say; they know their exit status, too."""
    message = getattr(error, "format_message", None)
    if message is None:
        raise error
    if type(error).__name__ == "NoArgsIsHelpError":  # no command: its message is the help
        print(message(), file=sys.stderr)
    else:
        note(message())
    return int(getattr(error, "exit_code", 2))


def _interrupted() -> int:
    note("stopped; what is stored stays, run again to go on")
    return _SIGINT_STATUS


if __name__ == "__main__":
    main()
