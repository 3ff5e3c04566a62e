"""The notebooks run from top to bottom on the shipped sample, twice, and say the same."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
NAMES = ("error_analysis", "labelling_session", "baseline_against_candidate")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the notebooks beside the sample, with a workspace of their own."""
    root = tmp_path_factory.mktemp("project")
    shutil.copytree(
        ROOT / "notebooks", root / "notebooks", ignore=shutil.ignore_patterns("support-agent", "__pycache__")
    )
    (root / "data").symlink_to(ROOT / "data")
    return root / "notebooks"


def execute(path: Path) -> list[dict[str, Any]]:
    import nbclient
    import nbformat

    book = nbformat.read(path, as_version=4)
    client = nbclient.NotebookClient(
        book, timeout=280, resources={"metadata": {"path": str(path.parent)}}, store_widget_state=False
    )
    client.execute()
    return [cell for cell in book.cells if cell.cell_type == "code"]


def text(cell: dict[str, Any]) -> str:
    return "".join(output.get("data", {}).get("text/plain", "") for output in cell["outputs"])


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # the kernel client's, not ours
@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.xdist_group("notebooks")
def test_every_notebook_runs_and_error_analysis_says_the_same_again(place: Path) -> None:
    said = {}
    for name in (NAMES[0], *NAMES):
        cells = execute(place / f"{name}.ipynb")
        again = [text(cell) for cell in cells]
        for cell in cells:
            assert not any(
                output["output_type"] == "stream" and output["name"] == "stderr" for output in cell["outputs"]
            ), cell
        if name in said:
            assert "Nothing new to read" in again[1]
            # Loading says that nothing is new, and annotating that nothing was added: all the rest is the same to the letter.
            changed = [(old, new) for old, new in zip(said[name], again, strict=True) if old != new]
            assert len(changed) <= 3, changed
        said[name] = again
    assert "is better than" in "".join(said["baseline_against_candidate"])
    assert said["baseline_against_candidate"][-1].startswith("Cannot tell whether v2 is better or worse than v1: ")


@pytest.mark.parametrize("name", NAMES)
def test_notebooks_show_code_as_it_is_formatted(name: str) -> None:
    book = json.loads((ROOT / "notebooks" / f"{name}.ipynb").read_text(encoding="utf-8"))
    assert all(cell["source"] for cell in book["cells"])
