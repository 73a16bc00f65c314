"""Parameter mappings of HTTP APIs: what their selections stand for.

Source: AWS, "Transform API requests and responses for HTTP APIs".
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chalice_offline.core.http import HttpResponse
    from chalice_offline.services.apigatewayv2.exchange import Exchange

_VALUE = re.compile(
    r"\$(?:\{([\w.-]+)\}|((?:request|response|stageVariables|context)\.[\w.\[\]'$-]+))"
)


def value_of(exchange: Exchange, expression: str, response: HttpResponse | None = None) -> str:
    """Return what a parameter mapping means: its selections, put in.

    `response` is the backend's, where a mapping may select of it.
    """
    return _VALUE.sub(lambda found: _selected(exchange, found[1] or found[2], response), expression)


def _selected(exchange: Exchange, selection: str, response: HttpResponse | None) -> str:
    place, _, rest = selection.partition(".")
    if place == "response":
        return "" if response is None else _in_response(response, rest)
    if place == "stageVariables":
        return exchange.variables.get(rest, "")
    if place == "context":
        return _context(exchange).get(rest, "")
    kind, _, name = rest.partition(".")
    if kind == "header":
        return exchange.header(name.lower())
    if kind == "querystring":
        return ",".join(exchange.query.get(name, []))
    if kind == "path":
        return exchange.path_parameters.get(name, "") if name else exchange.path
    if kind == "body":
        return _in_body(exchange.body, name)
    return ""


def _in_response(response: HttpResponse, selection: str) -> str:
    kind, _, name = selection.partition(".")
    if kind == "header":
        return response.headers.get(name) or ""
    return _in_body(response.body, name) if kind == "body" else ""


def _in_body(body: bytes, path: str) -> str:
    text = body.decode("utf-8", "replace")
    if not path:
        return text
    try:
        value = json.loads(text)
        for name in path.removeprefix("$.").split("."):
            value = value[name]
    except (ValueError, KeyError, TypeError):
        return ""
    return value if isinstance(value, str) else json.dumps(value)


def _context(exchange: Exchange) -> dict[str, str]:
    known = {
        "requestId": exchange.call.request_id,
        "stage": exchange.stage_name,
        "apiId": exchange.api.id,
        "routeKey": exchange.route["RouteKey"],
        "httpMethod": exchange.method,
        "path": exchange.shown_path,
        "identity.sourceIp": exchange.source_ip,
        "domainName": exchange.domain["domainName"],
    }
    for name, value in exchange.authorizer.get("lambda", {}).items():
        known[f"authorizer.{name}"] = str(value)
    for name, value in exchange.authorizer.get("jwt", {}).get("claims", {}).items():
        known[f"authorizer.claims.{name}"] = str(value)
    return known
