"""What a mapping template sees: $input, $context, $stageVariables, $util.

Source: AWS, "API Gateway mapping template and access logging variable reference".
"""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus, unquote_plus

from chalice_offline.services.apigateway import json_path
from chalice_offline.services.apigateway.velocity import JsonList, TemplateError, Tool

if TYPE_CHECKING:
    from chalice_offline.services.apigateway.exchange import Exchange


def template_variables(exchange: Exchange, body: str) -> dict[str, Any]:
    """Return the variables of a template that works on `body`."""
    return {
        "input": _input(exchange, body),
        "util": _UTIL,
        "context": context_variables(exchange),
        "stageVariables": exchange.variables,
    }


def context_variables(exchange: Exchange) -> dict[str, Any]:
    """Return $context."""
    route, call = exchange.route, exchange.call
    found: dict[str, Any] = {
        "accountId": exchange.api.account_id,
        "apiId": exchange.api.id,
        "deploymentId": exchange.deployment_id,
        "domainName": exchange.host,
        "domainPrefix": exchange.domain_prefix,
        "extendedRequestId": exchange.extended_id,
        "httpMethod": exchange.method,
        "identity": {k: "" if v is None else v for k, v in exchange.full_identity().items()},
        "path": exchange.full_path,
        "protocol": exchange.protocol,
        "requestId": call.request_id,
        "requestTime": exchange.request_time(),
        "requestTimeEpoch": call.now_ms,
        "stage": exchange.stage_name,
        "requestOverride": exchange.overrides.setdefault(
            "requestOverride", {"header": {}, "path": {}, "querystring": {}}
        ),
        "responseOverride": exchange.overrides.setdefault("responseOverride", {"header": {}}),
    }
    if route is not None:
        found |= {"resourceId": route.resource_id, "resourcePath": route.path}
    if exchange.authorizer:
        found["authorizer"] = exchange.authorizer
    if "canarySettings" in exchange.stage:
        found["isCanaryRequest"] = exchange.is_canary
    if exchange.stage.get("tracingEnabled"):
        found["xrayTraceId"] = exchange.trace_id
    if exchange.error is not None:
        message = exchange.error.message
        found["error"] = {
            "message": message or "",
            "messageString": json.dumps(message),
            "responseType": exchange.error.kind,
            "validationErrorString": exchange.error.validation_error,
        }
    return found


def from_json(value: Any) -> Any:
    """Return a JSON document's value as templates see it."""
    if isinstance(value, dict):
        return {key: from_json(one) for key, one in value.items()}
    return JsonList(from_json(one) for one in value) if isinstance(value, list) else value


def _input(exchange: Exchange, body: str) -> Tool:
    document: list[Any] = []

    def loaded() -> Any:
        if not document:
            try:
                document.append(json.loads(body) if body else None)
            except (ValueError, RecursionError):
                document.append(body or None)
        return document[0]

    def path(expression: str) -> Any:
        return from_json(json_path.find(loaded(), expression))

    def as_json(expression: str) -> str:
        found = json_path.find(loaded(), expression)
        if found is None:
            return '""' if loaded() is not None else "{}"
        return json.dumps(found, separators=(",", ":"), ensure_ascii=False)

    def params(name: str | None = None) -> Any:
        tables = {
            "path": exchange.decoded_parameters(),
            "querystring": {name: values[-1] for name, values in exchange.query.items()},
            "header": {name: values[-1] for name, values in exchange.headers.items()},
        }
        if name is None:
            return tables
        for table in tables.values():
            if name in table:
                return table[name]
        return exchange.header(name) or ""

    return Tool({"path": path, "json": as_json, "params": params}, {"body": body or "{}"})


def _escape_javascript(text: Any) -> str:
    """Escape as Apache Commons Lang does, "'" and "/" included."""
    escaped = json.dumps("" if text is None else str(text), ensure_ascii=True)[1:-1]
    return escaped.replace("'", "\\'").replace("/", "\\/")


def _parse_json(text: Any) -> Any:
    try:
        return from_json(json.loads(text))
    except (ValueError, TypeError, RecursionError) as error:
        raise TemplateError(f"parseJson: {error}") from error


_UTIL = Tool(
    {
        "escapeJavaScript": _escape_javascript,
        "parseJson": _parse_json,
        "urlEncode": lambda text: quote_plus("" if text is None else str(text), safe="*-._"),
        "urlDecode": lambda text: unquote_plus("" if text is None else str(text)),
        "base64Encode": lambda text: base64.b64encode(str(text or "").encode()).decode(),
        "base64Decode": lambda text: base64.b64decode(str(text or "")).decode("utf-8", "replace"),
    }
)
