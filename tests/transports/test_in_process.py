"""The door without a socket: what boto3 gives it, and what boto3 gets."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError

from chalice_offline.composition import compose
from chalice_offline.core.http import Headers, HttpRequest, HttpResponse
from chalice_offline.drivers.virtual import VirtualDriver
from chalice_offline.transports.gateway import Gateway
from chalice_offline.transports.in_process import InProcessDoor

if TYPE_CHECKING:
    from collections.abc import Iterator

MIB = 1024 * 1024
CONTENT = bytes(range(256)) * (3 * MIB // 256)


class Recording(Gateway):
    """A gateway that answers with a file, and remembers what it was asked."""

    def __init__(self, emulator: Any) -> None:
        super().__init__(emulator)
        self.asked: list[tuple[HttpRequest, bytes]] = []

    def handle(self, request: HttpRequest, causes: tuple[int, ...] = ()) -> HttpResponse:
        self.asked.append((request, request.upload.read() if request.upload else request.body))
        writer = self.emulator.storage.blobs.writer()
        writer.write(b"before " + CONTENT + b" behind")
        blob = writer.finish().part(7, len(CONTENT))
        headers = Headers([("content-length", str(len(CONTENT))), ("etag", '"x"')])
        if request.method != "GET":
            return HttpResponse(200, Headers([("etag", '"x"')]))
        return HttpResponse(200, headers, file=blob)


@pytest.fixture
def gateway() -> Iterator[Recording]:
    made = Recording(compose(VirtualDriver()))
    door = InProcessDoor(made)
    door.open()
    yield made
    door.close()
    made.emulator.storage.close()


def s3() -> Any:
    return boto3.session.Session().client(
        "s3", region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b"
    )


def test_a_large_file_is_spooled(gateway: Recording) -> None:
    """boto3 sends it in chunks with a checksum behind; the content arrives as it is."""
    s3().put_object(Bucket="bucket", Key="key", Body=io.BytesIO(CONTENT))
    ((request, content),) = gateway.asked
    assert request.upload is not None
    assert not request.upload.path.exists(), "what nobody kept is removed"
    assert content == CONTENT
    assert request.headers["content-length"] == str(len(CONTENT))
    assert request.headers["x-amz-checksum-crc32"]


@pytest.mark.parametrize("body", [b"", b"small", bytearray(b"small"), io.BytesIO(b"small")])
def test_small_payloads_stay_in_memory(gateway: Recording, body: Any) -> None:
    """Whatever boto3 takes as a body."""
    s3().put_object(Bucket="bucket", Key="key", Body=body)
    ((request, _),) = gateway.asked
    assert request.upload is None


@pytest.mark.parametrize("size", [None, 1, 1000, 10 * MIB])
def test_a_reply_from_a_file_is_read_as_any_other(gateway: Recording, size: int | None) -> None:
    """In pieces, in lines or whole, and only the part that is meant."""
    body = s3().get_object(Bucket="bucket", Key="key")["Body"]
    if size is None:
        assert body.read() == CONTENT
    elif size == 1:
        assert body.read(3) + next(body.iter_chunks(2)) == CONTENT[:5]
    else:
        assert b"".join(body.iter_chunks(size)) == CONTENT
    body.close()


def test_a_file_that_was_deleted_meanwhile_is_still_read(gateway: Recording) -> None:
    """The reply was given before."""
    body = s3().get_object(Bucket="bucket", Key="key")["Body"]
    folder = gateway.emulator.storage.blobs.writer().finish().path.parent
    for path in folder.iterdir():
        path.unlink()
    assert body.read() == CONTENT


def test_a_file_larger_than_the_service_takes_is_refused() -> None:
    """With AWS's error, while it is read."""
    door = InProcessDoor(Gateway(compose(VirtualDriver())))
    door.open()
    try:
        client = boto3.session.Session().client(
            "lambda", region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b"
        )
        with pytest.raises(ClientError, match="must be smaller than"):
            client.invoke(FunctionName="f", Payload=io.BytesIO(bytes(7 * MIB)))
    finally:
        door.close()
