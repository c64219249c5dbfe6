"""Days become campaigns and visits as the records want them; tidy files say the same things."""

import datetime as dt

import numpy as np
import pytest

from data.make_release import measured, step_world, write_release
from simdesign.data import read, to_observations
from simdesign.data.panel import campaigns
from simdesign.records import MISSING_DAY
from simdesign.spec.change import NoChange
from simdesign.units import date_of, day_of

HEADER = "site,date,substance,load,population,censored\n"


def tidy(folder, rows):
    path = folder / "tidy.csv"
    path.write_text(HEADER + "".join(f"{row}\n" for row in rows), encoding="utf-8")
    return path


def test_a_simulated_release_comes_back_as_it_was_measured(tmp_path):
    world, programme = step_world()
    before = measured(world, programme, NoChange())
    after = to_observations(read(write_release(tmp_path, before)))
    assert set(after.sites) == set(before.sites)
    order = [before.sites.index(name) for name in after.sites]
    assert after.visits.n_visit == before.visits.n_visit == 4 * 12
    shape = (12, 4, 7)
    np.testing.assert_allclose(
        after.load[0, 0].reshape(shape), before.load[0, 0].reshape(shape)[:, order], atol=0.005
    )
    np.testing.assert_array_equal(after.visits.campaign, np.repeat(np.arange(12), 4))
    np.testing.assert_array_equal(after.visits.site, np.tile(np.arange(4), 12))
    np.testing.assert_array_equal(after.visits.year, np.repeat(np.arange(2012, 2024), 4))
    np.testing.assert_array_equal(after.population, 400_000)
    assert not after.visits.history.any()
    assert after.visits.n_slot == 1
    # one batch a campaign: one laboratory measures a country
    assert np.unique(after.visits.batch).size == 12
    assert (
        np.unique(np.column_stack([after.visits.batch, after.visits.campaign]), axis=0).shape[0]
        == 12
    )


def test_two_countries_have_two_laboratories(tmp_path):
    world, programme = step_world()
    first = write_release(tmp_path, measured(world, programme, NoChange()), with_sites=False)
    lines = first.read_text(encoding="utf-8").splitlines()
    both = [*lines, *(line.replace('"NL"', '"BE"') for line in lines[1:])]
    first.write_text("\n".join(both), encoding="utf-8")
    got = to_observations(read(first))
    country = np.array([name == "NL" for name in read(first).countries])[got.visits.site]
    assert not set(got.visits.batch[country]) & set(got.visits.batch[~country])


@pytest.mark.parametrize(
    ("days", "first", "length"),
    [
        ([0, 1, 2, 3, 4, 5, 6], [0], [7]),
        ([0, 1, 2, 5, 6], [0], [7]),  # a gap of two days within a week
        ([0, 4, 8], [0, 8], [5, 1]),  # three free days still belong; a week is the longest
        ([0, 5], [0, 5], [1, 1]),  # four free days part
        (list(range(15)), [0, 7, 14], [7, 7, 1]),  # continuous sampling is cut
        ([0, 13, 26], [0, 13, 26], [1, 1, 1]),
    ],
)
def test_a_campaign_is_a_run_of_days_of_at_most_a_week(days, first, length):
    got = campaigns(np.array(days, dtype=np.int64))
    np.testing.assert_array_equal(got[0], first)
    np.testing.assert_array_equal(got[1], length)


def test_a_tidy_file_keeps_its_dates_gaps_and_limits(tmp_path):
    rows = [
        "A,2024-03-13,cocaine,100,50000,",
        "A,2024-03-15,cocaine,120,50000,false",
        "B,2024-03-14,cocaine,7.5,20000,true",
        "B,2024-03-15,cocaine,0,20000,true",
        "A,2024-09-11,cocaine,90,50000,0",
        "A,2025-03-12,cocaine,,50000,0",
        "A,2025-03-13,cocaine,95,50000,0",
    ]
    table = read(tidy(tmp_path, rows))
    assert not table.assumed_dates
    assert table.report.excluded == {"days without a sample": 1}
    got = to_observations(table)
    visits = got.visits
    assert [date_of(int(d)) for d in visits.day[:, 0]] == [
        dt.date(2024, 3, 13), dt.date(2024, 3, 13), dt.date(2024, 9, 11), dt.date(2025, 3, 12),
    ]  # fmt: skip
    np.testing.assert_array_equal(visits.site, [0, 1, 0, 0])
    np.testing.assert_array_equal(visits.campaign, [0, 0, 1, 2])
    # two campaigns in a year: months are slots
    np.testing.assert_array_equal(visits.slot, [0, 0, 1, 0])
    assert visits.n_slot == 2
    np.testing.assert_array_equal(
        visits.day[2], [day_of(dt.date(2024, 9, 11)), MISSING_DAY, MISSING_DAY]
    )
    # B: a known limit of 7.5, then an unknown one; nothing is quantified there, so that the
    # smallest load of the file stands in
    np.testing.assert_array_equal(got.load[0, 0, 1], [np.nan, 7.5, 90.0])
    np.testing.assert_array_equal(got.censored[0, 0, 1], [False, True, True])
    np.testing.assert_array_equal(got.load[0, 0, 0], [100, np.nan, 120])
    np.testing.assert_array_equal(got.reference_load[0], [97.5, 90.0])


def test_year_and_weekday_mean_the_assumed_week(tmp_path):
    path = tmp_path / "tidy.csv"
    lines = ["site,year,weekday,substance,load,population"]
    lines += [f"A,2024,{name},MDMA,{load},1000" for name, load in (("Wed", 1), ("tuesday", 7))]
    path.write_text("\n".join(lines), encoding="utf-8")
    got = to_observations(read(path))
    assert [date_of(int(d)) for d in got.visits.day[0, [0, 6]]] == [
        dt.date(2024, 3, 13), dt.date(2024, 3, 19),
    ]  # fmt: skip
    np.testing.assert_array_equal(got.load[0, 0, 0, [0, 6]], [1, 7])


def test_a_release_and_its_tidy_form_are_the_same_measurements(tmp_path):
    world, programme = step_world()
    release = read(write_release(tmp_path, measured(world, programme, NoChange())))
    rows = [
        f"{release.sites[s]},{date_of(int(day))},cocaine,{float(load)!r},{release.population[s]},"
        for s, day, load in zip(release.site, release.day, release.load, strict=True)
    ]
    one, two = to_observations(release), to_observations(read(tidy(tmp_path, rows)))
    np.testing.assert_array_equal(one.load, two.load)
    np.testing.assert_array_equal(one.visits.day, two.visits.day)
    np.testing.assert_array_equal(one.visits.batch, two.visits.batch)
