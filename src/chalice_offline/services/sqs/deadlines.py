"""When hidden messages become visible: a heap whose stale entries are dropped lazily."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

from chalice_offline.services.sqs.message import VISIBLE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from chalice_offline.services.sqs.message import Message

_COMPACT_ABOVE = 1_024


class Deadlines:
    """The instants at which delayed and in-flight messages of one queue become visible.

    Deleting a message or changing its visibility leaves an entry behind that no longer matches
    the message; such entries are skipped, and swept out once they are the majority.
    """

    def __init__(self, messages: Mapping[int, Message]) -> None:
        self._messages = messages
        self._heap: list[tuple[int, int]] = []

    def add(self, message: Message, hidden_count: int) -> None:
        """Note that `message` becomes visible at its `visible_at_ms`.

        `hidden_count` is how many messages of the queue are hidden now.
        """
        heapq.heappush(self._heap, (message.visible_at_ms, message.number))
        if len(self._heap) > _COMPACT_ABOVE and len(self._heap) > 2 * hidden_count:
            self._compact()

    def first_ms(self) -> int | None:
        """Return the earliest instant at which a message becomes visible, or None."""
        heap = self._heap
        while heap:
            due_ms, number = heap[0]
            if self._is_current(due_ms, number):
                return due_ms
            heapq.heappop(heap)
        return None

    def pop_due(self, now_ms: int) -> Message | None:
        """Take one message off that becomes visible by `now_ms`, earliest first, or None."""
        due_ms = self.first_ms()
        if due_ms is None or due_ms > now_ms:
            return None
        return self._messages[heapq.heappop(self._heap)[1]]

    def numbers(self) -> Iterator[int]:
        """Return the numbers of the messages that are hidden and have an entry."""
        for due_ms, number in self._heap:
            if self._is_current(due_ms, number):
                yield number

    def __len__(self) -> int:
        return len(self._heap)

    def clear(self) -> None:
        """Forget everything."""
        self._heap.clear()

    def _is_current(self, due_ms: int, number: int) -> bool:
        message = self._messages.get(number)
        return message is not None and message.place != VISIBLE and message.visible_at_ms == due_ms

    def _compact(self) -> None:
        # A message hidden twice until the same instant has two equal entries; one is enough.
        current = dict.fromkeys(entry for entry in self._heap if self._is_current(*entry))
        self._heap = list(current)
        heapq.heapify(self._heap)
