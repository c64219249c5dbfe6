"""Tasks -> stored shards, on one machine or on many.

A backend that waits for its workers has the shape of `Backend`; it knows nothing of studies.
"""

from simdesign.run.backends.base import Backend as Backend
from simdesign.run.backends.base import LostWorkersError as LostWorkersError
from simdesign.run.backends.dask import DaskBackend as DaskBackend
from simdesign.run.backends.local import LocalBackend as LocalBackend
from simdesign.run.backends.local import run_locally as run_locally
from simdesign.run.backends.slurm_options import SbatchOptions as SbatchOptions
from simdesign.run.backends.slurm_options import sbatch_options as sbatch_options
