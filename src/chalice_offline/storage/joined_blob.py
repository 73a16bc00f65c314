"""Files read one after another as one large object, and which of them may not be removed yet."""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING

from chalice_offline.core.storage import Blob

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence
    from pathlib import Path


class FilesInUse:
    """The files that somebody reads: those are removed when the last reader is done.

    An object of ten thousand parts cannot have them all open at once, as one of a single file has.
    Readers are not in the kernel, so they may be on any thread.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._readers: Counter[Path] = Counter()
        self._to_remove: set[Path] = set()

    @contextmanager
    def reading(self, paths: Sequence[Path]) -> Iterator[None]:
        """Keep files while in here."""
        with self._lock:
            self._readers.update(paths)
        try:
            yield
        finally:
            self._release(paths)

    def remove(self, path: Path) -> None:
        """Remove a file, now or when nobody reads it any more."""
        with self._lock:
            if path in self._readers:
                self._to_remove.add(path)
                return
        path.unlink(missing_ok=True)

    def _release(self, paths: Sequence[Path]) -> None:
        with self._lock:
            self._readers.subtract(paths)
            unread = {path for path in paths if not self._readers[path]}
            for path in unread:
                del self._readers[path]
            unwanted = unread & self._to_remove
            self._to_remove -= unwanted
        for path in unwanted:
            path.unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class JoinedBlob(Blob):
    """Several blobs as one; `path` is that of the first, and `start` says nothing."""

    parts: tuple[Blob, ...] = ()
    in_use: FilesInUse = field(default_factory=FilesInUse)

    @classmethod
    def of(cls, parts: tuple[Blob, ...], in_use: FilesInUse) -> Blob:
        """Return `parts`, of which there is at least one, as one blob."""
        if len(parts) == 1:
            return parts[0]
        return cls(parts[0].path, sum(p.length for p in parts), parts=parts, in_use=in_use)

    def part(self, start: int, length: int) -> Blob:
        """Return `length` bytes from `start` of this, without reading them."""
        parts = []
        for part in self.parts:
            taken = min(part.length - start, length)
            if taken > 0:
                parts.append(part.part(start, taken))
                length -= taken
            start = max(0, start - part.length)
        return JoinedBlob.of(tuple(parts) or (self.parts[0].part(0, 0),), self.in_use)

    def pieces(self) -> Generator[bytes]:
        """Read it in pieces of at most 256 KiB."""
        with self.in_use.reading([part.path for part in self.parts]):
            for part in self.parts:
                yield from part.pieces()
