"""A Kinesis stream or a DynamoDB stream as a function's event source.

Each shard is read in order, one batch at a time: a failed batch blocks its shard until it
succeeds, expires or has been tried often enough. The stream itself lives in the delegated
service; a write there signals that there may be something to read. Source: AWS Lambda developer
guide, "Using Lambda with Kinesis" and "with DynamoDB"; record shapes recorded on AWS.
"""

from __future__ import annotations

import json
from collections import deque
from dataclasses import dataclass, field
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from chalice_offline.core.arn import parse_arn
from chalice_offline.core.errors import AwsError
from chalice_offline.services.lambda_ import limits
from chalice_offline.services.lambda_.destinations import deliver_record, timestamp
from chalice_offline.services.lambda_.event_source_mappings.partial_batch import failed_items
from chalice_offline.services.lambda_.event_source_mappings.stream_source import (
    StreamSource,
    arrival_seconds,
    sequence_number,
)
from chalice_offline.services.lambda_.runs import start_run

if TYPE_CHECKING:
    from chalice_offline.core.kernel import Kernel
    from chalice_offline.core.scheduler import Timer
    from chalice_offline.services.lambda_.event_source_mappings.mapping import Mapping
    from chalice_offline.services.lambda_.event_source_mappings.stream_source import Record
    from chalice_offline.services.lambda_.runs import RunResult

_UNLIMITED = -1


@dataclass(slots=True)
class _Waiting:
    """A record read and not yet handled, its size as JSON, and what it follows from."""

    record: Record
    size: int
    causes: tuple[int, ...]


@dataclass(slots=True)
class _Shard:
    """Where reading stands in one shard.

    `halves` are the sizes of the batches a failed batch was split into, next first.
    """

    shard_id: str
    iterator: str
    waiting: list[_Waiting] = field(default_factory=list)
    halves: deque[int] = field(default_factory=deque)
    busy: bool = False
    retries: int = 0
    throttles: int = 0
    window: Timer | None = None


