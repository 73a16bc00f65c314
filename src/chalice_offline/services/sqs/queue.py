"""One queue: its messages, where each of them is, and when that changes.

A message is visible, delayed or in flight (message.py). Every transition is a method here and
keeps the counters, the backlog and the deadlines in step. Two timers serve the whole queue: one
for the next message to become visible, one for the next to outlive the retention period.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chalice_offline.services.sqs import limits
from chalice_offline.services.sqs.deadlines import Deadlines
from chalice_offline.services.sqs.deduplication import DeduplicationWindow, ReceiveAttempts
from chalice_offline.services.sqs.fifo_backlog import FifoBacklog
from chalice_offline.services.sqs.message import DELAYED, IN_FLIGHT, OUTSIDE, PLACES, VISIBLE
from chalice_offline.services.sqs.retention import Ages
from chalice_offline.services.sqs.standard_backlog import StandardBacklog
from chalice_offline.services.sqs.waiters import Waiters

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice_offline.core.kernel import Kernel
    from chalice_offline.core.scheduler import Timer
    from chalice_offline.services.sqs.addresses import QueueKey
    from chalice_offline.services.sqs.attributes import QueueAttributes
    from chalice_offline.services.sqs.message import Message

NEVER_MS = -1


@dataclass(slots=True)
class Ledger:
    """How many messages came, and how many left in which way."""

    arrived: int = 0
    deleted: int = 0
    expired: int = 0
    purged: int = 0
    dead_lettered: int = 0
    moved: int = 0

    @property
    def departed(self) -> int:
        """How many messages left, in whatever way."""
        return self.deleted + self.expired + self.purged + self.dead_lettered + self.moved


class Queue:
    """A standard or FIFO queue."""

    def __init__(
        self,
        kernel: Kernel,
        number: int,
        key: QueueKey,
        attributes: QueueAttributes,
        tags: dict[str, str],
    ) -> None:
        """Make an empty queue; `number` tells it from every other queue there ever was."""
        self._kernel = kernel
        self.number = number
        self.key = key
        self.arn = key.arn
        self.attributes = attributes
        self.tags = tags
        self.created_ms = self.modified_ms = kernel.now_ms
        self.purged_at_ms = NEVER_MS
        self.messages: dict[int, Message] = {}
        self.backlog: StandardBacklog | FifoBacklog = (
            FifoBacklog(self.messages) if attributes.is_fifo else StandardBacklog(self.messages)
        )
        self.deadlines = Deadlines(self.messages)
        self.waiters = Waiters(kernel)
        self.duplicates = DeduplicationWindow()
        self.attempts = ReceiveAttempts()
        self.ledger = Ledger()
        self._counts = [0] * len(PLACES)
        self._last_number = 0
        self.ages = Ages(self.messages)
        self._scope_counts_from_ms = NEVER_MS
        self._visibility_timer: Timer | None = None
        self._retention_timer: Timer | None = None

    @property
    def now_ms(self) -> int:
        """The present instant."""
        return self._kernel.now_ms

    @property
    def awake_ms(self) -> int:
        """The same without gaps: what delays and visibility timeouts are measured in."""
        return self._kernel.awake_ms

    @property
    def visible_count(self) -> int:
        """How many messages can be received (in a FIFO queue: unless their group is locked)."""
        return self._counts[VISIBLE]

    @property
    def delayed_count(self) -> int:
        """How many messages wait for their delay to end."""
        return self._counts[DELAYED]

    @property
    def in_flight_count(self) -> int:
        """How many messages a consumer holds."""
        return self._counts[IN_FLIGHT]

    # ---- arriving and leaving -----------------------------------------------------------------

    def store(self, message: Message, delay_ms: int) -> None:
        """Take in a message; it becomes visible after `delay_ms`. Call `wake` afterwards."""
        message.move_to(DELAYED if delay_ms else VISIBLE)
        self._last_number += 1
        message.number = self._last_number
        message.visible_at_ms = self._kernel.awake_ms + delay_ms
        self.messages[message.number] = message
        self.ledger.arrived += 1
        if delay_ms:
            self._counts[DELAYED] += 1
            self.backlog.hold(message)
            self._add_deadline(message)
            self._arm_visibility_timer()
        else:
            self._counts[VISIBLE] += 1
            self.backlog.add(message)
        self.ages.add(message)
        timer = self._retention_timer
        if timer is None or message.sent_ms + self.attributes.retention_ms < timer.due_ms:
            self._arm_retention_timer()

    def remove(self, message: Message) -> None:
        """Let a message go. The caller enters it in the ledger and calls `wake` afterwards."""
        place = message.place
        message.move_to(OUTSIDE)
        if place == IN_FLIGHT:
            self.backlog.left_flight(message)
        self._counts[place] -= 1
        del self.messages[message.number]
        self.backlog.removed(message)

    def delete(self, message: Message) -> None:
        """Delete a message for a consumer that is done with it. Call `wake` afterwards."""
        self.remove(message)
        self.ledger.deleted += 1
        if self._visibility_timer is not None and self._visibility_timer.owed:
            self._arm_visibility_timer()

    def purge(self) -> None:
        """Let all messages go, and forget what was sent in the last five minutes."""
        self.ledger.purged += len(self.messages)
        self.messages.clear()
        self.backlog = type(self.backlog)(self.messages)
        self.deadlines.clear()
        self.duplicates.clear()
        self.attempts.clear()
        self.ages.clear()
        self._counts = [0] * len(PLACES)
        self._cancel_timers()

    def close(self) -> None:
        """End a deleted queue: nobody waits on it and nothing falls due any more."""
        self.purge()
        self.waiters.dismiss()

    # ---- from place to place ------------------------------------------------------------------

    def take(
        self, limit: int, timeout_ms: int, dead_letter: Callable[[Message], bool]
    ) -> list[Message]:
        """Put up to `limit` visible messages in flight for `timeout_ms` and return them.

        A message that was received as often as the redrive policy allows goes to
        `dead_letter(message)` instead, which says whether it took it.
        """
        now_ms, awake_ms = self._kernel.now_ms, self._kernel.awake_ms
        policy = self.attributes.redrive_policy

        def deliver(message: Message) -> bool:
            is_dead = policy is not None and message.receive_count >= policy.maximum_receives
            if is_dead and dead_letter(message):
                return False
            self._put_in_flight(message, awake_ms + timeout_ms)
            message.receive_count += 1
            message.received_ms = awake_ms
            message.first_received_ms = message.first_received_ms or now_ms
            return True

        taken = self.backlog.take(min(limit, limits.IN_FLIGHT - self.in_flight_count), deliver)
        if timeout_ms == 0:
            for message in taken:
                self._release(message)
        self._arm_visibility_timer()
        return taken

    def next_visible(self) -> Message | None:
        """Return the message that would be received next, without receiving it, or None."""
        return self.backlog.peek()

    def change_visibility(self, message: Message, timeout_ms: int) -> None:
        """Hide a message for `timeout_ms` from now; 0 makes it visible. Call `wake` afterwards."""
        if timeout_ms:
            self._put_in_flight(message, self._kernel.awake_ms + timeout_ms)
        elif message.place != VISIBLE:
            self._release(message)
        self._arm_visibility_timer()

    def wake(self) -> None:
        """Serve those who wait for messages, then tell whoever watches the queue."""
        self.waiters.serve(self._has_available)
        if self._has_available():
            self._kernel.signal(self.arn)

    # ---- attributes ---------------------------------------------------------------------------

    def change_attributes(self, attributes: QueueAttributes) -> None:
        """Let new attributes hold, for the messages already here as well where AWS says so."""
        now_ms = self._kernel.now_ms
        present = self.attributes
        if attributes.scoped_to_group != self.deduplicates_by_group:
            self._scope_counts_from_ms = now_ms + limits.SCOPE_PROPAGATION_MS
        self.attributes = attributes
        self.modified_ms = now_ms
        if attributes.retention_ms != present.retention_ms:
            self._arm_retention_timer()
        if attributes.is_fifo and attributes.delay_ms != present.delay_ms:
            self._change_delay_of_messages()

    @property
    def deduplicates_by_group(self) -> bool:
        """Whether two groups may use the same deduplication id; a change takes a minute."""
        scoped_to_group = self.attributes.scoped_to_group
        if self._kernel.now_ms < self._scope_counts_from_ms:
            return not scoped_to_group
        return scoped_to_group

    # ---- within -------------------------------------------------------------------------------

    def _has_available(self) -> bool:
        return self._counts[VISIBLE] > 0 and self.backlog.has_available()

    def _put_in_flight(self, message: Message, until_ms: int) -> None:
        if message.place != IN_FLIGHT:
            place = message.place
            message.move_to(IN_FLIGHT)
            self._counts[place] -= 1
            self._counts[IN_FLIGHT] += 1
            self.backlog.went_in_flight(message)
        message.visible_at_ms = until_ms
        if until_ms > self._kernel.awake_ms:
            self._add_deadline(message)

    def _release(self, message: Message) -> None:
        place = message.place
        message.move_to(VISIBLE)
        if place == IN_FLIGHT:
            self.backlog.left_flight(message)
        self._counts[place] -= 1
        self._counts[VISIBLE] += 1
        message.visible_at_ms = self._kernel.awake_ms
        self.backlog.release(message)

    def _add_deadline(self, message: Message) -> None:
        self.deadlines.add(message, self._counts[DELAYED] + self._counts[IN_FLIGHT])

    def _became_due(self) -> None:
        self._visibility_timer = None
        while (message := self.deadlines.pop_due(self._kernel.awake_ms)) is not None:
            self._release(message)
        self._arm_visibility_timer()
        self.wake()

    def _arm_visibility_timer(self) -> None:
        """Have the timer run at the next deadline; owed while an event source mapping listens.

        An owed timer keeps `settle()` waiting, so it must be exact. Any other may run early and
        find nothing to do, which spares a new timer for every message received and deleted.
        """
        due_ms = self.deadlines.first_ms()
        if due_ms is not None:
            due_ms += self._kernel.now_ms - self._kernel.awake_ms
        owed = self._kernel.is_watched(self.arn)
        timer = self._visibility_timer
        if timer is not None and timer.owed == owed:
            if timer.due_ms == due_ms:
                return
            if not owed and (due_ms is None or timer.due_ms < due_ms):
                return
        self._kernel.cancel(timer)
        self._visibility_timer = None
        if due_ms is not None:
            self._visibility_timer = self._kernel.at(due_ms, self._became_due, owed=owed)

    def _arm_retention_timer(self) -> None:
        self._kernel.cancel(self._retention_timer)
        self._retention_timer = None
        oldest = self.ages.oldest()
        if oldest is not None:
            due_ms = max(oldest.sent_ms + self.attributes.retention_ms, self._kernel.now_ms)
            self._retention_timer = self._kernel.at(due_ms, self._outlived, owed=False)

    def _outlived(self) -> None:
        self._retention_timer = None
        sent_by_ms = self._kernel.now_ms - self.attributes.retention_ms
        while (message := self.ages.oldest()) is not None and message.sent_ms <= sent_by_ms:
            self.remove(message)
            self.ledger.expired += 1
            self._kernel.note(
                "sqs.MessageExpired",
                {"QueueArn": self.arn, "MessageId": message.message_id},
                self._kernel.origin(message.message_id),
                "the retention period ended",
            )
        self._arm_retention_timer()
        self.wake()

    def _change_delay_of_messages(self) -> None:
        """A FIFO queue's delay holds for the messages in it, too (Developer Guide)."""
        for message in self.messages.values():
            if message.place == DELAYED:
                left_ms = message.sent_ms + self.attributes.delay_ms - self._kernel.now_ms
                message.visible_at_ms = self._kernel.awake_ms + max(0, left_ms)
                self._add_deadline(message)
        self._arm_visibility_timer()

    def _cancel_timers(self) -> None:
        self._kernel.cancel(self._visibility_timer)
        self._kernel.cancel(self._retention_timer)
        self._visibility_timer = self._retention_timer = None
