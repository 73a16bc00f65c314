"""The events that functions of WebSocket APIs get.

Source: AWS, "Set up a WebSocket API integration request", "Create, deploy and invoke …": the
examples of $connect, messages and $disconnect.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chalice_offline.services.apigatewayv2.api import Described
    from chalice_offline.services.apigatewayv2.connection import Connection
    from chalice_offline.services.apigatewayv2.exchange import Exchange
    from chalice_offline.services.apigatewayv2.state import ApiGatewayV2State


def context_of(
    apis: ApiGatewayV2State, connection: Connection, route_key: str, event_type: str
) -> dict[str, Any]:
    """Return the request context of one event of a connection."""
    now_ms = apis.kernel.now_ms
    moment = datetime.fromtimestamp(now_ms // 1000, UTC)
    request_id = f"{apis.kernel.ids.alphanumeric(15)}="
    identity = {"sourceIp": connection.source_ip}
    if connection.user_agent:
        identity = {"userAgent": connection.user_agent, **identity}
    context: dict[str, Any] = {
        "routeKey": route_key,
        "eventType": event_type,
        "extendedRequestId": request_id,
        "requestTime": moment.strftime("%d/%b/%Y:%H:%M:%S +0000"),
        "messageDirection": "IN",
        "stage": connection.stage["StageName"],
        "connectedAt": connection.connected_ms,
        "requestTimeEpoch": now_ms,
        "identity": identity,
        "requestId": request_id,
        "domainName": connection.host.partition(":")[0],
        "connectionId": connection.id,
        "apiId": connection.api.id,
    }
    if connection.authorizer:
        context["authorizer"] = connection.authorizer
    return context


def connect_event(exchange: Exchange, connection: Connection) -> dict[str, Any]:
    """Return the event of $connect: the handshake."""
    headers, query = _spelled(exchange), exchange.query
    event: dict[str, Any] = {
        "headers": {name: values[-1] for name, values in headers.items()},
        "multiValueHeaders": headers,
    }
    if query:
        event["queryStringParameters"] = {n: v[-1] for n, v in query.items()}
        event["multiValueQueryStringParameters"] = query
    if exchange.variables:
        event["stageVariables"] = exchange.variables
    event["requestContext"] = context_of(exchange.apis, connection, "$connect", "CONNECT")
    event["isBase64Encoded"] = False
    return event


def authorizer_event(
    exchange: Exchange, authorizer: Described, connection: Connection
) -> dict[str, Any]:
    """Return the event of a WebSocket API's Lambda authorizer."""
    del authorizer
    event = connect_event(exchange, connection)
    del event["isBase64Encoded"]
    event.setdefault("queryStringParameters", {})
    event.setdefault("multiValueQueryStringParameters", {})
    event.setdefault("stageVariables", {})
    return {"type": "REQUEST", "methodArn": exchange.arn, **event}


def message_event(
    apis: ApiGatewayV2State, connection: Connection, route_key: str, body: str, *, is_base64: bool
) -> dict[str, Any]:
    """Return the event of a message."""
    context = context_of(apis, connection, route_key, "MESSAGE")
    context["messageId"] = f"{apis.kernel.ids.alphanumeric(15)}="
    event: dict[str, Any] = {"requestContext": context}
    if connection.stage.get("StageVariables"):
        event["stageVariables"] = dict(connection.stage["StageVariables"])
    return {**event, "body": body, "isBase64Encoded": is_base64}


def disconnect_event(
    apis: ApiGatewayV2State, connection: Connection, code: int, reason: str
) -> dict[str, Any]:
    """Return the event of $disconnect."""
    host = connection.host.partition(":")[0]
    headers = {"Host": host, "x-api-key": "", "X-Forwarded-For": "", "x-restapi": ""}
    context = context_of(apis, connection, "$disconnect", "DISCONNECT")
    context |= {"disconnectStatusCode": code, "disconnectReason": reason}
    return {
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "requestContext": context,
        "isBase64Encoded": False,
    }


def _spelled(exchange: Exchange) -> dict[str, list[str]]:
    """Return the handshake's header fields as they came, with those that API Gateway adds."""
    found: dict[str, list[str]] = {}
    for name, value in exchange.fields:
        if name.lower() not in ("connection", "upgrade", "host"):
            found.setdefault(name, []).append(value)
    found["Host"] = [exchange.host.partition(":")[0]]
    found["X-Forwarded-For"] = [exchange.source_ip]
    found["X-Forwarded-Port"] = ["443"]
    found["X-Forwarded-Proto"] = ["https"]
    return found
