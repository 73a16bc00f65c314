"""What changes of an API, stage or method are in API Gateway's patch operations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.services.cloudformation.resource_types.base import text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from chalice_offline.services.cloudformation.resource_types.base import Properties

Patch = dict[str, str]

# Source: "UpdateStage", patch operations: where each of MethodSettings stands.
_METHOD_SETTINGS = {
    "CacheDataEncrypted": "caching/dataEncrypted",
    "CacheTtlInSeconds": "caching/ttlInSeconds",
    "CachingEnabled": "caching/enabled",
    "DataTraceEnabled": "logging/dataTrace",
    "LoggingLevel": "logging/loglevel",
    "MetricsEnabled": "metrics/enabled",
    "ThrottlingBurstLimit": "throttling/burstLimit",
    "ThrottlingRateLimit": "throttling/rateLimit",
}
_STAGE = {
    "DeploymentId": "/deploymentId",
    "Description": "/description",
    "DocumentationVersion": "/documentationVersion",
    "CacheClusterEnabled": "/cacheClusterEnabled",
    "CacheClusterSize": "/cacheClusterSize",
    "TracingEnabled": "/tracingEnabled",
    "ClientCertificateId": "/clientCertificateId",
}
# Source: "UpdateUsagePlan", patch operations.
_QUOTA = {"Limit": "/quota/limit", "Offset": "/quota/offset", "Period": "/quota/period"}
_LIMITS = {"BurstLimit": "burstLimit", "RateLimit": "rateLimit"}
_THROTTLE = {name: f"/throttle/{member}" for name, member in _LIMITS.items()}


def replaced(before: Properties, after: Properties, paths: Mapping[str, str]) -> list[Patch]:
    """Return the patches for values that differ; what is wanted no more becomes empty."""
    return [
        {"op": "replace", "path": path, "value": text(after.get(name, ""))}
        for name, path in paths.items()
        if before.get(name) != after.get(name)
    ]


def members(path: str, before: list[Any], after: list[Any]) -> list[Patch]:
    """Return the patches for a set of texts that stands under a path."""
    gone = [
        {"op": "remove", "path": f"{path}/{_escaped(one)}"} for one in before if one not in after
    ]
    new = [{"op": "add", "path": f"{path}/{_escaped(one)}"} for one in after if one not in before]
    return gone + new


def values(path: str, before: list[Any], after: list[Any]) -> list[Patch]:
    """Return the patches for a set of texts that a path's values are; it is never empty between."""
    new = [{"op": "add", "path": path, "value": text(one)} for one in after if one not in before]
    gone = [
        {"op": "remove", "path": path, "value": text(one)} for one in before if one not in after
    ]
    return new + gone


def of_stage(before: Properties, after: Properties) -> list[Patch]:
    """Return the patches that bring a stage from some properties to others."""
    patches = replaced(before, after, _STAGE)
    was, wanted = before.get("Variables", {}), after.get("Variables", {})
    patches += [{"op": "remove", "path": f"/variables/{key}"} for key in was if key not in wanted]
    patches += replaced(was, wanted, {key: f"/variables/{key}" for key in wanted})
    patches += _access_log(before.get("AccessLogSetting"), after.get("AccessLogSetting"))
    was, wanted = dict(_settings(before)), dict(_settings(after))
    gone = {key.rsplit("/", 2)[0] for key in was} - {key.rsplit("/", 2)[0] for key in wanted}
    patches += [{"op": "remove", "path": path} for path in sorted(gone)]
    return patches + replaced(was, wanted, {path: path for path in wanted})


def of_usage_plan(
    stages: list[dict[str, Any]], before: Properties, after: Properties
) -> list[Patch]:
    """Return the patches that bring a usage plan from some properties to others.

    `stages` are those it has, as API Gateway describes them: where a change failed, it has not
    those it was to have, and somebody else may have given it more, which it keeps.
    """
    patches = replaced(before, after, {"Description": "/description"})
    if "UsagePlanName" in after:  # a plan always has a name: the last one, if no other is given
        patches += replaced(before, after, {"UsagePlanName": "/name"})
    for name, paths in (("Quota", _QUOTA), ("Throttle", _THROTTLE)):
        was, wanted = before.get(name, {}), after.get(name, {})
        if was and not wanted:
            patches.append({"op": "remove", "path": f"/{name.lower()}"})
            continue
        patches += [{"op": "remove", "path": paths[key]} for key in was if key not in wanted]
        patches += replaced(was, wanted, {key: paths[key] for key in wanted})
    stages_before, wanted = _api_stages(before), _api_stages(after)
    patches += without_stages(
        one for one in stages if _plan_stage(one) in stages_before.keys() - wanted.keys()
    )
    present = {_plan_stage(one): one.get("throttle", {}) for one in stages}
    for stage, limits in wanted.items():
        if stage not in present:
            patches.append({"op": "add", "path": "/apiStages", "value": stage})
        patches += _of_throttle(f"/apiStages/{stage}/throttle", present.get(stage, {}), limits)
    return patches


def without_stages(stages: Iterable[dict[str, Any]]) -> list[Patch]:
    """Return the patches that take a usage plan from some of the stages it has."""
    return [{"op": "remove", "path": "/apiStages", "value": _plan_stage(one)} for one in stages]


def _plan_stage(described: dict[str, Any]) -> str:
    return f"{described['apiId']}:{described['stage']}"


def _api_stages(properties: Properties) -> dict[str, Properties]:
    """The stages of a plan in a template, with what each of their methods may do at most."""
    return {
        f"{text(one['ApiId'])}:{text(one['Stage'])}": one.get("Throttle", {})
        for one in properties.get("ApiStages", ())
    }


def _of_throttle(path: str, present: Properties, wanted: Properties) -> Iterator[Patch]:
    """Yield the patches for the limits of a stage's methods ("/orders/GET")."""
    for method in present:
        if method not in wanted:
            yield {"op": "remove", "path": f"{path}/{_escaped_method(method)}"}
    for method, limits in wanted.items():
        paths = {key: f"{path}/{_escaped_method(method)}/{_LIMITS[key]}" for key in limits}
        yield from replaced({}, limits, paths)


def _escaped_method(method: str) -> str:
    resource, _, verb = method.rpartition("/")
    return f"{_escaped(resource)}/{verb}"


def _access_log(before: Any, after: Any) -> list[Patch]:
    if before == after:
        return []
    if not after:
        return [{"op": "remove", "path": "/accessLogSettings"}]
    paths = {
        "DestinationArn": "/accessLogSettings/destinationArn",
        "Format": "/accessLogSettings/format",
    }
    return replaced({}, after, {name: path for name, path in paths.items() if name in after})


def _settings(properties: Properties) -> Iterator[tuple[str, str]]:
    for one in properties.get("MethodSettings", ()):
        path = text(one.get("ResourcePath", "/*"))
        # "/*" stands for every resource, and is "*" in a patch.
        resource = "*" if path in ("/*", "*") else _escaped(path)
        method = text(one.get("HttpMethod", "*"))
        for name, where in _METHOD_SETTINGS.items():
            if name in one:
                yield f"/{resource}/{method}/{where}", text(one[name])


def _escaped(value: Any) -> str:
    return text(value).replace("~", "~0").replace("/", "~1")
