"""A request's payload on its way in: in memory, or in a file when it is a large object for S3."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.core.errors import AwsError
from chalice_offline.transports.aws_chunked import (
    AwsChunkedDecoder,
    decoded_headers,
    is_aws_chunked,
)
from chalice_offline.transports.body_limits import MIB, body_limit

if TYPE_CHECKING:
    from chalice_offline.core.http import HttpRequest
    from chalice_offline.core.storage import Blobs, BlobWriter

SPOOLED_BYTES = MIB  # what is larger goes to a file


class IncomingBody:
    """Takes the payload of `head` piece by piece; `finish` gives the request whole.

    `write` raises AwsError as soon as the payload is larger than its service takes, and it and
    `finish` when the disk is full. Whoever does not come to `finish` calls `discard`.
    """

    def __init__(self, head: HttpRequest, blobs: Blobs) -> None:
        self._head = head
        self._blobs = blobs
        self._limit = body_limit(head)
        self._pieces: list[bytes] = []
        self._length = 0
        self._writer: BlobWriter | None = None
        self._decoder: AwsChunkedDecoder | None = None
        self._decoded = 0

    def announce(self, length: int) -> None:
        """Judge the length that the client announces; raises AwsError when it is too large."""
        if length > self._limit.length:
            raise self._limit.exceeded()

    def write(self, piece: bytes) -> None:
        """Append to the payload."""
        self._length += len(piece)
        self.announce(self._length)
        if self._writer is not None:
            self._spool(piece)
            return
        self._pieces.append(piece)
        if self._length > SPOOLED_BYTES and self._limit.spools:
            self._writer = self._blobs.writer()
            if is_aws_chunked(self._head.headers):
                self._decoder = AwsChunkedDecoder()
            pieces, self._pieces = self._pieces, []
            for earlier in pieces:
                self._spool(earlier)

    def finish(self) -> HttpRequest:
        """Return the request with its payload."""
        writer = self._writer
        if writer is None:
            return self._head._replace(body=b"".join(self._pieces))
        headers = self._head.headers
        if self._decoder is not None:
            headers = decoded_headers(headers, self._decoder.finish(), self._decoded)
        try:
            upload = writer.finish()
        except OSError as error:
            raise _not_kept(error) from error
        self._writer = None
        return self._head._replace(headers=headers, upload=upload)

    def discard(self) -> None:
        """Remove the file, if there is one."""
        if self._writer is not None:
            self._writer.discard()
            self._writer = None

    def _spool(self, piece: bytes) -> None:
        writer = self._writer
        assert writer is not None
        contents = (piece,) if self._decoder is None else self._decoder.feed(piece)
        for content in contents:
            self._decoded += len(content)
            try:
                writer.write(content)
            except OSError as error:
                raise _not_kept(error) from error


def _not_kept(error: OSError) -> AwsError:
    """Return the answer to an upload for which there is no room on the disk."""
    text = f"The upload could not be kept: {error.strerror or error}"
    return AwsError("InternalError", text, status=500, sender_fault=False)
