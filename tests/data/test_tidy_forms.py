"""Every form of a tidy file says the same measurements, and contradictions are refused by row."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from data.make_release import HEADER as RELEASE_HEADER
from data.make_release import SITES_HEADER, write_csv
from simdesign.data import DEFAULT_POPULATION, read, to_observations
from simdesign.data.means import known_spread, laid_out, log_variance
from simdesign.errors import DataError
from simdesign.records import LAB_STEP
from simdesign.spec.plugged import plugged_noise
from simdesign.units import day_of

PLAIN = (
    "site,date,substance,load,population\n"
    "Oost,2024-03-13,cocaine,12.5,50000\nOost,2024-03-14,cocaine,14.25,50000\n"
)


def written(folder, text, name="own.csv", encoding="utf-8"):
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def same(one, two):
    for name in ("site", "substance", "day", "load", "censored", "population"):
        np.testing.assert_array_equal(getattr(one, name), getattr(two, name))
    assert one.sites == two.sites


@pytest.mark.parametrize(
    ("change", "encoding"),
    [
        (lambda text: text.replace(",", ";"), "utf-8"),
        (lambda text: text.replace(",", ";").replace(".", ","), "utf-8"),
        (lambda text: "sep=;\n" + text.replace(",", ";").replace(".", ","), "utf-8-sig"),
        (lambda text: text.replace(",", "\t").replace("\n", "\r\n"), "utf-8-sig"),
        (lambda text: text.replace(",", "|"), "latin-1"),
        (lambda text: text.replace("\n", "\n,,,,\n").replace("site", "City"), "utf-8"),
    ],
)
def test_separators_decimal_marks_and_encodings_are_understood(tmp_path, change, encoding):
    plain = read(written(tmp_path, PLAIN, "plain.csv"))
    other = read(written(tmp_path, change(PLAIN), "other.csv", encoding))
    same(plain, other)
    report = other.report
    assert report.n_read + sum(report.excluded.values()) == report.n_rows


def test_latin_1_names_are_read_and_said(tmp_path):
    table = read(written(tmp_path, PLAIN.replace("Oost", "Köln"), encoding="latin-1"))
    assert table.sites == ("Köln",)
    assert any("Latin-1" in note for note in table.report.notes)


def test_a_parquet_file_is_the_same_as_its_text(tmp_path):
    frame = pd.read_csv(written(tmp_path, PLAIN))
    frame["date"] = pd.to_datetime(frame["date"])
    frame["censored"] = [False, None]
    path = tmp_path / "own.parquet"
    frame.to_parquet(path)
    same(read(written(tmp_path, PLAIN)), read(path))
    frame["date"] = frame["date"] + pd.Timedelta(hours=3)
    frame.to_parquet(path)
    with pytest.raises(DataError, match=r"row 2: date: must be a date like"):
        read(path)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(DataError, match="must be a whole Parquet file"):
        read(path)


CONCENTRATION = "site,date,substance,concentration,flow,population,loq_concentration\n"


def test_load_is_concentration_times_flow_over_population(tmp_path):
    # 500 ng/L in 10,000 m3/d are 5 g/d; of 50,000 inhabitants 100 mg per 1000
    text = CONCENTRATION + (
        "A,2024-03-13,cocaine,500,10000,50000,10\nA,2024-03-14,cocaine,4,10000,50000,10\n"
        "A,2024-03-15,cocaine,<10,10000,50000,\nA,2024-03-16,cocaine,,10000,50000,10\n"
    )
    table = read(written(tmp_path, text))
    np.testing.assert_allclose(table.load, [100.0, 2.0, 2.0, np.nan])
    np.testing.assert_array_equal(table.censored, [False, True, True, False])
    np.testing.assert_array_equal(table.loq_known, table.censored)


@pytest.mark.parametrize(
    ("unit", "value", "expected"),
    [("mg/1000 inhabitants/day", 40, 40), ("µg/inh/d", 40, 40), ("g/d", 2, 40), ("mg/d", 2000, 40)],
)
def test_units_are_converted(tmp_path, unit, value, expected):
    text = PLAIN.splitlines()[0] + f",unit\nA,2024-03-13,cocaine,{value},50000,{unit}\n"
    assert read(written(tmp_path, text)).load[0] == pytest.approx(expected)


BAD = {
    "concentration called a load by its unit": (
        "site,date,substance,load,population,unit\nA,2024-03-13,MDMA,5,1000,ng/L\n",
        r"row 2: unit: must be the unit of a load: a concentration belongs",
    ),
    "concentration repeated as load": (
        "site,date,substance,load,concentration,flow,population\n"
        "A,2024-03-13,cocaine,500,500,10000,50000\n",
        r"row 2: load: must be concentration x flow / population = 100 .*repeats the concentration",
    ),
    "magnitudes no city has": (
        PLAIN.replace("12.5", "125000").replace("14.25", "142500"),
        r"load: must be in mg/\(1000 inh d\), where half of the cocaine days",
    ),
    "a kilogram": (PLAIN.replace("14.25", "1.4e6"), r"row 3: load: must be below 1,000,000"),
    "unknown unit": (
        "site,date,substance,load,population,unit\nA,2024-03-13,MDMA,5,1000,lb\n",
        r"row 2: unit: must be mg/1000inh/d",
    ),
    "no flow": (CONCENTRATION + "A,2024-03-13,MDMA,5,,1000,1\n", r"row 2: flow: must be > 0"),
    "two decimal marks": (
        PLAIN.replace(",", ";").replace("12.5", "12,5"), r"row 3: load: .*see '12,5' in row 2"
    ),
    "thousands or decimals": (
        PLAIN.replace(",", ";").replace("12.5", "1,250").replace("14.25", "1,425"),
        r"row 2: load: .*may stand for thousands",
    ),
    "thousands in a population": (
        PLAIN.replace("50000", "50.000"), r"row 2: population: must not have a thousands separator"
    ),
    "denied limit": (
        "site,date,substance,load,population,loq,censored\nA,2024-03-13,MDMA,5,1000,8,no\n",
        r"row 2: load: must not lie below its LOQ \(8\) unless censored",
    ),
    "country in some rows": (
        "country,site,date,substance,load,population\nNL,A,2024-03-13,MDMA,5,1000\n"
        ",A,2024-03-14,MDMA,5,1000\n",
        r"row 3: country: must be given in all rows of A or in none, see row 2",
    ),
    "means that overlap": (
        "site,date,days,substance,load,population\nA,2024-03-13,7,MDMA,5,1000\n"
        "A,2024-03-19,7,MDMA,5,1000\n",
        r"row 3: site, substance, day: must be unique, see row 2, got 'A MDMA 2024-03-19'",
    ),
    "a mean of a season": (
        "site,date,days,substance,load,population\nA,2024-03-13,90,MDMA,5,1000\n",
        r"row 2: days: must be a whole number of days from 1 to 31",
    ),
    "a mean of unknown days": (
        "site,year,weekday,days,substance,load,population\nA,2024,,5,MDMA,5,1000\n",
        r"row 2: weekday: must be given, unless days is 7",
    ),
    "cut off": (PLAIN[:-22], r"row 3: number of fields: .*last row: the file may have been cut"),
    "a text over two lines": (
        PLAIN.replace("Oost,2024-03-13", '"Oost,2024\n-03",13'), r"row 2: text: .*quote missing"
    ),
    "underscores in a number": (PLAIN.replace("12.5", "1_2"), r"row 2: load: must be a number"),
    "nothing measured": (
        "site,date,substance,load,population\nA,2024-03-13,MDMA,,1000\n", "at least one measured"
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_what_contradicts_itself_is_refused_by_row(tmp_path, name):
    text, message = BAD[name]
    with pytest.raises(DataError, match=message) as caught:
        read(written(tmp_path, text))
    assert "\n" not in str(caught.value)


def test_a_file_without_populations_takes_a_site_table_or_says_what_it_takes(tmp_path):
    text = "site,country,date,substance,load\nOost,NL,2024-03-13,cocaine,5\n"
    path = written(tmp_path, text)
    table = read(path)
    assert table.population == DEFAULT_POPULATION
    assert any("no population is known" in note for note in table.report.notes)
    sites = write_csv(
        tmp_path / "list.csv", SITES_HEADER, [["x", "NL", "oost", "Plant", 77_000, "-"]]
    )
    assert read(path, sites).population == 77_000
    with pytest.raises(DataError, match="is not used: this file has populations"):
        read(written(tmp_path, PLAIN), sites)


def test_one_spelling_of_a_name_serves_all_rows(tmp_path):
    text = PLAIN.replace("Oost,2024-03-14", "OOST ,2024-03-14")
    assert read(written(tmp_path, text)).sites == ("Oost",)


def test_laboratories_have_batches_of_their_own(tmp_path):
    rows = [
        f"{site},{date},cocaine,5,50000,{lab}"
        for site, lab in (("A", "x"), ("B", "y"), ("C", "x"))
        for date in ("2024-03-13", "2025-03-13")
    ]
    text = "site,date,substance,load,population,lab\n" + "\n".join(rows) + "\n"
    table = read(written(tmp_path, text))
    assert table.labs == ("x", "y")
    visits = to_observations(table).visits
    laboratory = visits.batch.reshape(2, 3) // LAB_STEP
    assert (laboratory[:, 0] == laboratory[:, 2]).all()
    assert (laboratory[:, 0] != laboratory[:, 1]).all()
    np.testing.assert_array_equal(laboratory[0], laboratory[1])


def test_two_plants_of_one_city_are_two_sites_with_their_populations(tmp_path):
    week = [10.0, 11.0, 12.0, 13.0, 14.0, 15.0, 16.0, "", "", ""]
    rows = [
        [year, "cocaine", number, "NL", city, *week]
        for year in (2022, 2023)
        for number, city in (("NL001", "Oost"), ("NL002", "oost"), ("NL003", "West"))
    ]
    sites = [
        ["NL001", "NL", "Oost", "A", 100_000, "-"], ["NL002", "NL", "Oost", "B", 20_000, "-"],
        ["NL003", "NL", "West", "C", 70_000, "-"],
    ]  # fmt: skip
    write_csv(tmp_path / "sites.csv", SITES_HEADER, sites)
    table = read(write_csv(tmp_path / "data.csv", RELEASE_HEADER, rows))
    found = dict(zip(table.sites, table.population, strict=True))
    assert found == {
        "Oost, plant NL001": 100_000, "oost, plant NL002": 20_000, "West": 70_000
    }  # fmt: skip
    what = "cities with several plants in one year (each is a site of its own)"
    assert table.report.flagged[what] == 1


@pytest.mark.parametrize("n_days", [3, 7])
def test_a_mean_laid_out_has_the_level_that_its_days_have(n_days):
    """Against simulated AR(1) days: the mean of log A, less the shift, is the level mu."""
    noise = plugged_noise("MDMA")
    spread = known_spread("MDMA", 100.0, 100_000.0)
    assert spread.variance == pytest.approx(noise.day_sd**2 + noise.count_noise / 10.0)
    rng = np.random.default_rng(4)
    n = 200_000
    error = rng.standard_normal((n, n_days))
    for day in range(1, n_days):
        error[:, day] *= np.sqrt(1 - spread.rho**2)
        error[:, day] += spread.rho * error[:, day - 1]
    first = day_of(dt.date(2024, 3, 13))  # a Wednesday
    weight = spread.weekday[(np.arange(n_days) + 2) % 7]
    mean = (100.0 * weight * np.exp(np.sqrt(spread.variance) * error)).mean(axis=1)
    start, loads = laid_out(1.0, first, n_days, spread)
    assert start == first
    level = np.log(mean) + np.mean(np.log(loads / weight))
    # moment matching errs by a part of the shift in addition to the simulation's own error
    error_of_mean = np.log(mean).std() / np.sqrt(n)
    assert abs(level.mean() - np.log(100.0)) < 5 * error_of_mean + 0.01
    assert np.ptp(np.log(loads / weight)) < 1e-12
    assert abs(np.log(mean).var() / log_variance(weight, spread.variance, spread.rho) - 1) < 0.05


def test_means_of_a_week_become_its_seven_days(tmp_path):
    text = (
        "site,date,days,substance,load,population\nA,2024-03-13,7,cocaine,500,100000\n"
        "A,2024-04-01,28,cocaine,500,100000\nA,2024-06-05,7,ketamine,9,100000\n"
        "A,2024-07-03,7,cocaine,<3,100000\n"
    )
    table = read(written(tmp_path, text))
    assert table.day.size == 28
    first = table.load[:7]
    # the arithmetic mean comes back but for the shift of log-normal days, which is below sigma^2/2
    assert 500 * (1 - plugged_noise("cocaine").day_sd ** 2) < first.mean() < 500
    np.testing.assert_array_equal(table.n_days[7:14], 28)
    assert table.day[7] == day_of(dt.date(2024, 4, 11))  # ten days before, eleven after
    ketamine = table.select(substance="ketamine")
    np.testing.assert_array_equal(ketamine.load, 9.0)
    assert table.censored.sum() == 7
    assert table.report.n_read == table.report.n_rows == 4
