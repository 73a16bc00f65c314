"""Gateway responses: what is answered when no integration is."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from chalice_offline.services.apigateway.errors import bad_request, not_found
from chalice_offline.services.apigateway.pages import listed
from chalice_offline.services.apigateway.patches import Change, Patchable, entries
from chalice_offline.services.apigateway.response_types import DEFAULT_TEMPLATES, STATUSES

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.apigateway.rest_api import RestApi
    from chalice_offline.services.apigateway.state import ApiGatewayState

_MISSING = "Invalid parameter name specified"
_CHANGES = Patchable(
    {
        "/statusCode": Change(),
        "/responseParameters/*": entries(missing=_MISSING),
        "/responseTemplates/*": entries(missing="Content-Type specified was not found"),
    },
    lists_paths=False,
)


def put_gateway_response(
    gateway: ApiGatewayState, context: CallContext, request: Request
) -> Result:
    """Give a gateway response words, headers or a status of the API's own."""
    api = gateway.find_api(request["restApiId"], context)
    kind = request["responseType"]
    api.gateway_responses[kind] = {
        "responseType": kind,
        "responseParameters": request.get("responseParameters") or {},
        "responseTemplates": request.get("responseTemplates") or dict(DEFAULT_TEMPLATES),
        "defaultResponse": False,
    }
    status = request.get("statusCode") or STATUSES[kind]
    if status:
        api.gateway_responses[kind]["statusCode"] = status
    return dict(api.gateway_responses[kind])


def get_gateway_response(
    gateway: ApiGatewayState, context: CallContext, request: Request
) -> Result:
    """Return a gateway response, the API's own or AWS's."""
    api = gateway.find_api(request["restApiId"], context)
    return _shown(api, request["responseType"])


def get_gateway_responses(
    gateway: ApiGatewayState, context: CallContext, request: Request
) -> Result:
    """Return the gateway response of every type."""
    api = gateway.find_api(request["restApiId"], context)
    return listed([_shown(api, kind) for kind in STATUSES], "responseType", request)


def delete_gateway_response(
    gateway: ApiGatewayState, context: CallContext, request: Request
) -> Result:
    """Go back to AWS's own."""
    api = gateway.find_api(request["restApiId"], context)
    if api.gateway_responses.pop(request["responseType"], None) is None:
        raise not_found("Gateway response type not defined on api")
    return {}


def update_gateway_response(
    gateway: ApiGatewayState, context: CallContext, request: Request
) -> Result:
    """Change a gateway response by patch operations."""
    api = gateway.find_api(request["restApiId"], context)
    kind = request["responseType"]
    changed = copy.deepcopy(_shown(api, kind))
    for operation in request.get("patchOperations", ()):
        _check(operation)
        _CHANGES.apply(changed, [operation])
    changed.setdefault("responseParameters", {})
    changed.setdefault("responseTemplates", {})
    changed["defaultResponse"] = False
    api.gateway_responses[kind] = changed
    return dict(changed)


def _check(operation: dict[str, str]) -> None:
    path, name = operation.get("path"), operation.get("op")
    if path == "/statusCode" and name != "replace":
        raise bad_request("Invalid patch path /statusCode")
    for table in ("responseTemplates", "responseParameters"):
        if path in (f"/{table}", f"/{table}/") or (
            path
            and path.startswith(f"/{table}/")
            and name != "remove"
            and not operation.get("value")
        ):
            raise bad_request(f"Invalid null or empty value in {table}")


def _shown(api: RestApi, kind: str) -> dict[str, Any]:
    own = api.gateway_responses.get(kind)
    if own is not None:
        return dict(own)
    found: dict[str, Any] = {
        "responseType": kind,
        "responseParameters": {},
        "responseTemplates": dict(DEFAULT_TEMPLATES),
        "defaultResponse": True,
    }
    if STATUSES[kind]:
        found["statusCode"] = STATUSES[kind]
    general = api.gateway_responses.get(f"DEFAULT_{(STATUSES[kind] or '?')[0]}XX", {})
    for name in ("statusCode", "responseParameters", "responseTemplates"):
        if general.get(name):
            found[name] = general[name]
    return found
