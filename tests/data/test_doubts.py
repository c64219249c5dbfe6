"""Doubts name what was put into clean simulated weeks, and little else; the command prints them."""

import datetime as dt
import json

import numpy as np
import pytest
from dumping_rule import clean_weeks, flagged_weeks, table_of

from data.make_release import HEADER, step_release, write_csv
from simdesign.cli import call
from simdesign.data import doubts, read
from simdesign.data.weeks import MAD_EFFICIENCY, mad_scale, tail_limit

TODAY = dt.date(2030, 1, 1)
PROFILE = np.log([0.92, 0.85, 0.85, 0.90, 1.10, 1.35, 1.15])  # from Wednesday on


def test_the_scale_is_worth_the_degrees_of_freedom_it_is_given():
    """Var(scale) / sigma^2 = 1 / (2 df) with df = 0.3675 n: the asymptotic variance of the MAD."""
    rng = np.random.default_rng(2)
    n, n_rep = 140, 20_000
    scales = np.array([mad_scale(row) for row in rng.standard_normal((n_rep, n))])
    ratio = scales.var() * 2.0 * MAD_EFFICIENCY * n
    assert ratio == pytest.approx(1.0, abs=5 * np.sqrt(2 / n_rep) + 2 / n)  # + its O(1/n) bias
    beyond = (rng.standard_normal(n_rep) > scales * tail_limit(n, 0.01)).mean()
    assert beyond == pytest.approx(0.01, abs=5 * np.sqrt(0.01 / n_rep) + 0.001)


@pytest.mark.parametrize("rho", [0.0, 0.35])
def test_clean_weeks_are_rarely_flagged_and_dumps_are_found(rho):
    log_load = clean_weeks(np.random.default_rng(7), (300, 10), rho)
    n_week = 3000
    assert flagged_weeks(table_of(log_load)) <= n_week * 0.001 + 5 * np.sqrt(n_week * 0.001)
    log_load[:, 4, 2] += np.log(20.0)
    assert flagged_weeks(table_of(log_load)) > 200


def release_of(folder, log_load, substances=("cocaine",), first_year=2011):
    """Write log loads of shape (substance, site, year, day from Wednesday on)."""
    rows = [
        [first_year + y, name, "x", "NL", f"Stad {s}", *np.round(np.exp(week), 2), "", "", ""]
        for name, block in zip(substances, log_load, strict=True)
        for s, site in enumerate(block)
        for y, week in enumerate(site)
    ]
    return read(write_csv(folder / "data.csv", HEADER, rows))


def clean(n_substance=1, n_site=6, n_year=12, sd=0.15):
    rng = np.random.default_rng(3)
    shape = (n_substance, n_site, n_year)
    week = 0.1 * rng.standard_normal((*shape, 1))
    return 6.0 + PROFILE + week + sd * rng.standard_normal((*shape, 7))


def kinds(table):
    return sorted({doubt.kind for doubt in doubts(table, TODAY)})


def test_nothing_stands_out_in_clean_weeks(tmp_path):
    assert kinds(release_of(tmp_path, clean())) == []


def test_a_factor_of_thousand_is_a_jump_and_a_unit(tmp_path):
    log_load = clean()
    log_load[0, 2, 7:] += np.log(1000.0)
    found = doubts(release_of(tmp_path, log_load), TODAY)
    assert {doubt.kind for doubt in found} == {"factors of 10, 100 or 1000", "impossible jumps"}
    assert {doubt.site for doubt in found} == {"Stad 2"}
    assert {doubt.when(assumed_dates=True)[:4] for doubt in found} == {"2018"}


def test_a_reversed_week_is_named_with_the_shift_that_fits(tmp_path):
    log_load = clean()
    log_load[0, 1] = np.roll(log_load[0, 1], 3, axis=-1)  # labels are three days late
    found = doubts(release_of(tmp_path, log_load), TODAY)
    assert [(doubt.kind, doubt.site) for doubt in found] == [
        ("sites with a reversed weekday profile", "Stad 1")
    ]
    assert "taken as 3 earlier" in found[0].text


