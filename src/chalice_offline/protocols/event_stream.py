"""Event streams: replies that are a sequence of messages, framed as AWS's SDKs read them.

A message is its length, the length of its headers, a checksum of both, the headers, the payload and
a checksum of all (AWS General Reference, "Event stream encoding"). The first one stands for the
reply's other members; none of ours has any.
"""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING, Any

from chalice_offline.core.http import Headers, HttpResponse

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice_offline.core.feed import Feed

CONTENT_TYPE = "application/vnd.amazon.eventstream"
_STRING = 7
_INITIAL_RESPONSE = "initial-response"


def event_stream_member(output_shape: Any) -> str | None:
    """Return the member of an output that is an event stream, if one is."""
    for name, shape in output_shape.members.items() if output_shape else ():
        if getattr(shape, "is_eventstream", False) or shape.serialization.get("eventstream"):
            return str(name)
    return None


def event_stream_reply(
    feed: Feed[dict[str, Any]],
    write: Callable[[dict[str, Any]], dict[str, Any]],
    dump: Callable[[Any], bytes],
    content_type: str,
    request_id: str,
) -> HttpResponse:
    """Return a reply that goes on as long as the feed does.

    Each value of the feed is one member of the event stream's shape; `write` makes wire values
    of it, `dump` the bytes of these.
    """

    def message(value: dict[str, Any]) -> bytes:
        [(event, content)] = write(value).items()
        return _frame(event, content_type, dump(content))

    first = _frame(_INITIAL_RESPONSE, content_type, dump({}))
    headers = Headers([("content-type", CONTENT_TYPE), ("x-amzn-requestid", request_id)])
    return HttpResponse(200, headers, feed=feed.map(message, first))


def _frame(event: str, content_type: str, payload: bytes) -> bytes:
    headers = b"".join(
        _header(name, value)
        for name, value in (
            (":message-type", "event"),
            (":event-type", event),
            (":content-type", content_type),
        )
    )
    # Twelve bytes of prelude, four of checksum.
    prelude = struct.pack("!II", 16 + len(headers) + len(payload), len(headers))
    message = prelude + struct.pack("!I", zlib.crc32(prelude)) + headers + payload
    return message + struct.pack("!I", zlib.crc32(message))


def _header(name: str, value: str) -> bytes:
    text = value.encode()
    return bytes([len(name)]) + name.encode() + struct.pack("!BH", _STRING, len(text)) + text
