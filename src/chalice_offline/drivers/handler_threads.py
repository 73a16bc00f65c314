"""A pool of threads that never keeps the process alive.

`ThreadPoolExecutor` joins its threads when Python exits: one handler that sleeps for a minute
would keep a program that was told to stop. A function that AWS stops does not finish either.
"""

from __future__ import annotations

import queue
import threading
from concurrent.futures import Executor, Future
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")
_Work = tuple["Future[Any]", "Callable[[], Any]"]


class HandlerThreads(Executor):
    """Runs what is submitted on at most `limit` daemon threads, first come, first served."""

    def __init__(self, limit: int, name: str) -> None:
        """Make a pool without threads; they are started as work comes in and then kept."""
        self._limit = limit
        self._name = name
        self._lock = threading.Lock()
        self._work: queue.SimpleQueue[_Work | None] = queue.SimpleQueue()
        self._threads = 0
        self._idle = 0
        self._stopped = False

    def submit(self, function: Callable[..., T], /, *args: Any, **options: Any) -> Future[T]:
        """Run `function(*args, **options)` soon; RuntimeError after `shutdown`."""
        future: Future[T] = Future()
        with self._lock:
            if self._stopped:
                message = f"the {self._name} threads were stopped"
                raise RuntimeError(message)
            self._work.put((future, lambda: function(*args, **options)))
            if self._idle:
                self._idle -= 1
            elif self._threads < self._limit:
                self._threads += 1
                name = f"{self._name}-{self._threads}"
                threading.Thread(target=self._run, name=name, daemon=True).start()
        return future

    def shutdown(self, wait: bool = False, *, cancel_futures: bool = True) -> None:  # noqa: ARG002
        """Take no more work and let the threads go: neither runs nor waits are awaited."""
        with self._lock:
            self._stopped = True
            for _ in range(self._threads):
                self._work.put(None)

    def _run(self) -> None:
        while (work := self._work.get()) is not None:
            future, call = work
            if not self._stopped and future.set_running_or_notify_cancel():
                _settle(future, call)
            del work, future, call  # a kept future would keep its result
            with self._lock:
                self._idle += 1


def _settle(future: Future[Any], call: Callable[[], Any]) -> None:
    try:
        future.set_result(call())
    except BaseException as error:  # noqa: BLE001 - carried to whoever asks for the result
        future.set_exception(error)
