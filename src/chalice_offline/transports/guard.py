"""What stands between the sockets and an app: who may come in, and what is said when it fails."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from chalice_offline.core.http import Headers, HttpResponse
from chalice_offline.protocols import is_app_host
from chalice_offline.transports.asgi import (
    ClientGone,
    UnsendableReplyError,
    headers_of,
    send_response,
)
from chalice_offline.transports.browser_policy import Area
from chalice_offline.transports.websockets import refuse

if TYPE_CHECKING:
    from typing import Any

    from chalice_offline.transports.asgi import AsgiApp, Receive, Scope, Send
    from chalice_offline.transports.browser_policy import BrowserPolicy, Refusal

_log = logging.getLogger(__name__)

REFUSED_ORIGINS_TOLD = 100
# A document of a bucket is of the origin of the console, or of what it may ask of AWS: its scripts
# get another one.
SANDBOX = "sandbox allow-scripts allow-forms allow-popups allow-modals allow-downloads"
_DOCUMENTS = frozenset({"document", "iframe", "frame", "embed", "object"})


class Guard:
    """An ASGI app before another one: lets in what the browser policy lets in."""

    def __init__(self, app: AsgiApp, policy: BrowserPolicy, area: Area) -> None:
        self.area = area
        self._app = app
        self._policy = policy
        self._told: set[str] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; raises nothing, for the server would break the connection."""
        if scope["type"] == "websocket":
            await self._socket(scope, receive, send)
            return
        if scope["type"] != "http":
            return
        started = False

        async def sending(message: dict[str, Any]) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self._answer(scope, receive, sending)
        except ClientGone:
            return
        except asyncio.CancelledError:
            # The server stops, and has waited for this long enough.
            if not started:
                await send_response(send, plain_error(self.area, 503), close=True)
        except UnsendableReplyError as error:
            _log.error("the reply to %s cannot be sent: %s", _name(scope), error)
            await send_response(send, plain_error(self.area, 502), head=_is_head(scope))
        except Exception:
            # A mistake of ours or of an app. Once the reply has begun, cutting it off is all that
            # tells the client that it is not whole; that is what the server does.
            _log.exception("%s failed", _name(scope))
            if started:
                raise
            await send_response(send, plain_error(self.area, 500), head=_is_head(scope))

    def lets_by(self, headers: Headers) -> bool:
        """Whether a request comes in without more ado: a program's, at a host that is this door's.

        What its reply may be in a browser is of no concern then either.
        """
        return self._policy.is_plain(headers) and "sec-fetch-dest" not in headers

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = headers_of(scope)
        query = scope["query_string"].decode("latin-1")
        refusal = self._policy.refusal(scope["method"], scope["path"], query, headers, self.area)
        if refusal is not None:
            self._tell(scope, refusal)
            fields = Headers([("content-type", "text/plain; charset=utf-8")])
            reply = HttpResponse(refusal.status, fields, f"{refusal.text}\n".encode())
            # Its body is not read; a client that waits for leave to send it never will.
            await send_response(send, reply, head=_is_head(scope), close="expect" in headers)
            return
        if self.area is Area.AWS and _may_be_shown(headers) and not _is_apps(headers):
            send = _sandboxed(send)
        await self._app(scope, receive, send)

    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a WebSocket in as a request would be: pages may open them wherever they like."""
        scope = scope | {"method": "GET"}  # a handshake is one, though ASGI does not say so
        headers, query = headers_of(scope), scope["query_string"].decode("latin-1")
        refusal = self._policy.refusal("GET", scope["path"], query, headers, self.area)
        try:
            if refusal is not None:
                self._tell(scope, refusal)
                await receive()  # websocket.connect
                fields = [("content-type", "text/plain; charset=utf-8")]
                await refuse(send, refusal.status, fields, f"{refusal.text}\n".encode())
                return
            await self._app(scope, receive, send)
        except asyncio.CancelledError:
            return  # the server stops
        except Exception:
            _log.exception("%s failed", _name(scope))
            raise

    def _tell(self, scope: Scope, refusal: Refusal) -> None:
        if refusal.origin not in self._told and len(self._told) < REFUSED_ORIGINS_TOLD:
            self._told.add(refusal.origin)
            _log.warning("refused %s: %s", _name(scope), refusal.text)


def plain_error(area: Area, status: int, text: str = "") -> HttpResponse:
    """Return what AWS's front end answers when no service does."""
    if area is Area.APP:
        message = text or _APP_TEXTS[status]
        fields = Headers([("content-type", "application/json")])
        return HttpResponse(status, fields, json.dumps({"message": message}).encode())
    code, words = _AWS_ERRORS[status]
    body = f"<Error><Code>{code}</Code><Message>{escape(text or words)}</Message></Error>"
    fields = Headers([("content-type", "application/xml")])
    status = 500 if status == 502 else status
    return HttpResponse(status, fields, f'<?xml version="1.0" encoding="UTF-8"?>\n{body}'.encode())


_FAILED = "The emulator failed while handling this request; its log holds the cause."
_AWS_ERRORS = {
    400: ("BadRequest", "An error occurred when parsing the HTTP request."),
    431: ("RequestHeaderSectionTooLarge", "Your request header section exceeds the limit."),
    500: ("InternalFailure", _FAILED),
    502: ("InternalFailure", _FAILED),
    503: ("ServiceUnavailable", "The emulator is stopping."),
}
_APP_TEXTS = {
    400: "Bad Request",
    431: "Request Header Fields Too Large",
    500: "Internal server error",
    502: "Internal server error",
    503: "Service Unavailable",
}


def _is_apps(headers: Headers) -> bool:
    """Whether the reply is an app's own: a page there is of an origin of its own."""
    return is_app_host(headers.get("host") or "")


def _may_be_shown(headers: Headers) -> bool:
    """Whether a browser may show the reply as a document: it says so, or does not say."""
    destination = headers.get("sec-fetch-dest")
    if destination is None:  # an old browser, or a name such as *.localhost.localstack.cloud
        return (headers.get("user-agent") or "").startswith("Mozilla/")
    return destination in _DOCUMENTS


def _sandboxed(send: Send) -> Send:
    async def sending(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            names = {name for name, _ in message["headers"]}
            if b"content-security-policy" not in names:
                message["headers"].append((b"content-security-policy", SANDBOX.encode()))
        await send(message)

    return sending


def _is_head(scope: Scope) -> bool:
    return bool(scope["method"] == "HEAD")


def _name(scope: Scope) -> str:
    return f"{scope['method']} {scope['path'][:200]!r}"
