"""Whether threads wait for nothing but each other, as far as one can see that from outside.

Python does not tell what a thread waits for, but where it is. One that is seen at the same
instruction again and again, in a wait of the standard library, waits for another thread; one below
a socket waits for the network, and is at work. A busy machine may keep a thread that could go on
from doing so for many looks; Linux says which those are.
"""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING

from chalice_offline.core.thread_state import is_runnable

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import FrameType

# Where a thread waits for another one.
_WAITING_PLACES = ("asyncio", "concurrent", "multiprocessing", "queue", "selectors", "threading")
_NETWORK = ("http", "socket", "socketserver", "ssl", "subprocess", "urllib3")
_OURS = "chalice_offline"
# How often a thread must be seen at the same instruction: where it waits, and anywhere else.
_LOOKS = 4
_LOOKS_ELSEWHERE = 60
# The innermost calls that say whether a thread waits for the network.
_DEPTH = 6


class Standstill:
    """Looks at threads again and again."""

    def __init__(self) -> None:
        self._seen: dict[int, tuple[int, int, int]] = {}

    def look(self, thread_ids: Iterable[int], soonest_ms: int) -> bool:
        """Look once more: whether all of these wait, and longer than `soonest_ms` from now."""
        frames = sys._current_frames()  # noqa: SLF001 - its only name
        # All are looked at, not only the first that moves: each look counts.
        looked_at = list(thread_ids)
        waiting = [self._waits(one, frames.get(one), soonest_ms) for one in looked_at]
        return all(waiting) and not _may_go_on(looked_at)

    def _waits(self, thread_id: int, frame: FrameType | None, soonest_ms: int) -> bool:
        if frame is None:  # it has ended
            return True
        place = (id(frame), frame.f_lasti)
        *before, times = self._seen.get(thread_id, (0, 0, 0))
        times = times + 1 if tuple(before) == place else 1
        self._seen[thread_id] = (*place, times)
        modules = _modules(frame)
        if modules[0] == _OURS or any(name in _NETWORK for name in modules):
            return False
        if modules[0] not in _WAITING_PLACES:
            return times >= _LOOKS_ELSEWHERE
        limit_ms = _limit_ms(frame)
        return times >= _LOOKS and (limit_ms is None or limit_ms >= soonest_ms)


def _may_go_on(thread_ids: Iterable[int]) -> bool:
    """Return whether one of these has only the machine to wait for."""
    native = {thread.ident: thread.native_id for thread in threading.enumerate()}
    return any(is_runnable(native.get(one)) for one in thread_ids)


def _modules(frame: FrameType | None) -> list[str]:
    names: list[str] = []
    while frame is not None and len(names) < _DEPTH:
        names.append(str(frame.f_globals.get("__name__", "")).partition(".")[0])
        frame = frame.f_back
    return names


def _limit_ms(frame: FrameType) -> float | None:
    """Return how long a wait of the standard library lasts at most, if it has a bound."""
    timeout = frame.f_locals.get("timeout")
    if isinstance(timeout, int | float) and timeout >= 0:
        return timeout * 1000
    return None
