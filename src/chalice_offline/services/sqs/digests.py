"""The MD5 digests that SQS returns and SDKs verify (Developer Guide, message metadata)."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_STRING_VALUE = b"\x01"
_BINARY_VALUE = b"\x02"


def body_digest(body: str) -> str:
    """Return the MD5 of a message body."""
    return hashlib.md5(body.encode(), usedforsecurity=False).hexdigest()


def attributes_digest(attributes: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the MD5 of message attributes: sorted by name, each part after its length."""
    digest = hashlib.md5(usedforsecurity=False)
    for name in sorted(attributes):
        attribute = attributes[name]
        digest.update(_with_length(name.encode()))
        digest.update(_with_length(attribute["DataType"].encode()))
        if "StringValue" in attribute:
            digest.update(_STRING_VALUE + _with_length(attribute["StringValue"].encode()))
        else:
            digest.update(_BINARY_VALUE + _with_length(attribute["BinaryValue"]))
    return digest.hexdigest()


def _with_length(part: bytes) -> bytes:
    return len(part).to_bytes(4, "big") + part
