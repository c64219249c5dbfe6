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
# # The claim, step by step
#
# A Dutch pilot measured drug residues at 20 treatment plants in five weeks between November 2023
# and November 2024. Its conclusion (RIVM, news of November 2025), in our words: *one round of
# measurements a year, every year at the same moment, is enough to keep the national picture,
# because use is fairly constant through the year.*
#
# Two claims are in that sentence, the **picture** and (as it is often read) that a lasting
# **break** would be noticed. This notebook goes from the sentence to a verdict with a cut-down copy
# of `experiments/annual_claim`: one drug, one size of change, two levels of the shared error, three
# designs, eight years instead of ten, and few replications. Every number is computed here and has
# its Monte Carlo standard error (`mcse`) beside it. **These errors are large, so the numbers are
# examples, not the answer**; the answer is that study at size full.

# %%
import datetime as dt
import tempfile
from pathlib import Path
from statistics import NormalDist

import altair as alt
import numpy as np
import pandas as pd

import simdesign

pd.set_option("display.precision", 3)
study = simdesign.Study.from_dict(
    {
        "name": "the_claim",
        "seed": 20260101,
        "aims": "Is one round a year as good as two or four, for the picture and for a break?",
        "title": {"en": "The claim, step by step", "nl": "De bewering, stap voor stap"},
        "programme": {"start": dt.date(2026, 1, 1), "years": 8, "report_lag": 90},
        "world": {"substances": {"cocaine": {}}},
        "null": {
            "substances": {
                "cocaine": {
                    "estimate": "NL",
                    "r_lab": {"dist": "choice", "values": [0.0, 0.5, 0.8]},
                    "shared_weeks": {"dist": "choice", "values": [1.0, 4.0, 12.0]},
                    "season_amplitude": {"dist": "halfnormal", "scale": 0.08},
                }
            }
        },
        "change": {
            "kind": "level_shift",
            "mechanism": "more_users",
            "size": 0.3,
            "at": {"dist": "uniform", "low": 2.0, "high": 5.0},
        },
        "factors": {"world.substances.*.sigma_shared": [0.03, 0.10]},
        "designs": {
            "annual": {"schedule": {"kind": "fixed_weeks", "weeks": [11]}},
            "two_rounds": {"schedule": {"kind": "fixed_weeks", "weeks": [11, 37]}},
            "four_rounds": {"schedule": {"kind": "fixed_weeks", "weeks": [11, 24, 37, 50]}},
        },
        "estimators": {"exact": {"kind": "exact_step"}},
        "decision": {"reference": "annual", "budget": 0.10},
        "sizes": {"quick": {"null": 120, "null_world": 50, "alternative": 50}},
    }
)
margin = study.decision.margin
print(f"budget: P(any alarm in {study.programme.years} years) = {study.decision.budget:g}")
print(
    f"as good: power at most {margin.power:g} lower, delay at most {margin.delay_years:g} year"
    f" longer, P(wrong three-year change) at most {margin.picture:g} higher"
)

# %% [markdown]
# ## What a round measures
#
# The national mean of a round averages away what belongs to single sites, and cannot average away
# what all sites share: a laboratory's batch, a special week. With m rounds in a year
#
# $$\mathrm{SE}^2 = \sigma_{shared}^2 R + k\,(\sigma_{site}^2 + \sigma_{day}^2 A(\rho)) / m$$
#
# where R is the mean correlation of the shared error over all pairs of rounds, each with itself
# among them (1 for one round), k one over the effective number of sites, and $A(\rho)$ what seven
# days leave of the day noise (`docs/constancy.md`, `docs/world.md`; count noise is left out).
# The SE by design and level of the shared error:

# %%
from simdesign.spec.quantity import expectation
from simdesign.studies.constancy.rounds import rounds_of, shared_correlation

cocaine = study.world.substances["cocaine"]
value = {
    name: expectation(getattr(cocaine, name))
    for name in ("lab_share", "r_lab", "shared_weeks", "sigma_site", "day_sd", "day_rho")
}
lag = np.arange(1, 7)
seven_days = (1 + 2 * np.sum((1 - lag / 7) * value["day_rho"] ** lag)) / 7
site_week = value["sigma_site"] ** 2 + value["day_sd"] ** 2 * seven_days
theta = {name: np.array([value[name]]) for name in ("lab_share", "r_lab", "shared_weeks")}


def standard_error(sigma_shared, weeks, sites=1.0):
    """Return the SE of a year's national log mean with so many times the sites."""
    rounds = rounds_of(study.world, [(2026, week) for week in weeks])
    shared = sigma_shared**2 * shared_correlation(theta, rounds).mean()
    return np.sqrt(shared + rounds.concentration * site_week / sites / len(weeks))


