"""The handler run whose code is executing: what its AWS calls follow from, and whether it goes on.

A context variable, so that threads a handler starts belong to its run, too
(`chalice_app.environment` lets them inherit it).
"""

from __future__ import annotations

import threading
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chalice_offline.core.interruption import Interruption
    from chalice_offline.core.run import RunLife


class PresentRun:
    """A run under way: its journal entry and its life. Made on the thread of its handler."""

    __slots__ = ("entry", "life")

    def __init__(self, entry: int, life: RunLife) -> None:
        self.entry = entry
        self.life = life
        life.interruption.thread_id = threading.get_ident()

    def in_the_emulator(self) -> _InTheEmulator:
        """Call the emulator: the handler is not interrupted in between, and ends here if stopped.

        Raises RunStopped before anything was called when the run's time is over.
        """
        return _InTheEmulator(self.life.interruption)


class _InTheEmulator:
    """One call of a run, from coming in to going out."""

    __slots__ = ("_interruption", "_is_handler")

    def __init__(self, interruption: Interruption) -> None:
        self._interruption = interruption
        self._is_handler = threading.get_ident() == interruption.thread_id

    def __enter__(self) -> None:
        interruption = self._interruption
        if self._is_handler:
            interruption.inside = True
        if interruption.requested:
            try:
                interruption.refuse()
            finally:
                self._leave()

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None and self._interruption.requested:
                self._interruption.refuse()
        finally:
            self._leave()

    def _leave(self) -> None:
        if self._is_handler:
            self._interruption.inside = False


present_run: ContextVar[PresentRun | None] = ContextVar("present_run", default=None)


def present_causes() -> tuple[int, ...]:
    """Return what a call made here follows from: the present run, or nothing."""
    run = present_run.get()
    return () if run is None else (run.entry,)
