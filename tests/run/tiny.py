"""A study small enough to run within a test."""

from pathlib import Path

CATCHMENTS = """
catchments = [
  { name = "north", population = 300000.0 },
  { name = "east", population = 90000.0 },
  { name = "south", population = 40000.0 },
]
"""
TINY = f"""
name = "tiny"
seed = 7
aims = "A test."

[programme]
start = 2026-01-01
years = 6

[world]{CATCHMENTS}
[world.substances.cocaine]

[null]{CATCHMENTS}
[null.substances.cocaine]
sigma_shared = {{ dist = "halfnormal", scale = 0.08 }}
sigma_rw = {{ dist = "halfnormal", scale = 0.06 }}

[change]
kind = "level_shift"
size = 0.3
at = {{ dist = "uniform", low = 2.0, high = 3.0 }}

[factors]
"world.substances.*.sigma_shared" = [0.0, 0.1]
"change.size" = [0.3, -0.3]

[designs.annual]
schedule = {{ kind = "fixed_weeks", weeks = [11] }}

[designs.two]
schedule = {{ kind = "fixed_weeks", weeks = [11, 37] }}

[estimators.euda]
kind = "euda_rule"

[estimators.exact]
kind = "exact_step"

[decision]
reference = "annual"

[sizes.quick]
null = 24
null_world = 20
alternative = 12

[sizes.more]
null = 30
null_world = 20
alternative = 15
"""


def write_study(folder: Path, *changes: tuple[str, str]) -> Path:
    """Write the study with some pieces of its text replaced, and return its path."""
    text = TINY
    for old, new in changes:
        assert old in text, f"the study has no {old!r}"
        text = text.replace(old, new)
    path = folder / "study.toml"
    path.write_text(text, encoding="utf-8")
    return path


SCORE_ONLY = """\
        nothing = np.full(score.shape, np.nan)
        return Fit(
            estimator=self.name, substance=substance, score=score,
            published_alarm=np.zeros(score.shape, dtype=bool), prob_break=nothing,
            effect=nothing, effect_low=nothing, effect_high=nothing, break_day=nothing,
            log_evidence=nothing, status=np.zeros(score.shape, dtype=np.int64),
        )
"""
"""The end of ``fit`` in the text of an own estimator that has a score and nothing else."""
