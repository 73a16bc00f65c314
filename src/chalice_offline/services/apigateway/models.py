"""Models: the JSON schemas of bodies."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from chalice_offline.services.apigateway.errors import bad_request, conflict, not_found
from chalice_offline.services.apigateway.pages import listed
from chalice_offline.services.apigateway.patches import Change, Patchable

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.apigateway.rest_api import Described
    from chalice_offline.services.apigateway.state import ApiGatewayState

_NAME = re.compile(r"[a-zA-Z0-9]+", re.ASCII)
_CHANGES = Patchable({"/description": Change(), "/schema": Change()})


def create_model(gateway: ApiGatewayState, context: CallContext, request: Request) -> Result:
    """Make a model."""
    api = gateway.find_api(request["restApiId"], context)
    name = request["name"]
    if not name:
        raise bad_request("Model name must be non-empty")
    if not _NAME.fullmatch(name):
        raise bad_request("Model name must be alphanumeric: " + name)
    if name in api.models:
        raise conflict("Model name already exists for this REST API")
    _check_schema(request.get("schema"))
    model = {
        "id": gateway.new_id(),
        "name": name,
        "contentType": request["contentType"],
        "schema": request["schema"],
    }
    if request.get("description"):
        model["description"] = request["description"]
    api.models[name] = model
    return dict(model)


def get_model(gateway: ApiGatewayState, context: CallContext, request: Request) -> Result:
    """Return one model; flattened, it holds what it refers to."""
    return dict(_find(gateway, context, request))


def get_models(gateway: ApiGatewayState, context: CallContext, request: Request) -> Result:
    """Return an API's models."""
    api = gateway.find_api(request["restApiId"], context)
    return listed([dict(model) for model in api.models.values()], "name", request)


def delete_model(gateway: ApiGatewayState, context: CallContext, request: Request) -> Result:
    """Delete a model that no method uses."""
    model = _find(gateway, context, request)
    api = gateway.find_api(request["restApiId"], context)
    for resource, method in api.methods():
        place = f"{resource['path']}/{method['httpMethod']}"
        if model["name"] in method.get("requestModels", {}).values():
            raise conflict(
                f"Cannot delete model '{model['name']}', is referenced in method request: {place}"
            )
        for response in method.get("methodResponses", {}).values():
            if model["name"] in response.get("responseModels", {}).values():
                raise conflict(
                    f"Cannot delete model '{model['name']}', is referenced in method response: "
                    f"{place}"
                )
    del api.models[model["name"]]
    return {}


def update_model(gateway: ApiGatewayState, context: CallContext, request: Request) -> Result:
    """Change a model by patch operations."""
    model = _find(gateway, context, request)
    changed = dict(model)
    _CHANGES.apply(changed, request.get("patchOperations", []))
    _check_schema(changed["schema"])
    if not changed.get("description"):
        changed.pop("description", None)
    model.clear()
    model.update(changed)
    return dict(model)


def get_model_template(gateway: ApiGatewayState, context: CallContext, request: Request) -> Result:
    """Return a mapping template that passes a model's members on."""
    model = _find(gateway, context, request)
    names = json.loads(model["schema"]).get("properties", {})
    members = ",\n".join(f"  \"{name}\": $input.json('$.{name}')" for name in names)
    return {"value": f"{{\n{members}\n}}"}


def _find(gateway: ApiGatewayState, context: CallContext, request: Request) -> Described:
    api = gateway.find_api_or_none(request["restApiId"], context)
    model = api.models.get(request["modelName"]) if api else None
    if model is None:
        raise not_found(f"Invalid model name specified: {request['modelName']}")
    return model


def _check_schema(schema: str | None) -> None:
    if not schema:
        raise bad_request("Model schema must have at least 1 property or array items defined")
