"""What a table is made of and how it is set; its items are elsewhere."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Self

from chalice_offline.services.dynamodb.tables.names import TableKey
from chalice_offline.services.dynamodb.tables.schema import Document, Index, KeySchema


@dataclass
class TableDefinition:
    """A table without its items: units in `throughput`, as given in `settings`.

    `id` is another one for each table of a name; collections are named after it.
    """

    place: TableKey
    id: str
    created_ms: int
    attributes: list[Document]
    key: KeySchema
    billing_mode: str
    throughput: Document
    indexes: dict[str, Index] = field(default_factory=dict)
    settings: Document = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    stream: Document | None = None
    latest_stream_label: str = ""
    expiry_attribute: str = ""
    recovery_since_ms: int = 0
    kinesis_destinations: list[Document] = field(default_factory=list)
    item_count: int = 0
    size_bytes: int = 0

    @property
    def name(self) -> str:
        """The table's name."""
        return self.place.name

    @property
    def arn(self) -> str:
        """The table's ARN."""
        return self.place.arn

    @property
    def stream_arn(self) -> str:
        """The ARN of the latest stream, enabled or not; "" when there never was one."""
        return f"{self.arn}/stream/{self.latest_stream_label}" if self.latest_stream_label else ""

    @property
    def has_local_indexes(self) -> bool:
        """Whether items form collections that AWS limits and measures."""
        return any(not index.is_global for index in self.indexes.values())

    def save(self) -> Document:
        """Return what is kept of it; `restore` makes the same table of it."""
        return {
            "Place": list(self.place),
            "Id": self.id,
            "CreatedMs": self.created_ms,
            "AttributeDefinitions": self.attributes,
            "KeySchema": self.key.describe(),
            "BillingMode": self.billing_mode,
            "Throughput": self.throughput,
            "Indexes": [index.save() for index in self.indexes.values()],
            "Settings": self.settings,
            "Tags": self.tags,
            "Stream": self.stream,
            "LatestStreamLabel": self.latest_stream_label,
            "ExpiryAttribute": self.expiry_attribute,
            "RecoverySinceMs": self.recovery_since_ms,
            "KinesisDestinations": self.kinesis_destinations,
        }

    @classmethod
    def restore(cls, kept: Document) -> Self:
        """Make a table of what was kept."""
        types = types_of(kept["AttributeDefinitions"])
        key = KeySchema.read(kept["KeySchema"], types)
        indexes = [
            Index(
                name=one["IndexName"],
                key=KeySchema.read(one["KeySchema"], types),
                projection=one["Projection"],
                is_global=one["Global"],
                throughput=one["Throughput"],
                table_key=key,
            )
            for one in kept["Indexes"]
        ]
        return cls(
            place=TableKey(*kept["Place"]),
            id=kept["Id"],
            created_ms=kept["CreatedMs"],
            attributes=kept["AttributeDefinitions"],
            key=key,
            billing_mode=kept["BillingMode"],
            throughput=kept["Throughput"],
            indexes={index.name: index for index in indexes},
            settings=kept["Settings"],
            tags=kept["Tags"],
            stream=kept["Stream"],
            latest_stream_label=kept["LatestStreamLabel"],
            expiry_attribute=kept["ExpiryAttribute"],
            recovery_since_ms=kept["RecoverySinceMs"],
            kinesis_destinations=kept["KinesisDestinations"],
        )


def types_of(definitions: list[dict[str, Any]]) -> dict[str, str]:
    """Return the type of each attribute by its name."""
    return {one["AttributeName"]: one["AttributeType"] for one in definitions}
