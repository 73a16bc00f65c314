"""Where a mapping begins in a stream that it has not read yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.services.lambda_ import limits
from chalice_offline.services.lambda_.event_source_mappings.progress import Progress
from chalice_offline.services.lambda_.event_source_mappings.stored_progress import StoredProgress

if TYPE_CHECKING:
    from chalice_offline.core.kernel import Kernel
    from chalice_offline.services.lambda_.event_source_mappings.mapping import Mapping
    from chalice_offline.services.lambda_.event_source_mappings.settings import Settings
    from chalice_offline.services.lambda_.event_source_mappings.stream_source import (
        SourceShard,
        StreamSource,
    )

TRIM_HORIZON = "TRIM_HORIZON"
LATEST = "LATEST"


def first_progress(source: StreamSource, settings: Settings, now_ms: int) -> dict[str, Progress]:
    """Return where each shard is begun; raises AwsError when the stream is gone.

    LATEST is made a place that does not move or expire: iterators do.
    """
    return {
        shard.id: _latest(source, shard, now_ms)
        if settings.position == LATEST
        else Progress(shard.parents, settings.position, settings.position_seconds)
        for shard in source.shards()
    }


def open_progress(kernel: Kernel, source: StreamSource, mapping: Mapping) -> None:
    """Let a mapping store how far it is, and go on where one like it was left."""
    settings = mapping.settings
    begins = [source.identity(), settings.position, settings.position_seconds]
    mapping.stored = StoredProgress(
        kernel.storage, mapping.function_arn, mapping.source_arn, begins
    )
    for shard_id, progress in mapping.stored.load().items():
        mapping.progress.setdefault(shard_id, progress)


def later_progress(shard: SourceShard, settings: Settings) -> Progress:
    """Return where a shard is begun that was not there at first: with its oldest record."""
    if settings.position == "AT_TIMESTAMP":
        return Progress(shard.parents, settings.position, settings.position_seconds)
    return Progress(shard.parents, TRIM_HORIZON)


def _latest(source: StreamSource, shard: SourceShard, now_ms: int) -> Progress:
    if shard.is_closed:
        return Progress(shard.parents, LATEST, finished=True)
    if source.is_kinesis:
        progress = Progress(shard.parents, "AT_TIMESTAMP", now_ms / 1000)
    else:  # DynamoDB streams know no instants, and keep a day's changes: read over them
        progress = Progress(shard.parents, TRIM_HORIZON)
    iterator = source.iterator(shard.id, progress.position, progress.position_seconds)
    while iterator:
        items, iterator = source.read(shard.id, iterator, limits.STREAM_READ_MAX, role_arn="")
        if not items:
            break
        progress.checkpoint = items[-1].number
    return progress
