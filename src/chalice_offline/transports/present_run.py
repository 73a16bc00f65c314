"""The handler run whose code is executing: what its AWS calls follow from, and whether it goes on.

A context variable, so that threads a handler starts belong to its run, too
(`chalice_app.environment` lets them inherit it).
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chalice_offline.core.run import RunLife


@dataclass(frozen=True, slots=True)
class PresentRun:
    """A run under way: its journal entry and its life. Made on the thread of its handler."""

    entry: int
    life: RunLife

    def __post_init__(self) -> None:
        self.life.interruption.thread_id = threading.get_ident()

    @contextmanager
    def in_the_emulator(self) -> Iterator[None]:
        """Call the emulator: the handler is not interrupted in between, and ends here if stopped.

        Raises RunStopped before anything was called when the run's time is over.
        """
        interruption = self.life.interruption
        is_handler = threading.get_ident() == interruption.thread_id
        if is_handler:
            interruption.inside = True
        try:
            interruption.refuse()
            yield
            interruption.refuse()
        finally:
            if is_handler:
                interruption.inside = False


present_run: ContextVar[PresentRun | None] = ContextVar("present_run", default=None)


def present_causes() -> tuple[int, ...]:
    """Return what a call made here follows from: the present run, or nothing."""
    run = present_run.get()
    return () if run is None else (run.entry,)
