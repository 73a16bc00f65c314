"""What is being worked on: log lines, messages, events and calls to vendors all carry it."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from chalicelib.telemetry import trace

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class Work:
    """One invocation's, or one message's, work. `order` is an order's key."""

    request_id: str = ""
    traceparent: str = ""
    order: str = ""


_work: ContextVar[Work | None] = ContextVar("work", default=None)


@contextmanager
def working(request_id: str = "", traceparent: str = "", order: str = "") -> Iterator[None]:
    """Work on something inside this block."""
    hop = trace.next_hop(traceparent, request_id)
    token = _work.set(Work(request_id, hop, order))
    try:
        yield
    finally:
        _work.reset(token)


def about(order: str, traceparent: str = "", first_cause: str = "") -> None:
    """Note which order the present work is about, once that is known.

    `traceparent` is the order's own, which wins over that of whoever woke us: the sweep has none.
    `first_cause` begins a trace when there is none at all.
    """
    work = _work.get()
    if work is None:
        return
    given = work.traceparent
    if traceparent and trace.id_of(traceparent) != trace.id_of(given):
        given = trace.next_hop(traceparent, work.request_id)
    if not given and first_cause:
        given = trace.begun_by(first_cause)
    _work.set(replace(work, order=order, traceparent=given))


def traceparent() -> str:
    """Return the trace that the present work belongs to, "" when there is none."""
    work = _work.get()
    return work.traceparent if work else ""


def fields() -> dict[str, str]:
    """Return what every log line of the present work says."""
    work = _work.get()
    if work is None:
        return {}
    all_ = {
        "order": work.order,
        "request_id": work.request_id,
        "trace": trace.id_of(work.traceparent),
    }
    return {name: value for name, value in all_.items() if value}
