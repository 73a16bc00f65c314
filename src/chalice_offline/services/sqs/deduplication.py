"""What a FIFO queue remembers for five minutes: messages sent, and receive attempts."""

from __future__ import annotations

import hashlib
from collections import deque
from typing import TYPE_CHECKING, NamedTuple

from chalice_offline.services.sqs import limits

if TYPE_CHECKING:
    from chalice_offline.services.sqs.message import Message


class Original(NamedTuple):
    """The message that a duplicate repeats."""

    message_id: str
    number: int
    sent_ms: int


class DeduplicationWindow:
    """The messages sent within the last five minutes, by deduplication id.

    The window counts from the first send; a duplicate does not prolong it, and deleting the
    message does not end it (SendMessage, MessageDeduplicationId).
    """

    def __init__(self) -> None:
        self._originals: dict[tuple[str, str], Original] = {}
        self._by_age: deque[tuple[int, tuple[str, str]]] = deque()

    def find(self, key: tuple[str, str], now_ms: int) -> Original | None:
        """Return the message sent under `key` within the interval, or None."""
        oldest_ms = now_ms - limits.DEDUPLICATION_INTERVAL_MS
        while self._by_age and self._by_age[0][0] <= oldest_ms:
            del self._originals[self._by_age.popleft()[1]]
        return self._originals.get(key)

    def remember(self, key: tuple[str, str], original: Original) -> None:
        """Keep a message that `find` did not know."""
        self._originals[key] = original
        self._by_age.append((original.sent_ms, key))

    def clear(self) -> None:
        """Forget everything: PurgeQueue does (recorded)."""
        self._originals.clear()
        self._by_age.clear()


class Attempt(NamedTuple):
    """A receive, to be repeated under its ReceiveRequestAttemptId.

    `handed_out` holds each message with its receive count and the end of its visibility timeout:
    a message for which either changed was modified since.
    """

    at_ms: int
    handed_out: tuple[tuple[Message, int, int], ...]


class ReceiveAttempts:
    """The receives of the last five minutes, by ReceiveRequestAttemptId."""

    def __init__(self) -> None:
        self._attempts: dict[str, Attempt] = {}

    def find(self, attempt_id: str, now_ms: int) -> Attempt | None:
        """Return the attempt made under this id within the interval, or None."""
        oldest_ms = now_ms - limits.RECEIVE_ATTEMPT_INTERVAL_MS
        while self._attempts:
            first_id = next(iter(self._attempts))
            if self._attempts[first_id].at_ms > oldest_ms:
                break
            del self._attempts[first_id]
        return self._attempts.get(attempt_id)

    def remember(self, attempt_id: str, messages: list[Message], now_ms: int) -> None:
        """Keep what was handed out under this id."""
        self._attempts.pop(attempt_id, None)
        handed_out = tuple((one, one.receive_count, one.visible_at_ms) for one in messages)
        self._attempts[attempt_id] = Attempt(now_ms, handed_out)

    def clear(self) -> None:
        """Forget everything."""
        self._attempts.clear()


def content_id(body: str) -> str:
    """Return the deduplication id that ContentBasedDeduplication derives: SHA-256 of the body."""
    return hashlib.sha256(body.encode()).hexdigest()
