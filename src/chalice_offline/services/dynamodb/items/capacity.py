"""What reads and writes cost, as ReturnConsumedCapacity tells it.

Developer guide, "Read and write capacity units", "Global secondary indexes: throughput" and "Local
secondary indexes: throughput".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.services.dynamodb import limits
from chalice_offline.services.dynamodb.items.keys import entry_key
from chalice_offline.services.dynamodb.values.sizes import item_size_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.dynamodb.tables.schema import Index
    from chalice_offline.services.dynamodb.tables.table import Table
    from chalice_offline.services.dynamodb.values.attribute_values import Item

TRANSACTIONAL = 2.0


def asked_for(request: Request) -> str | None:
    """Return TOTAL or INDEXES when a request asks what it consumes."""
    wanted = request.get("ReturnConsumedCapacity")
    return None if wanted == "NONE" else wanted


def bill(request: Request, consumed: Iterable[Consumed], *, transactional: bool = False) -> Result:
    """Return what a request took of several tables, if it asks for that."""
    wanted = asked_for(request)
    if not wanted:
        return {}
    described = [one.describe(wanted, transactional=transactional) for one in consumed]
    return {"ConsumedCapacity": described}


class Consumed:
    """What one request took of one table and its indexes."""

    def __init__(self, table: Table, name: str) -> None:
        """Start at nothing. `name` is the table as the request names it: replies repeat it."""
        self._table = table
        self._name = name
        self._units = 0.0
        self._by_index: dict[str, float] = {}
        self._reads = self._writes = 0.0

    def read(self, size: int, *, consistent: bool, index: str = "", factor: float = 1.0) -> None:
        """Count a read of `size` bytes; nothing costs as much as a little."""
        units = max(1, -(-size // limits.READ_UNIT_BYTES)) * (1.0 if consistent else 0.5) * factor
        self._reads += units
        if index:
            self._by_index[index] = self._by_index.get(index, 0.0) + units
        else:
            self._units += units

    def write(
        self,
        old: Item | None,
        old_size: int,
        new: Item | None,
        new_size: int,
        factor: float = 1.0,
    ) -> None:
        """Count a write: by the larger of the item before and after it, and in every index."""
        units = write_units(max(old_size, new_size)) * factor
        self._units += units
        self._writes += units
        for index in self._table.indexes.values():
            units = _entry_units(index, old, new) * factor
            if units:
                self._by_index[index.name] = self._by_index.get(index.name, 0.0) + units
                self._writes += units

    def describe(self, wanted: str, *, transactional: bool = False) -> dict[str, Any]:
        """Return AWS's ConsumedCapacity; `wanted` is TOTAL or INDEXES."""
        described: dict[str, Any] = {
            "TableName": self._name,
            "CapacityUnits": self._units + sum(self._by_index.values()),
        }
        if transactional:
            described |= self._kinds(self._reads, self._writes)
        if wanted != "INDEXES":
            return described
        described["Table"] = {"CapacityUnits": self._units}
        if transactional:
            described["Table"] |= self._kinds(
                self._units if self._reads else 0.0, self._units if self._writes else 0.0
            )
        for name, units in self._by_index.items():
            kind = self._table.indexes[name].kind
            described.setdefault(kind, {})[name] = {"CapacityUnits": units}
        return described

    @staticmethod
    def _kinds(reads: float, writes: float) -> dict[str, float]:
        kinds = {}
        if reads:
            kinds["ReadCapacityUnits"] = reads
        if writes:
            kinds["WriteCapacityUnits"] = writes
        return kinds


def write_units(size: int) -> float:
    """Return the units of writing an item of this size."""
    return float(max(1, -(-size // limits.WRITE_UNIT_BYTES)))


def _entry_units(index: Index, old: Item | None, new: Item | None) -> float:
    """Return what a write costs in an index: one write for a change in place, two for a move."""
    before = entry_key(index, b"", old)
    after = entry_key(index, b"", new)
    old_entry = index.project(old) if old is not None and before is not None else None
    new_entry = index.project(new) if new is not None and after is not None else None
    if old_entry is not None and new_entry is not None and before == after:
        if old_entry == new_entry:
            return 0.0
        return write_units(max(item_size_bytes(old_entry), item_size_bytes(new_entry)))
    return sum(
        write_units(item_size_bytes(entry)) for entry in (old_entry, new_entry) if entry is not None
    )
