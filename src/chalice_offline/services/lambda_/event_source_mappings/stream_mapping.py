"""A Kinesis or DynamoDB stream as a function's event source.

Nothing polls: the stream signals when it has something new. Each shard is read by a reader of its
own, and one that came of a split or merge only after the shards it came of are finished. Source:
AWS Lambda developer guide, "Using Lambda with Kinesis" and "with DynamoDB".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.core.errors import AwsError
from chalice_offline.services.lambda_ import limits
from chalice_offline.services.lambda_.event_source_mappings.shard_reader import ShardReader
from chalice_offline.services.lambda_.event_source_mappings.starting import (
    first_progress,
    later_progress,
    open_progress,
)
from chalice_offline.services.lambda_.event_source_mappings.stream_source import StreamSource

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice_offline.core.kernel import Kernel
    from chalice_offline.core.scheduler import Timer
    from chalice_offline.services.lambda_.event_source_mappings.mapping import Mapping

_GONE = "ResourceNotFoundException"


class StreamMapping:
    """Reads the shards of one stream and invokes one function."""

    def __init__(self, kernel: Kernel, mapping: Mapping) -> None:
        self._kernel = kernel
        self._mapping = mapping
        self._source = StreamSource(kernel, mapping.source)
        self._readers: dict[str, ShardReader] = {}
        self._read_timer: Timer | None = None
        self._active = False
        self._stopped: Callable[[], None] | None = None

    def start(self) -> None:
        """Go on where the mapping stopped, or begin at its starting position."""
        self._active = True
        self._kernel.watch(self._source.topic, self.read_soon)
        self.read_soon()

    def stop(self, stopped: Callable[[], None]) -> None:
        """Read no more; a run under way ends, and what it handled counts."""
        if self._active:
            self._active = False
            self._kernel.unwatch(self._source.topic, self.read_soon)
            self._kernel.cancel(self._read_timer)
            for reader in self._readers.values():
                reader.stop()
        self._stopped = stopped
        self.came_to_rest()

    def abandon(self) -> None:
        """Forget what was read: the stream was reset, and another one has its ARN."""
        for reader in self._readers.values():
            reader.abandon()

    def came_to_rest(self) -> None:
        """Say that nothing runs any more, once that is so."""
        if self._stopped is None or any(reader.is_running for reader in self._readers.values()):
            return
        stopped, self._stopped = self._stopped, None
        stopped()

    def read_soon(self) -> None:
        """Read when the present input is done with."""
        self._read_at(self._kernel.now_ms)

    def _read_at(self, due_ms: int) -> None:
        if self._active and self._read_timer is None:
            self._read_timer = self._kernel.at(due_ms, self._read)

    def _read(self) -> None:
        self._read_timer = None
        try:
            if not self._readers:
                self._find_shards()
            for shard_id, reader in list(self._readers.items()):
                reader.read()
                if reader.is_finished:
                    del self._readers[shard_id]
                    self._find_shards()  # those that go on where this one ended
        except AwsError as error:
            self._failed(error)
        else:
            self._mapping.problem = ""

    def _find_shards(self) -> None:
        """Open a reader for each shard that may be read and has none."""
        shards = self._source.shards()
        mapping, progress = self._mapping, self._mapping.progress
        if mapping.stored is None:
            open_progress(self._kernel, self._source, mapping)
        if not progress:
            now_ms = self._kernel.now_ms
            progress |= first_progress(self._source, mapping.settings, now_ms)
        present = {shard.id for shard in shards}
        for shard_id in [known for known in progress if known not in present]:
            del progress[shard_id]  # expired; a child of it may begin
            if mapping.stored is not None:
                mapping.stored.drop(shard_id)
        for shard in shards:
            if shard.id not in progress:
                progress[shard.id] = later_progress(shard, mapping.settings)
        mapping.keep_progress()
        for shard_id, place in progress.items():
            waits = any(not progress[p].finished for p in place.parents if p in progress)
            if not place.finished and not waits and shard_id not in self._readers:
                self._readers[shard_id] = ShardReader(
                    self._kernel, self._mapping, self._source, shard_id, self
                )
                self.read_soon()

    def _failed(self, error: AwsError) -> None:
        """Say what is wrong, and what is to be done about it."""
        if error.code != _GONE:
            self._mapping.problem = error.message or error.code
            self._read_at(self._kernel.now_ms + limits.STREAM_RETRY_MS_FIRST)
            return
        try:
            present = {shard.id for shard in self._source.shards()}
        except AwsError as gone:
            self._stream_is_gone(gone)
            return
        # A shard that was closed long ago has expired: its children may be read.
        for shard_id in [known for known in self._readers if known not in present]:
            self._readers.pop(shard_id).stop()
        self._find_shards()
        self.read_soon()

    def _stream_is_gone(self, error: AwsError) -> None:
        """Only a new stream of the same ARN is a way on."""
        is_news = not self._mapping.problem
        self._mapping.problem = error.message or error.code
        for reader in self._readers.values():
            reader.stop()
        self._readers.clear()
        self._mapping.progress.clear()
        if self._mapping.stored is not None:
            self._mapping.stored.forget()
            self._mapping.stored = None
        if is_news:
            hint = (
                ""
                if self._source.is_kinesis
                else " A table that is created again has a stream of another ARN, which needs a "
                "mapping of its own."
            )
            outcome = f"the stream is gone.{hint}"
            self._kernel.note(
                self._mapping.source_arn, {"mapping": self._mapping.uuid}, (), outcome
            )
