"""Threads on demand that never keep the process alive.

`ThreadPoolExecutor` joins its threads when Python exits: one handler that sleeps for a minute
would keep a program that was told to stop. A function that AWS stops does not finish either. And
it has a size: so many handlers that hang, and nothing else runs any more. How many handlers may
run at once is for Lambda's model to say (services/lambda_/account.py), not for a pool.
"""

from __future__ import annotations

import queue
import threading
from concurrent.futures import Executor, Future
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")
_Work = tuple["Future[Any] | None", "Callable[[], Any]", bool]

# A thread that had nothing to do for this long ends.
IDLE_SECONDS = 10.0


class HandlerThreads(Executor):
    """Runs what is submitted on a daemon thread each, at once; idle threads are used again."""

    def __init__(self, name: str, *, limit: int | None = None) -> None:
        """Make a pool without threads; above `limit`, if there is one, work waits its turn."""
        self._limit = limit
        self._name = name
        self._lock = threading.Lock()
        self._work: queue.SimpleQueue[_Work | None] = queue.SimpleQueue()
        self._threads = 0
        self._started = 0
        self._idle = 0
        self._waiting = 0
        self._lent = 0
        self._stopped = False

    def submit(self, function: Callable[..., T], /, *args: Any, **options: Any) -> Future[T]:
        """Run `function(*args, **options)` now; RuntimeError when it cannot be.

        That is after `shutdown`, or when the machine has no thread left.
        """
        future: Future[T] = Future()
        with self._lock:
            if self._stopped:
                raise self._stopped_error()
            self._claim_thread()
            self._work.put((future, lambda: function(*args, **options), False))
        return future

    def start(self, work: Callable[[], None]) -> None:
        """Run `work`, which never raises and has no result; as `submit` does."""
        with self._lock:
            if self._stopped:
                raise self._stopped_error()
            self._claim_thread()
            self._work.put((None, work, False))

    def lend(self, work: Callable[[], None]) -> None:
        """Run `work`, which never raises, on a thread that has nothing to do; RuntimeError if none.

        While one is at work none is begun for it: that one, perhaps, is the thread that the next
        handler would have run on. It is run also when the threads are stopped before it has begun.
        """
        with self._lock:
            if self._stopped:
                raise self._stopped_error()
            if not self._idle and self._threads > self._lent:
                raise RuntimeError(f"no {self._name} thread is idle")
            self._claim_thread()
            self._lent += 1
            self._work.put((None, work, True))

    def shutdown(self, wait: bool = False, *, cancel_futures: bool = True) -> None:  # noqa: ARG002
        """Take no more work and let the threads go: neither runs nor waits are awaited."""
        with self._lock:
            self._stopped = True
            for _ in range(self._threads):
                self._work.put(None)

    def _claim_thread(self) -> None:
        if self._idle:
            self._idle -= 1
        elif self._limit is None or self._threads < self._limit:
            self._start_thread()
        else:
            self._waiting += 1

    def _stopped_error(self) -> RuntimeError:
        return RuntimeError(f"the {self._name} threads were stopped")

    def _start_thread(self) -> None:
        self._started += 1
        name = f"{self._name}-{self._started}"
        threading.Thread(target=self._run, name=name, daemon=True).start()
        self._threads += 1

    def _run(self) -> None:
        while (work := self._next()) is not None:
            future, call, is_lent = work
            if future is None:
                if is_lent or not self._stopped:
                    call()
            elif not self._stopped and future.set_running_or_notify_cancel():
                _settle(future, call)
            del work, future, call  # a kept future would keep its result
            with self._lock:
                self._lent -= is_lent
                if self._waiting:
                    self._waiting -= 1
                else:
                    self._idle += 1

    def _next(self) -> _Work | None:
        """Wait for work; None when this thread is to end."""
        try:
            return self._work.get(timeout=IDLE_SECONDS)
        except queue.Empty:
            with self._lock:
                if not self._idle:  # somebody counts on this thread: its work is there
                    return self._work.get()
                self._idle -= 1
                self._threads -= 1
                return None


def _settle(future: Future[Any], call: Callable[[], Any]) -> None:
    try:
        future.set_result(call())
    except BaseException as error:  # noqa: BLE001 - carried to whoever asks for the result
        future.set_exception(error)
