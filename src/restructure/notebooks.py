"""The notebooks of the year's work, run on a cycle."""

from __future__ import annotations

from pathlib import Path

from restructure._errors import DataError

#: The notebooks of one office's year, in their order.
YEAR = ("00-start", "01-data", "02-distances", "03-scenarios", "04-subsidy", "05-plan", "06-duties")
_SEARCHES = "03-scenarios"


def notebooks_folder() -> Path:
    """Return where the notebooks lie: in the installed package, or beside it in a checkout."""
    packaged = Path(__file__).parent / "notebooks"
    return packaged if packaged.is_dir() else Path(__file__).parents[2] / "notebooks"


def year_notebooks() -> list[Path]:
    """Return the notebooks of one cycle's year; those behind look at several cycles and are run by hand."""
    return [notebooks_folder() / f"{name}.ipynb" for name in YEAR]


def execute(notebook: Path, target: Path, folder: Path) -> None:
    """Execute a notebook on a cycle; the executed copy goes into ``target``.

    It searches for no plan: what a search finds in the time that it has differs from one computer to another.

    Raises
    ------
    DataError
        When the notebook stops; with the message of the error in it.
    """
    # Imported here: papermill takes a second to load and only this needs it.
    import papermill
    from papermill.exceptions import PapermillExecutionError

    target.mkdir(exist_ok=True)
    try:
        papermill.execute_notebook(
            notebook,
            target / notebook.name,
            parameters={"DIR": str(folder.resolve())} | ({"SECONDS": 0} if notebook.stem == _SEARCHES else {}),
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


def prepare_notebooks(folder: Path, target: Path) -> None:
    """Copy the notebooks of the year into ``target`` with their parameters set to a cycle."""
    from papermill.iorw import load_notebook_node, write_ipynb
    from papermill.parameterize import parameterize_notebook

    for notebook in year_notebooks():
        node = parameterize_notebook(load_notebook_node(str(notebook)), {"DIR": str(folder.resolve())})
        write_ipynb(node, str(target / notebook.name))
