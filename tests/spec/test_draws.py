"""A table of joint draws becomes a world's parameters, or is refused with its row."""

import csv
import hashlib
import json
import shutil
import tomllib

import jsonschema
import pandas as pd
import pytest

from simdesign.errors import SpecError
from simdesign.spec import draws
from simdesign.spec.draws import RANGES, without_origins
from simdesign.spec.protocol import protocol_hash
from simdesign.spec.quantity import Draws, HalfNormal
from simdesign.spec.study import Study
from simdesign.spec.substance import Substance
from simdesign.spec.world import World
from spec.draw_tables import FIELDS, column, made_up, write_table

TEXT = """
name = "drawn"
seed = 3
aims = "A study for tests."

[null.substances.cocaine]
estimate = "ESTIMATE"

[null.substances.MDMA]
estimate = "ESTIMATE"
drift = 0.01
r_lab = { dist = "choice", values = [0.0, 0.5] }

[designs.annual]
schedule = { kind = "fixed_weeks", weeks = [11] }

[estimators.exact]
kind = "exact_step"

[decision]
reference = "annual"

[sizes.quick]
null = 20
null_world = 20
alternative = 10
"""


def study_in(folder, estimate="table.csv"):
    path = folder / "study.toml"
    path.write_text(TEXT.replace("ESTIMATE", estimate), encoding="utf-8")
    return path


def read(folder, rows, name="table.csv"):
    write_table(folder / name, rows)
    return Study.from_toml(study_in(folder, name))


def test_columns_become_joint_draws_and_what_is_given_beside_them_wins(tmp_path):
    rows = made_up()
    of = read(tmp_path, rows).null.substances
    for name, fields in (("cocaine", FIELDS), ("MDMA", FIELDS[:3])):
        assert set(of[name].drawn_jointly) == set(fields)
        for field in fields:
            assert list(getattr(of[name], field).values) == column(rows, name, field)
        assert set(of[name].estimate.fields) == set(fields)
    assert of["MDMA"].drift == 0.01
    assert of["MDMA"].r_lab.values == (0.0, 0.5)
    catalogue = World(substances={"cocaine": {}}).substances["cocaine"]
    assert of["cocaine"].shared_weeks == catalogue.shared_weeks
    assert catalogue.estimate is None


def test_every_parameter_of_the_list_is_one_of_a_substance():
    assert set(RANGES) <= set(Substance.model_fields)


def test_parquet_and_the_order_of_rows_make_no_difference(tmp_path):
    rows = made_up()
    one = read(tmp_path, rows)
    again = read(tmp_path, rows[::-1], "table.parquet")
    assert one.hash() == again.hash()
    other = pd.DataFrame(rows).astype({"substance": "category", "draw": "float64"})
    (tmp_path / "world.toml").write_text('[provenance]\ncommand = "made up"\n')
    other.to_parquet(tmp_path / "world.parquet", index=False)
    third = Study.from_toml(study_in(tmp_path, "world.toml"))
    assert one.hash() == third.hash()
    assert third.null.substances["MDMA"].estimate.provenance == {"command": "made up"}


def test_moving_or_renaming_a_table_changes_no_hash_and_another_number_does(tmp_path):
    rows = made_up()
    here, there = tmp_path / "here", tmp_path / "there" / "deeper"
    here.mkdir()
    there.mkdir(parents=True)
    one, two = read(here, rows), read(there, rows, "renamed.csv")
    assert one.hash() == two.hash()
    assert one != two  # they still know their files
    assert protocol_hash(one, "quick") == protocol_hash(two, "quick")
    absolute = Study.from_toml(study_in(there, str(here / "table.csv")))
    assert absolute == one
    rows[0]["sigma_rw"] += 1e-9
    assert read(here, rows).hash() != one.hash()


def test_where_draws_come_from_is_kept(tmp_path):
    rows = [{**row, "tau": 1.0, "note": "x"} for row in made_up()]
    table = write_table(tmp_path / "table.csv", rows)
    digest = hashlib.sha256(table.read_bytes()).hexdigest()
    (tmp_path / "table.toml").write_text(f'draws_sha256 = "{digest}"\ninput_sha256 = "ab"\n')
    found = Study.from_toml(study_in(tmp_path)).null.substances["cocaine"].estimate
    assert (found.name, found.sha256, found.n_draw) == ("table", digest, 20)
    assert found.ignored == ("tau", "note")
    assert found.provenance["input_sha256"] == "ab"
    assert found.n_effective is None
    (tmp_path / "table.toml").write_text(
        "[posterior.cocaine]\nsigma_rw = { ess = 7.9 }\n"
        "drift = { ess = 90.0 }\ntau = { ess = 1.0 }\n"
    )
    of = Study.from_toml(study_in(tmp_path)).null.substances
    assert (of["cocaine"].estimate.n_effective, of["MDMA"].estimate.n_effective) == (7, None)
    (tmp_path / "table.toml").write_text("[posterior.MDMA]\ndrift = { ess = 3 }\n")
    mdma = Study.from_toml(study_in(tmp_path)).null.substances["MDMA"]
    assert mdma.estimate.n_effective is None  # its drift is given beside the table
    (tmp_path / "table.toml").write_text('draws_sha256 = "00"\n')
    with pytest.raises(SpecError, match=r"table\.toml: draws_sha256: must be the checksum of"):
        Study.from_toml(study_in(tmp_path))


