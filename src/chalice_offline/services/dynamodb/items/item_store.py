"""A table's items in storage: by key, in the order of each index, and by when they expire.

An entry of an index holds the stored key of its item, under the index's key followed by that
key. What an index projects is taken from the item when it is read: nothing can disagree.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from chalice_offline.services.dynamodb import limits
from chalice_offline.services.dynamodb.items.keys import entry_key
from chalice_offline.services.dynamodb.values.item_encoding import decode_item, encode_item
from chalice_offline.services.dynamodb.values.sizes import item_size_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chalice_offline.core.kernel import Kernel
    from chalice_offline.core.storage import Collection
    from chalice_offline.services.dynamodb.tables.schema import Index
    from chalice_offline.services.dynamodb.tables.table_definition import TableDefinition
    from chalice_offline.services.dynamodb.values.attribute_values import Item

_SIZE_BYTES = 4
_SECONDS_BYTES = 8
# What an index adds to the size of each entry ("Storage considerations").
_ENTRY_OVERHEAD = 100
_COUNTS_KEPT_AFTER_MS = 1000


class Stored:
    """An item as it is stored; taken apart only when somebody looks into it."""

    __slots__ = ("_item", "data", "size")

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.size = int.from_bytes(data[:_SIZE_BYTES])
        self._item: Item | None = None

    @property
    def item(self) -> Item:
        """The item; nobody may change it."""
        if self._item is None:
            self._item = decode_item(self.data[_SIZE_BYTES:])
        return self._item


class Items:
    """All items of one table."""

    def __init__(self, kernel: Kernel, table: TableDefinition) -> None:
        self._kernel = kernel
        self._table = table
        self._place = f"{table.place.folder}/{table.id}"
        self._main = kernel.storage.collection(f"dynamodb/items/{self._place}")
        self._by_index = {name: self._index_collection(name) for name in table.indexes}
        self._expiry: Collection | None = None
        if table.expiry_attribute:
            self._expiry = kernel.storage.collection(f"dynamodb/expiry/{self._place}")
        self._counts = kernel.storage.collection("dynamodb/counts")
        self._counts_are_kept = False
        self._counted = False

    # ---- reading ---------------------------------------------------------------------------------

    def get(self, key: bytes) -> Stored | None:
        """Return the item of a stored key."""
        data = self._main.get(key)
        return None if data is None else Stored(data)

    def scan(
        self, start: bytes, end: bytes | None, *, reverse: bool = False
    ) -> Iterator[tuple[bytes, Stored]]:
        """Give the items in a range of stored keys, each with its stored key."""
        for key, data in self._main.items(start, end, reverse=reverse):
            yield key, Stored(data)

    def scan_index(
        self, index: Index, start: bytes, end: bytes | None, *, reverse: bool = False
    ) -> Iterator[tuple[bytes, Stored]]:
        """Give the items in a range of an index, each with the key of its entry."""
        for key, item_key in self._by_index[index.name].items(start, end, reverse=reverse):
            data = self._main.get(item_key)
            if data is not None:  # deleted while this was read
                yield key, Stored(data)

    # ---- writing ---------------------------------------------------------------------------------

    def write(self, key: bytes, old: Stored | None, new: Item | None, new_size: int) -> None:
        """Put an item in the place of `old`, or remove it."""
        counted = self._counted or self._count_again()
        if new is None:
            self._main.delete(key)
        else:
            self._main.put(key, new_size.to_bytes(_SIZE_BYTES) + encode_item(new))
        table = self._table
        if table.indexes:
            before = old.item if old else None
            for index in table.indexes.values():
                self._write_entry(index, key, before, new)
        if self._expiry is not None:
            self._write_expiry(self._expiry, key, old.item if old else None, new)
        if counted:
            table.item_count += (new is not None) - (old is not None)
            table.size_bytes += new_size - (old.size if old else 0)
            if self._counts_are_kept:
                self._counts_change()

    def fill_index(self, index: Index) -> None:
        """Enter every item into an index that is new."""
        self.count()
        self._by_index[index.name] = self._index_collection(index.name)
        for key, stored in self.scan(b"", None):
            self._write_entry(index, key, None, stored.item)
        self._counts_change()

    def drop_index(self, index: Index) -> None:
        """Remove an index's entries."""
        del self._by_index[index.name]
        self._kernel.storage.drop(f"dynamodb/index/{self._place}/{index.name}")
        self._counts_change()

    def drop(self) -> None:
        """Remove everything."""
        for index in tuple(self._table.indexes.values()):
            self.drop_index(index)
        self.watch_expiry("")
        self._kernel.storage.drop(f"dynamodb/items/{self._place}")
        self._counts.delete(self._place.encode())
        self._counts_are_kept = True  # a timer that still waits has nothing to keep

    def _index_collection(self, name: str) -> Collection:
        return self._kernel.storage.collection(f"dynamodb/index/{self._place}/{name}")

    def _write_entry(self, index: Index, key: bytes, old: Item | None, new: Item | None) -> None:
        entries = self._by_index[index.name]
        before = entry_key(index, key, old)
        after = entry_key(index, key, new)
        if before != after:
            if before is not None:
                entries.delete(before)
            if after is not None:
                entries.put(after, key)
        if self._counted:
            index.item_count += (after is not None) - (before is not None)
            index.size_bytes += _entry_size(index, after, new) - _entry_size(index, before, old)

    # ---- expiry ----------------------------------------------------------------------------------

    def watch_expiry(self, attribute: str) -> None:
        """Keep items by the instant in an attribute, or no longer."""
        name = f"dynamodb/expiry/{self._place}"
        if self._expiry is not None:
            self._kernel.storage.drop(name)
            self._expiry = None
        self._table.expiry_attribute = attribute
        if attribute:
            self._expiry = self._kernel.storage.collection(name)
            for key, stored in self.scan(b"", None):
                self._write_expiry(self._expiry, key, None, stored.item)

    def next_expiry_seconds(self) -> int | None:
        """Return the first instant at which an item expires."""
        if self._expiry is None:
            return None
        first = next(self._expiry.items(), None)
        return None if first is None else int.from_bytes(first[0][:_SECONDS_BYTES])

    def expired(self, now_seconds: int) -> list[bytes]:
        """Return the stored keys of the items whose instant has come."""
        if self._expiry is None:
            return []
        end = (now_seconds + 1).to_bytes(_SECONDS_BYTES)
        return [key[_SECONDS_BYTES:] for key, _ in self._expiry.items(b"", end)]

    def _write_expiry(
        self, expiry: Collection, key: bytes, old: Item | None, new: Item | None
    ) -> None:
        before = expiry_seconds(self._table, old)
        after = expiry_seconds(self._table, new)
        oldest = self._kernel.now_ms // 1000 - limits.EXPIRY_OLDEST_SECONDS
        if after is not None and after < oldest:
            after = None
        if before != after:
            if before is not None:
                expiry.delete(before.to_bytes(_SECONDS_BYTES) + key)
            if after is not None:
                expiry.put(after.to_bytes(_SECONDS_BYTES) + key, b"")

    # ---- how many, how large ---------------------------------------------------------------------

    def count(self) -> None:
        """Make sure the table's and indexes' counts and sizes are right."""
        if self._counted or self._count_again():
            return
        table = self._table
        table.item_count = table.size_bytes = 0
        for index in table.indexes.values():
            index.item_count = index.size_bytes = 0
        for key, stored in self.scan(b"", None):
            table.item_count += 1
            table.size_bytes += stored.size
            for index in table.indexes.values():
                entry = entry_key(index, key, stored.item)
                index.item_count += entry is not None
                index.size_bytes += _entry_size(index, entry, stored.item)
        self._counted = True
        self._counts_change()

    def start_empty(self) -> None:
        """Say that a new table has no items: there is nothing to count."""
        self._counted = True

    def _count_again(self) -> bool:
        """Take the counts that were kept; False after a kill within a second of a write."""
        kept = self._counts.get(self._place.encode())
        if kept is None:
            return False
        counts = json.loads(kept)
        table = self._table
        table.item_count, table.size_bytes = counts.pop("")
        for name, (items, size) in counts.items():
            table.indexes[name].item_count, table.indexes[name].size_bytes = items, size
        self._counted = self._counts_are_kept = True
        return True

    def _counts_change(self) -> None:
        """Counts are written once a second, not with each item; until then none are kept."""
        self._counts_are_kept = False
        self._counts.delete(self._place.encode())
        self._kernel.at(self._kernel.now_ms + _COUNTS_KEPT_AFTER_MS, self._keep_counts, owed=False)

    def _keep_counts(self) -> None:
        if self._counts_are_kept:
            return
        table = self._table
        counts = {"": [table.item_count, table.size_bytes]}
        for index in table.indexes.values():
            counts[index.name] = [index.item_count, index.size_bytes]
        self._counts.put(self._place.encode(), json.dumps(counts).encode())
        self._counts_are_kept = True


def expiry_seconds(table: TableDefinition, item: Item | None) -> int | None:
    """Return the instant after which an item goes, or None when TTL has no say in it.

    It must be a number of seconds ("Time to live", "How it works"). What is more than five years
    old was never meant to be one: the caller judges that.
    """
    value = None if item is None else item.get(table.expiry_attribute, {}).get("N")
    if value is None:
        return None
    seconds = float(value)
    return int(seconds) if 0 <= seconds < 1 << 62 else None


def _entry_size(index: Index, entry: bytes | None, item: Item | None) -> int:
    if entry is None or item is None:
        return 0
    return item_size_bytes(index.project(item)) + _ENTRY_OVERHEAD
