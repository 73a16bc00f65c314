"""Where services keep what must outlive the process: ordered maps, and large objects beside them.

`storage` implements it in memory, and on SQLite in a file. Everything that happens in one input of
the kernel is kept as one: after a crash the input is there whole, or not at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator
    from pathlib import Path

PIECE_BYTES = 256 * 1024


class DamagedObjectError(Exception):
    """The file of a large object is missing, or is not what was written; the text names it."""


@dataclass(frozen=True, slots=True)
class Blob:
    """Bytes in a file: a large request body on its way in, or a large object that is kept.

    `length` counts bytes from `start`. `md5` is the hexadecimal digest of the whole when whoever
    wrote the file has it, else "".
    """

    path: Path
    length: int
    start: int = 0
    md5: str = ""

    def part(self, start: int, length: int) -> Blob:
        """Return `length` bytes from `start` of this, without reading them."""
        return Blob(self.path, length, self.start + start)

    def pieces(self) -> Generator[bytes]:
        """Read it in pieces of at most 256 KiB."""
        left = self.length
        with self.path.open("rb") as file:
            file.seek(self.start)
            while left and (piece := file.read(min(left, PIECE_BYTES))):
                left -= len(piece)
                yield piece

    def read(self) -> bytes:
        """Read it whole."""
        return b"".join(self.pieces())


class Collection(Protocol):
    """A map of bytes to bytes, in the order of its keys."""

    def get(self, key: bytes) -> bytes | None:
        """Return the value of `key`, or None."""
        ...

    def put(self, key: bytes, value: bytes) -> None:
        """Set the value of `key`."""
        ...

    def delete(self, key: bytes) -> None:
        """Remove `key` if it is there."""
        ...

    def items(
        self, start: bytes = b"", end: bytes | None = None, *, reverse: bool = False
    ) -> Iterator[tuple[bytes, bytes]]:
        """Give keys and values with start <= key < end, in order or in reverse.

        Reads as far as the caller does, a page at a time; a write meanwhile is seen or not, and
        harms nothing.
        """
        ...

    def __len__(self) -> int:
        """Count the keys; takes time in proportion."""
        ...


class BlobWriter(Protocol):
    """A file that is being written and belongs to nobody yet."""

    def write(self, piece: bytes) -> None:
        """Append."""
        ...

    def finish(self) -> Blob:
        """Close the file and return it, with its MD5."""
        ...

    def discard(self) -> None:
        """Remove the file."""
        ...


class Blobs(Protocol):
    """Large objects, each a file, by id."""

    def writer(self) -> BlobWriter:
        """Start a file; what is never kept is removed when the storage is opened or closed."""
        ...

    def keep(self, blob: Blob) -> str:
        """Keep a finished file and return its id; the file is moved, not copied."""
        ...

    def copy(self, blob_id: str) -> str:
        """Keep a large object once more, without reading it if possible; return the new id."""
        ...

    def join(self, spans: Iterable[tuple[str, int, int]]) -> Blob:
        """Return spans (id, start, length) of large objects, one after another, as one."""
        ...

    def add(self, pieces: Iterable[bytes]) -> str:
        """Write and keep a large object; return its id."""
        ...

    def get(self, blob_id: str) -> Blob:
        """Return a large object; an EmulatorBug when there is none of that id.

        Raises DamagedObjectError when its file is not what was written; so does `join`.
        """
        ...

    def delete(self, blob_id: str) -> None:
        """Remove a large object, once the present input is kept."""
        ...


class Storage(Protocol):
    """All collections and blobs of one emulator."""

    @property
    def blobs(self) -> Blobs:
        """The large objects."""
        ...

    @property
    def openings(self) -> int:
        """How often this storage was opened before: ids go on where they stopped."""
        ...

    def collection(self, name: str) -> Collection:
        """Return the collection of that name, made if there is none."""
        ...

    def drop(self, name: str) -> None:
        """Remove a collection with all it holds, if there is one."""
        ...

    def names(self, prefix: str = "") -> list[str]:
        """Return the names of the collections that start with `prefix`, sorted."""
        ...

    def commit(self) -> None:
        """Keep everything written since the last commit, as one."""
        ...

    def save_as(self, file: Path) -> None:
        """Write a copy of everything to a file that is not there yet; raises ProjectError."""
        ...

    def close(self) -> None:
        """Commit, and let go of files; storage in memory is gone."""
        ...
