"""What can be done to one part of a route or a model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.services.apigatewayv2.errors import invalid_identifier
from chalice_offline.services.apigatewayv2.parts import MODELS
from chalice_offline.services.apigatewayv2.publishing import publish_changes

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.apigatewayv2.state import ApiGatewayV2State


def get_model_template(apis: ApiGatewayV2State, context: CallContext, request: Request) -> Result:
    """Return a mapping template for a model; AWS makes a simple one."""
    MODELS.get(apis, context, request)
    return {"Value": "#set($inputRoot = $input.path('$'))\n{ }"}


def delete_route_request_parameter(
    apis: ApiGatewayV2State, context: CallContext, request: Request
) -> Result:
    """Ask for one parameter less."""
    api = apis.find_api(context, request)
    route = api.routes.get(request["RouteId"])
    if route is None:
        raise invalid_identifier("Route")
    route.get("RequestParameters", {}).pop(request["RequestParameterKey"], None)
    publish_changes(apis, api)
    return {}
