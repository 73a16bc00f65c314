"""What the executions of a Map Run gave: in memory as far as a state may hand it on, or files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.services.stepfunctions import limits
from chalice_offline.services.stepfunctions.language.json_text import parse

if TYPE_CHECKING:
    from chalice_offline.core.storage import Blob, Blobs, BlobWriter

_BUFFERED = 64 * 1024


class Results:
    """Texts of JSON by index. What could not leave the state anyway is let go of at once."""

    def __init__(self) -> None:
        # A list: indexes have no gaps in the end, and a dict would take ten times as much.
        self._texts: list[str | None] = []
        self._bytes = 0
        self.are_too_long = False

    def add(self, index: int, text: str) -> None:
        """Keep a result; one of the same index replaces the one before (a redrive)."""
        if self.are_too_long:
            return
        if index >= len(self._texts):
            self._texts.extend([None] * (index + 1 - len(self._texts)))
        before = self._texts[index]
        self._bytes += len(text.encode()) + 1 - (len(before.encode()) + 1 if before else 0)
        self._texts[index] = text
        if self._bytes > limits.DATA_BYTES_MAX:
            self.are_too_long = True
            self._texts.clear()

    def take(self) -> list[Any]:
        """Return the values in the order of their indexes, and keep them no longer."""
        text = ",".join(one for one in self._texts if one)
        self._texts.clear()
        values: list[Any] = parse(f"[{text}]")
        return values


class ResultFile:
    """An array of JSON, or lines of it, that grows: in memory while it is short, then in a file."""

    def __init__(self, blobs: Blobs, *, has_lines: bool = False) -> None:
        self._has_lines = has_lines
        self._blobs = blobs
        self._writer: BlobWriter | None = None
        self._buffer: list[str] = []
        self._buffered = 0
        self.count = 0
        self.size = 0

    def add(self, text: str) -> None:
        """Append an item."""
        if self._has_lines:
            piece = f"{text}\n"
        else:
            piece = f"{',' if self.count else '['}{text}"
        self.count += 1
        self._buffer.append(piece)
        self._buffered += len(piece)
        if self._buffered > _BUFFERED:
            self._writer = self._writer or self._blobs.writer()
            self._writer.write(self._drain())

    def finish(self) -> bytes | Blob:
        """Return all of it; nothing can be added then."""
        if not self._has_lines:
            self._buffer.append("]")
        rest = self._drain()
        if self._writer is None:
            return rest
        self._writer.write(rest)
        return self._writer.finish()

    def discard(self) -> None:
        """Forget it."""
        if self._writer is not None:
            self._writer.discard()

    def _drain(self) -> bytes:
        piece = "".join(self._buffer).encode()
        self._buffer.clear()
        self._buffered = 0
        self.size += len(piece)
        return piece