def test_a_study_with_draws_round_trips_and_needs_no_file_any_more(tmp_path):
    study = read(tmp_path, made_up())
    (tmp_path / "table.csv").unlink()
    assert Study.from_dict(json.loads(study.model_dump_json())) == study
    again = Study.from_dict(tomllib.loads(study.to_toml()))
    assert (again, again.hash()) == (study, study.hash())
    jsonschema.validate(json.loads(study.model_dump_json(exclude_none=True)), schema())
    jsonschema.validate(tomllib.loads(TEXT), schema())
    assert len(study.to_toml().splitlines()) < 500  # a column is one line


def schema():
    return Study.model_json_schema()


def test_only_the_origin_is_left_out_of_the_hash(tmp_path):
    world = json.loads(read(tmp_path, made_up()).null.model_dump_json())
    left = without_origins(world)
    assert world["substances"]["cocaine"].pop("estimate")
    assert world["substances"]["MDMA"].pop("estimate")
    assert left == world


def test_a_column_that_a_substance_does_not_have_is_no_parameter_of_it(tmp_path):
    rows = made_up()
    for row in rows:
        if row["substance"] == "cocaine":
            row["drift"] = ""
    of = read(tmp_path, rows).null.substances
    assert set(of["cocaine"].drawn_jointly) == set(FIELDS[:3])


def test_draws_may_stand_in_the_file_itself():
    drawn = {"sigma_rw": {"dist": "draws", "values": "0.1 0.2"},
             "sigma_shared": {"dist": "draws", "values": [0.05, 0.06]}}  # fmt: skip
    found = World(substances={"cocaine": drawn}).substances["cocaine"]
    assert found.sigma_rw == Draws(values=(0.1, 0.2))
    drawn["sigma_site"] = {"dist": "draws", "values": [0.1]}
    with pytest.raises(ValueError, match=r"must have as many draws as sigma_shared, 2"):
        World(substances={"cocaine": drawn})
    drawn["sigma_site"] = {"dist": "draws", "values": [0.1, -0.1]}
    with pytest.raises(ValueError, match=r"sigma_site\n.*must be >= 0"):
        World(substances={"cocaine": drawn})


def edited(**change):
    """Return rows of which the seventh has other values."""
    rows = made_up()
    rows[6] = {**rows[6], **change}
    return rows


BAD = {
    "negative": (edited(sigma_rw=-0.1), r"table\.csv: row 8: sigma_rw: must be >= 0, got -0\.1"),
    "not finite": (edited(drift="nan"), r"row 8: drift: must be finite, got 'nan'"),
    "no number": (edited(sigma_site="0,07"), r"row 8: sigma_site: must be a number, got '0,07'"),
    "a gap": (edited(sigma_site=""), r"row 8: sigma_site: must be there for every draw"),
    "share": (
        [{**row, "r_lab": 1.5} for row in made_up()], r"row 2: r_lab: must be in \[0, 1\], got 1\.5"
    ),
    "zero weeks": ([{**row, "shared_weeks": 0} for row in made_up()], r"shared_weeks: must be > 0"),
    "rho": ([{**row, "day_rho": 1.0} for row in made_up()], r"day_rho: must be in \(-1, 1\)"),
    "substance": (edited(substance="heroin"), r"row 8: substance: must be one of cocaine, MDMA"),
    "draw": (edited(draw="three"), r"row 8: draw: must be a whole number, got 'three'"),
    "twice": (edited(draw=2), r"row 8: draw: must be there once for cocaine, got 2"),
    "other draws": (made_up()[:-1], r"draw: must be there for every substance: MDMA has no such"),
    "missing substance": (
        made_up(substances=("cocaine",)), r"table\.csv: substance: must be in the table: cocaine"
    ),
    "no parameter": (
        [{"substance": "cocaine", "draw": 0, "sigma": 1.0}], r"must have a column of sigma_shared"
    ),
    "no key": ([{"substance": "cocaine", "sigma_rw": 0.1}], r"must have the column 'draw'"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_a_bad_table_is_refused_with_its_row(tmp_path, case):
    rows, rule = BAD[case]
    with pytest.raises(SpecError, match=rule) as caught:
        read(tmp_path, rows)
    assert str(caught.value).startswith(f"{tmp_path / 'study.toml'}: table.csv")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b"substance,draw,sigma_rw\n", "must hold draws"),
        (b"", "must have the column"),
        (b"substance,draw,sigma_rw\ncocaine,1\n", r"row 2: must have 3 fields, got 2"),
        (b"substance,draw,draw\ncocaine,1,2\n", "must have every column once"),
        (b"\xff\xfe\x00", "comma-separated text"),
    ],
)
def test_a_file_that_is_no_table_is_refused(tmp_path, content, rule):
    (tmp_path / "table.csv").write_bytes(content)
    with pytest.raises(SpecError, match=rule):
        Study.from_toml(study_in(tmp_path))


