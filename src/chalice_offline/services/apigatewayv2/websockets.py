"""Connections to WebSocket APIs: opened, heard, ended.

Source: AWS, "Overview of WebSocket APIs in API Gateway", "Working with routes for WebSocket APIs",
"Quotas for configuring and running a WebSocket API".
"""

from __future__ import annotations

import base64
import json
import re
from functools import partial
from typing import TYPE_CHECKING, Any

from chalice_offline.core.pending import Pending
from chalice_offline.services.apigatewayv2 import replies
from chalice_offline.services.apigatewayv2.authorizing import authorize
from chalice_offline.services.apigatewayv2.connection import Connection
from chalice_offline.services.apigatewayv2.exchange import make_exchange
from chalice_offline.services.apigatewayv2.execute import stage_of
from chalice_offline.services.apigatewayv2.limits import CONNECTION_MS, IDLE_MS, MESSAGE_BYTES
from chalice_offline.services.apigatewayv2.socket_calls import (
    FAILED,
    TIMED_OUT,
    Answer,
    SocketCall,
    start,
)
from chalice_offline.services.apigatewayv2.state import execute_api_host
from chalice_offline.services.apigatewayv2.websocket_events import (
    authorizer_event,
    connect_event,
    disconnect_event,
    message_event,
)

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Reply as KernelReply
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.apigatewayv2.api import Described
    from chalice_offline.services.apigatewayv2.exchange import Exchange
    from chalice_offline.services.apigatewayv2.state import ApiGatewayV2State

_SUBPROTOCOL = "sec-websocket-protocol"
# What API Gateway says to the client of an integration that did not answer, or not in time.
_FAILURES = {FAILED: "Internal server error", TIMED_OUT: "Endpoint request timed out"}
# Why a connection ended, where its close frame does not say.
_REASONS = {
    1000: "Connection Closed Normally",
    1001: "Going away",
    1005: "Client-side close frame status not set",
    1006: "Connection closed abnormally",
}
_SELECTION = re.compile(r"\$\{?request\.body\.([\w.-]+)\}?")


def connect(apis: ApiGatewayV2State, context: CallContext, request: Request) -> KernelReply | None:
    """Answer a handshake; None when the API is not one of ours.

    A 101 comes with "connectionId" and "feed": what is sent to the client, until its end.
    """
    api = apis.apis.get(request.get("apiId", "")) or apis.apis.get(request.get("apiId", "").lower())
    if api is None:
        return None
    stage, request = stage_of(api, request)
    if api.is_http or stage is None:
        return _refused(replies.forbidden().reply)
    exchange = make_exchange(apis, api, stage, context, request)
    connection = Connection(
        id=f"{apis.kernel.ids.alphanumeric(15)}=",
        api=api,
        stage=stage,
        connected_ms=context.now_ms,
        active_ms=context.now_ms,
        source_ip=exchange.source_ip,
        user_agent=exchange.header("user-agent"),
        host=_own_host(exchange),
        ended=partial(_ended, apis),
    )
    apis.connections[connection.id] = connection
    answer: Pending[Result] = Pending()
    request_ids: list[str] = []

    def give_up(refused: replies.Refused) -> None:
        apis.connections.pop(connection.id, None)
        answer.resolve(_refused(refused.reply))

    route = exchange.snapshot.route("$connect")
    if route is None:
        return _opened(apis, connection)
    exchange.route = route

    def go_on() -> None:
        connection.authorizer = exchange.authorizer
        event = connect_event(exchange, connection)
        call = SocketCall(apis, connection, route, event, exchange.causes, decided)
        request_ids.append(call.request_id)
        start(call)

    def decided(said: Answer) -> None:
        if 200 <= said.status < 300:
            answer.resolve(_opened(apis, connection, said.headers.get(_SUBPROTOCOL, "")))
        else:
            give_up(_turned_away(connection, said.status, request_ids[0]))

    try:
        authorize(
            exchange,
            go_on,
            give_up,
            lambda asked, authorizer: authorizer_event(asked, authorizer, connection),
        )
    except replies.Refused as refused:
        give_up(refused)
    return answer.result() if answer.done else answer


def _own_host(exchange: Exchange) -> str:
    """Return the name under which functions find the connection's API again."""
    host = exchange.host
    is_own = ".execute-api." in host or exchange.is_named
    return host if is_own else execute_api_host(exchange.api.id, exchange.api.region)


def _turned_away(connection: Connection, status: int, request_id: str) -> replies.Refused:
    """Return the handshake's reply; what a function says beside its status is not passed on."""
    message = _FAILURES.get(status, "Forbidden")
    refused = replies.Refused(status, message)
    refused.reply.body = _told(connection, message, request_id)
    return refused


