"""Turning a table's stream on and off."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from chalice_offline.services.dynamodb.errors import invalid_values, validation
from chalice_offline.services.dynamodb.streams.stream import make_stream

if TYPE_CHECKING:
    from chalice_offline.services.dynamodb.state import DynamoDbState
    from chalice_offline.services.dynamodb.tables.table import Table

Document = dict[str, Any]


def check_specification(specification: Document | None) -> None:
    """Refuse a stream without a view type, and a view type without a stream."""
    if specification is None:
        return
    if specification["StreamEnabled"] and not specification.get("StreamViewType"):
        raise invalid_values("StreamViewType must be specified when StreamEnabled is true")
    if not specification["StreamEnabled"] and specification.get("StreamViewType"):
        raise invalid_values("StreamViewType cannot be specified when StreamEnabled is false")


def check_change(table: Table, specification: Document | None) -> None:
    """Refuse to enable what is enabled, and to disable what is not."""
    if specification is None:
        return
    if specification["StreamEnabled"] and table.stream:
        raise validation(f"Table already has an enabled stream: TableName: {table.name}")
    if not specification["StreamEnabled"] and not table.stream:
        raise validation(f"Table has no stream to disable: TableName: {table.name}")


def apply_specification(
    dynamodb: DynamoDbState, table: Table, specification: Document | None
) -> None:
    """Start a stream, which is another one each time, or end the present one."""
    if specification is None:
        return
    kernel = dynamodb.kernel
    if not specification["StreamEnabled"]:
        if table.stream:
            dynamodb.streams.close(table.stream_arn)
        table.stream = None
        return
    now_ms = kernel.now_ms
    label = label_at(now_ms)
    while dynamodb.streams.get(f"{table.arn}/stream/{label}"):
        now_ms += 1
        label = label_at(now_ms)
    table.latest_stream_label = label
    view_type = specification["StreamViewType"]
    table.stream = {"StreamEnabled": True, "StreamViewType": view_type}
    keys = table.key.describe()
    dynamodb.streams.open(
        make_stream(table.place, label, view_type, keys, kernel.now_ms, kernel.ids.hex(8))
    )


def label_at(now_ms: int) -> str:
    """Return a stream's label: the instant it began."""
    return datetime.fromtimestamp(now_ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S.") + (
        f"{now_ms % 1000:03d}"
    )
