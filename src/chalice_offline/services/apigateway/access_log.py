"""Access logs: one line a request, as the stage's settings spell it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from chalice_offline.core.arn import parse_arn
from chalice_offline.core.errors import AwsError
from chalice_offline.core.targets import Payload, call_or_none
from chalice_offline.services.apigateway.template_variables import context_variables
from chalice_offline.services.common import json_path

if TYPE_CHECKING:
    from chalice_offline.services.apigateway.exchange import Exchange, Reply

_VARIABLE = re.compile(r"\$context\.([\w.]+\w)")


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

    def value(found: re.Match[str]) -> str:
        one = json_path.find(known, f"$.{found[1]}")
        return "-" if one in (None, "") else str(one)

    line = _VARIABLE.sub(value, settings["format"])
    try:
        arn = parse_arn(settings["destinationArn"])
        stream = f"{exchange.api.id}_{exchange.stage_name}_{exchange.call.request_id}"
        call = call_or_none(arn, Payload(text=line, name=stream, timestamp_ms=now_ms))
        if call is not None:
            call.make(
                exchange.gateway.kernel,
                causes=exchange.causes,
                principal="apigateway.amazonaws.com",
                account_id=exchange.api.account_id,
                region=exchange.api.region,
            )
    except (AwsError, ValueError) as error:
        what = {"destination": settings["destinationArn"], "error": str(error)}
        exchange.gateway.kernel.note("execute-api.access log", what, exchange.causes, "not written")
