"""What every widget shares: a plain state behind, a page in front, and the few messages between them.

A kind of widget is

- a state: a plain object whose ``view()`` returns all that the page shows, as JSON has it, and whose methods marked
  with :func:`action` are all that the page can ask for. It knows no browser, and is tested without one;
- ``assets/KIND.js``: ``function start(root, act, ground)`` fills ``root`` once and returns ``draw(view)``, which is
  called with every new view. ``act("name", {argument: value})`` asks for an action. ``assets/KIND.css`` is its style.

``assets/widget.js``, ``assets/drawing.js`` and ``assets/source.js`` hold what the pages share: ``make``, ``redraw``,
``groundMap``, ``sourcePanel`` …

>>> class Counter:
...     count = 0
...     def view(self):
...         return {"count": self.count}
...     @action
...     def add(self, by):
...         self.count += by
>>> state = Counter()
>>> actions_of(state)["add"](by=2)
>>> state.view()
{'count': 2}

``Widget(state, "counter")`` would show it with ``assets/counter.js``.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from threading import RLock
from typing import Any, Protocol, TypeVar

import anywidget
import traitlets

from restructure._errors import RestructureError, UsageError, file_fault
from restructure.files import VIEWER
from restructure.webpage import font_faces, leaflet_css, read_asset

_Method = TypeVar("_Method", bound=Callable[..., Any])

#: What the page says of an error that is none of ours: a fault of the program, whose words may hold anything.
_FAULT = "โปรแกรมขัดข้อง ทำรายการนี้ไม่ได้ ข้อมูลที่บันทึกแล้วไม่หาย: เปิดหน้านี้ใหม่ แล้วลองอีกครั้ง"
#: Before what keeps the page from showing what there is now.
_UNSEEN = "หน้านี้ยังแสดงค่าเดิม แต่สิ่งที่เพิ่งสั่งอาจทำไปแล้ว:"


class State(Protocol):
    """What a widget shows and does, without a browser."""

    def view(self) -> dict[str, Any]:
        """Return all that the page shows, as JSON has it; nothing personal, for notebooks keep what they show."""


class Widget(anywidget.AnyWidget):
    """The page of a state.

    Parameters
    ----------
    state
        What is shown and done. An error of our own tree that an action raises becomes a sentence on the page.
    kind
        The assets that show it, such as ``mapping``; of several the last one has ``start``.
    ground
        What never changes while the widget is open, as JSON has it: :func:`restructure.webpage.ground_data` for a map.
    """

    #: The state's view, and ``error``: the sentence of the action that just failed, else empty.
    view = traitlets.Dict().tag(sync=True)
    ground = traitlets.Dict().tag(sync=True)

    def __init__(self, state: State, kind: str | tuple[str, ...], ground: dict[str, Any] | None = None) -> None:
        self.state = state
        self._seen_there: dict[str, Any] = {}
        self._esm = _module((kind,) if isinstance(kind, str) else kind)
        self._css = font_faces()  # outside the shadow root, where browsers look for fonts
        super().__init__(view=state.view() | {"error": ""}, ground=ground or {})
        self._seen_there = self.view
        self.on_msg(self._receive)

    def _should_send_property(self, key: str, value: Any) -> bool:
        """Send of a new view only the parts that have changed; who opens the page anew gets all of it."""
        if key != "view" or not self._seen_there:
            return bool(super()._should_send_property(key, value))
        known, self._seen_there = self._seen_there, value
        changed = {name: part for name, part in value.items() if name not in known or known[name] != part}
        gone = [name for name in known if name not in value]
        if changed or gone:
            self.send({"changed": changed, "gone": gone})
        return False

    def _receive(self, _: Any, message: Any, __: Any) -> None:
        """Do what the page asks, then send the new view and say that it is done, whatever came of it."""
        error = _FAULT
        try:
            actions_of(self.state)[message["action"]](**message["arguments"])
            error = ""
        except RestructureError as known:
            error = known.thai
        except OSError as known:
            error = file_fault(known).thai
        finally:
            try:
                self.view = self._seen(error)
            except Exception:
                self.view = self.view | {"error": error or _FAULT}
                raise
            finally:
                self.send({"done": message["id"]})

    def _seen(self, error: str) -> dict[str, Any]:
        try:
            return self.state.view() | {"error": error}
        except RestructureError as known:  # a file of the folder was spoilt meanwhile: what was seen last stays
            fault = known
        except OSError as known:
            fault = file_fault(known)
        return self.view | {"error": error or f"{_UNSEEN} {fault.thai}"}


class LiveWidget(Widget):
    """A page that also shows, through :meth:`refresh`, what work behind it finds meanwhile: one thread at a time."""

    def __init__(self, state: State, kind: str | tuple[str, ...], ground: dict[str, Any] | None = None) -> None:
        self._turn = RLock()
        super().__init__(state, kind, ground)

    def _receive(self, widget: Any, message: Any, buffers: Any) -> None:
        with self._turn:
            super()._receive(widget, message, buffers)

    def refresh(self) -> None:
        """Show what there is now; what was refused last stays told."""
        with self._turn:
            self.view = self._seen(self.view["error"])


def action(method: _Method) -> _Method:
    """Mark a method of a state as one that the page can ask for, with arguments by name."""
    method.is_action = True  # type: ignore[attr-defined]
    return method


def actions_of(state: State) -> dict[str, Callable[..., Any]]:
    """Return the methods of a state that the page can ask for, by name."""
    names = (name for name in dir(type(state)) if hasattr(getattr(type(state), name), "is_action"))
    return {name: getattr(state, name) for name in names}


def is_viewer() -> bool:
    """Say whether the page is shown to viewers who must not write anything: the dashboard says so."""
    return os.environ.get(VIEWER) == "1"


def refuse_viewer() -> None:
    """Refuse to write for a viewer.

    Raises
    ------
    UsageError
        In a page that is only looked at.
    """
    if is_viewer():
        raise UsageError(
            "หน้านี้เปิดไว้ให้ดูและลองเท่านั้น ไม่บันทึก: ถ้าจะบันทึก ให้เปิดใน JupyterLab หรือเปิดหน้าเว็บแบบทำงานเต็ม",
            "This page is for viewing; nothing is written.",
        )


def _module(kinds: tuple[str, ...]) -> str:
    """Return the one JavaScript module of a widget: Leaflet, what is shared, its own, its style; it loads nothing."""
    style = leaflet_css() + read_asset("common.css") + read_asset("widget.css")
    style += "".join(read_asset(f"{kind}.css") for kind in kinds)
    leaflet = read_asset("leaflet/leaflet.js").partition("//# sourceMappingURL")[0]
    return "\n".join(
        [
            # Leaflet takes this for a loader of modules and leaves the page's own names alone.
            f"const L = (() => {{ const exports = {{}}, module = {{}};\n{leaflet}\nreturn exports; }})();",
            f"const STYLE = {json.dumps(style)};",
            read_asset("drawing.js"),
            read_asset("widget.js"),
            read_asset("source.js"),
            *(read_asset(f"{kind}.js") for kind in kinds),
            "export default { initialize: takeChanges, render: (place) => show(place, start) };",
        ]
    )