class StreamMapping:
    """Reads the shards of one stream and invokes one function."""

    def __init__(self, kernel: Kernel, mapping: Mapping) -> None:
        self._kernel = kernel
        self._mapping = mapping
        self._source = StreamSource(kernel, parse_arn(mapping.source_arn))
        self._shards: dict[str, _Shard] = {}
        self._active = False

    def start(self) -> None:
        """Find the shards and read from the starting position on."""
        self._active = True
        for shard_id in self._source.shard_ids():
            self._open(shard_id, self._mapping.stream["StartingPosition"])
        self._kernel.watch(self._source.topic, self._reshard_soon)
        self._read_soon()

    def stop(self) -> None:
        """Read no more; a run under way finishes and changes nothing here."""
        self._active = False
        self._kernel.unwatch(self._source.topic, self._reshard_soon)
        for shard in self._shards.values():
            self._kernel.cancel(shard.window)

    # ---- reading ---------------------------------------------------------------------------------

    def _read_soon(self) -> None:
        self._kernel.at(self._kernel.now_ms, self._read)

    def _reshard_soon(self) -> None:
        self._kernel.at(self._kernel.now_ms, self._reshard)

    def _reshard(self) -> None:
        if not self._active:
            return
        try:
            shard_ids = self._source.shard_ids()
        except AwsError as error:  # the stream was deleted under the mapping, which stays
            self._mapping.last_result = f"PROBLEM: {error.message}"
            return
        for shard_id in shard_ids:
            if shard_id not in self._shards:  # new shards are read from their start
                self._open(shard_id, "TRIM_HORIZON")
        self._read()

    def _open(self, shard_id: str, position: str) -> None:
        instant = self._mapping.stream.get("StartingPositionTimestamp")
        iterator = self._source.iterator(shard_id, position, instant)
        self._shards[shard_id] = _Shard(shard_id, iterator)

    def _read(self) -> None:
        if not self._active:
            return
        for shard in self._shards.values():
            self._fill(shard)
            self._offer(shard)

    def _fill(self, shard: _Shard) -> None:
        settings = self._mapping.function.settings
        role = f"arn:aws:iam::{settings.account_id}:role/{settings.name}"
        written = self._kernel.origin(self._source.topic)  # the write that woke us
        while shard.iterator:
            records, shard.iterator = self._source.read(shard.shard_id, shard.iterator, role)
            if not records:
                return
            for record in records:
                number = sequence_number(record)
                causes = self._kernel.origin(f"{self._mapping.source_arn}:{number}") or written
                if self._mapping.filter.wants(record):
                    shard.waiting.append(_Waiting(record, len(json.dumps(record)), causes))
                else:
                    note = {"record": number}
                    self._kernel.note(self._mapping.source_arn, note, causes, "filtered out")

    def _offer(self, shard: _Shard) -> None:
        """Invoke with what waits, at once when the batch is full, else when the window is over."""
        if shard.busy or not shard.waiting or not self._active:
            return
        if self._mapping.window_seconds and len(shard.waiting) < self._mapping.batch_size:
            if shard.window is None:
                due_ms = self._kernel.now_ms + self._mapping.window_seconds * 1000
                shard.window = self._kernel.at(due_ms, lambda: self._window_over(shard))
            return
        self._invoke(shard)

    def _window_over(self, shard: _Shard) -> None:
        shard.window = None
        if not shard.busy and shard.waiting:
            self._invoke(shard)

    # ---- invoking --------------------------------------------------------------------------------

    def _invoke(self, shard: _Shard) -> None:
        self._kernel.cancel(shard.window)
        shard.window = None
        shard.busy = False
        if not self._active:
            return
        self._drop_expired(shard)
        batch = self._next_batch(shard)
        if not batch:
            return
        shard.busy = True
        payload = json.dumps({"Records": [waiting.record for waiting in batch]}).encode()
        try:
            start_run(
                self._kernel,
                self._mapping.function,
                payload,
                tuple(sorted({entry for waiting in batch for entry in waiting.causes})),
                lambda result: self._ended(shard, batch, result),
                retry=shard.retries > 0 or bool(shard.halves),
            )
        except AwsError:  # throttled: the only error start_run raises
            delay_ms = limits.STREAM_RETRY_MS_FIRST * 2**shard.throttles
            shard.throttles += 1
            self._invoke_in(shard, delay_ms)

    def _next_batch(self, shard: _Shard) -> list[_Waiting]:
        count = shard.halves[0] if shard.halves else self._mapping.batch_size
        batch = shard.waiting[:count]
        total = accumulate(waiting.size for waiting in batch)
        fitting = sum(1 for size in total if size <= limits.BATCH_PAYLOAD_BYTES)
        return batch[: max(1, fitting)]

    def _ended(self, shard: _Shard, batch: list[_Waiting], result: RunResult) -> None:
        shard.throttles = 0
        for waiting in batch:  # another try of a record follows from this one
            waiting.causes = (result.entry,)
        done = 0 if result.outcome.failed else self._handled(batch, result)
        self._finish(shard, done)
        if done == len(batch):
            self._mapping.last_result = "OK"
            self._go_on(shard)
            return
        self._mapping.last_result = "PROBLEM: Function call failed"
        if not self._active:
            return
        left = batch[done:]
        if self._setting("BisectBatchOnFunctionError", default=False) and len(left) > 1:
            self._bisect(shard, len(left), whole=done == 0)
            return
        if done == 0:
            maximum = self._setting("MaximumRetryAttempts", default=_UNLIMITED)
            if maximum != _UNLIMITED and shard.retries >= maximum:
                self._give_up(shard, left, result, "RetryAttemptsExhausted")
                return
        delay_ms = limits.STREAM_RETRY_MS_FIRST * 2**shard.retries
        shard.retries += 1
        if done or not shard.halves:  # what arrived meanwhile does not join the failed batch
            shard.halves.appendleft(len(left))
        self._invoke_in(shard, delay_ms)

    def _handled(self, batch: list[_Waiting], result: RunResult) -> int:
        """Return how many records of a batch are done: those before the lowest one reported."""
        if not self._mapping.reports_batch_item_failures:
            return len(batch)
        numbers = [sequence_number(waiting.record) for waiting in batch]
        failed = failed_items(result.outcome.payload, numbers)
        return min((numbers.index(number) for number in failed), default=len(batch))

    def _finish(self, shard: _Shard, done: int) -> None:
        """Take handled records off the front of the shard, and their batch off `halves`."""
        if not done:
            return
        del shard.waiting[:done]
        shard.retries = 0
        if shard.halves:
            shard.halves.popleft()

    def _bisect(self, shard: _Shard, count: int, *, whole: bool) -> None:
        """Narrow down which record it is. Halving is not a retry."""
        if whole and shard.halves:
            shard.halves.popleft()
        shard.halves.extendleft((count - count // 2, count // 2))
        self._invoke_in(shard, 0)

    def _invoke_in(self, shard: _Shard, delay_ms: int) -> None:
        shard.busy = True
        due_ms = self._kernel.now_ms + min(delay_ms, limits.STREAM_RETRY_MS_MAX)
        self._kernel.at(due_ms, lambda: self._invoke_again(shard))

    def _invoke_again(self, shard: _Shard) -> None:
        self._invoke(shard)
        if not shard.busy:
            self._read_soon()

    def _go_on(self, shard: _Shard) -> None:
        if shard.halves and shard.waiting:
            self._invoke_in(shard, 0)
            return
        shard.halves.clear()
        shard.busy = False
        self._read_soon()

    # ---- giving up -------------------------------------------------------------------------------

    def _drop_expired(self, shard: _Shard) -> None:
        maximum_age_seconds = self._setting("MaximumRecordAgeInSeconds", default=_UNLIMITED)
        if maximum_age_seconds == _UNLIMITED:
            return
        oldest = self._kernel.now_ms / 1000 - maximum_age_seconds
        expired = [w for w in shard.waiting if arrival_seconds(w.record) < oldest]
        if expired:
            self._send_failure(shard, expired, None, "RecordAgeExceeded")
            del shard.waiting[: len(expired)]
            shard.halves.clear()
            shard.retries = 0

    def _give_up(
        self, shard: _Shard, batch: list[_Waiting], result: RunResult, condition: str
    ) -> None:
        self._send_failure(shard, batch, result, condition)
        self._finish(shard, len(batch))
        self._go_on(shard)

    def _send_failure(
        self, shard: _Shard, batch: list[_Waiting], result: RunResult | None, condition: str
    ) -> None:
        causes = tuple(sorted({entry for waiting in batch for entry in waiting.causes}))
        destination = self._setting("DestinationConfig", default={}).get("OnFailure", {})
        to = destination.get("Destination", "")
        note = {"shard": shard.shard_id, "records": len(batch), "condition": condition}
        entry = self._kernel.note(
            self._mapping.source_arn, note, causes, f"sent to {to}" if to else "discarded"
        )
        if not to:
            return
        records = [waiting.record for waiting in batch]
        record = self._failure_record(shard, records, result, condition)
        deliver_record(self._kernel, self._mapping.function, to, record, (entry,))

    def _failure_record(
        self, shard: _Shard, batch: list[Record], result: RunResult | None, condition: str
    ) -> dict[str, Any]:
        first, last = batch[0], batch[-1]
        record: dict[str, Any] = {
            "requestContext": {
                "requestId": result.request_id if result else self._kernel.ids.uuid(),
                "functionArn": self._mapping.function.arn,
                "condition": condition,
                "approximateInvokeCount": shard.retries + (1 if result else 0),
            },
            "version": "1.0",
            "timestamp": timestamp(self._kernel.now_ms),
            "KinesisBatchInfo" if self._source.is_kinesis else "DDBStreamBatchInfo": {
                "shardId": shard.shard_id,
                "startSequenceNumber": sequence_number(first),
                "endSequenceNumber": sequence_number(last),
                "approximateArrivalOfFirstRecord": timestamp(int(arrival_seconds(first) * 1000)),
                "approximateArrivalOfLastRecord": timestamp(int(arrival_seconds(last) * 1000)),
                "batchSize": len(batch),
                "streamArn": self._mapping.source_arn,
            },
        }
        if result is not None:
            record["responseContext"] = {
                "statusCode": 200,
                "executedVersion": "$LATEST",
                "functionError": "Unhandled",
            }
        return record

    def _setting(self, name: str, *, default: Any) -> Any:
        return self._mapping.stream.get(name, default)
