"""The objects of one bucket, in the order of their keys, on the kernel's storage.

Two collections. `s3/objects/<bucket>` holds, under each key, its newest version (which may be a
delete marker): listings are scans of it. `s3/versions/<bucket>` holds what a newer version
superseded, under key, NUL and the inverted sequence number: newest first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.services.s3.object_version import NULL_VERSION, ObjectVersion, decode
from chalice_offline.services.s3.version_ids import sequence_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chalice_offline.core.storage import Storage

_LARGEST = (1 << 64) - 1
_SUFFIX_BYTES = 9  # NUL and eight bytes of sequence number


class ObjectStore:
    """Versions by key, and the places where their contents are kept."""

    def __init__(self, storage: Storage, bucket: str) -> None:
        self._storage = storage
        self._names = (f"s3/objects/{bucket}", f"s3/versions/{bucket}")
        self._newest = storage.collection(self._names[0])
        self._older = storage.collection(self._names[1])

    def drop(self) -> None:
        """Remove both collections."""
        for name in self._names:
            self._storage.drop(name)

    # ---- one key ------------------------------------------------------------------------------

    def newest(self, key: str) -> ObjectVersion | None:
        """Return the newest version of a key, which may be a delete marker, or None."""
        raw = key.encode("utf-8", "surrogatepass")
        value = self._newest.get(raw)
        return None if value is None else decode(raw, value)

    def version(self, key: str, version_id: str) -> ObjectVersion | None:
        """Return a version of a key by its id, or None."""
        newest = self.newest(key)
        if newest is None or newest.version_id == version_id:
            return newest
        sequence = newest.null_sequence if version_id == NULL_VERSION else sequence_of(version_id)
        if not sequence:
            return None
        raw = key.encode("utf-8", "surrogatepass")
        value = self._older.get(_older_key(raw, sequence))
        found = None if value is None else decode(raw, value)
        return found if found is not None and found.version_id == version_id else None

    def older(self, key: str, below: int = _LARGEST) -> Iterator[ObjectVersion]:
        """Give the superseded versions of a key with smaller sequence numbers, newest first."""
        raw = key.encode("utf-8", "surrogatepass")
        for found, value in self._older.items(_older_key(raw, below - 1), raw + b"\x01"):
            if len(found) == len(raw) + _SUFFIX_BYTES:
                yield decode(raw, value)

    def add(self, version: ObjectVersion, before: ObjectVersion | None) -> None:
        """Make `version` the newest of its key; `before`, the newest so far, becomes older."""
        if before is not None:
            is_null = before.version_id == NULL_VERSION
            version.null_sequence = before.sequence if is_null else before.null_sequence
            self._put_older(before)
        self._put_newest(version)

    def replace_null(
        self, version: ObjectVersion, before: ObjectVersion | None
    ) -> ObjectVersion | None:
        """Make `version`, whose id is "null", the newest; return the version "null" it replaces.

        `before` is the newest so far.
        """
        replaced: ObjectVersion | None = None
        if before is not None and before.version_id == NULL_VERSION:
            replaced = before
        elif before is not None:
            replaced = self.version(version.key, NULL_VERSION)
            if replaced is not None:
                self._delete_older(replaced)
            self._put_older(before)
        self._put_newest(version)
        return replaced

    def update(self, version: ObjectVersion) -> None:
        """Keep what changed about a version that is there (tags, access control list, lock)."""
        newest = self.newest(version.key)
        if newest is not None and newest.sequence == version.sequence:
            self._put_newest(version)
        else:
            self._put_older(version)

    def remove(self, version: ObjectVersion) -> None:
        """Remove a version; the one it superseded becomes the newest again."""
        newest = self.newest(version.key)
        if newest is None:
            return
        if newest.sequence != version.sequence:
            self._delete_older(version)
            if newest.null_sequence == version.sequence:
                newest.null_sequence = 0
                self._put_newest(newest)
            return
        following = next(self.older(version.key), None)
        if following is None:
            self._newest.delete(_raw(version.key))
            return
        self._delete_older(following)
        is_null = following.version_id == NULL_VERSION
        following.null_sequence = 0 if is_null else newest.null_sequence
        self._put_newest(following)

    # ---- many keys ----------------------------------------------------------------------------

    def scan(self, start: bytes = b"", end: bytes | None = None) -> Iterator[ObjectVersion]:
        """Give the newest versions of the keys with start <= key < end, in their order."""
        for key, value in self._newest.items(start, end):
            yield decode(key, value)

    def all(self) -> Iterator[ObjectVersion]:
        """Give every version of every key, delete markers included; in no order."""
        yield from self.scan()
        for key, value in self._older.items():
            yield decode(key[:-_SUFFIX_BYTES], value)

    def is_empty(self) -> bool:
        """Whether there is neither object nor delete marker."""
        return next(iter(self._newest.items()), None) is None

    # ---- within -------------------------------------------------------------------------------

    def _put_newest(self, version: ObjectVersion) -> None:
        self._newest.put(_raw(version.key), version.encode())

    def _put_older(self, version: ObjectVersion) -> None:
        version.null_sequence = 0
        self._older.put(_older_key(_raw(version.key), version.sequence), version.encode())

    def _delete_older(self, version: ObjectVersion) -> None:
        self._older.delete(_older_key(_raw(version.key), version.sequence))


def _raw(key: str) -> bytes:
    return key.encode("utf-8", "surrogatepass")


def _older_key(key: bytes, sequence: int) -> bytes:
    return key + b"\x00" + (_LARGEST - sequence).to_bytes(8, "big")