def test_parquet_of_wrong_types_is_refused(tmp_path):
    rows = made_up()
    (tmp_path / "table.parquet").write_bytes(b"PAR1 but no more")
    with pytest.raises(SpecError, match=r"table\.parquet: must be a Parquet table"):
        Study.from_toml(study_in(tmp_path, "table.parquet"))
    with pytest.raises(SpecError, match=r"sigma_rw: must be a column of numbers, got '.*string'"):
        read(tmp_path, [{**row, "sigma_rw": "0.1"} for row in rows], "table.parquet")
    rows[3]["sigma_rw"] = float("inf")
    with pytest.raises(SpecError, match=r"row 4: sigma_rw: must be finite, got inf"):
        read(tmp_path, rows, "table.parquet")


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("no.csv", "or an existing file"),
        ("table.txt", r"or a \.csv, \.parquet or \.toml file"),
        ("Atlantis", r"or a \.csv, \.parquet or \.toml file"),
    ],
)
def test_an_estimate_that_is_not_there_is_refused(tmp_path, name, rule):
    with pytest.raises(SpecError, match=rf"null\.substances|substances\.cocaine\.estimate.*{rule}"):
        Study.from_toml(study_in(tmp_path, name))


def test_without_a_study_file_a_path_must_be_absolute(tmp_path):
    table = write_table(tmp_path / "table.csv", made_up())
    with pytest.raises(ValueError, match="there is no file to see it from"):
        World(substances={"cocaine": {"estimate": "table.csv"}})
    assert World(substances={"cocaine": {"estimate": str(table)}}).substances["cocaine"].estimate


def test_an_estimate_that_gives_nothing_and_one_as_a_factor_are_refused(tmp_path):
    table = str(write_table(tmp_path / "table.csv", made_up()))
    given = {"estimate": table, "drift": 0.0, "sigma_site": 0.1, "sigma_rw": 0.0,
             "sigma_shared": HalfNormal(scale=0.1)}  # fmt: skip
    with pytest.raises(ValueError, match="must leave a parameter to the draws"):
        World(substances={"cocaine": given})
    content = tomllib.loads(TEXT.replace("ESTIMATE", table))
    content["factors"] = {"world.substances.cocaine.estimate": [table]}
    with pytest.raises(SpecError, match="cannot be a factor"):
        Study.from_dict(content)


def test_draws_that_no_world_can_have_are_counted_and_refused(tmp_path):
    rows = [{**row, "day_sd": 0.134, "day_rho": 0.35} for row in made_up()]
    assert read(tmp_path, rows).null.substances["cocaine"].drawn_jointly["day_rho"]
    for draw in (4, 7):  # flow, sampling and analysis alone have an SD of 0.064
        rows[2 * draw]["day_sd"] = 0.07
    rule = r"null\.substances\.cocaine\.day_sd: must be at least 0\.0794.*in 2 of 20 draws, .* 5\)"
    with pytest.raises(SpecError, match=rule):
        read(tmp_path, rows)


def test_every_shipped_estimate_and_one_put_beside_them_gives_a_world(tmp_path, monkeypatch):
    folder = shutil.copytree(draws.SHIPPED, tmp_path / "estimates")
    write_table(folder / "made_up.csv", made_up())
    monkeypatch.setattr(draws, "SHIPPED", folder)
    names = draws.shipped_estimates()
    assert "made_up" in names
    for name in names:
        with (folder / f"{name}.csv").open(encoding="utf-8") as file:
            substances = {row["substance"] for row in csv.DictReader(file)}
        world = World(substances={item: {"estimate": name} for item in substances})
        for item in world.substances.values():
            assert item.drawn_jointly.keys() >= {"sigma_shared", "sigma_rw", "sigma_site"}
            assert item.estimate.name == name
            assert name == "made_up" or item.estimate.provenance, "say how it was made"
