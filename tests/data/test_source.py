"""Bad input gives one line that names file, row, field, value and rule."""

import pickle

import pytest

from data.make_release import CITIES, SITES_HEADER, write_csv
from simdesign.data import read
from simdesign.errors import DataError

TIDY = "site,date,substance,load,population\n"
DAYS = "10,11,12,13,14,15,16"
RELEASE = "Year,Metabolite,Country,City,Wednesday,Thursday,Friday,Saturday,Sunday,Monday,Tuesday\n"
GOOD = f"2023,cocaine,NL,Noordstad,{DAYS}\n"

BAD = {
    "empty file": ("", r"file: must hold a header"),
    "only a header": (TIDY, r"rows: must be at least one"),
    "neither layout": ("a,b\n1,2\n", r"row 1: columns: must be those of the EUDA release"),
    "rows with semicolons below a header with commas": (
        TIDY + "A;2024-03-13;cocaine;1;1000\n",
        r"row 2: number of fields: must have the 5 .*this row is separated by semicolons",
    ),
    "decimal comma, quoted": (
        TIDY + 'A,2024-03-13,cocaine,"12,5",1000\n', r"row 2: load: .*decimal point.*'12,5'"
    ),
    "decimal comma, bare": (
        TIDY + "A,2024-03-13,cocaine,12,5,1000\n", r"row 2: number of fields: .* got 6"
    ),
    "short row": (TIDY + "A,2024-03-13,cocaine,12\n", r"row 2: number of fields: .* got 4"),
    "open quote": (TIDY + 'A,2024-03-13,"cocaine,12,1000\n', r"row 2: text: .*closed quotes"),
    "column twice": (TIDY.replace("site", "load"), r"row 1: header: must name every column once"),
    "column missing": (
        TIDY.replace("load", "loads") + "A,2024-03-13,MDMA,1,1\n",
        r"row 1: header: must be a column.*'load'",
    ),
    "column unknown": (
        TIDY.replace("\n", ",censord\n") + "A,2024-03-13,cocaine,1,1,0\n",
        r"row 1: header: is no column of a tidy file.*'censord'",
    ),
    "text in a number": (
        TIDY + "A,2024-03-13,cocaine,12,1000\nA,2024-03-14,cocaine,low,1000\n",
        r"row 3: load: must be a number, got 'low'",
    ),
    "infinite": (TIDY + "A,2024-03-13,cocaine,inf,1000\n", r"row 2: load: .*finite"),
    "negative load": (TIDY + "A,2024-03-13,cocaine,-1,1000\n", r"row 2: load: .*negative.*'-1'"),
    "no population": (TIDY + "A,2024-03-13,cocaine,1,0\n", r"row 2: population: must be > 0"),
    "unknown substance": (
        TIDY + "A,2024-03-13,cocain,1,1000\n", r"row 2: substance: must be one of cocaine, MDMA"
    ),
    "no date": (TIDY + "A,13-03-2024,cocaine,1,1000\n", r"row 2: date: must be a date like"),
    "early date": (TIDY + "A,1024-03-13,cocaine,1,1000\n", r"row 2: year: .*1990 to 2100"),
    "no site": (TIDY + ",2024-03-13,cocaine,1,1000\n", r"row 2: site: must not be empty"),
    "site-day twice": (
        TIDY + "A,2024-03-13,cocaine,1,1000\n" * 2, r"row 3: site, substance, day: .*see row 2"
    ),
    "dates out of order": (
        TIDY + "A,2024-03-13,cocaine,1,1000\nA,2024-03-12,cocaine,1,1000\n",
        r"row 3: date: must not lie before row 2 .*got '2024-03-12'",
    ),
    "a zero that is not censored": (
        TIDY + "A,2024-03-13,cocaine,0,1000\n", r"row 2: load: must be > 0, or censored"
    ),
    "weekday unknown": (
        "site,year,weekday,substance,load,population\nA,2024,Someday,MDMA,1,1000\n",
        r"row 2: weekday: must be one of wednesday",
    ),
    "censored unknown": (
        TIDY.replace("\n", ",censored\n") + "A,2024-03-13,cocaine,1,1000,perhaps\n",
        r"row 2: censored: must be true or false, got 'perhaps'",
    ),
    "censored without LOQ": (
        TIDY.replace("\n", ",censored\n") + "A,2024-03-13,cocaine,,1000,true\n",
        r"row 2: load: must be the LOQ where censored",
    ),
    "release: weekday column missing": (
        RELEASE.replace("Sunday,", "") + "2023,cocaine,NL,A,1,2,3,4,5,6\n",
        r"row 1: header: must be a column of a release.*'sunday'",
    ),
    "release: substance column missing": (
        RELEASE.replace("Metabolite", "What") + GOOD, r"row 1: header: .*'metabolite'"
    ),
    "release: year": (RELEASE + GOOD.replace("2023", "23"), r"row 2: year: .*got '23'"),
    "release: part of a year": (RELEASE + GOOD.replace("2023", "2023.5"), r"row 2: year: "),
    "release: city empty": (RELEASE + GOOD.replace("Noordstad", " "), r"row 2: city: .*empty"),
    "release: negative": (RELEASE + GOOD.replace("13", "-13"), r"row 2: saturday: .*negative"),
    "release: row twice": (
        RELEASE + GOOD + GOOD.replace("Noordstad", "noordstad"),
        r"row 3: site, year, substance: must be unique, see row 2, got 'NL noordstad 2023 cocaine'",
    ),
    "release: nothing understood": (
        RELEASE + GOOD.replace("cocaine", "caffeine"), r"rows: must hold at least one"
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_one_line_that_says_where_and_why(tmp_path, name):
    text, message = BAD[name]
    path = tmp_path / "input.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=message) as caught:
        read(path)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


def test_a_missing_file_a_folder_and_a_spreadsheet_are_refused(tmp_path):
    with pytest.raises(DataError, match=r"file: must exist, got 'none\.csv'"):
        read(tmp_path / "none.csv")
    with pytest.raises(DataError, match="must be readable"):
        read(tmp_path)
    sheet = tmp_path / "sheet.xlsx"
    sheet.write_bytes(b"PK\x03\x04" + bytes(range(256)))
    with pytest.raises(DataError, match=r"must be a text file in UTF-8 .*spreadsheet"):
        read(sheet)
    wide = tmp_path / "wide.csv"
    wide.write_bytes((RELEASE + GOOD).encode("utf-16"))
    with pytest.raises(DataError, match="UTF-8"):
        read(wide)


def test_a_bad_site_table_is_refused_with_its_row(tmp_path):
    data = tmp_path / "data.csv"
    data.write_text(RELEASE + GOOD, encoding="utf-8")
    row = ["NL001", "NL", CITIES[0], "Plant", 400_000, "-"]
    bad = {
        "city: must have one population": [row, [*row[:4], 5, "-"]],
        "population: must be > 0": [[*row[:4], -5, "-"]],
        "population: must be a number": [[*row[:4], "many", "-"]],
    }
    for message, rows in bad.items():
        sites = write_csv(tmp_path / "list.csv", SITES_HEADER, rows)
        with pytest.raises(DataError, match=rf"list\.csv: row {1 + len(rows)}: {message}"):
            read(data, sites)
    sites = write_csv(tmp_path / "list.csv", SITES_HEADER[:4], [row[:4]])
    with pytest.raises(DataError, match="must be a column of a site table, got 'population'"):
        read(data, sites)
    with pytest.raises(DataError, match="must exist"):
        read(data, tmp_path / "absent.csv")
