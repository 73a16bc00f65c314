"""What the kernel and whoever gives it time know of each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections import deque
    from collections.abc import Callable

    from chalice_offline.core.clock import Clock
    from chalice_offline.core.http import HttpRequest, HttpResponse
    from chalice_offline.core.pending import Pending
    from chalice_offline.core.run import FunctionRun, Outcome, RunLife
    from chalice_offline.core.scheduler import Scheduler, Timer


class Driven(Protocol):
    """The kernel, as its driver sees it."""

    @property
    def scheduler(self) -> Scheduler:
        """The timers; a driver reads when the next is due."""
        ...

    @property
    def timer_errors(self) -> deque[Exception]:
        """What timers raised, which is our mistake; whoever drives reports and forgets it."""
        ...

    def set_timer(self, due_ms: int, callback: Callable[[], None], *, owed: bool = True) -> Timer:
        """Run `callback` at `due_ms`; for whoever does not have the kernel's lock."""
        ...

    def cancel_timer(self, timer: Timer) -> None:
        """Undo `set_timer`."""
        ...

    def catch_up(self) -> None:
        """Run every timer that is due."""
        ...


class Helper(Protocol):
    """Lets the present thread, which is going to wait for a handler, run that handler itself."""

    def start(self, work: Callable[[], None]) -> None:
        """Run `work`, which helps, on a thread; RuntimeError when there is none."""
        ...

    def begin(self) -> None:
        """Offer this thread for what handlers are asked for from now on."""
        ...

    def end(self, awaited: Pending[Any] | None) -> None:
        """Run what was left to this thread until `awaited` is known; other threads run the rest."""
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

    @property
    def helper(self) -> Helper | None:
        """How threads of doors may help; None where they must not."""
        ...

    def run(
        self, run: FunctionRun, begins: Callable[[], None], done: Callable[[Outcome], None]
    ) -> None:
        """Run a handler soon, without the kernel's lock.

        Calls `begins` when it starts and `done` with its outcome, whatever happens to it.
        """
        ...

    def may_time_out(self, life: RunLife) -> bool:
        """Whether a run may be stopped now: not while a debugger is attached, say."""
        ...

    def timeouts_wait(self) -> bool:
        """Whether something may take longer now because a handler may."""
        ...

    def interrupt(self, entry: int) -> None:
        """End the handler of a stopped run where that can be done; never waits for it."""
        ...

    def send(
        self,
        request: HttpRequest,
        timeout_ms: int,
        done: Callable[[HttpResponse | None, str], None],
    ) -> None:
        """Send a request soon; call `done` with the reply, or with None and the reason."""
        ...

    def wait(self, pending: Pending[Any], life: RunLife | None = None) -> None:
        """Return once `pending` is done, or the run whose handler waits for it is stopped."""
        ...

    def expect(self, pending: Pending[Any]) -> None:
        """Hear that a door awaits `pending` without blocking; virtual time drives until done."""
        ...

    def wake(self, next_due_ms: int | None) -> None:
        """Hear when the next timer is due; called with the kernel's lock held."""
        ...
