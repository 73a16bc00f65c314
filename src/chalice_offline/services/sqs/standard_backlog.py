"""The visible messages of a standard queue: oldest first, and fair between tenants.

Messages that came back (their visibility timeout ended) keep their place by age. A message group
id names a tenant; while a tenant is noisy, the messages of quiet tenants go first (fair queues).
"""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

from chalice_offline.services.sqs import limits
from chalice_offline.services.sqs.line import Line
from chalice_offline.services.sqs.message import VISIBLE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from chalice_offline.services.sqs.message import Message

_NO_TENANT = ""


class Lane:
    """The visible messages of one tenant by number; what is no longer visible is skipped."""

    __slots__ = ("_arrived", "_messages", "_returned", "group_id", "in_flight", "listed_as")

    def __init__(self, group_id: str, messages: Mapping[int, Message]) -> None:
        self._messages = messages
        self._arrived = Line()
        self._returned: list[int] = []
        self.group_id = group_id
        self.in_flight = 0
        self.listed_as = -1

    def add(self, number: int) -> None:
        """Take in a new message."""
        self._arrived.append(number)

    def put_back(self, number: int) -> None:
        """Take in a message that was delayed or in flight."""
        heapq.heappush(self._returned, number)

    def first(self) -> Message | None:
        """Return the oldest visible message, or None."""
        while True:
            number = self._arrived.first()
            if self._returned and (number is None or self._returned[0] < number):
                number = self._returned[0]
            if number is None:
                return None
            message = self._messages.get(number)
            if message is not None and message.place == VISIBLE:
                return message
            self.drop_first()

    def drop_first(self) -> None:
        """Take the entry in front away."""
        number = self._arrived.first()
        if self._returned and (number is None or self._returned[0] < number):
            heapq.heappop(self._returned)
        else:
            self._arrived.drop_first()

    def numbers(self) -> Iterator[int]:
        """Return the numbers of all entries, those to be skipped included."""
        yield from self._arrived
        yield from self._returned


class StandardBacklog:
    """What a standard queue hands out next.

    As long as no message carries a group id there is one lane and nothing else to decide.
    Otherwise a heap of `(number of the lane's first message, group id)` finds the oldest.
    """

    def __init__(self, messages: Mapping[int, Message]) -> None:
        self._messages = messages
        self._untenanted = Lane(_NO_TENANT, messages)
        self._lanes: dict[str, Lane] = {}
        self._by_age: list[tuple[int, str]] = []
        self._in_flight = 0

    def add(self, message: Message) -> None:
        """Take in a message that is visible from the start."""
        lane = self._lane(message.group_id)
        lane.add(message.number)
        self._list(lane)

    def hold(self, message: Message) -> None:
        """Take in a message that is delayed: nothing to do until `release`."""

    def release(self, message: Message) -> None:
        """Take in a message that has just become visible (again)."""
        lane = self._lane(message.group_id)
        lane.put_back(message.number)
        self._list(lane)

    def take(self, limit: int, deliver: Callable[[Message], bool]) -> list[Message]:
        """Hand out up to `limit` visible messages.

        `deliver(message)` puts one in flight and returns True, or removes it from the queue
        and returns False.
        """
        taken: list[Message] = []
        while len(taken) < limit:
            lane = self._next_lane()
            message = lane.first() if lane is not None else None
            if lane is None or message is None:
                break
            lane.drop_first()
            if deliver(message):
                taken.append(message)
            self._list(lane)
        return taken

    def peek(self) -> Message | None:
        """Return the message that `take` would hand out first, or None."""
        lane = self._next_lane()
        if lane is None:
            return None
        self._list(lane)
        return lane.first()

    def has_available(self) -> bool:
        """Whether `take` would hand out something, given that a message is visible."""
        return True

    def went_in_flight(self, message: Message) -> None:
        """Count a message that a consumer holds now."""
        self._in_flight += 1
        if message.group_id:
            self._lane(message.group_id).in_flight += 1

    def left_flight(self, message: Message) -> None:
        """Count a message that no consumer holds any longer."""
        self._in_flight -= 1
        if message.group_id:
            lane = self._lane(message.group_id)
            lane.in_flight -= 1
            self._drop_if_idle(lane)

    def removed(self, message: Message) -> None:
        """Hear that a message left the queue; its entry is skipped when its turn comes."""

    def numbers(self) -> Iterator[int]:
        """Return the numbers of all entries, those to be skipped included."""
        for lane in (self._untenanted, *self._lanes.values()):
            yield from lane.numbers()

    # ---- within -------------------------------------------------------------------------------

    def _lane(self, group_id: str) -> Lane:
        if not group_id:
            return self._untenanted
        lane = self._lanes.get(group_id)
        if lane is None:
            lane = self._lanes[group_id] = Lane(group_id, self._messages)
            if len(self._lanes) == 1:
                self._list(self._untenanted)
        return lane

    def _next_lane(self) -> Lane | None:
        if not self._lanes:
            return self._untenanted
        noisy: list[Lane] = []
        chosen: Lane | None = None
        for lane in self._lanes_by_age():
            if not self._is_noisy(lane):
                chosen = lane
                break
            noisy.append(lane)
        if chosen is None and noisy:
            chosen = noisy.pop(0)
        for lane in noisy:
            self._list(lane)
        return chosen

    def _lanes_by_age(self) -> Iterator[Lane]:
        """Take lanes off the heap, the one with the oldest message first."""
        while self._by_age:
            number, group_id = heapq.heappop(self._by_age)
            lane = self._lanes.get(group_id) if group_id else self._untenanted
            if lane is None or lane.listed_as != number:
                continue
            lane.listed_as = -1
            message = lane.first()
            if message is None:
                self._drop_if_idle(lane)
            elif message.number == number:
                yield lane
            else:
                self._list(lane)

    def _list(self, lane: Lane) -> None:
        """See to it that the heap knows the lane by its first message."""
        if not self._lanes:
            return
        message = lane.first()
        if message is None:
            self._drop_if_idle(lane)
        elif lane.listed_as != message.number:
            lane.listed_as = message.number
            heapq.heappush(self._by_age, (message.number, lane.group_id))

    def _is_noisy(self, lane: Lane) -> bool:
        return (
            bool(lane.group_id)
            and lane.in_flight >= limits.NOISY_IN_FLIGHT
            and lane.in_flight * 100 > self._in_flight * limits.NOISY_SHARE_PERCENT
        )

    def _drop_if_idle(self, lane: Lane) -> None:
        if lane.group_id and not lane.in_flight and lane.first() is None:
            self._lanes.pop(lane.group_id, None)
