"""How estimators are found: by being there."""

import importlib
import pkgutil

from simdesign.fit.base import EstimatorEngine
from simdesign.spec.base import Spec

LOADED_LATE = frozenset({"simdesign.fit.pymc_engine"})
"""Files without an estimator's class that import a heavy library: their users load them."""


def engines() -> dict[type[Spec], type[EstimatorEngine]]:
    """Return every registered estimator: type of its description -> class."""
    package = importlib.import_module("simdesign.fit")
    found: dict[type[Spec], type[EstimatorEngine]] = {}
    for info in pkgutil.walk_packages(package.__path__, "simdesign.fit."):
        if info.name in LOADED_LATE:
            continue
        module = importlib.import_module(info.name)
        for item in vars(module).values():
            if isinstance(item, type) and item.__module__ == module.__name__:
                spec_type = getattr(item, "spec_type", None)
                if isinstance(spec_type, type):
                    found[spec_type] = item
    return found


def build(name: str, spec: Spec) -> EstimatorEngine:
    """Return the engine for a description."""
    return engines()[type(spec)](name, spec)
