"""Each notebook runs from top to bottom on a fresh machine's defaults."""

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from pipelines.models.table import ModelMissing, model_path
from pipelines.settings import ROOT, Settings

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def test_there_are_notebooks() -> None:
    assert NOTEBOOKS


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
@pytest.mark.parametrize("file", NOTEBOOKS, ids=lambda file: file.stem)
def test_notebook_runs(file: Path) -> None:
    settings = Settings()
    try:
        model_path(settings.whisper, settings)
    except ModelMissing as missing:
        pytest.skip(str(missing))
    notebook = nbformat.read(file, as_version=4)
    NotebookClient(notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(ROOT)}}).execute()
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(cell.execution_count for cell in code)
    assert any("image/png" in output.get("data", {}) for cell in code for output in cell.outputs), "it shows a plot"


@pytest.mark.parametrize("file", NOTEBOOKS, ids=lambda file: file.stem)
def test_notebook_holds_no_logic(file: Path) -> None:
    source = "\n".join(c.source for c in nbformat.read(file, as_version=4).cells if c.cell_type == "code")
    assert not [line for line in source.splitlines() if line.lstrip().startswith(("def ", "class ", "async def "))]
