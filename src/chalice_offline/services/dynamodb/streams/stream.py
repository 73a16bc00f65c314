"""Streams of tables and their records, in storage."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from chalice_offline.services.dynamodb import limits
from chalice_offline.services.dynamodb.tables.names import TableKey, key_of_arn
from chalice_offline.services.dynamodb.values.item_encoding import decode_item, encode_item

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chalice_offline.core.kernel import Kernel
    from chalice_offline.core.scheduler import Timer
    from chalice_offline.services.dynamodb.values.attribute_values import Item

# AWS's sequence numbers have at least 21 digits.
_FIRST_NUMBER = 100_000_000_000_000_000_000
_NUMBER_BYTES = 16


@dataclass
class Stream:
    """A stream: one shard, open while the stream is enabled."""

    table: str
    table_arn: str
    label: str
    view_type: str
    key_schema: list[dict[str, Any]]
    created_ms: int
    shard_id: str
    first_number: int
    closed_ms: int = 0
    # The last record that is gone: numbers go on after it, also when none is left.
    trimmed_number: int = 0

    @property
    def arn(self) -> str:
        """The stream's ARN."""
        return f"{self.table_arn}/stream/{self.label}"

    @property
    def is_enabled(self) -> bool:
        """Whether writes still go into it."""
        return not self.closed_ms


@dataclass(frozen=True, slots=True)
class Change:
    """What happened to an item. `user_identity` says that time to live did it."""

    event_id: str
    name: str
    created_ms: int
    keys: Item
    old: Item | None
    new: Item | None
    size: int
    by_time_to_live: bool = False


class Streams:
    """All streams. A stream is readable for 24 hours after its end, and each record as long."""

    def __init__(self, kernel: Kernel) -> None:
        """Take up what is in the kernel's storage."""
        self._kernel = kernel
        self._kept = kernel.storage.collection("dynamodb/streams")
        self._by_arn: dict[str, Stream] = {}
        self._next_numbers: dict[str, int] = {}
        self._trims: dict[str, Timer] = {}
        for kept in self._kept.items():
            stream = Stream(**json.loads(kept[1]))
            self._by_arn[stream.arn] = stream
            self._next_numbers[stream.arn] = self._number_after_last(stream)
            self._plan_trim(stream)

    def all(self) -> list[Stream]:
        """Return every stream that is still readable, by ARN."""
        return [stream for _, stream in sorted(self._by_arn.items())]

    def get(self, arn: str) -> Stream | None:
        """Return the stream of an ARN."""
        return self._by_arn.get(arn)

    def open(self, stream: Stream) -> None:
        """Take in a new stream, and signal its table's ARN."""
        self._by_arn[stream.arn] = stream
        self._next_numbers[stream.arn] = stream.first_number
        self._save(stream)
        self._kernel.signal(stream.table_arn)

    def close(self, arn: str) -> None:
        """End a stream: nothing more is written to it."""
        stream = self._by_arn.get(arn)
        if stream is not None and stream.is_enabled:
            stream.closed_ms = self._kernel.now_ms
            self._save(stream)
            self._plan_trim(stream)
            self._kernel.signal(arn)

    def append(self, stream: Stream, change: Change, entry: int) -> None:
        """Write one record; `entry` is the journal entry it follows from."""
        number = self._next_numbers[stream.arn]
        self._next_numbers[stream.arn] = number + 1
        self._records(stream).put(_key(number), _encode(change))
        self._kernel.set_origin(f"{stream.arn}:{number}", entry)
        if stream.arn not in self._trims:
            self._plan_trim(stream, change.created_ms)

    def next_number(self, stream: Stream) -> int:
        """Return the sequence number of the record that comes next."""
        return self._next_numbers[stream.arn]

    def records(self, stream: Stream, start: int) -> Iterator[tuple[int, Change]]:
        """Give the records from a sequence number on."""
        for key, data in self._records(stream).items(_key(start)):
            yield int.from_bytes(key), _decode(data)

    def oldest_number(self, stream: Stream) -> int:
        """Return the sequence number of the oldest record that is left, or of the next one."""
        first = next(self._records(stream).items(), None)
        return self._next_numbers[stream.arn] if first is None else int.from_bytes(first[0])

    # ---- after 24 hours --------------------------------------------------------------------------

    def _plan_trim(self, stream: Stream, oldest_ms: int | None = None) -> None:
        if oldest_ms is None:
            oldest = next(self.records(stream, 0), None)
            oldest_ms = oldest[1].created_ms if oldest else None
        if stream.closed_ms:
            oldest_ms = min(oldest_ms or stream.closed_ms, stream.closed_ms)
        if oldest_ms is None:
            return
        self._kernel.cancel(self._trims.get(stream.arn))
        due_ms = oldest_ms + limits.STREAM_RETENTION_MS
        self._trims[stream.arn] = self._kernel.at(due_ms, lambda: self._trim(stream), owed=False)

    def _trim(self, stream: Stream) -> None:
        del self._trims[stream.arn]
        until_ms = self._kernel.now_ms - limits.STREAM_RETENTION_MS
        if stream.closed_ms and stream.closed_ms <= until_ms:
            self._remove(stream)
            return
        records = self._records(stream)
        for number, change in self.records(stream, 0):
            if change.created_ms > until_ms:
                break
            records.delete(_key(number))
            stream.trimmed_number = number
        self._save(stream)
        self._plan_trim(stream)

    def _remove(self, stream: Stream) -> None:
        del self._by_arn[stream.arn]
        del self._next_numbers[stream.arn]
        self._kept.delete(stream.arn.encode())
        self._kernel.storage.drop(_collection(stream))

    # ---- within ----------------------------------------------------------------------------------

    def _save(self, stream: Stream) -> None:
        self._kept.put(stream.arn.encode(), json.dumps(asdict(stream)).encode())

    def _records(self, stream: Stream) -> Any:
        return self._kernel.storage.collection(_collection(stream))

    def _number_after_last(self, stream: Stream) -> int:
        found = next(self._records(stream).items(reverse=True), None)
        last = max(stream.trimmed_number, int.from_bytes(found[0]) if found else 0)
        return last + 1 if last else stream.first_number


