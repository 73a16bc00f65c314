"""A reply that goes on: values one after the other, each when it is there, until it ends."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Generic, TypeVar

from chalice_offline.core.pending import Pending

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")
U = TypeVar("U")


class Feed(Generic[T]):
    """Values from a service to one reader, in order. Used under the emulator's lock, like it."""

    def __init__(self) -> None:
        self._values: deque[T] = deque()
        self._waiting: Pending[T | None] | None = None
        self._is_ended = False
        self._when_closed: Callable[[], None] | None = None

    def put(self, value: T) -> None:
        """Give the reader one more value; nothing happens when there is no reader any more."""
        if self._is_ended:
            return
        self._values.append(value)
        self._serve()

    def end(self) -> None:
        """Say that there is no more."""
        self._is_ended = True
        self._serve()

    def next(self) -> Pending[T | None]:
        """Return the next value; None at the end."""
        waiting: Pending[T | None] = Pending()
        self._waiting = waiting
        self._serve()
        return waiting

    def when_closed(self, callback: Callable[[], None]) -> None:
        """Say what is to be done when the reader goes before the end."""
        self._when_closed = callback

    def close(self) -> None:
        """Read no more."""
        if not self._is_ended:
            self._is_ended = True
            if self._when_closed is not None:
                self._when_closed()

    def map(self, transform: Callable[[T], U], first: U) -> Feed[U]:
        """Return `first`, then what `transform` makes of each value."""
        return _Mapped(self, transform, first)

    def _serve(self) -> None:
        waiting = self._waiting
        if waiting is None:
            return
        if self._values:
            self._waiting = None
            waiting.resolve(self._values.popleft())
        elif self._is_ended:
            self._waiting = None
            waiting.resolve(None)


class _Mapped(Feed[U]):
    """A feed made of another one."""

    def __init__(self, source: Feed[T], transform: Callable[[T], U], first: U) -> None:
        super().__init__()
        self._next = source.next
        self._close = source.close
        self._transform: Callable[[T], U] = transform
        self._first: U | None = first

    def next(self) -> Pending[U | None]:
        """Return the first value, then one of the source."""
        first, self._first = self._first, None
        if first is not None:
            given: Pending[U | None] = Pending()
            given.resolve(first)
            return given
        return self._next().map(lambda value: None if value is None else self._transform(value))

    def close(self) -> None:
        """Read no more, also of the source."""
        self._close()
