"""A thread that waits for a handler, and runs it meanwhile.

Whoever has read a request and is going to wait for the handler that answers it can as well be the
thread that runs it: to wake another one, and to be woken by it, takes as long as a small handler.
"""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice_offline.core.pending import Pending
    from chalice_offline.drivers.handler_threads import HandlerThreads

    Work = Callable[[], None]


class Helper(threading.local):
    """What the present thread is going to run itself; each thread has its own."""

    def __init__(self, threads: HandlerThreads) -> None:
        self._threads = threads
        #: whether this thread is about to wait
        self.helps = False
        self._left: deque[tuple[Work, Work]] = deque()

    def start(self, work: Work) -> None:
        """Run `work`, which is going to help, on an idle thread; RuntimeError when there is none.

        It is the one that has run the handlers before, where no other was needed: what Python ties
        to a thread, an open database of sqlite3 say, is where the handler left it.
        """
        self._threads.lend(work)

    def leave(self, work: Work, elsewhere: Work) -> None:
        """Leave `work` to this thread, which helps; `elsewhere` has another thread run it."""
        self._left.append((work, elsewhere))

    def begin(self) -> None:
        """Offer this thread for what handlers are asked for from now on."""
        self.helps = True

    def end(self, awaited: Pending[Any] | None) -> None:
        """Run what was left, until what is awaited is known; others run the rest.

        They do so at once: timers that were due may have asked for handlers as well, before this
        thread did, and none of them waits for another one.
        """
        while awaited is not None and not awaited.done and self._left:
            here, _ = self._left.pop()
            self._leave_to_others()
            here()
        self.helps = False
        self._leave_to_others()

    def _leave_to_others(self) -> None:
        while self._left:
            self._left.popleft()[1]()
