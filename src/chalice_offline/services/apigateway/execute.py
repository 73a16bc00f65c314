"""execute-api: requests to the APIs. botocore has no such operation; the doors make this call."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote

from chalice_offline.core.pending import Pending
from chalice_offline.services.apigateway import failures
from chalice_offline.services.apigateway.exchange import Exchange, GatewayFailure, Reply
from chalice_offline.services.apigateway.new_exchange import make_exchange
from chalice_offline.services.apigateway.pipeline import serve
from chalice_offline.services.apigateway.replies import plain_failure

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Reply as KernelReply
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.apigateway.state import ApiGatewayState


def serve_request(gateway: ApiGatewayState, context: CallContext, request: Request) -> KernelReply:
    """Answer a request to an API: {"statusCode", "headers": pairs, "body"}.

    "apiId" and "stage" name what it is for, "path" is what follows the stage. Custom domain names
    are kept and described, and not served.
    """
    exchange = _exchange(gateway, context, request)
    if isinstance(exchange, GatewayFailure):
        reply = plain_failure(exchange)
        reply.headers.append(("x-amzn-RequestId", context.request_id))
        return _result(reply)
    served = serve(exchange)
    return served.map(_result) if isinstance(served, Pending) else _result(served)


def _exchange(
    gateway: ApiGatewayState, context: CallContext, request: Request
) -> Exchange | GatewayFailure:
    api_id, stage_name, path = request.get("apiId", ""), request.get("stage", ""), request["path"]
    api = gateway.apis.get(api_id)
    if api is None:
        return failures.forbidden()
    if not stage_name:  # the host names the API, the path its stage
        stage_name, _, rest = path.lstrip("/").partition("/")
        path = f"/{rest}"
    stage = api.stages.get(unquote(stage_name))
    if stage is None:
        return failures.forbidden()
    return make_exchange(gateway, context, request | {"path": path or "/"}, api, stage)


def _result(reply: Reply) -> Result:
    return {"statusCode": reply.status, "headers": reply.headers, "body": reply.body}