designs = {name: item.schedule.weeks for name, item in study.designs.items()}
cases = [(name, weeks, 1) for name, weeks in designs.items()]
cases += [("annual, five times the sites", designs["annual"], 5)]
closed = pd.DataFrame(
    {
        "shared error": shared,
        "design": name,
        "SE": standard_error(shared, weeks, sites),
    }
    for shared in (0.0, 0.03, 0.06, 0.10)
    for name, weeks, sites in cases
)
error = closed.pivot(index="design", columns="shared error", values="SE")
error.round(3)

# %% [markdown]
# In per cent, the smallest change from one year to the next that a two-sided 5 % test, whose user
# knows the SE, notices with a probability of 0.80:

# %%
z = NormalDist().inv_cdf(0.975) + NormalDist().inv_cdf(0.80)
(100 * np.expm1(z * np.sqrt(2) * error)).round(1)

# %% [markdown]
# This is the crux. Without a shared error, more sites or more rounds help alike; with a large one,
# sites hardly help, and rounds only as far as the error differs between rounds of one year. The
# real level of a year moves besides, which makes a *lasting* change harder still.

# %% [markdown]
# ## One replication looked at
#
# The study is run, and one replication is computed again from its address: the truth (weekly
# means of the national load, which nobody sees), what the laboratory reports in one round a year
# (dots), and the fit at every yearly look.

# %%
from simdesign.run.replay import Replay
from simdesign.run.replayed import replayed
from simdesign.units import date_of

results = simdesign.run(study, Path(tempfile.mkdtemp()) / "the_claim", workers=1)
scenario = next(
    item for item in results.plan.scenarios if item.role == "alternative" and "0.03" in item.name
)
number = 0
truth = Replay(study, scenario, "annual").truth(number)
found = replayed(
    results, scenario=scenario.name, replication=number, design="annual", estimator="exact"
)
weight = dict(zip(truth.sites, truth.population / truth.population.sum(), strict=True))
nation = truth.expected_load[0].T @ np.array(list(weight.values()))
days = [date_of(truth.first_day + t).isoformat() for t in range(truth.n_day)]
seen = [
    {"date": item.first, "load": sum(weight[name] * mean for name, mean in item.mean.items())}
    for item in found.campaigns
]
print(f"{scenario.name}, replication {number}; the change begins on {found.truth['change_day']}")
line = [{"date": days[t], "load": nation[t : t + 7].mean()} for t in range(0, truth.n_day - 6, 7)]
axes = {
    "x": alt.X("date:T", title=None),
    "y": alt.Y("load:Q", title="mg per 1000 inhabitants and day", scale=alt.Scale(zero=False)),
}
alt.layer(
    alt.Chart(alt.Data(values=line)).mark_line(color="grey", strokeWidth=1).encode(**axes),
    alt.Chart(alt.Data(values=seen)).mark_point(filled=True, size=60).encode(**axes),
).properties(width=520, height=240)

# %% [markdown]
# E is what the fit says of the break's part in the log level; `true_effect` is that in truth.

# %%
looks = pd.DataFrame(found.looks)
shown = ["date", "score", "prob_break", "effect", "effect_low", "effect_high", "true_effect"]
print(f"stored rows against this computation: {found.stored}")
looks[shown].round(3)

# %% [markdown]
# ## When is a score an alarm?
#
# Nobody knows the shared error, so the threshold is set over *all worlds thought possible*: a
# null mixture without change. What Dutch weeks tell of it is drawn from the estimate `NL`
# (`docs/estimating.md`), one posterior draw a replication. Season, and what the shared error is
# made of, they do not tell: those distributions are assumed.

# %%
mixture = results.rows("null_mixture").drop_duplicates("replication")
drawn = ["sigma_shared", "sigma_rw", "sigma_site", "drift", "season_amplitude"]
mixture[drawn].quantile([0.025, 0.5, 0.975]).round(3)

# %%
measures = results.measures()
measures = measures[measures["budget"].isna() | (measures["budget"] == study.decision.budget)]


def table(measure, *, role="alternative", threshold=("operating",), horizon=None, paired=False):
    """Return rows of the tidy table of measures."""
    keep = (measures["measure"] == measure) & (measures["role"] == role)
    keep &= measures["threshold"].isin(threshold)
    keep &= (measures["compared_with"] != "") == paired
    if horizon is not None:
        keep &= measures["horizon"] == horizon
    columns = ["measure", "sigma_shared", "design", "threshold", "value", "mcse", "n_rep"]
    return measures.loc[keep, columns].set_index("measure").dropna(axis=1, how="all")


limits = table("threshold", role="null_mixture")
limits

# %%
limit = float(limits.loc[limits["design"] == "annual", "value"].iloc[0])
alarms = looks.loc[looks["score"] > limit, "date"]
print("first alarm in the replication above:", alarms.iloc[0] if len(alarms) else "none")

# %% [markdown]
# The budget holds on average over the mixture, not in every world: where the shared error is large
# one expects more false alarms, where it is small fewer. At this size the errors hide much of that.

