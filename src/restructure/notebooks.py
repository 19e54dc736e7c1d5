"""The notebooks of the year's work, run on a cycle."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from restructure._errors import DataError
from restructure.files import staged

#: The one that is about the country and not about an office: nothing that is done for an office runs it.
NATIONAL_NOTEBOOK = "08-national.ipynb"


def notebooks_folder() -> Path:
    """Return where the notebooks lie: in the installed package, or beside it in a checkout."""
    packaged = Path(__file__).parent / "notebooks"
    return packaged if packaged.is_dir() else Path(__file__).parents[2] / "notebooks"


def office_notebooks() -> list[Path]:
    """Return the notebooks of an office's year, in their order."""
    return [path for path in sorted(notebooks_folder().glob("[0-9]*.ipynb")) if path.name != NATIONAL_NOTEBOOK]


def run_notebooks(folder: Path, progress: Callable[[str, int, int], None] | None = None) -> list[Path]:
    """Execute the notebooks in order on a cycle; the executed copies go to ``outputs/notebooks/``.

    Parameters
    ----------
    progress
        Called with the name of the notebook about to run, how many are done and how many there are.

    Raises
    ------
    DataError
        When a notebook stops; with the message of the error in it.
    """
    # Imported here: papermill takes a second to load and only this command needs it.
    import papermill
    from papermill.exceptions import PapermillExecutionError

    notebooks = office_notebooks()
    outputs = folder / "outputs"
    with staged(outputs) as stage:
        done = stage / "notebooks"
        done.mkdir()
        for i, notebook in enumerate(notebooks):
            if progress:
                progress(notebook.stem, i, len(notebooks))
            try:
                papermill.execute_notebook(
                    notebook,
                    done / notebook.name,
                    parameters={"DIR": str(folder.resolve())},
                    kernel_name="python3",
                    cwd=str(folder),
                    progress_bar=False,
                    # The kernel would say on every start that its loopback connection is not encrypted.
                    extra_arguments=["--IPKernelApp.log_level=CRITICAL"],
                )
            except PapermillExecutionError as error:
                raise DataError(
                    f"สมุดงาน {notebook.stem} หยุดกลางทาง: {error.evalue}",
                    f"Notebook {notebook.stem} stopped: {error.ename}.",
                ) from error
        if progress:
            progress("", len(notebooks), len(notebooks))
    return [outputs / "notebooks" / n.name for n in notebooks]


def prepare_notebooks(folder: Path, target: Path) -> None:
    """Copy the notebooks into ``target`` with their parameters set to a cycle."""
    from papermill.iorw import load_notebook_node, write_ipynb
    from papermill.parameterize import parameterize_notebook

    for notebook in office_notebooks():
        node = parameterize_notebook(load_notebook_node(str(notebook)), {"DIR": str(folder.resolve())})
        write_ipynb(node, str(target / notebook.name))
