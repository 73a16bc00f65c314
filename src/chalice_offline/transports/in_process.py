"""The door without a socket: a botocore `before-send` hook in every client of this process.

botocore hands each signed request to the hook before it opens a connection; what the hook returns
is the reply. The hook is installed once in the process and asks for the open door at each call, so
clients made at import time keep working when a test opens another emulator's door.
"""

from __future__ import annotations

import io
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from chalice_offline.core.errors import EmulatorBug
from chalice_offline.core.http import Headers, HttpRequest
from chalice_offline.core.pending import Pending

if TYPE_CHECKING:
    from collections.abc import Iterator

    from botocore.awsrequest import AWSPreparedRequest, AWSResponse

    from chalice_offline.transports.gateway import Gateway

# The journal entry of the handler run whose code is executing: what its calls follow from.
current_run: ContextVar[tuple[int, ...]] = ContextVar("current_run", default=())



class InProcessDoor:
    """Answers botocore's requests in this process while open."""

    _open: InProcessDoor | None = None
    _installed = False

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    def open(self) -> None:
        """Take over all botocore clients of this process, those made already included."""
        if InProcessDoor._open is not None:
            raise EmulatorBug("another emulator's door is open in this process")
        install_hook()
        InProcessDoor._open = self

    def close(self) -> None:
        """Let botocore's clients reach the network again."""
        if InProcessDoor._open is self:
            InProcessDoor._open = None

    @classmethod
    def answer(cls, request: AWSPreparedRequest, **_: Any) -> AWSResponse | None:
        """Answer a request, or return None to let it out: no door open, or not meant for AWS."""
        door = cls._open
        if door is None:
            return None
        reply = door._gateway.handle(_to_request(request), current_run.get())
        if isinstance(reply, Pending):
            door._gateway.emulator.driver.wait(reply)
            reply = reply.result()
        from botocore.awsrequest import AWSResponse

        headers = _ReplyHeaders(reply.headers)
        return AWSResponse(request.url, reply.status, headers, _Raw(reply.body))


def install_hook() -> None:
    """Register with botocore, once; clients made from then on ask the open door, if there is one."""
    if InProcessDoor._installed:
        return
    from botocore import handlers

    handlers.BUILTIN_HANDLERS.append(("before-send", InProcessDoor.answer))
    InProcessDoor._installed = True


def attach(client: Any) -> None:
    """Let a client made before the first door was opened use the door, too."""
    client.meta.events.register_first("before-send", InProcessDoor.answer)


def _to_request(request: AWSPreparedRequest) -> HttpRequest:
    body = request.body
    if body is None:
        body = b""
    elif isinstance(body, str):
        body = body.encode()
    elif not isinstance(body, bytes):
        body = bytes(body) if isinstance(body, bytearray) else body.read()
    headers = Headers(
        (name, value if isinstance(value, str) else value.decode())
        for name, value in request.headers.items()
    )
    return HttpRequest(request.method, request.url, headers, body)


class _ReplyHeaders(dict[str, str]):
    """Reply headers as botocore reads them: any capitalisation finds them."""

    def get(self, name: str, default: Any = None) -> Any:
        return super().get(name.lower(), default)

    def __getitem__(self, name: str) -> str:
        return super().__getitem__(name.lower())

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and super().__contains__(name.lower())


class _Raw(io.BytesIO):
    """A reply body as urllib3 gives it to botocore."""

    def stream(self, amt: int | None = None, **_: Any) -> Iterator[bytes]:
        """Give the body in pieces of `amt` bytes."""
        while piece := self.read(amt if amt else -1):
            yield piece
