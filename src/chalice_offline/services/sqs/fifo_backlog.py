"""The messages of a FIFO queue by group.

A group hands out its messages strictly in order: from the oldest up to the first that is in
flight or delayed. So one message in flight locks those behind it, and a message that comes back
early can be received although later ones of its batch are still out (both recorded from AWS).
Groups that can hand out something are ranked by when their oldest message became available.
"""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

from chalice_offline.services.sqs.line import Line
from chalice_offline.services.sqs.message import VISIBLE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from chalice_offline.services.sqs.message import Message

_COMPACT_ABOVE = 16


class Group:
    """One message group: the numbers of its messages in order, the removed ones among them."""

    __slots__ = ("line", "listed_as", "removed")

    def __init__(self) -> None:
        self.line = Line()
        self.listed_as = 0
        self.removed = 0


class FifoBacklog:
    """What a FIFO queue hands out next."""

    def __init__(self, messages: Mapping[int, Message]) -> None:
        self._messages = messages
        self._groups: dict[str, Group] = {}
        self._free: list[tuple[int, str]] = []
        self._available = 0
        self._open_group: Group | None = None  # the one `take` is walking through

    def add(self, message: Message) -> None:
        """Take in a message that is visible from the start."""
        self.hold(message)
        self.release(message)

    def hold(self, message: Message) -> None:
        """Take in a message that is delayed; it has its place in the group already."""
        group = self._groups.get(message.group_id)
        if group is None:
            group = self._groups[message.group_id] = Group()
        group.line.append(message.number)

    def release(self, message: Message) -> None:
        """Rank a message that has just become visible (again)."""
        self._available += 1
        message.available_order = self._available
        self._list(message.group_id, self._groups[message.group_id])

    def take(self, limit: int, deliver: Callable[[Message], bool]) -> list[Message]:
        """Hand out up to `limit` messages, as many as possible of one group before the next.

        `deliver(message)` puts one in flight and returns True, or removes it from the queue
        and returns False.
        """
        taken: list[Message] = []
        while len(taken) < limit:
            group_id = self._first_free()
            if group_id is None:
                break
            heapq.heappop(self._free)
            group = self._groups[group_id]
            group.listed_as = 0
            self._open_group = group
            for message in self._before_first_hidden(group):
                if len(taken) == limit:
                    break
                if deliver(message):
                    taken.append(message)
            self._open_group = None
            self._list(group_id, group)
        return taken

    def peek(self) -> Message | None:
        """Return the message that `take` would hand out first, or None."""
        group_id = self._first_free()
        return None if group_id is None else self._head(self._groups[group_id])

    def has_available(self) -> bool:
        """Whether `take` would hand out something: not when every group is locked."""
        return self._first_free() is not None

    def went_in_flight(self, message: Message) -> None:
        """Hear that a consumer holds a message: its group's line shows it already."""

    def left_flight(self, message: Message) -> None:
        """Hear that no consumer holds a message any longer: `release` or `removed` follows."""

    def removed(self, message: Message) -> None:
        """Hear that a message left the queue; its group may be free now."""
        group = self._groups.get(message.group_id)
        if group is None:
            return
        group.removed += 1
        if group is self._open_group:
            return  # its line must stay as it is; `take` ranks the group when it is done
        if group.removed > _COMPACT_ABOVE and group.removed * 2 > len(group.line):
            group.line.keep([number for number in group.line if number in self._messages])
            group.removed = 0
        self._list(message.group_id, group)

    def numbers(self) -> Iterator[int]:
        """Return the numbers of all messages held, in no order that matters."""
        for group in self._groups.values():
            yield from group.line

    # ---- within -------------------------------------------------------------------------------

    def _before_first_hidden(self, group: Group) -> Iterator[Message]:
        """Return the messages from the front of the group up to the first one that is hidden."""
        for number in group.line:
            message = self._messages.get(number)
            if message is not None:
                if message.place != VISIBLE:
                    return
                yield message

    def _list(self, group_id: str, group: Group) -> None:
        """Rank the group if its oldest message is visible; forget it when it is empty."""
        head = self._head(group)
        if head is None:
            self._groups.pop(group_id, None)
        elif head.place == VISIBLE and group.listed_as != head.available_order:
            group.listed_as = head.available_order
            heapq.heappush(self._free, (head.available_order, group_id))

    def _head(self, group: Group) -> Message | None:
        while (number := group.line.first()) is not None:
            message = self._messages.get(number)
            if message is not None:
                return message
            group.line.drop_first()
            group.removed = max(0, group.removed - 1)
        return None

    def _first_free(self) -> str | None:
        """Return the group whose oldest message has been available for longest, or None."""
        while self._free:
            order, group_id = self._free[0]
            group = self._groups.get(group_id)
            if group is not None and group.listed_as == order:
                head = self._head(group)
                if head is not None and head.place == VISIBLE and head.available_order == order:
                    return group_id
                group.listed_as = 0
            heapq.heappop(self._free)
        return None
