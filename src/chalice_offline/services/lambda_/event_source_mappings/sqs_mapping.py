"""An SQS queue as a function's event source.

Nothing polls: the queue signals when a message can be received. Source of the behaviour: AWS
Lambda developer guide, "Using Lambda with Amazon SQS", and the recordings cited there.
"""

from __future__ import annotations

import json
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from chalice_offline.core.arn import parse_arn
from chalice_offline.core.errors import AwsError
from chalice_offline.core.targets import queue_url
from chalice_offline.services.lambda_ import limits
from chalice_offline.services.lambda_.event_source_mappings.partial_batch import failed_items
from chalice_offline.services.lambda_.event_source_mappings.records import sqs_record
from chalice_offline.services.lambda_.principal import PRINCIPAL
from chalice_offline.services.lambda_.runs import start_run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chalice_offline.core.kernel import Kernel, Request, Result
    from chalice_offline.core.scheduler import Timer
    from chalice_offline.services.lambda_.event_source_mappings.mapping import Mapping
    from chalice_offline.services.lambda_.runs import RunResult

Record = dict[str, Any]


@dataclass(slots=True)
class _Batch:
    """Messages received together and not yet handed to the function."""

    records: list[Record] = field(default_factory=list)
    payload_bytes: int = 0
    return_timer: Timer | None = None  # set while the function has no room for the batch

    def add(self, record: Record, size: int) -> None:
        self.records.append(record)
        self.payload_bytes += size


