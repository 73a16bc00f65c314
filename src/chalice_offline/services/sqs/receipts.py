"""Receipt handles: opaque to clients, checkable by us, and the same in every replay."""

from __future__ import annotations

import base64
import binascii
import hashlib
import struct
from typing import NamedTuple

from chalice_offline.core.errors import AwsError

# AWS's handles begin with these bytes ("AQEB" in base64).
_PREFIX = b"\x01\x01\x01"
_FIELDS = struct.Struct(">3sQQQ")
_CHECK_BYTES = 64


class Receipt(NamedTuple):
    """What a handle stands for: one receive of one message of one queue."""

    queue_number: int
    message_number: int
    receive_count: int


def encode(queue_number: int, message_number: int, receive_count: int) -> str:
    """Return the handle for a receive."""
    fields = _FIELDS.pack(_PREFIX, queue_number, message_number, receive_count)
    return base64.b64encode(fields + _check(fields)).decode()


def decode(handle: str) -> Receipt:
    """Return what a handle stands for; AwsError ReceiptHandleIsInvalid for anything else."""
    try:
        raw = base64.b64decode(handle, validate=True)
    except (binascii.Error, ValueError):
        raise invalid_handle(handle) from None
    fields, check = raw[: _FIELDS.size], raw[_FIELDS.size :]
    if len(fields) != _FIELDS.size or check != _check(fields):
        raise invalid_handle(handle)
    _, queue_number, message_number, receive_count = _FIELDS.unpack(fields)
    return Receipt(queue_number, message_number, receive_count)


def invalid_handle(handle: str) -> AwsError:
    """Return the error for a handle this queue never gave out (text recorded)."""
    text = f'The input receipt handle "{handle}" is not a valid receipt handle.'
    return AwsError("ReceiptHandleIsInvalid", text)


def _check(fields: bytes) -> bytes:
    return hashlib.blake2b(fields, digest_size=_CHECK_BYTES).digest()
