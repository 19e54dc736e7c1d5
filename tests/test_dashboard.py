"""The dashboard: who may open it, what it hands on, and that who only looks writes nothing."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import serving
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from jupyter_server.auth.security import passwd_check
from small_office import files_in

from restructure import dashboard
from restructure._errors import UsageError
from restructure.corrections import CORRECTIONS_FILE
from restructure.cycle import Measured, measure, open_cycle
from restructure.files import VIEWED, staged, viewer_outputs
from restructure.ledger import Decision, decide
from restructure.scenario import PRESENT
from restructure.sharedlist import only_writer
from restructure.steps import write_outcome

SECRET = "มะม่วงสุกเจ็ดลูก"


@pytest.mark.parametrize(
    ("ip", "alone"),
    [
        ("127.0.0.1", True),
        ("127.8.0.3", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("::", False),
        ("10.0.0.7", False),
    ],
)
def test_which_addresses_are_of_this_machine_alone(ip: str, alone: bool) -> None:
    assert dashboard.is_loopback(ip) is alone


@pytest.mark.parametrize("ip", ["", "*", "office.example", "10.0.0"])
def test_what_is_no_address(ip: str) -> None:
    with pytest.raises(UsageError, match="--ip"):
        dashboard.is_loopback(ip)


def test_the_password_is_kept_as_a_hash_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(dashboard.PASSWORD, SECRET)
    hashed = dashboard.hashed_password(beyond=True)
    assert hashed.startswith("argon2:")
    assert SECRET not in hashed
    assert passwd_check(hashed, SECRET)
    assert not passwd_check(hashed, SECRET + "x")
    assert dashboard.PASSWORD not in os.environ, "kernels inherit the environment"


def test_no_password_is_needed_on_this_machine_and_one_is_beyond(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(dashboard.PASSWORD, raising=False)
    assert dashboard.hashed_password(beyond=False) == ""
    with pytest.raises(UsageError, match=dashboard.PASSWORD):
        dashboard.hashed_password(beyond=True)
    monkeypatch.setenv(dashboard.PASSWORD, "เจ็ดตัว")
    with pytest.raises(UsageError, match="8"):
        dashboard.hashed_password(beyond=False)


def test_it_is_typed_where_somebody_can(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(dashboard.PASSWORD, raising=False)
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(dashboard, "getpass", lambda _: SECRET)
    assert passwd_check(dashboard.hashed_password(beyond=True), SECRET)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--ip", "0.0.0.0"], "ต้องมีรหัสผ่าน"),
        (["--ip", "everywhere"], "ไม่ใช่เลขที่อยู่"),
        (["--port", "0"], "1 ถึง 65535"),
        (["--port", "ห้า"], "1 ถึง 65535"),
    ],
)
def test_what_the_command_refuses(office: Path, options: list[str], said: str) -> None:
    env = {name: value for name, value in os.environ.items() if name != dashboard.PASSWORD}
    command = [sys.executable, "-m", "restructure.cli", "dashboard", str(office), *options]
    done = subprocess.run(command, env=env, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    assert done.returncode == 2
    assert said in done.stderr.decode()
    assert "Traceback" not in done.stderr.decode()


def test_a_busy_port_is_said(office: Path) -> None:
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = busy.getsockname()[1]
        with pytest.raises(UsageError, match=f"พอร์ต {port}") as refused:
            dashboard.serve(office, port=port)
    assert "เลือกพอร์ตอื่น" in refused.value.thai


def test_configuration(sample: Path) -> None:
    config = dashboard.configuration(open_cycle(sample), full=False, ip="127.0.0.1", port=8866, hashed="argon2:x")
    voila = config.VoilaConfiguration
    assert voila.show_tracebacks is False
    assert (voila.allow_template_override, voila.allow_theme_override, voila.file_allowlist) == ("NO", "NO", [])
    assert (config.Voila.ip, config.Voila.port_retries, config.Voila.token) == ("127.0.0.1", 0, "")
    culled = config.MappingKernelManager
    assert (culled.cull_idle_timeout, culled.cull_connected) == (dashboard.IDLE_S, True)
    assert config.PasswordIdentityProvider.hashed_password == "argon2:x"
    assert config.PasswordIdentityProvider.allow_password_change is False
    assert "บันทึกไม่ได้" in voila.resources["restructure"]["mode"]
    full = dashboard.configuration(open_cycle(sample), full=True, ip="127.0.0.1", port=8866, hashed="")
    mode = full.VoilaConfiguration.resources["restructure"]["mode"]
    assert "แก้ไขได้" in mode
    assert "drafts/" in mode, "a draft is offered to whoever opens a page that may write"


@pytest.fixture
def viewed(office: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Measured]:
    """Return an office as the page of somebody who only looks finds it."""
    measured = measure(open_cycle(office))
    monkeypatch.setenv(VIEWED, str(office.resolve()))
    viewer_outputs.cache_clear()
    before = files_in(office)
    yield measured
    assert files_in(office) == before
    viewer_outputs.cache_clear()


def test_who_looks_writes_nothing(viewed: Measured) -> None:
    folder = viewed.cycle.folder
    with pytest.raises(UsageError, match="ดูอย่างเดียว"), staged(folder / "scenarios"):
        pass
    with pytest.raises(UsageError, match="ดูอย่างเดียว"), only_writer(folder / CORRECTIONS_FILE):
        pass
    with pytest.raises(UsageError, match="ดูอย่างเดียว"):
        decide(folder, "สมศรี", [Decision("certify", "x", {})])
    write_outcome(viewed, PRESENT)
    assert (viewed.cycle.outputs / "scenarios" / PRESENT.stem / "summary.json").is_file()
    assert folder not in viewed.cycle.outputs.parents


@pytest.mark.parametrize(
    ("code", "said", "logged"),
    [
        ("import restructure as rs\nrs.open_cycle('nowhere')", "ไม่พบโฟลเดอร์", False),
        ("raise ValueError('<b>secret</b>')", "โปรแกรมขัดข้อง", True),
    ],
)
def test_an_error_is_a_sentence(code: str, said: str, logged: bool, capfd: pytest.CaptureFixture[str]) -> None:
    shell = InteractiveShell.instance()
    try:
        dashboard.show_faults()
        with capture_output() as shown:
            result = shell.run_cell(code)
    finally:
        InteractiveShell.clear_instance()
    assert not result.success, "Voilà stops here"
    [output] = shown.outputs
    assert said in output.data["text/html"]
    assert "secret" not in output.data["text/html"]
    assert "Traceback" not in output.data["text/html"] + shown.stdout + shown.stderr
    assert ("ValueError" in capfd.readouterr().err) is logged


@pytest.mark.soak
def test_ctrl_c_ends_all_of_it(office: Path) -> None:
    with serving.dashboard(office, password=SECRET) as (address, pid):
        with pytest.raises(urllib.error.HTTPError):
            urllib.request.urlopen(f"{address}voila/api/contents")
        server = psutil.Process(pid)
        assert SECRET not in " ".join(server.cmdline())
    with serving.dashboard(office) as (address, pid):
        assert "รอบปีงบประมาณนี้" in urllib.request.urlopen(address).read().decode()
        page = urllib.request.urlopen(f"{address}voila/render/00-start.ipynb", timeout=120).read().decode()
        assert "ไม่ต้องเขียนโปรแกรม" in page
        kernels = psutil.Process(pid).children(recursive=True)
        assert kernels
        kept = Path(kernels[0].environ()["TMPDIR"])
        assert dashboard.PASSWORD not in {name for name, value in kernels[0].environ().items() if value}
        os.kill(pid, signal.SIGINT)
        _, alive = psutil.wait_procs(kernels, timeout=30)
        assert not alive
        for _ in range(100):
            if not kept.exists():
                break
            time.sleep(0.1)
        assert not kept.exists()
