"""The door without a socket: botocore's requests are answered in this process.

botocore hands each signed request to `Endpoint._send` just before it opens a connection. As long as
a door is open that function asks the door first, for every client, whenever it was made, and what
is signed for it is signed without a hash (`signing.py`). When the last door closes both are
botocore's own again.

Several emulators may have a door each. A request goes to the door of the emulator whose code sends
it (a handler's calls, and those of threads it starts), else to the one that was opened last. A
client can also belong to a door: see `reply`.
"""

from __future__ import annotations

import io
import sys
from contextvars import ContextVar
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, ParamSpec, TypeVar

from chalice_offline.core.errors import AwsError
from chalice_offline.core.http import Headers, HttpRequest
from chalice_offline.core.interruption import RunStopped
from chalice_offline.core.pending import Pending
from chalice_offline.core.storage import PIECE_BYTES
from chalice_offline.transports.incoming import IncomingBody
from chalice_offline.transports.present_run import present_causes, present_run
from chalice_offline.transports.raw_feed import RawFeed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from botocore.awsrequest import AWSPreparedRequest, AWSResponse

    from chalice_offline.core.http import HttpResponse
    from chalice_offline.core.run import RunLife
    from chalice_offline.core.storage import Blob, Blobs
    from chalice_offline.transports.gateway import Gateway

P = ParamSpec("P")
R = TypeVar("R")

#: The door of the emulator whose code runs in this context.
_here: ContextVar[InProcessDoor | None] = ContextVar("in_process_door", default=None)


# No service takes less, so nothing needs to be judged while a payload of this size is read.
_SMALL_BYTES = 64 * 1024


class InProcessDoor:
    """Answers botocore's requests in this process while open."""

    _open: ClassVar[list[InProcessDoor]] = []
    _botocores_own: ClassVar[Any] = None

    def __init__(
        self,
        gateway: Gateway,
        acting: Callable[[], AbstractContextManager[None]] | None = None,
    ) -> None:
        """Make a door; `acting` is entered around each answer (virtual time takes the clock)."""
        self.gateway = gateway
        self._acting = acting

    def open(self) -> None:
        """Answer all botocore clients of this process, those made already included."""
        if not InProcessDoor._open:
            InProcessDoor._install()
        InProcessDoor._open.append(self)

    def close(self) -> None:
        """Answer no more; after the last door botocore's clients reach the network again."""
        doors = InProcessDoor._open
        if self in doors:  # its owner may have opened it twice, with another in between
            del doors[len(doors) - 1 - doors[::-1].index(self)]
            if not doors:
                InProcessDoor._uninstall()

    def for_code(self, function: Callable[P, R]) -> Callable[P, R]:
        """Return `function`, the AWS calls of which come through this door."""

        def call(*args: P.args, **kwargs: P.kwargs) -> R:
            before = _here.set(self)
            try:
                return function(*args, **kwargs)
            finally:
                _here.reset(before)

        return call

    def reply(self, request: AWSPreparedRequest) -> AWSResponse:
        """Answer a request of a client that belongs to this door."""
        if self._acting is None:
            return self._reply(request)
        with self._acting():
            return self._reply(request)

    @classmethod
    def answer(cls, request: AWSPreparedRequest) -> AWSResponse | None:
        """Answer a request, or return None to let it out: no door is open."""
        door = _here.get()
        if door is None or door not in cls._open:
            if not cls._open:
                return None
            door = cls._open[-1]
        return door.reply(request)

    # ---- within ----------------------------------------------------------------------------------

    def _reply(self, request: AWSPreparedRequest) -> AWSResponse:
        run = present_run.get()
        if run is None:
            response = self._answered(request, None)
        else:
            with run.in_the_emulator():
                response = self._answered(request, run.life)
        reply = _reply(request.url, response)
        if response.feed is not None:
            raw: Any = RawFeed(self.gateway.emulator, response.feed)
            reply.raw = raw
        return reply

    def _answered(self, request: AWSPreparedRequest, life: RunLife | None) -> HttpResponse:
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

    @classmethod
    def _install(cls) -> None:
        from botocore import endpoint

        from chalice_offline.transports import signing

        cls._botocores_own = _asks_first(endpoint)
        signing.install()

    @classmethod
    def _uninstall(cls) -> None:
        from botocore.endpoint import Endpoint

        from chalice_offline.transports import signing

        endpoint: Any = Endpoint
        endpoint._send = cls._botocores_own  # noqa: SLF001
        signing.uninstall()


