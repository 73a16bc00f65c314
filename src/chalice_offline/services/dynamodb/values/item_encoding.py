"""Items as bytes in storage: JSON, with binaries marked so that nothing is ambiguous.

An item without binaries is its wire form as JSON. With binaries it starts with a byte that no JSON
document starts with, and the members "B" and "BS" hold base64. An attribute may itself be called
"B": its value is an object then, never text or a list of texts, so the two cannot be mixed up.
"""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

from chalice_offline.core.json_text import compact_encoder

if TYPE_CHECKING:
    from chalice_offline.services.dynamodb.values.attribute_values import Item

_WITH_BINARIES = b"\x01"


def _text_of(value: Any) -> str:
    assert isinstance(value, bytes), value
    return base64.b64encode(value).decode()


def _refuse(_: Any) -> Any:
    raise _HasBinaries


class _HasBinaries(Exception):  # noqa: N818 - it is no failure
    """The item has a binary somewhere."""


_encode_plain = compact_encoder(_refuse)
_encode_binaries = compact_encoder(_text_of)


def _with_binaries(document: dict[str, Any]) -> dict[str, Any]:
    if len(document) == 1:
        if isinstance(text := document.get("B"), str):
            return {"B": base64.b64decode(text)}
        if isinstance(texts := document.get("BS"), list):
            return {"BS": [base64.b64decode(text) for text in texts]}
    return document


_decode_plain = json.JSONDecoder().raw_decode
_decode_binaries = json.JSONDecoder(object_hook=_with_binaries).raw_decode


def encode_item(item: Item) -> bytes:
    """Return the bytes that `decode_item` makes the same item of."""
    try:
        return _encode_plain(item).encode()
    except _HasBinaries:
        return _WITH_BINARIES + _encode_binaries(item).encode()


def decode_item(data: bytes) -> Item:
    """Return the item that `encode_item` was given."""
    item: Item
    if data[:1] == _WITH_BINARIES:
        item, _ = _decode_binaries(data[1:].decode())
    else:
        item, _ = _decode_plain(data.decode())
    return item
