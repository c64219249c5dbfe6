"""Simulation studies of sampling designs that detect trend breaks in wastewater drug loads.

``study = simdesign.Study.from_toml(path)``, ``results = simdesign.run(study)``,
``results.rows()``, ``results.measures()``; later ``simdesign.load(folder)``.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from simdesign.errors import DataError as DataError
    from simdesign.errors import SimDesignError as SimDesignError
    from simdesign.errors import SpecError as SpecError
    from simdesign.errors import StoreError as StoreError
    from simdesign.run import Results as Results
    from simdesign.run import load as load
    from simdesign.spec.study import Study as Study

_WHERE = {
    "DataError": "simdesign.errors",
    "SimDesignError": "simdesign.errors",
    "SpecError": "simdesign.errors",
    "StoreError": "simdesign.errors",
    "Results": "simdesign.run",
    "Study": "simdesign.spec.study",
    "load": "simdesign.run",
}
__all__ = ["__version__", "run", *_WHERE]


def __getattr__(name: str) -> Any:
    """Import a public name when it is asked for (PEP 562): ``import simdesign`` stays light."""
    if name == "__version__":  # it stands in one place, pyproject.toml
        from importlib.metadata import version

        return version("wbe-simdesign")
    if name == "run":  # a package that can be called
        return import_module("simdesign.run")
    if name in _WHERE:
        return getattr(import_module(_WHERE[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """Return the public names."""
    return sorted(__all__)
