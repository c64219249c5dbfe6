# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # A tour for methodologists
#
# A study is built in Python with an **estimator**, a **schedule** and a **mechanism of change** of
# one's own, all from one file; it is run, its results are read, one replication is computed again,
# and a small question is solved. Everything is tiny (three cities, six years, a few hundred
# programmes), so that it runs within seconds: the errors (`mcse`) beside the numbers are large.

# %%
import datetime as dt
import tempfile
from pathlib import Path

import altair as alt
import pandas as pd

import simdesign

pd.set_option("display.precision", 3)
folder = Path(tempfile.mkdtemp()) / "tour"
folder.mkdir()

# %% [markdown]
# ## A file of one's own
#
# Own parts are named `module:Name`. The file lies beside the study file, is installed, or is on
# `PYTHONPATH`; its source is hashed into every row it makes, so that an edit never mixes with rows
# from before.
#
# * An **estimator** gets what was reported by a look (later results are taken out for it) and
#   returns a score per replication and look. Only the order of scores matters: the alarm threshold
#   is set by simulation. Too little data is `NaN`, never an exception. Here: the last year's
#   national mean of log loads against the mean of all years before, in units of the years' own SD.
# * A **schedule** is a function of the calendar that returns campaigns. Here: two weeks in a row.
# * A **mechanism** returns the users after the change. Its load must change by the size that the
#   study states; it is tried before anything runs. Here: only the weekend grows.

# %%
PARTS = '''
from dataclasses import replace

import numpy as np

from simdesign.records import Fit, Status
from simdesign.sample import Campaign
from simdesign.simulate import regime


class LastYear:
    """The last year against all before it."""

    def __init__(self, name, spec):
        self.name = name
        self.least_years = spec.options.get("least_years", 3)

    def fit(self, observations, looks, substance):
        u = observations.substances.index(substance)
        with np.errstate(divide="ignore"):
            logs = np.log(observations.load[:, u])  # (replication, visit, day)
        seen = np.isfinite(logs)
        week = np.where(seen, logs, 0.0).sum(axis=2) / np.maximum(seen.sum(axis=2), 1)
        known = seen.any(axis=2).all(axis=0)  # visits that are reported by this look
        years = np.unique(observations.visits.year[known])
        shape = (observations.n_rep, looks.day.size)
        score, effect = np.full(shape, np.nan), np.full(shape, np.nan)
        status = np.full(shape, int(Status.TOO_LITTLE_DATA))
        if years.size >= self.least_years:
            level = np.stack(
                [week[:, known & (observations.visits.year == y)].mean(axis=1) for y in years], 1
            )
            before = level[:, :-1]
            effect[:, -1] = level[:, -1] - before.mean(axis=1)
            score[:, -1] = np.abs(effect[:, -1]) / before.std(axis=1, ddof=1)
            status[:, -1] = int(Status.OK)
        nothing = np.full(shape, np.nan)
        return Fit(
            estimator=self.name, substance=substance, score=score,
            published_alarm=np.zeros(shape, dtype=bool), prob_break=nothing, effect=effect,
            effect_low=nothing, effect_high=nothing, break_day=nothing, log_evidence=nothing,
            status=status,
        )


def two_weeks_in_a_row(calendar, first_week=11):
    sites = tuple(range(len(calendar.sites)))
    return [
        Campaign(days=calendar.sampled(calendar.week(year, week)), sites=sites, slot=f"week {week}")
        for year in calendar.years
        for week in (first_week, first_week + 1)
        if calendar.holds(calendar.week(year, week))
    ]


def weekend_users(name, substance, *, weekdays, size):
    before = regime(name, substance, weekdays=weekdays)
    weekend = np.arange(7) >= 4  # Friday to Sunday
    rise = size * before.factor.sum() / before.factor[weekend].sum()
    return replace(before, factor=before.factor * np.where(weekend, 1.0 + rise, 1.0))
'''
_ = (folder / "my_parts.py").write_text(PARTS, encoding="utf-8")

# %% [markdown]
# ## The study
#
# What is left out has a default from the catalogue. The engine of the project (`exact_step`) sees
# the same data as the own estimator. As TOML, beside the parts, the study can be run, resumed and
# passed on.

