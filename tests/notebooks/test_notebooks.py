"""Every notebook runs from its first cell to its last."""

from pathlib import Path

import jupytext
import nbclient
import pytest

from data.make_release import step_release

SAYS = {
    "dutch_data": "P(trendbreuk) = ",
    "first_study": "Trend break, cocaine",
    "the_claim": "the measurements leave anything from",
    "tour": "one_week: smallest change: ",
}
FOLDER = Path(__file__).parents[2] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.py"))


def test_there_are_notebooks():
    assert [path.name for path in NOTEBOOKS] == [f"{name}.py" for name in SAYS]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_runs(path, tmp_path, monkeypatch):
    monkeypatch.setenv("SIMDESIGN_RELEASE", str(step_release(tmp_path, size=0.3)))
    notebook = jupytext.read(path)
    client = nbclient.NotebookClient(
        notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": tmp_path}}
    )
    client.execute()
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert len(code) > 5
    assert all(cell.execution_count for cell in code)
    shown = [cell for cell in code if cell.outputs]
    assert len(shown) >= 7
    tables = [
        output["data"]["text/html"]
        for cell in code
        for output in cell.outputs
        if "text/html" in output.get("data", {})
    ]
    assert any("mcse" in table for table in tables)
    printed = "".join(
        output["text"] for cell in code for output in cell.outputs if output.output_type == "stream"
    )
    assert SAYS[path.stem] in printed
