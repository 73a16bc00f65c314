"""One event source mapping: what it reads, what it invokes, how, and where it stands."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from chalice_offline.services.lambda_.event_source_mappings import states

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice_offline.core.arn import Arn
    from chalice_offline.services.lambda_.event_source_mappings.progress import Progress
    from chalice_offline.services.lambda_.event_source_mappings.settings import Settings
    from chalice_offline.services.lambda_.event_source_mappings.stored_progress import (
        StoredProgress,
    )
    from chalice_offline.services.lambda_.function import Function


class Receiver(Protocol):
    """What reads a source and invokes the function."""

    def start(self) -> None:
        """Begin to read."""
        ...

    def stop(self, stopped: Callable[[], None]) -> None:
        """Read no more; call `stopped` once nothing of it runs."""
        ...

    def abandon(self) -> None:
        """Forget what was read: its source holds it no more, and no run with it counts."""
        ...


@dataclass(slots=True)
class Mapping:
    """One mapping. `enabled` is what is wanted, `state` how far that is.

    `progress` says per shard what has been handled; it outlives what reads, so that a mapping
    goes on where it stopped.
    """

    uuid: str
    source: Arn
    function: Function
    settings: Settings
    modified_ms: int
    enabled: bool
    qualifier: str = ""  # of the version or alias it invokes
    tags: dict[str, str] = field(default_factory=dict)
    state: str = states.GONE
    last_result: str = "No records processed"
    problem: str = ""
    progress: dict[str, Progress] = field(default_factory=dict)
    stored: StoredProgress | None = None  # the same, in storage
    receiver: Receiver | None = None

    @property
    def function_arn(self) -> str:
        """The ARN it invokes, with the qualifier if there is one."""
        arn = self.function.arn
        return f"{arn}:{self.qualifier}" if self.qualifier else arn

    @property
    def source_arn(self) -> str:
        """The ARN of the queue or stream."""
        return str(self.source)

    @property
    def is_stream(self) -> bool:
        """Whether it reads a stream, not a queue."""
        return self.source.service != "sqs"

    def keep_progress(self) -> None:
        """Store how far each shard is."""
        if self.stored is not None:
            for shard_id, progress in self.progress.items():
                self.stored.keep(shard_id, progress)

    @property
    def service(self) -> str:
        """The source's service: "sqs", "kinesis" or "dynamodb"."""
        return self.source.service
