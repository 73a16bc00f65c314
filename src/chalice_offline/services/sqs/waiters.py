"""Long polls: who waits for messages, served in the order in which they came."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

from chalice_offline.core.pending import Pending

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice_offline.core.kernel import Kernel
    from chalice_offline.core.scheduler import Timer

    Result = dict[str, Any]
    Attempt = Callable[[], Result]


class Waiter:
    """One long poll; `attempt` receives again and returns an empty result if there is nothing."""

    __slots__ = ("attempt", "pending", "timer")

    def __init__(self, attempt: Attempt) -> None:
        self.attempt = attempt
        self.pending: Pending[Result] = Pending()
        self.timer: Timer | None = None


class Waiters:
    """The long polls of one queue."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self._line: deque[Waiter] = deque()

    def wait(self, attempt: Attempt, timeout_ms: int) -> Pending[Result]:
        """Return a pending reply: what `attempt` gives, or nothing after `timeout_ms`."""
        waiter = Waiter(attempt)
        due_ms = self._kernel.now_ms + timeout_ms
        waiter.timer = self._kernel.at(due_ms, lambda: self._give_up(waiter), owed=False)
        self._line.append(waiter)
        waiter.pending.when_abandoned(lambda: self._leave(waiter))
        return waiter.pending

    def serve(self, has_available: Callable[[], bool]) -> None:
        """Let those who wait receive, longest first, as long as there is something."""
        while self._line and has_available():
            waiter = self._line[0]
            result = waiter.attempt()
            if not result:
                return
            self._line.popleft()
            self._kernel.cancel(waiter.timer)
            waiter.pending.resolve(result)

    def dismiss(self) -> None:
        """Answer everyone with nothing."""
        while self._line:
            waiter = self._line.popleft()
            self._kernel.cancel(waiter.timer)
            waiter.pending.resolve({})

    def _leave(self, waiter: Waiter) -> None:
        """Its client hung up: what comes next is for the others."""
        self._line.remove(waiter)
        self._kernel.cancel(waiter.timer)

    def _give_up(self, waiter: Waiter) -> None:
        self._line.remove(waiter)
        waiter.pending.resolve({})
