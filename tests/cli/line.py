"""The command line as data: every command a person can type, with its parameters."""

from typer.main import get_command

from simdesign.cli import app


def commands(group=None, prefix=""):
    """Yield (name, command) of every command that help shows, also below a group."""
    group = get_command(app) if group is None else group
    for name, command in group.commands.items():
        if command.hidden:
            continue
        if hasattr(command, "commands"):
            yield from commands(command, f"{prefix}{name} ")
        else:
            yield f"{prefix}{name}", command


def options(command):
    """Return the names of its options."""
    return {name for param in command.params for name in param.opts}


def parsed(words):
    """Parse words as the real command line does, and call nothing; return the command's name."""
    group = get_command(app)
    context = group.make_context("simdesign", list(words))
    rest = [*context._protected_args, *context.args]
    names = []
    while True:
        name, command, rest = group.resolve_command(context, rest)
        names.append(name)
        context = command.make_context(name, list(rest), parent=context)
        if not hasattr(command, "commands"):
            return " ".join(names)
        group, rest = command, [*context._protected_args, *context.args]