# %%
table("false_alarm_prob", role="null_world")

# %% [markdown]
# ## Power and delay
#
# Power: the first alarm comes within three years *after* the break (an earlier alarm is a false
# one). Delay: its mean in years, no more than five counted (`docs/evaluation.md`).

# %%
pd.concat([table("power", horizon=3), table("restricted_mean_delay", horizon=5)])

# %% [markdown]
# All designs measured the same replications, so the differences from one round are paired:

# %%
pd.concat(
    [table("power", horizon=3, paired=True), table("restricted_mean_delay", horizon=5, paired=True)]
)

# %% [markdown]
# ## What knowing the shared error is worth
#
# The oracle threshold is set for the very world. Nobody has it; the difference says what a study of
# the shared error (split batches, standards) could gain one round a year at most. It may be a loss
# where the shared error is large and the operating threshold exceeds the budget that the oracle
# keeps; and with so few replications it may be chance.

# %%
verdicts = results.verdicts()
pd.DataFrame(
    {
        "shared error": item.sigma_shared,
        "power, operating": item.reference_value,
        "gain if known": item.worth,
        "mcse": item.worth_mcse,
    }
    for item in verdicts
    if item.topic == "break" and item.threshold == "operating"
).round(3)

# %% [markdown]
# ## The picture
#
# For the picture no threshold is needed: how far is the index from what happened, and how often is
# its change over three years more than 10 % off? Here in the worlds without a change; the verdict
# below takes them together with those that change.

# %%
picture = [table(name, role="null_world", threshold=("",)) for name in
           ("level_rmse", "large_error_prob")]  # fmt: skip
pd.concat(picture)

# %% [markdown]
# ## The verdict
#
# *As good*, *not as good*, or *cannot be told yet*. Two more answers are honest
# ones: where no design notices half of the breaks, being equal says nothing; and since the data
# leave the level of the shared error open, no line is the answer by itself. Money is not weighed
# here: two and four rounds cost more than one (`experiments/frequency_frontier`).

# %%
from simdesign.report import verdict_text

print("\n".join(verdict_text(verdicts, study=study)))

# %%
told = pd.Series([str(item.code) for item in verdicts]).value_counts()
print("lines by answer:", ", ".join(f"{code} {n}" for code, n in told.items()))

# %% [markdown]
# ## What would change it
#
# The same rows judged under other choices: budget, threshold, and the pilot's constancy taken as
# evidence (next step). `excess` is by how much the worst loss is beyond its margin, in margins:
# above 0 it is beyond it. The estimate `NL` is the stated prior already, so it is no other choice.

# %%
from simdesign.studies.stability import stability

moved = stability(results)
options = pd.DataFrame([row for row in moved["rows"] if row["topic"] == "break"])
options = options.rename(columns={"excess_mcse": "mcse of excess"})
print(f"{len(moved['flips'])} flips")
for flip in moved["flips"]:
    where = f"{flip['low']:g} to {flip['high']:g}" if "low" in flip else flip["option"]
    print(f"  {flip['topic']}, {flip['group']} {where}: {flip['before']} -> {flip['after']}")
for item in moved["refused"]:
    print(f"not tried: {item['group']} {item['option']}, {item['reason']}")
options[["group", "option", "sigma_shared", "code", "excess", "mcse of excess"]].round(2)

# %% [markdown]
# ## What the pilot's constancy says
#
# By how much the pilot's rounds outside New Year differed is not published, so it is an input. If
# they differed by at most so much, what is left of the design prior?

# %%
from simdesign.studies.constancy.command import evidence_lines, shown_lines
from simdesign.studies.constancy.evidence import evidence
from simdesign.studies.constancy.evidence import shown as would_show

print("\n".join(evidence_lines(evidence(study, "cocaine", (0.05, 0.10, 0.20, 0.30), 2000))))

# %% [markdown]
# Constancy speaks for the claim: compare season and shared error with the first line. What it
# *excludes* is another matter: would the rounds have differed if there were a season?

# %%
print("\n".join(shown_lines(would_show(study, "cocaine", (0.10, 0.20), (0.03, 0.10), (0.5,)))))

# %% [markdown]
# Read the lines with a swing of 0 % first: rounds differ without any season, too.
#
# ## What it cannot say
#
# - *The level of the shared error.* One week a year hardly separates it from real movement of the
#   nation; four rounds of one pilot bound it only together with the season.
# - *What it is made of.* Laboratory batch, laboratory year, special week: no data split it, and the
#   remedy depends on it.
# - *The season.* Its amplitude is assumed; a date that drifts or a holiday that moves is not in
#   these worlds (`experiments/pilot_constancy`).
# - *One city.* Everything here is national (`experiments/local_break`).
# - *Why.* More users, heavier use and higher purity raise the same load.
# - *With these replications*, any difference of the size of its error.
#
# The study itself: `simdesign run experiments/annual_claim/study.toml --size full`.
