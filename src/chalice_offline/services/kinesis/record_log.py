"""The records of one stream, in storage: by shard, then by position."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from chalice_offline.core.storage import Storage
    from chalice_offline.services.kinesis.shard import Shard
    from chalice_offline.services.kinesis.stream import Stream

# No shard has this number: the key sorts behind all records.
_NEXT_POSITION = b"\xff" * 4


class Record(NamedTuple):
    """A record. `encryption` is KMS when the stream was encrypted as it came, else ""."""

    position: int
    arrived_ms: int
    partition_key: str
    data: bytes
    encryption: str

    @property
    def size(self) -> int:
        """What it counts against limits."""
        return len(self.data) + len(self.partition_key.encode())


class RecordLog:
    """What was put into one stream and has not been cleared away."""

    def __init__(self, storage: Storage, stream: Stream) -> None:
        self._storage = storage
        self._name = f"kinesis/records/{stream.key.account_id}/{stream.key.region}/{stream.id}"
        self._records = storage.collection(self._name)
        self.next_position = self._first_free_position(stream.shards)

    def take_position(self) -> int:
        """Return a position that nothing else has; shards begin and end at positions, too."""
        position = self.next_position
        self.next_position += 1
        self._keep_position()
        return position

    def append(
        self, shard: Shard, arrived_ms: int, partition_key: str, data: bytes, encryption: str
    ) -> int:
        """Add a record and return its position."""
        position = self.next_position
        self.next_position += 1
        head = json.dumps([arrived_ms, partition_key, encryption]).encode()
        self._records.put(_key(shard.index, position), head + b"\n" + data)
        return position

    def read(self, shard: Shard, position: int) -> Iterator[Record]:
        """Give the records of a shard from a position on."""
        start, end = _key(shard.index, position), _key(shard.index + 1, 0)
        for key, value in self._records.items(start, end):
            yield _record(key, value)

    def latest(self, shard: Shard) -> Iterator[Record]:
        """Give the records of a shard, the newest first."""
        start, end = _key(shard.index, 0), _key(shard.index + 1, 0)
        for key, value in self._records.items(start, end, reverse=True):
            yield _record(key, value)

    def position_at(self, shard: Shard, instant_ms: int) -> int:
        """Return the position of the first record that came at an instant or later.

        Records come in the order of time, so it is found by halving.
        """
        low, high = shard.start, self.next_position
        while low < high:
            middle = (low + high) // 2
            found = next(self.read(shard, middle), None)
            if found is None or found.arrived_ms >= instant_ms:
                high = middle
            else:
                low = found.position + 1
        return low

    def clear_before(self, shard: Shard, instant_ms: int) -> int | None:
        """Remove what came before an instant; return when the oldest record left came."""
        self._keep_position()
        for record in self.read(shard, 0):
            if record.arrived_ms >= instant_ms:
                return record.arrived_ms
            self._records.delete(_key(shard.index, record.position))
        return None

    def _keep_position(self) -> None:
        self._records.put(_NEXT_POSITION, str(self.next_position).encode())

    def _first_free_position(self, shards: Iterable[Shard]) -> int:
        """Positions are kept when a shard begins or ends; records that came since have theirs."""
        kept = self._records.get(_NEXT_POSITION)
        free = 0 if kept is None else int(kept)
        for shard in shards:
            start, end = _key(shard.index, 0), _key(shard.index + 1, 0)
            for key, _ in self._records.items(start, end, reverse=True):
                free = max(free, int.from_bytes(key[4:]) + 1)
                break
        return free

    def drop(self) -> None:
        """Remove everything."""
        self._storage.drop(self._name)


def _key(shard_index: int, position: int) -> bytes:
    return shard_index.to_bytes(4) + position.to_bytes(8)


def _record(key: bytes, value: bytes) -> Record:
    head, _, data = value.partition(b"\n")
    arrived_ms, partition_key, encryption = json.loads(head)
    return Record(int.from_bytes(key[4:]), arrived_ms, partition_key, data, encryption)
