"""Which class of mechanisms is the right one to name for a change of a world.

docs/mechanisms.md has the table of classes; this is it as data.
"""

from simdesign.spec.change import Change, NoChange
from simdesign.spec.mechanism import ExactMechanism, StreamKind

CLASS_OF: dict[str, str] = {
    "more_users": "more_users",
    "new_light_users": "more_users",
    "heavier_use": "heavier_use",
    "more_often": "heavier_use",
    "more_per_occasion": "dose_or_purity",
    "higher_purity": "dose_or_purity",
}
"""Mechanism of a world -> class that an analysis asks about."""
EXPLANATIONS = ("more_users", "heavier_use", "higher_purity")
"""What a rise is explained by in public: the same use by a larger group, heavier use by a small
group, a higher purity."""
EXPLANATIONS_LIGHT = ("new_light_users", "heavier_use", "higher_purity")
"""The same, with a larger group that is of light users alone."""


def class_of(change: Change) -> str | None:
    """Return the class whose name would be right; None where none is.

    None without a change, for a mixture of classes, a substitution and a user's own mechanism: any
    name would be wrong then.
    """
    if isinstance(change, NoChange):
        return None
    mechanism = change.mechanism
    parts = mechanism if isinstance(mechanism, dict) else (mechanism,)
    found = {CLASS_OF.get(part) if isinstance(part, str) else None for part in parts}
    return found.pop() if len(found) == 1 else None


def mechanism_name(change: Change) -> str:
    """Return the mechanism of a change as one word; parts of a mixture are joined by ``+``."""
    if isinstance(change, NoChange):
        return ""
    mechanism = change.mechanism
    if isinstance(mechanism, str):
        return mechanism
    if isinstance(mechanism, dict):
        return "+".join(mechanism)
    return f"{mechanism.source}>{mechanism.to}"


def used_streams(
    estimator: ExactMechanism, bought: tuple[StreamKind, ...]
) -> tuple[StreamKind, ...]:
    """Return the extra series that an analysis of a design really uses."""
    return tuple(kind for kind in bought if kind in estimator.streams)
