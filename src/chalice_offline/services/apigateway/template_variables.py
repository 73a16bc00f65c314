"""What a mapping template sees: $input, $context, $stageVariables, $util.

Source: AWS, "API Gateway mapping template and access logging variable reference".
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from chalice_offline.services.common.template_tools import UTIL, input_tool

if TYPE_CHECKING:
    from chalice_offline.services.apigateway.exchange import Exchange
    from chalice_offline.services.common.velocity import Tool


def template_variables(exchange: Exchange, body: str) -> dict[str, Any]:
    """Return the variables of a template that works on `body`."""
    return {
        "input": _input(exchange, body),
        "util": UTIL,
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


def _input(exchange: Exchange, body: str) -> Tool:
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

    return input_tool(body, params)
