"""Reads one queue for one handler: long polling, bounded concurrency, delete after success."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from chalice_offline.attach.errors import EndpointError
from chalice_offline.attach.failures import CALL_ERRORS, code_of, message_of, sentence
from chalice_offline.attach.remove import MISSING
from chalice_offline.drivers.handler_threads import HandlerThreads

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import Future

    from chalice_offline.attach.in_flight import InFlight
    from chalice_offline.attach.make import Attached
    from chalice_offline.attach.patience import Patience
    from chalice_offline.core.clock import Clock

    Message = dict[str, Any]
    #: Runs the handler with a batch; says whether it succeeded.
    RunBatch = Callable[[Attached, Sequence[Message]], bool]

_log = logging.getLogger(__name__)

# How long one call waits for messages, and so how long stopping may take. SQS allows 20 s.
LONG_POLL_SECONDS = 5
# Between short polls (a session's `poll_seconds` of 0), which answer at once.
SHORT_POLL_PAUSE_SECONDS = 0.05
# ReceiveMessage gives at most ten (Amazon SQS API reference).
MOST_PER_CALL = 10
# Lambda invokes with what it has gathered once that is 6 MB (its payload quota).
LARGEST_BATCH_BYTES = 6 * 1024 * 1024


class Poller:
    """Feeds one handler from one queue, from `start` to `stop`."""

    def __init__(
        self,
        attached: Attached,
        sqs: Any,
        patience: Patience,
        in_flight: InFlight,
        clock: Clock,
        run: RunBatch,
        failed: Callable[[EndpointError], None],
        poll_seconds: int = LONG_POLL_SECONDS,
    ) -> None:
        """`failed` is told once when the endpoint is gone for good; polling has then ended."""
        self.attached = attached
        self._attachment = attached.attachment
        self._sqs = sqs
        self._patience = patience
        self._in_flight = in_flight
        self._clock = clock
        self._run = run
        self._failed = failed
        self._poll_seconds = poll_seconds
        self._stopped = threading.Event()
        self._slots = threading.Condition()
        self._free = self._attachment.batches_at_once
        self._threads = HandlerThreads(f"handler-{self._attachment.handler}", limit=self._free)
        name = f"poll-{self._attachment.handler}"
        self._receiver = threading.Thread(target=self._poll, name=name, daemon=True)

    def start(self) -> None:
        """Begin to poll."""
        self._receiver.start()

    def stop(self) -> None:
        """Receive no more; a poll under way ends by itself, running handlers go on."""
        self._stopped.set()
        with self._slots:
            self._slots.notify_all()

    def join(self, seconds: float) -> bool:
        """Wait until no poll is under way and no handler runs; False when `seconds` pass before."""
        end_ms = self._clock.now_ms() + round(seconds * 1000)
        self._receiver.join(seconds)
        with self._slots:
            left = max(0, end_ms - self._clock.now_ms()) / 1000
            idle = self._slots.wait_for(self._is_idle, left)
        self._threads.shutdown()
        return idle and not self._receiver.is_alive()

    # ---- receiving -------------------------------------------------------------------------------

    def _poll(self) -> None:
        try:
            while slots := self._take_slots():
                batches: list[list[Message]] = []
                try:
                    batches = self._receive(slots)
                finally:
                    self._give_back(slots - len(batches))
                for batch in batches:
                    if self._stopped.is_set():
                        self._release(batch)
                        self._give_back(1)
                    else:
                        self._threads.submit(self._handle, batch).add_done_callback(_report)
        except EndpointError as error:
            if not self._stopped.is_set():
                self._failed(error)
        except Exception as error:  # noqa: BLE001 - a thread that dies silently reads no queue
            _log.exception("polling failed")
            queue = self._attachment.queue
            self._failed(EndpointError(f"reading queue {queue} ended unexpectedly: {error!r}"))

    def _take_slots(self) -> int:
        """Wait for a free slot and take as many as one call may fill; 0 when stopped."""
        size = self._attachment.batch_size
        # A FIFO batch is what one call gave: splitting it could run a group's messages at once.
        most = 1 if self._attachment.is_fifo else max(1, MOST_PER_CALL // size)
        with self._slots:
            self._slots.wait_for(lambda: self._free or self._stopped.is_set())
            if self._stopped.is_set():
                return 0
            taken = min(self._free, most)
            self._free -= taken
            return taken

    def _give_back(self, slots: int) -> None:
        with self._slots:
            self._free += slots
            self._slots.notify_all()

    def _is_idle(self) -> bool:
        return self._free == self._attachment.batches_at_once

    def _receive(self, slots: int) -> list[list[Message]]:
        size = self._attachment.batch_size
        messages = self._call_receive(min(MOST_PER_CALL, slots * size), self._poll_seconds)
        if not messages and not self._poll_seconds:
            self._stopped.wait(SHORT_POLL_PAUSE_SECONDS)
        if messages and self._attachment.window_seconds:
            return [self._gather(messages)]
        return [messages[start : start + size] for start in range(0, len(messages), size)]

    def _gather(self, batch: list[Message]) -> list[Message]:
        """Add to a batch until it is full, or its window is over."""
        end_ms = self._clock.now_ms() + self._attachment.window_seconds * 1000
        size = self._attachment.batch_size
        while len(batch) < size and not self._stopped.is_set():
            left_ms = end_ms - self._clock.now_ms()
            if left_ms <= 0 or sum(len(m["Body"]) for m in batch) > LARGEST_BATCH_BYTES:
                break
            wait = min(self._poll_seconds, -(-left_ms // 1000))
            batch += self._call_receive(min(MOST_PER_CALL, size - len(batch)), wait)
        return batch

    def _call_receive(self, count: int, wait_seconds: int) -> list[Message]:
        try:
            reply = self._patience.call(
                "sqs:ReceiveMessage",
                self._sqs.receive_message,
                QueueUrl=self.attached.queue_url,
                MaxNumberOfMessages=count,
                WaitTimeSeconds=wait_seconds,
                MessageSystemAttributeNames=["All"],
                MessageAttributeNames=["All"],
            )
        except ClientError as error:
            queue = self._attachment.queue
            if code_of(error) in MISSING:
                text = f"queue {queue} is gone from {self._patience.where}: was it restarted?"
                raise EndpointError(text) from error
            doing = f"reading queue {queue}"
            raise EndpointError(sentence(error, self._patience.where, doing)) from error
        return list(reply.get("Messages", []))

    # ---- handling --------------------------------------------------------------------------------

    def _handle(self, batch: list[Message]) -> None:
        try:
            number = self._in_flight.add(self.attached, batch)
            try:
                succeeded = self._run(self.attached, batch)
            finally:
                self._in_flight.remove(number)
            if succeeded:
                self._delete(batch)
        finally:  # a slot that is lost is lost for the whole session
            self._give_back(1)

    def _delete(self, batch: list[Message]) -> None:
        for start in range(0, len(batch), MOST_PER_CALL):
            entries = [
                {"Id": str(index), "ReceiptHandle": message["ReceiptHandle"]}
                for index, message in enumerate(batch[start : start + MOST_PER_CALL])
            ]
            try:
                reply = self._patience.call(
                    "sqs:DeleteMessageBatch",
                    self._sqs.delete_message_batch,
                    QueueUrl=self.attached.queue_url,
                    Entries=entries,
                )
            except ClientError as error:
                self._not_deleted(message_of(error))
            except EndpointError as error:
                self._not_deleted(str(error))
                if not self._stopped.is_set():
                    self._failed(error)
                return
            else:
                for failure in reply.get("Failed", []):
                    self._not_deleted(failure.get("Message", failure["Code"]))

    def _release(self, batch: list[Message]) -> None:
        """Let messages that came too late to be handled be received again at once."""
        for message in batch:
            try:
                self._sqs.change_message_visibility(
                    QueueUrl=self.attached.queue_url,
                    ReceiptHandle=message["ReceiptHandle"],
                    VisibilityTimeout=0,
                )
            except CALL_ERRORS as error:  # it comes back by itself, a little later
                _log.warning("%s: %s", self._attachment.queue, message_of(error))

    def _not_deleted(self, why: str) -> None:
        _log.warning(
            "a handled message of queue %s could not be deleted and will come again: %s",
            self._attachment.queue,
            why,
        )


def _report(future: Future[None]) -> None:
    """Bring what a future keeps to itself to the log: it is a mistake of ours."""
    if not future.cancelled() and (error := future.exception()) is not None:
        _log.error("running a handler failed", exc_info=error)
