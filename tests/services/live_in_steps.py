"""The live driver with a clock that tests move: real threads, and no real waiting.

Handlers and requests run on threads of their own, all at once. The clock goes on to the next timer
once none of them is busy, as it would if they took no time.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from chalice_offline.core.clock import VirtualClock
from chalice_offline.core.interruption import RunStopped
from chalice_offline.drivers.live import LiveDriver
from chalice_offline.drivers.virtual import DEFAULT_START_MS

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice_offline.core.pending import Pending
    from chalice_offline.core.run import RunLife

PATIENCE_SECONDS = 120  # never waited for but where something hangs, and 1,250 threads take a while


class LiveInSteps(LiveDriver):
    """Drives one emulator with threads, in time that passes when a test says so."""

    def __init__(self, *, on_move: Callable[[int], None], **options: Any) -> None:
        self._steps = VirtualClock(DEFAULT_START_MS)
        super().__init__(clock=self._steps, **options)
        self._on_move = on_move
        self._busy = 0
        self._quiet = threading.Condition()
        self._is_handler = threading.local()
        self._sleeping: set[threading.Event] = set()
        self._is_over = False

    def stop(self) -> None:
        """Stop, and wake who sleeps: a thousand handlers would hold their emulator for minutes."""
        super().stop()
        self._is_over = True
        for over in tuple(self._sleeping):
            over.set()

    # ---- what VirtualDriver can do, too -------------------------------------------------------

    def settle(self, within_ms: int) -> None:
        limit_ms = self.clock.now_ms() + within_ms
        self._go_on(limit_ms, owed_only=True)

    def advance(self, duration_ms: int) -> None:
        target_ms = self.clock.now_ms() + duration_ms
        self._go_on(target_ms, owed_only=False)
        self._move_to(target_ms)
        self._wait_until_quiet()

    def sleep(self, duration_ms: int, life: RunLife | None = None) -> None:
        """Let a handler sleep until the clock was moved so far."""
        over = threading.Event()
        if life is not None:
            life.interruption.wake = over.set
        assert self._emulator is not None
        # First the timer, then no longer busy: in between, nothing would seem to be left to do.
        self._emulator.set_timer(self.clock.now_ms() + duration_ms, lambda: self._resume(over))
        self._sleeping.add(over)
        self._count(-1)
        if not self._is_over:
            over.wait(PATIENCE_SECONDS)
        self._sleeping.discard(over)
        if self._is_over or (life is not None and life.interruption.requested):
            raise RunStopped

    def wait(self, pending: Pending[Any], life: RunLife | None = None) -> None:
        if getattr(self._is_handler, "yes", False):
            pending.then(lambda _: self._count(1))
            self._count(-1)
            super().wait(pending, life)
            return
        while not pending.done:
            self._wait_until_quiet()
            if pending.done or not self._step(None, owed_only=False):
                break
        super().wait(pending, life)

    # ---- within -------------------------------------------------------------------------------

    def _submit(
        self,
        submit: Callable[[Callable[[], None]], object],
        execute: Callable[[], None],
        failed: Callable[[BaseException], None],
    ) -> None:
        def counted() -> None:
            self._is_handler.yes = True
            try:
                execute()
            finally:
                self._is_handler.yes = False
                self._count(-1)

        self._count(1)
        super()._submit(submit, counted, failed)

    def _resume(self, over: threading.Event) -> None:
        self._count(1)
        over.set()

    def _count(self, more: int) -> None:
        with self._quiet:
            self._busy += more
            self._quiet.notify_all()

    def _wait_until_quiet(self) -> None:
        with self._quiet:
            assert self._quiet.wait_for(lambda: self._busy == 0, PATIENCE_SECONDS)

    def _go_on(self, limit_ms: int, *, owed_only: bool) -> None:
        self._wait_until_quiet()
        while self._step(limit_ms, owed_only=owed_only):
            self._wait_until_quiet()

    def _step(self, limit_ms: int | None, *, owed_only: bool) -> bool:
        """Move the clock to the next timer, if one is wanted by the limit.

        With the kernel's lock, for the timer thread may be at work, too.
        """
        assert self._emulator is not None
        with self._emulator.lock:
            if self._busy:
                return True
            scheduler = self._emulator.scheduler
            goal_ms = scheduler.next_due_ms(owed_only=owed_only)
            if goal_ms is None or (limit_ms is not None and goal_ms > limit_ms):
                return False
            self._move_to(scheduler.next_due_ms() or goal_ms)
            return True

    def _move_to(self, instant_ms: int) -> None:
        assert self._emulator is not None
        self._steps.move_to(instant_ms)
        self._on_move(self._steps.now_ms())
        self._emulator.catch_up()
