"""A reply that goes on, as botocore reads it in this process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chalice_offline.core.feed import Feed
    from chalice_offline.emulator import Emulator


class RawFeed:
    """A body of which each piece is waited for; in virtual time that lets time pass."""

    def __init__(self, emulator: Emulator, feed: Feed[bytes]) -> None:
        self._emulator = emulator
        self._feed = feed

    def stream(self, *_: Any, **__: Any) -> Iterator[bytes]:
        """Give the pieces as they come, whatever size is asked for."""
        while (piece := self._next()) is not None:
            yield piece

    def close(self) -> None:
        """Read no more."""
        with self._emulator.lock:
            self._feed.close()

    def _next(self) -> bytes | None:
        with self._emulator.lock:
            pending = self._feed.next()
        self._emulator.driver.wait(pending)
        return pending.result()
