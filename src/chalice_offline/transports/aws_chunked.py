"""The content encoding aws-chunked, decoded while it arrives.

`SIZE[;chunk-signature=…]`, CRLF, that many bytes, CRLF; a chunk of size 0 is followed by trailers,
`name:value` a line (S3 API reference, "Signature calculations: transferring a payload in multiple
chunks"). Signatures are not checked here, as no others are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.core.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chalice_offline.core.http import Headers

_LONGEST_LINE = 16 * 1024
_SIZE_DIGITS = 16


def is_aws_chunked(headers: Headers) -> bool:
    """Whether a payload travels in chunks of its own."""
    if (headers.get("x-amz-content-sha256") or "").startswith("STREAMING-"):
        return True
    # The name alone says nothing: some clients put it on payloads that travel as they are.
    return "x-amz-decoded-content-length" in headers and "aws-chunked" in (
        headers.get("content-encoding") or ""
    )


class AwsChunkedDecoder:
    """Takes the bytes as they come, gives the content; `finish` gives the trailers."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._left = 0  # bytes of the present chunk, and 2 for the line end behind it
        self._last = False  # the chunk of size 0 was seen

    def feed(self, piece: bytes) -> Iterator[bytes]:
        """Give the content that is complete by now; raises AwsError when it is malformed."""
        self._buffer += piece
        while not self._last:
            if self._left > 2:
                content = bytes(self._buffer[: self._left - 2])
                if not content:
                    return
                del self._buffer[: len(content)]
                self._left -= len(content)
                yield content
            if self._left == 2 and not self._took_line_end():
                return
            if self._left == 0 and not self._took_size():
                return
        if len(self._buffer) > _LONGEST_LINE:
            raise _malformed()

    def finish(self) -> dict[str, str]:
        """Return the trailers, names in lower case; raises AwsError when something is missing."""
        if not self._last:
            raise _malformed()
        lines = self._buffer.decode("latin-1").split("\r\n")
        pairs = (line.partition(":") for line in lines if ":" in line)
        return {name.strip().lower(): value.strip() for name, _, value in pairs}

    def _took_line_end(self) -> bool:
        if len(self._buffer) < 2:
            return False
        if self._buffer[:2] != b"\r\n":
            raise _malformed()
        del self._buffer[:2]
        self._left = 0
        return True

    def _took_size(self) -> bool:
        end = self._buffer.find(b"\r\n", 0, _LONGEST_LINE)
        if end < 0:
            if len(self._buffer) > _LONGEST_LINE:
                raise _malformed()
            return False
        digits = bytes(self._buffer[:end]).partition(b";")[0].strip()
        if not digits.isalnum() or len(digits) > _SIZE_DIGITS:
            raise _malformed()
        try:
            size = int(digits, 16)
        except ValueError:
            raise _malformed() from None
        del self._buffer[: end + 2]
        self._last = size == 0
        self._left = size + 2 if size else 0
        return not self._last


def decoded_headers(headers: Headers, trailers: dict[str, str], length: int) -> Headers:
    """Return the header fields as if the content had been sent as it is.

    Trailing checksums become header fields: S3 compares them either way.
    """
    announced = headers.get("x-amz-decoded-content-length")
    if announced is not None and announced != str(length):
        raise AwsError(
            "IncompleteBody",
            "You did not provide the number of bytes specified by the Content-Length HTTP header",
        )
    plain = type(headers)(headers.items())
    encodings = [one.strip() for one in (headers.get("content-encoding") or "").split(",")]
    left = [one for one in encodings if one and one != "aws-chunked"]
    plain.pop("content-encoding", None)
    if left:
        plain["content-encoding"] = ",".join(left)
    plain["content-length"] = str(length)
    plain["x-amz-content-sha256"] = "UNSIGNED-PAYLOAD"
    plain.pop("x-amz-trailer", None)
    checksums = {name: v for name, v in trailers.items() if name.startswith("x-amz-checksum-")}
    plain.update(checksums)
    return plain


def _malformed() -> AwsError:
    return AwsError("IncompleteBody", "The request body terminated unexpectedly")
