"""Patch operations on stages: settings of the stage, of its methods, and of a canary release."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.services.apigateway.errors import bad_request
from chalice_offline.services.apigateway.patches import boolean, integer, number, split, text

if TYPE_CHECKING:
    from collections.abc import Callable, Container

    from chalice_offline.core.errors import AwsError
    from chalice_offline.services.apigateway.rest_api import Described

_PLAIN: dict[str, Callable[[str], Any]] = {
    "deploymentId": text,
    "description": text,
    "cacheClusterEnabled": boolean,
    "cacheClusterSize": text,
    "clientCertificateId": text,
    "tracingEnabled": boolean,
    "documentationVersion": text,
}
_METHOD_SETTINGS: dict[str, tuple[str, Callable[[str], Any]]] = {
    "metrics/enabled": ("metricsEnabled", boolean),
    "logging/dataTrace": ("dataTraceEnabled", boolean),
    "logging/loglevel": ("loggingLevel", text),
    "throttling/burstLimit": ("throttlingBurstLimit", integer),
    "throttling/rateLimit": ("throttlingRateLimit", number),
    "caching/ttlInSeconds": ("cacheTtlInSeconds", integer),
    "caching/enabled": ("cachingEnabled", boolean),
    "caching/dataEncrypted": ("cacheDataEncrypted", boolean),
    "caching/requireAuthorizationForCacheControl": (
        "requireAuthorizationForCacheControl",
        boolean,
    ),
    "caching/unauthorizedCacheControlHeaderStrategy": (
        "unauthorizedCacheControlHeaderStrategy",
        text,
    ),
}
_METHOD_DEFAULTS: Described = {
    "metricsEnabled": False,
    "dataTraceEnabled": False,
    "throttlingBurstLimit": 5000,
    "throttlingRateLimit": 10000.0,
    "cachingEnabled": False,
    "cacheTtlInSeconds": 300,
    "cacheDataEncrypted": False,
    "requireAuthorizationForCacheControl": True,
    "unauthorizedCacheControlHeaderStrategy": "SUCCEED_WITH_RESPONSE_HEADER",
}
_CANARY: dict[str, Callable[[str], Any]] = {
    "percentTraffic": number,
    "useStageCache": boolean,
    "deploymentId": text,
}
_LOG_FIELDS = ("destinationArn", "format")
# As AWS spells it, with its slips (recorded).
_MAY_BE = (
    "/deploymentId, /description, /cacheClusterEnabled, /cacheClusterSize, /clientCertificateId, "
    "/accessLogSettings, /accessLogSettings/destinationArn, /accessLogSettings/format, "
    "/{resourcePath}/{httpMethod}/metrics/enabled, /{resourcePath}/{httpMethod}/logging/dataTrace, "
    "/{resourcePath}/{httpMethod}/logging/loglevel, "
    "/{resourcePath}/{httpMethod}/throttling/burstLimit"
    "/{resourcePath}/{httpMethod}/throttling/rateLimit"
    "/{resourcePath}/{httpMethod}/caching/ttlInSeconds, "
    "/{resourcePath}/{httpMethod}/caching/enabled, "
    "/{resourcePath}/{httpMethod}/caching/dataEncrypted, "
    "/{resourcePath}/{httpMethod}/caching/requireAuthorizationForCacheControl, "
    "/{resourcePath}/{httpMethod}/caching/unauthorizedCacheControlHeaderStrategy, "
    "/*/*/metrics/enabled, /*/*/logging/dataTrace, /*/*/logging/loglevel, "
    "/*/*/throttling/burstLimit /*/*/throttling/rateLimit /*/*/caching/ttlInSeconds, "
    "/*/*/caching/enabled, /*/*/caching/dataEncrypted, "
    "/*/*/caching/requireAuthorizationForCacheControl, "
    "/*/*/caching/unauthorizedCacheControlHeaderStrategy, /variables/{variable_name}, "
    "/tracingEnabled"
)
_COPIES = {
    "/deploymentId": "/canarySettings/deploymentId",
    "/variables": "/canarySettings/stageVariableOverrides",
}


def apply(stage: Described, operations: list[dict[str, str]], deployments: Container[str]) -> None:
    """Apply patch operations to a stage; raises AwsError."""
    for operation in operations:
        path, name = operation.get("path", ""), operation.get("op", "")
        value = operation.get("value", "")
        if name == "copy":
            _copy(stage, path, operation.get("from", ""))
        elif name == "remove":
            _remove(stage, path)
        else:
            _put(stage, path, name, value, deployments)


def _copy(stage: Described, path: str, source: str) -> None:
    if _COPIES.get(path) != source:
        raise bad_request(
            f"Invalid copy operation with path: {path} and from {source}. Valid copy:path are "
            "[/deploymentId, /variables] and valid copy:from are [/canarySettings/deploymentId, "
            "/canarySettings/stageVariableOverrides]"
        )
    canary = stage.get("canarySettings")
    if canary is None:
        raise bad_request("Promotion not available. Canary does not exist.")
    if path == "/deploymentId":
        stage["deploymentId"] = canary["deploymentId"]
    elif canary.get("stageVariableOverrides"):
        variables = stage.get("variables", {}) | canary["stageVariableOverrides"]
        stage["variables"] = variables


def _remove(stage: Described, path: str) -> None:
    segments = split(path)
    refusal = bad_request(
        f"Cannot remove method setting {path.strip('/')} because there is no method setting for "
        "this method "
    )
    if segments[0] in ("accessLogSettings", "canarySettings", "variables"):
        _remove_within(stage, segments, refusal)
        return
    settings = stage["methodSettings"]
    key = path.strip("/")
    found = next((one for one in settings if _key_path(one) == key or one == key), None)
    if found is not None:
        del settings[found]
        return
    resource, _, setting = _method_place(segments)
    if resource not in settings or setting not in _METHOD_SETTINGS:
        raise refusal
    settings[resource].pop(_METHOD_SETTINGS[setting][0], None)


def _remove_within(stage: Described, segments: list[str], refusal: AwsError) -> None:
    if len(segments) == 1:
        stage.pop(segments[0], None)
        return
    inner = stage.get(segments[0], {})
    if segments[0] == "variables":
        inner.pop(segments[1], None)
    elif segments[0] == "canarySettings" and segments[1] == "stageVariableOverrides":
        overrides = inner.get("stageVariableOverrides")
        if len(segments) < 3 or not overrides:
            raise refusal
        overrides.pop(segments[2], None)
    else:
        raise refusal
    if not inner:
        stage.pop(segments[0], None)


def _put(stage: Described, path: str, name: str, value: str, deployments: Container[str]) -> None:
    segments = split(path)
    if segments[0] in _PLAIN and len(segments) == 1:
        _put_plain(stage, segments[0], value, deployments)
    elif segments[0] == "accessLogSettings":
        _put_log(stage, segments, value)
    elif segments[0] == "variables" and len(segments) > 1:
        stage.setdefault("variables", {})["/".join(segments[1:])] = value
    elif segments[0] == "canarySettings" and len(segments) > 1:
        _put_canary(stage, path, segments, name, value, deployments)
    else:
        _put_method_setting(stage, path, segments, value)


def _put_plain(stage: Described, key: str, value: str, deployments: Container[str]) -> None:
    if key == "deploymentId" and value not in deployments:
        raise bad_request("Deployment id does not exist")
    stage[key] = _PLAIN[key](value)
    if key == "cacheClusterEnabled":
        stage["cacheClusterStatus"] = "AVAILABLE" if stage[key] else "NOT_AVAILABLE"
        if stage[key]:
            stage.setdefault("cacheClusterSize", "0.5")


def _put_log(stage: Described, segments: list[str], value: str) -> None:
    if len(segments) != 2 or segments[1] not in _LOG_FIELDS:
        raise bad_request(
            "Invalid accessLogSettings path. Must be one of : "
            "[/accessLogSettings/destinationArn, /accessLogSettings/format]"
        )
    if not value:
        raise bad_request("Access Log value must not be empty")
    if segments[1] == "destinationArn":
        value = value.removesuffix(":*")
    stage.setdefault("accessLogSettings", {})[segments[1]] = value


def _put_canary(
    stage: Described,
    path: str,
    segments: list[str],
    name: str,
    value: str,
    deployments: Container[str],
) -> None:
    read = _CANARY.get(segments[1])
    if name == "add" and segments[1] != "stageVariableOverrides":
        raise bad_request(f"Invalid add operation with path: {path}")
    if read is None and (segments[1] != "stageVariableOverrides" or len(segments) < 3):
        raise _unknown(path)
    if segments[1] == "deploymentId" and value not in deployments:
        raise bad_request("Deployment id does not exist")
    defaults = {
        "deploymentId": stage["deploymentId"],
        "percentTraffic": 0.0,
        "useStageCache": False,
    }
    canary = stage.setdefault("canarySettings", defaults)
    if read is not None:
        canary[segments[1]] = read(value)
    else:
        canary.setdefault("stageVariableOverrides", {})[segments[2]] = value


def _put_method_setting(stage: Described, path: str, segments: list[str], value: str) -> None:
    key, _, setting = _method_place(segments)
    if len(segments) < 4 or setting not in _METHOD_SETTINGS:
        raise _unknown(path)
    member, read = _METHOD_SETTINGS[setting]
    # What is set for all methods holds for one until it has its own setting.
    general = stage["methodSettings"].get("*/*", {})
    defaults = _METHOD_DEFAULTS | {"cachingEnabled": general.get("cachingEnabled", False)}
    settings = stage["methodSettings"].setdefault(key, defaults)
    settings[member] = read(value)


def _method_place(segments: list[str]) -> tuple[str, str, str]:
    resource = segments[0]
    method = segments[1] if len(segments) > 1 else ""
    key = f"{resource.strip('/')}/{method}"
    return key, method, "/".join(segments[2:])


def _key_path(key: str) -> str:
    resource, _, method = key.rpartition("/")
    return f"{resource.replace('/', '~1')}/{method}"


def _unknown(path: str) -> AwsError:
    return bad_request(f"Invalid method setting path: {path}. Must be one of: [{_MAY_BE}]")
