"""Real time: the system clock, handlers on threads, one thread that waits for timers.

The only threads of the emulator are made here and by the servers in `transports`.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from typing import TYPE_CHECKING, Any

from chalice_offline.core.clock import LOOK_MS, SystemClock
from chalice_offline.core.errors import EmulatorBug
from chalice_offline.core.failures import FailureLog
from chalice_offline.core.run import not_run
from chalice_offline.drivers.debuggers import is_debugged
from chalice_offline.drivers.handler_threads import HandlerThreads
from chalice_offline.drivers.helping import Helper
from chalice_offline.drivers.interruption import RunningHandler
from chalice_offline.drivers.outcomes import outcome_of
from chalice_offline.drivers.outside import send_outside
from chalice_offline.drivers.turnstile import Turnstile

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice_offline.core.clock import Clock
    from chalice_offline.core.driver import Driven
    from chalice_offline.core.http import HttpRequest, HttpResponse
    from chalice_offline.core.pending import Pending
    from chalice_offline.core.run import FunctionRun, Outcome, RunLife

    RunFunction = Callable[[FunctionRun], Outcome]
    Send = Callable[[HttpRequest, int], HttpResponse]

_log = logging.getLogger(__name__)


class LiveDriver:
    """Drives one emulator in real time, from `start` to `stop`."""

    def __init__(
        self,
        *,
        run_function: RunFunction | None = None,
        send_request: Send | None = None,
        timeouts: bool = True,
        clock: Clock | None = None,
    ) -> None:
        """Make a driver; see VirtualDriver for the two functions.

        `timeouts=False` lets every handler run as long as it likes. While a debugger is attached
        they all do. Without a `clock` it is the machine's.
        """
        self.clock: Clock = clock if clock is not None else SystemClock()
        self.run_function = run_function
        self.send_request = send_request
        self._timeouts = timeouts
        self._threads = HandlerThreads("handler")
        # Who waits for an answer, at a route say, does not wait for what nobody waits for.
        self.helper = Helper(self._threads)
        self._awaited = Turnstile(self._threads, self.helper)
        self._turnstile = Turnstile(self._threads)
        self._running: dict[int, RunningHandler] = {}
        self._failures = FailureLog(_log)
        self._changed = threading.Condition()
        self._soon: deque[Callable[[], None]] = deque()
        self._next_due_ms: int | None = None
        self._stopped = False
        self._thread: threading.Thread | None = None
        self._emulator: Driven | None = None

    def attach(self, emulator: Driven) -> None:
        """Say which emulator's timers to run."""
        self._emulator = emulator

    def start(self) -> None:
        """Begin to run timers when they fall due."""
        if self._emulator is None:
            raise EmulatorBug("the live driver was not attached to an emulator")
        if self._thread is not None:
            raise EmulatorBug("the live driver was started twice")
        if isinstance(self.clock, SystemClock):
            self.clock.watched()
        self._thread = threading.Thread(
            target=self._run_timers, args=(self._emulator,), name="timers", daemon=True
        )
        self._thread.start()

    def write_off(self) -> None:
        """Stop every handler that runs: what it calls from now on is refused."""
        for running in tuple(self._running.values()):
            running.interrupt()

    def stop(self) -> None:
        """Run no more timers and start no more handlers; runs under way are let go."""
        with self._changed:
            self._stopped = True
            self._changed.notify()
        self._awaited.shutdown()
        self._turnstile.shutdown()
        if self._thread is not None:
            self._thread.join()

    # ---- Driver -------------------------------------------------------------------------------

    def run(
        self, run: FunctionRun, begins: Callable[[], None], done: Callable[[Outcome], None]
    ) -> None:
        """Run a handler on a thread that runs nothing else meanwhile."""

        def execute() -> None:
            # What is asked for meanwhile is not left to this thread, which has something to do.
            helper, helps = self.helper, self.helper.helps
            helper.helps = False
            try:
                begins()
            except Exception as error:  # a mistake of ours; whoever waits hears of it all the same
                done(not_run(run, error))
                raise
            handler = self._running[run.entry] = RunningHandler(run)
            outcome = handler.outcome(lambda: outcome_of(self.run_function, run))
            helper.helps = helps
            del self._running[run.entry]
            done(outcome)

        def failed(error: BaseException) -> None:
            done(not_run(run, error))

        turnstile = self._awaited if run.is_awaited else self._turnstile
        self._submit(turnstile.submit, execute, failed)

    def may_time_out(self, life: RunLife) -> bool:
        """Whether a run may be stopped now: timeouts are on, and nobody debugs it."""
        return self._timeouts and not is_debugged(life.interruption.thread_id)

    def timeouts_wait(self) -> bool:
        """Whether timeouts are off, or somebody debugs one of the handlers that run."""
        return not self._timeouts or any(
            is_debugged(running.thread_id) for running in tuple(self._running.values())
        )

    def interrupt(self, entry: int) -> None:
        """Raise RunStopped in the run's handler; a thread that waits in C hears of it after."""
        running = self._running.get(entry)
        if running is not None:
            running.interrupt()

    def send(
        self,
        request: HttpRequest,
        timeout_ms: int,
        done: Callable[[HttpResponse | None, str], None],
    ) -> None:
        """Send a request from a thread of its own."""
        self._submit(
            self._threads.submit,
            lambda: send_outside(self.send_request, request, timeout_ms, done),
            lambda error: done(None, str(error)),
        )

    def wait(self, pending: Pending[Any], life: RunLife | None = None) -> None:
        """Block this thread until `pending` is done, or the run whose handler waits is stopped."""
        finished = threading.Event()
        if life is not None:
            life.interruption.wake = finished.set
        pending.then(lambda _: finished.set())
        if life is None or not life.interruption.requested:
            finished.wait()
        if life is not None:
            life.interruption.wake = None

    def expect(self, pending: Pending[Any]) -> None:
        """Nothing to do: time passes by itself."""

    def wake(self, next_due_ms: int | None) -> None:
        """Make the timer thread look again, if something is due before what it waits for.

        It is not told of what is due later, which nearly every input changes: it looks once for
        nothing then, and finds out.
        """
        waits_for_ms = self._next_due_ms
        if next_due_ms is None or (waits_for_ms is not None and waits_for_ms <= next_due_ms):
            return
        with self._changed:
            self._next_due_ms = next_due_ms
            self._changed.notify()

    # ---- within -------------------------------------------------------------------------------

    def _submit(
        self,
        submit: Callable[[Callable[[], None]], object],
        execute: Callable[[], None],
        failed: Callable[[BaseException], None],
    ) -> None:
        def reported() -> None:
            try:
                execute()
            except BaseException as error:  # noqa: BLE001 - the outermost boundary of the thread
                self._failures.report("running a handler failed in the emulator", error)

        try:
            submit(reported)
        except RuntimeError as refused:
            if self._stopped:
                return
            error = refused
            # The machine gives no more threads. Whoever waits must hear of it, but not now: the
            # kernel is in the middle of an input.
            _log.error("no thread for a handler: %s", error)
            with self._changed:
                self._soon.append(lambda: failed(error))
                self._changed.notify()

    def _run_timers(self, emulator: Driven) -> None:
        while True:
            with self._changed:
                if not (self._stopped or self._soon or self._is_due()):
                    if self._next_due_ms is None:  # `wake` need not tell of what is due later
                        self._next_due_ms = self.clock.now_ms() + LOOK_MS
                    self._changed.wait(self._seconds_to_next(self._next_due_ms))
                if self._stopped:
                    return
                # Forget it before running it: `wake` then tells of the next one in any case.
                self._next_due_ms = None
            try:
                while self._soon:
                    self._soon.popleft()()
                emulator.catch_up()
            except Exception as error:  # noqa: BLE001 - without this thread nothing is ever due
                self._failures.report("running what is due failed", error)

    def _is_due(self) -> bool:
        return self._next_due_ms is not None and self._next_due_ms <= self.clock.now_ms()

    def _seconds_to_next(self, due_ms: int) -> float:
        """Return how long to wait; looking now and then finds out that the machine has slept."""
        return min(max(0, due_ms - self.clock.now_ms()), LOOK_MS) / 1000
