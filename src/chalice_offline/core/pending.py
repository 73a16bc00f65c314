"""A reply that is not known yet: a long poll, a synchronous invocation.

Holds no thread and waits for nobody: whoever needs the value says what to do once it is there.
It is settled within the kernel's lock and may be asked from any thread without it.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from chalice_offline.core.errors import EmulatorBug

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")
U = TypeVar("U")

_UNSET = object()


class Pending(Generic[T]):
    """A value, or an error, that comes later; it is settled exactly once."""

    __slots__ = ("_callbacks", "_error", "_value", "_when_abandoned")

    def __init__(self) -> None:
        self._value: Any = _UNSET
        self._error: BaseException | None = None
        self._callbacks: deque[Callable[[Pending[T]], None]] = deque()
        self._when_abandoned: Callable[[], None] | None = None

    @property
    def done(self) -> bool:
        """Whether the value or the error is known."""
        return self._value is not _UNSET or self._error is not None

    def resolve(self, value: T) -> None:
        """Give the value, and run what waits for it."""
        if self._value is not _UNSET or self._error is not None:
            raise _settled_twice()
        self._value = value
        if self._callbacks:
            self._run_callbacks()

    def fail(self, error: BaseException) -> None:
        """Give the error instead of a value."""
        if self._value is not _UNSET or self._error is not None:
            raise _settled_twice()
        self._error = error
        self._run_callbacks()

    def then(self, callback: Callable[[Pending[T]], None]) -> None:
        """Call `callback(self)` once settled; at once when it already is.

        Without a lock no wake-up is lost: first the callback is there to be found, then one looks
        whether somebody should have found it. Whoever takes it out of the deque calls it.
        """
        self._callbacks.append(callback)
        if self._value is not _UNSET or self._error is not None:
            self._run_callbacks()

    def when_abandoned(self, callback: Callable[[], None]) -> None:
        """Say what is to be undone if nobody waits for the value any more."""
        self._when_abandoned = callback

    def abandon(self) -> None:
        """Nobody waits any more (the client hung up); within the kernel's lock.

        What would have been handed out is kept for others. A settled reply stays what it is.
        """
        callback, self._when_abandoned = self._when_abandoned, None
        if callback is not None and not self.done:
            callback()

    def map(self, transform: Callable[[T], U]) -> Pending[U]:
        """Return a pending of `transform(value)`; an error passes through."""
        mapped: Pending[U] = Pending()
        mapped.when_abandoned(self.abandon)

        def settle(source: Pending[T]) -> None:
            try:
                value = transform(source.result())
            except BaseException as error:  # noqa: BLE001 - carried to whoever asks for the result
                mapped.fail(error)
            else:
                mapped.resolve(value)

        self.then(settle)
        return mapped

    def result(self) -> T:
        """Return the value or raise the error; an EmulatorBug when neither is known."""
        if self._error is not None:
            raise self._error
        if self._value is _UNSET:
            raise EmulatorBug("the result of a pending reply was read before it was known")
        value: T = self._value
        return value

    def _run_callbacks(self) -> None:
        callbacks = self._callbacks
        while callbacks:
            try:
                callback = callbacks.popleft()
            except IndexError:  # another thread took the last one meanwhile
                return
            callback(self)


def _settled_twice() -> EmulatorBug:
    return EmulatorBug("a pending reply was settled twice")
