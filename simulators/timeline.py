"""What a simulator will do later: webhooks to send, deadlines to enforce. One heap, no clock."""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

NO_ANSWER = 0
"""The status of a webhook that got no HTTP answer: connection refused, or read timeout."""


class Answer(int):
    """The status that a request of a vendor's was answered with, and what came with it."""

    body: bytes

    def __new__(cls, status: int, body: bytes = b"") -> Self:
        """Make one of a reply."""
        made = super().__new__(cls, status)
        made.body = body
        return made


@dataclass(frozen=True, slots=True)
class OutgoingRequest:
    """A webhook, or another request, as it leaves the vendor."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(slots=True)
class Delivery:
    """One webhook on its way.

    `retry_delays_ms` are the waits before the second, third … attempt; `genuine` is False for
    a forged copy, whose outcome counts for nothing. `held` marks one that a later webhook of
    the same resource shall overtake.
    """

    event_type: str
    resource_id: str
    request: OutgoingRequest
    retry_delays_ms: tuple[int, ...] = ()
    genuine: bool = True
    held: bool = False
    attempts: int = 0


@dataclass(frozen=True, slots=True)
class Sent:
    """One attempt of a webhook, for the log."""

    event_type: str
    resource_id: str
    at_ms: int
    attempt: int
    status: int
    genuine: bool


@dataclass(slots=True)
class _Entry:
    """A place on the heap; `what` is None once it was cancelled or moved."""

    what: Delivery | Callable[[], None] | None


class Timeline:
    """Deliveries and deadlines, ordered by `(due_ms, sequence)`."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, _Entry]] = []
        self._sequence = 0
        self._held: dict[str, list[_Entry]] = {}

    def at(self, due_ms: int, action: Callable[[], None]) -> None:
        """Run `action` when its time has come."""
        self._push(due_ms, _Entry(action))

    def deliver(self, due_ms: int, delivery: Delivery) -> None:
        """Send `delivery` when its time has come, and what it overtakes right after it."""
        entry = _Entry(delivery)
        self._push(due_ms, entry)
        if delivery.held:
            self._held.setdefault(delivery.resource_id, []).append(entry)
            return
        for overtaken in self._held.pop(delivery.resource_id, ()):
            if isinstance(overtaken.what, Delivery):
                released, overtaken.what = overtaken.what, None
                released.held = False
                self._push(due_ms, _Entry(released))

    def next_due_ms(self) -> int | None:
        """Return when the next entry is due, or None when nothing is planned."""
        while self._heap and self._heap[0][2].what is None:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def pop_due(self, now_ms: int) -> Delivery | Callable[[], None] | None:
        """Remove and return the earliest entry due by `now_ms`."""
        due_ms = self.next_due_ms()
        if due_ms is None or due_ms > now_ms:
            return None
        entry = heapq.heappop(self._heap)[2]
        what, entry.what = entry.what, None
        return what

    def pending_deliveries(self) -> int:
        """Return how many webhooks are still to be sent, retries included."""
        return sum(isinstance(entry.what, Delivery) for _, _, entry in self._heap)

    def _push(self, due_ms: int, entry: _Entry) -> None:
        self._sequence += 1
        heapq.heappush(self._heap, (due_ms, self._sequence, entry))
