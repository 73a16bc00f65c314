"""An object of S3 read on as it is needed: a long list of items is never in memory as a whole."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from chalice_offline.core.storage import Blob

if TYPE_CHECKING:
    from collections.abc import Iterator


def text_of_object(content: bytes | Blob, encoding: str, newline: str | None = "") -> io.TextIOBase:
    """Return an object's text; what cannot be decoded is replaced.

    A file is opened by the first read and stays open, so that an object that is written again
    meanwhile is read on as it was.
    """
    pieces = content.pieces() if isinstance(content, Blob) else iter((content,))
    return io.TextIOWrapper(io.BufferedReader(_Pieces(pieces)), encoding, "replace", newline)


def lines_of_object(content: bytes | Blob) -> Iterator[bytes]:
    """Return an object's lines, which may end as on any system.

    Latin-1 lets every byte pass, so each line is decoded by itself as what it is.
    """
    return (line.encode("latin-1") for line in text_of_object(content, "latin-1", newline=None))


class _Pieces(io.RawIOBase):
    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._left = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        if not self._left:
            self._left = memoryview(next(self._pieces, b""))
        taken = min(len(buffer), len(self._left))
        buffer[:taken] = self._left[:taken]
        self._left = self._left[taken:]
        return taken
