"""The same work for this emulator and for others, one after the other."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from benchmarks import own_lambda, workloads
from benchmarks.harness import Figure
from benchmarks.subjects import OURS, EngineError, Subject, attached, running, with_app

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from benchmarks.harness import Effort

__all__ = ["NAMES", "EngineError", "measure"]
MEGABYTE = 1_000_000
# An engine with "+lambda" runs the handlers itself; all others but ours have them attached.
OWN_LAMBDA = "+lambda"
NAMES = (OURS, "ministack" + OWN_LAMBDA, "ministack", "localstack", "moto")


def measure(name: str, effort: Effort, problem: Callable[[str], None]) -> list[Figure]:
    """Measure one engine; what it cannot do is told to `problem` and left out."""
    engine_name = name.removesuffix(OWN_LAMBDA)
    with running(engine_name) as subject:
        figures = [
            Figure("time to ready", subject.ready_seconds, "s"),
            Figure("resident memory, idle", subject.resident_bytes / MEGABYTE, "MB"),
        ]
        with memory_of(subject):
            try:
                figures += workloads.plain_calls(subject, effort)
                if name != OURS:
                    figures += _handled(name, subject, effort)
            except (RuntimeError, BotoCoreError, ClientError) as error:
                problem(f"{name}: {error}")
        most = subject.most_bytes
    if name == OURS:
        handled, with_app_most = _with_our_app(effort)
        figures += handled
        most = max(most, with_app_most)
    return [*figures, Figure("resident memory, under load", most / MEGABYTE, "MB")]


def _handled(name: str, subject: Subject, effort: Effort) -> list[Figure]:
    workloads.furnish(subject)
    if name.endswith(OWN_LAMBDA):
        own_lambda.deploy(subject)
        return workloads.with_handlers(subject, effort)
    with attached(subject):
        return workloads.with_handlers(subject, effort)


def _with_our_app(effort: Effort) -> tuple[list[Figure], int]:
    """Run the pipeline where the handlers are in the emulator's own process."""
    with with_app() as engine:
        subject = Subject(OURS, [engine], engine.ready_seconds)
        with memory_of(subject):
            subject.client("dynamodb").create_table(**workloads.TABLE_SHAPE)
            figures = workloads.with_handlers(subject, effort)
        return figures, subject.most_bytes


@contextmanager
def memory_of(subject: Subject) -> Iterator[None]:
    """Note the most memory the subject takes in here."""
    watcher = subject.watch_memory()
    try:
        yield
    finally:
        subject.stop_watching()
        watcher.join()
