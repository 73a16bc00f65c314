"""Handlers that pause: threads of which exactly one runs at a time.

In virtual time a handler that sleeps or waits lets others go on. The first one does so on the
caller's own stack. One that starts meanwhile gets a thread, so that each goes on at its own
instant, whatever the others still have to wait for. The thread runs only while the one that let it
waits for it: the order depends on the inputs alone, as if there were no threads.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Executor

_own = threading.local()


class Actor:
    """A handler on a thread of its own."""

    def __init__(self, threads: Executor, work: Callable[[], None]) -> None:
        """Prepare; `resume` begins it."""
        self._work = work
        self._go = threading.Semaphore(0)
        self._back = threading.Semaphore(0)
        self._error: BaseException | None = None
        threads.submit(self._run)

    @staticmethod
    def present() -> Actor | None:
        """Return the actor whose thread this is."""
        actor: Actor | None = getattr(_own, "actor", None)
        return actor

    def resume(self) -> None:
        """Let it go on, until it pauses or ends; raises what ended it."""
        self._go.release()
        self._back.acquire()
        if self._error is not None:
            raise self._error

    def pause(self) -> None:
        """Stop here until somebody resumes this actor; only on its own thread."""
        self._back.release()
        self._go.acquire()

    def _run(self) -> None:
        self._go.acquire()
        _own.actor = self
        try:
            self._work()
        except BaseException as error:  # noqa: BLE001 - raised where it was resumed
            self._error = error
        finally:
            _own.actor = None
            self._back.release()
