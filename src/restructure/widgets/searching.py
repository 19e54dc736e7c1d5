"""Work behind a page that goes on while the page is used: one at a time, with what it tells, and stopped by hand."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Thread

from restructure._errors import RestructureError, UsageError, file_fault

#: The page is told at most this often, in seconds.
EVERY = 0.3
_FAULT = "โปรแกรมขัดข้อง งานนี้ไม่สำเร็จ สิ่งที่บันทึกแล้วไม่หาย: ลองอีกครั้ง"


class Job:
    """One piece of work in a thread of its own; ``told`` is what it said last, ``fault`` why it failed.

    Parameters
    ----------
    changed
        Called, in that thread, when there is something new to show.
    """

    def __init__(self, changed: Callable[[], None]) -> None:
        self._changed = changed
        self._thread: Thread | None = None
        self._begun = self._shown = 0.0
        self.told = self.fault = ""
        self.stopped = False

    @property
    def running(self) -> bool:
        """Whether it is at work."""
        return self._thread is not None

    @property
    def seconds(self) -> int:
        """Whole seconds since it was started."""
        return int(time.monotonic() - self._begun)

    def start(self, work: Callable[[], None], words: str) -> None:
        """Start work that calls :meth:`tell` from time to time.

        Raises
        ------
        UsageError
            When other work is still being done.
        """
        if self.running:
            raise UsageError("กำลังทำงานอื่นอยู่: รอให้เสร็จ หรือกดหยุดก่อน", "Other work is being done; wait or stop it.")
        self.told, self.fault, self.stopped = words, "", False
        self._begun = time.monotonic()
        self._thread = Thread(target=self._run, args=(work,), daemon=True)
        self._thread.start()

    def tell(self, words: str) -> bool:
        """Say what is being done; returns whether to stop."""
        self.told = words
        if time.monotonic() - self._shown > EVERY:
            self.show()
        return self.stopped

    def show(self) -> None:
        """Let the page show what there is now."""
        self._shown = time.monotonic()
        self._changed()

    def stop(self) -> None:
        """Ask it to stop; it keeps what it has."""
        self.stopped = True

    def wait(self, seconds: float) -> None:
        """Wait for it to be done, and stop it where it takes longer."""
        if thread := self._thread:
            thread.join(seconds)
            self.stop()
            thread.join()

    def _run(self, work: Callable[[], None]) -> None:
        try:
            work()
        except RestructureError as error:
            self.fault = error.thai
        except OSError as error:
            self.fault = file_fault(error).thai
        except Exception:
            self.fault = _FAULT
            raise
        finally:
            self._thread, self.told = None, ""
            self.show()
