"""Authorizers: who decides about a request."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from chalice_offline.services.apigateway import limits
from chalice_offline.services.apigateway.errors import (
    bad_request,
    conflict,
    invalid_identifier,
)
from chalice_offline.services.apigateway.pages import listed
from chalice_offline.services.apigateway.patches import Change, Patchable, integer

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.apigateway.rest_api import Described
    from chalice_offline.services.apigateway.state import ApiGatewayState

_OPTIONAL = (
    "providerARNs",
    "authorizerUri",
    "authorizerCredentials",
    "identitySource",
    "identityValidationExpression",
)
_CHANGES = Patchable(
    {
        "/name": Change(),
        "/type": Change(),
        "/authorizerUri": Change(),
        "/authorizerCredentials": Change(),
        "/authorizerResultTtlInSeconds": Change(integer),
        "/identitySource": Change(),
        "/identityValidationExpression": Change(),
        "/authType": Change(),
        "/providerARNs": Change(operations=("add", "remove", "replace")),
    }
)


def create_authorizer(gateway: ApiGatewayState, context: CallContext, request: Request) -> Result:
    """Make an authorizer."""
    api = gateway.find_api_or_none(request["restApiId"], context)
    if api is None:  # recorded
        raise conflict(
            "Unable to complete operation due to concurrent modification. Please try again later."
        )
    authorizer = new_authorizer(gateway, request)
    if any(one["name"] == authorizer["name"] for one in api.authorizers.values()):
        raise bad_request(
            f"Authorizer name must be unique. Authorizer {authorizer['name']} "
            "already exists in this RestApi."
        )
    api.authorizers[authorizer["id"]] = authorizer
    return dict(authorizer)


def new_authorizer(gateway: ApiGatewayState, request: dict[str, Any]) -> Described:
    """Return an authorizer with AWS's defaults; raises AwsError for one that cannot work."""
    kind = request["type"]
    if kind == "COGNITO_USER_POOLS" and not request.get("providerARNs"):
        raise bad_request("Invalid provider ARN specified")
    if kind == "TOKEN" and not request.get("identitySource"):
        raise bad_request("Identity source is required for TOKEN authorizers")
    authorizer: Described = {
        "id": gateway.new_id(),
        "name": request["name"],
        "type": kind,
        "authType": request.get("authType")
        or ("cognito_user_pools" if kind == "COGNITO_USER_POOLS" else "custom"),
    }
    authorizer |= {key: request[key] for key in _OPTIONAL if request.get(key)}
    ttl = request.get("authorizerResultTtlInSeconds")
    if kind != "COGNITO_USER_POOLS" or ttl is not None:
        authorizer["authorizerResultTtlInSeconds"] = (
            limits.AUTHORIZER_TTL_SECONDS if ttl is None else ttl
        )
    return authorizer


def get_authorizer(gateway: ApiGatewayState, context: CallContext, request: Request) -> Result:
    """Return one authorizer."""
    return dict(_find(gateway, context, request))


def get_authorizers(gateway: ApiGatewayState, context: CallContext, request: Request) -> Result:
    """Return an API's authorizers."""
    api = gateway.find_api(request["restApiId"], context)
    return listed([dict(one) for one in api.authorizers.values()], "id", request)


def update_authorizer(gateway: ApiGatewayState, context: CallContext, request: Request) -> Result:
    """Change an authorizer by patch operations."""
    authorizer = _find(gateway, context, request)
    changed = copy.deepcopy(authorizer)
    for operation in request.get("patchOperations", ()):
        if operation.get("path") == "/providerARNs":
            arns = [one for one in changed.get("providerARNs", []) if one != operation["value"]]
            added = [operation["value"]] if operation["op"] != "remove" else []
            changed["providerARNs"] = arns + added
        else:
            _CHANGES.apply(changed, [operation])
    authorizer.clear()
    authorizer.update(changed)
    return dict(authorizer)


def delete_authorizer(gateway: ApiGatewayState, context: CallContext, request: Request) -> Result:
    """Delete an authorizer that no method uses."""
    authorizer = _find(gateway, context, request)
    api = gateway.find_api(request["restApiId"], context)
    if any(method.get("authorizerId") == authorizer["id"] for _, method in api.methods()):
        raise conflict(f"Cannot delete authorizer '{authorizer['name']}', is referenced in method")
    del api.authorizers[authorizer["id"]]
    return {}


def _find(gateway: ApiGatewayState, context: CallContext, request: Request) -> Described:
    api = gateway.find_api(request["restApiId"], context)
    found = api.authorizers.get(request["authorizerId"])
    if found is None:
        raise invalid_identifier("Authorizer")
    return found
