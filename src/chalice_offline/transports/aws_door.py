"""The AWS endpoint and an app's routes over HTTP: bytes in, through the gateway, bytes out."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from chalice_offline.core.errors import AwsError
from chalice_offline.core.pending import Pending
from chalice_offline.transports import asgi
from chalice_offline.transports.body_limits import SMALL
from chalice_offline.transports.incoming import IncomingBody
from chalice_offline.transports.websockets import serve_socket

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice_offline.core.driver import Helper
    from chalice_offline.core.feed import Feed
    from chalice_offline.core.http import HttpRequest, HttpResponse
    from chalice_offline.transports.asgi import AsgiApp, Receive, Scope, Send
    from chalice_offline.transports.gateway import Gateway

# A client is watched, which costs a task, when its reply does not come soon.
WATCHED_AFTER_SECONDS = 0.05


class AwsEndpoint:
    """An ASGI app that answers AWS requests through a gateway; small ones it answers at once.

    It says by `switch_to` which gateway that is, before the first request and whenever it changes.
    """

    _gateway: Gateway
    _addressed: Callable[[HttpRequest], HttpRequest] | None
    _socket_addressed: Callable[[HttpRequest], HttpRequest] | None

    def switch_to(
        self,
        gateway: Gateway,
        addressed: Callable[[HttpRequest], HttpRequest] | None = None,
        socket_addressed: Callable[[HttpRequest], HttpRequest] | None = None,
    ) -> None:
        """Answer requests from now on through this gateway; for the others, see `aws_endpoint`."""
        self._addressed, self._socket_addressed = addressed, socket_addressed
        self._gateway = gateway

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or serve one WebSocket."""
        if scope["type"] == "websocket":
            await serve_socket(self._gateway, self._socket_addressed, scope, receive, send)
            return
        if scope["type"] != "http":
            return
        gateway = self._gateway
        head = asgi.head_of(scope)
        if self._addressed is not None:
            head = self._addressed(head)
        is_head = head.method == "HEAD"
        payload = asgi.Payload(receive)
        try:
            request = await _read(head, payload, gateway)
        except AwsError as error:
            # A client that waits for leave to send must not be given it.
            waits = "expect" in head.headers
            if not waits:
                await payload.discard()
            refusal = gateway.refuse(head, error)
            _follow(gateway, head, refusal)
            await asgi.send_response(send, refusal, head=is_head, close=waits)
            return
        try:
            reply = gateway.handle(request)
            if isinstance(reply, Pending):
                reply = await _settled(gateway, reply, receive)
            _follow(gateway, request, reply)
            await self.bringing(request, reply)(scope, receive, send)
        finally:
            if request.upload is not None:  # S3 has moved it away, if it took it
                request.upload.path.unlink(missing_ok=True)

    # ---- at once (at_once.Endpoint) --------------------------------------------------------------

    @property
    def helper(self) -> Helper | None:
        """How a thread that is going to wait for an answer helps; None where it must not."""
        return self._gateway.emulator.driver.helper

    def answer(self, request: HttpRequest) -> HttpResponse | Pending[HttpResponse]:
        """Answer a request that is there whole; never raises."""
        gateway = self._gateway
        if self._addressed is not None:
            request = self._addressed(request)
        reply = gateway.handle(request)
        if isinstance(reply, Pending):
            gateway.emulator.driver.expect(reply)
            if gateway.left_behind is not None and gateway.left_behind.follows(request):
                reply.then(lambda known: _follow(gateway, request, known.result()))
        else:
            _follow(gateway, request, reply)
        return reply

    def hang_up(self, pending: Pending[HttpResponse]) -> None:
        """Note that a client does not wait for its reply."""
        self._gateway.hang_up(pending)

    def bringing(self, request: HttpRequest, reply: HttpResponse) -> AsgiApp:
        """Return what sends a reply, piece by piece where it is a file or a feed."""

        async def bring(_: Scope, receive: Receive, send: Send) -> None:
            if reply.feed is None:
                await asgi.send_response(send, reply, head=request.method == "HEAD")
            else:
                await _send_feed(self._gateway, reply, reply.feed, send, receive)

        return bring


def aws_endpoint(
    gateway: Gateway,
    addressed: Callable[[HttpRequest], HttpRequest] | None = None,
    socket_addressed: Callable[[HttpRequest], HttpRequest] | None = None,
) -> AwsEndpoint:
    """Return an ASGI app that answers AWS requests through `gateway`.

    `addressed` gives a request the address that it is for, where the port says what that is;
    `socket_addressed` does so for a WebSocket's handshake.
    """
    endpoint = AwsEndpoint()
    endpoint.switch_to(gateway, addressed, socket_addressed)
    return endpoint


def _follow(gateway: Gateway, request: HttpRequest, reply: HttpResponse) -> None:
    if gateway.left_behind is not None and gateway.left_behind.follows(request):
        gateway.left_behind.saw(request, reply)


async def _read(head: HttpRequest, payload: asgi.Payload, gateway: Gateway) -> HttpRequest:
    """Return the request whole; raises AwsError when it is too large, ClientGone when cut off."""
    announced = head.headers.get("content-length")
    length = int(announced) if announced else None
    if length is not None and length <= SMALL:
        body = await payload.read()
        return head._replace(body=body)
    incoming = IncomingBody(head, gateway.emulator.storage.blobs)
    try:
        if length is not None:
            incoming.announce(length)
        async for piece in payload.pieces():
            incoming.write(piece)
        return incoming.finish()
    finally:
        incoming.discard()


async def _settled(
    gateway: Gateway, pending: Pending[HttpResponse], receive: Receive
) -> HttpResponse:
    """Return the reply once it is known; raises ClientGone when the client does not wait for it."""
    gateway.emulator.driver.expect(pending)
    try:
        await _known_or_gone(pending, receive)
        return pending.result()
    finally:
        if not pending.done:
            gateway.hang_up(pending)


async def _send_feed(
    gateway: Gateway, reply: HttpResponse, feed: Feed[bytes], send: Send, receive: Receive
) -> None:
    """Send a reply piece by piece, each when it is there, until it ends or the client goes."""
    await asgi.send_start(send, reply)
    lock = gateway.emulator.lock
    try:
        while True:
            with lock:
                pending = feed.next()
            await _known_or_gone(pending, receive)
            piece = pending.result()
            body = {"type": "http.response.body", "body": piece or b""}
            await send(body | {"more_body": piece is not None})
            if piece is None:
                return
    finally:
        with lock:
            feed.close()


async def _known_or_gone(pending: Pending[Any], receive: Receive) -> None:
    """Wait until a value is known; raises ClientGone when the client does not wait for it."""
    loop = asyncio.get_running_loop()
    known = loop.create_future()
    watching: list[asyncio.Task[None]] = []

    def end(_: object = None) -> None:
        if not known.done():
            known.set_result(None)

    def settled(_: Pending[Any]) -> None:
        try:
            loop.call_soon_threadsafe(end)
        except RuntimeError:  # the server was stopped meanwhile, and its loop is closed
            return

    def watch() -> None:
        gone = loop.create_task(asgi.disconnected(receive))
        gone.add_done_callback(end)
        watching.append(gone)

    pending.then(settled)
    later = loop.call_later(WATCHED_AFTER_SECONDS, watch)
    try:
        await known
        if not pending.done:
            raise asgi.ClientGone
    finally:
        later.cancel()
        for gone in watching:
            gone.cancel()
