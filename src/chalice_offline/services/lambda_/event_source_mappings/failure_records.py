"""What goes to the destination of a stream mapping when a batch is given up (recorded on AWS)."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from chalice_offline.core.arn import parse_arn
from chalice_offline.core.errors import AwsError
from chalice_offline.core.targets import Payload, TargetCall, call_or_none
from chalice_offline.services.common.timestamps import iso_milliseconds
from chalice_offline.services.lambda_.principal import PRINCIPAL

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chalice_offline.core.kernel import Kernel, Request
    from chalice_offline.services.lambda_.event_source_mappings.mapping import Mapping
    from chalice_offline.services.lambda_.event_source_mappings.stream_source import Item
    from chalice_offline.services.lambda_.runs import RunResult

RETRIES_EXHAUSTED = "RetryAttemptsExhausted"
TOO_OLD = "RecordAgeExceeded"


def failure_record(
    kernel: Kernel,
    mapping: Mapping,
    shard_id: str,
    items: Sequence[Item],
    *,
    condition: str,
    invocations: int,
    result: RunResult | None,
) -> dict[str, Any]:
    """Return the document that says which records were given up, and why.

    `result` is how the last try ended, None when records became too old. AWS counts one invocation
    also for records that were too old at once.
    """
    record: dict[str, Any] = {
        "requestContext": {
            "requestId": result.request_id if result else kernel.ids.uuid(),
            "functionArn": mapping.function_arn,
            "condition": condition,
            "approximateInvokeCount": max(1, invocations),
        }
    }
    if result is not None:
        record["responseContext"] = {
            "statusCode": 200,
            "executedVersion": "$LATEST",
            # A function that returned and reported failed items has no error.
            "functionError": "Unhandled" if result.outcome.failed else None,
        }
    return record | {
        "version": "1.0",
        "timestamp": iso_milliseconds(kernel.now_ms),
        _BATCH_INFO[mapping.service]: {
            "shardId": shard_id,
            "startSequenceNumber": items[0].number,
            "endSequenceNumber": items[-1].number,
            "approximateArrivalOfFirstRecord": _arrival(mapping, items[0]),
            "approximateArrivalOfLastRecord": _arrival(mapping, items[-1]),
            "batchSize": len(items),
            "streamArn": mapping.source_arn.partition("/consumer/")[0],
        },
    }


def send_failure(
    kernel: Kernel,
    mapping: Mapping,
    record: dict[str, Any],
    items: Sequence[Item],
    causes: tuple[int, ...],
) -> None:
    """Send the document to the mapping's destination; only a bucket gets the records, too."""
    to = parse_arn(mapping.settings.on_failure_arn)
    call = call_or_none(to, Payload(text=json.dumps(record)))
    if call is None:
        stored = _object(kernel, mapping, to.resource, record, items)
        call = TargetCall("s3", "PutObject", stored)
    place = {"account_id": mapping.source.account_id, "region": mapping.source.region}
    try:
        call.make(kernel, causes=causes, principal=PRINCIPAL, **place)
    except AwsError as error:
        kernel.note(str(to), {"record": record}, causes, f"lost: {error}")


_BATCH_INFO = {"kinesis": "KinesisBatchInfo", "dynamodb": "DDBStreamBatchInfo"}


def _object(
    kernel: Kernel, mapping: Mapping, bucket: str, record: dict[str, Any], items: Sequence[Item]
) -> Request:
    # Key form: AWS Lambda developer guide, "S3 destination for failed stream batches".
    day = datetime.fromtimestamp(kernel.now_ms / 1000, UTC)
    shard_id = record[_BATCH_INFO[mapping.service]]["shardId"]
    key = f"aws/lambda/{mapping.uuid}/{shard_id}/{day:%Y/%m/%d/%Y-%m-%dT%H.%M.%S}-"
    payload = {"payload": {"Records": [item.record for item in items]}}
    return {
        "Bucket": bucket,
        "Key": key + kernel.ids.uuid(),
        "Body": json.dumps(record | payload).encode(),
    }


def _arrival(mapping: Mapping, item: Item) -> str:
    if mapping.service == "kinesis":
        return iso_milliseconds(round(item.arrived_seconds * 1000))
    # Of changes to a table whole seconds are known.
    return datetime.fromtimestamp(item.arrived_seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