def _asks_first(endpoint_module: Any) -> Any:
    """Have a copy of botocore ask for an open door before it sends; return how it sent."""
    # botocore offers no other way into clients that are there already.
    endpoint = endpoint_module.Endpoint
    send = endpoint._send  # noqa: SLF001

    def send_or_answer(sender: Any, request: AWSPreparedRequest) -> Any:
        reply = InProcessDoor.answer(request)
        return send(sender, request) if reply is None else reply

    endpoint._send = send_or_answer  # noqa: SLF001
    return send


BROUGHT_ALONG: dict[str, Callable[[Any], Any]] = {"botocore.endpoint": _asks_first}
"""What is done with modules of which an uploaded function brings a copy of its own, once imported.

Its calls are answered here as those of all other functions are: they belong to their run, and
none of them leaves the machine, whatever address its clients were made for.
"""


def _to_request(request: AWSPreparedRequest) -> HttpRequest:
    """Return the request; the payload of one that gives a file is left to `_read_file`."""
    body: Any = request.body
    if isinstance(body, str):
        body = body.encode()
    elif body.__class__ is not bytes:
        body = bytes(body) if isinstance(body, bytes | bytearray) else b""
    fields: Any = getattr(request.headers, "_dict", None)
    if fields is None:  # no botocore of today: the slow way, by what is public
        folded: dict[str, Any] = {name.lower(): text for name, text in request.headers.items()}
    else:
        # Its HeadersDict makes and compares two objects for each field that is asked for.
        folded = {key._lower: value for key, value in fields.items()}  # noqa: SLF001
    for name, value in folded.items():
        if value.__class__ is not str:
            folded[name] = value.decode()
    return HttpRequest(request.method, request.url, Headers.folded(folded), body)


def _read_file(head: HttpRequest, file: Any, blobs: Blobs) -> HttpRequest:
    """Return the request with what `file` holds, piece by piece; raises AwsError.

    As over HTTP, a large object goes to a file of ours and never through memory as a whole.
    """
    announced = dict.get(head.headers, "x-amz-decoded-content-length") or head.headers.get(
        "content-length"
    )
    if announced and announced.isdigit() and int(announced) <= _SMALL_BYTES:
        small = file.read()
        body = small.encode() if isinstance(small, str) else small
        return HttpRequest(head.method, head.url, head.headers, body)
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
    made = _response_type()
    reply: Any = made.__new__(made)
    reply.url = url
    reply.status_code = response.status
    reply.headers = response.headers
    if response.file is None:
        reply.raw = _Raw(response.body)
        reply._content = response.body  # noqa: SLF001 - what AWSResponse.content reads from raw
    else:
        reply.raw = _RawFile(response.file)
        reply._content = None  # noqa: SLF001 - not read yet
    answered: AWSResponse = reply
    return answered


@cache
def _response_type() -> type[AWSResponse]:
    from botocore.awsrequest import AWSResponse

    return AWSResponse


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
        self._pieces = blob.pieces()
        # Opened at once: what is deleted from now on can still be read.
        self._rest = memoryview(next(self._pieces, b""))

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Any, /) -> int:
        """Read what fits."""
        piece = self._next(len(buffer))
        buffer[: len(piece)] = piece
        return len(piece)

    def read(self, size: int | None = -1, /) -> bytes:
        """Read `size` bytes, or the rest."""
        left = sys.maxsize if size is None or size < 0 else size
        taken = []
        while left and (piece := self._next(left)):
            taken.append(piece)
            left -= len(piece)
        return b"".join(taken)

    def stream(self, amt: int | None = None, **_: Any) -> Iterator[bytes]:
        """Give the body in pieces of `amt` bytes."""
        while piece := self.read(amt or PIECE_BYTES):
            yield piece

    def close(self) -> None:
        """Let go of the file."""
        self._pieces.close()
        super().close()

    def _next(self, most: int) -> memoryview:
        """Take at most `most` bytes; none at the end."""
        if not self._rest:
            self._rest = memoryview(next(self._pieces, b""))
        piece, self._rest = self._rest[:most], self._rest[most:]
        return piece
