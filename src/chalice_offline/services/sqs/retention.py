"""Which message of a queue is the oldest: the next to outlive the retention period."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

from chalice_offline.services.sqs.line import Line

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalice_offline.services.sqs.message import Message

_COMPACT_ABOVE = 1_024


class Ages:
    """The messages of one queue by the time they were sent.

    Messages arrive in that order, except dead letters: in a standard dead-letter queue they keep
    the time they were first sent (Developer Guide, "Using dead-letter queues").
    """

    def __init__(self, messages: Mapping[int, Message]) -> None:
        self._messages = messages
        self._in_order = Line()
        self._out_of_order: list[tuple[int, int]] = []
        self._latest_ms = 0

    def add(self, message: Message) -> None:
        """Take in a message that has just arrived."""
        if message.sent_ms < self._latest_ms:
            heapq.heappush(self._out_of_order, (message.sent_ms, message.number))
            return
        self._latest_ms = message.sent_ms
        self._in_order.append(message.number)
        count = len(self._in_order)
        if count > _COMPACT_ABOVE and count > 2 * len(self._messages):
            self._in_order.keep([n for n in self._in_order if n in self._messages])

    def oldest(self) -> Message | None:
        """Return the message that was sent first, or None."""
        in_order = self._oldest_in_order()
        while self._out_of_order:
            sent_ms, number = self._out_of_order[0]
            message = self._messages.get(number)
            if message is not None:
                if in_order is None or sent_ms < in_order.sent_ms:
                    return message
                break
            heapq.heappop(self._out_of_order)
        return in_order

    def __len__(self) -> int:
        return len(self._in_order) + len(self._out_of_order)

    def clear(self) -> None:
        """Forget everything."""
        self._in_order.keep(())
        self._out_of_order.clear()
        self._latest_ms = 0

    def _oldest_in_order(self) -> Message | None:
        while (number := self._in_order.first()) is not None:
            message = self._messages.get(number)
            if message is not None:
                return message
            self._in_order.drop_first()
        return None
