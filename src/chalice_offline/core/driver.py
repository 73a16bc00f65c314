"""What the kernel and whoever gives it time know of each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice_offline.core.clock import Clock
    from chalice_offline.core.http import HttpRequest, HttpResponse
    from chalice_offline.core.pending import Pending
    from chalice_offline.core.run import FunctionRun, Outcome
    from chalice_offline.core.scheduler import Scheduler


class Driven(Protocol):
    """The kernel, as its driver sees it."""

    @property
    def scheduler(self) -> Scheduler:
        """The timers; a driver reads when the next is due."""
        ...

    def catch_up(self) -> None:
        """Run every timer that is due."""
        ...


class Driver(Protocol):
    """Everything the kernel must not do itself: read the clock, run handlers, send, wait."""

    def attach(self, emulator: Driven) -> None:
        """Hear whose timers to run."""
        ...

    @property
    def clock(self) -> Clock:
        """Where the time comes from."""
        ...

    def run(self, run: FunctionRun, done: Callable[[Outcome], None]) -> None:
        """Run a handler soon, without the kernel's lock; call `done` with its outcome."""
        ...

    def send(
        self,
        request: HttpRequest,
        timeout_ms: int,
        done: Callable[[HttpResponse | None, str], None],
    ) -> None:
        """Send a request soon; call `done` with the reply, or with None and the reason."""
        ...

    def wait(self, pending: Pending[Any]) -> None:
        """Return once `pending` is done."""
        ...

    def expect(self, pending: Pending[Any]) -> None:
        """Hear that a door awaits `pending` without blocking; virtual time drives until done."""
        ...

    def wake(self, next_due_ms: int | None) -> None:
        """Hear when the next timer is due; called with the kernel's lock held."""
        ...
