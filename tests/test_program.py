"""What counts as another program."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

from restructure import program
from restructure.notebooks import notebooks_folder

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_what_a_page_saves_is_no_other_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """JupyterLab writes outputs into a notebook that is open, and a copy of it beside."""
    folder = tmp_path / "notebooks"
    shutil.copytree(notebooks_folder(), folder, ignore=shutil.ignore_patterns(".*"))
    monkeypatch.setattr(program, "notebooks_folder", lambda: folder)
    digest = program.notebooks_digest.__wrapped__
    before = digest()
    path = folder / "02-distances.ipynb"
    notebook = json.loads(path.read_text("utf-8"))
    cell = next(cell for cell in notebook["cells"] if cell["cell_type"] == "code")
    cell |= {"execution_count": 3, "outputs": [{"output_type": "stream", "name": "stdout", "text": "ok"}]}
    path.write_text(json.dumps(notebook), "utf-8")
    (folder / ".ipynb_checkpoints").mkdir()
    shutil.copy(path, folder / ".ipynb_checkpoints" / "02-distances-checkpoint.ipynb")
    assert digest() == before
    cell["source"] = ["x = 1\n"]
    path.write_text(json.dumps(notebook), "utf-8")
    assert digest() != before
