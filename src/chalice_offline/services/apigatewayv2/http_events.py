"""The events that functions of HTTP APIs get.

Source: AWS, "Create AWS Lambda proxy integrations for HTTP APIs": payload formats 1.0 and 2.0.
"""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chalice_offline.services.apigatewayv2.exchange import Exchange

_TEXT = re.compile(
    r"text/.*|application/(?:json|javascript|xml|[\w.-]+\+(?:json|xml))", re.IGNORECASE
)


def lambda_event(exchange: Exchange, version: str) -> dict[str, Any]:
    """Return the event of a request in a payload format."""
    return _event_2(exchange) if version == "2.0" else event_1(exchange)


def _event_2(exchange: Exchange) -> dict[str, Any]:
    headers = {name: ",".join(values) for name, values in exchange.headers.items()}
    cookies = [one.strip() for one in headers.pop("cookie", "").split(";") if one.strip()]
    body, is_base64 = _body(exchange)
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": exchange.route["RouteKey"],
        "rawPath": exchange.shown_path,
        "rawQueryString": exchange.raw_query,
    }
    if cookies:
        event["cookies"] = cookies
    event["headers"] = headers
    if exchange.query:
        event["queryStringParameters"] = {n: ",".join(v) for n, v in exchange.query.items()}
    event["requestContext"] = _context_2(exchange)
    if body is not None:
        event["body"] = body
    if exchange.path_parameters:
        event["pathParameters"] = dict(exchange.path_parameters)
    event["isBase64Encoded"] = is_base64
    if exchange.variables:
        event["stageVariables"] = exchange.variables
    return event


def _context_2(exchange: Exchange) -> dict[str, Any]:
    context: dict[str, Any] = {
        "accountId": exchange.api.account_id,
        "apiId": exchange.api.id,
        **exchange.domain,
        "http": {
            "method": exchange.method,
            "path": exchange.shown_path,
            "protocol": "HTTP/1.1",
            "sourceIp": exchange.source_ip,
            "userAgent": exchange.header("user-agent"),
        },
        "requestId": exchange.call.request_id,
        "routeKey": exchange.route["RouteKey"],
        "stage": exchange.stage_name,
        "time": exchange.time,
        "timeEpoch": exchange.call.now_ms,
    }
    if exchange.authorizer:
        context["authorizer"] = exchange.authorizer
    return context


def event_1(exchange: Exchange) -> dict[str, Any]:
    """Return the event in format 1.0, which is close to a REST API's."""
    headers, query = exchange.headers, exchange.query
    body, is_base64 = _body(exchange)
    key = exchange.route["RouteKey"]
    resource = key if key == "$default" else key.partition(" ")[2]
    context: dict[str, Any] = {
        "accountId": exchange.api.account_id,
        "apiId": exchange.api.id,
        **exchange.domain,
        "extendedRequestId": exchange.call.request_id,
        "httpMethod": exchange.method,
        "identity": {
            "accessKey": None,
            "accountId": None,
            "caller": None,
            "cognitoAmr": None,
            "cognitoAuthenticationProvider": None,
            "cognitoAuthenticationType": None,
            "cognitoIdentityId": None,
            "cognitoIdentityPoolId": None,
            "principalOrgId": None,
            "sourceIp": exchange.source_ip,
            "user": None,
            "userAgent": exchange.header("user-agent"),
            "userArn": None,
        },
        "path": exchange.shown_path,
        "protocol": "HTTP/1.1",
        "requestId": exchange.call.request_id,
        "requestTime": exchange.time,
        "requestTimeEpoch": exchange.call.now_ms,
        "resourceId": key,
        "resourcePath": resource,
        "stage": exchange.stage_name,
    }
    if exchange.authorizer:
        known = exchange.authorizer
        context["authorizer"] = known.get("lambda", known.get("jwt", known))
    return {
        "version": "1.0",
        "resource": resource,
        "path": exchange.shown_path,
        "httpMethod": exchange.method,
        "headers": {name: values[-1] for name, values in headers.items()},
        "multiValueHeaders": headers,
        "queryStringParameters": {n: v[-1] for n, v in query.items()} or None,
        "multiValueQueryStringParameters": query or None,
        "requestContext": context,
        "pathParameters": dict(exchange.path_parameters) or None,
        "stageVariables": exchange.variables or None,
        "body": body,
        "isBase64Encoded": is_base64,
    }


def _body(exchange: Exchange) -> tuple[str | None, bool]:
    if not exchange.body:
        return None, False
    kind = exchange.header("content-type").partition(";")[0].strip()
    if _TEXT.fullmatch(kind) and not exchange.header("content-encoding"):
        try:
            return exchange.body.decode(), False
        except UnicodeDecodeError:
            return base64.b64encode(exchange.body).decode(), True
    return base64.b64encode(exchange.body).decode(), True
