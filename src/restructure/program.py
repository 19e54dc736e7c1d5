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
_FILES = (".py", ".ipynb", ".yaml", ".csv", ".js", ".css", ".html", ".json")


@cache
def versions() -> dict[str, str]:
    """Return the version of Python, of this program and of each library on which results rest, by name."""
    return {"python": platform.python_version()} | {
        name: metadata.version(name) for name in ("restructure", *_LIBRARIES)
    }


@cache
def program_digest() -> str:
    """Return a digest of this program's own files, so that a change in any of them counts."""
    found = {}
    for root in {Path(__file__).parent, notebooks_folder()}:
        for path in root.rglob("*"):
            if path.is_file() and path.suffix in _FILES:
                found[path.relative_to(root).as_posix()] = sha256(path)
    return hashlib.sha256(json.dumps(found, sort_keys=True).encode()).hexdigest()
