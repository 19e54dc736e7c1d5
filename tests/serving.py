"""Notebooks served by Voilà and JupyterLab on this machine, with everything beyond it cut off."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Queue
from threading import Thread

import nbformat
from playwright.sync_api import Browser, Page, expect

import restructure

BLOCKED = Path(__file__).parent / "blocked"
TEMPLATES = Path(restructure.__file__).parent / "assets" / "jupyter"
START_S = 60


def notebook(path: Path, *cells: str) -> Path:
    """Write a notebook of code cells."""
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    made = [nbformat.v4.new_code_cell(cell) for cell in cells]
    nbformat.write(nbformat.v4.new_notebook(cells=made, metadata={"kernelspec": kernel}), path)
    return path


@contextmanager
def voila(path: Path) -> Iterator[str]:
    """Serve a notebook's outputs; gives the address of the page."""
    arguments = [
        "voila", str(path), "--no-browser", f"--port={_free_port()}", "--Voila.ip=127.0.0.1", "--template=restructure",
    ]  # fmt: skip
    with _served(path.parent, arguments, r"(http://127\.0\.0\.1:\d+/)") as (address, _):
        yield address


@contextmanager
def lab(path: Path) -> Iterator[str]:
    """Open a notebook in JupyterLab; gives the address of the page."""
    _ask_for_no_news(path.parent)
    arguments = [
        "jupyterlab", "--no-browser", "--allow-root", f"--port={_free_port()}", "--ip=127.0.0.1",
        "--IdentityProvider.token=", f"--ServerApp.root_dir={path.parent}",
    ]  # fmt: skip
    with _served(path.parent, arguments, r"(http://127\.0\.0\.1:\d+/)lab") as (address, _):
        yield f"{address}doc/tree/{path.name}"


@contextmanager
def own_lab(folder: Path) -> Iterator[str]:
    """Open our notebooks as ``restructure lab`` does, with its files in a folder; gives the server's address."""
    _ask_for_no_news(folder)
    config = folder / "config" / "jupyter_server_config.json"
    config.parent.mkdir()
    told = {"ServerApp": {"allow_root": True, "port": _free_port()}, "IdentityProvider": {"token": ""}}
    config.write_text(json.dumps(told))
    found = r"(http://127\.0\.0\.1:\d+/)lab"
    with _served(folder, ["restructure.cli", "lab"], found, XDG_CACHE_HOME=str(folder / "cache")) as (address, _):
        yield address


def _ask_for_no_news(folder: Path) -> None:
    quiet = folder / "settings" / "@jupyterlab" / "apputils-extension" / "notification.jupyterlab-settings"
    quiet.parent.mkdir(parents=True)
    quiet.write_text('{"fetchNews": "false", "checkForUpdates": false}')


@contextmanager
def dashboard(folder: Path, *options: str, password: str = "") -> Iterator[tuple[str, int]]:
    """Serve a cycle as the command does, beside its folder's own files; gives the address and the server's process."""
    arguments = ["restructure.cli", "dashboard", str(folder), f"--port={_free_port()}", *options]
    with _served(folder.parent, arguments, r"http://[\d.]+(:\d+/)", RESTRUCTURE_PASSWORD=password) as (found, process):
        yield f"http://127.0.0.1{found}", process


@contextmanager
def opened(browser: Browser, address: str, width: int = 1366, height: int = 768) -> Iterator[Page]:
    """Open a served page; an error in its console or a request for anything beyond the server fails the test."""
    context = browser.new_context(viewport={"width": width, "height": height})
    page = context.new_page()
    errors: list[str] = []
    own = address[: address.index("/", len("http://")) + 1]
    inside = (own, own.replace("http", "ws", 1), f"blob:{own}", "data:")
    page.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("websocket", lambda s: None if s.url.startswith(inside) else errors.append(s.url))

    def guard(route, request):  # type: ignore[no-untyped-def]
        if request.url.startswith(inside):
            route.continue_()
        else:
            errors.append(request.url)
            route.abort()

    page.route("**/*", guard)
    page.goto(address, timeout=2 * START_S * 1000)  # a kernel starts, reads and measures before the page is there
    yield page
    context.close()
    assert errors == []


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def run_cell(page: Page) -> None:
    """Run the first cell of a notebook in JupyterLab."""
    expect(page.locator("#jp-main-statusbar")).to_contain_text("Idle", timeout=START_S * 1000)
    page.locator(".jp-CodeCell .cm-content").first.click()
    page.keyboard.press("Shift+Enter")


@contextmanager
def _served(folder: Path, arguments: list[str], address: str, **more: str) -> Iterator[tuple[str, int]]:
    attempts = folder / "attempts.txt"
    env = os.environ | {
        # The package under test, wherever it lies: a worktree's is not the installed one.
        "PYTHONPATH": os.pathsep.join([str(BLOCKED), str(Path(restructure.__file__).parents[1])]),
        "RESTRUCTURE_BLOCKED": str(attempts),
        "JUPYTER_PATH": str(TEMPLATES),
        # Nothing of whoever runs the tests: neither their settings nor their open files.
        **{f"JUPYTER_{name}_DIR": str(folder / name.lower()) for name in ("CONFIG", "RUNTIME", "DATA")},
        "JUPYTERLAB_SETTINGS_DIR": str(folder / "settings"),
        "JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces"),
        "BROWSER": "true",  # which opens nothing
        **more,
    }
    server = subprocess.Popen(
        [sys.executable, "-m", *arguments], env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert server.stdout is not None
    said: Queue[str | None] = Queue()

    def listen() -> None:
        for line in server.stdout:
            said.put(line)
        said.put(None)

    listener = Thread(target=listen)
    listener.start()
    try:
        lines = []
        while True:
            line = said.get(timeout=START_S)
            assert line is not None, "".join(lines)
            lines.append(line)
            if found := re.search(address, line):
                break
        yield found[1], server.pid
    finally:
        server.terminate()
        server.wait(20)
        listener.join()
        server.stdout.close()
    assert not attempts.exists(), attempts.read_text()
