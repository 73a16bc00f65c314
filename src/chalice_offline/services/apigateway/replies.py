"""From what a step decided to what the client gets."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from chalice_offline.services.apigateway.exchange import Exchange, GatewayFailure, Reply
from chalice_offline.services.apigateway.mappings import request_value
from chalice_offline.services.apigateway.response_types import STATUSES
from chalice_offline.services.apigateway.template_variables import template_variables
from chalice_offline.services.common.velocity import TemplateError, render

if TYPE_CHECKING:
    from chalice_offline.services.apigateway.rest_api import Described

_JSON = "application/json"
# Integrations whose replies tell the trace (recorded).
_TRACED = frozenset({"AWS", "AWS_PROXY", "HTTP"})


def reply_of(exchange: Exchange, failure: GatewayFailure) -> Reply:
    """Return the gateway response for a failure, in the API's own words where it has some."""
    exchange.error = failure
    default = f"DEFAULT_{4 if _status(failure) < 500 else 5}XX"
    own = exchange.served.gateway_responses.get(failure.kind)
    general = exchange.served.gateway_responses.get(default) if own is None else None
    defined: Described = own or general or {}
    status = int(defined.get("statusCode") or _status(failure))
    headers = [("x-amzn-ErrorType", failure.error_type)]
    content_type, body = _body(exchange, failure, defined)
    headers.append(("Content-Type", content_type))
    for name, expression in (defined.get("responseParameters") or {}).items():
        values = request_value(exchange, expression)
        if values:
            header = name.removeprefix("gatewayresponse.header.")
            headers = [one for one in headers if one[0].lower() != header.lower()]
            headers.append((header, values[-1]))
    return Reply(status, headers, body)


def plain_failure(failure: GatewayFailure) -> Reply:
    """Return the reply for a request to an API that is not there."""
    headers = [("x-amzn-ErrorType", failure.error_type), ("Content-Type", _JSON)]
    content = json.dumps({"message": failure.message}, separators=(",", ":"))
    return Reply(_status(failure), headers, content.encode())


def with_own_fields(exchange: Exchange, reply: Reply) -> Reply:
    """Add the header fields that API Gateway writes itself."""
    present = {name.lower() for name, _ in reply.headers}
    if "content-type" not in present:
        reply.headers.append(("Content-Type", _JSON))
    own = [
        ("x-amzn-RequestId", exchange.call.request_id),
        ("x-amz-apigw-id", exchange.extended_id),
    ]
    if exchange.integration_status and exchange.taken.integration.get("type") in _TRACED:
        own.append(("X-Amzn-Trace-Id", _trace(exchange)))
    for name, value in own:
        if name.lower() not in present:
            reply.headers.append((name, value))
    return reply


def _trace(exchange: Exchange) -> str:
    """Return the trace with the function's part in it, unless the client said all of it."""
    trace = exchange.trace_id
    if ";" in trace or exchange.taken.integration["type"] != "AWS_PROXY":
        return trace
    digits = exchange.call.request_id.replace("-", "")
    return f"{trace};Parent={digits[:16]};Sampled=0;Lineage=1:{digits[16:24]}:0"


def _status(failure: GatewayFailure) -> int:
    return failure.status or int(STATUSES[failure.kind] or 500)


def _body(exchange: Exchange, failure: GatewayFailure, defined: Described) -> tuple[str, bytes]:
    templates = defined.get("responseTemplates") or {}
    accepted = exchange.header("accept") or _JSON
    chosen = next((kind for kind in templates if kind in accepted), None)
    chosen = chosen or next(iter(templates), None)
    if chosen is None:
        # Recorded: only a refusal by policy has its message in capitals.
        key = "Message" if failure.kind == "ACCESS_DENIED" else "message"
        return _JSON, json.dumps({key: failure.message}, separators=(",", ":")).encode()
    try:
        text = render(templates[chosen], template_variables(exchange, exchange.text()))
    except TemplateError:
        text = json.dumps({"message": failure.message}, separators=(",", ":"))
    return chosen, text.encode()
