"""Where the content of an object or part is kept: beside its record, in a row, or in a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from chalice_offline.core.errors import EmulatorBug
from chalice_offline.core.storage import Blob, DamagedObjectError
from chalice_offline.services.s3.errors import unreadable
from chalice_offline.services.s3.limits import INLINE_BYTES, ROW_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from chalice_offline.core.storage import Storage

Content = bytes | Blob
Span = tuple[str, int, int]  # the id of a file, where in it, how many bytes


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

    def take(self, owner: Kept, parts: Sequence[Kept]) -> None:
        """Make the contents of `parts`, one after another, `owner`'s; they have none from now on.

        Files stay as they are: how long it takes does not depend on how large they are.
        """
        if owner.size <= ROW_BYTES:
            self.keep(owner, b"".join(_pieces(self.read(part) for part in parts)))
            for part in parts:
                self.drop(part)
            return
        spans: list[Span] = []
        for part in parts:
            found = _spans(part)
            if not found and part.size:  # the last one may be small
                found = [(self._blobs.add(_pieces([self.read(part)])), 0, part.size)]
                self.drop(part)
            spans += found
        owner.body = {"spans": spans}

    def copy(self, owner: Kept, source: Kept, start: int = 0) -> None:
        """Keep `owner.size` bytes from `start` of the content of `source` as `owner`'s, too."""
        spans = _spans(source)
        if not spans or owner.size <= ROW_BYTES:
            content = part_of(self.read(source), start, owner.size)
            self.keep(owner, b"".join(_pieces([content])))
            return
        chosen = list(_within(spans, start, owner.size))
        try:
            copies = {number: self._blobs.copy(number) for number in _files(chosen)}
        except DamagedObjectError as error:
            raise unreadable(error) from error
        owner.body = {"spans": [(copies[number], *place) for number, *place in chosen]}

    def read(self, owner: Kept) -> Content:
        """Return the content of `owner`; raises AwsError when its file is not what was written."""
        try:
            if "file" in owner.body:
                return self._blobs.get(owner.body["file"])
            if "spans" in owner.body:
                return self._blobs.join(owner.body["spans"])
        except DamagedObjectError as error:
            raise unreadable(error) from error
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
        elif "spans" in owner.body:
            for number in _files(owner.body["spans"]):
                self._blobs.delete(number)
        elif "row" in owner.body:
            self._rows.delete(owner.body["row"].to_bytes(8, "big"))


def _spans(owner: Kept) -> list[Span]:
    """Return where in which files the content is, nothing when it is in none."""
    if "file" in owner.body:
        return [(owner.body["file"], 0, owner.size)]
    return [(number, start, length) for number, start, length in owner.body.get("spans", ())]


def _files(spans: Iterable[Span]) -> Iterable[str]:
    """Return each file once, in the order in which they come: ids are given in order, too."""
    return dict.fromkeys(number for number, _, _ in spans)


def _within(spans: Iterable[Span], start: int, length: int) -> Iterator[Span]:
    """Give what `length` bytes from `start` of all spans together are made of."""
    for number, span_start, span_length in spans:
        taken = min(span_length - start, length)
        if taken > 0:
            yield number, span_start + start, taken
            length -= taken
        start = max(0, start - span_length)


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
