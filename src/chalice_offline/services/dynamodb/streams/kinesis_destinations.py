"""Kinesis streaming destinations: enable, disable, change, describe."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.core.arn import parse_arn
from chalice_offline.core.errors import AwsError
from chalice_offline.services.dynamodb.errors import in_use, resource_missing, validation
from chalice_offline.services.dynamodb.streams.kinesis_delivery import PRINCIPAL

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.dynamodb.state import DynamoDbState
    from chalice_offline.services.dynamodb.tables.table import Table

Document = dict[str, Any]

_DEFAULT_PRECISION = "MILLISECOND"


def enable_destination(dynamodb: DynamoDbState, context: CallContext, request: Request) -> Result:
    """Send changes of items to a Kinesis stream from now on."""
    table = dynamodb.find_named_table(request["TableName"], context)
    arn = request["StreamArn"]
    _check_stream(dynamodb, context, arn)
    active = [one for one in table.kinesis_destinations if one["Status"] == "ACTIVE"]
    if any(one["StreamArn"] == arn for one in active):
        raise in_use(
            "Table is not in a valid state to enable Kinesis Streaming Destination: "
            f"KinesisStreamingDestination is already ACTIVE for table {table.name}, stream {arn}"
        )
    if len(active) >= 2:
        raise AwsError(
            "LimitExceededException",
            "The maximum number of Kinesis streaming destinations of a table is 2",
        )
    wanted = request.get("EnableKinesisStreamingConfiguration") or {}
    precision = wanted.get("ApproximateCreationDateTimePrecision")
    others = [one for one in table.kinesis_destinations if one["StreamArn"] != arn]
    table.kinesis_destinations = [
        *others, {"StreamArn": arn, "Status": "ACTIVE", "Precision": precision}
    ]  # fmt: skip
    dynamodb.save_table(table)
    return _changing(table, arn, "ENABLING", EnableKinesisStreamingConfiguration=wanted)


def disable_destination(dynamodb: DynamoDbState, context: CallContext, request: Request) -> Result:
    """Send no more to a Kinesis stream; the destination stays listed as DISABLED."""
    table = dynamodb.find_named_table(request["TableName"], context)
    found = _active(table, request["StreamArn"], "disable")
    found["Status"] = "DISABLED"
    dynamodb.save_table(table)
    return _changing(table, found["StreamArn"], "DISABLING")


def update_destination(dynamodb: DynamoDbState, context: CallContext, request: Request) -> Result:
    """Change how precise instants in records are."""
    wanted = request.get("UpdateKinesisStreamingConfiguration") or {}
    precision = wanted.get("ApproximateCreationDateTimePrecision")
    if precision is None:
        raise validation(
            "Streaming destination cannot be updated with given parameters: "
            "UpdateKinesisStreamingConfiguration cannot be null or contain only null values"
        )
    table = dynamodb.find_named_table(request["TableName"], context)
    arn = request["StreamArn"]
    found = _active(table, arn, "enable")
    if (found["Precision"] or _DEFAULT_PRECISION) == precision:
        raise validation(
            f"Invalid Request: Precision is already set to the desired value of {precision} for "
            f"tableId: {table.id}, kdsArn: {arn}"
        )
    found["Precision"] = precision
    dynamodb.save_table(table)
    return _changing(table, arn, "UPDATING", UpdateKinesisStreamingConfiguration=wanted)


def describe_destination(dynamodb: DynamoDbState, context: CallContext, request: Request) -> Result:
    """List the destinations of a table."""
    table = dynamodb.find_named_table(request["TableName"], context)
    return {
        "TableName": table.name,
        "KinesisDataStreamDestinations": [_described(one) for one in table.kinesis_destinations],
    }


def _changing(table: Table, arn: str, status: str, **wanted: Document) -> Result:
    return {"TableName": table.name, "StreamArn": arn, "DestinationStatus": status, **wanted}


def _described(destination: Document) -> Document:
    """Return a destination as it is told: its precision only once somebody named one (recorded)."""
    told = {
        "StreamArn": destination["StreamArn"],
        "DestinationStatus": destination["Status"],
    }
    if destination["Precision"] is not None:
        told["ApproximateCreationDateTimePrecision"] = destination["Precision"]
    return told


def _active(table: Table, arn: str, what: str) -> Document:
    for one in table.kinesis_destinations:
        if one["StreamArn"] == arn and one["Status"] == "ACTIVE":
            return one
    raise validation(
        f"Table is not in a valid state to {what} Kinesis Streaming Destination: No streaming "
        f"destination with streamArn: {arn} found for table with tableName: {table.name}"
    )


def _check_stream(dynamodb: DynamoDbState, context: CallContext, arn: str) -> None:
    try:
        stream = parse_arn(arn)
        dynamodb.kernel.deliver(
            "kinesis",
            "DescribeStreamSummary",
            {"StreamARN": arn},
            account_id=stream.account_id,
            region=stream.region,
            causes=(context.entry,),
            principal=PRINCIPAL,
        )
    except ValueError as error:
        raise validation(f"Invalid StreamArn: {arn}") from error
    except AwsError as error:
        raise resource_missing(f"Kinesis stream: {arn} not found") from error
