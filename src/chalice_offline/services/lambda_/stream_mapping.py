"""A Kinesis stream or a DynamoDB stream as a function's event source.

Each shard is read in order, one batch at a time: a failed batch blocks its shard until it
succeeds, expires or has been tried often enough. The stream itself lives in the delegated
service; a write there signals that there may be something to read. Source: AWS Lambda developer
guide, "Using Lambda with Kinesis" and "with DynamoDB"; record shapes recorded on AWS.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from chalice_offline.core.arn import parse_arn
from chalice_offline.core.errors import AwsError
from chalice_offline.services.lambda_ import limits
from chalice_offline.services.lambda_.destinations import PRINCIPAL, deliver_record, timestamp
from chalice_offline.services.lambda_.invocation import start_run
from chalice_offline.services.lambda_.partial_batch import failed_items
from chalice_offline.services.lambda_.records import dynamodb_record, epoch_seconds, kinesis_record

if TYPE_CHECKING:
    from chalice_offline.core.kernel import Kernel, Request, Result
    from chalice_offline.core.scheduler import Timer
    from chalice_offline.services.lambda_.invocation import RunResult
    from chalice_offline.services.lambda_.mappings import Mapping

_UNLIMITED = -1


@dataclass(slots=True)
class _Shard:
    """Where reading stands in one shard."""

    shard_id: str
    iterator: str
    waiting: list[dict[str, Any]] = field(default_factory=list)
    busy: bool = False
    retries: int = 0
    window: Timer | None = None


class StreamMapping:
    """Reads the shards of one stream and invokes one function."""

    def __init__(self, kernel: Kernel, mapping: Mapping) -> None:
        self._kernel = kernel
        self._mapping = mapping
        self._arn = parse_arn(mapping.source_arn)
        self._is_kinesis = self._arn.service == "kinesis"
        self._api = "kinesis" if self._is_kinesis else "dynamodbstreams"
        self._topic = f"stream:{self._arn.service}"
        self._shards: dict[str, _Shard] = {}
        self._active = False

    def start(self) -> None:
        """Find the shards and read from the starting position on."""
        self._active = True
        for shard_id in self._shard_ids():
            self._open(shard_id, self._mapping.stream["StartingPosition"])
        self._kernel.watch(self._topic, self._read_soon)
        self._read_soon()

    def stop(self) -> None:
        """Read no more; a run under way finishes and changes nothing here."""
        self._active = False
        self._kernel.unwatch(self._topic, self._read_soon)
        for shard in self._shards.values():
            self._kernel.cancel(shard.window)

    # ---- reading ---------------------------------------------------------------------------------

    def _read_soon(self) -> None:
        self._kernel.at(self._kernel.now_ms, self._read)

    def _read(self) -> None:
        if not self._active:
            return
        for shard_id in self._shard_ids():
            if shard_id not in self._shards:  # a reshard: new shards are read from their start
                self._open(shard_id, "TRIM_HORIZON")
        for shard in self._shards.values():
            self._fill(shard)
            self._offer(shard)

    def _fill(self, shard: _Shard) -> None:
        while len(shard.waiting) < self._mapping.batch_size and shard.iterator:
            request = {"ShardIterator": shard.iterator, "Limit": self._mapping.batch_size}
            reply = self._call("GetRecords", request)
            shard.iterator = reply.get("NextShardIterator") or ""
            records = [self._record(shard, record) for record in reply.get("Records", [])]
            if not records:
                return
            shard.waiting += [record for record in records if self._mapping.filter.wants(record)]

    def _record(self, shard: _Shard, record: dict[str, Any]) -> dict[str, Any]:
        if self._is_kinesis:
            role = f"arn:aws:iam::{self._arn.account_id}:role/{self._mapping.function.settings.name}"
            return kinesis_record(
                record, shard.shard_id, self._mapping.source_arn, self._arn.region, role
            )
        return dynamodb_record(record, self._mapping.source_arn, self._arn.region)

    def _offer(self, shard: _Shard) -> None:
        """Invoke with what waits, at once when the batch is full, else when the window is over."""
        if shard.busy or not shard.waiting or not self._active:
            return
        if self._mapping.window_seconds and len(shard.waiting) < self._mapping.batch_size:
            if shard.window is None:
                due_ms = self._kernel.now_ms + self._mapping.window_seconds * 1000
                shard.window = self._kernel.at(due_ms, lambda: self._window_over(shard))
            return
        self._invoke(shard, self._mapping.batch_size)

    def _window_over(self, shard: _Shard) -> None:
        shard.window = None
        if not shard.busy and shard.waiting:
            self._invoke(shard, self._mapping.batch_size)

    # ---- invoking --------------------------------------------------------------------------------

    def _invoke(self, shard: _Shard, size: int) -> None:
        self._kernel.cancel(shard.window)
        shard.window = None
        if not self._active:
            return
        self._drop_expired(shard)
        batch = shard.waiting[:size]
        if not batch:
            return
        shard.busy = True
        payload = json.dumps({"Records": batch}).encode()
        try:
            start_run(
                self._kernel,
                self._mapping.function,
                payload,
                (),
                lambda result: self._ended(shard, batch, result),
            )
        except AwsError:  # throttled: the only error start_run raises
            self._try_again(shard, size)

    def _ended(self, shard: _Shard, batch: list[dict[str, Any]], result: RunResult) -> None:
        shard.busy = False
        if not result.outcome.failed:
            self._advance(shard, batch, result)
            return
        self._mapping.last_result = "PROBLEM: Function call failed"
        if self._setting("BisectBatchOnFunctionError", default=False) and len(batch) > 1:
            # Halving is not a retry: it narrows down which record it is.
            shard.busy = True
            half = len(batch) // 2
            self._kernel.at(self._kernel.now_ms, lambda: self._invoke_again(shard, half))
            return
        maximum = self._setting("MaximumRetryAttempts", default=_UNLIMITED)
        if maximum != _UNLIMITED and shard.retries >= maximum:
            self._give_up(shard, batch, result, "RetryAttemptsExhausted")
            return
        self._try_again(shard, len(batch))

    def _advance(self, shard: _Shard, batch: list[dict[str, Any]], result: RunResult) -> None:
        done = len(batch)
        if self._mapping.reports_batch_item_failures:
            numbers = [_sequence_number(record) for record in batch]
            failed = failed_items(result.outcome.payload, numbers)
            if failed:  # AWS goes on from the lowest number reported
                done = min(numbers.index(number) for number in failed)
        del shard.waiting[:done]
        if done < len(batch):
            self._try_again(shard, len(batch) - done)
            return
        self._mapping.last_result = "OK"
        shard.retries = 0
        self._read_soon()

    def _try_again(self, shard: _Shard, size: int) -> None:
        shard.busy = True
        delay_ms = min(limits.STREAM_RETRY_MS_FIRST * 2**shard.retries, limits.STREAM_RETRY_MS_MAX)
        shard.retries += 1
        due_ms = self._kernel.now_ms + delay_ms
        self._kernel.at(due_ms, lambda: self._invoke_again(shard, size))

    def _invoke_again(self, shard: _Shard, size: int) -> None:
        shard.busy = False
        self._invoke(shard, size)
        if not shard.busy:
            self._read_soon()

    def _drop_expired(self, shard: _Shard) -> None:
        maximum_age_seconds = self._setting("MaximumRecordAgeInSeconds", default=_UNLIMITED)
        if maximum_age_seconds == _UNLIMITED:
            return
        oldest = self._kernel.now_ms / 1000 - maximum_age_seconds
        expired = [record for record in shard.waiting if _arrival_seconds(record) < oldest]
        if expired:
            del shard.waiting[: len(expired)]
            self._send_failure(shard, expired, None, "RecordAgeExceeded")

    def _give_up(
        self, shard: _Shard, batch: list[dict[str, Any]], result: RunResult, condition: str
    ) -> None:
        del shard.waiting[: len(batch)]
        self._send_failure(shard, batch, result, condition)
        shard.retries = 0
        self._read_soon()

    def _send_failure(
        self,
        shard: _Shard,
        batch: list[dict[str, Any]],
        result: RunResult | None,
        condition: str,
    ) -> None:
        causes = (result.entry,) if result else ()
        destination = self._setting("DestinationConfig", default={}).get("OnFailure", {})
        to = destination.get("Destination", "")
        note = {"shard": shard.shard_id, "records": len(batch), "condition": condition}
        entry = self._kernel.note(
            self._mapping.source_arn, note, causes, f"sent to {to}" if to else "discarded"
        )
        if not to:
            return
        record = self._failure_record(shard, batch, result, condition)
        deliver_record(self._kernel, self._mapping.function, to, record, (entry,))

    def _failure_record(
        self,
        shard: _Shard,
        batch: list[dict[str, Any]],
        result: RunResult | None,
        condition: str,
    ) -> dict[str, Any]:
        first, last = batch[0], batch[-1]
        record: dict[str, Any] = {
            "requestContext": {
                "requestId": result.request_id if result else self._kernel.ids.uuid(),
                "functionArn": self._mapping.function.arn,
                "condition": condition,
                "approximateInvokeCount": shard.retries + 1,
            },
            "version": "1.0",
            "timestamp": timestamp(self._kernel.now_ms),
            "KinesisBatchInfo" if self._is_kinesis else "DDBStreamBatchInfo": {
                "shardId": shard.shard_id,
                "startSequenceNumber": _sequence_number(first),
                "endSequenceNumber": _sequence_number(last),
                "approximateArrivalOfFirstRecord": timestamp(int(_arrival_seconds(first) * 1000)),
                "approximateArrivalOfLastRecord": timestamp(int(_arrival_seconds(last) * 1000)),
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

    # ---- the delegated stream --------------------------------------------------------------------

    def _shard_ids(self) -> list[str]:
        key = "StreamName" if self._is_kinesis else "StreamArn"
        name = self._arn.resource_name if self._is_kinesis else self._mapping.source_arn
        described = self._call("DescribeStream", {key: name})["StreamDescription"]
        return [shard["ShardId"] for shard in described["Shards"]]

    def _open(self, shard_id: str, position: str) -> None:
        request: Request = {"ShardId": shard_id, "ShardIteratorType": position}
        if self._is_kinesis:
            request["StreamName"] = self._arn.resource_name
        else:
            request["StreamArn"] = self._mapping.source_arn
        if position == "AT_TIMESTAMP":
            request["Timestamp"] = epoch_seconds(self._mapping.stream["StartingPositionTimestamp"])
        iterator = self._call("GetShardIterator", request)["ShardIterator"]
        self._shards[shard_id] = _Shard(shard_id, iterator)

    def _call(self, operation: str, request: Request) -> Result:
        reply = self._kernel.deliver(
            self._api,
            operation,
            request,
            account_id=self._arn.account_id,
            region=self._arn.region,
            causes=(),
            principal=PRINCIPAL,
        )
        return reply if isinstance(reply, dict) else {}

    def _setting(self, name: str, *, default: Any) -> Any:
        return self._mapping.stream.get(name, default)


def _sequence_number(record: dict[str, Any]) -> str:
    inner = record.get("kinesis")
    return str(inner["sequenceNumber"] if inner else record["dynamodb"]["SequenceNumber"])


def _arrival_seconds(record: dict[str, Any]) -> float:
    inner = record.get("kinesis")
    if inner:
        return float(inner["approximateArrivalTimestamp"])
    return float(record["dynamodb"].get("ApproximateCreationDateTime", 0))
