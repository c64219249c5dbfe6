"""What an estimator is."""

from typing import Any, ClassVar, Protocol, runtime_checkable

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
