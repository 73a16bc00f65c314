"""PutRecord and PutRecords."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from chalice_offline.core.errors import AwsError
from chalice_offline.services.kinesis import limits
from chalice_offline.services.kinesis.errors import (
    dry_run,
    invalid_argument,
    invalid_value,
    rate_exceeded,
    rate_exceeded_text,
)
from chalice_offline.services.kinesis.sequence_numbers import parse_sequence_number

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.kinesis.shard import Shard
    from chalice_offline.services.kinesis.state import KinesisState
    from chalice_offline.services.kinesis.stream import Stream


def put_record(kinesis: KinesisState, context: CallContext, request: Request) -> Result:
    """Put one record into the shard that its key belongs to."""
    stream = kinesis.find_usable_stream(context, request)
    _check_size(stream, request)
    _check_ordering(stream, request, context.now_ms)
    shard = _shard_for(kinesis, stream, request)
    _check_dry_run(request)
    if not kinesis.throughput(stream).write(shard.index, context.now_ms, _size(request)):
        raise rate_exceeded(shard.id, stream.name, stream.key.account_id)
    result = _put(kinesis, stream, shard, context, request) | _encryption(stream)
    kinesis.tell_watchers(stream)
    return result


def put_records(kinesis: KinesisState, context: CallContext, request: Request) -> Result:
    """Put up to 500 records; those that a shard has no room for are reported one by one."""
    stream = kinesis.find_usable_stream(context, request)
    records = request["Records"]
    for record in records:
        _check_size(stream, record)
    if sum(_size(record) for record in records) > limits.REQUEST_BYTES:
        raise invalid_argument(
            f"Records size exceeds {limits.REQUEST_BYTES // limits.MIB} MB limit"
        )
    shards = [_shard_for(kinesis, stream, record) for record in records]
    _check_dry_run(request)
    throughput = kinesis.throughput(stream)
    results: list[Result] = []
    for record, shard in zip(records, shards, strict=True):
        if throughput.write(shard.index, context.now_ms, _size(record)):
            results.append(_put(kinesis, stream, shard, context, record))
        else:
            text = rate_exceeded_text(shard.id, stream.name, stream.key.account_id)
            code = "ProvisionedThroughputExceededException"
            results.append({"ErrorCode": code, "ErrorMessage": text})
    failed = sum("ErrorCode" in result for result in results)
    if failed < len(results):
        kinesis.tell_watchers(stream)
    return {"FailedRecordCount": failed, "Records": results} | _encryption(stream)


def _put(
    kinesis: KinesisState, stream: Stream, shard: Shard, context: CallContext, record: Request
) -> Result:
    encryption = "KMS" if stream.encryption_key else ""
    position = kinesis.log(stream).append(
        shard, context.now_ms, record.get("PartitionKey", ""), record["Data"], encryption
    )
    number = shard.sequence_number(position, context.now_ms)
    kinesis.kernel.set_origin(f"{stream.arn}:{number}", context.entry)
    kinesis.clear_later(stream, context.now_ms)
    return {"ShardId": shard.id, "SequenceNumber": number}


def _shard_for(kinesis: KinesisState, stream: Stream, record: Request) -> Shard:
    if stream.distribution == "AUTO":
        shards = stream.open_shards
        return shards[kinesis.kernel.ids.integer(0, len(shards) - 1)]
    if "PartitionKey" not in record:
        raise invalid_value("null", "partitionKey", "Member must not be null")
    explicit = record.get("ExplicitHashKey")
    if explicit is None:
        digest = hashlib.md5(record["PartitionKey"].encode(), usedforsecurity=False).digest()
        return stream.shard_for(int.from_bytes(digest))
    if int(explicit) > limits.HASH_KEY_MAX:
        raise invalid_argument(
            "Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. "
            f"Specified value was {explicit}"
        )
    return stream.shard_for(int(explicit))


def _check_size(stream: Stream, record: Request) -> None:
    limit = stream.record_kib * limits.KIB
    if _size(record) > limit:
        raise AwsError(
            "ValidationException",
            "1 validation error detected: Value at 'data' failed to satisfy constraint: Member "
            f"must have length less than or equal to {limit}",
        )


def _check_ordering(stream: Stream, request: Request, now_ms: int) -> None:
    text = request.get("SequenceNumberForOrdering")
    if text is None:
        return
    try:
        valid = parse_sequence_number(text).arrived_s <= now_ms // 1000
    except ValueError:
        valid = False
    if not valid:
        raise invalid_argument(
            f"ExclusiveMinimumSequenceNumber {text} used in PutRecord on stream {stream.name} "
            f"under account {stream.key.account_id} is invalid."
        )


def _check_dry_run(request: Request) -> None:
    if request.get("DryRun"):
        raise dry_run()


def _size(record: Request) -> int:
    return len(record["Data"]) + len(record.get("PartitionKey", "").encode())


def _encryption(stream: Stream) -> Result:
    return {"EncryptionType": "KMS"} if stream.encryption_key else {}
