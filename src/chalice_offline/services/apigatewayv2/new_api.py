"""What CreateApi and ImportApi make."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

from chalice_offline.services.apigatewayv2.api import HTTP, Api
from chalice_offline.services.apigatewayv2.errors import bad_request
from chalice_offline.services.apigatewayv2.state import execute_api_host

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.services.apigatewayv2.api import Described
    from chalice_offline.services.apigatewayv2.state import ApiGatewayV2State


def new_api(apis: ApiGatewayV2State, context: CallContext, asked: Described) -> Api:
    """Return an API of nothing but its settings; it is not there before it is put there."""
    # Named by nobody but a project whose API was here before a reset: its code may know the id.
    api_id = asked.get("ApiId") or apis.new_id(10)
    is_http = asked["ProtocolType"] == HTTP
    scheme = "https" if is_http else "wss"
    described: Described = {
        "ApiId": api_id,
        "ApiEndpoint": f"{scheme}://{execute_api_host(api_id, context.region)}",
        "ApiKeySelectionExpression": "$request.header.x-api-key",
        "RouteSelectionExpression": "$request.method $request.path",
        "DisableExecuteApiEndpoint": False,
        "IpAddressType": "ipv4",
        "CreatedDate": apis.now_s(),
        "Tags": {},
        **copy.deepcopy(asked),
    }
    return Api(api_id, context.account_id, context.region, described)


def check_cors(cors: Described) -> None:
    """Raise BadRequestException for a CORS configuration that browsers would not take."""
    if cors.get("AllowCredentials") and "*" in cors.get("AllowOrigins", []):
        raise bad_request(
            "Invalid CORS configuration. AllowCredentials cannot be true when AllowOrigins is *"
        )
