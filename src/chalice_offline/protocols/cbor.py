"""CBOR (RFC 8949), as far as AWS's Java SDK speaks it to Kinesis.

Instants are tag 1 with integer milliseconds, which is AWS's own reading of that tag.
"""

from __future__ import annotations

import struct
from datetime import UTC, datetime
from typing import Any, NamedTuple

from chalice_offline.core.errors import AwsError
from chalice_offline.core.utf8 import utf8

_UNSIGNED, _NEGATIVE, _BYTES, _TEXT, _ARRAY, _MAP, _TAG, _SIMPLE = range(8)
_INDEFINITE = 31
_EPOCH_TAG = 1
_SIMPLE_VALUES: dict[int, Any] = {20: False, 21: True, 22: None, 23: None}
_FLOATS = {25: "!e", 26: "!f", 27: "!d"}
_LENGTHS = {24: "!B", 25: "!H", 26: "!I", 27: "!Q"}
_DEPTH_MAX = 100


class Instant(NamedTuple):
    """An instant on its way out."""

    ms: int


def load(body: bytes) -> Any:
    """Decode one value; an empty body is an empty map.

    Raises AwsError("SerializationException") for anything that is not CBOR.
    """
    if not body:
        return {}
    reader = _Reader(body)
    try:
        value = reader.value(0)
    except (IndexError, KeyError, struct.error, ValueError, TypeError, OverflowError) as error:
        raise AwsError("SerializationException", "Could not parse the request body.") from error
    if reader.position != len(body) or value is _BREAK:
        raise AwsError("SerializationException", "Could not parse the request body.")
    return value


def dump(value: Any) -> bytes:
    """Encode one value."""
    pieces: list[bytes] = []
    _write(value, pieces)
    return b"".join(pieces)


_BREAK = object()


class _Reader:
    """Reads values one after the other."""

    def __init__(self, body: bytes) -> None:
        self._body = body
        self.position = 0

    def value(self, depth: int) -> Any:
        if depth > _DEPTH_MAX:
            raise ValueError("nested too deeply")
        first = self._body[self.position]
        self.position += 1
        major, extra = first >> 5, first & 0x1F
        if major == _SIMPLE:
            return self._simple(extra)
        if extra == _INDEFINITE:
            return self._indefinite(major, depth)
        argument = self._argument(extra)
        if major == _UNSIGNED:
            return argument
        if major == _NEGATIVE:
            return -1 - argument
        if major in (_BYTES, _TEXT):
            piece = self._take(argument)
            return piece if major == _BYTES else piece.decode()
        if major == _ARRAY:
            return [self._item(depth) for _ in range(argument)]
        if major == _MAP:
            return {self._item(depth): self._item(depth) for _ in range(argument)}
        return self._tagged(argument, depth)

    def _item(self, depth: int) -> Any:
        value = self.value(depth + 1)
        if value is _BREAK:
            raise ValueError("a break without a beginning")
        return value

    def _simple(self, extra: int) -> Any:
        if extra == _INDEFINITE:
            return _BREAK
        if extra in _FLOATS:
            return self._unpack(_FLOATS[extra])
        return _SIMPLE_VALUES[extra]

    def _indefinite(self, major: int, depth: int) -> Any:
        items = []
        while (item := self.value(depth + 1)) is not _BREAK:
            items.append(item)
        if major == _ARRAY:
            return items
        if major == _MAP:
            return dict(zip(items[::2], items[1::2], strict=True))
        if major == _TEXT:
            return "".join(items)
        if major == _BYTES:
            return b"".join(items)
        raise ValueError("only strings, arrays and maps are without length")

    def _tagged(self, tag: int, depth: int) -> Any:
        value = self._item(depth)
        if tag != _EPOCH_TAG:
            return value
        return datetime.fromtimestamp(value / 1000, UTC)

    def _argument(self, extra: int) -> int:
        return extra if extra < min(_LENGTHS) else int(self._unpack(_LENGTHS[extra]))

    def _unpack(self, form: str) -> Any:
        return struct.unpack(form, self._take(struct.calcsize(form)))[0]

    def _take(self, count: int) -> bytes:
        piece = self._body[self.position : self.position + count]
        if len(piece) != count:
            raise ValueError("cut off")
        self.position += count
        return piece


def _write(value: Any, pieces: list[bytes]) -> None:
    if value is None or value is True or value is False:
        pieces.append({None: b"\xf6", True: b"\xf5", False: b"\xf4"}[value])
    elif isinstance(value, Instant):
        pieces.append(_head(_TAG, _EPOCH_TAG))
        _write(value.ms, pieces)
    elif isinstance(value, int):
        pieces.append(_head(_UNSIGNED, value) if value >= 0 else _head(_NEGATIVE, -1 - value))
    elif isinstance(value, float):
        pieces.append(b"\xfb" + struct.pack("!d", value))
    elif isinstance(value, bytes):
        pieces += (_head(_BYTES, len(value)), value)
    elif isinstance(value, str):
        text = utf8(value)
        pieces += (_head(_TEXT, len(text)), text)
    elif isinstance(value, dict):
        pieces.append(_head(_MAP, len(value)))
        for key, item in value.items():
            _write(key, pieces)
            _write(item, pieces)
    else:
        pieces.append(_head(_ARRAY, len(value)))
        for item in value:
            _write(item, pieces)


def _head(major: int, argument: int) -> bytes:
    if argument < min(_LENGTHS):
        return bytes([major << 5 | argument])
    extra = next(e for e, form in _LENGTHS.items() if argument < 1 << 8 * struct.calcsize(form))
    return bytes([major << 5 | extra]) + struct.pack(_LENGTHS[extra], argument)
