"""One event source mapping: what it reads, what it invokes, and how."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from chalice_offline.core.arn import parse_arn

if TYPE_CHECKING:
    from chalice_offline.services.lambda_.event_source_mappings.filters import RecordFilter
    from chalice_offline.services.lambda_.function import Function


class Receiver(Protocol):
    """What reads a source and invokes the function."""

    def start(self) -> None:
        """Begin to read."""
        ...

    def stop(self) -> None:
        """Read no more."""
        ...


@dataclass(slots=True)
class Mapping:
    """One event source mapping. `stream` holds the settings only streams have."""

    uuid: str
    source_arn: str
    function: Function
    batch_size: int
    window_seconds: int
    maximum_concurrency: int | None
    reports_batch_item_failures: bool
    filter: RecordFilter
    stream: dict[str, Any]
    modified_ms: int
    enabled: bool = True
    last_result: str = "No records processed"
    receiver: Receiver | None = None

    @property
    def service(self) -> str:
        """The source's service: "sqs", "kinesis" or "dynamodb"."""
        return parse_arn(self.source_arn).service
