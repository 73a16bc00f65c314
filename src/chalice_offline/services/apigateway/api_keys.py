"""API keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.services.apigateway import limits
from chalice_offline.services.apigateway.errors import bad_request, conflict, not_found
from chalice_offline.services.apigateway.pages import listed
from chalice_offline.services.apigateway.patches import Change, Patchable, boolean

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.apigateway.rest_api import Described
    from chalice_offline.services.apigateway.state import ApiGatewayState

_VALUE_LENGTH = 40
_CHANGES = Patchable(
    {
        "/description": Change(),
        "/enabled": Change(boolean),
        "/name": Change(),
        "/customerId": Change(),
    }
)


def create_api_key(gateway: ApiGatewayState, context: CallContext, request: Request) -> Result:
    """Make a key."""
    value = request.get("value") or None
    _check(request)
    if value is not None and len(value) < limits.API_KEY_LENGTH_MIN:
        raise bad_request("API Key value should be at least 20 characters")
    if value is not None and len(value) > limits.API_KEY_LENGTH_MAX:
        raise bad_request("API Key value exceeds maximum size of 128 characters")
    place = gateway.place(context)
    if value and any(key["value"] == value for key in place.api_keys.values()):
        raise conflict("API Key already exists")
    now = gateway.now_s()
    key: Described = {
        "id": gateway.new_id(10),
        "value": value or gateway.new_id(_VALUE_LENGTH),
        "enabled": request.get("enabled", False),
        "createdDate": now,
        "lastUpdatedDate": now,
        "stageKeys": [
            f"{one['restApiId']}/{one['stageName']}" for one in request.get("stageKeys", ())
        ],
    }
    key |= {
        name: request[name]
        for name in ("name", "description", "customerId", "tags")
        if request.get(name)
    }
    place.api_keys[key["id"]] = key
    return dict(key)


def get_api_key(gateway: ApiGatewayState, context: CallContext, request: Request) -> Result:
    """Return one key, its value only if asked for."""
    key = _find(gateway, context, request["apiKey"])
    return _shown(key, value=bool(request.get("includeValue"))) | {"tags": key.get("tags", {})}


def get_api_keys(gateway: ApiGatewayState, context: CallContext, request: Request) -> Result:
    """Return the caller's keys; a name in the request is the beginning of theirs."""
    name = request.get("nameQuery", "")
    customer = request.get("customerId")
    keys = [
        _shown(key, value=bool(request.get("includeValues")))
        for key in gateway.place(context).api_keys.values()
        if key.get("name", "").startswith(name)
        and (not customer or key.get("customerId") == customer)
    ]
    return listed(keys, gateway.numbers, request)


def update_api_key(gateway: ApiGatewayState, context: CallContext, request: Request) -> Result:
    """Change a key by patch operations."""
    key = _find(gateway, context, request["apiKey"])
    changed = dict(key)
    _CHANGES.apply(changed, request.get("patchOperations", []))
    _check(changed)
    key.update(changed | {"lastUpdatedDate": gateway.now_s()})
    return _shown(key, value=False) | {"tags": key.get("tags", {})}


def delete_api_key(gateway: ApiGatewayState, context: CallContext, request: Request) -> Result:
    """Delete a key; no usage plan has it any more."""
    key = _find(gateway, context, request["apiKey"])
    place = gateway.place(context)
    del place.api_keys[key["id"]]
    for keys in place.plan_keys.values():
        if key["id"] in keys:
            keys.remove(key["id"])
    return {}


def import_api_keys(gateway: ApiGatewayState, context: CallContext, request: Request) -> Result:
    """Make keys of lines: a head of column names, then one key a line."""
    lines = [line.split(",") for line in request["body"].decode().splitlines() if line.strip()]
    if not lines:
        raise bad_request("Invalid CSV")
    head = [column.strip().lower() for column in lines[0]]
    ids = []
    for line in lines[1:]:
        row: dict[str, Any] = dict(zip(head, (cell.strip() for cell in line), strict=False))
        made = create_api_key(
            gateway,
            context,
            {
                "name": row.get("name"),
                "value": row.get("key") or None,
                "description": row.get("description"),
                "enabled": boolean(row.get("enabled", "true")),
            },
        )
        ids.append(made["id"])
    return {"ids": ids, "warnings": []}


def _find(gateway: ApiGatewayState, context: CallContext, key_id: str) -> Described:
    found = gateway.place(context).api_keys.get(key_id)
    if found is None:
        raise not_found("Invalid API Key identifier specified")
    return found


def _shown(key: Described, *, value: bool) -> Described:
    return {name: one for name, one in key.items() if value or name != "value"}


def _check(key: dict[str, Any]) -> None:
    if len(key.get("name") or "") > limits.API_KEY_NAME_MAX:
        raise bad_request("Invalid API Key name, can be at most 1024 characters.")
    if len(key.get("description") or "") > limits.API_KEY_DESCRIPTION_MAX:
        raise bad_request("Invalid API Key description specified.")
