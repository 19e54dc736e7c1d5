"""The notebooks of a cycle as web pages, served by Voilà: for looking, or with ``--full`` for working."""

from __future__ import annotations

import html
import ipaddress
import logging
import os
import socket
import sys
import traceback
import webbrowser
from getpass import getpass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from restructure._errors import RestructureError, UsageError
from restructure.cycle import Cycle, open_cycle
from restructure.files import VIEWED, VIEWER, write_json
from restructure.manual import MANUAL_FILE, write_manual
from restructure.notebooks import prepare_notebooks

if TYPE_CHECKING:
    from traitlets.config import Config

#: Where the password of a dashboard for other machines may stand; else it is asked for.
PASSWORD = "RESTRUCTURE_PASSWORD"
PORT = 8866

#: A page that nobody has touched for so long ends, and its memory is free.
IDLE_S = 3600
_LEAST_LETTERS = 8
_TEMPLATE = "restructure"
_ASSETS = Path(__file__).parent / "assets" / "jupyter"
_FAULT = "โปรแกรมขัดข้อง แสดงส่วนนี้ต่อไม่ได้ ข้อมูลที่บันทึกแล้วไม่หาย: เปิดหน้านี้ใหม่ ถ้ายังเป็นอีก แจ้งผู้ดูแล"
_LOOKING = "ดูอย่างเดียว: ลองได้ทุกปุ่ม แต่บันทึกไม่ได้ และคนอื่นไม่เห็นสิ่งที่ท่านลอง"
_WORKING = "แก้ไขได้: สิ่งที่บันทึกอยู่ในโฟลเดอร์ของสำนักงาน แผนด้วยมือที่ยังไม่บันทึกเก็บไว้ใน drafts/ และเสนอให้ทำต่อในหน้าที่เปิดทีหลัง"

#: What each page is for, those of a meeting first.
_PAGES = (
    (
        "ดูและตัดสินใจ",
        {
            "03-scenarios": ("ทางเลือกการเรียนรวม", "แผนที่และทางเลือก ลองรวมโรงเรียนแล้วเห็นผลทันที เทียบกันก่อนตัดสินใจ"),
            "05-plan": ("ร่างแผน", "รายการรวมในแผน แผนที่ และเอกสารที่เสนอคณะกรรมการ"),
            "06-duties": ("งานแปดหน้าที่", "ทะเบียนงานทั้งปี อะไรต้องทำก่อน ใครมีงานเท่าใด ถึงมาตรฐานระดับใด"),
        },
    ),
    (
        "ข้อมูลที่ใช้",
        {
            "00-start": ("รอบปีงบประมาณนี้", "ไฟล์ที่มี ทางเลือกที่บันทึกไว้ ค่าที่ใช้และที่มา"),
            "01-data": ("ตรวจข้อมูล", "ไฟล์ใดเป็นตารางใด อะไรผิด แก้ตรงไหน หมู่บ้านใดยังไม่มีพิกัด"),
            "02-distances": ("ระยะทางถนน", "จากทุกหมู่บ้านไปทุกโรงเรียน ระยะทางใดต้องตรวจก่อนจ่ายเงิน"),
            "04-subsidy": ("ค่าพาหนะรับ-ส่ง", "รับรองระยะทาง ความต้องการ วงเงิน และเอกสารของสองรอบ"),
        },
    ),
)


def serve(folder: Path, *, full: bool = False, ip: str = "127.0.0.1", port: int = PORT) -> None:
    """Serve the notebooks of a cycle until Ctrl-C.

    Every page has a kernel of its own: what is tried on one is not seen on another. What is drafted on a page that may
    write is kept, and offered to each such page that is opened later.

    Parameters
    ----------
    full
        Whether the pages may write into the cycle folder. Else what they make goes into a folder of the page's own.
    ip, port
        Where it listens. Beyond this machine only with a password: :data:`PASSWORD` or asked for.

    Raises
    ------
    UsageError
        When the address cannot be used, or a password is needed and there is none.
    DataError
        When the cycle cannot be read.
    """
    beyond = not is_loopback(ip)
    _refuse_port(ip, port)
    hashed = hashed_password(beyond=beyond)
    cycle = open_cycle(folder)
    with TemporaryDirectory(prefix="restructure-", ignore_cleanup_errors=True) as own:
        notebooks = Path(own) / "notebooks"
        notebooks.mkdir()
        _prepare(folder, notebooks)
        manual = Path(own) / "manual" / MANUAL_FILE
        write_manual(manual)
        _set_environment(folder, Path(own), full=full)
        logging.getLogger("tornado").setLevel(logging.ERROR)  # not every page that is not found
        config = configuration(cycle, full=full, ip=ip, port=port, hashed=hashed)
        server = _server_class(manual.parent)(config=config)
        server.config_file_paths = []  # nobody else's settings: they could let tracebacks through
        server.initialize([str(notebooks)])
        server.start()
    print("ปิดแล้ว")


