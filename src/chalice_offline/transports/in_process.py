"""The door without a socket: a botocore `before-send` hook in every client of this process.

botocore hands each signed request to the hook before it opens a connection; what the hook returns
is the reply. The hook is installed once in the process and asks for the open door at each call, so
clients made at import time keep working when a test opens another emulator's door.
"""

from __future__ import annotations

import gc
import io
import sys
from typing import TYPE_CHECKING, Any

from chalice_offline.core.errors import AwsError, EmulatorBug
from chalice_offline.core.http import Headers, HttpRequest
from chalice_offline.core.pending import Pending
from chalice_offline.core.run import RunStopped
from chalice_offline.core.storage import PIECE_BYTES
from chalice_offline.transports.incoming import IncomingBody
from chalice_offline.transports.present_run import present_causes, present_run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from botocore.awsrequest import AWSPreparedRequest, AWSResponse

    from chalice_offline.core.http import HttpResponse
    from chalice_offline.core.run import RunLife
    from chalice_offline.core.storage import Blob, Blobs
    from chalice_offline.transports.gateway import Gateway


class InProcessDoor:
    """Answers botocore's requests in this process while open."""

    _open: InProcessDoor | None = None
    _installed = False

    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway

    def open(self) -> None:
        """Take over all botocore clients of this process, those made already included."""
        if InProcessDoor._open is not None:
            raise EmulatorBug("another emulator's door is open in this process")
        InProcessDoor.install()
        InProcessDoor._open = self

    def close(self) -> None:
        """Let botocore's clients reach the network again."""
        if InProcessDoor._open is self:
            InProcessDoor._open = None

    @classmethod
    def install(cls) -> None:
        """Put the hook into every botocore client of this process, made before or after.

        New sessions copy botocore's built-in handlers. Sessions and clients that are there already
        (a test module that imported the app's code, say) are found by the garbage collector.
        """
        if cls._installed:
            return
        early = "botocore.client" in sys.modules
        from botocore import handlers

        handlers.BUILTIN_HANDLERS.append(("before-send", cls.answer))
        cls._installed = True
        if early:
            cls._hook_into_existing()

    @classmethod
    def _hook_into_existing(cls) -> None:
        from botocore.client import BaseClient
        from botocore.session import Session

        for found in gc.get_objects():
            if issubclass(type(found), Session):
                found.get_component("event_emitter").register_first("before-send", cls.answer)
            elif issubclass(type(found), BaseClient):
                found.meta.events.register_first("before-send", cls.answer)

    @classmethod
    def answer(cls, request: AWSPreparedRequest, **_: Any) -> AWSResponse | None:
        """Answer a request, or return None to let it out: no door open, or not meant for AWS."""
        door = cls._open
        if door is None:
            return None
        run = present_run.get()
        if run is None:
            return _reply(request.url, door.reply(request, None))
        with run.in_the_emulator():
            return _reply(request.url, door.reply(request, run.life))

    def reply(self, request: AWSPreparedRequest, life: RunLife | None) -> HttpResponse:
        """Answer a request of the run whose life that is, or of no run."""
        head = _to_request(request)
        file: Any = request.body
        if not hasattr(file, "read"):
            return self._handle(head, life)
        try:
            whole = _read_file(head, file, self.gateway.emulator.storage.blobs)
        except AwsError as error:
            return self.gateway.refuse(head, error)
        try:
            return self._handle(whole, life)
        finally:
            if whole.upload is not None:  # S3 has moved it away, if it took it
                whole.upload.path.unlink(missing_ok=True)

    def _handle(self, request: HttpRequest, life: RunLife | None) -> HttpResponse:
        reply = self.gateway.handle(request, present_causes())
        if not isinstance(reply, Pending):
            return reply
        try:
            self.gateway.emulator.driver.wait(reply, life)
            if not reply.done:
                raise RunStopped
        except BaseException:  # Ctrl-C, or a run that is stopped: nobody takes the reply
            self.gateway.hang_up(reply)
            raise
        return reply.result()


def _to_request(request: AWSPreparedRequest) -> HttpRequest:
    """Return the request; the payload of one that gives a file is left to `_read_file`."""
    body: Any = request.body
    if isinstance(body, str):
        body = body.encode()
    elif body.__class__ is not bytes:
        body = bytes(body) if isinstance(body, bytes | bytearray) else b""
    # raw_items skips the parsing of structured mail headers, which costs more than our own work.
    items: Any = getattr(request.headers, "raw_items", request.headers.items)()
    headers = Headers()
    headers.update({name.lower(): v if v.__class__ is str else v.decode() for name, v in items})
    return HttpRequest(request.method, request.url, headers, body)


def _read_file(head: HttpRequest, file: Any, blobs: Blobs) -> HttpRequest:
    """Return the request with what `file` holds, piece by piece; raises AwsError.

    As over HTTP, a large object goes to a file of ours and never through memory as a whole.
    """
    incoming = IncomingBody(head, blobs)
    try:
        while piece := file.read(PIECE_BYTES):
            incoming.write(piece.encode() if isinstance(piece, str) else piece)
        return incoming.finish()
    finally:
        incoming.discard()


def _reply(url: str, response: HttpResponse) -> AWSResponse:
    """Return a reply as botocore's own HTTP session would, its body already read.

    AWSResponse's constructor copies headers one by one into a mapping that folds their names;
    ours are folded already, and this is on the way of every call.
    """
    from botocore.awsrequest import AWSResponse

    reply: Any = AWSResponse.__new__(AWSResponse)
    reply.url = url
    reply.status_code = response.status
    reply.headers = response.headers
    if response.file is None:
        reply.raw = _Raw(response.body)
        reply._content = response.body  # noqa: SLF001 - what AWSResponse.content reads from raw
    else:
        reply.raw = _RawFile(response.file)
        reply._content = None  # noqa: SLF001 - not read yet
    made: AWSResponse = reply
    return made


class _Raw(io.BytesIO):
    """A reply body as urllib3 gives it to botocore."""

    def stream(self, amt: int | None = None, **_: Any) -> Iterator[bytes]:
        """Give the body in pieces of `amt` bytes."""
        while piece := self.read(amt or -1):
            yield piece


class _RawFile(io.RawIOBase):
    """The same of a large object: read from its file when the caller reads."""

    def __init__(self, blob: Blob) -> None:
        super().__init__()
        # Opened at once: what is deleted from now on can still be read.
        self._file = blob.path.open("rb")
        self._file.seek(blob.start)
        self._left = blob.length

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Any, /) -> int:
        """Read what fits."""
        count = self._file.readinto(memoryview(buffer)[: self._left])
        self._left -= count
        return count

    def read(self, size: int | None = -1, /) -> bytes:
        """Read `size` bytes, or the rest."""
        wanted = self._left if size is None or size < 0 else min(size, self._left)
        piece = self._file.read(wanted)
        self._left -= len(piece)
        return piece

    def stream(self, amt: int | None = None, **_: Any) -> Iterator[bytes]:
        """Give the body in pieces of `amt` bytes."""
        while piece := self.read(amt or PIECE_BYTES):
            yield piece

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()
        super().close()