def make_stream(
    place: TableKey, label: str, view_type: str, keys: list[dict[str, Any]], now_ms: int, tag: str
) -> Stream:
    """Return a new stream; `tag` are eight hexadecimal digits that end the shard's name."""
    return Stream(
        table=place.name,
        table_arn=place.arn,
        label=label,
        view_type=view_type,
        key_schema=keys,
        created_ms=now_ms,
        shard_id=f"shardId-{now_ms:020d}-{tag}",
        first_number=_FIRST_NUMBER + now_ms * 1_000_000,
    )


def place_of(stream: Stream) -> TableKey:
    """Return the place of the table a stream is, or was, of."""
    return key_of_arn(stream.table_arn)


def _collection(stream: Stream) -> str:
    place = place_of(stream)
    return f"dynamodb/stream/{place.folder}/{place.name}/{stream.label}"


def _key(number: int) -> bytes:
    return number.to_bytes(_NUMBER_BYTES)


def _encode(change: Change) -> bytes:
    """Return a record as bytes: an item of items, so that binaries need no second encoding."""
    document: Item = {
        "I": {"S": change.event_id},
        "E": {"S": change.name},
        "T": {"N": str(change.created_ms)},
        "Z": {"N": str(change.size)},
        "K": {"M": change.keys},
    }
    if change.old is not None:
        document["O"] = {"M": change.old}
    if change.new is not None:
        document["A"] = {"M": change.new}
    if change.by_time_to_live:
        document["X"] = {"BOOL": True}
    return encode_item(document)


def _decode(data: bytes) -> Change:
    document = decode_item(data)
    return Change(
        event_id=document["I"]["S"],
        name=document["E"]["S"],
        created_ms=int(document["T"]["N"]),
        keys=document["K"]["M"],
        old=document["O"]["M"] if "O" in document else None,
        new=document["A"]["M"] if "A" in document else None,
        size=int(document["Z"]["N"]),
        by_time_to_live="X" in document,
    )
