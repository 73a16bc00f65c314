"""The checksums that stand beside what a file keeps: SQLite has none."""

from __future__ import annotations

import zlib


def seed_of(collection: str) -> int:
    """Return what the checksums of a collection begin with: an entry of another one has others."""
    return zlib.crc32(collection.encode())


def sum_of(seed: int, key: bytes, value: bytes) -> int:
    """Return the checksum of an entry of the collection that has this seed."""
    return zlib.crc32(value, zlib.crc32(key, seed))


def sum_of_row(*values: object) -> int:
    """Return the checksum of a row that is no collection's: of how its values are spelled."""
    return zlib.crc32(repr(values).encode())
