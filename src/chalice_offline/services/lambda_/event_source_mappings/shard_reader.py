"""Reads one shard, and lets its lanes handle what was read."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Protocol

from chalice_offline.core.errors import AwsError
from chalice_offline.services.lambda_ import limits
from chalice_offline.services.lambda_.event_source_mappings.filters import FilterMisses
from chalice_offline.services.lambda_.event_source_mappings.lane import Lane

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chalice_offline.core.kernel import Kernel
    from chalice_offline.services.lambda_.event_source_mappings.mapping import Mapping
    from chalice_offline.services.lambda_.event_source_mappings.progress import Progress
    from chalice_offline.services.lambda_.event_source_mappings.stream_source import (
        Item,
        StreamSource,
    )

_EXPIRED = "ExpiredIteratorException"
_TRIMMED = "TrimmedDataAccessException"


class ReaderOwner(Protocol):
    """The mapping a reader belongs to."""

    def read_soon(self) -> None:
        """Hear that there may be something to read, or that a shard is finished."""
        ...

    def came_to_rest(self) -> None:
        """Hear that a run ended after the mapping was stopped."""
        ...


class ShardReader:
    """One shard of a stream, read as far ahead as its lanes have room."""

    def __init__(
        self,
        kernel: Kernel,
        mapping: Mapping,
        source: StreamSource,
        shard_id: str,
        owner: ReaderOwner,
    ) -> None:
        self.shard_id = shard_id
        self._kernel = kernel
        self._mapping = mapping
        self._source = source
        self._owner = owner
        self._progress: Progress = mapping.progress[shard_id]
        self._progress.forget_open_records()
        self._last_read = self._progress.checkpoint
        self._iterator = ""
        self._is_at_end = False
        self._active = True
        self._is_abandoned = False
        settings = mapping.settings
        self._lanes = [Lane(kernel, mapping, self) for _ in range(settings.parallelization)]
        self._room = 2 * settings.batch_size * settings.parallelization

    @property
    def is_running(self) -> bool:
        """Whether a function runs with records of this shard."""
        return any(lane.running for lane in self._lanes)

    @property
    def is_finished(self) -> bool:
        """Whether the shard was read to its end, and all of it is done."""
        return self._is_at_end and not self._progress.has_open_records

    def read(self) -> None:
        """Read on, and offer what there is to the function; raises AwsError of the stream."""
        self._fill()
        for lane in self._lanes:
            lane.offer()
        if self.is_finished:
            self._progress.finished = True
        self._keep()

    def stop(self) -> None:
        """Read and try nothing any more."""
        self._active = False
        for lane in self._lanes:
            lane.stop()

    def abandon(self) -> None:
        """Keep no place any more: the records are no longer in the stream."""
        self._is_abandoned = True

    # ---- for lanes -------------------------------------------------------------------------------

    def handled(self, items: Sequence[Item]) -> None:
        """Move the checkpoint over what is done."""
        for item in items:
            self._progress.done(item.number)
        self._keep()

    def retention_seconds(self) -> int:
        """Return how long the stream keeps records."""
        return self._source.retention_hours() * 3_600

    def went_on(self) -> None:
        """Read on when a lane has room; say so when the last run of a stopped mapping ended."""
        if self._active:
            self._owner.read_soon()
        else:
            self._owner.came_to_rest()

    def _keep(self) -> None:
        if self._mapping.stored is not None and not self._is_abandoned:
            self._mapping.stored.keep(self.shard_id, self._progress)

    # ---- reading ---------------------------------------------------------------------------------

    def _fill(self) -> None:
        while not self._is_at_end:
            room = self._room - sum(len(lane.waiting) for lane in self._lanes)
            if room <= 0:
                return
            items = self._next_items(min(room, limits.STREAM_READ_MAX))
            for item in items:
                self._take(item)
            if not items:
                return

    def _next_items(self, limit: int) -> list[Item]:
        try:
            items, self._iterator = self._read(limit)
        except AwsError as error:
            # Nobody wrote for longer than an iterator lives, or what comes next has expired: in a
            # stream of DynamoDB, also while the mapping was disabled.
            if error.code == _TRIMMED:
                self._last_read, self._progress.position = "", "TRIM_HORIZON"
            elif error.code != _EXPIRED:
                raise
            self._iterator = ""
            items, self._iterator = self._read(limit)
        self._is_at_end = not self._iterator
        if items:
            self._last_read = items[-1].number
        return items

    def _read(self, limit: int) -> tuple[list[Item], str]:
        if not self._iterator:
            self._open()
        return self._source.read(self.shard_id, self._iterator, limit, self._role_arn())

    def _open(self) -> None:
        progress = self._progress
        if self._last_read:
            position, argument = "AFTER_SEQUENCE_NUMBER", self._last_read
            self._iterator = self._source.iterator(self.shard_id, position, argument)
        else:
            instant = progress.position_seconds
            self._iterator = self._source.iterator(self.shard_id, progress.position, instant)

    def _take(self, item: Item) -> None:
        self._progress.read(item.number)
        wanted = self._mapping.settings.filter
        if not wanted.wants(item.record):
            misses = FilterMisses(wanted, item.record)
            function = self._mapping.function.arn
            note = {"record": item.number, "function": function, "near_misses": misses}
            self._kernel.note(self._mapping.source_arn, note, item.causes, "filtered out")
            self._progress.done(item.number)
            return
        # Records of one key stay in one lane, and so in order.
        self._lanes[zlib.crc32(item.key.encode()) % len(self._lanes)].add(item)

    def _role_arn(self) -> str:
        function = self._mapping.function
        if function.upload is not None:
            return function.upload.role
        settings = function.settings
        return f"arn:aws:iam::{settings.account_id}:role/{settings.name}"