class SqsMapping:
    """Receives from one queue and invokes one function."""

    def __init__(self, kernel: Kernel, mapping: Mapping) -> None:
        self._kernel = kernel
        self._mapping = mapping
        self._queue = parse_arn(mapping.source_arn)
        self._url = queue_url(self._queue)
        self._running = 0
        self._busy_since_ms = 0
        self._gathering = _Batch()
        self._ready: deque[_Batch] = deque()
        self._window_timer: Timer | None = None
        self._pump_timer: Timer | None = None
        self._ramp_timer: Timer | None = None
        self._active = False
        self._held_until_ms = 0

    def start(self) -> None:
        """Listen to the queue, and take what is already there."""
        self._active = True
        self._kernel.watch(self._mapping.source_arn, self._pump_soon)
        self._kernel.watch(f"{self._mapping.function.arn}:idle", self._pump_soon)
        self._pump_soon()

    def stop(self) -> None:
        """Listen no more; runs under way finish, what was not handed over returns to the queue."""
        self._active = False
        self._kernel.unwatch(self._mapping.source_arn, self._pump_soon)
        self._kernel.unwatch(f"{self._mapping.function.arn}:idle", self._pump_soon)
        for timer in (self._pump_timer, self._window_timer, self._ramp_timer):
            self._kernel.cancel(timer)
        for batch in (self._gathering, *self._ready):
            self._kernel.cancel(batch.return_timer)
            self._release(batch.records)
        self._gathering = _Batch()
        self._ready.clear()

    # ---- receiving -------------------------------------------------------------------------------

    def _pump_soon(self) -> None:
        if self._pump_timer is None:
            due_ms = max(self._kernel.now_ms, self._held_until_ms)
            self._pump_timer = self._kernel.at(due_ms, self._pump)

    def _pump(self) -> None:
        self._pump_timer = None
        self._start_ready()
        while self._active and self._may_gather():
            wanted = self._mapping.batch_size - len(self._gathering.records)
            messages = self._receive(min(wanted, limits.RECEIVE_MAX))
            for message in messages:
                self._take(message)
            if self._is_full() or (self._gathering.records and not self._mapping.window_seconds):
                self._close_batch()
                self._start_ready()
            elif not messages:
                return
        self._pump_at_next_ramp_step()

    def _receive(self, count: int) -> list[Record]:
        request = {
            "QueueUrl": self._url,
            "MaxNumberOfMessages": count,
            "MessageSystemAttributeNames": ["All"],
            "MessageAttributeNames": ["All"],
            "WaitTimeSeconds": 0,
        }
        try:
            reply = self._call("ReceiveMessage", request, ())
        except AwsError as error:
            # The queue was deleted under the mapping: AWS keeps the mapping and reports a problem.
            self._mapping.last_result = f"PROBLEM: {error.message}"
            return []
        messages: list[Record] = reply.get("Messages", [])
        return messages

    def _take(self, message: Record) -> None:
        record = sqs_record(message, self._mapping.source_arn, self._queue.region)
        if not self._mapping.filter.wants(record):
            # AWS deletes what the filter rejects.
            causes = self._kernel.origin(record["messageId"])
            note = {"messageId": record["messageId"], "filters": self._mapping.filter.criteria}
            entry = self._kernel.note(self._mapping.source_arn, note, causes, "filtered out")
            self._delete([record], (entry,))
            return
        size = len(json.dumps(record, ensure_ascii=False).encode())
        if self._gathering.records and (
            self._gathering.payload_bytes + size > limits.BATCH_PAYLOAD_BYTES
        ):
            self._close_batch()
        self._gathering.add(record, size)
        if self._mapping.window_seconds and self._window_timer is None:
            due_ms = self._kernel.now_ms + self._mapping.window_seconds * 1000
            self._window_timer = self._kernel.at(due_ms, self._window_over)

    def _window_over(self) -> None:
        self._window_timer = None
        if self._gathering.records:
            self._close_batch()
        self._pump_soon()

    def _is_full(self) -> bool:
        return len(self._gathering.records) >= self._mapping.batch_size

    def _close_batch(self) -> None:
        self._ready.append(self._gathering)
        self._gathering = _Batch()
        self._kernel.cancel(self._window_timer)
        self._window_timer = None

    # ---- how many at once ------------------------------------------------------------------------

    def _may_gather(self) -> bool:
        """Whether one more batch may be under way. Reserved concurrency does not count here.

        As on AWS, batches are received before the function is asked, and then throttled.
        """
        return self._running + len(self._ready) < self._allowed()

    def _allowed(self) -> int:
        if self._mapping.maximum_concurrency is not None:
            return self._mapping.maximum_concurrency
        busy_ms = self._kernel.now_ms - self._busy_since_ms if self._running else 0
        allowed = limits.SQS_CONCURRENCY_FIRST + busy_ms // limits.SQS_CONCURRENCY_MS_PER_STEP
        return min(allowed, limits.SQS_CONCURRENCY_MAX)

    def _pump_at_next_ramp_step(self) -> None:
        """While batches take long, AWS adds concurrency: look again when one more is allowed."""
        if not self._active or self._mapping.maximum_concurrency is not None or not self._running:
            return
        steps = self._running + len(self._ready) + 1 - limits.SQS_CONCURRENCY_FIRST
        due_ms = self._busy_since_ms + steps * limits.SQS_CONCURRENCY_MS_PER_STEP
        self._kernel.cancel(self._ramp_timer)
        self._ramp_timer = self._kernel.at(due_ms, self._pump_soon, owed=False)

    # ---- invoking --------------------------------------------------------------------------------

    def _start_ready(self) -> None:
        while self._ready and self._started(self._ready[0]):
            self._ready.popleft()

    def _started(self, batch: _Batch) -> bool:
        records = batch.records
        causes = self._causes(records)
        payload = json.dumps({"Records": records}, ensure_ascii=False).encode()
        if not self._running:
            self._busy_since_ms = self._kernel.now_ms
        try:
            start_run(
                self._kernel,
                self._mapping.function,
                payload,
                causes,
                lambda result: self._ended(records, result),
                retry=any(_was_received_before(record) for record in records),
            )
        except AwsError as error:
            self._throttled(batch, causes, error)
            return False
        self._running += 1
        self._kernel.cancel(batch.return_timer)
        return True

    def _throttled(self, batch: _Batch, causes: tuple[int, ...], error: AwsError) -> None:
        """Keep trying until the messages' visibility timeout is over and they return by themselves.

        That receive counted: with a low maxReceiveCount throttling fills the dead-letter queue,
        as it does on AWS.
        """
        if batch.return_timer is not None:
            return
        note = {"records": len(batch.records), "reason": error.fields.get("Reason", "")}
        entry = self._kernel.note(self._mapping.source_arn, note, causes, "throttled: waits")
        due_ms = self._kernel.now_ms + self._visibility_timeout_ms()

        def give_up() -> None:
            self._kernel.note(self._mapping.source_arn, note, (entry,), "throttled for too long")
            self._ready.remove(batch)
            self._pump_soon()

        batch.return_timer = self._kernel.at(due_ms, give_up)

    def _ended(self, records: list[Record], result: RunResult) -> None:
        self._running -= 1
        self._mapping.last_result = "OK"
        kept = self._kept(records, result)
        if kept:
            self._mapping.last_result = "PROBLEM: Function call failed"
            self._back_off()
        for record in kept:  # what a message does next follows from the run that left it undone
            self._kernel.set_origin(record["messageId"], result.entry)
        done = [record for record in records if record not in kept]
        if done:
            self._delete(done, (result.entry,))
        if self._active:
            self._pump_soon()

    def _back_off(self) -> None:
        """Wait before receiving again when a failed batch is back in the queue at once.

        AWS's pollers slow down after errors. Only without a visibility timeout does it show
        here: batch and function would chase each other without end at one instant.
        """
        names = {"QueueUrl": self._url, "AttributeNames": ["VisibilityTimeout"]}
        try:
            attributes = self._call("GetQueueAttributes", names, ()).get("Attributes", {})
        except AwsError:  # deleted meanwhile: there is nothing to receive
            return
        if attributes.get("VisibilityTimeout") == "0":
            self._held_until_ms = self._kernel.now_ms + limits.SQS_BACK_OFF_MS

    def _kept(self, records: list[Record], result: RunResult) -> list[Record]:
        """Return the records of a batch that the function has not handled."""
        if result.outcome.failed:
            return records
        if not self._mapping.reports_batch_item_failures:
            return []
        identifiers = [record["messageId"] for record in records]
        failed = failed_items(result.outcome.payload, identifiers)
        return [record for record in records if record["messageId"] in failed]

    def _causes(self, records: list[Record]) -> tuple[int, ...]:
        return tuple(sorted({e for r in records for e in self._kernel.origin(r["messageId"])}))

    # ---- the queue -------------------------------------------------------------------------------

    def _delete(self, records: list[Record], causes: tuple[int, ...]) -> None:
        for entries in _entries(records):
            request = {"QueueUrl": self._url, "Entries": entries}
            try:
                failed = self._call("DeleteMessageBatch", request, causes).get("Failed", [])
            except AwsError as error:
                self._kernel.note(
                    self._mapping.source_arn, request, causes, f"not deleted: {error}"
                )
                continue
            if failed:  # a FIFO message whose visibility timeout is over is not deleted any more
                reasons = ", ".join(sorted({item["Message"] for item in failed}))
                note = {"Failed": failed}
                self._kernel.note(self._mapping.source_arn, note, causes, f"not deleted: {reasons}")

    def _release(self, records: list[Record]) -> None:
        causes = self._causes(records)
        for entries in _entries(records, VisibilityTimeout=0):
            request = {"QueueUrl": self._url, "Entries": entries}
            try:
                self._call("ChangeMessageVisibilityBatch", request, causes)
            except AwsError as error:
                outcome = f"not released: {error}"
                self._kernel.note(self._mapping.source_arn, request, causes, outcome)

    def _visibility_timeout_ms(self) -> int:
        request = {"QueueUrl": self._url, "AttributeNames": ["VisibilityTimeout"]}
        try:
            attributes = self._call("GetQueueAttributes", request, ()).get("Attributes", {})
        except AwsError:  # deleted meanwhile: nothing to return to
            return 0
        return int(attributes.get("VisibilityTimeout", "0")) * 1000

    def _call(self, operation: str, request: Request, causes: tuple[int, ...]) -> Result:
        reply = self._kernel.deliver(
            "sqs",
            operation,
            request,
            account_id=self._queue.account_id,
            region=self._queue.region,
            causes=causes,
            principal=PRINCIPAL,
        )
        return reply if isinstance(reply, dict) else {}


def _entries(records: list[Record], **more: Any) -> Iterator[list[dict[str, Any]]]:
    """Yield the entries of batch requests about `records`, as many a request as SQS takes."""
    for start in range(0, len(records), limits.RECEIVE_MAX):
        yield [
            {"Id": str(number), "ReceiptHandle": record["receiptHandle"], **more}
            for number, record in enumerate(records[start : start + limits.RECEIVE_MAX])
        ]


def _was_received_before(record: Record) -> bool:
    return bool(record["attributes"].get("ApproximateReceiveCount", "1") != "1")
