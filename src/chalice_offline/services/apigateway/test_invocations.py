"""TestInvokeMethod and TestInvokeAuthorizer: without a stage, on the API as it is now."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from chalice_offline.core.pending import Pending
from chalice_offline.services.apigateway.authorization import ask_authorizer, authorizer_event
from chalice_offline.services.apigateway.errors import invalid_identifier
from chalice_offline.services.apigateway.new_exchange import make_exchange
from chalice_offline.services.apigateway.pipeline import serve
from chalice_offline.services.apigateway.routes import Route, ServedApi

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Reply as KernelReply
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.apigateway.exchange import Exchange, Reply
    from chalice_offline.services.apigateway.rest_api import RestApi
    from chalice_offline.services.apigateway.state import ApiGatewayState

_STAGE = "test-invoke-stage"
_OWN = frozenset({"x-amzn-requestid", "x-amz-apigw-id"})


def test_invoke_method(
    gateway: ApiGatewayState, context: CallContext, request: Request
) -> KernelReply:
    """Call a method, and tell what the client would have got."""
    resource = gateway.find_resource(request, context)
    verb = request["httpMethod"]
    if verb not in resource.get("resourceMethods", {}):
        # A method ANY is tested with any of those that it stands for (recorded).
        gateway.find_method(request | {"httpMethod": "ANY"}, context)
    name = verb if verb in resource["resourceMethods"] else "ANY"
    api = gateway.find_api(request["restApiId"], context)
    served = ServedApi(api.definition())
    target = urlsplit(request.get("pathWithQueryString") or resource["path"])
    verb = "GET" if verb == "ANY" else verb
    asked = {
        "method": verb,
        "path": target.path or "/",
        "rawQuery": target.query,
        "headers": _fields(request),
        "body": (request.get("body") or "").encode(),
        "sourceIp": "test-invoke-source-ip",
    }
    exchange = make_exchange(gateway, context, asked, api, _stage(request), served)
    route = served.route_of(resource["id"], name)
    exchange.route = Route(
        route.resource_id,
        route.path,
        route.method | {"authorizationType": "NONE", "apiKeyRequired": False},
        route.integration,
        None,
        route.validator,
        route.checks,
    )
    found = served.find(exchange.path, verb)
    exchange.path_parameters = found[1] if found else {}
    reply = serve(exchange, routed=True)

    def described(one: Reply) -> Result:
        return _described(gateway, exchange, one)

    return reply.map(described) if isinstance(reply, Pending) else described(reply)


def test_invoke_authorizer(
    gateway: ApiGatewayState, context: CallContext, request: Request
) -> KernelReply:
    """Ask an authorizer, and tell what it said."""
    api = gateway.find_api(request["restApiId"], context)
    authorizer = api.authorizers.get(request["authorizerId"])
    if authorizer is None:
        raise invalid_identifier("Authorizer")
    exchange = _bare_exchange(gateway, context, request, api)
    token = next((value for _, value in exchange.fields), "")
    event = authorizer_event(exchange, authorizer, (token,))
    reply = ask_authorizer(exchange, authorizer, event)

    def described(result: Result) -> Result:
        answer = json.loads(result["Payload"])
        found: dict[str, Any] = {"clientStatus": 200, "log": "", "latency": 0}
        if not isinstance(answer, dict) or "FunctionError" in result:
            return found | {"clientStatus": 500}
        policy = answer.get("policyDocument")
        return found | {
            "principalId": answer.get("principalId"),
            "policy": json.dumps(policy) if policy else None,
        }

    return reply.map(described)


def _bare_exchange(
    gateway: ApiGatewayState, context: CallContext, request: Request, api: RestApi
) -> Exchange:
    served = ServedApi(api.definition())
    target = urlsplit(request.get("pathWithQueryString") or "/")
    asked = {
        "method": "GET",
        "path": target.path or "/",
        "rawQuery": target.query,
        "headers": _fields(request),
        "body": (request.get("body") or "").encode(),
    }
    exchange = make_exchange(gateway, context, asked, api, _stage(request), served)
    exchange.route = Route(api.root_id, "/", {"httpMethod": "GET"}, {}, None, None)
    return exchange


def _stage(request: Request) -> dict[str, Any]:
    variables = request.get("stageVariables") or {}
    return {"stageName": _STAGE, "deploymentId": "", "variables": variables}


def _fields(request: Request) -> list[tuple[str, str]]:
    fields = list((request.get("headers") or {}).items())
    for name, values in (request.get("multiValueHeaders") or {}).items():
        fields += [(name, value) for value in values]
    return fields


def _described(gateway: ApiGatewayState, exchange: Exchange, reply: Reply) -> Result:
    several: dict[str, list[str]] = {}
    # A gateway response of AWS's own is told without the type of its body (recorded).
    left_out = _OWN | {"content-type"} if exchange.error else _OWN
    for name, value in reply.headers:
        if name.lower() not in left_out:
            several.setdefault(name, []).append(value)
    latency = gateway.kernel.now_ms - exchange.call.now_ms
    return {
        "status": reply.status,
        "body": reply.body.decode("utf-8", "replace"),
        "headers": {name: values[-1] for name, values in several.items()},
        "multiValueHeaders": several,
        "log": _log(exchange, reply),
        "latency": latency,
    }


def _log(exchange: Exchange, reply: Reply) -> str:
    """Return the execution log in AWS's lines."""
    query = {name: values[-1] for name, values in exchange.query.items()}
    lines = [
        f"Starting execution for request: {exchange.call.request_id}",
        f"HTTP Method: {exchange.method}, Resource Path: {exchange.path}",
        f"Method request path: {_java_map(exchange.path_parameters)}",
        f"Method request query string: {_java_map(query)}",
        f"Method request headers: {_java_map(dict(exchange.fields))}",
        f"Method request body before transformations: {exchange.text()}",
        *_ending(exchange, reply),
        f"Method completed with status: {reply.status}",
    ]
    head = f"Execution log for request {exchange.call.request_id}"
    at = datetime.fromtimestamp(exchange.call.now_ms // 1000, UTC)
    stamp = at.strftime("%a %b %d %H:%M:%S UTC %Y")
    return "\n".join([head, *(f"{stamp} : {line}" for line in lines), ""])


def _ending(exchange: Exchange, reply: Reply) -> list[str]:
    """Return what a log says of a response, or of the API's mistake that there is none."""
    if exchange.error is not None and exchange.error.mistake:
        return [f"Execution failed due to configuration error: {exchange.error.mistake}"]
    told = {name: value for name, value in reply.headers if name.lower() not in _OWN}
    return [
        f"Method response body after transformations: {reply.body.decode('utf-8', 'replace')}",
        f"Method response headers: {_java_map(told)}",
        "Successfully completed execution",
    ]


def _java_map(fields: dict[str, str]) -> str:
    return f"{{{', '.join(f'{name}={value}' for name, value in fields.items())}}}"
