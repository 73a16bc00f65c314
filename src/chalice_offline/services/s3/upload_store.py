"""The multipart uploads of one bucket, by key and then by when they began, on storage."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.services.s3.limits import MOST_PARTS
from chalice_offline.services.s3.upload import Part, Upload, decode_part, decode_upload
from chalice_offline.services.s3.version_ids import sequence_of

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

    from chalice_offline.core.storage import Storage
    from chalice_offline.services.s3.contents import Contents


class UploadStore:
    """Uploads under key, NUL and sequence number; parts under upload id and number."""

    def __init__(self, storage: Storage, bucket: str) -> None:
        self._storage = storage
        self._names = (f"s3/uploads/{bucket}", f"s3/parts/{bucket}")
        self._uploads = storage.collection(self._names[0])
        self._parts = storage.collection(self._names[1])

    def drop(self) -> None:
        """Remove both collections."""
        for name in self._names:
            self._storage.drop(name)

    def get(self, key: str, upload_id: str) -> Upload | None:
        """Return an upload, or None."""
        value = self._uploads.get(_place(key, upload_id))
        found = None if value is None else decode_upload(value)
        return found if found is not None and found.upload_id == upload_id else None

    def keep(self, upload: Upload) -> None:
        """Add an upload."""
        self._uploads.put(_place(upload.key, upload.upload_id), upload.encode())

    def note_deletion(self, key: str) -> None:
        """Remember with the uploads of a key that somebody deleted it meanwhile."""
        for upload in list(self.scan(key.encode() + b"\x00", place_after(key, ""))):
            if upload.key == key and not upload.key_deleted:
                upload.key_deleted = True
                self.keep(upload)

    def is_elsewhere(self, key: str, upload_id: str) -> bool:
        """Whether that is the id of an upload of another key."""
        if self.get(key, upload_id) is not None:
            return False
        return any(upload.upload_id == upload_id for upload in self.scan())

    def remove(
        self, upload: Upload, contents: Contents, taken: Container[int] = frozenset()
    ) -> None:
        """Remove an upload with its parts; the contents of those `taken` belong to an object."""
        for part in list(self.parts(upload)):
            if part.number not in taken:
                contents.drop(part)
            self._parts.delete(_part_place(upload, part.number))
        self._uploads.delete(_place(upload.key, upload.upload_id))

    def scan(self, start: bytes = b"", end: bytes | None = None) -> Iterator[Upload]:
        """Give the uploads in order of their keys, those of one key oldest first."""
        for _, value in self._uploads.items(start, end):
            yield decode_upload(value)

    def part(self, upload: Upload, number: int) -> Part | None:
        """Return one part, or None."""
        if not 1 <= number <= MOST_PARTS:
            return None
        value = self._parts.get(_part_place(upload, number))
        return None if value is None else decode_part(value)

    def keep_part(self, upload: Upload, part: Part) -> None:
        """Add a part, or replace the one of its number."""
        self._parts.put(_part_place(upload, part.number), part.encode())

    def parts(self, upload: Upload, after: int = 0) -> Iterator[Part]:
        """Give the parts with greater numbers, in order."""
        if after >= MOST_PARTS:
            return
        start, end = _part_place(upload, after + 1), f"{upload.upload_id}\x01".encode()
        for _, value in self._parts.items(start, end):
            yield decode_part(value)


def place_after(key: str, upload_id: str) -> bytes:
    """Return where a listing goes on after an upload; without an id, after all of the key's."""
    if upload_id:
        return _place(key, upload_id) + b"\x00"
    return key.encode() + b"\x00\xff\xff\xff\xff\xff\xff\xff\xff\xff"


def _place(key: str, upload_id: str) -> bytes:
    return key.encode() + b"\x00" + sequence_of(upload_id).to_bytes(8, "big")


def _part_place(upload: Upload, number: int) -> bytes:
    return upload.upload_id.encode() + b"\x00" + number.to_bytes(2, "big")