def configuration(cycle: Cycle, *, full: bool, ip: str, port: int, hashed: str) -> Config:
    """Return how Voilà serves a cycle.

    Parameters
    ----------
    hashed
        What :func:`hashed_password` returned.
    """
    from traitlets.config import Config

    office = cycle.policy.office + (" (ข้อมูลสมมุติ)" if cycle.policy.synthetic else "")
    told = {"office": office, "year": cycle.policy.fiscal_year, "mode": _WORKING if full else _LOOKING}

    def tell(page_config: dict[str, Any], **_: Any) -> dict[str, Any]:
        page_config["restructure"] = told | {"pages": _PAGES}
        return page_config

    return Config(
        {
            "Voila": {"ip": ip, "port": port, "port_retries": 0, "log_level": logging.CRITICAL, "token": ""},
            "VoilaConfiguration": {
                "template": _TEMPLATE,
                "allow_template_override": "NO",  # Voilà's own would load a font from outside
                "allow_theme_override": "NO",
                "classic_tree": True,
                "progressive_rendering": True,  # the page stands after two seconds, its parts come as they are made
                "show_tracebacks": False,
                "file_allowlist": [],
                "resources": {"restructure": told},
                "page_config_hook": tell,
                "prelaunch_hook": _let_it_end,
            },
            # Many pages may be opening at once.
            "VoilaExecutor": {"cell_error_instruction": _FAULT, "startup_timeout": 300},
            "MappingKernelManager": {"cull_idle_timeout": IDLE_S, "cull_interval": 60, "cull_connected": True},
            "PasswordIdentityProvider": {"hashed_password": hashed, "allow_password_change": False},
        }
    )


def is_loopback(ip: str) -> bool:
    """Say whether an address is of this machine alone.

    Raises
    ------
    UsageError
        When it is no address.
    """
    try:
        return ip == "localhost" or ipaddress.ip_address(ip).is_loopback
    except ValueError:
        raise UsageError(
            f"--ip {ip} ไม่ใช่เลขที่อยู่ของเครื่อง: ใช้เลข เช่น 192.168.1.20 หรือ 0.0.0.0 (ทุกเครือข่ายของเครื่องนี้)",
            f"--ip {ip} is no address; write one such as 192.168.1.20, or 0.0.0.0.",
        ) from None


def hashed_password(*, beyond: bool) -> str:
    """Return the hash of the password, read once and then forgotten; empty where none is set and none is needed.

    Parameters
    ----------
    beyond
        Whether machines other than this one can open the pages.

    Raises
    ------
    UsageError
        When there is none though it is needed, or it is too short.
    """
    from jupyter_server.auth.security import passwd

    password = os.environ.pop(PASSWORD, "")  # not to be handed on to the kernels
    if beyond and not password and sys.stdin is not None and sys.stdin.isatty():
        password = getpass("รหัสผ่านสำหรับผู้เปิดดูจากเครื่องอื่น (ไม่แสดงขณะพิมพ์): ")
    if not password:
        if beyond:
            raise UsageError(
                f"เปิดให้เครื่องอื่นดูต้องมีรหัสผ่าน: ตั้งไว้ในตัวแปร {PASSWORD} หรือสั่งในหน้าต่างคำสั่งแล้วพิมพ์เมื่อถูกถาม",
                f"Other machines need a password: set {PASSWORD}, or run this in a terminal and type it.",
            )
        return ""
    if len(password) < _LEAST_LETTERS:
        raise UsageError(
            f"รหัสผ่านสั้นเกินไป: ใช้อย่างน้อย {_LEAST_LETTERS} ตัว", f"The password needs {_LEAST_LETTERS} letters or more."
        )
    return str(passwd(password))


