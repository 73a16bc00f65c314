"""Reading many items in the order of a table or an index, a page at a time.

A page ends at the request's Limit, or after a megabyte of items; what a filter leaves out counts.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from chalice_offline.services.dynamodb import limits
from chalice_offline.services.dynamodb.items.keys import partition_of
from chalice_offline.services.dynamodb.values.sizes import item_size_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from chalice_offline.core.kernel import Result
    from chalice_offline.services.dynamodb.expressions import Projection
    from chalice_offline.services.dynamodb.items.capacity import Consumed
    from chalice_offline.services.dynamodb.items.item_store import Stored
    from chalice_offline.services.dynamodb.tables.schema import Index
    from chalice_offline.services.dynamodb.tables.table import Table
    from chalice_offline.services.dynamodb.values.attribute_values import Item


@dataclass(slots=True)
class Reading:
    """What to read: a range of a table or index, in which direction, and what to make of it.

    `fetches` says that items of a local index are wanted whole, or with attributes that the index
    does not project: then they are read from the table as well.
    """

    table: Table
    index: Index | None
    low: bytes
    high: bytes | None
    reverse: bool = False
    limit: int | None = None
    passes: Callable[[Item], bool] | None = None
    projection: Projection | None = None
    fetches: bool = False
    counts_only: bool = False
    consistent: bool = False
    # Over how many partitions of the table a scan goes; 0 for a query, which is in one.
    partitions: int = 0


@dataclass(slots=True)
class Page:
    """What was read. `last` is the item after which to go on, `size` what AWS charges for."""

    items: list[Item]
    count: int = 0
    scanned: int = 0
    size: int = 0
    last: Item | None = None
    fetched: list[int] | None = None
    # By the partition of the table, for a reading that is not confined to one.
    sizes: dict[int, int] = field(default_factory=dict)

    def result(self, reading: Reading) -> Result:
        """Return what Query and Scan have in common."""
        result: Result = {"Count": self.count, "ScannedCount": self.scanned}
        if not reading.counts_only:
            result["Items"] = self.items
        if self.last is not None:
            result["LastEvaluatedKey"] = key_of_entry(reading.table, reading.index, self.last)
        return result

    def charge(self, reading: Reading, consumed: Consumed) -> None:
        """Count what the page costs."""
        index = reading.index.name if reading.index else ""
        for size in self.sizes.values() or (self.size,):
            consumed.read(size, consistent=reading.consistent, index=index)
        for size in self.fetched or ():
            consumed.read(size, consistent=reading.consistent)


def read_page(reading: Reading) -> Page:
    """Read one page."""
    page = Page([], fetched=[] if reading.fetches else None)
    count = reading.partitions
    if count:
        first, last = partition_of(reading.low, count), count - 1
        if reading.high is not None:
            last = partition_of(reading.high, count)
        page.sizes = dict.fromkeys(range(first, last + 1), 0)
    for key, stored in _stored(reading):
        item, size = _seen(reading, stored)
        page.scanned += 1
        page.size += size
        if count:
            page.sizes[partition_of(key, count)] += size
        if page.fetched is not None:
            page.fetched.append(stored.size)
        if reading.passes is None or reading.passes(item):
            page.count += 1
            if not reading.counts_only:
                shown = item if reading.projection is None else reading.projection.apply(item)
                page.items.append(shown)
        if page.scanned == reading.limit or page.size > limits.PAGE_BYTES:
            page.last = stored.item
            if count:  # those behind the end of the page were not touched
                end = partition_of(key, count)
                page.sizes = {one: size for one, size in page.sizes.items() if one <= end}
            break
    return page


def key_of_entry(table: Table, index: Index | None, item: Item) -> Item:
    """Return what names an item's place in a table or an index: LastEvaluatedKey."""
    names: tuple[str, ...] = table.key.names
    if index is not None:
        names += tuple(name for name in index.key.names if name not in names)
    return {name: item[name] for name in names}


def _stored(reading: Reading) -> Iterator[tuple[bytes, Stored]]:
    items = reading.table.items
    if reading.index is None:
        return items.scan(reading.low, reading.high, reverse=reading.reverse)
    return items.scan_index(reading.index, reading.low, reading.high, reverse=reading.reverse)


def _seen(reading: Reading, stored: Stored) -> tuple[Item, int]:
    """Return what filter and projection see of an item, and the size that is charged."""
    index = reading.index
    if index is None or index.projects_all:
        return stored.item, stored.size
    entry = index.project(stored.item)
    return (stored.item if reading.fetches else entry), item_size_bytes(entry)
