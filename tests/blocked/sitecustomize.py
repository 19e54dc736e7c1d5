"""Put first on PYTHONPATH: no socket of this process or its children reaches anything but this machine.

Whatever is tried is written, a line each, to the file that RESTRUCTURE_BLOCKED names.
"""

from __future__ import annotations

import ipaddress
import os
import socket
from pathlib import Path

_LOG = os.environ.get("RESTRUCTURE_BLOCKED", "")


def _is_here(host: object) -> bool:
    if host is None or host in ("", b"", "localhost", b"localhost"):
        return True
    text = host.decode() if isinstance(host, bytes) else str(host)
    try:
        return ipaddress.ip_address(text.partition("%")[0]).is_loopback or text in ("0.0.0.0", "::")
    except ValueError:
        return False


def _refuse(what: str, host: object) -> None:
    if _is_here(host):
        return
    with Path(_LOG).open("a", encoding="utf-8") as log:
        log.write(f"{what} {host!r} (process {os.getpid()})\n")
    raise OSError(101, f"{what} {host!r} is blocked by the test")


_connect, _connect_ex, _sendto = socket.socket.connect, socket.socket.connect_ex, socket.socket.sendto
_getaddrinfo = socket.getaddrinfo
_LOCAL = (getattr(socket, "AF_UNIX", None), getattr(socket, "AF_NETLINK", None))


class _Blocked(socket.socket):
    def connect(self, address):  # type: ignore[no-untyped-def]
        if self.family not in _LOCAL:
            _refuse("connect", address[0])
        return _connect(self, address)

    def connect_ex(self, address):  # type: ignore[no-untyped-def]
        if self.family not in _LOCAL:
            _refuse("connect_ex", address[0])
        return _connect_ex(self, address)

    def sendto(self, data, *rest):  # type: ignore[no-untyped-def]
        if self.family not in _LOCAL:
            _refuse("sendto", rest[-1][0])
        return _sendto(self, data, *rest)


def _asked(host, *rest, **more):  # type: ignore[no-untyped-def]
    _refuse("getaddrinfo", host)
    return _getaddrinfo(host, *rest, **more)


if _LOG:
    for _name in ("connect", "connect_ex", "sendto"):
        setattr(socket.socket, _name, getattr(_Blocked, _name))
    socket.getaddrinfo = _asked
    for _name in ("gethostbyname", "gethostbyname_ex"):
        _real = getattr(socket, _name)

        def _named(host, _real=_real, _name=_name):  # type: ignore[no-untyped-def]
            # A computer may ask for its own name.
            if host != socket.gethostname():
                _refuse(_name, host)
            return _real(host)

        setattr(socket, _name, _named)
