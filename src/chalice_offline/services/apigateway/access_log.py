"""Access logs: one line a request, as the stage's settings spell it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.services.apigateway.template_variables import context_variables
from chalice_offline.services.common.access_lines import AccessLine, write_line

if TYPE_CHECKING:
    from chalice_offline.services.apigateway.exchange import Exchange, Reply


def write(exchange: Exchange, reply: Reply) -> None:
    """Write the request's line, if the stage has a log to write to."""
    settings = exchange.stage.get("accessLogSettings")
    if not settings or not settings.get("format") or not settings.get("destinationArn"):
        return
    now_ms = exchange.gateway.kernel.now_ms
    known: dict[str, Any] = context_variables(exchange) | {
        "status": reply.status,
        "responseLength": len(reply.body),
        "responseLatency": now_ms - exchange.call.now_ms,
        "integrationStatus": exchange.integration_status or None,
        "integrationLatency": now_ms - exchange.call.now_ms,
        "integration": {"status": exchange.integration_status or None},
    }
    stream = f"{exchange.api.id}_{exchange.stage_name}_{exchange.call.request_id}"
    api = exchange.api
    line = AccessLine(known, stream, api.account_id, api.region, exchange.causes)
    write_line(exchange.gateway.kernel, settings["format"], settings["destinationArn"], line)
