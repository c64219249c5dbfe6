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
# # A first study
#
# Does one measurement round a year notice a lasting rise of 30 % as well as four rounds do? This
# notebook asks the question in a tiny study that runs within seconds. It has far too few
# replications for an answer; the Monte Carlo errors below say so. The default study in
# `experiments/annual_claim` is the same question asked properly.

# %%
import tempfile
from pathlib import Path

import simdesign

# %% [markdown]
# ## Describe it
#
# A study is data: worlds, a change, factors that are crossed, designs, estimators, how they are
# judged, and how much is computed. What is left out comes from the catalogue (20 synthetic Dutch-
# like catchments, cocaine) or from stated defaults. A mistake is reported here, before anything
# runs.

# %%
study = simdesign.Study.from_dict(
    {
        "name": "first_study",
        "seed": 1,
        "aims": "Does one round a year notice a rise of 30 % as well as four rounds?",
        "title": {"en": "A first study", "nl": "Een eerste studie"},
        "change": {"kind": "level_shift", "size": 0.3},
        "factors": {"world.substances.*.sigma_shared": [0.0, 0.10]},
        "designs": {
            "annual": {"schedule": {"kind": "rounds", "per_year": 1}},
            "four_rounds": {"schedule": {"kind": "rounds", "per_year": 4}},
        },
        "estimators": {"exact": {"kind": "exact_step"}},
        "decision": {"reference": "annual"},
        "sizes": {"quick": {"null": 60, "null_world": 40, "alternative": 40}},
    }
)
study.hash()

# %% [markdown]
# The content hash stands for everything that determines the numbers, except how many there are.

# %%
[(scenario.name, scenario.role, scenario.n_rep) for scenario in study.scenarios("quick")]

# %% [markdown]
# ## Run it
#
# A results folder is written task by task. Running the same study into the same folder again
# computes only what is missing.

# %%
folder = Path(tempfile.mkdtemp()) / "first_study"
results = simdesign.run(study, folder, workers=1)
results.status(digest=False)

# %% [markdown]
# ## Look at what is stored
#
# One row per replication, design, estimator, substance and look. Rows hold scores, not alarms:
# another false-alarm budget needs no new simulation.

# %%
rows = results.rows()
rows[["scenario", "replication", "design", "look", "score", "prob_break", "true_effect"]].head()

# %% [markdown]
# ## Measures, each with its Monte Carlo error
#
# Power: the first alarm comes within three years of the break. The operating threshold is what
# can be used in practice, the oracle one needs to know the shared error.

# %%
measures = results.measures()
power = measures[
    (measures["measure"] == "power")
    & (measures["horizon"] == 3)
    & measures["threshold"].isin(["operating", "oracle"])
    & (measures["budget"] == study.decision.budget)
    & (measures["compared_with"] == "")
]
power[["sigma_shared", "design", "threshold", "value", "mcse", "n_rep"]].round(3)

# %% [markdown]
# The same replications were measured by both designs, so their difference is paired and its error
# is smaller than that of two separate studies.

# %%
paired = measures[
    (measures["measure"] == "power")
    & (measures["horizon"] == 3)
    & (measures["threshold"] == "operating")
    & (measures["compared_with"] == "annual")
]
paired[["sigma_shared", "design", "value", "mcse", "compared_with"]].round(3)

# %% [markdown]
# ## The verdict
#
# *As good*, *not as good*, or *cannot be told yet*: so few of them will
# mostly give the last.

# %%
from simdesign.report import verdict_text, write_page

print("\n".join(verdict_text(results.verdicts(), study=study)))

# %% [markdown]
# ## The page
#
# One file that opens from disk, in English and Dutch.

# %%
results.save()
page = write_page(results.folder)
page.name, page.stat().st_size > 0
