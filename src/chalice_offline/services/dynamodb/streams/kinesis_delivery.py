"""Changes of items sent to Kinesis: a table's streaming destinations."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

from chalice_offline.core.arn import parse_arn
from chalice_offline.core.errors import AwsError
from chalice_offline.services.dynamodb.values.attribute_values import described

if TYPE_CHECKING:
    from chalice_offline.core.kernel import Kernel
    from chalice_offline.services.dynamodb.streams.stream import Change
    from chalice_offline.services.dynamodb.tables.table import Table

PRINCIPAL = "dynamodb.amazonaws.com"


def forward(
    kernel: Kernel, table: Table, destination: dict[str, Any], change: Change, entry: int
) -> None:
    """Put a change into a destination once the write is over; a stream that is gone is noted."""
    if destination["Status"] != "ACTIVE":
        return
    record = _record(table, destination, change)

    def deliver() -> None:
        stream = parse_arn(destination["StreamArn"])
        request = {
            "StreamARN": destination["StreamArn"],
            "PartitionKey": "|".join(described(value) for value in change.keys.values())[:256],
            "Data": json.dumps(record, separators=(",", ":")).encode(),
        }
        try:
            kernel.deliver(
                "kinesis",
                "PutRecord",
                request,
                account_id=stream.account_id,
                region=stream.region,
                causes=(entry,),
                principal=PRINCIPAL,
            )
        except AwsError as error:
            kernel.note("dynamodb.kinesis", {"table": table.name}, (entry,), str(error))

    kernel.at(kernel.now_ms, deliver)


def _record(table: Table, destination: dict[str, Any], change: Change) -> dict[str, Any]:
    """Return a record as consumers of the stream read it (recorded)."""
    micros = destination.get("Precision") == "MICROSECOND"
    inner: dict[str, Any] = {
        "ApproximateCreationDateTime": change.created_ms * (1000 if micros else 1),
        "Keys": wire(change.keys),
        "SizeBytes": change.size,
    }
    if micros:
        inner["ApproximateCreationDateTimePrecision"] = "MICROSECOND"
    if change.new is not None:
        inner["NewImage"] = wire(change.new)
    if change.old is not None:
        inner["OldImage"] = wire(change.old)
    return {
        "awsRegion": table.place.region,
        "eventID": change.event_id,
        "eventName": change.name,
        "userIdentity": None,
        "recordFormat": "application/json",
        "tableName": table.name,
        "dynamodb": inner,
        "eventSource": "aws:dynamodb",
    }


def wire(value: Any) -> Any:
    """Return attribute values as JSON carries them: binaries in base64."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, dict):
        return {name: wire(one) for name, one in value.items()}
    return [wire(one) for one in value] if isinstance(value, list) else value
