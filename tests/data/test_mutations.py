"""Whatever happens to a valid file: one line says what is wrong, or every row is accounted for."""

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simdesign.data import doubts, overview, read
from simdesign.errors import DataError

DAYS = "Wednesday,Thursday,Friday,Saturday,Sunday,Monday,Tuesday"
VALID = {
    "tidy": "country,site,date,substance,load,population,censored\n"
    + "".join(f"NL,Oost,2024-03-{day},cocaine,{day}.5,50000,\n" for day in range(13, 20))
    + 'NL,"West, plant",2024-03-13,MDMA,3,20000,yes\n',
    "semicolons": "site;date;days;substance;load;population;lab\n"
    + "".join(f"Oost;2024-0{m}-13;7;cocaine;{m},5;50000;x\n" for m in range(1, 9)),
    "concentrations": "site,year,weekday,substance,concentration,flow,population,loq\n"
    + "".join(f"Köln,2024,{d},cocaine,12{d[0]}0,9000,50000,2\n" for d in ("Wed", "Thu", "Fri"))
    .replace("W", "1").replace("T", "2").replace("F", "3")
    .replace("1ed", "Wed").replace("2hu", "Thu").replace("3ri", "Fri"),
    "release": f'Year,Metabolite,"Site ID",Country,City,{DAYS}\n'
    + "".join(f'{year},"MDMA",A1,NL,"Oost (2)",0,1.5,NA,2,3,4,5\n' for year in range(2011, 2019)),
}  # fmt: skip
PIECES = st.sampled_from(
    [b",", b";", b'"', b"\n", b"\r", b" ", b".", b"-", b"0", b"9", b"e9", b"<", b"\x00", b"\xff",
     b"\xe9", b"NA", b"inf", b"1,5", b"BE", b"2024", b"sep=;\n", b"\t"]
)  # fmt: skip


@st.composite
def mutated(draw):
    content = VALID[draw(st.sampled_from(sorted(VALID)))].encode()
    for _ in range(draw(st.integers(1, 3))):
        kind = draw(st.sampled_from(["cut", "put", "over", "drop", "twice", "swap"]))
        a = draw(st.integers(0, len(content)))
        b = draw(st.integers(a, min(len(content), a + 12)))
        lines = content.splitlines(keepends=True)
        i = draw(st.integers(0, max(len(lines) - 1, 0)))
        if kind == "cut":
            content = content[:a]
        elif kind == "put":
            content = content[:a] + draw(PIECES) + content[a:]
        elif kind == "over":
            content = content[:a] + draw(PIECES) + content[b:]
        elif kind == "drop":
            content = content[:a] + content[b:]
        elif lines:
            j = draw(st.integers(0, len(lines) - 1))
            lines.insert(j, lines[i] if kind == "twice" else lines.pop(i))
            content = b"".join(lines)
    return content


def n_lines_below_header(content):
    """Count them without the reader: carriage returns end lines too, quotes do not matter."""
    lines = re.split(rb"\r\n|\r|\n", content.removeprefix(b"\xef\xbb\xbf"))
    if lines[-1] == b"":
        lines.pop()
    texts = [line.strip(b' ,;|\t"').strip() for line in lines]
    header = next(i for i, line in enumerate(texts) if line)
    if re.fullmatch(rb"sep=.", lines[header].strip()):
        header += 1
    return len(lines) - header - 1


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow],
          derandomize=True)  # fmt: skip
@given(content=mutated())
def test_no_traceback_and_no_row_lost(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "mutated.csv"
    path.write_bytes(content)
    refused = ""
    try:
        table = read(path)
    except DataError as error:
        refused = str(error)
    if refused:
        assert "\n" not in refused
        assert refused.startswith(str(path))
        return
    report = table.report
    assert report.n_read + sum(report.excluded.values()) == report.n_rows
    assert report.n_rows == n_lines_below_header(content)
    assert overview(table)["days"] == int(table.measured.sum()) >= report.n_read
    for doubt in doubts(table):
        assert doubt.text
        assert "\n" not in doubt.text


@pytest.mark.parametrize("name", VALID)
def test_the_files_that_are_mutated_are_valid(tmp_path, name):
    path = tmp_path / "valid.csv"
    path.write_text(VALID[name], encoding="utf-8")
    assert read(path).report.n_read == n_lines_below_header(path.read_bytes())
