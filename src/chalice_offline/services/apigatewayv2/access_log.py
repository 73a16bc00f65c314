"""Access logs of HTTP and WebSocket APIs.

Source: AWS, "Customize HTTP API access logs", "Monitor WebSocket API execution with CloudWatch
metrics": the variables.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.services.common.access_lines import AccessLine, write_line

if TYPE_CHECKING:
    from chalice_offline.services.apigatewayv2.api import Api, Described
    from chalice_offline.services.apigatewayv2.exchange import Exchange
    from chalice_offline.services.apigatewayv2.replies import Reply
    from chalice_offline.services.apigatewayv2.state import ApiGatewayV2State


def write_request(exchange: Exchange, reply: Reply) -> None:
    """Write the line of a request to an HTTP API, if its stage has a log."""
    if not exchange.stage.get("AccessLogSettings"):
        return
    call = exchange.call
    claims = exchange.authorizer.get("jwt", {}).get("claims", {})
    latency_ms = exchange.apis.kernel.now_ms - call.now_ms
    known: dict[str, Any] = {
        "accountId": exchange.api.account_id,
        "apiId": exchange.api.id,
        "authorizer": {**exchange.authorizer.get("lambda", {}), "claims": claims},
        **exchange.domain,
        "extendedRequestId": call.request_id,
        "httpMethod": exchange.method,
        "identity": {
            "sourceIp": exchange.source_ip,
            "userAgent": exchange.header("user-agent"),
        },
        "path": exchange.shown_path,
        "protocol": "HTTP/1.1",
        "requestId": call.request_id,
        "requestTime": exchange.time,
        "requestTimeEpoch": call.now_ms,
        "responseLatency": latency_ms,
        "integrationLatency": latency_ms,
        "responseLength": len(reply.body),
        "routeKey": exchange.route.get("RouteKey"),
        "stage": exchange.stage_name,
        "status": reply.status,
    }
    _write(exchange.apis, exchange.api, exchange.stage, known, exchange.causes)


def write_event(
    apis: ApiGatewayV2State,
    api: Api,
    stage: Described,
    context: dict[str, Any],
    status: int,
    causes: tuple[int, ...],
) -> None:
    """Write the line of an event of a connection, if its stage has a log."""
    if not stage.get("AccessLogSettings"):
        return
    latency_ms = apis.kernel.now_ms - context["requestTimeEpoch"]
    known = {
        "accountId": api.account_id,
        **context,
        "status": status,
        "integrationLatency": latency_ms,
    }
    _write(apis, api, stage, known, causes)


def _write(
    apis: ApiGatewayV2State,
    api: Api,
    stage: Described,
    known: dict[str, Any],
    causes: tuple[int, ...],
) -> None:
    settings = stage["AccessLogSettings"]
    if not settings.get("Format") or not settings.get("DestinationArn"):
        return
    stream = f"{api.id}_{stage['StageName']}_{known['requestId']}"
    line = AccessLine(known, stream, api.account_id, api.region, causes)
    write_line(apis.kernel, settings["Format"], settings["DestinationArn"], line)
