"""APIs: made, changed, listed, deleted."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

from chalice_offline.services.apigatewayv2.api import WEBSOCKET
from chalice_offline.services.apigatewayv2.collection import listed
from chalice_offline.services.apigatewayv2.errors import bad_request
from chalice_offline.services.apigatewayv2.new_api import check_cors, new_api
from chalice_offline.services.apigatewayv2.parts import INTEGRATIONS, ROUTES
from chalice_offline.services.apigatewayv2.publishing import new_stage, publish_changes

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.apigatewayv2.api import Api, Described
    from chalice_offline.services.apigatewayv2.state import ApiGatewayV2State

_HTTP_SELECTIONS = ("$request.method $request.path", "${request.method} ${request.path}")
_QUICK = frozenset({"Target", "RouteKey", "CredentialsArn"})


def create_api(apis: ApiGatewayV2State, context: CallContext, request: Request) -> Result:
    """Make an API; with Target an HTTP API that is served at once."""
    _check(request["ProtocolType"], request)
    api = new_api(apis, context, {k: v for k, v in request.items() if k not in _QUICK})
    apis.apis[api.id] = api
    if "Target" in request:
        _quick_create(apis, context, api, request)
    return copy.deepcopy(api.described)


def _check(protocol: str, request: Request) -> None:
    if protocol == WEBSOCKET:
        if not request.get("RouteSelectionExpression"):
            raise bad_request("RouteSelectionExpression is a required field for WebSocket APIs")
        for only in ("Target", "CorsConfiguration"):
            if only in request:
                raise bad_request(f"{only} is for HTTP APIs")
        return
    if request.get("RouteSelectionExpression", _HTTP_SELECTIONS[0]) not in _HTTP_SELECTIONS:
        raise bad_request("The route selection expression of HTTP APIs is fixed")
    check_cors(request.get("CorsConfiguration") or {})


def _quick_create(
    apis: ApiGatewayV2State, context: CallContext, api: Api, request: Request
) -> None:
    target = request["Target"]
    is_function = target.startswith("arn:")
    integration: Described = {
        "ApiId": api.id,
        "IntegrationType": "AWS_PROXY" if is_function else "HTTP_PROXY",
        "IntegrationUri": target,
        "IntegrationMethod": "POST" if is_function else "ANY",
        "PayloadFormatVersion": "2.0" if is_function else "1.0",
    }
    try:
        made = INTEGRATIONS.create(apis, context, integration)
        route = {
            "ApiId": api.id,
            "RouteKey": request.get("RouteKey", "$default"),
            "Target": f"integrations/{made['IntegrationId']}",
        }
        ROUTES.create(apis, context, route)
    except Exception:
        del apis.apis[api.id]
        raise
    new_stage(apis, api, {"StageName": "$default", "AutoDeploy": True})
    for part in (api.integrations, api.routes, api.stages):
        for described in part.values():
            described["ApiGatewayManaged"] = True


def get_api(apis: ApiGatewayV2State, context: CallContext, request: Request) -> Result:
    """Return one API."""
    return copy.deepcopy(apis.find_api(context, request).described)


def get_apis(apis: ApiGatewayV2State, context: CallContext, request: Request) -> Result:
    """Return the caller's APIs, in pages."""
    place = (context.account_id, context.region)
    own = [api.described for api in apis.apis.values() if (api.account_id, api.region) == place]
    return listed(own, "ApiId", request)


def update_api(apis: ApiGatewayV2State, context: CallContext, request: Request) -> Result:
    """Change what the request names; all else stays."""
    api = apis.find_api(context, request)
    check_cors(request.get("CorsConfiguration") or {})
    left_out = _QUICK | {"ApiId"}
    asked = {k: copy.deepcopy(v) for k, v in request.items() if k not in left_out}
    api.described.update(asked)
    publish_changes(apis, api)
    return copy.deepcopy(api.described)


def delete_api(apis: ApiGatewayV2State, context: CallContext, request: Request) -> Result:
    """Delete an API with all that it has; who is connected is disconnected."""
    api = apis.find_api(context, request)
    del apis.apis[api.id]
    for connection in [one for one in apis.connections.values() if one.api is api]:
        connection.close(1001, "Going away")
    return {}


def delete_cors_configuration(
    apis: ApiGatewayV2State, context: CallContext, request: Request
) -> Result:
    """Answer preflights no more."""
    apis.find_api(context, request).described.pop("CorsConfiguration", None)
    return {}
