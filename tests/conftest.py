"""Fixtures that several tests share."""

from __future__ import annotations

import os
import shutil
import signal
from pathlib import Path

import pytest
from hypothesis import settings

from restructure.sample import make_sample

SHARED = Path(__file__).parents[2] / "shared" / "data"
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
_GET_CHROMIUM = "Debian/Ubuntu: apt-get install chromium; elsewhere set CHROMIUM=/path/to/chrome"

# Started in the background, a shell has this process ignore Ctrl-C, and so would the programs that tests start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

settings.register_profile("quick", deadline=None, derandomize=True, max_examples=50)
settings.load_profile("quick")


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a cycle folder with the sample office; tests must not write into it."""
    folder = tmp_path_factory.mktemp("office") / "sample"
    make_sample(folder, seed=2570)
    return folder


@pytest.fixture
def office(sample: Path, tmp_path: Path) -> Path:
    """Return a copy of the sample office to work in."""
    return Path(shutil.copytree(sample, tmp_path / "office"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if CHROMIUM:
        return
    for item in items:
        if "browser" in item.path.parts:
            item.add_marker(pytest.mark.skip(reason=f"no Chromium found. {_GET_CHROMIUM}"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not CHROMIUM:
        terminalreporter.write_line(f"The browser tests were skipped: no Chromium found. {_GET_CHROMIUM}", yellow=True)
