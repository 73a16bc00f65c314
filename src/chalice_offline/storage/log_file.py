"""The log beside a file (SQLite's WAL): whether it holds what SQLite would leave out.

SQLite believes a log up to the first frame that is not as it was written, and says nothing of what
comes after. SQLite's file format, section 4, "The Write-Ahead Log".
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from pathlib import Path

_HEADER_BYTES, _FRAME_HEADER_BYTES = 32, 24
_LITTLE, _BIG = 0x377F0682, 0x377F0683  # the magic number says how checksums read words
_MASK = 0xFFFFFFFF
# The one that a broken frame is part of, and another: SQLite begins a transaction when the one
# before it is whole, so that a process that was killed leaves at most one behind a broken frame.
_COMMITS_BEHIND_DAMAGE = 2

_Sums = tuple[int, int]


def damage_of_log(log: Path) -> str:
    """Return what is wrong with a log, "" when nothing is; only reads it.

    Damage in the last transaction cannot be told from one that was not finished.
    """
    if not log.is_file() or log.stat().st_size <= _HEADER_BYTES:
        return ""
    with log.open("rb") as opened:
        header = opened.read(_HEADER_BYTES)
        magic, _, page_bytes = struct.unpack(">III", header[:12])
        order = {_LITTLE: "<", _BIG: ">"}.get(magic)
        if order is None or struct.pack(">II", *_sums(order, header[:24], (0, 0))) != header[24:]:
            return "its first bytes are not what was written"
        at = _first_broken(opened, order, header, page_bytes)
        if at is not None and _commits_behind(opened, at, header, page_bytes):
            return f"the frame at byte {at} is not what was written, and others come after it"
    return ""


def _first_broken(opened: BinaryIO, order: str, header: bytes, page_bytes: int) -> int | None:
    """Return where the first frame is that was not written in one go with those before it."""
    sums = struct.unpack(">II", header[24:])
    at = _HEADER_BYTES
    while len(frame := opened.read(_FRAME_HEADER_BYTES + page_bytes)) == (
        _FRAME_HEADER_BYTES + page_bytes
    ):
        sums = _sums(order, frame[:8], sums)
        sums = _sums(order, frame[_FRAME_HEADER_BYTES:], sums)
        if frame[8:16] != header[16:24] or frame[16:24] != struct.pack(">II", *sums):
            return at
        at += len(frame)
    return None


def _commits_behind(opened: BinaryIO, at: int, header: bytes, page_bytes: int) -> bool:
    """Whether transactions that began later were kept; frames of an older log have other salts."""
    found = 0
    opened.seek(at)
    while len(frame := opened.read(_FRAME_HEADER_BYTES)) == _FRAME_HEADER_BYTES:
        is_commit = frame[4:8] != bytes(4)
        found += is_commit and frame[8:16] == header[16:24]
        opened.seek(page_bytes, 1)
    return found >= _COMMITS_BEHIND_DAMAGE


def _sums(order: str, content: bytes, sums: _Sums) -> _Sums:
    first, second = sums
    words = struct.unpack(f"{order}{len(content) // 4}I", content)
    for even, odd in zip(words[::2], words[1::2], strict=True):
        first = (first + even + second) & _MASK
        second = (second + odd + first) & _MASK
    return first, second
