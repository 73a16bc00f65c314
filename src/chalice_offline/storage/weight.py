"""How much memory an entry's detail holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.core.header_fields import characters
from chalice_offline.core.shortened import CHARACTER_BYTES, LONGEST_TEXT
from chalice_offline.core.storage import Blob
from chalice_offline.core.unspelled import UnspelledJson

if TYPE_CHECKING:
    from collections.abc import Mapping

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
            waiting += value  # its names, which weigh what is written in them
            waiting += value.values()
            counted += len(value)
            total += DICT_BYTES
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
