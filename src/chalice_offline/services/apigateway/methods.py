"""Methods and method responses."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from chalice_offline.services.apigateway import limits
from chalice_offline.services.apigateway.errors import (
    bad_request,
    conflict,
)
from chalice_offline.services.apigateway.patches import Change, Patchable, boolean, entries
from chalice_offline.services.apigateway.status_responses import StatusResponses

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.apigateway.rest_api import Described, RestApi
    from chalice_offline.services.apigateway.state import ApiGatewayState

_OPTIONAL = (
    "authorizerId",
    "operationName",
    "requestParameters",
    "requestModels",
    "requestValidatorId",
    "authorizationScopes",
)
_NEEDS_AUTHORIZER = ("CUSTOM", "COGNITO_USER_POOLS")
_CHANGES = Patchable(
    {
        "/authorizationType": Change(),
        "/authorizerId": Change(),
        "/apiKeyRequired": Change(boolean),
        "/operationName": Change(),
        "/requestValidatorId": Change(),
        "/authorizationScopes": Change(operations=("add", "remove", "replace")),
        "/requestParameters/*": entries(boolean),
        "/requestModels/*": entries(),
    },
    lists_paths=False,
)
_RESPONSES = StatusResponses(
    "methodResponses",
    ("responseParameters", "responseModels"),
    Patchable(
        {
            "/responseParameters/*": entries(boolean, missing="Invalid parameter name specified"),
            "/responseModels/*": entries(missing="Content-Type specified was not found"),
        },
        lists_paths=False,
    ),
)


def put_method(gateway: ApiGatewayState, context: CallContext, request: Request) -> Result:
    """Make a method of a resource."""
    resource = gateway.find_resource(request, context)
    api = gateway.find_api(request["restApiId"], context)
    name = request["httpMethod"]
    if name not in limits.METHODS:
        raise bad_request(
            f"Invalid HttpMethod specified. Valid options are {','.join(limits.METHODS)}"
        )
    method: Described = {
        "httpMethod": name,
        "authorizationType": request["authorizationType"].upper(),
        "apiKeyRequired": request.get("apiKeyRequired", False),
    }
    method |= {key: request[key] for key in _OPTIONAL if request.get(key)}
    _check_method(api, method)
    if name in resource.get("resourceMethods", {}):
        raise conflict("Method already exists for this resource")
    resource.setdefault("resourceMethods", {})[name] = method
    return dict(method)


def get_method(gateway: ApiGatewayState, context: CallContext, request: Request) -> Result:
    """Return one method with its integration and responses."""
    return dict(gateway.find_method(request, context))


def delete_method(gateway: ApiGatewayState, context: CallContext, request: Request) -> Result:
    """Delete a method."""
    gateway.find_method(request, context)
    resource = gateway.find_resource(request, context)
    del resource["resourceMethods"][request["httpMethod"]]
    return {}


def update_method(gateway: ApiGatewayState, context: CallContext, request: Request) -> Result:
    """Change a method by patch operations."""
    method = gateway.find_method(request, context)
    api = gateway.find_api(request["restApiId"], context)
    changed = copy.deepcopy(method)
    for operation in request.get("patchOperations", ()):
        _patch(changed, operation)
    _check_method(api, changed)
    method.clear()
    method.update(changed)
    return dict(method)


def put_method_response(gateway: ApiGatewayState, context: CallContext, request: Request) -> Result:
    """Declare a response of a method."""
    return _RESPONSES.put(gateway.find_method(request, context), request)


def get_method_response(gateway: ApiGatewayState, context: CallContext, request: Request) -> Result:
    """Return a response that a method declares."""
    return dict(_RESPONSES.find(gateway.find_method(request, context), request))


def delete_method_response(
    gateway: ApiGatewayState, context: CallContext, request: Request
) -> Result:
    """Take a declared response away."""
    return _RESPONSES.delete(gateway.find_method(request, context), request)


def update_method_response(
    gateway: ApiGatewayState, context: CallContext, request: Request
) -> Result:
    """Change a declared response by patch operations."""
    return _RESPONSES.update(gateway.find_method(request, context), request)


def _patch(method: Described, operation: dict[str, str]) -> None:
    path, name, value = (operation.get(key, "") for key in ("path", "op", "value"))
    if path == "/authorizationScopes" and name in ("add", "remove"):
        scopes = [one for one in method.get("authorizationScopes", []) if one != value]
        method["authorizationScopes"] = scopes + ([value] if name == "add" else [])
        return
    segments = path.strip("/").split("/")
    table, key = segments[0], segments[-1].replace("~1", "/")
    if name == "remove" and len(segments) > 1 and key not in method.get(table, {}):
        raise bad_request(f"Invalid patch path {path}")
    _CHANGES.apply(method, [operation])
    for field in ("authorizerId", "requestValidatorId", "operationName"):
        if method.get(field) == "" and path != f"/{field}":
            del method[field]


def _check_method(api: RestApi, method: dict[str, Any]) -> None:
    kind, authorizer = method["authorizationType"], method.get("authorizerId")
    if kind in _NEEDS_AUTHORIZER and authorizer not in api.authorizers:
        raise bad_request(
            "Invalid authorizer ID specified. Setting the authorization type to CUSTOM or "
            "COGNITO_USER_POOLS requires a valid authorizer."
        )
    if kind not in _NEEDS_AUTHORIZER:
        method.pop("authorizerId", None)
    if method.get("requestValidatorId") == "":
        del method["requestValidatorId"]
    validator = method.get("requestValidatorId")
    if validator is not None and validator not in api.validators:
        raise bad_request("Invalid Request Validator identifier specified")
    for model in method.get("requestModels", {}).values():
        if model not in api.models:
            raise bad_request(f"Invalid model identifier specified: {model}")
    names = [name.rpartition(".")[2] for name in method.get("requestParameters", {})]
    if len(names) != len(set(names)):
        raise bad_request("Parameter names must be unique across querystring, header and path")
    _check_names(method)


def _check_names(method: dict[str, Any]) -> None:
    for name in method.get("requestParameters", {}):
        parts = name.split(".")
        known = ("querystring", "header", "path", "multivaluequerystring", "multivalueheader")
        if parts[:2] != ["method", "request"] or len(parts) < 4 or parts[2] not in known:
            raise invalid_mapping(name)


def invalid_mapping(expression: str) -> Exception:
    """An expression that names no part of a request or response (recorded)."""
    text = f"Invalid mapping expression specified: {expression}"
    return bad_request(
        f"Invalid mapping expression specified: Validation Result: warnings : [], errors : [{text}]"
    )
