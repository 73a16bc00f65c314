"""How large an item is, in the bytes that AWS counts and charges for.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.services.dynamodb.values.numbers import significant

if TYPE_CHECKING:
    from chalice_offline.services.dynamodb.values.attribute_values import AttributeValue, Item

_CONTAINER_BYTES = 3  # of a list or a map, even when it is empty
_ELEMENT_BYTES = 1  # of each element of a list, and of each key and value pair of a map


def item_size_bytes(item: Item) -> int:
    """Return the size of a checked item: attribute names and values."""
    size = 0
    for name, value in item.items():
        size += len(name) if name.isascii() else len(name.encode())
        for kind, content in value.items():
            if kind == "S":
                size += len(content) if content.isascii() else len(content.encode())
            else:
                size += _content_size(kind, content)
    return size


def value_size_bytes(value: AttributeValue) -> int:
    """Return the size of one checked value."""
    for kind, content in value.items():
        return _text_size(content) if kind == "S" else _content_size(kind, content)
    raise AssertionError(value)


def _content_size(kind: str, content: Any) -> int:
    if kind == "N":
        return _number_size(content)
    if kind == "B":
        return len(content)
    if kind == "L":
        members = sum(map(value_size_bytes, content))
        return _CONTAINER_BYTES + _ELEMENT_BYTES * len(content) + members
    if kind == "M":
        return _CONTAINER_BYTES + _ELEMENT_BYTES * len(content) + item_size_bytes(content)
    if kind == "NS":
        return sum(map(_number_size, content))
    if kind == "SS":
        return sum(map(_text_size, content))
    if kind == "BS":
        return sum(map(len, content))
    return 1  # BOOL and NULL


def _text_size(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode())


def _number_size(number: str) -> int:
    """About a byte for two digits, one more, and one for the sign.

    The pairs are those of the decimal places: 12 is one pair, 1.2 is two.
    """
    negative, digits, magnitude = significant(number)
    if not digits:
        return 1
    pairs = (len(digits) + 1) // 2
    if len(digits) % 2 == 0 and magnitude % 2 == 0:
        pairs += 1
    return 1 + pairs + negative
