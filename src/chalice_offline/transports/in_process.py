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

from chalice_offline.core.errors import EmulatorBug
from chalice_offline.core.http import Headers, HttpRequest
from chalice_offline.core.pending import Pending
from chalice_offline.core.run import RunStopped
from chalice_offline.transports.present_run import present_causes, present_run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from botocore.awsrequest import AWSPreparedRequest, AWSResponse

    from chalice_offline.core.http import HttpResponse
    from chalice_offline.core.run import RunLife
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
        reply = self.gateway.handle(_to_request(request), present_causes())
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
    body: Any = request.body
    if body is None:
        body = b""
    elif isinstance(body, str):
        body = body.encode()
    elif not isinstance(body, bytes):
        body = bytes(body) if isinstance(body, bytearray) else body.read()
    # raw_items skips the parsing of structured mail headers, which costs more than our own work.
    items: Any = getattr(request.headers, "raw_items", request.headers.items)()
    headers = Headers()
    headers.update({name.lower(): v if v.__class__ is str else v.decode() for name, v in items})
    return HttpRequest(request.method, request.url, headers, body)


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
    reply.raw = _Raw(response.body)
    reply._content = response.body  # noqa: SLF001 - what AWSResponse.content would read from raw
    made: AWSResponse = reply
    return made


class _Raw(io.BytesIO):
    """A reply body as urllib3 gives it to botocore."""

    def stream(self, amt: int | None = None, **_: Any) -> Iterator[bytes]:
        """Give the body in pieces of `amt` bytes."""
        while piece := self.read(amt or -1):
            yield piece
