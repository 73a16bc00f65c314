"""What items were before each write, of tables with point-in-time recovery.

A table of an earlier instant is the present one with the writes since then undone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.services.dynamodb import limits

if TYPE_CHECKING:
    from chalice_offline.core.kernel import Kernel
    from chalice_offline.core.storage import Collection
    from chalice_offline.services.dynamodb.items.item_store import Stored
    from chalice_offline.services.dynamodb.tables.table import Table

_MS_BYTES = 8
_COUNT_BYTES = 8
_LENGTH_BYTES = 4


def note_before(kernel: Kernel, table: Table, key: bytes, old: Stored | None) -> None:
    """Note an item before it is written; forget what is older than 35 days."""
    log = _log(kernel, table)
    now = kernel.now_ms.to_bytes(_MS_BYTES)
    last = next((found for found, _ in log.items(now, reverse=True)), None)
    count = 0 if last is None else int.from_bytes(last[_MS_BYTES:]) + 1
    value = len(key).to_bytes(_LENGTH_BYTES) + key + (old.data if old else b"")
    log.put(now + count.to_bytes(_COUNT_BYTES), value)
    oldest = kernel.now_ms - limits.RECOVERY_DAYS * limits.DAY_MS
    if oldest > table.recovery_since_ms:
        for found, _ in list(log.items(b"", oldest.to_bytes(_MS_BYTES))):
            log.delete(found)


def items_before(kernel: Kernel, table: Table, at_ms: int) -> dict[bytes, bytes]:
    """Return what items were at an instant, of those that were written since: b"" for none."""
    found: dict[bytes, bytes] = {}
    for _, value in _log(kernel, table).items((at_ms + 1).to_bytes(_MS_BYTES)):
        length = int.from_bytes(value[:_LENGTH_BYTES])
        key = value[_LENGTH_BYTES : _LENGTH_BYTES + length]
        found.setdefault(key, value[_LENGTH_BYTES + length :])
    return found


def drop_log(kernel: Kernel, table: Table) -> None:
    """Forget everything: the table is gone, or not recoverable any more."""
    kernel.storage.drop(_name(table))


def _log(kernel: Kernel, table: Table) -> Collection:
    return kernel.storage.collection(_name(table))


def _name(table: Table) -> str:
    return f"dynamodb/recovery/{table.place.folder}/{table.id}"
