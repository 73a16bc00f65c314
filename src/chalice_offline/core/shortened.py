"""How the journal tells of a text that is too long to be kept, and how that is told from others."""

from __future__ import annotations

import hashlib
import re
from typing import Any

from chalice_offline.core.storage import Blob

# Every message and event that a service takes in one piece is kept whole (SQS, SNS and
# EventBridge took 256 KiB for ten years); of what is longer, the beginning.
LONGEST_TEXT = 256 * 1024
BEGINNING = 16 * 1024
CHARACTER_BYTES = 2  # of a text that is not ASCII; 4 in one with emojis, which are few
# How what was shortened ends.
_REST = re.compile(r"\[[0-9]+ (?:characters|bytes) in all, (?:SHA-256 [0-9a-f]{64}|in a file)\]\Z")
_REST_LONGEST = 150


def shortened(value: Any) -> Any:
    """Return a detail with every long text cut, and of what came in a file only how long it is.

    What is not cut is the same object as before.
    """
    if isinstance(value, str):
        if len(value) * (1 if value.isascii() else CHARACTER_BYTES) <= LONGEST_TEXT:
            return value
        digest = hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()
        return f"{value[:BEGINNING]}… [{len(value)} characters in all, SHA-256 {digest}]"
    if isinstance(value, bytes | bytearray | memoryview):
        if len(value) <= LONGEST_TEXT:
            return value
        digest = hashlib.sha256(value).hexdigest()
        rest = f"... [{len(value)} bytes in all, SHA-256 {digest}]"
        return bytes(value[:BEGINNING]) + rest.encode()
    if isinstance(value, Blob):
        return f"[{value.length} bytes in all, in a file]"
    if isinstance(value, dict):
        return {name: shortened(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [shortened(item) for item in value]
    return value


def is_shortened(value: Any) -> bool:
    """Whether anything in a detail is no more what it was."""
    if isinstance(value, str):
        return _REST.search(value[-_REST_LONGEST:]) is not None
    if isinstance(value, bytes | bytearray | memoryview):
        return _REST.search(bytes(value[-_REST_LONGEST:]).decode("latin-1")) is not None
    if isinstance(value, dict):
        return any(is_shortened(item) for item in value.values())
    return isinstance(value, list | tuple) and any(is_shortened(item) for item in value)
