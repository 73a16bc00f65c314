"""Keys as bytes whose order is the order of the keys.

Each value's encoding ends itself: the encodings of hash and range key, one after the other, sort
by hash key, then by range key, and every range of range keys is a range of bytes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.services.dynamodb.values.numbers import MIN_MAGNITUDE, significant

if TYPE_CHECKING:
    from chalice_offline.services.dynamodb.values.attribute_values import AttributeValue

# A zero byte inside a value is told from the end of the value by what follows it.
_END = b"\x00\x01"
_ZERO_INSIDE = b"\x00\xff"

_NEGATIVE, _ZERO, _POSITIVE = b"\x01", b"\x02", b"\x03"
_COMPLEMENT = bytes(255 - byte for byte in range(256))


def key_bytes(value: AttributeValue) -> bytes:
    """Return the encoding of a checked value of type S, N or B."""
    for kind, content in value.items():
        if kind == "S":
            return _escaped(content.encode()) + _END
        if kind == "B":
            return _escaped(content) + _END
        return _number_bytes(content)
    raise AssertionError(value)


def key_prefix_bytes(value: AttributeValue) -> bytes:
    """Return what the encodings of all values that begin with `value` (S or B) begin with."""
    for kind, content in value.items():
        return _escaped(content.encode() if kind == "S" else content)
    raise AssertionError(value)


def after_prefix(prefix: bytes) -> bytes | None:
    """Return the first bytes after all those that begin with `prefix`; None when there are none.

    As an exclusive end, None means "up to the end".
    """
    stripped = prefix.rstrip(b"\xff")
    if not stripped:
        return None
    return stripped[:-1] + bytes([stripped[-1] + 1])


def _escaped(data: bytes) -> bytes:
    return data.replace(b"\x00", _ZERO_INSIDE) if b"\x00" in data else data


def _number_bytes(number: str) -> bytes:
    """Sign, magnitude, digits in pairs, end; all but the sign complemented when it is negative."""
    negative, digits, magnitude = significant(number)
    if not digits:
        return _ZERO
    if len(digits) % 2:
        digits += "0"
    pairs = bytes(int(digits[at : at + 2]) + 1 for at in range(0, len(digits), 2))
    encoded = bytes([magnitude - MIN_MAGNITUDE]) + pairs + b"\x00"
    return _NEGATIVE + encoded.translate(_COMPLEMENT) if negative else _POSITIVE + encoded
