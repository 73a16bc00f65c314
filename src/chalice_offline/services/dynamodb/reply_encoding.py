"""What DynamoDB adds to a reply over HTTP: compression for who asks for it, and a checksum.

Replies above 4 KB are compressed with gzip or deflate when the request's Accept-Encoding says so
(ScyllaDB's tests, recorded on AWS). `x-amz-crc32` is of the bytes as they are sent, compressed or
not (AWS's SDK for Java: calculateCrc32FromCompressedData).
"""

from __future__ import annotations

import re
import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chalice_offline.core.http import HttpRequest, HttpResponse
    from chalice_offline.services.dynamodb.state import DynamoDbState

_COMPRESSED_ABOVE_BYTES = 4096
# zlib's names for the formats: gzip's header and trailer, or its own. In the order of preference.
_FORMATS = {"gzip": 16 + zlib.MAX_WBITS, "deflate": zlib.MAX_WBITS}
# Also of a parameter whose name only ends in q (recorded); the first one counts.
_WEIGHT = re.compile(r"q=([^;]*)")


def complete(_dynamodb: DynamoDbState, request: HttpRequest, response: HttpResponse) -> None:
    """Compress a reply if that is wanted, and add its checksum."""
    wanted = dict.get(request.headers, "accept-encoding")
    if wanted and len(response.body) > _COMPRESSED_ABOVE_BYTES:
        encoding = accepted_encoding(wanted)
        if encoding is not None:
            packer = zlib.compressobj(wbits=_FORMATS[encoding])
            response.body = packer.compress(response.body) + packer.flush()
            response.headers["content-encoding"] = encoding
            response.headers["content-length"] = str(len(response.body))
    dict.__setitem__(response.headers, "x-amz-crc32", str(zlib.crc32(response.body)))


def accepted_encoding(header: str) -> str | None:
    """Return how a reply may be compressed, of what an Accept-Encoding lists; None for not at all.

    The heaviest wins, of equals the first. `*` stands for what is not listed. That `identity` may
    weigh more is ignored, as on AWS.
    """
    weights = [_weighed(entry) for entry in header.lower().split(",")]
    listed = {name for name, _ in weights}
    best, heaviest = None, 0.0
    for name, weight in weights:
        if name in _FORMATS and weight > heaviest:
            best, heaviest = name, weight
    for name, weight in weights:
        if name == "*" and weight > heaviest:
            best, heaviest = next((one for one in _FORMATS if one not in listed), best), weight
    return best


def _weighed(entry: str) -> tuple[str, float]:
    """A weight that is no number counts as one, and none is heavier than that (recorded)."""
    name, _, parameters = entry.partition(";")
    found = _WEIGHT.search(parameters)
    try:
        weight = float(found[1]) if found else 1.0
    except ValueError:
        weight = 1.0
    return name.strip(), min(weight, 1.0)
