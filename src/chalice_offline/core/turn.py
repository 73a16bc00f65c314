"""One input, from the timers that are due before it to those that are due after it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable
    from types import TracebackType


class Turn:
    """Takes the kernel's one lock, runs what is due before, and what is due after."""

    def __init__(
        self,
        lock: threading.RLock,
        catch_up: Callable[[], None],
        follow_up: Callable[[], None],
    ) -> None:
        self._lock = lock
        self._catch_up = catch_up
        self._follow_up = follow_up

    def __enter__(self) -> None:
        self._lock.acquire()
        try:
            self._catch_up()
        except BaseException:
            self._lock.release()
            raise

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            self._follow_up()
        finally:
            self._lock.release()
