"""@connections: what an application does to its clients from outside their messages.

Source: AWS, "Use @connections commands in your backend service".
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import unquote

from chalice_offline.core.errors import AwsError
from chalice_offline.services.apigatewayv2 import errors, replies
from chalice_offline.services.apigatewayv2.limits import MESSAGE_BYTES
from chalice_offline.services.common.timestamps import iso_milliseconds

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.apigatewayv2.api import Api
    from chalice_offline.services.apigatewayv2.connection import Connection
    from chalice_offline.services.apigatewayv2.state import ApiGatewayV2State

_PREFIX = "/@connections/"


def answer_management(
    apis: ApiGatewayV2State, api: Api, context: CallContext, request: Request
) -> Result:
    """Answer a plain request to a WebSocket API: only its connections can be asked for."""
    path = unquote(request["path"])
    stage = request.get("stage", "")
    if not stage:
        stage, _, rest = path.removeprefix("/").partition("/")
        path = f"/{rest}"
    if not path.startswith(_PREFIX) or unquote(stage) not in api.stages:
        return _result(replies.forbidden().reply)
    connection = apis.connections.get(path.removeprefix(_PREFIX))
    try:
        if connection is None or connection.api is not api or not connection.is_open:
            raise errors.gone()
        reply = _act(connection, context, request)
    except AwsError as error:
        fields = [("Content-Type", replies.JSON), ("x-amzn-ErrorType", error.code)]
        body = json.dumps({"message": error.message or None}).encode()
        return _result(replies.Reply(error.status, fields, body))
    return _result(reply)


def _act(connection: Connection, context: CallContext, request: Request) -> replies.Reply:
    method, body = request["method"], request.get("body") or b""
    if method == "POST":
        if len(body) > MESSAGE_BYTES:
            raise errors.payload_too_large()
        connection.active_ms = context.now_ms
        if not connection.send(body, is_text=_is_text(body)):
            raise errors.buffer_full()
        return replies.Reply(200)
    if method == "DELETE":
        connection.close(1000, "Connection Closed Normally", (context.entry,))
        return replies.Reply(204)
    if method == "GET":
        described = {
            "connectedAt": iso_milliseconds(connection.connected_ms),
            "identity": {"sourceIp": connection.source_ip, "userAgent": connection.user_agent},
            "lastActiveAt": iso_milliseconds(connection.active_ms),
        }
        fields = [("Content-Type", replies.JSON)]
        return replies.Reply(200, fields, json.dumps(described).encode())
    return replies.forbidden().reply


def _is_text(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


def _result(reply: replies.Reply) -> Result:
    return {"statusCode": reply.status, "headers": reply.headers, "body": reply.body}
