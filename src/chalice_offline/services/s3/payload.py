"""The content of an upload: unwrapped, and checked against what the client says of it."""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import TYPE_CHECKING, NamedTuple

from chalice_offline.core.errors import AwsError
from chalice_offline.core.storage import Blob
from chalice_offline.services.s3.checksums import (
    DEFAULT_ALGORITHM,
    HEADERS,
    check_algorithm,
    check_spelling,
    checksum_of,
    given_checksum,
)
from chalice_offline.services.s3.chunked import decode_chunks, is_chunked
from chalice_offline.services.s3.contents import length_of, pieces_of
from chalice_offline.services.s3.errors import invalid_request
from chalice_offline.services.s3.limits import DEFAULT_CHECKSUM_BYTES

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.http import Headers
    from chalice_offline.core.kernel import Request
    from chalice_offline.services.s3.contents import Content

_MD5_BYTES = 16
_SHA256_DIGITS = 64


class Payload(NamedTuple):
    """An upload's content, its MD5 in hexadecimal, and its checksum.

    `given`: the client named the algorithm; else S3 chose it ("" for none).
    """

    content: Content
    size: int
    md5: str
    algorithm: str
    checksum: str
    given: bool


def read_payload(context: CallContext, request: Request) -> Payload:
    """Return the content of an upload; raises AwsError when it is not what the client says."""
    content: Content = request.get("Body") or b""
    trailers: dict[str, str] = {}
    http = context.http
    if http is not None:
        _check_announced_length(http.headers)
    if http is not None and is_chunked(http):
        content, trailers = decode_chunks(content.read() if isinstance(content, Blob) else content)
        _check_length(dict.get(http.headers, "x-amz-decoded-content-length"), length_of(content))
    md5 = md5_of(content)
    if "ContentMD5" in request:
        _check_md5(request["ContentMD5"], md5, is_part="UploadId" in request)
    if http is not None:
        _check_sha256(dict.get(http.headers, "x-amz-content-sha256") or "", content)
    given = given_checksum(request) or _in_trailers(trailers)
    if given is None:
        given = _announced(request, context, content)
    if given is None:
        chosen = "" if length_of(content) > DEFAULT_CHECKSUM_BYTES else DEFAULT_ALGORITHM
        checksum = checksum_of(chosen, content) if chosen else ""
        return Payload(content, length_of(content), md5, chosen, checksum, False)
    algorithm, text = given
    if checksum_of(algorithm, content) != text:
        check_spelling(algorithm, text)
        raise bad_checksum(algorithm)
    return Payload(content, length_of(content), md5, algorithm, text, True)


def bad_checksum(algorithm: str) -> AwsError:
    """Return the error for a checksum that is another one than the content's."""
    return AwsError(
        "BadDigest", f"The {algorithm} you specified did not match the calculated checksum."
    )


def _announced(request: Request, context: CallContext, content: Content) -> tuple[str, str] | None:
    """Judge an algorithm that is named without its checksum."""
    algorithm = request.get("ChecksumAlgorithm")
    if not algorithm:
        return None
    check_algorithm(algorithm)
    if context.http is None:  # a neighbour, which has no protocol to add it in
        return algorithm, checksum_of(algorithm, content)
    raise invalid_request(
        "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or "
        "x-amz-trailer headers were found."
    )


def _check_announced_length(headers: Headers) -> None:
    """Refuse an upload that does not say how long it is ("PutObject": Content-Length)."""
    if "x-amz-decoded-content-length" in headers or "content-length" in headers:
        return
    coding = headers.get("transfer-encoding")
    if coding is None:
        raise AwsError(
            "MissingContentLength", "You must provide the Content-Length HTTP header.", status=411
        )
    raise AwsError(
        "NotImplemented",
        "A header you provided implies functionality that is not implemented",
        status=501,
        fields={"Header": "Transfer-Encoding"},
    )


def _check_length(announced: str | None, length: int) -> None:
    if announced is not None and announced != str(length):
        raise AwsError(
            "IncompleteBody",
            "You did not provide the number of bytes specified by the Content-Length HTTP header",
        )


def md5_of(content: Content) -> str:
    """Return the MD5 of a content in hexadecimal."""
    if isinstance(content, Blob):
        if content.md5:
            return content.md5
        digest = hashlib.md5()
        for piece in pieces_of(content):
            digest.update(piece)
        return digest.hexdigest()
    return hashlib.md5(content).hexdigest()


def _check_md5(given: str, md5: str, *, is_part: bool) -> None:
    try:
        raw = base64.b64decode(given, validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    if len(raw) != _MD5_BYTES:
        raise AwsError(
            "InvalidDigest",
            "The Content-MD5 you specified was invalid.",
            fields={"Content-MD5": given},
        )
    if raw.hex() != md5:
        raise AwsError(
            "BadDigest",
            "The Content-MD5 you specified did not match what we received.",
            fields={
                "ExpectedDigest": given if is_part else raw.hex(),  # recorded
                "CalculatedDigest": base64.b64encode(bytes.fromhex(md5)).decode(),
            },
        )


def _check_sha256(given: str, content: Content) -> None:
    """Compare the digest that was signed; UNSIGNED-PAYLOAD and STREAMING-… are none."""
    if len(given) != _SHA256_DIGITS:
        return
    digest = hashlib.sha256()
    for piece in pieces_of(content):
        digest.update(piece)
    if digest.hexdigest() != given:
        raise AwsError(
            "XAmzContentSHA256Mismatch",
            "The provided 'x-amz-content-sha256' header does not match what was computed.",
            fields={
                "ClientComputedContentSHA256": given,
                "S3ComputedContentSHA256": digest.hexdigest(),
            },
        )


def _in_trailers(trailers: dict[str, str]) -> tuple[str, str] | None:
    for name, text in trailers.items():
        algorithm = HEADERS.get(name)
        if algorithm is not None:
            return algorithm, text
    return None
