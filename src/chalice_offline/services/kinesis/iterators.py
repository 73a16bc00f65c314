"""Shard iterators: a place in a shard, as text, good for five minutes."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, NamedTuple

from chalice_offline.core.errors import AwsError
from chalice_offline.services.kinesis import limits
from chalice_offline.services.kinesis.errors import invalid_argument
from chalice_offline.services.kinesis.stream import StreamKey
from chalice_offline.services.kinesis.tokens import utc_text

if TYPE_CHECKING:
    from chalice_offline.core.ids import Ids

# AWS's iterators decode to bytes that begin so.
_HEAD = b"\0\0\0\0\0\0\0\1"
_NONCE_DIGITS = 32
_PARTS = 8


class Place(NamedTuple):
    """The next record to read: a position in a shard of a stream."""

    key: StreamKey
    stream_id: str
    shard_index: int
    position: int


def write_iterator(ids: Ids, place: Place, now_ms: int) -> str:
    """Return an iterator; two of them differ, also when they mean the same place."""
    parts = (
        *place.key, place.stream_id, place.shard_index, place.position, now_ms,
        ids.hex(_NONCE_DIGITS),
    )  # fmt: skip
    return base64.b64encode(_HEAD + "/".join(str(part) for part in parts).encode()).decode()


def read_iterator(text: str, now_ms: int) -> Place:
    """Return the place; raises AwsError for what is no iterator, or an expired one.

    Quotation marks around it, which come with command lines, do no harm (recorded on AWS).
    """
    try:
        decoded = base64.b64decode(text.strip('"'), validate=True)
        if not decoded.startswith(_HEAD):
            raise _invalid()
        parts = decoded[len(_HEAD) :].decode().split("/")
        if len(parts) != _PARTS:
            raise _invalid()
        place = Place(StreamKey(*parts[:3]), parts[3], int(parts[4]), int(parts[5]))
        made_ms = int(parts[6])
    except (binascii.Error, ValueError):
        raise _invalid() from None
    if now_ms - made_ms > limits.ITERATOR_MS:
        raise AwsError(
            "ExpiredIteratorException",
            f"Iterator expired. The iterator was created at time {utc_text(made_ms)} while right "
            f"now it is {utc_text(now_ms)} which is further in the future than the tolerated delay "
            f"of {limits.ITERATOR_MS} milliseconds.",
        )
    return place


def _invalid() -> AwsError:
    return invalid_argument("Invalid ShardIterator.")
