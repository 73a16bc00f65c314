"""Virtual time: the clock jumps to the next timer, handlers run one at a time, nothing waits.

Everything happens in one order that depends only on the inputs and the seed. Handlers run between
kernel steps, never inside one, one at a time and each on a thread of its own, so that any of them
can be left asleep when the time that somebody asked for is over (`drivers.actors`).
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

from chalice_offline.core.clock import VirtualClock
from chalice_offline.core.errors import EmulatorBug
from chalice_offline.core.own_threads import started_by_code
from chalice_offline.core.run import timed_out
from chalice_offline.drivers.actors import Actor
from chalice_offline.drivers.debuggers import is_debugged
from chalice_offline.drivers.drive import STANDSTILL_MAX, STANDSTILL_MS, Drive
from chalice_offline.drivers.handler_threads import HandlerThreads
from chalice_offline.drivers.interruption import RunningHandler
from chalice_offline.drivers.outcomes import outcome_of
from chalice_offline.drivers.outside import send_outside
from chalice_offline.drivers.own_threads import OwnThreads
from chalice_offline.drivers.runs_under_way import Running, RunsUnderWay

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice_offline.core.driver import Driven
    from chalice_offline.core.http import HttpRequest, HttpResponse
    from chalice_offline.core.pending import Pending
    from chalice_offline.core.run import FunctionRun, Outcome, RunLife

    RunFunction = Callable[[FunctionRun], Outcome]
    Send = Callable[[HttpRequest, int], HttpResponse]

# 2026-01-01T00:00:00Z: a fixed start makes every instant in a test reproducible.
DEFAULT_START_MS = 1_767_225_600_000
# Real seconds after which a handler that neither ends nor pauses is taken to hang, if its timeout
# is not longer: time passes without it then, and ends it. A handler that was stopped has less.
HANG_SECONDS = 10.0
STOPPED_HANG_SECONDS = 1.0


class VirtualDriver:
    """Drives one emulator in virtual time."""

    helper = None  # who drives says which handler runs when

    def __init__(
        self,
        *,
        start_ms: int = DEFAULT_START_MS,
        run_function: RunFunction | None = None,
        send_request: Send | None = None,
        on_move: Callable[[int], None] | None = None,
        timeouts: bool = True,
    ) -> None:
        """Make a driver.

        `run_function(run)` runs a handler and returns its outcome; `send_request(request,
        timeout_ms)` sends to the outside and raises OSError when no reply came; `on_move(now_ms)`
        hears of every move of the clock (the process clock follows it). `timeouts=False` lets
        every handler run as long as it likes.
        """
        self.clock = VirtualClock(start_ms)
        self.run_function = run_function
        self.send_request = send_request
        self.handler_errors: list[BaseException] = []
        # What went on without end, in the last `settle` or `advance`: a function, or "".
        self.endless = ""
        # Hears of what a door awaits, in place of driving it on the door's thread.
        self.on_expect: Callable[[Pending[Any]], None] | None = None
        self._on_move = on_move
        self._timeouts = timeouts
        self._ready: deque[Callable[[], None]] = deque()
        self._emulator: Driven | None = None
        self._threads = HandlerThreads("virtual-handler")
        self._running = RunsUnderWay()
        self._own_threads = OwnThreads(self._ready.append, self._running.functions, self._rejoin)
        self._awaiting = 0
        self._present_drive: Drive | None = None
        self._is_closed = False

    def attach(self, emulator: Driven) -> None:
        """Say which emulator's timers to run."""
        self._emulator = emulator

    def close(self) -> None:
        """Run nothing more: handlers that pause are ended."""
        self._is_closed = True
        for entry, running in list(self._running.items()):
            if running.hangs:
                self._forget(entry).handler.interrupt()
            else:
                running.run.life.interruption.request()
        while self._ready and self._running:
            self._ready.popleft()()
        self._own_threads.end()
        self._ready.clear()
        self._threads.shutdown()

    # ---- Driver -------------------------------------------------------------------------------

    def run(
        self, run: FunctionRun, begins: Callable[[], None], done: Callable[[Outcome], None]
    ) -> None:
        """Queue a handler run; `settle`, `advance` and `wait` execute it."""
        actor: Actor

        def handle() -> None:
            begins()
            handler = RunningHandler(run)
            running = self._running[run.entry] = Running(run, handler, actor)
            self._own_threads.thaw(run.function_name)
            outcome = handler.outcome(lambda: outcome_of(self.run_function, run))
            if self._running.pop(run.entry, None) is running and outcome.exception is not None:
                self.handler_errors.append(outcome.exception)
            done(outcome)

        def execute() -> None:
            nonlocal actor
            if not self._is_closed:
                actor = Actor(self._threads, handle)
                self._resume(actor, run)

        if run.standstill > STANDSTILL_MAX:
            self.endless = run.function_name
        self._ready.append(execute)

    def may_time_out(self, life: RunLife) -> bool:  # noqa: ARG002 - virtual time waits by itself
        """Whether a run may be stopped now."""
        return self._timeouts

    def timeouts_wait(self) -> bool:
        """Whether timeouts are off."""
        return not self._timeouts

    def interrupt(self, entry: int) -> None:
        """End a handler. It pauses, for no time passes while one runs; or else it hangs."""
        running = self._running.get(entry)
        if running is None:
            return
        self._own_threads.stop(running.run.life)
        if not running.hangs:
            running.run.life.interruption.request()
            return
        self._forget(entry).handler.interrupt()

    def send(
        self,
        request: HttpRequest,
        timeout_ms: int,
        done: Callable[[HttpResponse | None, str], None],
    ) -> None:
        """Queue a request to the outside."""
        self._ready.append(lambda: send_outside(self.send_request, request, timeout_ms, done))

    def wait(self, pending: Pending[Any], life: RunLife | None = None) -> None:
        """Let things happen, in order, until `pending` is done or the run that waits is stopped."""

        def over() -> bool:
            return pending.done or (life is not None and life.interruption.requested)

        actor = Actor.present()
        if actor is None and started_by_code.get():
            self._own_threads.wait(pending, life, self._running.of(life))
            return
        if actor is None:
            # A handler that was stopped at this instant gets its `finally` before the reply leaves.
            self._drive(
                Drive(lambda: self._passes_standstill() or (over() and not self._running.unwind()))
            )
            if not over():
                raise EmulatorBug("a reply is awaited that nothing will ever give")
            return
        self._awaiting += 1
        resume = self._resumption(actor, life)
        pending.then(lambda _: resume())
        self._pause(actor, resume, life)
        self._awaiting -= 1

    def expect(self, pending: Pending[Any]) -> None:
        """Nobody else lets time pass, so what a door awaits is driven at once; or by who asked."""
        if self.on_expect is None:
            self.wait(pending)
        else:
            self.on_expect(pending)

    def wake(self, next_due_ms: int | None) -> None:
        """Virtual time needs no waking."""

    # ---- what a test asks for -----------------------------------------------------------------

    def settle(self, within_ms: int, *, stop_at_errors: bool = True) -> bool:
        """Run everything owed, moving the clock as far as `within_ms`; False if some is left.

        Stops at a handler's exception, unless told to leave it to its retries. `endless` then
        names the function of a loop that would go on without any time passing.
        """
        limit_ms = self.clock.now_ms() + within_ms
        self._go_on(limit_ms, owed_only=True, stop_at_errors=stop_at_errors)
        if self.endless:
            return False
        return (stop_at_errors and self.handler_errors != []) or not self.has_work()

    def advance(self, duration_ms: int, *, stop_at_errors: bool = True) -> bool:
        """Let `duration_ms` pass: every timer due by then runs at its own instant.

        Stops at a handler's exception, unless told otherwise; False when a loop kept the time
        from passing.
        """
        target_ms = self.clock.now_ms() + duration_ms
        self._go_on(target_ms, owed_only=False, stop_at_errors=stop_at_errors)
        if self.endless:
            return False
        if not (stop_at_errors and self.handler_errors):
            self._move_to(target_ms)
        return True

    def sleep(self, duration_ms: int, life: RunLife | None = None) -> None:
        """Let `duration_ms` pass for a handler that sleeps; others go on meanwhile.

        Raises RunStopped when the handler's timeout is over before.
        """
        if life is not None:
            life.interruption.refuse()
        target_ms = self.clock.now_ms() + duration_ms
        actor = Actor.present()
        if actor is not None:
            if not actor.is_alone(lambda: self._passes(target_ms)):
                resume = self._resumption(actor, life)
                timer = self._the_emulator.set_timer(target_ms, resume)
                self._pause(actor, resume, life)
                self._the_emulator.cancel_timer(timer)
        elif started_by_code.get():
            self._own_threads.sleep(self._the_emulator, target_ms, life, self._running.of(life))
            return
        else:
            stopped = life.interruption if life is not None else None
            self._drive(Drive(lambda: stopped is not None and stopped.requested, target_ms))
        if life is not None:
            life.interruption.refuse()
        if actor is None:
            self._move_to(target_ms)

    def under_way(self) -> list[str]:
        """Return the functions that run and have not ended."""
        return sorted(self._running.functions())

    def next_due_ms(self) -> int | None:
        """Return when something happens next: now if it is ready to, None if nothing ever will."""
        if self._ready:
            return self.clock.now_ms()
        return self._the_emulator.scheduler.next_due_ms()

    def has_work(self) -> bool:
        """Whether a run, a request or an owed timer is still to come."""
        owed_ms = self._the_emulator.scheduler.next_due_ms(owed_only=True)
        return bool(self._ready) or bool(self._running) or owed_ms is not None

    # ---- within -------------------------------------------------------------------------------

    @property
    def _the_emulator(self) -> Driven:
        if self._emulator is None:
            raise EmulatorBug("the virtual driver was not attached to an emulator")
        return self._emulator

    def _passes(self, instant_ms: int) -> bool:
        """Go to an instant for a handler that sleeps; False when anything happens before.

        What it would hand over to, and be handed back by, does no more, and takes longer.
        """
        drive = self._present_drive
        if drive is None or self.endless or self._ready or self._running.hang():
            return False
        due_ms = self._the_emulator.scheduler.next_due_ms()
        is_free = due_ms is None or due_ms > instant_ms
        if not (is_free and drive.reaches(instant_ms) and drive.steps()):
            return False
        self._move_to(instant_ms)
        return True

    def _resume(self, actor: Actor, run: FunctionRun, *, again: bool = False) -> None:
        """Let a handler go on until it pauses or ends, or hangs; or only wait for that again."""
        life = run.life
        patience = max(HANG_SECONDS, life.timeout_ms / 1000)
        if life.interruption.requested:
            patience = STOPPED_HANG_SECONDS
        waits = self._own_threads.waiting(life, self.clock.now_ms)
        wait = actor.rejoin if again else actor.resume
        if wait(patience, lambda: self._may_leave(life), waits):
            return
        if life.is_stopped:  # nothing it does counts any more
            self._forget(run.entry)
        elif (running := self._running.get(run.entry)) is not None:
            running.hangs = True

    def _rejoin(self, life: RunLife) -> bool:
        """Wait again for a handler that waited for its own threads; False for one that did not."""
        running = self._running.of(life)
        if running is None or not running.hangs:
            return False
        running.hangs = False
        self._resume(running.actor, running.run, again=True)
        return True

    def _may_leave(self, life: RunLife) -> bool:
        return self._timeouts and not is_debugged(life.interruption.thread_id)

    def _forget(self, entry: int) -> Running:
        """Wait no more for a handler that was stopped and does not end."""
        running = self._running.pop(entry)
        error = timed_out(running.run).exception
        if error is not None:
            self.handler_errors.append(error)
        return running

    def _resumption(self, actor: Actor, life: RunLife | None) -> Callable[[], None]:
        """Return what resumes a pausing actor, as soon as others have paused; once."""
        running = self._running.of(life)
        run = None if running is None else running.run
        if running is not None:
            running.hangs = False
        is_asked = False

        def go_on() -> None:
            if run is not None:
                self._resume(actor, run)
            else:
                actor.resume(HANG_SECONDS, lambda: False, lambda: False)

        def resume() -> None:
            nonlocal is_asked
            if not is_asked:
                is_asked = True
                self._ready.append(go_on)

        return resume

    def _pause(self, actor: Actor, resume: Callable[[], None], life: RunLife | None) -> None:
        if life is None:
            actor.pause()
            return
        interruption = life.interruption
        was_inside, interruption.inside = interruption.inside, True
        interruption.wake = resume
        if interruption.requested:
            resume()
        actor.pause()
        interruption.wake = None
        interruption.inside = was_inside

    def _passes_standstill(self) -> bool:
        """Let time pass beside a loop in which none does, or whoever waits would wait for ever."""
        if self.endless:
            self.endless = ""
            self._move_to(self.clock.now_ms() + STANDSTILL_MS)
        return False

    def _go_on(self, limit_ms: int, *, owed_only: bool, stop_at_errors: bool) -> None:
        self.endless = ""

        def until() -> bool:
            return bool(self.endless) or (stop_at_errors and bool(self.handler_errors))

        self._drive(Drive(until, limit_ms, owed_only))
        errors = self._the_emulator.timer_errors
        if errors:
            error = errors.popleft()
            errors.clear()
            raise EmulatorBug(f"a timer failed: {error!r}") from error

    def _drive(self, drive: Drive) -> None:
        before, self._present_drive = self._present_drive, drive
        try:
            self._go_through(drive)
        finally:
            self._present_drive = before

    def _go_through(self, drive: Drive) -> None:
        emulator = self._the_emulator
        emulator.catch_up()
        while drive.steps():
            if drive.until():
                return
            if self._ready:
                self._ready.popleft()()
                continue
            scheduler = emulator.scheduler
            # What a pausing handler waits for may be the end of a long poll, which nobody owes,
            # and what ends one that hangs is its timeout.
            waits = self._awaiting or self._running.hang()
            goal_ms = scheduler.next_due_ms(owed_only=drive.owed_only and not waits)
            if goal_ms is None or (drive.limit_ms is not None and goal_ms > drive.limit_ms):
                return
            # One instant at a time, for what is not owed, too: a schedule on the way starts a
            # handler, which must run at that instant and not at the one we are heading for.
            self._move_to(scheduler.next_due_ms() or goal_ms)
        self.endless = "what is retried for ever"

    def _move_to(self, instant_ms: int) -> None:
        self.clock.move_to(instant_ms)
        if self._on_move is not None:
            self._on_move(self.clock.now_ms())
        self._the_emulator.catch_up()