# %%
cities = [
    {"name": "north", "population": 300_000.0},
    {"name": "east", "population": 90_000.0},
    {"name": "south", "population": 40_000.0},
]
study = simdesign.Study.from_dict(
    {
        "name": "tour",
        "seed": 20260107,
        "aims": "Do two weeks in a row notice what one week does not?",
        "title": {"en": "A tour", "nl": "Een rondleiding"},
        "programme": {"start": dt.date(2026, 1, 1), "years": 6},
        "world": {"catchments": cities, "substances": {"cocaine": {}}},
        "null": {
            "catchments": cities,
            "substances": {"cocaine": {"sigma_shared": {"dist": "halfnormal", "scale": 0.08}}},
        },
        "change": {
            "kind": "level_shift",
            "mechanism": "my_parts:weekend_users",
            "size": 0.4,
            "at": {"dist": "uniform", "low": 3.0, "high": 3.9},
        },
        "factors": {"world.substances.*.sigma_shared": [0.0, 0.1]},
        "designs": {
            "one_week": {"schedule": {"kind": "fixed_weeks", "weeks": [11]}},
            "two_weeks": {"schedule": {"kind": "own", "uses": "my_parts:two_weeks_in_a_row"}},
        },
        "estimators": {
            "last_year": {
                "kind": "own",
                "uses": "my_parts:LastYear",
                "options": {"least_years": 3},
            },
            "exact": {"kind": "exact_step"},
        },
        "decision": {"reference": "one_week", "budget": 0.20},
        "sizes": {"quick": {"null": 200, "null_world": 60, "alternative": 60}},
    }
)
_ = (folder / "study.toml").write_text(study.to_toml(), encoding="utf-8")
[(item.name, item.role, item.n_rep) for item in study.scenarios("quick")]

# %% [markdown]
# ## Run it
#
# Called again, only what is missing is computed.

# %%
results = simdesign.run(folder / "study.toml", folder / "out", workers=1)
{
    key: value
    for key, value in results.status().items()
    if key in ("replications", "rows", "missing")
}

# %% [markdown]
# ## Rows and measures
#
# One row per replication, design, estimator, substance and look; rows hold scores, and thresholds
# are set afterwards.

# %%
rows = results.rows()
rows.loc[rows["estimator"] == "last_year", ["scenario", "replication", "design", "look", "score",
                                            "effect", "true_effect"]].iloc[2:6]  # fmt: skip

# %%
measures = results.measures()
ours = measures[
    (measures["measure"] == "power") & (measures["horizon"] == 2)
    & measures["threshold"].isin(["operating", "oracle"]) & (measures["budget"] == 0.20)
]  # fmt: skip
power = ours[ours["compared_with"] == ""]
power[["sigma_shared", "design", "estimator", "threshold", "value", "mcse", "n_rep", "n_failed"]]

# %% [markdown]
# Both designs saw the same replications, so that their difference is paired:

# %%
paired = ours[(ours["compared_with"] != "") & (ours["threshold"] == "operating")]
paired[["sigma_shared", "design", "estimator", "value", "mcse"]]

# %% [markdown]
# ## Verdict and figure
#
# The verdict rests on the project's engine where a study has one. Programmes of six years follow no
# break for the five years that the delay of the verdict counts, and so few programmes settle
# little: it says so. Its first lines:

# %%
from simdesign.report import verdict_text

print("\n".join(verdict_text(results.verdicts(), study=study)[:5]))

# %%
curve = measures[
    (measures["measure"] == "delay_curve") & (measures["threshold"] == "operating")
    & (measures["sigma_shared"] == 0.0) & (measures["compared_with"] == "")
    & measures["value"].notna()
]  # fmt: skip
shown = curve[["horizon", "value", "low", "high", "design", "estimator"]].to_dict("records")
axes = {
    "x": alt.X("horizon:Q", title="years after the break"),
    "color": alt.Color("design:N"),
    "strokeDash": alt.StrokeDash("estimator:N"),
}
alt.Chart(alt.Data(values=shown)).mark_line(point=True).encode(
    y=alt.Y("value:Q", title="P(noticed by then)", scale=alt.Scale(domain=[0, 1])), **axes
).properties(width=420, height=240)

# %% [markdown]
# ## One replication again
#
# Every random number has an address, so that any replication can be computed again by itself and
# compared with what is stored.

# %%
from simdesign.run.replayed import replayed

scenario = next(item.name for item in results.plan.scenarios if item.role == "alternative")
found = replayed(
    results, scenario=scenario, replication=7, design="two_weeks", estimator="last_year"
)
print(f"{scenario}, replication 7: changed on {found.truth['change_day']}; {found.stored}")
looks = pd.DataFrame(found.looks)
looks[["date", "score", "effect", "true_effect"]]

# %% [markdown]
# ## Solve a question
#
# How large must a rise be for one week, and for two, to notice it within two years in half of the
# cases? Sizes are read with the same luck, the threshold's own error is part of the interval
# (`docs/solving.md`). On the command line: `simdesign solve study.toml --knob size ...`.

# %%
from simdesign.run.question import question_of
from simdesign.run.solve import solve
from simdesign.studies.solve_words import lines

question = question_of(
    study,
    knobs=["size=0.1:1.5:0.05"],
    target="power@2=0.5",
    scenario="sigma_shared=0.0",
    folder=folder,
)
answer = solve(question, folder / "solved", limit=200, within=0.1)
print("\n".join(lines(answer)))

# %% [markdown]
# What is read once is stored: asked again with another target, only what is missing is computed.
