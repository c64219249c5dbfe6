"""Dotted paths into plain data: how factors and departures name a field of a scenario."""

from typing import Any

from simdesign.errors import SpecError


def assign(
    parts: dict[str, Any], path: str, value: Any, *, place: str, may_be_new: bool = False
) -> None:
    """Set a field in plain data; ``*`` stands for every key of a table.

    Parameters
    ----------
    parts : dict
        ``world`` and ``change`` as plain data; changed in place.
    path : str
    value : object
    place : str
        Where the path stands in the study, for messages.
    may_be_new : bool
        The last key need not be there yet: whoever validates the data knows the fields.

    Raises
    ------
    SpecError
        When the path leads nowhere.
    """
    *parents, last = path.split(".")
    tables: list[Any] = [parts]
    for key in parents:
        if key == "*":
            tables = [child for table in tables for child in table.values()]
        elif any(not isinstance(table, dict) or key not in table for table in tables):
            raise SpecError(f"{place}.{path}", key, "is no field of the scenario")
        else:
            tables = [table[key] for table in tables]
    for table in tables:
        if not isinstance(table, dict) or not (may_be_new or last in table):
            raise SpecError(f"{place}.{path}", last, "is no field of the scenario")
        table[last] = value
