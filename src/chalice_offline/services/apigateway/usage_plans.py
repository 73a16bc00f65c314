"""Usage plans: which keys may use which stages, and how much."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

from chalice_offline.services.apigateway.errors import bad_request, conflict, not_found
from chalice_offline.services.apigateway.pages import listed
from chalice_offline.services.apigateway.patches import Change, Patchable, integer, number, text

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.errors import AwsError
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.apigateway.rest_api import Described
    from chalice_offline.services.apigateway.state import ApiGatewayState

_ANY = ("add", "replace", "remove")
_CHANGES = Patchable(
    {
        "/name": Change(),
        "/description": Change(),
        "/productCode": Change(operations=_ANY),
        "/quota": Change(operations=_ANY),
        "/quota/limit": Change(integer, _ANY),
        "/quota/offset": Change(integer, _ANY),
        "/quota/period": Change(text, _ANY),
        "/throttle": Change(operations=_ANY),
        "/throttle/burstLimit": Change(integer, _ANY),
        "/throttle/rateLimit": Change(number, _ANY),
    },
    lists_paths=False,
)
_INVALID_STAGE = "Invalid API Stage specified"


def create_usage_plan(gateway: ApiGatewayState, context: CallContext, request: Request) -> Result:
    """Make a plan."""
    plan: Described = {"id": gateway.new_id(), "name": request["name"]}
    stages = request.get("apiStages") or []
    for stage in stages:
        _check_stage(gateway, context, plan["id"], stage.get("apiId"), stage.get("stage"))
    plan["apiStages"] = copy.deepcopy(stages)
    plan |= {key: request[key] for key in ("description", "tags") if request.get(key)}
    if request.get("quota"):
        plan["quota"] = {"offset": 0} | request["quota"]
    if request.get("throttle"):
        plan["throttle"] = {"burstLimit": 0, "rateLimit": 0.0} | request["throttle"]
    gateway.place(context).usage_plans[plan["id"]] = plan
    return copy.deepcopy(plan)


def get_usage_plan(gateway: ApiGatewayState, context: CallContext, request: Request) -> Result:
    """Return one plan."""
    return _shown(_find(gateway, context, request))


def get_usage_plans(gateway: ApiGatewayState, context: CallContext, request: Request) -> Result:
    """Return the caller's plans, those of one key if that is named."""
    place, key = gateway.place(context), request.get("keyId")
    plans = [
        copy.deepcopy(plan)
        for plan in place.usage_plans.values()
        if not key or key in place.plan_keys.get(plan["id"], ())
    ]
    return listed(plans, "id", request)


def update_usage_plan(gateway: ApiGatewayState, context: CallContext, request: Request) -> Result:
    """Change a plan by patch operations."""
    plan = _find(gateway, context, request)
    changed = copy.deepcopy(plan)
    for operation in request.get("patchOperations", ()):
        path = operation.get("path", "")
        if path.startswith("/apiStages"):
            _patch_stages(gateway, context, changed, operation)
        else:
            _CHANGES.apply(changed, [operation])
    if changed.get("quota"):
        changed["quota"].setdefault("offset", 0)
    plan.clear()
    plan.update(changed)
    return _shown(plan)


def delete_usage_plan(gateway: ApiGatewayState, context: CallContext, request: Request) -> Result:
    """Delete a plan that is no stage's any more."""
    plan = _find(gateway, context, request)
    place = gateway.place(context)
    if plan.get("apiStages"):
        raise bad_request("Cannot delete usage plan because it is still associated with API stages")
    del place.usage_plans[plan["id"]]
    place.plan_keys.pop(plan["id"], None)
    return {}


def create_usage_plan_key(
    gateway: ApiGatewayState, context: CallContext, request: Request
) -> Result:
    """Let a key use what a plan has."""
    plan = _find(gateway, context, request)
    place = gateway.place(context)
    key = place.api_keys.get(request["keyId"])
    if key is None:
        raise not_found("Invalid API Key identifier specified")
    keys = place.plan_keys.setdefault(plan["id"], [])
    if key["id"] in keys:
        raise conflict(f"{plan['id']} already has key {key['id']}")
    keys.append(key["id"])
    return _plan_key(key)


def get_usage_plan_key(gateway: ApiGatewayState, context: CallContext, request: Request) -> Result:
    """Return a key that a plan has."""
    return _plan_key(_find_key(gateway, context, request))


def get_usage_plan_keys(gateway: ApiGatewayState, context: CallContext, request: Request) -> Result:
    """Return a plan's keys; of a plan that is not there, none (recorded)."""
    place = gateway.place(context)
    name = request.get("nameQuery", "")
    keys = [place.api_keys[one] for one in place.plan_keys.get(request["usagePlanId"], ())]
    shown = [_plan_key(key) for key in keys if key.get("name", "").startswith(name)]
    return listed(shown, gateway.numbers, request)


