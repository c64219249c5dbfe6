"""Every error that simdesign raises on purpose: one line that names place, value and rule.

All of them survive a trip through ``pickle``, so that a worker can report them.
"""

from typing import ClassVar


class SimDesignError(Exception):
    """Base of every error that simdesign raises on purpose."""

    exit_status: ClassVar[int] = 2
    """Of the command line: 2 is wrong input."""


class SpecError(SimDesignError, ValueError):
    """A specification is wrong.

    Parameters
    ----------
    field : str
        Dotted path of the field, for example ``designs.annual.days``.
    value : object
        What was found there.
    rule : str
        What must hold.
    source : str
        File the specification came from; empty for Python objects.
    """

    def __init__(self, field: str, value: object, rule: str, source: str = "") -> None:
        place = f"{source}: {field}" if source else field
        super().__init__(f"{place}: {rule}, got {value!r}")
        self.field, self.value, self.rule, self.source = field, value, rule, source

    def __reduce__(self) -> tuple[type, tuple[object, ...]]:
        """Rebuild from the parts and not from the message."""
        return type(self), (self.field, self.value, self.rule, self.source)


class FlagError(SpecError):
    """A flag of the command line does not go with the rest; it has no value to name."""

    def __init__(self, field: str, rule: str) -> None:
        super().__init__(field, True, rule)
        self.args = (f"{field}: {rule}",)

    def __reduce__(self) -> tuple[type, tuple[object, ...]]:
        """Rebuild from the parts and not from the message."""
        return type(self), (self.field, self.rule)


class FieldError(SpecError):
    """A rule over several fields is broken; the field is named from the description that has it."""


class DataError(SimDesignError, ValueError):
    """A data file cannot be understood; ``row`` counts the header as row 1."""

    def __init__(
        self, source: str, field: str, value: object, rule: str, row: int | None = None
    ) -> None:
        where = f"{source}: row {row}: {field}" if row is not None else f"{source}: {field}"
        super().__init__(f"{where}: {rule}, got {value!r}")
        self.source, self.field, self.value, self.rule, self.row = (
            source,
            field,
            value,
            rule,
            row,
        )

    def __reduce__(self) -> tuple[type, tuple[object, ...]]:
        """Rebuild from the parts and not from the message."""
        return type(self), (self.source, self.field, self.value, self.rule, self.row)


class IsolatedError(SimDesignError, RuntimeError):
    """A call in a process of its own gave no answer: it crashed, hung or raised."""

    def __init__(self, uses: str, rule: str) -> None:
        super().__init__(f"{uses} {rule}")
        self.uses, self.rule = uses, rule

    def __reduce__(self) -> tuple[type, tuple[object, ...]]:
        """Rebuild from the parts and not from the message."""
        return type(self), (self.uses, self.rule)


class StoreError(SimDesignError):
    """A results folder cannot be used; it is left as it was."""

    def __init__(self, path: str, rule: str) -> None:
        super().__init__(f"{path}: {rule}")
        self.path, self.rule = path, rule

    def __reduce__(self) -> tuple[type, tuple[object, ...]]:
        """Rebuild from the parts and not from the message."""
        return type(self), (self.path, self.rule)


class ClusterError(SimDesignError):
    """A scheduler refused something or is not there."""

    def __init__(self, command: str, rule: str) -> None:
        super().__init__(f"{command}: {rule}")
        self.command, self.rule = command, rule

    def __reduce__(self) -> tuple[type, tuple[object, ...]]:
        """Rebuild from the parts and not from the message."""
        return type(self), (self.command, self.rule)


class WriteError(SimDesignError):
    """The machine did not let us write: no space, no permission. The input was right: status 1."""

    exit_status: ClassVar[int] = 1

    def __init__(self, path: str, why: str) -> None:
        super().__init__(
            f"{path}: cannot be written ({why}); what is stored stays, run again to go on"
        )
        self.path, self.why = path, why

    def __reduce__(self) -> tuple[type, tuple[object, ...]]:
        """Rebuild from the parts and not from the message."""
        return type(self), (self.path, self.why)


class StoppedError(SimDesignError):
    """A run ended before its study was complete; what is stored stays, and can be gone on with."""

    exit_status: ClassVar[int] = 1
