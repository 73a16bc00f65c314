"""The same work for this emulator and for others, one after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks import workloads
from benchmarks.harness import Figure
from benchmarks.subjects import OURS, EngineError, Subject, attached, running, with_app

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.harness import Effort

MEGABYTE = 1_000_000
__all__ = ["NAMES", "EngineError", "measure"]
NAMES = (OURS, "ministack", "localstack", "moto")


def measure(name: str, effort: Effort, problem: Callable[[str], None]) -> list[Figure]:
    """Measure one engine; what it cannot do is told to `problem` and left out."""
    with running(name) as subject:
        figures = [
            Figure("time to ready", subject.ready_seconds, "s"),
            Figure("resident memory, idle", subject.resident_bytes / MEGABYTE, "MB"),
        ]
        watcher = subject.watch_memory()
        try:
            figures += workloads.plain_calls(subject, effort)
            if name != OURS:
                workloads.furnish(subject)
                with attached(subject):
                    figures += workloads.with_handlers(subject, effort)
        except RuntimeError as error:
            problem(f"{name}: {error}")
        subject.stop_watching()
        watcher.join()
        most = subject.most_bytes
    if name == OURS:
        handled, with_app_most = _with_our_app(effort)
        figures += handled
        most = max(most, with_app_most)
    return [*figures, Figure("resident memory, under load", most / MEGABYTE, "MB")]


def _with_our_app(effort: Effort) -> tuple[list[Figure], int]:
    """Run the pipeline where the handlers are in the emulator's own process."""
    with with_app() as engine:
        subject = Subject(OURS, [engine], engine.ready_seconds)
        watcher = subject.watch_memory()
        subject.client("dynamodb").create_table(**workloads.TABLE_SHAPE)
        figures = workloads.with_handlers(subject, effort)
        subject.stop_watching()
        watcher.join()
        return figures, subject.most_bytes
