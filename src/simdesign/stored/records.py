"""What the files of a results folder must hold, a record each."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from simdesign.stored.reading import Record

FORMAT = 2
"""Of a results folder; 1 had shards without the hash of their bytes in their names."""
SUBMISSION_FORMAT = 1
MODEL_CHECK_FORMAT = 1
LOCK_FORMAT = 1
MOST_OF_A_SCENARIO = 10_000_000
"""Of a scenario: a probability is known within 0.00016 by then, and what is missing of each cell
is held in memory, a byte a replication."""
_MOST_ELEMENTS = 10_000_000  # Slurm itself allows four million

Count = Annotated[int, Field(ge=1, le=MOST_OF_A_SCENARIO)]
Whole = Annotated[int, Field(ge=0)]
_AnyFloat = Annotated[float, Field(allow_inf_nan=True)]


def _format(expected: int, of: str) -> BeforeValidator:
    def check(value: Any) -> Any:
        if value != expected or isinstance(value, bool):
            raise ValueError(f"must be {of} of format {expected}")
        return value

    return BeforeValidator(check)


def _numbers(value: Any) -> Any:
    """Accept a number of replications, one for each scenario, or None."""
    each = value.values() if isinstance(value, dict) else (1 if value is None else value,)
    for number in each:
        if not isinstance(number, int) or isinstance(number, bool):
            rule = "must be a number of replications, one for each scenario, or null"
            raise ValueError(rule)
        if not 1 <= number <= MOST_OF_A_SCENARIO:
            raise ValueError(f"must be from 1 to {MOST_OF_A_SCENARIO}")
    return value


def _path(value: str) -> str:
    if not value or "\0" in value:
        raise ValueError("must be a path")
    return value


Replications = Annotated[int | dict[str, int] | None, BeforeValidator(_numbers)]
RelativePath = Annotated[str, AfterValidator(_path)]


class TargetRecord(Record):
    """What adaptive replications are to reach (`run.precision.Target`)."""

    mcse: float | None
    measures: tuple[str, ...]
    paired: bool
    limit: Whole


class Manifest(Record):
    """The study of a results folder, its size, and the code that computes it."""

    simdesign: Annotated[Literal[2], _format(FORMAT, "a manifest")]
    study: dict[str, Any]
    study_hash: str
    size: str
    replications: Replications
    code: str
    own_sources: dict[str, str] = {}
    provenance: dict[str, str] = {}
    target: TargetRecord | None = None
    own_parts: RelativePath | None = None


class QuestionRecord(Record):
    """A number that was not precise enough."""

    scenario: str
    what: str
    value: _AnyFloat
    mcse: _AnyFloat
    wanted: _AnyFloat


class RoundRecord(Record):
    """What was decided at one border."""

    look: Count
    spent: dict[str, Count]
    asked: Whole
    undefined: Whole
    open: tuple[QuestionRecord, ...]
    then: dict[str, Count]

    @model_validator(mode="after")
    def _same_scenarios(self) -> "RoundRecord":
        if self.then.keys() != self.spent.keys():
            raise ValueError("must have the same scenarios in `then` as in `spent`")
        return self


class Precision(Record):
    """The decisions of adaptive replications."""

    study_hash: str
    size: str
    target: TargetRecord
    rounds: tuple[RoundRecord, ...]


class VerdictFile(Record):
    """The verdicts, and what they were computed from."""

    state: str = ""
    n_missing: Whole = 0
    digest: str = ""
    verdicts: tuple[dict[str, Any], ...] = ()
    averages: tuple[dict[str, Any], ...] = ()
    notes: tuple[str, ...] = ()


class StabilityFile(Record):
    """What would change the verdicts, and of which rows."""

    stability: Literal[1]
    state: str
    rows: tuple[dict[str, Any], ...]
    flips: tuple[dict[str, Any], ...]
    margins: tuple[dict[str, Any], ...]
    grids: tuple[dict[str, Any], ...]
    refused: tuple[dict[str, Any], ...]


class OptionsFile(Record):
    """Which design to choose, of which rows."""

    options: Literal[1]
    state: str
    reference: str
    designs: tuple[dict[str, Any], ...]
    substances: tuple[dict[str, Any], ...]


class ExploreFile(Record):
    """What the explorer shows, of which rows."""

    explore: Literal[1]
    state: str
    estimator: str
    reference: str
    budget: float
    budgets: tuple[float, ...]
    horizons: tuple[float, ...]
    times: tuple[float, ...]
    units: tuple[float, ...]
    factors: tuple[dict[str, Any], ...]
    designs: tuple[dict[str, Any], ...]
    substances: tuple[dict[str, Any], ...]


class CheckedCell(Record):
    """What ``check-model`` found of one estimator, design and substance."""

    estimator: str
    design: str
    substance: str
    look: int
    model_hash: str
    design_hash: str
    n: int
    n_failed: int
    n_test: int
    smallest_p: float | None
    rejected: tuple[str, ...]
    coverage: float | None
    coverage_mcse: float | None


class ModelCheck(Record):
    """What ``check-model`` found, and with which kernels."""

    model_check: Annotated[Literal[1], _format(MODEL_CHECK_FORMAT, "a check")]
    kernels: str
    cells: tuple[CheckedCell, ...]


class OptionsRecord(Record):
    """How a study was submitted (`run.cluster.ClusterOptions`)."""

    sbatch: dict[str, str]
    throttle: Annotated[int, Field(ge=1)] | None
    prologue: str
    task_minutes: Annotated[float, Field(gt=0)]
    python: Annotated[tuple[str, ...], Field(min_length=1)]
    max_failures: Annotated[float, Field(ge=0, le=1)]


class RequestRecord(Record):
    """What an element was given."""

    minutes: Annotated[int, Field(ge=1, le=2**31)]
    minutes_from_prediction: bool
    memory_mib: Annotated[int, Field(ge=1, le=2**31)]
    lead_seconds: Annotated[int, Field(ge=0, le=2**31)]


class ArrayRecord(Record):
    """An array of elements, or one element alone."""

    job: Annotated[str, Field(min_length=1)]
    offset: Whole
    n: Annotated[int, Field(ge=1)]
    is_array: bool
    minutes: Annotated[int, Field(ge=1, le=2**31)]
    seconds: Annotated[float, Field(ge=0)]


class SubmissionRecord(Record):
    """What was asked for of a cluster, and which jobs it became."""

    simdesign: Annotated[Literal[1], _format(SUBMISSION_FORMAT, "a record of a submission")]
    n_element: Annotated[int, Field(ge=0, le=_MOST_ELEMENTS)]
    has_pilot: bool
    options: OptionsRecord
    request: RequestRecord
    is_complete: bool
    arrays: tuple[ArrayRecord, ...]
    collect: str
    refused: str
    retry_of: str | None = None


class PilotRecord(Record):
    """What the first element of a submission measured."""

    host: str
    startup_seconds: float
    compile_seconds: float
    seconds_per_replication: dict[str, float]
    measured_to_expected: float


class Lock(Record):
    """What reproduces published numbers."""

    simdesign: Annotated[Literal[1], _format(LOCK_FORMAT, "a lock")]
    study: dict[str, Any]
    size: str
    replications: Replications
    target: TargetRecord | None = None
    own_parts: RelativePath | None = None
