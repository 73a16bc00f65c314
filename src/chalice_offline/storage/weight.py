"""How much memory an entry's detail holds, and how a text too long to be kept is told."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any

from chalice_offline.core.header_fields import characters
from chalice_offline.core.storage import Blob
from chalice_offline.core.unspelled import UnspelledJson

if TYPE_CHECKING:
    from collections.abc import Mapping

# Every message and event that a service takes in one piece is kept whole (SQS, SNS and
# EventBridge took 256 KiB for ten years); of what is longer, the beginning.
LONGEST_TEXT = 256 * 1024
BEGINNING = 16 * 1024
CHARACTER_BYTES = 2  # of a text that is not ASCII; 4 in one with emojis, which are few
# How what was shortened ends.
_REST = re.compile(r"\[[0-9]+ (?:characters|bytes) in all, (?:SHA-256 [0-9a-f]{64}|in a file)\]\Z")
_REST_LONGEST = 150
_SMALL = frozenset({int, float, bool, type(None)})
# Measured with tracemalloc: what requests of each kind really hold is 0.4 to 1.3 of their weight.
VALUE_BYTES = 100  # an object, its place in a dict or list, and a share of that
DICT_BYTES = 100  # a dict's own, over that
_FIELD_BYTES = 3 * VALUE_BYTES  # a pair and its two texts, over their length


def weigh(detail: Mapping[str, Any]) -> tuple[int, bool]:
    """Return the bytes that a detail holds, nested values included, and whether any is too long.

    On the way of every call, so it looks only at texts, and at what holds other values.
    """
    total = DICT_BYTES
    too_long = False
    nested: list[Any] = []
    for name, value in detail.items():
        total += len(name)
        kind = value.__class__
        if kind is str:
            size = len(value) if value.isascii() else len(value) * CHARACTER_BYTES
        elif kind is bytes:
            size = len(value)
        elif kind in _SMALL:
            continue
        elif isinstance(value, UnspelledJson):
            size = value.journal_weight
        elif name == "headers" and kind is tuple:  # of every request to an API
            size = characters(value) + len(value) * _FIELD_BYTES
        else:
            nested.append(value)
            continue
        total += size
        if size > LONGEST_TEXT:
            too_long = True
    total += (len(detail) + 1) * VALUE_BYTES
    if not nested:  # as with most
        return total, too_long
    below, is_longer = _weigh_all(nested, len(nested))
    return total + below, too_long or is_longer


def _weigh_all(waiting: list[Any], counted: int) -> tuple[int, bool]:
    """Weigh values and all that they hold; `counted` of them are counted already."""
    total = 0
    too_long = False
    for value in waiting:  # it grows meanwhile
        kind = value.__class__
        if kind is str:
            size = len(value) if value.isascii() else len(value) * CHARACTER_BYTES
        elif kind is bytes:
            size = len(value)
        elif kind is tuple or kind is list:
            waiting += value
            continue
        elif kind is dict:
            waiting += value.values()
            total += _length_of_names(value) + DICT_BYTES
            continue
        elif kind in _SMALL:
            continue
        elif kind is bytearray or kind is memoryview:
            size = len(value)
        else:
            # What a service put there to be spelled out later says what it holds on to.
            held = getattr(value, "journal_holds", None)
            if held is not None:
                waiting.append(held)
            too_long = too_long or isinstance(value, Blob)
            continue
        total += size
        if size > LONGEST_TEXT:
            too_long = True
    return total + (len(waiting) - counted) * VALUE_BYTES, too_long


def _length_of_names(value: dict[Any, Any]) -> int:
    try:
        return sum(map(len, value))
    except TypeError:  # a name that is no text
        return sum(map(len, map(str, value)))


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
        return _REST.search(value) is not None
    if isinstance(value, bytes | bytearray | memoryview):
        return _REST.search(bytes(value[-_REST_LONGEST:]).decode("latin-1")) is not None
    if isinstance(value, dict):
        return any(is_shortened(item) for item in value.values())
    return isinstance(value, list | tuple) and any(is_shortened(item) for item in value)
