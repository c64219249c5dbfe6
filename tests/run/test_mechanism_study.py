"""A study asks by which mechanism: its rows keep the answer, simulated changes are told apart."""

import numpy as np
import pytest

from run.tiny import write_study
from simdesign.fit import decided
from simdesign.run import run
from simdesign.spec.mechanism import MECHANISM_CLASSES
from simdesign.spec.study import Study

N_REP = 12
NAMES = [f"prob_{name}" for name in MECHANISM_CLASSES]
TWO = '[designs.two]\nschedule = { kind = "fixed_weeks", weeks = [11, 37] }\n'
CHANGES = (
    ("name = \"tiny\"\nseed = 7", "name = \"tiny\"\nseed = 9"),
    ('kind = "euda_rule"', 'kind = "z_test"'),
    ('[estimators.exact]\nkind = "exact_step"',
     '[estimators.exact]\nkind = "exact_mechanism"\ntraces = { draws = 20 }'),
    ('"world.substances.*.sigma_shared" = [0.0, 0.1]\n"change.size" = [0.3, -0.3]',
     '"change.mechanism" = ["new_light_users", "higher_purity", "more_often"]'),
    ("[world.substances.cocaine]", "[world.substances.cocaine]\npurity = 0.6"),
    (TWO, TWO + 'streams = ["purity", "survey"]\n'),
    ("null = 24", "null = 20"),
)  # fmt: skip


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    folder = tmp_path_factory.mktemp("mechanism")
    study = Study.from_toml(write_study(folder, *CHANGES))
    found = run(study, folder / "out", workers=1, replications=N_REP).rows()
    assert (found["reason"] == "").all()
    return found


def last(rows, design, mechanism):
    """Return the posterior at the last look, (r, 3)."""
    mine = rows[
        (rows["design"] == design)
        & (rows["estimator"] == "exact")
        & (rows["look"] == rows["look"].max())
        & rows["scenario"].str.contains(mechanism)
    ]
    assert len(mine) == N_REP
    return mine[NAMES].to_numpy()


def test_rows_keep_the_posterior_of_the_engine_that_has_one(rows):
    exact = rows[rows["estimator"] == "exact"]
    np.testing.assert_allclose(exact[NAMES].sum(axis=1), 1.0, rtol=1e-12)
    assert rows.loc[rows["estimator"] != "exact", NAMES].isna().all(axis=None)
    first = exact[exact["look"] == 0]  # one campaign or two: the posterior is the prior
    np.testing.assert_allclose(first[NAMES], 1 / 3, rtol=1e-12)


def test_new_light_users_show_in_the_weekdays_of_loads_alone(rows):
    prob = last(rows, "annual", "new_light_users")
    assert prob[:, 0].mean() > 0.8
    assert not np.isin(decided(prob, 0.8), (1, 2)).any()


def test_purity_shows_in_its_series_and_not_in_loads(rows):
    alone, bought = (last(rows, design, "higher_purity") for design in ("annual", "two"))
    assert (decided(alone, 0.8) != 2).all()
    assert bought[:, 2].mean() > 0.9


def test_everybody_more_often_cannot_be_told_even_with_both_series(rows):
    """Doses that rise alone leave the same traces: none."""
    prob = last(rows, "two", "more_often")
    assert (decided(prob, 0.8) == -1).mean() > 0.5
    assert (prob[:, 1:].sum(axis=1) > 0.5).mean() > 0.5
