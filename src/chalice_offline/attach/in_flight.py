"""Keeps received messages invisible for as long as their handler runs.

A handler that stands at a breakpoint runs longer than any visibility timeout. Without this its
message would be delivered a second time meanwhile.
"""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Any

from chalice_offline.attach.failures import CALL_ERRORS, message_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chalice_offline.attach.make import Attached
    from chalice_offline.core.clock import Clock

_log = logging.getLogger(__name__)

LOOK_EVERY_SECONDS = 1.0
_ENTRIES_PER_CALL = 10


class _Batch:
    def __init__(self, attached: Attached, messages: Sequence[dict[str, Any]], due_ms: int) -> None:
        self.attached = attached
        self.messages = messages
        self.due_ms = due_ms


class InFlight:
    """The messages whose handlers are running. One thread extends what would come back."""

    def __init__(self, sqs: Any, clock: Clock) -> None:
        self._sqs = sqs
        self._clock = clock
        self._lock = threading.Lock()
        self._batches: dict[int, _Batch] = {}
        self._number = 0
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="in-flight", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """Extend nothing any more."""
        self._stopped.set()

    def add(self, attached: Attached, messages: Sequence[dict[str, Any]]) -> int:
        """Note that a handler runs with these messages; returns a number for `remove`."""
        due_ms = self._clock.now_ms() + attached.visibility_seconds * 500
        with self._lock:
            self._number += 1
            self._batches[self._number] = _Batch(attached, messages, due_ms)
            return self._number

    def remove(self, number: int) -> None:
        """Note that the handler has ended."""
        with self._lock:
            del self._batches[number]

    @property
    def count(self) -> int:
        """How many handlers are running."""
        with self._lock:
            return len(self._batches)

    def _run(self) -> None:
        while not self._stopped.wait(LOOK_EVERY_SECONDS):
            now_ms = self._clock.now_ms()
            with self._lock:
                due = [batch for batch in self._batches.values() if batch.due_ms <= now_ms]
            for batch in due:
                self._extend(batch)
                batch.due_ms = now_ms + batch.attached.visibility_seconds * 500

    def _extend(self, batch: _Batch) -> None:
        """Hide a batch for one more visibility timeout; failing that, it comes back early."""
        messages = batch.messages
        for start in range(0, len(messages), _ENTRIES_PER_CALL):
            entries = [
                {
                    "Id": str(index),
                    "ReceiptHandle": message["ReceiptHandle"],
                    "VisibilityTimeout": batch.attached.visibility_seconds,
                }
                for index, message in enumerate(messages[start : start + _ENTRIES_PER_CALL])
            ]
            try:
                self._sqs.change_message_visibility_batch(
                    QueueUrl=batch.attached.queue_url, Entries=entries
                )
            except CALL_ERRORS as error:
                _log.warning(
                    "handler %s is still running and its messages may come a second time: %s",
                    batch.attached.attachment.handler,
                    message_of(error),
                )
