"""The project's own files agree with one another."""

from __future__ import annotations

import inspect
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml

import restructure

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
#: PyPI's name where conda-forge has another.
CONDA = {"osmium": "pyosmium", "matplotlib": "matplotlib-base"}
LOCK = (ROOT / "requirements.lock").read_text("utf-8")


def bounds(requirements: list[str]) -> dict[str, str]:
    """Name → lower bound of requirements such as ``numpy>=2.0``."""
    matched = [re.fullmatch(r"([A-Za-z0-9_.-]+)(?:>=([0-9.]+))?", requirement) for requirement in requirements]
    assert all(matched), requirements
    return {m[1].lower().replace("_", "-"): m[2] or "" for m in matched if m}


def tracked() -> list[Path]:
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if done.returncode:
        pytest.skip("not a git checkout")
    return [path for name in done.stdout.decode().split("\0") if name and (path := ROOT / name).is_file()]


def test_conda_environment_has_the_same_dependencies() -> None:
    environment = yaml.safe_load((ROOT / "environment.yml").read_text("utf-8"))
    plain = [entry for entry in environment["dependencies"] if isinstance(entry, str)]
    by_pip = [entry for part in environment["dependencies"] if isinstance(part, dict) for entry in part["pip"]]
    found = bounds(plain) | bounds(by_pip)
    assert found.pop("python") == PROJECT["requires-python"].removeprefix(">=")
    assert found.pop("pip") == ""
    assert found == {CONDA.get(name, name): bound for name, bound in bounds(PROJECT["dependencies"]).items()}
    assert environment["channels"] == ["conda-forge"]
    assert not set(bounds(plain)) & set(bounds(by_pip))


def test_every_dependency_has_a_lower_bound() -> None:
    assert all(bounds(PROJECT["dependencies"]).values())


def test_there_is_one_lock() -> None:
    names = {path.name for path in ROOT.iterdir()}
    assert "requirements.lock" in names
    others = {"poetry.lock", "uv.lock", "pdm.lock", "pixi.lock", "Pipfile.lock", "conda-lock.yml", "pylock.toml"}
    assert not names & others
    assert not [name for name in names if re.fullmatch(r"(requirements|constraints).*\.(txt|in)", name)]


def locked() -> dict[str, list[str]]:
    """Name → requirement lines with their hashes joined."""
    entries: dict[str, list[str]] = {}
    for line in LOCK.replace("\\\n", " ").splitlines():
        if line.strip() and not line.startswith("#"):
            entries.setdefault(re.split(r"[=\[ ]", line)[0].lower(), []).append(line)
    return entries


def test_every_line_of_the_lock_is_pinned_and_hashed() -> None:
    for name, lines in locked().items():
        for line in lines:
            assert re.match(
                rf"{re.escape(name)}(\[[a-z,]+\])?==[0-9][^ ]*( ;.*?)?( +--hash=sha256:[0-9a-f]{{64}})+ *$", line
            ), line


def test_the_lock_names_no_place() -> None:
    assert not re.search(r"://|--index-url|--extra-index|--find-links|file:|@ ", LOCK)


def test_the_lock_holds_every_dependency_at_or_above_its_bound() -> None:
    entries = locked()

    def numbers(version: str) -> list[int]:
        return [int(part) for part in re.findall(r"\d+", version)]

    wanted = bounds(PROJECT["dependencies"]) | bounds(PROJECT["optional-dependencies"]["dev"])
    for name, bound in wanted.items():
        assert name in entries, name
        for line in entries[name]:
            version = re.match(r"[^=]+==([0-9.]+)", line)
            assert version
            assert numbers(version[1]) >= numbers(bound), line


def test_changelog_begins_with_the_version_of_the_package() -> None:
    versions = re.findall(r"^## \[?v?(\d+\.\d+\.\d+)", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert versions[0] == PROJECT["version"]
    assert len(set(versions)) == len(versions)


@pytest.mark.parametrize("name", restructure.__all__)
def test_public_names_are_documented(name: str) -> None:
    thing = getattr(restructure, name)
    own = thing.__doc__ if inspect.isclass(thing) else inspect.getdoc(thing)
    assert own
    assert len(own.strip()) > 20
    assert not own.startswith(f"{name}("), "not the one that dataclasses make up"


def test_public_names_are_sorted_and_complete() -> None:
    # Constants, classes, functions; each by name.
    kinds = sorted(restructure.__all__, key=lambda name: (not name.isupper(), not name[0].isupper(), name))
    assert restructure.__all__ == kinds
    public = {n for n, thing in vars(restructure).items() if not n.startswith("_") and not inspect.ismodule(thing)}
    assert public == set(restructure.__all__)


def test_no_tracked_file_names_a_home_or_workplace() -> None:
    places = re.compile(rb"/(?:root|home|Users|work)/[A-Za-z0-9._-]|[A-Z]:\\Users\\")
    allowed = re.compile(rb"https?://[^\s\"'<>)]*")
    for path in tracked():
        found = places.search(allowed.sub(b"", path.read_bytes()))
        assert not found, (path.relative_to(ROOT), found)


def test_no_tracked_file_is_data_of_an_office() -> None:
    names = [path.relative_to(ROOT).as_posix() for path in tracked()]
    assert [name for name in names if name.startswith("data/")] == ["data/.gitignore", "data/README.md"]
    names.remove("tests/data/handworked-year.xlsx")  # a year of an invented office, worked out in formulas
    assert not [name for name in names if name.endswith((".pbf", ".graphml", ".gpkg", ".sqlite", ".xlsx", ".docx"))]
    assert not [name for name in names if "/outputs/" in name or name.endswith((".pyc", ".log"))]


def test_leaf_files_of_the_package_are_shipped() -> None:
    """What the code opens at run time lies inside the package."""
    package = Path(restructure.__file__).parent
    assert {"columns.csv", "py.typed", "policies", "assets"} <= {path.name for path in package.iterdir()}
    assert (package / "policies" / "2570.yaml").is_file()
