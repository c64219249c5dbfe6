"""The release: zeros, gaps, names, weeks and populations mean what its makers say."""

import datetime as dt

import numpy as np
import pytest

from data.make_release import HEADER, SITES_HEADER, means, write_csv
from simdesign.data import DEFAULT_POPULATION, SUBSTANCES, read, to_observations
from simdesign.errors import DataError
from simdesign.units import date_of, weekday_of

WEEK = [10.0, 11.0, 12.0, 13.0, 14.0, 15.0, 16.0]


def row(year=2023, substance="cocaine", country="NL", city="Noordstad", days=WEEK, printed=None):
    shown = means(days) if printed is None else printed
    return [year, substance, "NL001", country, city, *days, *shown]


def release(folder, rows, sites=None):
    if sites is not None:
        write_csv(folder / "sites.csv", SITES_HEADER, sites)
    return write_csv(folder / "data.csv", HEADER, rows)


def test_zero_is_below_the_limit_and_never_a_load(tmp_path):
    days = [0, 20.0, 0, 24.0, "", 26.0, "NA"]
    table = read(release(tmp_path, [row(days=days)]))
    np.testing.assert_array_equal(table.censored, [True, False, True, False, False, False, False])
    np.testing.assert_array_equal(
        np.isnan(table.load), [True, False, True, False, True, False, True]
    )
    assert not table.loq_known.any()
    assert table.report.flagged["site-weeks with days below the limit of quantification"] == 1
    assert table.report.flagged["site-weeks with fewer than seven days"] == 1
    got = to_observations(table)
    # the stand-in for the unknown limit: the smallest load quantified at this site
    np.testing.assert_array_equal(got.load[0, 0, 0], [20, 20, 20, 24, np.nan, 26, np.nan])
    np.testing.assert_array_equal(got.censored[0, 0, 0], table.censored)
    assert got.reference_load[0, 0] == 24.0


def test_a_week_runs_from_wednesday_to_tuesday_around_15_march(tmp_path):
    table = read(release(tmp_path, [row(year) for year in range(2010, 2030)]))
    assert table.assumed_dates
    for number in range(20):
        days = table.day[7 * number : 7 * number + 7]
        assert [weekday_of(int(day)) for day in days] == [2, 3, 4, 5, 6, 0, 1]
        dates = [date_of(int(day)) for day in days]
        assert dt.date(2010 + number, 3, 15) in dates
    np.testing.assert_array_equal(table.load[:7], WEEK)
    assert any("15 March" in note for note in table.report.notes)


def test_columns_are_found_by_name_in_any_order_and_spelling(tmp_path):
    path = release(tmp_path, [row(), row(2022, days=[5.0, *WEEK[1:]])])
    lines = [line.split(",") for line in path.read_text(encoding="utf-8").splitlines()]
    order = list(reversed(range(len(HEADER))))
    other = tmp_path / "other.csv"
    renamed = {"Site ID": "SiteID", "Metabolite": "SUBSTANCE", "Daily mean": "daily.mean"}
    header = ",".join(renamed.get(HEADER[i], HEADER[i].upper()) for i in order)
    body = "\n".join(",".join(cells[i] for i in order) for cells in lines[1:])
    other.write_bytes(b"\xef\xbb\xbf" + f"{header}\r\n{body}\r\n\r\n".encode())
    first, second = read(path), read(other)
    for name in ("site", "substance", "day", "load", "population"):
        np.testing.assert_array_equal(getattr(first, name), getattr(second, name))
    assert first.report.sha256 != second.report.sha256


def test_sites_are_joined_on_country_and_city_not_on_their_number(tmp_path):
    sites = [
        ["NL999", "NL", "noordstad ", "Plant", 123_000, "-"],
        ["NL001", "NL", "Zuidstad", "Plant", 5_000, "-"],
        ["H001", "H", "Noordstad", "Plant", "2e+05", "-"],
    ]
    rows = [row(), row(country="HU"), row(city="Elders")]
    table = read(release(tmp_path, rows, sites))
    found = dict(zip(zip(table.countries, table.sites, strict=True), table.population, strict=True))
    assert found == {
        ("HU", "Noordstad"): 200_000, ("NL", "Noordstad"): 123_000,
        ("NL", "Elders"): DEFAULT_POPULATION,
    }  # fmt: skip
    assert table.report.flagged["populations printed with one digit"] == 1
    assert any("not in the site table" in n and "NL Elders" in n for n in table.report.notes)


