"""An SQS queue as a function's event source.

Nothing polls: the queue signals when a message can be received. Source of the behaviour: AWS
Lambda developer guide, "Using Lambda with Amazon SQS", and the recordings cited there.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from chalice_offline.core.arn import parse_arn
from chalice_offline.core.errors import AwsError
from chalice_offline.services.lambda_ import limits
from chalice_offline.services.lambda_.destinations import PRINCIPAL, queue_url
from chalice_offline.services.lambda_.invocation import start_run
from chalice_offline.services.lambda_.partial_batch import failed_items
from chalice_offline.services.lambda_.records import sqs_record

if TYPE_CHECKING:
    from chalice_offline.core.kernel import Kernel, Request, Result
    from chalice_offline.core.scheduler import Timer
    from chalice_offline.services.lambda_.invocation import RunResult
    from chalice_offline.services.lambda_.mappings import Mapping


@dataclass(slots=True)
class _Batch:
    """Messages received together and not yet handed to the function."""

    records: list[dict[str, Any]] = field(default_factory=list)
    payload_bytes: int = 0

    def add(self, record: dict[str, Any]) -> None:
        self.records.append(record)
        self.payload_bytes += len(record["body"])


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
        self._window_timer: Timer | None = None
        self._pump_timer: Timer | None = None
        self._active = False

    def start(self) -> None:
        """Listen to the queue, and take what is already there."""
        self._active = True
        self._kernel.watch(self._mapping.source_arn, self._pump_soon)
        self._kernel.watch(f"{self._mapping.function.arn}:idle", self._pump_soon)
        self._pump_soon()

    def stop(self) -> None:
        """Listen no more; runs under way finish, gathered messages return to the queue."""
        self._active = False
        self._kernel.unwatch(self._mapping.source_arn, self._pump_soon)
        self._kernel.unwatch(f"{self._mapping.function.arn}:idle", self._pump_soon)
        self._kernel.cancel(self._pump_timer)
        self._kernel.cancel(self._window_timer)
        self._gathering = _Batch()

    # ---- receiving -------------------------------------------------------------------------------

    def _pump_soon(self) -> None:
        if self._pump_timer is None:
            self._pump_timer = self._kernel.at(self._kernel.now_ms, self._pump)

    def _pump(self) -> None:
        self._pump_timer = None
        while self._active and self._has_capacity():
            wanted = self._mapping.batch_size - len(self._gathering.records)
            messages = self._receive(min(wanted, limits.RECEIVE_MAX))
            for message in messages:
                self._take(message)
            if self._is_full() or (self._gathering.records and not self._mapping.window_seconds):
                self._invoke_gathered()
            elif not messages:
                return

    def _receive(self, count: int) -> list[dict[str, Any]]:
        request = {
            "QueueUrl": self._url,
            "MaxNumberOfMessages": count,
            "MessageSystemAttributeNames": ["All"],
            "MessageAttributeNames": ["All"],
            "WaitTimeSeconds": 0,
        }
        try:
            messages: list[dict[str, Any]] = self._call("ReceiveMessage", request, ()).get("Messages", [])
        except AwsError as error:
            # The queue was deleted under the mapping: AWS keeps the mapping and reports a problem.
            self._mapping.last_result = f"PROBLEM: {error.message}"
            return []
        return messages

    def _take(self, message: dict[str, Any]) -> None:
        record = sqs_record(message, self._mapping.source_arn, self._queue.region)
        if not self._mapping.filter.wants(record):
            # AWS deletes what the filter rejects.
            causes = self._kernel.origin(record["messageId"])
            note = {"messageId": record["messageId"], "filters": self._mapping.filter.criteria}
            entry = self._kernel.note(self._mapping.source_arn, note, causes, "filtered out")
            self._delete([record], (entry,))
            return
        self._gathering.add(record)
        if self._mapping.window_seconds and self._window_timer is None:
            due_ms = self._kernel.now_ms + self._mapping.window_seconds * 1000
            self._window_timer = self._kernel.at(due_ms, self._window_over)

    def _window_over(self) -> None:
        self._window_timer = None
        if self._gathering.records:
            self._invoke_gathered()
        self._pump_soon()

    def _is_full(self) -> bool:
        gathered = self._gathering
        return (
            len(gathered.records) >= self._mapping.batch_size
            or gathered.payload_bytes >= limits.BATCH_PAYLOAD_BYTES
        )

    def _has_capacity(self) -> bool:
        if self._mapping.function.at_capacity:
            return False
        if self._mapping.maximum_concurrency is not None:
            return self._running < self._mapping.maximum_concurrency
        busy_ms = self._kernel.now_ms - self._busy_since_ms if self._running else 0
        allowed = limits.SQS_CONCURRENCY_FIRST + busy_ms // limits.SQS_CONCURRENCY_MS_PER_STEP
        return self._running < min(allowed, limits.SQS_CONCURRENCY_MAX)

    # ---- invoking --------------------------------------------------------------------------------

    def _invoke_gathered(self) -> None:
        records, self._gathering = self._gathering.records, _Batch()
        self._kernel.cancel(self._window_timer)
        self._window_timer = None
        causes = tuple(
            sorted({e for record in records for e in self._kernel.origin(record["messageId"])})
        )
        payload = json.dumps({"Records": records}).encode()
        if not self._running:
            self._busy_since_ms = self._kernel.now_ms
        self._running += 1
        try:
            start_run(
                self._kernel,
                self._mapping.function,
                payload,
                causes,
                lambda result: self._ended(records, result),
                retry=any(r["attributes"].get("ApproximateReceiveCount") != "1" for r in records),
            )
        except AwsError as error:
            # Throttled: the messages come back when their visibility timeout is over, which
            # counts as a receive, as on AWS.
            self._running -= 1
            self._kernel.note(self._mapping.source_arn, {}, causes, f"throttled: {error.message}")

    def _ended(self, records: list[dict[str, Any]], result: RunResult) -> None:
        self._running -= 1
        self._mapping.last_result = "OK"
        if result.outcome.failed:
            self._mapping.last_result = "PROBLEM: Function call failed"
        else:
            kept: list[str] = []
            if self._mapping.reports_batch_item_failures:
                kept = failed_items(result.outcome.payload, [r["messageId"] for r in records])
            done = [record for record in records if record["messageId"] not in kept]
            self._delete(done, (result.entry,))
        if self._active:
            self._pump_soon()

    def _delete(self, records: list[dict[str, Any]], causes: tuple[int, ...]) -> None:
        for start in range(0, len(records), limits.RECEIVE_MAX):
            entries = [
                {"Id": str(number), "ReceiptHandle": record["receiptHandle"]}
                for number, record in enumerate(records[start : start + limits.RECEIVE_MAX])
            ]
            request = {"QueueUrl": self._url, "Entries": entries}
            try:
                self._call("DeleteMessageBatch", request, causes)
            except AwsError as error:
                self._kernel.note(self._mapping.source_arn, request, causes, f"not deleted: {error}")

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
