"""Where everything in a folder of results lies: nobody else spells these names.

`run` writes these files and `report` reads them; neither imports the other.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

JOBS = "jobs"
MODEL_CHECK = "model_check"
"""Names of tables of ``check-model`` begin so."""
_MANIFEST = "manifest.json"
_SHARDS = "[!.]*.parquet"  # a name that begins with a dot is half made


@dataclass(frozen=True, slots=True)
class Paths:
    """The paths of a results folder (docs/store.md says what each holds)."""

    folder: Path

    @classmethod
    def of_shard(cls, shard: Path) -> "Paths":
        """Return the paths of the folder that a shard lies in."""
        return cls(shard.parent.parent)

    @property
    def manifest(self) -> Path:
        """The study, its size, and the code that computes it."""
        return self.folder / _MANIFEST

    @property
    def studies(self) -> Path:
        """Folder of the claims: a manifest for every content that the study ever had here."""
        return self.folder / "studies"

    @property
    def shards(self) -> Path:
        """Folder of the rows."""
        return self.folder / "shards"

    @property
    def damaged(self) -> Path:
        """Folder of shards whose bytes had changed."""
        return self.folder / "damaged"

    @property
    def measures(self) -> Path:
        """Table of performance measures."""
        return self.folder / "measures.csv"

    @property
    def verdict(self) -> Path:
        """The verdicts."""
        return self.folder / "verdict.json"

    @property
    def measures_parquet(self) -> Path:
        """The same as Parquet; not published."""
        return self.folder / "measures.parquet"

    @property
    def page(self) -> Path:
        """The adviser's page."""
        return self.folder / "page.html"

    @property
    def methods(self) -> Path:
        """The methodologist's report."""
        return self.folder / "methods.html"

    @property
    def precision(self) -> Path:
        """Decisions of adaptive replications."""
        return self.folder / "precision.json"

    @property
    def stability(self) -> Path:
        """What would change the verdicts."""
        return self.folder / "stability.json"

    @property
    def solve(self) -> Path:
        """What ``simdesign solve`` last found here."""
        return self.folder / "solve.json"

    @property
    def options(self) -> Path:
        """Which design to choose, and what its samples are worth."""
        return self.folder / "options.json"

    @property
    def explore(self) -> Path:
        """Numbers of the what-if explorer."""
        return self.folder / "explore.json"

    @property
    def refined(self) -> Path:
        """Folder of the fits of slow estimators, one folder each."""
        return self.folder / "refined"

    @property
    def jobs(self) -> Path:
        """Folder of what was submitted to a cluster."""
        return self.folder / JOBS

    @property
    def model_check(self) -> Path:
        """What ``check-model`` found."""
        return self.folder / f"{MODEL_CHECK}.json"

    def model_check_table(self, name: str) -> Path:
        """Return the path of one of its tables: ``curves``, ``frequencies`` or ``tests``."""
        return self.folder / f"{MODEL_CHECK}_{name}.csv"

    def job(self, name: str) -> "JobPaths":
        """Return the paths of one submission, such as ``0001``."""
        return JobPaths(self.jobs / name)

    def shard_files(self) -> Iterator[Path]:
        """Yield the shards."""
        return self.shards.glob(_SHARDS)


@dataclass(frozen=True, slots=True)
class ClaimPaths:
    """The paths in a folder of claims."""

    folder: Path

    def claim(self, number: int) -> Path:
        """Return the folder of a claim."""
        return self.folder / f"{number:04d}"

    @property
    def manifest_name(self) -> str:
        """Name of the one file in it."""
        return _MANIFEST

    def manifests(self) -> Iterator[Path]:
        """Yield the manifest of every claim."""
        return self.folder.glob(f"[0-9][0-9][0-9][0-9]/{_MANIFEST}")


@dataclass(frozen=True, slots=True)
class JobPaths:
    """The paths of one submission to a cluster: a folder below ``jobs``."""

    folder: Path

    @property
    def results(self) -> Path:
        """The results folder."""
        return self.folder.parent.parent

    @property
    def record(self) -> Path:
        """What was asked for, and which jobs it became."""
        return self.folder / "submission.json"

    @property
    def elements(self) -> Path:
        """The replications of every element, one element a line."""
        return self.folder / "elements.jsonl"

    @property
    def pilot(self) -> Path:
        """What the first element measured."""
        return self.folder / "pilot.json"

    @property
    def ended(self) -> Path:
        """What became of every element, when none runs any more."""
        return self.folder / "ended.json"

    @property
    def notes(self) -> Path:
        """Folder of what elements say of themselves."""
        return self.folder / "elements"

    @property
    def logs(self) -> Path:
        """Folder of what elements and collection printed."""
        return self.folder / "logs"

    def script(self, name: str) -> Path:
        """Return the path of a script: ``elements`` or ``collect``."""
        return self.folder / f"{name}.sbatch"

    def note(self, number: int) -> Path:
        """Return the path of what an element last said of itself."""
        return self.notes / f"{number:06d}.json"

    def exit(self, number: int) -> Path:
        """Return the path of how its process ended, written by the shell beside it."""
        return self.notes / f"{number:06d}.exit"


@dataclass(frozen=True, slots=True)
class PublishedPaths:
    """The paths of published results: what is committed of a study."""

    folder: Path

    @property
    def lock(self) -> Path:
        """What reproduces the numbers."""
        return self.folder / "study.lock.json"

    @property
    def circumstances(self) -> Path:
        """When, where and how long: never compared."""
        return self.folder / "run.json"

    @property
    def measures(self) -> Path:
        """Table of the performance measures that are read."""
        return self.folder / "measures.csv.gz"

    @property
    def verdict(self) -> Path:
        """The verdicts."""
        return Paths(self.folder).verdict

    @property
    def stability(self) -> Path:
        """What would change the verdicts, where that was asked."""
        return Paths(self.folder).stability

    @property
    def options(self) -> Path:
        """Which design to choose, where that was asked."""
        return Paths(self.folder).options

    @property
    def explore(self) -> Path:
        """Numbers of the what-if explorer, where they were computed."""
        return Paths(self.folder).explore

    @property
    def page(self) -> Path:
        """The adviser's page."""
        return Paths(self.folder).page

    @property
    def methods(self) -> Path:
        """The methodologist's report."""
        return Paths(self.folder).methods
