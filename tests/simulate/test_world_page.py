"""The tables of docs/world.md are what the code says."""

from pathlib import Path

import numpy as np
import pytest
import world_tables

from simdesign.spec.catalogue import SUBSTANCES

PAGE = (Path(__file__).parents[2] / "docs" / "world.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "table",
    [
        world_tables.count_noise,
        world_tables.latent,
        world_tables.if_day_noise_were_use,
    ],
)
def test_the_page_has_the_rows_that_the_code_gives(table, capsys):
    table()
    rows = [row for row in capsys.readouterr().out.splitlines() if row.startswith("| ")]
    found = [row for row in rows if row.split(" | ")[0][2:] in SUBSTANCES]
    assert len(found) >= 4
    shown = PAGE.replace("\N{MINUS SIGN}", "-")
    missing = [row for row in found if row not in shown]
    assert not missing, "renew docs/world.md with python benchmarks/world_tables.py"


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [("cocaine", 0.17, 0.52), ("MDMA", 0.22, 0.77), ("amphetamine", 0.10, 0.51)],
)
@pytest.mark.parametrize("realism", world_tables.REALISMS)
def test_neighbouring_days_correlate_as_in_the_data(name, low, high, realism):
    parts, lag = world_tables.solved(world_tables.world_of(realism), name)
    assert low < lag < high
    world = world_tables.world_of(realism)
    wanted = world.substances[name].day_rho
    assert parts.totals_met == np.isclose(lag, wanted, atol=1e-5)
