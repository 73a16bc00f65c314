"""The event a Lambda function gets for a request, and the response it returns.

Source: AWS, "Lambda proxy integrations in API Gateway": input and output format.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from chalice_offline.services.apigateway import failures
from chalice_offline.services.apigateway.exchange import Reply

if TYPE_CHECKING:
    from chalice_offline.services.apigateway.exchange import Exchange

_FUNCTION = re.compile(
    r"arn:[\w-]+:apigateway:[\w-]*:lambda:path/[\d-]+/functions/(.+)/invocations"
)
_MEMBERS = frozenset({"statusCode", "headers", "multiValueHeaders", "body", "isBase64Encoded"})


@lru_cache(maxsize=1024)
def lambda_function(uri: str) -> str:
    """Return the function that an integration's or authorizer's URI names; "" for none."""
    found = _FUNCTION.fullmatch(uri)
    return found[1] if found else ""


def proxy_event(exchange: Exchange) -> dict[str, Any]:
    """Return a proxy integration's event."""
    headers, query = exchange.headers, exchange.query
    body: str | None = None
    is_base64 = False
    if exchange.body:
        is_base64 = exchange.is_binary
        body = base64.b64encode(exchange.body).decode() if is_base64 else exchange.text()
    return {
        "resource": exchange.taken.path,
        # Slashes before the path are one, those within it stay (recorded).
        "path": f"{exchange.base_path}/{exchange.path.lstrip('/')}",
        "httpMethod": exchange.method,
        "headers": exchange.last_headers or None,
        "multiValueHeaders": headers or None,
        "queryStringParameters": {n: values[-1] for n, values in query.items()} or None,
        "multiValueQueryStringParameters": query or None,
        "pathParameters": exchange.path_parameters or None,  # as they were sent (recorded)
        "stageVariables": exchange.variables or None,
        "requestContext": exchange.request_context(),
        "body": body,
        "isBase64Encoded": is_base64,
    }


def proxy_reply(exchange: Exchange, payload: bytes) -> Reply:
    """Return what the client gets of a function's response; raises GatewayFailure for a bad one."""
    try:
        answer = json.loads(payload)
    except ValueError as error:
        raise failures.bad_gateway() from error
    if not isinstance(answer, dict) or not answer.keys() <= _MEMBERS:
        raise failures.bad_gateway()
    return Reply(_status(answer), _headers(answer), _body(exchange, answer))


def _status(answer: dict[str, Any]) -> int:
    status = answer.get("statusCode", 200)
    if isinstance(status, bool) or not isinstance(status, int | str):
        raise failures.bad_gateway()
    try:
        number = int(status)
    except ValueError as error:
        raise failures.bad_gateway() from error
    if not 100 <= number <= 599:
        raise failures.bad_gateway()
    return number


def _headers(answer: dict[str, Any]) -> list[tuple[str, str]]:
    single, several = answer.get("headers") or {}, answer.get("multiValueHeaders") or {}
    if not isinstance(single, dict) or not isinstance(several, dict):
        raise failures.bad_gateway()
    found: dict[str, list[tuple[str, str]]] = {}
    for name, value in single.items():
        found[name.lower()] = [(name, _header(value))]
    for name, values in several.items():
        if not isinstance(values, list):
            raise failures.bad_gateway()
        kept = [(name, _header(value)) for value in values]
        present = found.setdefault(name.lower(), [])
        present += [one for one in kept if one[1] not in [value for _, value in present]]
    return [one for listed in found.values() for one in listed]


def _header(value: Any) -> str:
    if isinstance(value, dict | list):
        raise failures.bad_gateway()
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def _body(exchange: Exchange, answer: dict[str, Any]) -> bytes:
    body = answer.get("body")
    if body is None:
        return b""
    if not isinstance(body, str):
        raise failures.bad_gateway()
    if answer.get("isBase64Encoded") is True:
        accepted = (exchange.header("accept") or "").partition(",")[0]
        if exchange.served.is_binary(accepted):
            try:
                return base64.b64decode(body)
            except (binascii.Error, ValueError) as error:
                raise failures.internal_error() from error
    return body.encode()
