"""Where the content of an object or part is kept: beside its record, in a row, or in a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from chalice_offline.core.errors import EmulatorBug
from chalice_offline.core.storage import Blob
from chalice_offline.services.s3.limits import INLINE_BYTES, ROW_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from chalice_offline.core.storage import Storage

Content = bytes | Blob


class Kept(Protocol):
    """What has content: an object version or an uploaded part."""

    size: int
    body: dict[str, Any]
    inline: bytes


class Contents:
    """The contents of all buckets. Listings read records, so those stay small."""

    def __init__(self, storage: Storage) -> None:
        self._blobs = storage.blobs
        self._rows = storage.collection("s3/contents")
        last = next(iter(self._rows.items(reverse=True)), None)
        self._last_row = 0 if last is None else int.from_bytes(last[0], "big")

    def keep(self, owner: Kept, content: Content, *, whole: bool = True) -> None:
        """Keep `content` as `owner`'s; the file of a finished upload is moved, not copied.

        `whole` says that a file holds nothing else.
        """
        if isinstance(content, Blob):
            if content.length > ROW_BYTES:
                keep = self._blobs.keep(content) if whole else self._blobs.add(content.pieces())
                owner.body = {"file": keep}
                return
            content = content.read()
        if len(content) <= INLINE_BYTES:
            owner.inline = content
        elif len(content) <= ROW_BYTES:
            self._last_row += 1
            self._rows.put(self._last_row.to_bytes(8, "big"), content)
            owner.body = {"row": self._last_row}
        else:
            owner.body = {"file": self._blobs.add((content,))}

    def join(self, owner: Kept, contents: Iterable[Content]) -> None:
        """Keep a copy of several contents, one after another, as `owner`'s."""
        if owner.size > ROW_BYTES:
            owner.body = {"file": self._blobs.add(_pieces(contents))}
        else:
            self.keep(owner, b"".join(_pieces(contents)))

    def read(self, owner: Kept) -> Content:
        """Return the content of `owner`."""
        if "file" in owner.body:
            return self._blobs.get(owner.body["file"])
        if "row" in owner.body:
            content = self._rows.get(owner.body["row"].to_bytes(8, "big"))
            if content is None:
                raise EmulatorBug(f"there is no content {owner.body['row']}")
            return content
        return owner.inline

    def drop(self, owner: Kept) -> None:
        """Remove the content of `owner`."""
        if "file" in owner.body:
            self._blobs.delete(owner.body["file"])
        elif "row" in owner.body:
            self._rows.delete(owner.body["row"].to_bytes(8, "big"))


def part_of(content: Content, start: int, length: int) -> Content:
    """Return `length` bytes of a content from `start`."""
    if isinstance(content, Blob):
        return content.part(start, length)
    return content[start : start + length]


def pieces_of(content: Content) -> Iterator[bytes]:
    """Read a content piece by piece."""
    if isinstance(content, Blob):
        yield from content.pieces()
    else:
        yield content


def length_of(content: Content) -> int:
    """Return how many bytes a content has."""
    return content.length if isinstance(content, Blob) else len(content)


def _pieces(contents: Iterable[Content]) -> Iterator[bytes]:
    for content in contents:
        yield from pieces_of(content)
