"""The example notebook runs from top to bottom, without data and without a network."""

from pathlib import Path

import nbformat
from nbclient import NotebookClient

NOTEBOOK = Path(__file__).resolve().parents[1] / "examples" / "made_up_country.ipynb"


def test_notebook_runs_and_measures_the_designed_gini() -> None:
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    NotebookClient(notebook, timeout=300, kernel_name="python3").execute()
    (error,) = [
        cell.outputs[0]["data"]["text/plain"]
        for cell in notebook.cells
        if cell.cell_type == "code" and ".abs().max()" in cell.source
    ]
    assert float(error) < 1e-4
