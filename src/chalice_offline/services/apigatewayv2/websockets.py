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

from chalice_offline.core.errors import AwsError
from chalice_offline.core.http import Headers, HttpRequest
from chalice_offline.core.pending import Pending
from chalice_offline.services.apigatewayv2 import replies
from chalice_offline.services.apigatewayv2.authorizing import authorize
from chalice_offline.services.apigatewayv2.connection import Connection
from chalice_offline.services.apigatewayv2.exchange import make_exchange
from chalice_offline.services.apigatewayv2.execute import stage_of
from chalice_offline.services.apigatewayv2.functions import function_of, invoke
from chalice_offline.services.apigatewayv2.limits import CONNECTION_MS, IDLE_MS, MESSAGE_BYTES
from chalice_offline.services.apigatewayv2.state import execute_api_host
from chalice_offline.services.apigatewayv2.websocket_events import (
    authorizer_event,
    connect_event,
    disconnect_event,
    message_event,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice_offline.core.context import CallContext
    from chalice_offline.core.http import HttpResponse
    from chalice_offline.core.kernel import Reply as KernelReply
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.apigatewayv2.api import Described
    from chalice_offline.services.apigatewayv2.exchange import Exchange
    from chalice_offline.services.apigatewayv2.state import ApiGatewayV2State

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

    def give_up(refused: replies.Refused) -> None:
        apis.connections.pop(connection.id, None)
        answer.resolve(_refused(refused.reply))

    route = exchange.snapshot.route("$connect")
    if route is None:
        return _opened(apis, connection)
    exchange.route = route

    def go_on() -> None:
        connection.authorizer = exchange.authorizer
        _ask(apis, connection, route, connect_event(exchange, connection), decided)

    def decided(status: int, body: bytes) -> None:
        if 200 <= status < 300:
            answer.resolve(_opened(apis, connection))
        else:
            give_up(_turned_away(connection, status, body))

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


def _turned_away(connection: Connection, status: int, body: bytes) -> replies.Refused:
    del body
    message = "Internal server error" if status == 502 else "Forbidden"
    refused = replies.Refused(status, message)
    content = {"message": message, "connectionId": connection.id, "requestId": connection.id}
    refused.reply.body = json.dumps(content).encode()
    return refused


def _opened(apis: ApiGatewayV2State, connection: Connection) -> Result:
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
        "headers": [],
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
        connection.close(1009, "Message too long")
        return {}
    is_text = request["isText"]
    body = data.decode() if is_text else base64.b64encode(data).decode()
    route = _route(connection, body if is_text else "")
    if route is None:
        _tell(connection, "Forbidden")
        return {}
    event = message_event(apis, connection, route["RouteKey"], body, is_base64=not is_text)
    has_response = bool(route.get("RouteResponseSelectionExpression"))

    def answered(status: int, answer: bytes) -> None:
        if status == 502:
            _tell(connection, "Internal server error")
        elif has_response and answer:
            connection.send(answer)

    _ask(apis, connection, route, event, answered)
    return {}


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


def _tell(connection: Connection, message: str) -> None:
    content = {"message": message, "connectionId": connection.id, "requestId": connection.id}
    connection.send(json.dumps(content).encode())


def disconnect(apis: ApiGatewayV2State, context: CallContext, request: Request) -> Result:
    """Note that a client is gone: "code" and "reason" as its close frame had them."""
    del context
    connection = apis.connections.get(request["connectionId"])
    if connection is not None and connection.is_open:
        connection.is_open = False
        connection.feed.end()
        _ended(apis, connection, request["code"], request["reason"])
    return {}


def _ended(apis: ApiGatewayV2State, connection: Connection, code: int, reason: str) -> None:
    del apis.connections[connection.id]
    for timer in connection.timers:
        apis.kernel.cancel(timer)
    route = connection.api.deployed(connection.stage).route("$disconnect")
    if route is not None:
        event = disconnect_event(apis, connection, code, reason)
        _ask(apis, connection, route, event, lambda _status, _body: None)


# ---- what a route leads to ------------------------------------------------------------------


def _ask(
    apis: ApiGatewayV2State,
    connection: Connection,
    route: Described,
    event: dict[str, Any],
    answered: Callable[[int, bytes], None],
) -> None:
    """Call a route's integration; `answered` gets its status and body (502: it failed)."""
    snapshot = connection.api.deployed(connection.stage)
    target = str(route.get("Target", "")).removeprefix("integrations/")
    integration = snapshot.integrations.get(target)
    if integration is None:
        answered(200 if not route.get("Target") else 502, b"")
        return
    kind = integration["IntegrationType"]
    if kind == "MOCK":
        answered(*_mock(integration))
    elif kind in ("HTTP", "HTTP_PROXY"):
        _http(apis, integration, event, answered)
    else:
        _function(apis, connection, integration, event, answered)


def _mock(integration: Described) -> tuple[int, bytes]:
    """Return the status that a template spells; a mock says nothing to the client by itself."""
    templates = integration.get("RequestTemplates") or {}
    template = next(iter(templates.values()), "")
    found = re.search(r"""["']?statusCode["']?\s*:\s*["']?(\d{3})""", template)
    return (int(found[1]) if found else 200), b""


def _function(
    apis: ApiGatewayV2State,
    connection: Connection,
    integration: Described,
    event: dict[str, Any],
    answered: Callable[[int, bytes], None],
) -> None:
    is_proxy = integration["IntegrationType"] == "AWS_PROXY"
    variables = dict(connection.stage.get("StageVariables") or {})
    function = function_of(integration["IntegrationUri"], variables)
    payload = event if is_proxy else str(event.get("body") or "{}").encode()

    def ended(pending: Pending[Result]) -> None:
        try:
            result = pending.result()
            if "FunctionError" in result:
                raise replies.failed()
            status, body = _proxied(result["Payload"]) if is_proxy else (200, result["Payload"])
        except (AwsError, replies.Refused):
            answered(502, b"")
        else:
            answered(status, body)

    invoke(apis, connection.api, function, payload, ()).then(ended)


def _proxied(payload: bytes) -> tuple[int, bytes]:
    reply = replies.function_reply(payload, "1.0") if _has_status(payload) else None
    return (reply.status, reply.body) if reply is not None else (200, b"")


def _has_status(payload: bytes) -> bool:
    try:
        result = json.loads(payload or b"null")
    except ValueError as error:
        raise replies.failed() from error
    return isinstance(result, dict) and "statusCode" in result


def _http(
    apis: ApiGatewayV2State,
    integration: Described,
    event: dict[str, Any],
    answered: Callable[[int, bytes], None],
) -> None:
    context = event["requestContext"]
    headers = {"content-type": "application/json", "connectionid": context["connectionId"]}
    for name, expression in (integration.get("RequestParameters") or {}).items():
        known = expression.removeprefix("context.")
        headers[name.rpartition(".")[2]] = str(context.get(known, expression))
    method = integration["IntegrationMethod"]
    body = str(event.get("body") or "").encode()
    sent = HttpRequest(method, integration["IntegrationUri"], Headers(headers.items()), body)

    def done(response: HttpResponse | None, _reason: str) -> None:
        answered(502 if response is None else response.status, response.body if response else b"")

    apis.kernel.send_http(sent, int(integration["TimeoutInMillis"]), done, ())
