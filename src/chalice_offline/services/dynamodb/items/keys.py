"""The keys of items, checked and made into bytes that sort as the keys do.

An item is stored under a checksum of its partition key, the partition key and the sort key. So a
scan meets partitions in an order that has nothing to do with their keys, as on AWS, where parallel
segments are ranges of that order; within a partition it is the order of the sort keys.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from chalice_offline.services.dynamodb import limits
from chalice_offline.services.dynamodb.errors import (
    key_mismatch,
    mismatch,
    mismatched_values,
    validation,
)
from chalice_offline.services.dynamodb.values.attribute_values import (
    check_value,
    type_of,
)
from chalice_offline.services.dynamodb.values.key_encoding import key_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chalice_offline.services.dynamodb.expressions import Path
    from chalice_offline.services.dynamodb.tables.schema import Index, KeySchema
    from chalice_offline.services.dynamodb.tables.table_definition import TableDefinition
    from chalice_offline.services.dynamodb.values.attribute_values import AttributeValue, Item

_CHECKSUM_BYTES = 4


def partition_prefix(hash_values: list[AttributeValue]) -> bytes:
    """Return what the stored keys of a partition's items begin with."""
    if len(hash_values) == 1:  # but for indexes with several
        encoded = key_bytes(hash_values[0])
    else:
        encoded = b"".join([key_bytes(value) for value in hash_values])
    return zlib.crc32(encoded).to_bytes(_CHECKSUM_BYTES) + encoded


def segment_bounds(segment: int, total: int) -> tuple[bytes, bytes | None]:
    """Return the first stored key of a parallel scan's segment, and the first after it."""
    everything = 1 << (8 * _CHECKSUM_BYTES)

    def bound(number: int) -> bytes:
        return (everything * number // total).to_bytes(_CHECKSUM_BYTES)

    return bound(segment), None if segment + 1 == total else bound(segment + 1)


def partition_of(key: bytes, count: int) -> int:
    """Return in which of a table's partitions, each the same share of checksums, a key lies."""
    checksum = int.from_bytes(key[:_CHECKSUM_BYTES].ljust(_CHECKSUM_BYTES, b"\x00"))
    return checksum * count >> (8 * _CHECKSUM_BYTES)


def stored_key(schema: KeySchema, item: Item) -> bytes:
    """Return the bytes a checked item or key is stored under."""
    prefix = partition_prefix([item[name] for name in schema.hash])
    if not schema.range:
        return prefix
    return prefix + b"".join([key_bytes(item[name]) for name in schema.range])


def key_of_item(table: TableDefinition, item: Item) -> bytes:
    """Return the stored key of an item to be put; its key attributes are checked."""
    for name, kind in table.key.typed_names:
        value = item.get(name)
        if value is None:
            raise mismatched_values(f"Missing the key {name} in the item")
        if kind not in value:
            raise mismatched_values(
                f"Type mismatch for key {name} expected: {kind} actual: {type_of(value)}"
            )
        if not value[kind]:
            raise mismatch(_empty(name, kind))
    _check_sizes(table.key, item)
    return stored_key(table.key, item)


def check_key(table: TableDefinition, key: Item) -> Item:
    """Return the key of a request in canonical form; it has the key attributes and no others."""
    if len(key) != len(table.key.names):
        raise key_mismatch()
    checked = {}
    for name, kind in table.key.typed_names:
        value = key.get(name)
        if value is None:
            raise key_mismatch()
        value = check_value(value)
        if kind not in value:
            raise key_mismatch()
        if not value[kind]:
            # Of a key alone, not of an item: no transaction is cancelled for it (recorded).
            raise validation(_empty(name, kind))
        checked[name] = value
    _check_sizes(table.key, checked)
    return checked


def check_index_keys(table: TableDefinition, item: Item) -> None:
    """Refuse an item with an attribute that an index's key has with another type, or empty."""
    for index in table.indexes.values():
        for name, kind in index.key.typed_names:
            value = item.get(name)
            if value is not None and name not in table.key.types:
                _check_index_key(index, name, kind, value)


def check_computed_index_keys(table: TableDefinition, item: Item) -> None:
    """Refuse what an update has computed and an index's key cannot be (text recorded)."""
    for index in table.indexes.values():
        for name, kind in index.key.typed_names:
            if name in item and kind not in item[name]:
                raise mismatch(
                    "The update expression attempted to update the secondary index key to "
                    "unsupported type"
                )
    check_index_keys(table, item)


def check_scalar_keys(table: TableDefinition, paths: Iterable[Path]) -> None:
    """Refuse paths that lead into key attributes, of the table or an index: those are scalars."""
    nested = {path.parts[0] for path in paths if len(path.parts) > 1}
    if not nested:
        return
    keys = [("Key", name) for name in table.key.names]
    keys += [("IndexKey", name) for index in table.indexes.values() for name in index.key.names]
    for kind, name in keys:
        if name in nested:
            raise validation(
                "Key attributes must be scalars; list random access '[]' and map lookup '.' are "
                f"not allowed: {kind}: {name}"
            )


def entry_key(index: Index, key: bytes, item: Item | None) -> bytes | None:
    """Return the key of an item's entry in an index; None when the item has no place there.

    An item that was there before the index may have a key attribute of another type, an empty one
    or one that is too large: it is left out (recorded).
    """
    if item is None:
        return None
    for name, kind in index.key.typed_names:
        content = item.get(name, {}).get(kind)
        if not content:
            return None
        most = limits.HASH_KEY_BYTES if name in index.key.hash else limits.RANGE_KEY_BYTES
        if _size(kind, item[name]) > most:
            return None
    return stored_key(index.key, item) + key


def _check_index_key(index: Index, name: str, kind: str, value: AttributeValue) -> None:
    if kind not in value:
        raise mismatched_values(
            f"Type mismatch for Index Key {name} Expected: {kind} Actual: {type_of(value)} "
            f"IndexName: {index.name}"
        )
    if not value[kind]:
        what = "string" if kind == "S" else "binary"
        raise mismatch(
            "One or more parameter values are not valid. A value specified for a secondary index "
            "key is not supported. The AttributeValue for a key attribute cannot contain an empty "
            f"{what} value. IndexName: {index.name}, IndexKey: {name}"
        )
    most = limits.HASH_KEY_BYTES if name in index.key.hash else limits.RANGE_KEY_BYTES
    if _size(kind, value) > most:
        raise _too_large(name in index.key.hash)


def _empty(name: str, kind: str) -> str:
    what = "string" if kind == "S" else "binary"
    return (
        "One or more parameter values are not valid. The AttributeValue for a key attribute "
        f"cannot contain an empty {what} value. Key: {name}"
    )


def _check_sizes(schema: KeySchema, item: Item) -> None:
    name = schema.hash[0]
    if _size(schema.types[name], item[name]) > limits.HASH_KEY_BYTES:
        raise _too_large(is_hash=True)
    if schema.range:
        name = schema.range[0]
        if _size(schema.types[name], item[name]) > limits.RANGE_KEY_BYTES:
            raise _too_large(is_hash=False)


def _size(kind: str, value: AttributeValue) -> int:
    content = value[kind]
    return len(content.encode()) if kind == "S" and not content.isascii() else len(content)


def _too_large(is_hash: bool) -> Exception:
    if is_hash:
        return mismatched_values(
            f"Size of hashkey has exceeded the maximum size limit of{limits.HASH_KEY_BYTES} bytes"
        )
    return mismatched_values(
        "Aggregated size of all range keys has exceeded the size limit of "
        f"{limits.RANGE_KEY_BYTES} bytes"
    )
