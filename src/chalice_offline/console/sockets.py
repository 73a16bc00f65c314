"""WebSocket APIs: which function answers which route, who is connected, and a word to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.console.doors import Asked, Door, Refusal
from chalice_offline.core.names import nearest
from chalice_offline.services.apigatewayv2.functions import function_of
from chalice_offline.services.apigatewayv2.limits import MESSAGE_BYTES
from chalice_offline.trace import mask

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chalice_offline.console.session import Session
    from chalice_offline.services.apigatewayv2.api import Api
    from chalice_offline.services.apigatewayv2.connection import Connection
    from chalice_offline.services.apigatewayv2.state import ApiGatewayV2State

_NORMAL = 1000  # RFC 6455, 7.4.1
_INTEGRATION = "integrations/"


class Sockets:
    """The WebSocket APIs of this account and region."""

    def __init__(self, session: Session, apis: ApiGatewayV2State) -> None:
        self._session = session
        self._apis = apis

    def doors(self) -> list[Door]:
        """Return what can be asked."""
        return [
            Door("GET", "sockets", self.all),
            Door("POST", "sockets/{connection}/send", self.send),
            Door("POST", "sockets/{connection}/close", self.close),
        ]

    def all(self, _asked: Asked) -> dict[str, Any]:
        """Answer every API, its routes with their functions, and its open connections."""
        with self._session.emulator.lock:
            return {"apis": [self._described(api) for api in self.apis()]}

    def apis(self) -> Iterator[Api]:
        """Give the APIs; within the emulator's lock."""
        context = self._session.context
        for api in self._apis.apis.values():
            here = (api.account_id, api.region) == (context.account_id, context.region)
            if here and not api.is_http:
                yield api

    def routes(self, api: Api) -> Iterator[tuple[str, str]]:
        """Give each route's key and the ARN of the function behind it, "" if there is none."""
        for route in api.routes.values():
            target = str(route.get("Target", "")).removeprefix(_INTEGRATION)
            uri = str(api.integrations.get(target, {}).get("IntegrationUri", ""))
            arn = function_of(uri, {})
            yield str(route["RouteKey"]), arn if ":lambda:" in arn else ""

    def open_on(self, api: Api) -> list[Connection]:
        """Return who is connected to an API."""
        return [one for one in self._apis.connections.values() if one.api is api and one.is_open]

    def send(self, asked: Asked) -> dict[str, Any]:
        """Send a `text` to a connection, as a backend does by @connections."""
        text = asked.body.get("text")
        if not isinstance(text, str) or not text:
            raise Refusal("text: what to send, a text that is not empty")
        data = text.encode()
        if len(data) > MESSAGE_BYTES:
            raise Refusal(f"text: {len(data)} bytes, of {MESSAGE_BYTES} that API Gateway takes")
        connection = self._find(asked.name("connection"))
        detail = {"ConnectionId": connection.id, "Data": data}
        sent = self._session.emulator.act(
            "apigatewaymanagementapi.PostToConnection",
            detail,
            lambda _context: connection.send(data),
            self._session.caller(asked.origin),
        )
        if not sent:
            raise Refusal(f"{connection.id} does not take what was sent to it before", 409)
        return {"sent": len(data)}

    def close(self, asked: Asked) -> dict[str, Any]:
        """End a connection from this side."""
        connection = self._find(asked.name("connection"))
        self._session.emulator.act(
            "apigatewaymanagementapi.DeleteConnection",
            {"ConnectionId": connection.id},
            lambda context: connection.close(
                _NORMAL, "Connection Closed Normally", (context.entry,)
            ),
            self._session.caller(asked.origin),
        )
        return {"closed": connection.id}

    # ---- within ----------------------------------------------------------------------------------

    def _described(self, api: Api) -> dict[str, Any]:
        return {
            "id": api.id,
            "name": str(api.described.get("Name", api.id)),
            "stages": list(api.stages),
            "routes": [
                {"key": key, "function": self._session.shown_name(arn.rpartition(":")[2])}
                for key, arn in self.routes(api)
            ],
            "connections": [
                {
                    "id": one.id,
                    "stage": one.stage["StageName"],
                    "connected_ms": one.connected_ms,
                    "active_ms": one.active_ms,
                    "user_agent": mask(one.user_agent),
                }
                for one in self.open_on(api)
            ],
        }

    def _find(self, name: str) -> Connection:
        with self._session.emulator.lock:
            found = {one.id: one for api in self.apis() for one in self.open_on(api)}
        if name not in found:
            raise Refusal(f"Nobody is connected as {name[:80]}.{nearest(name, found)}", 404)
        return found[name]
