"""What results rest on beside files of the office: the program itself and the libraries that it calculates with."""

from __future__ import annotations

import hashlib
import json
import platform
from functools import cache
from importlib import metadata
from pathlib import Path

from restructure.files import sha256
from restructure.notebooks import notebooks_folder

_LIBRARIES = ("numpy", "pandas", "scipy", "shapely", "pyproj", "osmium", "pyarrow", "numba", "highspy")
_FILES = (".py", ".yaml", ".csv", ".js", ".css", ".html", ".json")


@cache
def versions() -> dict[str, str]:
    """Return the version of Python, of this program and of each library on which results rest, by name."""
    found = {name: metadata.version(name) for name in ("restructure", *_LIBRARIES)}
    return {"python": platform.python_version()} | found


@cache
def package_digest() -> str:
    """Return a digest of the package's own files, so that a change in any of them counts."""
    root = Path(__file__).parent
    paths = (path for path in root.rglob("*") if path.suffix in _FILES and path.is_file())
    return _digest({path.relative_to(root).as_posix(): sha256(path) for path in paths})


@cache
def notebooks_digest() -> str:
    """Return a digest of the packaged notebooks' cells alone: a page that is open saves what it shows."""
    found = {}
    for path in notebooks_folder().glob("*.ipynb"):
        cells = json.loads(path.read_text("utf-8"))["cells"]
        found[path.name] = [[cell["cell_type"], "".join(cell["source"])] for cell in cells]
    return _digest(found)


def _digest(data: object) -> str:
    return hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()
