"""Requests to HTTP APIs, from the stage to the reply; and to the connections of WebSocket APIs."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import unquote

from chalice_offline.core.pending import Pending
from chalice_offline.services.apigatewayv2 import access_log, cors, http_routes, replies
from chalice_offline.services.apigatewayv2.authorizing import authorize, request_event
from chalice_offline.services.apigatewayv2.exchange import Exchange, make_exchange
from chalice_offline.services.apigatewayv2.http_backends import integrate
from chalice_offline.services.apigatewayv2.limits import HTTP_PAYLOAD_BYTES, HTTP_TIMEOUT_MS
from chalice_offline.services.apigatewayv2.management import answer_management

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Reply as KernelReply
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.apigatewayv2.api import Api, Described
    from chalice_offline.services.apigatewayv2.state import ApiGatewayV2State
    from chalice_offline.services.common.served_apis import Front

    Finish = Callable[[replies.Reply], None]
    GiveUp = Callable[[replies.Refused], None]


def front_or_none(apis: ApiGatewayV2State, api_id: str) -> Front | None:
    """Return what answers requests to an API, if it is an HTTP or a WebSocket API."""
    api = apis.apis.get(api_id)
    if api is None:
        return None
    return partial(_serve if api.is_http else answer_management, apis, api)


def stage_of(api: Api, request: Request) -> tuple[Described | None, Request]:
    """Return the stage of a request, and the request with what follows the stage as its path."""
    name, path = unquote(request.get("stage", "")), request["path"]
    if name:
        return api.stages.get(name), request
    first, slash, rest = path.removeprefix("/").partition("/")
    if unquote(first) in api.stages:
        return api.stages[unquote(first)], request | {"path": slash + rest or "/"}
    return api.stages.get("$default"), request


def _serve(
    apis: ApiGatewayV2State, api: Api, context: CallContext, request: Request
) -> KernelReply:
    stage, request = stage_of(api, request)
    # A disabled endpoint is reached by custom domain names only.
    is_shut = api.described.get("DisableExecuteApiEndpoint") and "basePath" not in request
    if stage is None or is_shut:
        return _result(replies.not_found().reply, context)
    exchange = make_exchange(apis, api, stage, context, request)
    reply: Pending[replies.Reply] = Pending()

    def finish(answer: replies.Reply) -> None:
        if not reply.done:
            reply.resolve(answer)

    def give_up(refused: replies.Refused) -> None:
        finish(refused.reply)

    def told(answer: replies.Reply) -> Result:
        return _answered(exchange, cors.with_cors(exchange, answer))

    preflight = cors.preflight(exchange)
    if preflight is not None:
        return _answered(exchange, preflight)
    try:
        _take(exchange, finish, give_up)
    except replies.Refused as refused:
        give_up(refused)
    if reply.done:
        return told(reply.result())
    _limit(exchange, reply, give_up)
    return reply.map(told)


def _answered(exchange: Exchange, reply: replies.Reply) -> Result:
    access_log.write_request(exchange, reply)
    exchange.apis.kernel.complete(exchange.call.entry, str(reply.status))
    return _result(reply, exchange.call)


def _limit(exchange: Exchange, reply: Pending[replies.Reply], give_up: GiveUp) -> None:
    """Answer 503 when the integration takes longer than it may, unless timeouts wait."""
    kernel = exchange.apis.kernel
    target = str(exchange.route.get("Target", "")).removeprefix("integrations/")
    integration = exchange.snapshot.integrations.get(target, {})
    timeout_ms = int(integration.get("TimeoutInMillis") or HTTP_TIMEOUT_MS)

    def overdue() -> None:
        if reply.done:
            return
        if kernel.timeouts_wait():
            _limit(exchange, reply, give_up)
        else:
            give_up(replies.unavailable())

    timer = kernel.at(kernel.now_ms + timeout_ms, overdue, owed=False)
    reply.then(lambda _: kernel.cancel(timer))


def _take(
    exchange: Exchange,
    finish: Finish,
    give_up: GiveUp,
) -> None:
    if len(exchange.body) > HTTP_PAYLOAD_BYTES:
        raise replies.Refused(413, "Request Entity Too Large")
    found = http_routes.match(exchange.snapshot, exchange.method, exchange.path)
    if found is None:
        raise replies.not_found()
    exchange.route, exchange.path_parameters = found

    def go_on() -> None:
        try:
            integrate(exchange, finish, give_up)
        except replies.Refused as refused:
            give_up(refused)

    authorize(exchange, go_on, give_up, request_event)


def _result(reply: replies.Reply, context: CallContext) -> Result:
    headers = [*reply.headers, ("Apigw-Requestid", context.request_id)]
    return {"statusCode": reply.status, "headers": headers, "body": reply.body}
