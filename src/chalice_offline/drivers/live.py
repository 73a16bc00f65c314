"""Real time: the system clock, handlers on a thread pool, one thread that waits for timers.

The only threads of the emulator are made here and by the servers in `transports`.
"""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Any

from chalice_offline.core.clock import SystemClock
from chalice_offline.core.errors import EmulatorBug
from chalice_offline.drivers.handler_threads import HandlerThreads
from chalice_offline.drivers.outside import send_outside

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice_offline.core.driver import Driven
    from chalice_offline.core.http import HttpRequest, HttpResponse
    from chalice_offline.core.pending import Pending
    from chalice_offline.core.run import FunctionRun, Outcome

    RunFunction = Callable[[FunctionRun], Outcome]
    Send = Callable[[HttpRequest, int], HttpResponse]

_log = logging.getLogger(__name__)

# Handlers mostly wait for the network. More than this many at once would on a laptop only make
# each slower; Lambda's own regional default is 1,000.
HANDLER_THREADS = 64


class LiveDriver:
    """Drives one emulator in real time, from `start` to `stop`."""

    def __init__(
        self, *, run_function: RunFunction | None = None, send_request: Send | None = None
    ) -> None:
        """Make a driver; see VirtualDriver for the two functions."""
        self.clock = SystemClock()
        self.run_function = run_function
        self.send_request = send_request
        self._pool = HandlerThreads(HANDLER_THREADS, "handler")
        self._changed = threading.Condition()
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
        self._thread = threading.Thread(
            target=self._run_timers, args=(self._emulator,), name="timers", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Run no more timers and start no more handlers; runs under way are let go."""
        with self._changed:
            self._stopped = True
            self._changed.notify()
        self._pool.shutdown()
        if self._thread is not None:
            self._thread.join()

    # ---- Driver -------------------------------------------------------------------------------

    def run(self, run: FunctionRun, done: Callable[[Outcome], None]) -> None:
        """Run a handler on the pool."""

        def execute() -> None:
            if self.run_function is None:
                raise EmulatorBug(f"nothing can run {run.function_name}")
            done(self.run_function(run))

        self._submit(execute)

    def send(
        self,
        request: HttpRequest,
        timeout_ms: int,
        done: Callable[[HttpResponse | None, str], None],
    ) -> None:
        """Send a request from the pool."""
        self._submit(lambda: send_outside(self.send_request, request, timeout_ms, done))

    def wait(self, pending: Pending[Any]) -> None:
        """Block this thread until `pending` is done."""
        finished = threading.Event()
        pending.then(lambda _: finished.set())
        finished.wait()

    def expect(self, pending: Pending[Any]) -> None:
        """Nothing to do: time passes by itself."""

    def wake(self, next_due_ms: int | None) -> None:
        """Make the timer thread look again, if what it waits for is no longer the next."""
        if next_due_ms == self._next_due_ms:
            return
        with self._changed:
            self._next_due_ms = next_due_ms
            self._changed.notify()

    # ---- within -------------------------------------------------------------------------------

    def _submit(self, execute: Callable[[], None]) -> None:
        try:
            future = self._pool.submit(execute)
        except RuntimeError:  # the pool was shut down: stop() was called meanwhile
            return
        future.add_done_callback(_report)

    def _run_timers(self, emulator: Driven) -> None:
        while True:
            with self._changed:
                while not self._stopped and not self._is_due():
                    self._changed.wait(self._seconds_to_next())
                if self._stopped:
                    return
                # Forget it before running it: `wake` then tells of the next one in any case.
                self._next_due_ms = None
            while not _caught_up(emulator):
                pass

    def _is_due(self) -> bool:
        return self._next_due_ms is not None and self._next_due_ms <= self.clock.now_ms()

    def _seconds_to_next(self) -> float | None:
        if self._next_due_ms is None:
            return None
        return max(0, self._next_due_ms - self.clock.now_ms()) / 1000


def _caught_up(emulator: Driven) -> bool:
    """Run what is due; False when a timer failed, for then those after it are still to run."""
    try:
        emulator.catch_up()
    except Exception:  # noqa: BLE001 - a mistake of ours must not stop the others; it is logged whole
        _log.exception("a timer failed")
        return False
    return True


def _report(future: Any) -> None:
    if not future.cancelled() and (error := future.exception()) is not None:
        _log.error("running a handler failed in the emulator", exc_info=error)
