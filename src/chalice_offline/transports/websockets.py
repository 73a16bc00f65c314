"""WebSockets of APIs on the AWS endpoint and on an app's own port: frames in, frames out.

The kernel knows connections, messages and ends; what a frame is, uvicorn and websockets know.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from chalice_offline.core.pending import Pending
from chalice_offline.transports import asgi

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice_offline.core.http import HttpRequest
    from chalice_offline.transports.asgi import Receive, Scope, Send
    from chalice_offline.transports.gateway import Gateway

ABNORMAL = 1006
"""RFC 6455, 7.4.1: the connection ended without a close frame."""


async def serve_socket(
    gateway: Gateway,
    addressed: Callable[[HttpRequest], HttpRequest] | None,
    scope: Scope,
    receive: Receive,
    send: Send,
) -> None:
    """Serve one connection from its handshake to its end."""
    head = asgi.head_of(scope | {"method": "GET"})
    if addressed is not None:
        head = addressed(head)
    await receive()  # websocket.connect
    pending = gateway.connect(head)
    result = await _known(pending) if isinstance(pending, Pending) else pending
    if result["statusCode"] != 101:
        await refuse(send, result["statusCode"], result["headers"], result["body"])
        return
    await _Talk(gateway, result, receive, send).go_on()


async def refuse(send: Send, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
    """Answer a handshake with an HTTP reply."""
    start = {"status": status, "headers": _fields(headers)}
    await send({"type": "websocket.http.response.start", **start})
    await send({"type": "websocket.http.response.body", "body": body})


class _Talk:
    """One open connection: what the client sends is heard, what it is sent is written."""

    def __init__(
        self, gateway: Gateway, opened: dict[str, Any], receive: Receive, send: Send
    ) -> None:
        self._gateway = gateway
        self._id: str = opened["connectionId"]
        self._feed = opened["feed"]
        self._headers = _fields(opened["headers"])
        self._receive = receive
        self._send = send

    async def go_on(self) -> None:
        """Let the client in and go on until either side ends it."""
        try:
            await self._send({"type": "websocket.accept", "headers": self._headers})
            await self._both()
        except OSError:
            return  # the client hung up while $connect ran, or is too far gone to be told its end
        finally:
            self._gateway.tell("Disconnect", self._id, code=ABNORMAL, reason="")

    async def _both(self) -> None:
        hearing = asyncio.ensure_future(self._hear())
        writing = asyncio.ensure_future(self._write())
        try:
            await asyncio.wait((hearing, writing), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (hearing, writing):
                task.cancel()
            await asyncio.gather(hearing, writing, return_exceptions=True)

    async def _hear(self) -> None:
        while True:
            message = await self._receive()
            if message["type"] == "websocket.disconnect":
                # uvicorn gives a reason, if an empty one, where there was a close frame.
                code = message["code"] if "reason" in message else ABNORMAL
                reason = message.get("reason") or ""
                self._gateway.tell("Disconnect", self._id, code=code, reason=reason)
                return
            text = message.get("text")
            data = message.get("bytes") or b"" if text is None else text.encode()
            self._gateway.tell("Receive", self._id, data=data, isText=text is not None)

    async def _write(self) -> None:
        lock = self._gateway.emulator.lock
        while True:
            with lock:
                pending = self._feed.next()
            sent = await _known(pending)
            if sent is None:
                return
            if sent.code:
                reason = sent.data.decode()
                await self._send({"type": "websocket.close", "code": sent.code, "reason": reason})
                return
            kind = {"text": sent.data.decode()} if sent.is_text else {"bytes": sent.data}
            await self._send({"type": "websocket.send", **kind})


async def _known(pending: Pending[Any]) -> Any:
    """Wait until a value is known."""
    loop = asyncio.get_running_loop()
    known = loop.create_future()

    def end() -> None:
        if not known.done():
            known.set_result(None)

    def settled(_: Pending[Any]) -> None:
        try:
            loop.call_soon_threadsafe(end)
        except RuntimeError:  # the server was stopped meanwhile, and its loop is closed
            return

    pending.then(settled)
    await known
    return pending.result()


def _fields(headers: list[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
    return [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
