"""The handler run whose code is executing: what its AWS calls follow from, and when it must end."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass


class TaskTimedOut(BaseException):
    """Ends a handler whose timeout has passed. No `except Exception` of a handler can catch it."""


@dataclass(frozen=True, slots=True)
class PresentRun:
    """A run under way: its journal entry, and the instant at which AWS would stop it."""

    entry: int
    deadline_ms: int

    def check(self, now_ms: int) -> None:
        """Raise TaskTimedOut when the run should have ended by `now_ms`."""
        if now_ms >= self.deadline_ms:
            raise TaskTimedOut


present_run: ContextVar[PresentRun | None] = ContextVar("present_run", default=None)


def present_causes() -> tuple[int, ...]:
    """Return what a call made here follows from: the present run, or nothing."""
    run = present_run.get()
    return () if run is None else (run.entry,)