def delete_usage_plan_key(
    gateway: ApiGatewayState, context: CallContext, request: Request
) -> Result:
    """Take a key from a plan."""
    key = _find_key(gateway, context, request)
    gateway.place(context).plan_keys[request["usagePlanId"]].remove(key["id"])
    return {}


def get_usage(gateway: ApiGatewayState, context: CallContext, request: Request) -> Result:
    """Return how much of its quota each key has used, by day."""
    plan = _find(gateway, context, request)
    place = gateway.place(context)
    limit = plan.get("quota", {}).get("limit", 0)
    items = {}
    for key in place.plan_keys.get(plan["id"], ()):
        used = gateway.buckets.get(("quota", plan["id"], key))
        count = used.used if used else 0
        items[key] = [[count, limit - count]]
    return {
        "usagePlanId": plan["id"],
        "startDate": request["startDate"],
        "endDate": request["endDate"],
        "items": items,
    }


def _find(gateway: ApiGatewayState, context: CallContext, request: Request) -> Described:
    found = gateway.place(context).usage_plans.get(request["usagePlanId"])
    if found is None:
        raise not_found("Invalid Usage Plan ID specified")
    return found


def _find_key(gateway: ApiGatewayState, context: CallContext, request: Request) -> Described:
    plan = _find(gateway, context, request)
    place = gateway.place(context)
    if request["keyId"] not in place.plan_keys.get(plan["id"], ()):
        raise not_found("Invalid Usage Plan Key identifier specified")
    return place.api_keys[request["keyId"]]


def _plan_key(key: Described) -> Described:
    shown = {"id": key["id"], "type": "API_KEY", "value": key["value"]}
    return shown | ({"name": key["name"]} if "name" in key else {})


def _shown(plan: Described) -> Described:
    return copy.deepcopy(plan) | {"tags": dict(plan.get("tags", {}))}


def _check_stage(
    gateway: ApiGatewayState,
    context: CallContext,
    plan_id: str,
    api_id: str | None,
    stage: str | None,
) -> None:
    api = gateway.find_api_or_none(api_id or "", context)
    if api is None or stage not in api.stages:
        raise _no_stage(plan_id, api_id, stage)


def _no_stage(plan_id: str, api_id: str | None, stage: str | None) -> AwsError:
    return not_found(
        f"Invalid API Stage {{api: {api_id}, stage: {stage}}} specified for usageplan {plan_id}"
    )


def _patch_stages(
    gateway: ApiGatewayState, context: CallContext, plan: Described, operation: dict[str, str]
) -> None:
    segments = operation["path"].strip("/").split("/")
    if len(segments) > 2 and segments[2] == "throttle":
        _patch_throttle(plan, segments, operation)
        return
    api_id, colon, stage = (operation.get("value") or "").partition(":")
    if not colon or not stage:
        raise bad_request(_INVALID_STAGE)
    wanted = {"apiId": api_id, "stage": stage}
    stages = plan.setdefault("apiStages", [])
    if operation["op"] == "remove":
        kept = [one for one in stages if (one["apiId"], one["stage"]) != (api_id, stage)]
        if len(kept) == len(stages):
            raise _no_stage(plan["id"], api_id, stage)
        plan["apiStages"] = kept
        return
    _check_stage(gateway, context, plan["id"], api_id, stage)
    if wanted not in stages:
        stages.append(wanted)


def _patch_throttle(plan: Described, segments: list[str], operation: dict[str, str]) -> None:
    """Patch /apiStages/{api}:{stage}/throttle/{path}/{method}/rateLimit."""
    api_id, _, stage_name = segments[1].partition(":")
    for stage in plan.get("apiStages", ()):
        if (stage["apiId"], stage["stage"]) != (api_id, stage_name):
            continue
        key = "/".join(segment.replace("~1", "/") for segment in segments[3:5])
        if operation["op"] == "remove":
            _remove_throttle(stage, key, segments[5:])
        elif len(segments) > 5:
            limit = stage.setdefault("throttle", {}).setdefault(key, {})
            read = integer if segments[5] == "burstLimit" else number
            limit[segments[5]] = read(operation.get("value", "0"))
        return
    raise not_found(_INVALID_STAGE)


def _remove_throttle(stage: Described, key: str, limit: list[str]) -> None:
    """Take away a method's limits, one of them if it is named, or those of all methods."""
    throttle = stage.get("throttle", {})
    if limit:
        throttle.get(key, {}).pop(limit[0], None)
    elif key:
        throttle.pop(key, None)
    if not key or not throttle:
        stage.pop("throttle", None)
