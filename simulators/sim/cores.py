"""A core for each process that plays evenings.

Of a process's threads exactly one goes on at a time: a handler, and whoever waits for it. On one
core the next one finds in the caches what the last one had; on two it takes a tenth longer.
"""

from __future__ import annotations

import os
from multiprocessing.util import Finalize
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from multiprocessing.context import SpawnContext
    from multiprocessing.queues import SimpleQueue

    Free = SimpleQueue[int]


def free_cores(context: SpawnContext, processes: int) -> Free | None:
    """Return a core for each of so many processes; None where the system lets nobody choose."""
    if not hasattr(os, "sched_getaffinity"):  # not on Linux
        return None
    ours = sorted(os.sched_getaffinity(0))
    free: Any = context.SimpleQueue()
    for number in range(processes):
        free.put(ours[number % len(ours)])
    return free  # type: ignore[no-any-return]


def keep_to_one(free: Free | None) -> None:
    """Keep this process to a core that is free, and give it back when it ends."""
    if free is None:
        return
    core = free.get()
    os.sched_setaffinity(0, {core})
    Finalize(None, free.put, args=(core,), exitpriority=0)
