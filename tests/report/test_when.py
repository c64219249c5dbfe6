"""The curves of the page: only what was simulated is drawn, and a change that all levels have."""

import dataclasses

import pytest

from simdesign.report.folder import read_folder
from simdesign.report.select import Selection
from simdesign.report.when import when_figure


@pytest.mark.parametrize(
    ("absent", "shown", "n_panel"),
    [
        ([], "30 %", 2),
        ([(0.3, 0.1)], "20 %", 2),  # a study may leave out some combinations
        ([(0.3, 0.1), (-0.2, 0.1)], "30 %", 1),
    ],
)
def test_an_empty_panel_is_not_drawn(results, absent, shown, n_panel):
    folder = read_folder(results.folder)
    frame = folder.measures
    for change, level in absent:
        frame = frame[~((frame["change"] == change) & (frame["shared"] == level))]
    selection = Selection(dataclasses.replace(folder, measures=frame), "cocaine", {})
    found = when_figure(selection)
    assert shown in found.intro["en"].replace("\N{NO-BREAK SPACE}", " ")
    assert len(found.panels) == n_panel
