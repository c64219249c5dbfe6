"""The shipped estimate: complete, of one making, and what docs/estimating.md says of it."""

import csv
import tomllib
from pathlib import Path

import numpy as np
import pytest

from simdesign.estimate.posterior import MAX_R_HAT, MIN_ESS
from simdesign.spec.draws import SHIPPED

DOCUMENT = Path(__file__).parents[2] / "docs" / "estimating.md"
SUBSTANCES = ("cocaine", "MDMA", "amphetamine", "methamphetamine")
Z = 5.0


@pytest.fixture(scope="module")
def made() -> dict:
    return tomllib.loads((SHIPPED / "NL.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def draws() -> dict[str, dict[str, np.ndarray]]:
    with (SHIPPED / "NL.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    names = [name for name in rows[0] if name not in ("substance", "draw")]
    return {
        s: {n: np.array([float(r[n]) for r in rows if r["substance"] == s]) for n in names}
        for s in SUBSTANCES
    }


def test_one_command_made_all_of_it(made, draws):
    provenance = made["provenance"]
    assert all(f"--substance {s}" in provenance["command"] for s in SUBSTANCES)
    assert "/" not in provenance["command"] + provenance["file"]
    assert len(provenance["sha256"]) == 64
    assert {item["sigma_rw"].size for item in draws.values()} == {400}
    assert set(draws["cocaine"]) == set(made["posterior"]["cocaine"])


def test_the_written_draws_are_those_that_were_summarised(made, draws):
    """Half of them lie below the median of all, up to the error of as many as they are worth."""
    for s, columns in draws.items():
        for name, values in columns.items():
            row = made["posterior"][s][name]
            error = 0.5 / np.sqrt(min(values.size, row["ess"]))
            assert abs((values < row["median"]).mean() - 0.5) < Z * error, (s, name)


def test_what_has_not_settled_is_named_and_nothing_else(made):
    found = []
    for s in SUBSTANCES:
        rows = made["posterior"][s]
        loose = [n for n, r in rows.items() if r["r_hat"] > MAX_R_HAT or r["ess"] < MIN_ESS]
        found += [f"{s}: {', '.join(loose)}"] if loose else []
    assert made["provenance"]["not_settled"] == ("; ".join(found) or "nothing")


def test_the_document_holds_the_posterior(made):
    text = DOCUMENT.read_text(encoding="utf-8")
    for name in made["posterior"]["cocaine"]:
        cells = [made["posterior"][s][name] for s in SUBSTANCES]
        line = " | ".join(f"{c['median']:.3f} ({c['low']:.3f} to {c['high']:.3f})" for c in cells)
        assert f"| {name} | {line} |" in text


def test_the_document_holds_the_checks_and_the_other_priors(made):
    text = DOCUMENT.read_text(encoding="utf-8")
    for s in SUBSTANCES:
        for name, c in made["checks"][s].items():
            line = f"{c['observed']:.3f} | {c['median']:.3f} ({c['low']:.3f} to {c['high']:.3f})"
            assert f"| {s} | {name} | {line} | {c['tail']:.2f} |" in text
        for prior, o in made["other_priors"][s].items():
            both = [
                f"{o['median'][n]:.3f} ({o['low'][n]:.3f} to {o['high'][n]:.3f})"
                for n in ("sigma_shared", "sigma_rw")
            ]
            assert f"| {s} | {prior} | {' | '.join(both)} | {o['effective_draws']:.0f} |" in text


def test_the_sentences_of_the_document_are_those_of_the_tables(made):
    text = DOCUMENT.read_text(encoding="utf-8")
    for s in SUBSTANCES:
        rows = made["posterior"][s]
        for key, digits, best in (("r_hat", 3, max), ("ess", 0, min)):
            value = best(row[key] for row in rows.values())
            names = [n for n, row in rows.items() if row[key] == value]
            assert any(f"{value:.{digits}f} ({n})" in text for n in names), (s, key, value, names)
        for name in ("sigma_shared", "sigma_rw"):
            medians = [o["median"][name] for o in made["other_priors"][s].values()]
            assert f"from {min(medians):.3f} to {max(medians):.3f}" in text, (s, name)
        for name, c in made["checks"][s].items():
            said = f"{name} of {s} ({c['observed']:.3f} against {c['low']:.3f} to {c['high']:.3f})"
            assert (said in text) == (not c["low"] <= c["observed"] <= c["high"]), said


def test_the_posteriors_beside_the_moments_are_the_tables(made):
    """Every row of that table, by the digits it shows."""
    text = DOCUMENT.read_text(encoding="utf-8")
    names = {
        "day SD": "day_sd", "day correlation": "day_rho", "count part c": "day_count",
        "shared error": "sigma_shared", "national walk": "sigma_rw",
        "city-week error": "sigma_site", "drift": "drift",
    }  # fmt: skip
    start = text.index("### Beside estimates by moments")
    seen = 0
    for line in text[start:].splitlines():
        if not line.startswith("| "):
            continue
        what, _, here = (cell.strip() for cell in line.split("|")[1:4])
        name, _, substance = what.partition(", ")
        if name not in names or substance not in SUBSTANCES:
            continue
        c = made["posterior"][substance][names[name]]
        digits = len(here.split(" ")[0].partition(".")[2])
        shown = " ".join(here.split()[:4])
        assert (
            shown == f"{c['median']:.{digits}f} ({c['low']:.{digits}f} to {c['high']:.{digits}f})"
        )
        seen += 1
    assert seen == 23
