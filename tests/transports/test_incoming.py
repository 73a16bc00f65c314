"""Payloads on their way in: chunks of chunks, files, and what is refused."""

from __future__ import annotations

import errno
import hashlib
import os
from typing import TYPE_CHECKING

import pytest

from chalice_offline.core.errors import AwsError
from chalice_offline.core.http import Headers, HttpRequest
from chalice_offline.storage import SqliteStorage
from chalice_offline.storage.file_blobs import FileWriter
from chalice_offline.transports.aws_chunked import AwsChunkedDecoder
from chalice_offline.transports.incoming import IncomingBody

if TYPE_CHECKING:
    from collections.abc import Iterator

MIB = 1024 * 1024
CHUNKED = (
    b"5;chunk-signature=abc\r\nhello\r\n"
    b"1\r\n \r\n"
    b"5\r\nworld\r\n"
    b"0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n"
)


@pytest.fixture
def storage() -> Iterator[SqliteStorage]:
    made = SqliteStorage()
    yield made
    made.close()


def put(**headers: str) -> HttpRequest:
    fields = Headers((name.replace("_", "-"), value) for name, value in headers.items())
    return HttpRequest("PUT", "http://s3.localhost:4566/bucket/key", fields)


@pytest.mark.parametrize("step", [1, 2, 3, 7, 1000])
def test_chunks_are_decoded_however_they_are_cut(step: int) -> None:
    """The network cuts anywhere, also inside a size or a line end."""
    decoder = AwsChunkedDecoder()
    content = b"".join(
        piece
        for start in range(0, len(CHUNKED), step)
        for piece in decoder.feed(CHUNKED[start : start + step])
    )
    assert content == b"hello world"
    assert decoder.finish() == {"x-amz-checksum-crc32": "AAAAAA=="}


@pytest.mark.parametrize(
    "body",
    [
        b"", b"5\r\nhel", b"5\r\nhello", b"5\r\nhelloX", b"5\r\nhello\r\n", b"x\r\n\r\n", b"-1\r\n",
        b"+5\r\nhello\r\n0\r\n\r\n", b"f" * 17 + b"\r\n", b"5" * 20000, b"\r\n",
    ],
)  # fmt: skip
def test_chunks_that_are_none_are_an_incomplete_body(body: bytes) -> None:
    """S3's own word for it; nothing is stored."""
    decoder = AwsChunkedDecoder()
    with pytest.raises(AwsError, match="IncompleteBody"):
        list(decoder.feed(body))
        decoder.finish()


def test_a_large_object_goes_to_a_file_with_its_md5(storage: SqliteStorage) -> None:
    """And never through memory as a whole."""
    incoming = IncomingBody(put(), storage.blobs)
    piece = bytes(range(256)) * 256
    for _ in range(64):
        incoming.write(piece)
    request = incoming.finish()
    assert request.upload is not None
    assert (request.body, request.upload.length) == (b"", 64 * len(piece))
    assert request.upload.md5 == hashlib.md5(piece * 64).hexdigest()
    assert request.upload.read() == piece * 64


def test_a_large_object_in_chunks_is_stored_as_it_is(storage: SqliteStorage) -> None:
    """Checksums behind it become header fields; what told of the chunks is gone."""
    content = b"x" * 2 * MIB
    head = put(
        x_amz_content_sha256="STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        content_encoding="gzip, aws-chunked",
        x_amz_trailer="x-amz-checksum-crc32",
        x_amz_decoded_content_length=str(len(content)),
    )
    incoming = IncomingBody(head, storage.blobs)
    body = b"%x\r\n" % len(content) + content + b"\r\n0\r\nx-amz-checksum-crc32:abc=\r\n\r\n"
    for start in range(0, len(body), 100_000):
        incoming.write(body[start : start + 100_000])
    request = incoming.finish()
    assert request.upload is not None
    assert request.upload.read() == content
    assert request.headers["content-encoding"] == "gzip"
    assert request.headers["x-amz-checksum-crc32"] == "abc="
    assert request.headers["content-length"] == str(len(content))
    assert request.headers["x-amz-content-sha256"] == "UNSIGNED-PAYLOAD"
    assert head.headers["x-amz-trailer"], "the head itself is left as it was"


def test_a_decoded_length_that_is_not_kept_is_refused(storage: SqliteStorage) -> None:
    """Half an object is no object; its file goes."""
    head = put(content_encoding="aws-chunked", x_amz_decoded_content_length="99")
    incoming = IncomingBody(head, storage.blobs)
    content = b"x" * 2 * MIB
    incoming.write(b"%x\r\n" % len(content) + content + b"\r\n0\r\n\r\n")
    folder = storage.blobs.writer().finish().path.parent
    with pytest.raises(AwsError, match="IncompleteBody"):
        incoming.finish()
    incoming.discard()
    assert len(list(folder.iterdir())) == 1


@pytest.mark.parametrize("step", ["write", "finish"])
def test_an_upload_for_which_there_is_no_room_is_answered(
    storage: SqliteStorage, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """With what the disk says, as S3 answers for a failure of its own; no file is left of it."""

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(FileWriter, step, full)
    incoming = IncomingBody(put(), storage.blobs)
    with pytest.raises(AwsError, match=r"InternalError: .*No space left on device") as refused:
        incoming.write(b"x" * 2 * MIB)
        incoming.finish()
    assert refused.value.status == 500
    incoming.discard()
    assert list(storage.blobs._unfinished.iterdir()) == []


def test_what_is_no_object_is_never_spooled(storage: SqliteStorage) -> None:
    """A service that reads its payload gets it in memory."""
    head = HttpRequest("POST", "http://localhost/bucket?delete", Headers())
    incoming = IncomingBody(head, storage.blobs)
    incoming.write(b"x" * 2 * MIB)
    assert incoming.finish().body == b"x" * 2 * MIB


@pytest.mark.parametrize(
    ("method", "path", "target", "code"),
    [
        ("PUT", "/bucket/key", "", "EntityTooLarge"),
        ("PUT", "/bucket/key?partNumber=1&uploadId=u", "", "EntityTooLarge"),
        ("PUT", "/bucket?policy", "", "MaxMessageLengthExceeded"),
        ("POST", "/", "AmazonSQS.SendMessageBatch", "BatchRequestTooLong"),
        ("POST", "/", "AmazonSQS.SendMessage", "InvalidParameterValue"),
        ("POST", "/", "DynamoDB_20120810.BatchWriteItem", "RequestEntityTooLarge"),
        ("POST", "/", "Nobody.Knows", "RequestEntityTooLarge"),
        ("POST", "/2015-03-31/functions", "", "RequestEntityTooLargeException"),
        ("POST", "/2015-03-31/functions/f/invocations", "", "RequestTooLargeException"),
    ],
)
def test_each_service_has_its_own_limit(
    storage: SqliteStorage, method: str, path: str, target: str, code: str
) -> None:
    """Judged by the announced length, before a byte is read."""
    headers = Headers([("x-amz-target", target)] if target else [])
    incoming = IncomingBody(HttpRequest(method, f"http://localhost{path}", headers), storage.blobs)
    with pytest.raises(AwsError) as caught:
        incoming.announce(6 * 1024 * MIB)
    assert caught.value.code == code
