"""Payloads that clients compress, as AWS's SDKs do when they are told to.

https://docs.aws.amazon.com/sdkref/latest/guide/feature-compression.html
In S3 Content-Encoding is a property of the object and its bytes are kept as they come, so nothing
here is for S3.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from chalice_offline.core.errors import AwsError
from chalice_offline.core.http import Headers

if TYPE_CHECKING:
    from chalice_offline.core.http import HttpRequest

# zlib's names for the formats: gzip's header and trailer, or its own.
_FORMATS = {"gzip": 16 + zlib.MAX_WBITS, "deflate": zlib.MAX_WBITS}
# DynamoDB's, the most that any service takes which SDKs compress for. A few bytes can stand for
# gigabytes, so this is counted while they are unpacked.
MOST_BYTES = 16 * 1024 * 1024


def decompressed(request: HttpRequest) -> HttpRequest:
    """Return the request as it was before the client compressed it; itself when it did not.

    Raises AwsError for what is no such format, and for more bytes than any service takes.
    """
    encoding = request.headers.get("content-encoding")
    if not encoding or encoding == "identity":
        return request
    if encoding not in _FORMATS:
        raise _failure()
    body = _decompressed(request.body, _FORMATS[encoding])
    kept = [(name, value) for name, value in request.headers.items() if name != "content-encoding"]
    return request._replace(headers=Headers(kept), body=body)


def _decompressed(data: bytes, window_bits: int) -> bytes:
    pieces = []
    length = 0
    while True:
        stream = zlib.decompressobj(window_bits)
        try:
            # One byte more than may be, to see that there is more.
            piece = stream.decompress(data, MOST_BYTES + 1 - length)
        except zlib.error as error:
            raise _failure() from error
        pieces.append(piece)
        length += len(piece)
        if length > MOST_BYTES or not stream.eof:
            raise _failure()
        data = stream.unused_data
        if not data:
            return b"".join(pieces)


def _failure() -> AwsError:
    """What DynamoDB answers to each of these, as ScyllaDB's tests recorded it."""
    return AwsError("InternalFailure", status=500, sender_fault=False)
