"""What an estimator is, and how the known ones are found."""

import importlib
import pkgutil
from typing import Any, ClassVar, Protocol, runtime_checkable

from simdesign.errors import SpecError
from simdesign.records import Fit, Looks, Observations
from simdesign.spec.base import Spec


@runtime_checkable
class EstimatorEngine(Protocol):
    """Turns observations into scores at looks.

    A class of ``simdesign.fit`` with ``spec_type`` set is registered by being there.
    """

    spec_type: ClassVar[type[Spec]]

    def __init__(self, name: str, spec: Any) -> None: ...

    def fit(self, observations: Observations, looks: Looks, substance: str) -> Fit:
        """Fit all replications and looks; too little data is a status, never an exception."""
        ...


def engines() -> dict[type[Spec], type[EstimatorEngine]]:
    """Return every registered estimator: type of its description -> class."""
    package = importlib.import_module("simdesign.fit")
    found: dict[type[Spec], type[EstimatorEngine]] = {}
    for info in pkgutil.iter_modules(package.__path__):
        module = importlib.import_module(f"simdesign.fit.{info.name}")
        for item in vars(module).values():
            if isinstance(item, type) and item.__module__ == module.__name__:
                spec_type = getattr(item, "spec_type", None)
                if isinstance(spec_type, type):
                    found[spec_type] = item
    return found


def build(name: str, spec: Spec) -> EstimatorEngine:
    """Return the engine for a description; a user's own is imported by its name."""
    uses = getattr(spec, "uses", None)
    if uses is not None:
        engine: EstimatorEngine = own(f"estimators.{name}.uses", uses)(name, spec)
        return engine
    return engines()[type(spec)](name, spec)


def own(field: str, uses: str) -> Any:
    """Import ``package.module:Name``; errors name the field."""
    module_name, _, attribute = uses.partition(":")
    try:
        return getattr(importlib.import_module(module_name), attribute)
    except (ImportError, AttributeError) as error:
        raise SpecError(field, uses, f"must be importable ({error})") from None