def test_without_a_site_table_a_default_population_is_stated(tmp_path):
    table = read(release(tmp_path, [row()]))
    assert table.population == DEFAULT_POPULATION
    assert any("no site table" in note and "200,000" in note for note in table.report.notes)


def test_a_table_beside_the_file_is_used_only_when_it_is_a_site_table(tmp_path):
    write_csv(
        tmp_path / "a-site-notes.csv", ("Country", "City", "Remark"), [["NL", "Noordstad", 1]]
    )
    table = read(release(tmp_path, [row()], [["x", "NL", "Noordstad", "Plant", 77_000, "-"]]))
    assert table.population == 77_000


def test_odd_country_codes_many_plants_and_sums_are_understood_and_said(tmp_path):
    sites = [
        ["NL007", "NL", "Oosterhaven (2)", "A; B", 600_000, "-"],
        ["AU001", "AU", "Australia (59 sites)", "Sum of 59 WWTPs", 14_000_000, "-"],
    ]
    rows = [row(city="Oosterhaven (2)"), row(country="AU", city="Australia (59 sites)"),
            row(country="H", city="Debrecen")]  # fmt: skip
    table = read(release(tmp_path, rows, sites))
    assert set(table.countries) == {"NL", "AU", "HU"}
    assert table.select(country="h").sites == ("Debrecen",)
    assert table.report.flagged["cities measured at several plants together"] == 1
    assert table.report.flagged["sites that add up many plants (a nation, no city)"] == 1
    assert table.select(country="NL").report.flagged == {
        "cities measured at several plants together": 1
    }


def test_printed_means_are_only_compared(tmp_path):
    rows = [row(), row(2022, printed=("", "", 99.0)), row(2021, printed=("NA", "NA", "NA"))]
    table = read(release(tmp_path, rows))
    what = "printed daily means that differ from the mean of their days (not used)"
    assert table.report.flagged[what] == 1
    np.testing.assert_array_equal(table.load.reshape(3, 7), [WEEK, WEEK, WEEK])


def test_what_is_left_out_is_counted(tmp_path):
    rows = [row(), row(2022, days=[""] * 7), row(substance="caffeine"), row(2021)]
    table = read(release(tmp_path, rows))
    assert table.report.n_rows == 4
    assert table.report.excluded == {
        "site-weeks without a sample": 1,
        "rows of a substance that is not understood (caffeine)": 1,
    }
    late = table.select(from_year=2022)
    assert late.report.excluded["measured days before 2022"] == 7
    assert any("measured days before 2022: 7" in line for line in late.report.lines())


def test_every_substance_of_the_release_is_read(tmp_path):
    table = read(release(tmp_path, [row(substance=name) for name in SUBSTANCES]))
    assert table.select(substance="mdma").substance.tolist() == [SUBSTANCES.index("MDMA")] * 7
    assert to_observations(table).substances == SUBSTANCES


@pytest.mark.parametrize(
    ("selection", "message"),
    [
        ({"country": "XX"}, "country: must be one of HU, NL, got 'XX'"),
        ({"substance": "aspirin"}, "substance: must be one of cocaine, MDMA, got 'aspirin'"),
        ({"substance": "ketamine"}, "substance: must be one of cocaine, MDMA"),
        ({"country": "NL", "from_year": 2030}, "rows: must be left by the selection"),
    ],
)
def test_a_selection_that_cannot_be_made_names_what_there_is(tmp_path, selection, message):
    table = read(release(tmp_path, [row(), row(country="HU", substance="MDMA")]))
    with pytest.raises(DataError, match=message):
        table.select(**selection)
