"""Ending a handler from outside, as far as Python lets one.

An exception can be raised in another thread, at some point soon. That point must never lie inside
the emulator: a half applied call would be worse than a handler that goes on (`core.interruption`).
"""

from __future__ import annotations

import ctypes
import threading
from typing import TYPE_CHECKING

from chalice_offline.core.interruption import RunStopped
from chalice_offline.core.run import timed_out

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice_offline.core.run import FunctionRun, Outcome

_PATIENCE_SECONDS = 1.0
_for_ever = threading.Lock()
_for_ever.acquire()


class RunningHandler:
    """One handler on the present thread, from its start to its outcome."""

    def __init__(self, run: FunctionRun) -> None:
        self.thread_id = threading.get_ident()
        self._run = run
        run.life.interruption.park = _park
        self._lock = threading.RLock()
        self._ended = False
        self._was_interrupted = False

    def outcome(self, handle: Callable[[], Outcome]) -> Outcome:
        """Run the handler; when this returns, nothing interrupts this thread any more."""
        outcome: Outcome | None = None
        while True:
            try:
                outcome = outcome or handle()
                with self._lock:
                    self._ended = True
                if self._was_interrupted:
                    _let_pending_exceptions_be_raised()
            except RunStopped:
                outcome = outcome or timed_out(self._run)
            else:
                return outcome

    def interrupt(self) -> None:
        """Raise RunStopped in the handler. A thread that waits in C hears of it afterwards."""
        if not self._run.life.interruption.request():
            return
        # It cannot be held for longer, unless the exception of another interruption hit the
        # one instruction between taking it and being able to give it back.
        if not self._lock.acquire(timeout=_PATIENCE_SECONDS):
            return
        try:
            if not self._ended:
                self._was_interrupted = True
                _raise_in(self.thread_id, RunStopped)
        finally:
            self._lock.release()


def _park() -> None:
    """Keep this thread, unless Python would wait for it when it exits."""
    if threading.current_thread().daemon:
        _for_ever.acquire()


def _raise_in(thread_id: int, error: type[BaseException]) -> None:
    """Raise an exception in a thread.

    Never None, which takes back one that was not raised yet: Python 3.11 then looks for one at
    every step from now on, and a profiler or tracer that is started later stands still.
    """
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread_id), ctypes.py_object(error))


def _let_pending_exceptions_be_raised() -> None:
    """Give Python the occasion to raise here what was raised in this thread: a step backwards."""
    for _ in range(10):
        pass
