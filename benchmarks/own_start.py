"""How soon the emulator is ready with an app in it, and what it takes while idle."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.harness import Figure, at_most
from benchmarks.subjects import with_app

if TYPE_CHECKING:
    from benchmarks.harness import Effort

MEGABYTE = 1_000_000


def measure(effort: Effort) -> list[Figure]:
    """Start it several times; the best start counts, and the memory after it."""
    seconds, resident = [], []
    for _ in range(effort.rounds):
        with with_app() as engine:
            seconds.append(engine.ready_seconds)
            resident.append(engine.resident_bytes / MEGABYTE)
    return [
        at_most("process start to ready, app loaded", min(seconds), "s", 0.6),
        at_most("resident memory, idle, app loaded", min(resident), "MB", 110),
    ]
