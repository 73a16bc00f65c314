"""Threads of a function's own that wait in virtual time.

Whoever drives a handler waits for the thread that runs it. A handler may have threads of its own
that sleep, or wait for a reply. They must not let time pass while the handler is at work, and time
must pass when the handler waits for just them. So they are parked here; time passes when all
threads of a run wait (`drivers.standstill`), and goes on when none of those that woke is at work.

When no run of its function is under way a thread stands still, as on AWS, where the whole process
does; it goes on with the next run.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from chalice_offline.core.interruption import RunStopped
from chalice_offline.drivers.standstill import Standstill

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice_offline.core.driver import Driven
    from chalice_offline.core.pending import Pending
    from chalice_offline.core.run import RunLife
    from chalice_offline.drivers.runs_under_way import Running

_own = threading.local()
# Real seconds between two looks at threads that have just woken, and how many looks they get.
_LOOK_SECONDS = 0.0005
_LOOKS_MAX = 20_000
_never = threading.Lock()
_never.acquire()


class Parked:
    """One waiting thread; made on that thread."""

    def __init__(self, life: RunLife | None, function: str | None, until_ms: int | None) -> None:
        """`function` is whose run this is, None if that has ended; `until_ms` when it wakes.

        Without an instant it is for something else than time to wake it.
        """
        if function is not None:
            _own.function = function
        self.function: str = getattr(_own, "function", "")  # "": started by an import
        self.life = life
        self.until_ms = until_ms
        self.thread_id = threading.get_ident()
        self._lock = threading.Lock()
        self._lock.acquire()

    def wait(self) -> None:
        """Stop here until `release`."""
        self._lock.acquire()

    def release(self) -> None:
        """Let it go on; once."""
        self._lock.release()


class OwnThreads:
    """All threads of functions' own that wait in one emulator."""

    def __init__(
        self,
        soon: Callable[[Callable[[], None]], None],
        functions: Callable[[], set[str]],
        go_on: Callable[[RunLife], bool],
    ) -> None:
        """`soon` has something run by whoever drives; `functions` are those that run now.

        `go_on(life)` waits again for a handler that waited for its threads, False if none did.
        """
        self._soon = soon
        self._functions = functions
        self._go_on = go_on
        self._parked: dict[int, Parked] = {}
        self._woken: list[Parked] = []
        self._frozen: list[Parked] = []
        self._has_ended = False

    def sleep(
        self, emulator: Driven, until_ms: int, life: RunLife | None, running: Running | None
    ) -> None:
        """Keep the present thread until that instant; nobody owes anybody its waking."""
        parked = self._park(life, running, until_ms)
        timer = emulator.set_timer(until_ms, lambda: self.wake(parked), owed=False)
        self._stay(parked)
        emulator.cancel_timer(timer)

    def wait(self, pending: Pending[Any], life: RunLife | None, running: Running | None) -> None:
        """Keep the present thread until a reply is there."""
        parked = self._park(life, running, None)
        pending.then(lambda _: self.wake(parked))
        self._stay(parked)

    def wake(self, parked: Parked) -> None:
        """Let a thread go on soon, if it has not been told so."""
        if self._parked.get(parked.thread_id) is parked and parked not in self._woken:
            self._woken.append(parked)
            if len(self._woken) == 1:
                self._soon(self._release_woken)

    def stop(self, life: RunLife) -> None:
        """Wake those of a run that was stopped, so that they hear of it."""
        for parked in list(self._parked.values()):
            if parked.life is life:
                self.wake(parked)

    def thaw(self, function: str) -> None:
        """A run of a function begins: its threads go on first, where they stood still."""
        frozen, self._frozen = self._frozen, []
        thawed = [one for one in frozen if one.function in ("", function)]
        self._frozen += [one for one in frozen if one not in thawed]
        for parked in thawed:
            self._release(parked)
        if thawed:
            self._let_work([one.thread_id for one in thawed], None)

    def end(self) -> None:
        """Let all go: the emulator is no more."""
        self._has_ended = True
        for parked in list(self._parked.values()):
            self._release(parked)
        self._frozen.clear()

    def waiting(self, life: RunLife, now_ms: Callable[[], int]) -> Callable[[], bool]:
        """Return what says whether a handler and all its threads wait for time to pass."""
        standstill = Standstill()

        def waits() -> bool:
            sleeping = [one for one in list(self._parked.values()) if one.life is life]
            if not sleeping:
                return False
            now = now_ms()
            soonest = min(now if one.until_ms is None else one.until_ms for one in sleeping)
            at_work = self._not_parked(life)
            if at_work is None:
                return False
            return standstill.look([life.interruption.thread_id, *at_work], soonest - now)

        return waits

    # ---- within ----------------------------------------------------------------------------------

    def _park(self, life: RunLife | None, running: Running | None, until_ms: int | None) -> Parked:
        """Remember that the present thread is about to wait; RunStopped when it may not."""
        if self._has_ended:
            raise RunStopped
        function = None if running is None else running.run.function_name
        parked = self._parked[threading.get_ident()] = Parked(life, function, until_ms)
        if life is not None and life.interruption.requested:
            self.wake(parked)
        return parked

    def _stay(self, parked: Parked) -> None:
        parked.wait()
        if self._has_ended:
            raise RunStopped
        if parked.life is not None:
            parked.life.interruption.refuse()

    def _release_woken(self) -> None:
        woken, self._woken = self._woken, []
        functions = self._functions()
        released = []
        for parked in woken:
            stopped = parked.life is not None and parked.life.interruption.requested
            if stopped or parked.function in functions or (functions and not parked.function):
                self._release(parked)
                released.append(parked)
            else:
                self._frozen.append(parked)
        for life in {id(one.life): one.life for one in released}.values():
            if life is None or not self._go_on(life):
                self._let_work([one.thread_id for one in released if one.life is life], life)

    def _release(self, parked: Parked) -> None:
        self._parked.pop(parked.thread_id, None)
        parked.release()

    def _let_work(self, thread_ids: list[int], life: RunLife | None) -> None:
        """Wait until threads that woke are parked again, have ended or wait for another one."""
        standstill = Standstill()
        for _ in range(_LOOKS_MAX):
            at_work = [one for one in thread_ids if one not in self._parked]
            others = [] if life is None else self._not_parked(life)
            if others is not None and standstill.look({*at_work, *others}, 0):
                return
            _never.acquire(timeout=_LOOK_SECONDS)

    def _not_parked(self, life: RunLife) -> list[int] | None:
        """Return the run's own threads that are not parked; None while one is about to begin."""
        ids = list(life.interruption.threads.values())
        known = [one for one in ids if one is not None]
        return None if len(known) < len(ids) else [one for one in known if one not in self._parked]
