"""The body format aws-chunked: pieces with their signatures, checksums after the last one.

API reference, "Transferring payload in multiple chunks". `size;chunk-signature=…`, CRLF, the
bytes, CRLF; the chunk of size 0 is followed by trailer lines `name:value`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.core.errors import AwsError

if TYPE_CHECKING:
    from chalice_offline.core.http import HttpRequest

_STREAMING = "STREAMING-"


def is_chunked(request: HttpRequest) -> bool:
    """Whether the request's body is aws-chunked."""
    if (dict.get(request.headers, "x-amz-content-sha256") or "").startswith(_STREAMING):
        return True
    # The name alone says nothing: some clients put it on bodies that travel as they are.
    return "x-amz-decoded-content-length" in request.headers and "aws-chunked" in (
        request.headers.get("content-encoding") or ""
    )


def decode_chunks(body: bytes) -> tuple[bytes, dict[str, str]]:
    """Return the content and the trailers; raises AwsError IncompleteBody."""
    pieces: list[bytes] = []
    position = 0
    while True:
        end = body.find(b"\r\n", position)
        if end < 0:
            raise _incomplete()
        size = _size(body[position:end])
        position = end + 2
        if size == 0:
            return b"".join(pieces), _trailers(body[position:])
        piece = body[position : position + size]
        if len(piece) != size or body[position + size : position + size + 2] != b"\r\n":
            raise _incomplete()
        pieces.append(piece)
        position += size + 2


def _size(line: bytes) -> int:
    try:
        return int(line.partition(b";")[0].strip(), 16)
    except ValueError:
        raise _incomplete() from None


def _trailers(text: bytes) -> dict[str, str]:
    lines = text.decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in lines if ":" in line)
    return {name.strip().lower(): value.strip() for name, _, value in pairs}


def _incomplete() -> AwsError:
    return AwsError("IncompleteBody", "The request body terminated unexpectedly")
