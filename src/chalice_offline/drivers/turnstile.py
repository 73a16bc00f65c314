"""Lets handlers start one after the other, as long as they get on.

Python runs one thread at a time, and a burst of a hundred events, each on a thread of its own at
once, loses time to changes between threads; two do so already, where threads on two cores hand
Python's lock to and fro (docs/BENCHMARKS.md). But nobody may wait for a handler that sleeps, hangs
or talks to somebody: as soon as the process has nothing to do, or when none has come to its end for
a moment, those inside no longer count, and others go in.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice_offline.drivers.handler_threads import HandlerThreads
    from chalice_offline.drivers.helping import Helper

    Work = Callable[[], None]

AT_ONCE = 1
# How often it is looked whether anything gets on,
LOOK_SECONDS = 0.003
# and how long a handler that is busy keeps others waiting.
PATIENCE_SECONDS = 0.01


class Turnstile:
    """Runs work on threads, `AT_ONCE` at once or as many as it takes to get on, in order."""

    def __init__(self, threads: HandlerThreads, helper: Helper | None = None) -> None:
        """With a `helper`, a thread that helps runs what it asks for itself, and nobody counts it.

        It would otherwise wait, and there are few such threads.
        """
        self._threads = threads
        self._helper = helper
        self._changed = threading.Condition(threading.Lock())
        self._waiting: deque[Work] = deque()
        self._inside = 0
        # Counts the times those inside were passed: who went in before that counts no more.
        self._passed = 0
        self._passed_in_a_row = 0
        self._begun = 0
        self._watch: threading.Thread | None = None
        self._stopped = False
        self._over = threading.Event()  # the same, to wait for

    def submit(self, work: Work) -> None:
        """Run `work`, which never raises; RuntimeError when there is no thread for it."""
        if self._helper is not None and self._helper.helps:
            self._helper.leave(partial(self._run_here, work), partial(self._run_elsewhere, work))
        else:
            self._submit(work)

    def _submit(self, work: Work) -> None:
        with self._changed:
            if self._inside < AT_ONCE or self._stopped:
                self._let_in(work)
                return
            if self._watch is None:
                watch = threading.Thread(target=self._watch_them, name="turnstile", daemon=True)
                watch.start()  # or there is no thread, and nobody waits
                self._watch = watch
            self._waiting.append(work)
            self._changed.notify()

    def shutdown(self) -> None:
        """Let nobody in any more."""
        with self._changed:
            self._stopped = True
            self._over.set()
            self._waiting.clear()
            self._changed.notify()
        self._threads.shutdown()

    # ---- within, with the lock held ----------------------------------------------------------

    def _let_in(self, work: Work) -> None:
        self._threads.start(partial(self._run, work, self._passed))
        self._inside += 1
        self._begun += 1

    def _next(self, passed: int) -> Work | None:
        """Take what a thread does next, which went in when `passed` was the count."""
        if passed == self._passed:
            self._inside -= 1
        if not self._waiting or self._inside >= AT_ONCE:
            return None
        self._inside += 1
        self._begun += 1
        return self._waiting.popleft()

    # ---- on threads of their own -------------------------------------------------------------

    def _run(self, work: Work, passed: int) -> None:
        following: Work | None = work
        while following is not None:
            following()
            with self._changed:
                following = self._next(passed)
                passed = self._passed

    def _run_here(self, work: Work) -> None:
        if not self._stopped:
            work()

    def _run_elsewhere(self, work: Work) -> None:
        try:
            self._submit(work)
        except RuntimeError:  # the machine gives no more threads: then this one has to
            self._run_here(work)

    def _watch_them(self) -> None:
        looks = 0
        while True:
            with self._changed:
                while not (self._waiting or self._stopped):
                    self._changed.wait()
                begun = self._begun
            spent = time.process_time()
            if self._over.wait(LOOK_SECONDS):
                return
            is_idle = time.process_time() - spent < LOOK_SECONDS / 2
            with self._changed:
                if begun != self._begun:
                    looks = self._passed_in_a_row = 0
                    continue
                looks += 1
                if is_idle or looks * LOOK_SECONDS >= PATIENCE_SECONDS:
                    looks = 0
                    self._pass()

    def _pass(self) -> None:
        """Those inside stand still, or the machine does: let in some of those who wait."""
        self._passed += 1
        self._inside = 0
        count = AT_ONCE << self._passed_in_a_row
        self._passed_in_a_row += 1
        for _ in range(min(count, len(self._waiting))):
            try:
                self._let_in(self._waiting[0])
            except RuntimeError:  # the machine gives no more threads now; the next look tries again
                return
            self._waiting.popleft()
