"""A study -> stored rows, thresholds, measures and verdicts: the place where stages meet.

The package can be called: ``simdesign.run(study)`` is ``simdesign.run.run(study)``.
"""

import sys
import types
from typing import Any

from simdesign.run.adaptive import next_plan as next_plan
from simdesign.run.adaptive import run_to_target as run_to_target
from simdesign.run.adaptive import said as said
from simdesign.run.assess import HORIZONS as HORIZONS
from simdesign.run.assess import Assessment as Assessment
from simdesign.run.backends import Backend as Backend
from simdesign.run.backends import DaskBackend as DaskBackend
from simdesign.run.backends import LocalBackend as LocalBackend
from simdesign.run.failures import MAX_FAILURES as MAX_FAILURES
from simdesign.run.failures import Kind as Kind
from simdesign.run.failures import failures as failures
from simdesign.run.files import write_atomic as write_atomic
from simdesign.run.forecast import Forecast as Forecast
from simdesign.run.forecast import PartForecast as PartForecast
from simdesign.run.forecast import StartForecast as StartForecast
from simdesign.run.forecast import forecast as forecast
from simdesign.run.job import run_task as run_task
from simdesign.run.judge import DELAY_YEARS as DELAY_YEARS
from simdesign.run.judge import VERDICT_YEARS as VERDICT_YEARS
from simdesign.run.judge import judging_estimator as judging_estimator
from simdesign.run.judge import shared_level as shared_level
from simdesign.run.judge import size_of as size_of
from simdesign.run.pilot import PILOT_SECONDS as PILOT_SECONDS
from simdesign.run.plan import Plan as Plan
from simdesign.run.plan import Task as Task
from simdesign.run.plan import looks_of as looks_of
from simdesign.run.plan import make_plan as make_plan
from simdesign.run.plan import missing_tasks as missing_tasks
from simdesign.run.plan import visits_of as visits_of
from simdesign.run.precision import LIMIT as LIMIT
from simdesign.run.precision import Target as Target
from simdesign.run.precision import begin as begin
from simdesign.run.precision import decisions as decisions
from simdesign.run.precision import target_of_plan as target_of_plan
from simdesign.run.price import Batch as Batch
from simdesign.run.price import Cost as Cost
from simdesign.run.price import Price as Price
from simdesign.run.price import price_of_store as price_of_store
from simdesign.run.progress import duration as duration
from simdesign.run.provenance import provenance as provenance
from simdesign.run.published import Published as Published
from simdesign.run.published import read as read
from simdesign.run.results import Results as Results
from simdesign.run.results import load as load
from simdesign.run.results import plain_json as plain_json
from simdesign.run.schema import COLUMNS as COLUMNS
from simdesign.run.store import Store as Store
from simdesign.run.work import run as run
from simdesign.run.work import run_plan as run_plan


class _Callable(types.ModuleType):
    def __call__(self, *args: Any, **options: Any) -> Results:
        return run(*args, **options)


sys.modules[__name__].__class__ = _Callable  # a package cannot define __call__ otherwise
