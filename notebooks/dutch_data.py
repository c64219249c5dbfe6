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
# # The Dutch data
#
# What do years of wastewater weeks in Dutch cities show, and what can they not show? This notebook
# reads a release of the European Union Drugs Agency (EUDA), looks at the weeks, asks the exact
# engine for breaks, and ends with one city that was measured in two weeks only.
#
# The project ships no measurements. Download the release *Wastewater analysis and drugs: a
# European multi-city study*, with its table of sites beside it, and name the data file in the
# environment variable `SIMDESIGN_RELEASE`; reuse asks for acknowledgement of EUDA and the SCORE
# network. Any file with the columns of a release serves.

# %%
import os
import tempfile
from pathlib import Path

import altair as alt
import numpy as np
import pandas as pd

release = Path(os.environ["SIMDESIGN_RELEASE"])
folder = Path(tempfile.mkdtemp())
release.name

# %% [markdown]
# ## Read and check
#
# A reader recognises the file by its columns, refuses what it cannot understand with row and rule,
# and counts what it leaves out or finds remarkable. Nothing disappears without being counted.

# %%
from simdesign.data import SUBSTANCES, read

table = read(release).select(country="NL")
print("\n".join(table.report.lines()))
print(f"{len(table.sites)} sites, {int(table.measured.sum())} measured days")

# %% [markdown]
# How many weeks has each city? One week says nothing about change, two say next to nothing.

# %%
days = pd.DataFrame(
    {
        "city": np.array(table.sites)[table.site],
        "substance": np.array(SUBSTANCES)[table.substance],
        "date": table.day.astype("datetime64[D]"),
        "load": table.load,
        "below_loq": table.censored,
    }
)
days["year"] = days["date"].dt.year
weeks = (
    days[~days["below_loq"]]
    .groupby(["substance", "city", "year"], as_index=False)
    .agg(mean=("load", "mean"), n_days=("load", "count"))
)
weeks.pivot_table(index="city", columns="substance", values="year", aggfunc="count")

# %% [markdown]
# ## Look at the weeks

# %%
cocaine = weeks[weeks["substance"] == "cocaine"]
alt.Chart(alt.Data(values=cocaine.to_dict("records"))).mark_line(point=True).encode(
    x=alt.X("year:Q", axis=alt.Axis(format="d"), title=None),
    y=alt.Y("mean:Q", title="cocaine, mg per 1000 inhabitants and day"),
    color=alt.Color("city:N", title=None),
).properties(width=520, height=260)

# %% [markdown]
# ## Ask for breaks
#
# The panel is all cities with two weeks or more; each of them is asked alone as well. P(break)
# stands beside its prior, so that it can be seen whether the data said anything. Before 2017 Dutch
# days were two to three times as noisy as later, so that an analysis of the real file from 2017 on
# belongs beside this one (`--from 2017`).

# %%
from simdesign.studies.analyse import analyses_of_file
from simdesign.studies.analysis_page import series_of
from simdesign.studies.analysis_words import shown_probability, texts_of, verdict

found = analyses_of_file(release, "NL", ["cocaine"])
analysis = found.analyses[0]
overview = pd.DataFrame(
    {
        "series": series.site,
        "weeks": series.n_campaigns,
        "prior": series.prior_prob,
        "P(break)": shown_probability(series),
        "quadrature error": series.posterior.quadrature_error if series.usable else np.nan,
        "verdict": verdict(series),
    }
    for series in series_of(analysis)
)
overview.round(4)

# %% [markdown]
# In words, in Dutch, on a fixed verbal scale:

# %%
from simdesign.studies.analysis_paragraph import paragraph

dutch = texts_of("nl")
for series in series_of(analysis):
    print(f"{series.site}: {paragraph(series, dutch)}\n")

# %% [markdown]
# The page with figures, tables and everything that cannot be concluded is what
# `simdesign analyse FILE --country NL --page analysis.html` writes.

# %%
from simdesign.studies.analysis_report import write_page

page = write_page(found.analyses, found.skipped, folder / "analysis.html", dutch)
page.name, page.stat().st_size > 50_000

# %% [markdown]
# ## What was known when
#
# Each point is the probability that an analysis with the data until then would have given, beside
# what the rule of practice (±10 % from year to year) said that year.

# %%
past = series_of(analysis)[0].history
rules = [past.verdict_of(year) for year in past.year.tolist()]
pd.DataFrame(
    {
        "year": past.year,
        "weekly mean": past.mean.round(0),
        "trend level": past.level.round(0),
        "P(break), as known then": past.known.round(3),
        "rule": ["" if rule is None else rule.verdict for rule in rules],
        "change, %": [np.nan if rule is None else round(100 * rule.change) for rule in rules],
    }
)

# %% [markdown]
# ## The Leeuwarden question
#
# One city, two weeks: 1192 mg of cocaine residue per 1000 inhabitants and day in 2023, 1748 in
# 2025. Is the rise real, is it a break, and would more weeks tell? `docs/leeuwarden.md` derives the
# answer; `simdesign two-weeks` prints it in full. Every probability is averaged over draws of the
# noise and has its Monte Carlo error.

# %%
from simdesign.studies.two_weeks import answer_of
from simdesign.studies.two_weeks_words import paragraphs, tables

answer = answer_of("2023=1192", "2025=1748", "cocaine", population=104_355, draws=500)
print("\n\n".join(paragraphs(answer, "en", 1)))

# %%
chances = pd.DataFrame(
    {
        "cities": item.n_cities,
        "P(real rise > 10 %)": item.prob_rise.value,
        "mcse": item.prob_rise.mcse,
        "P(break)": item.prob_break.value,
        "P(as large | no change)": item.reached.noise.value,
        "P(as large | no break)": item.reached.no_break.value,
    }
    for item in answer.chances
)
chances.round(3)

# %% [markdown]
# Two weeks leave P(break) where its prior was: the rise may be real and still be no *break*. And no
# number of further weeks repairs the error of the single week in 2023.

# %%
(further, note) = tables(answer, "en")[2]
print(note)
pd.DataFrame(further.rows, columns=further.columns)
