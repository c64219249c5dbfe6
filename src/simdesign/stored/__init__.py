"""stored: where the files of a results folder lie, and what each must hold."""

from simdesign.stored.lock import read_lock as read_lock
from simdesign.stored.paths import JOBS as JOBS
from simdesign.stored.paths import MODEL_CHECK as MODEL_CHECK
from simdesign.stored.paths import ClaimPaths as ClaimPaths
from simdesign.stored.paths import JobPaths as JobPaths
from simdesign.stored.paths import Paths as Paths
from simdesign.stored.paths import PublishedPaths as PublishedPaths
from simdesign.stored.reading import Record as Record
from simdesign.stored.reading import parsed as parsed
from simdesign.stored.reading import read_plain as read_plain
from simdesign.stored.reading import read_record as read_record
from simdesign.stored.reading import short as short
from simdesign.stored.records import FORMAT as FORMAT
from simdesign.stored.records import LOCK_FORMAT as LOCK_FORMAT
from simdesign.stored.records import MOST_OF_A_SCENARIO as MOST_OF_A_SCENARIO
from simdesign.stored.records import SUBMISSION_FORMAT as SUBMISSION_FORMAT
from simdesign.stored.records import Lock as Lock
from simdesign.stored.records import Manifest as Manifest
from simdesign.stored.records import ModelCheck as ModelCheck
from simdesign.stored.records import OptionsFile as OptionsFile
from simdesign.stored.records import PilotRecord as PilotRecord
from simdesign.stored.records import Precision as Precision
from simdesign.stored.records import StabilityFile as StabilityFile
from simdesign.stored.records import SubmissionRecord as SubmissionRecord
from simdesign.stored.records import VerdictFile as VerdictFile
