"""Request validators: whether body and parameters are checked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.services.apigateway.errors import bad_request, invalid_identifier
from chalice_offline.services.apigateway.pages import listed
from chalice_offline.services.apigateway.patches import Change, Patchable, boolean

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.apigateway.rest_api import Described
    from chalice_offline.services.apigateway.state import ApiGatewayState

_CHANGES = Patchable(
    {
        "/name": Change(),
        "/validateRequestParameters": Change(boolean),
        "/validateRequestBody": Change(boolean),
    }
)


def create_request_validator(
    gateway: ApiGatewayState, context: CallContext, request: Request
) -> Result:
    """Make a validator."""
    api = gateway.find_api_or_none(request["restApiId"], context)
    if api is None:
        raise bad_request("Invalid REST API identifier specified")
    validator = {
        "id": gateway.new_id(),
        "name": request.get("name"),
        "validateRequestBody": request.get("validateRequestBody", False),
        "validateRequestParameters": request.get("validateRequestParameters", False),
    }
    api.validators[validator["id"]] = validator
    return dict(validator)


def get_request_validator(
    gateway: ApiGatewayState, context: CallContext, request: Request
) -> Result:
    """Return one validator."""
    return dict(_find(gateway, context, request))


def get_request_validators(
    gateway: ApiGatewayState, context: CallContext, request: Request
) -> Result:
    """Return an API's validators."""
    api = gateway.find_api(request["restApiId"], context)
    return listed([dict(one) for one in api.validators.values()], "id", request)


def update_request_validator(
    gateway: ApiGatewayState, context: CallContext, request: Request
) -> Result:
    """Change a validator by patch operations."""
    validator = _find(gateway, context, request)
    changed = dict(validator)
    _CHANGES.apply(changed, request.get("patchOperations", []))
    if not changed["name"]:
        raise bad_request("Request Validator name cannot be blank")
    validator.update(changed)
    return dict(validator)


def delete_request_validator(
    gateway: ApiGatewayState, context: CallContext, request: Request
) -> Result:
    """Delete a validator."""
    validator = _find(gateway, context, request)
    del gateway.find_api(request["restApiId"], context).validators[validator["id"]]
    return {}


def _find(gateway: ApiGatewayState, context: CallContext, request: Request) -> Described:
    api = gateway.find_api_or_none(request["restApiId"], context)
    found = api.validators.get(request["requestValidatorId"]) if api else None
    if found is None:
        raise invalid_identifier("Request Validator")
    return found
