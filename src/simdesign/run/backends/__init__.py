"""Tasks -> stored shards, on one machine or on many."""

from simdesign.run.backends.local import run_locally as run_locally