def _opened(apis: ApiGatewayV2State, connection: Connection, subprotocol: str = "") -> Result:
    connection.is_open = True
    kernel = apis.kernel

    def look() -> None:
        due_ms = connection.active_ms + IDLE_MS
        if kernel.now_ms >= due_ms:
            connection.close(1001, "Going away")
        elif connection.is_open:
            connection.timers.append(kernel.at(due_ms, look, owed=False))

    def end() -> None:
        connection.close(1001, "Going away")

    connection.timers += [
        kernel.at(connection.active_ms + IDLE_MS, look, owed=False),
        kernel.at(connection.connected_ms + CONNECTION_MS, end, owed=False),
    ]
    return {
        "statusCode": 101,
        "headers": [("Sec-WebSocket-Protocol", subprotocol)] if subprotocol else [],
        "body": b"",
        "connectionId": connection.id,
        "feed": connection.feed,
    }


def _refused(reply: replies.Reply) -> Result:
    return {"statusCode": reply.status, "headers": reply.headers, "body": reply.body}


def receive(apis: ApiGatewayV2State, context: CallContext, request: Request) -> Result:
    """Take a message of a client: "data", and "isText"."""
    connection = apis.connections.get(request["connectionId"])
    if connection is None or not connection.is_open:
        return {}
    data: bytes = request["data"]
    connection.active_ms = context.now_ms
    if len(data) > MESSAGE_BYTES:
        connection.close(1009, "Message too long", (context.entry,))
        return {}
    is_text = request["isText"]
    body = data.decode() if is_text else base64.b64encode(data).decode()
    route = _route(connection, body if is_text else "")
    if route is None:
        event = message_event(apis, connection, "", body, is_base64=not is_text)
        _tell(apis, connection, "Forbidden", event["requestContext"]["requestId"])
        return {}
    event = message_event(apis, connection, route["RouteKey"], body, is_base64=not is_text)
    has_response = _has_response(connection, route)
    causes = (context.entry,)

    def answered(said: Answer) -> None:
        if said.status in _FAILURES:
            _tell(apis, connection, _FAILURES[said.status], call.request_id)
        elif has_response and said.body and not connection.send(said.body):
            _dropped(apis, connection, causes)

    call = SocketCall(apis, connection, route, event, causes, answered)
    start(call)
    return {}


def _has_response(connection: Connection, route: Described) -> bool:
    """Whether the backend's answer goes to the client: both halves of a route response are there.

    Source: AWS, "Set up route responses for WebSocket APIs". Chalice makes the first half only.
    """
    snapshot = connection.api.deployed(connection.stage)
    responses = snapshot.route_responses.get(route["RouteId"], {})
    return bool(route.get("RouteResponseSelectionExpression")) and any(
        response["RouteResponseKey"] == "$default" for response in responses.values()
    )


def _route(connection: Connection, text: str) -> Described | None:
    snapshot = connection.api.deployed(connection.stage)
    selection = _SELECTION.fullmatch(connection.api.described["RouteSelectionExpression"])
    key: Any = ""
    if selection is not None:
        try:
            key = json.loads(text)
            for name in selection[1].split("."):
                key = key[name]
        except (ValueError, KeyError, TypeError, RecursionError):
            key = ""
    own = {"$connect", "$disconnect"}
    named = snapshot.route(key) if isinstance(key, str) and key and key not in own else None
    return named or snapshot.route("$default")


def _tell(apis: ApiGatewayV2State, connection: Connection, message: str, request_id: str) -> None:
    if not connection.send(_told(connection, message, request_id)):
        _dropped(apis, connection, ())


def _told(connection: Connection, message: str, request_id: str) -> bytes:
    content = {"message": message, "connectionId": connection.id, "requestId": request_id}
    return json.dumps(content).encode()


def _dropped(apis: ApiGatewayV2State, connection: Connection, causes: tuple[int, ...]) -> None:
    subject, detail = "execute-api.connection", {"connectionId": connection.id}
    apis.kernel.note(subject, detail, causes, "not sent: too much waits for the client")


def disconnect(apis: ApiGatewayV2State, context: CallContext, request: Request) -> Result:
    """Note that a client is gone: "code" and "reason" as its close frame had them."""
    connection = apis.connections.get(request["connectionId"])
    if connection is not None and connection.is_open:
        connection.is_open = False
        connection.feed.end()
        _ended(apis, connection, request["code"], request["reason"], (context.entry,))
    return {}


def _ended(
    apis: ApiGatewayV2State,
    connection: Connection,
    code: int,
    reason: str,
    causes: tuple[int, ...] = (),
) -> None:
    del apis.connections[connection.id]
    for timer in connection.timers:
        apis.kernel.cancel(timer)
    route = connection.api.deployed(connection.stage).route("$disconnect")
    if route is None:
        return
    event = disconnect_event(apis, connection, code, reason or _REASONS.get(code, ""))
    start(SocketCall(apis, connection, route, event, causes, lambda _: None))