def show_faults() -> None:
    """Let this kernel show errors as Thai sentences; a fault of the program goes to the server's stderr."""
    from IPython import get_ipython
    from IPython.display import HTML, display

    shown: list[str] = []

    def show(*_: Any, **__: Any) -> None:
        fault = sys.exc_info()[1]
        if shown:  # the cells after one that failed fail for want of what it would have made
            return
        if not isinstance(fault, RestructureError):
            traceback.print_exc(file=sys.__stderr__)
        shown.append(fault.thai if isinstance(fault, RestructureError) else _FAULT)
        display(HTML(f'<p role="alert" class="restructure-fault">{html.escape(shown[0])}</p>'))

    # What runs in a cell and what a page asks of a widget both end here.
    get_ipython().showtraceback = show


def _refuse_port(ip: str, port: int) -> None:
    try:
        with socket.socket(socket.AF_INET6 if ":" in ip else socket.AF_INET) as free:
            if os.name != "nt":  # as the server does: what closed a moment ago does not count
                free.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            free.bind((ip, port))
    except OSError as error:
        raise UsageError(
            f"ใช้ {ip} พอร์ต {port} ไม่ได้ (อาจเปิดค้างไว้แล้ว): ปิดโปรแกรมเดิม หรือเลือกพอร์ตอื่น เช่น --port {port + 1}",
            f"Cannot listen on {ip}, port {port} ({error.strerror}); end what uses it, or choose another --port.",
        ) from None


def _prepare(folder: Path, target: Path) -> None:
    """Copy the notebooks, each with a cell that shows errors as sentences."""
    import nbformat

    prepare_notebooks(folder, target)
    for path in target.glob("*.ipynb"):
        node = nbformat.read(path, as_version=4)
        first = nbformat.v4.new_code_cell("from restructure.dashboard import show_faults\n\nshow_faults()")
        node.cells.insert(1, first)  # below the title
        nbformat.write(node, path)


def _let_it_end(request: Any, **_: Any) -> None:
    """Give a page that was opened by its own address the cookie by which it can end its kernel when it is closed."""
    request.xsrf_token  # noqa: B018 (asking for it sets the cookie)


def _set_environment(folder: Path, own: Path, *, full: bool) -> None:
    """Set what the kernels inherit."""
    paths = [str(_ASSETS), os.environ.get("JUPYTER_PATH", "")]
    os.environ["JUPYTER_PATH"] = os.pathsep.join(filter(None, paths))
    # What they leave behind goes when the server ends; nobody's own start files come in, and no history is shared.
    for name in ("TMPDIR", "IPYTHONDIR"):
        (own / name.lower()).mkdir()
        os.environ[name] = str(own / name.lower())
    quiet = {"IPKernelApp": {"log_level": logging.ERROR}, "HistoryManager": {"enabled": False}}
    write_json(own / "ipythondir" / "profile_default" / "ipython_kernel_config.json", quiet)
    for name, value in ((VIEWER, "1"), (VIEWED, str(folder.resolve()))):
        if full:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


def _server_class(manual: Path) -> Any:
    """Return Voilà with the manual and our own pages for signing in, closed to pages that say they are of this machine.

    Parameters
    ----------
    manual
        The folder in which it lies.
    """
    # Imported here: it takes a second to load, and every kernel imports this module.
    from jinja2 import ChoiceLoader, FileSystemLoader
    from jupyter_server.base.handlers import FileFindHandler
    from voila.app import Voila

    class Server(Voila):  # type: ignore[misc]
        def init_handlers(self) -> list[Any]:
            # Where JupyterLab has it too, so that one link in a notebook does for both.
            return [(rf"/static/({MANUAL_FILE})", FileFindHandler, {"path": str(manual)}), *super().init_handlers()]

        def init_settings(self) -> dict[str, Any]:
            settings: dict[str, Any] = super().init_settings()
            # By a name of its own that leads to 127.0.0.1, any page of the world could read these.
            settings["allow_remote_access"] = not is_loopback(self.ip)
            pages = settings["jinja2_env"]
            pages.loader = ChoiceLoader([FileSystemLoader(_ASSETS / "login"), pages.loader])
            return settings

        def launch_browser(self) -> None:
            """Say where the pages are; Voilà calls this once it listens."""
            print(f"เปิดแล้วที่ {self.connection_url} กด Ctrl-C เพื่อปิด", flush=True)
            print(f"หน้าที่ไม่มีใครใช้ {IDLE_S // 60} นาทีจะปิดเอง", flush=True)
            if is_loopback(self.ip):
                webbrowser.open(self.connection_url)
            else:
                print("ข้อมูลและรหัสผ่านส่งโดยไม่เข้ารหัส: ใช้เฉพาะในเครือข่ายของสำนักงาน", flush=True)

    return Server
