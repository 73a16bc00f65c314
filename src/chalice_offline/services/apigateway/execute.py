"""Requests to REST APIs: from execute-api to the steps of their stage."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import unquote

from chalice_offline.core.pending import Pending
from chalice_offline.services.apigateway import failures
from chalice_offline.services.apigateway.edge import add_edge_fields, is_edge_optimized
from chalice_offline.services.apigateway.exchange import Exchange, GatewayFailure, Reply
from chalice_offline.services.apigateway.new_exchange import make_exchange
from chalice_offline.services.apigateway.pipeline import serve
from chalice_offline.services.apigateway.replies import plain_failure

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Reply as KernelReply
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.apigateway.rest_api import RestApi
    from chalice_offline.services.apigateway.state import ApiGatewayState
    from chalice_offline.services.common.served_apis import Front


def front_or_none(gateway: ApiGatewayState, api_id: str) -> Front | None:
    """Return what answers requests to an API, if it is a REST API."""
    api = gateway.apis.get(api_id)
    return None if api is None else partial(_serve_request, gateway, api)


def _serve_request(
    gateway: ApiGatewayState, api: RestApi, context: CallContext, request: Request
) -> KernelReply:
    exchange = _exchange(gateway, api, context, request)
    # A custom domain name has an endpoint type of its own.
    is_edge = is_edge_optimized(api) and "basePath" not in request

    def told(reply: Reply) -> Result:
        if is_edge:
            add_edge_fields(api, context.request_id, reply)
        return {"statusCode": reply.status, "headers": reply.headers, "body": reply.body}

    if isinstance(exchange, GatewayFailure):
        reply = plain_failure(exchange)
        reply.headers.append(("x-amzn-RequestId", context.request_id))
        return told(reply)
    served = serve(exchange)
    return served.map(told) if isinstance(served, Pending) else told(served)


def _exchange(
    gateway: ApiGatewayState, api: RestApi, context: CallContext, request: Request
) -> Exchange | GatewayFailure:
    stage_name, path = request.get("stage", ""), request["path"]
    if not stage_name:  # the host names the API, the path its stage
        stage_name, slash, rest = path.removeprefix("/").partition("/")
        path = slash + rest
    stage = api.stages.get(unquote(stage_name))
    if stage is None:
        return failures.forbidden()
    return make_exchange(gateway, context, request | {"path": path or "/"}, api, stage)
