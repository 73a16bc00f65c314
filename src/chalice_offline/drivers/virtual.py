"""Virtual time: the clock jumps to the next timer, handlers run inline, nothing waits.

Everything happens on the caller's thread, in one order that depends only on the inputs and the
seed. Handlers run between kernel steps, never inside one.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

from chalice_offline.core.clock import VirtualClock
from chalice_offline.core.errors import EmulatorBug
from chalice_offline.drivers.outside import send_outside

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice_offline.core.driver import Driven
    from chalice_offline.core.http import HttpRequest, HttpResponse
    from chalice_offline.core.pending import Pending
    from chalice_offline.core.run import FunctionRun, Outcome

    RunFunction = Callable[[FunctionRun], Outcome]
    Send = Callable[[HttpRequest, int], HttpResponse]

# 2026-01-01T00:00:00Z: a fixed start makes every instant in a test reproducible.
DEFAULT_START_MS = 1_767_225_600_000


class VirtualDriver:
    """Drives one emulator in virtual time."""

    def __init__(
        self,
        *,
        start_ms: int = DEFAULT_START_MS,
        run_function: RunFunction | None = None,
        send_request: Send | None = None,
        on_move: Callable[[int], None] | None = None,
    ) -> None:
        """Make a driver.

        `run_function(run)` runs a handler and returns its outcome; `send_request(request,
        timeout_ms)` sends to the outside and raises OSError when no reply came; `on_move(now_ms)`
        hears of every move of the clock (the process clock follows it).
        """
        self.clock = VirtualClock(start_ms)
        self.run_function = run_function
        self.send_request = send_request
        self._on_move = on_move
        self._ready: deque[Callable[[], None]] = deque()
        self._emulator: Driven | None = None
        self.handler_errors: list[BaseException] = []

    def attach(self, emulator: Driven) -> None:
        """Say which emulator's timers to run."""
        self._emulator = emulator

    # ---- Driver -------------------------------------------------------------------------------

    def run(self, run: FunctionRun, done: Callable[[Outcome], None]) -> None:
        """Queue a handler run; `settle`, `advance` and `wait` execute it."""

        def execute() -> None:
            if self.run_function is None:
                raise EmulatorBug(f"nothing can run {run.function_name}")
            outcome = self.run_function(run)
            if outcome.exception is not None:
                self.handler_errors.append(outcome.exception)
            done(outcome)

        self._ready.append(execute)

    def send(
        self,
        request: HttpRequest,
        timeout_ms: int,
        done: Callable[[HttpResponse | None, str], None],
    ) -> None:
        """Queue a request to the outside."""
        self._ready.append(lambda: send_outside(self.send_request, request, timeout_ms, done))

    def wait(self, pending: Pending[Any]) -> None:
        """Let things happen, in order, until `pending` is done."""
        self._drive(until=lambda: pending.done, limit_ms=None, owed_only=False)
        if not pending.done:
            raise EmulatorBug("a reply is awaited that nothing will ever give")

    def expect(self, pending: Pending[Any]) -> None:
        """Nobody else lets time pass, so what a door awaits is driven at once."""
        self.wait(pending)

    def wake(self, next_due_ms: int | None) -> None:
        """Virtual time needs no waking."""

    # ---- what a test asks for -----------------------------------------------------------------

    def settle(self, within_ms: int) -> bool:
        """Run everything owed, moving the clock as far as `within_ms`; False if some is left."""
        limit_ms = self.clock.now_ms() + within_ms
        self._drive(until=lambda: bool(self.handler_errors), limit_ms=limit_ms, owed_only=True)
        return self.handler_errors != [] or not self.has_work()

    def advance(self, duration_ms: int) -> None:
        """Let `duration_ms` pass: every timer due by then runs at its own instant."""
        target_ms = self.clock.now_ms() + duration_ms
        self._drive(until=lambda: bool(self.handler_errors), limit_ms=target_ms, owed_only=False)
        if not self.handler_errors:
            self._move_to(target_ms)

    def sleep(self, duration_ms: int) -> None:
        """Let `duration_ms` pass for a handler that sleeps; others go on meanwhile."""
        target_ms = self.clock.now_ms() + duration_ms
        self._drive(until=lambda: False, limit_ms=target_ms, owed_only=False)
        self._move_to(target_ms)

    def has_work(self) -> bool:
        """Whether a run, a request or an owed timer is still to come."""
        owed_ms = self._the_emulator.scheduler.next_due_ms(owed_only=True)
        return bool(self._ready) or owed_ms is not None

    # ---- within -------------------------------------------------------------------------------

    @property
    def _the_emulator(self) -> Driven:
        if self._emulator is None:
            raise EmulatorBug("the virtual driver was not attached to an emulator")
        return self._emulator

    def _drive(self, *, until: Callable[[], bool], limit_ms: int | None, owed_only: bool) -> None:
        emulator = self._the_emulator
        emulator.catch_up()
        while not until():
            if self._ready:
                self._ready.popleft()()
                continue
            scheduler = emulator.scheduler
            goal_ms = scheduler.next_due_ms(owed_only=owed_only)
            if goal_ms is None or (limit_ms is not None and goal_ms > limit_ms):
                return
            # One instant at a time, for what is not owed, too: a schedule on the way starts a
            # handler, which must run at that instant and not at the one we are heading for.
            self._move_to(scheduler.next_due_ms() or goal_ms)

    def _move_to(self, instant_ms: int) -> None:
        self.clock.move_to(instant_ms)
        if self._on_move is not None:
            self._on_move(self.clock.now_ms())
        self._the_emulator.catch_up()