def test_three_substances_that_jump_together_are_a_laboratory_or_a_flow(tmp_path):
    log_load = clean(n_substance=3)
    log_load[:, 4, 6:] += np.log(2.0)
    found = doubts(release_of(tmp_path, log_load, ("cocaine", "MDMA", "ketamine")), TODAY)
    shared = [doubt for doubt in found if doubt.kind == "jumps shared by substances"]
    assert [(doubt.site, doubt.when(assumed_dates=True)) for doubt in shared] == [
        ("Stad 4", "2017 Wed")
    ]
    assert "3 substances up together" in shared[0].text


def test_copied_values_and_weeks_are_named(tmp_path):
    log_load = clean()
    log_load[0, 0, 3, 1:4] = np.log(321.75)
    log_load[0, 5, 8] = log_load[0, 5, 7]
    found = [
        d for d in doubts(release_of(tmp_path, log_load), TODAY) if d.kind == "repeated values"
    ]
    assert [doubt.text for doubt in found] == [
        "3 days in a row of 321.8", "the same week as Stad 5, 2018-03-14"
    ]  # fmt: skip


def test_coverage_limits_and_names(tmp_path):
    rows = [
        [year, name, "x", country, "Oost", *week, "", "", ""]
        for year, name, country, week in (
            (2020, "cocaine", "NL", [5.0] * 6 + [6.0]),
            (2023, "cocaine", "NL", [5.1, 6, 7, 8, 9, 9.5, 4]),
            (2023, "MDMA", "NL", [0] * 7), (2023, "cocaine", "BE", [1, 2, 3, 4, 5, 6, 7]),
        )
    ]  # fmt: skip
    table = read(write_csv(tmp_path / "data.csv", HEADER, rows))
    found = {(doubt.kind, doubt.country, doubt.substance) for doubt in doubts(table, TODAY)}
    assert {
        ("series with years missing", "NL", "cocaine"),
        ("series wholly below the LOQ", "NL", "MDMA"),
        ("series of a single year", "BE", "cocaine"),
        ("one name in two countries", "BE", ""),
    } <= found
    late = {doubt.kind for doubt in doubts(table, dt.date(2022, 1, 1))}
    assert "days in the future" in late


def test_a_laboratory_that_changes_is_named(tmp_path):
    rows = [f"A,{year}-03-13,MDMA,{year % 7 + 5},1000,{lab}" for year, lab in
            ((2020, "x"), (2021, "x"), (2022, "y"))]  # fmt: skip
    path = tmp_path / "own.csv"
    path.write_text("site,date,substance,load,population,lab\n" + "\n".join(rows) + "\n", "utf-8")
    found = [d for d in doubts(read(path), TODAY) if d.kind == "sites that change laboratory"]
    assert [(doubt.text, doubt.when(assumed_dates=False)) for doubt in found] == [
        ("x to y", "2022-03-13")
    ]


def test_the_command_prints_what_was_understood_and_exits_with_0(tmp_path, capsys):
    path = step_release(tmp_path)
    assert call(["data", "check", str(path)]) == 0
    out = capsys.readouterr().out
    for text in (
        "read as the EUDA release", "rows: 48; used 48, left out 0", "countries: 1 (NL)",
        "sites: 4, of 400,000 to 400,000 inhabitants", "years: 2012 to 2023 (12 with data)",
        "dates: assumed", "days: 336, below the LOQ 0, laid out from means 0",
        "  cocaine: 4 sites, 48 site-campaigns", "doubtful:",
    ):  # fmt: skip
        assert text in out
    assert call(["data", "check", str(path), "--json"]) == 0
    plain = json.loads(capsys.readouterr().out)
    assert plain["rows"] == plain["rows_used"] == 48
    assert plain["understood"]["substances"][0]["site_campaigns"] == 48
    assert set(plain) >= {"sha256", "left_out", "noticed", "notes", "doubts"}


@pytest.mark.parametrize("content", [None, b"", b"PK\x03\x04", b"\x00\x01", b"a,b\n1,2\n", b"PAR1"])
def test_what_cannot_be_read_is_one_line_and_status_2(tmp_path, capsys, content):
    path = tmp_path / "input.csv"
    if content is None:
        path.mkdir()
    else:
        path.write_bytes(content)
    assert call(["data", "check", str(path)]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert captured.err.startswith(f"simdesign: {path}: ")
