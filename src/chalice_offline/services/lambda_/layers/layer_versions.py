"""Layers and their versions: published, described, listed and deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.core.arn import parse_arn
from chalice_offline.services.lambda_ import limits, uploads
from chalice_offline.services.lambda_.errors import invalid_parameter, resource_not_found
from chalice_offline.services.lambda_.layers.layer import Layer, LayerVersion
from chalice_offline.services.lambda_.packages import package_of, sha256_of
from chalice_offline.services.lambda_.pages import page_of
from chalice_offline.services.lambda_.timestamps import iso

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.lambda_.state import LambdaState


def publish_layer_version(lambda_: LambdaState, context: CallContext, request: Request) -> Result:
    """Make a layer, or the next version of one, of a zip file."""
    key = _key(context, request["LayerName"])
    content = package_of(lambda_.kernel, context, request["Content"], "PublishLayerVersion")
    layer = lambda_.layers.get(key)
    if layer is None:
        account_id, region, name = key
        layer = lambda_.layers[key] = Layer(name, account_id, region)
    layer.last_number += 1
    version = LayerVersion(
        layer_arn=layer.arn,
        number=layer.last_number,
        package=content,
        created_ms=context.now_ms,
        description=request.get("Description", ""),
        license_info=request.get("LicenseInfo", ""),
        runtimes=_given(request, "CompatibleRuntimes"),
        architectures=_given(request, "CompatibleArchitectures"),
    )
    layer.versions[version.number] = version
    return _described(context, version)


def get_layer_version(lambda_: LambdaState, context: CallContext, request: Request) -> Result:
    """Describe a version of a layer, with a link to its zip file."""
    version = _version(lambda_, _key(context, request["LayerName"]), request["VersionNumber"])
    return _described(context, version)


def get_layer_version_by_arn(
    lambda_: LambdaState, context: CallContext, request: Request
) -> Result:
    """Describe a version of a layer by its ARN."""
    arn = parse_arn(request["Arn"])
    _, name, number = arn.resource.split(":")
    version = _version(lambda_, (arn.account_id, arn.region, name), int(number))
    return _described(context, version)


def delete_layer_version(lambda_: LambdaState, context: CallContext, request: Request) -> Result:
    """Delete a version; functions that use it keep it. One that is not there is no error."""
    _check_number(request["VersionNumber"])
    layer = lambda_.layers.get(_key(context, request["LayerName"]))
    if layer is not None:
        layer.versions.pop(request["VersionNumber"], None)
    return {}


def list_layers(lambda_: LambdaState, context: CallContext, request: Request) -> Result:
    """List the layers of the caller's account and region with their latest versions."""
    found = [
        (layer, fitting[-1])
        for (account_id, region, _), layer in lambda_.layers.items()
        if (account_id, region) == (context.account_id, context.region)
        and (fitting := [one for one in layer.versions.values() if _fits(one, request)])
    ]
    shown, more = page_of(found, lambda one: one[0].name, request)
    layers = [
        {
            "LayerName": layer.name,
            "LayerArn": layer.arn,
            "LatestMatchingVersion": _listed(version),
        }
        for layer, version in shown
    ]
    return {"Layers": layers} | more


def list_layer_versions(lambda_: LambdaState, context: CallContext, request: Request) -> Result:
    """List the versions of a layer, newest first."""
    layer = lambda_.layers.get(_key(context, request["LayerName"]))
    found = [one for one in (layer.versions.values() if layer else ()) if _fits(one, request)]
    newest_first = limits.LAYER_VERSIONS_MAX
    shown, more = page_of(found, lambda one: f"{newest_first - one.number:09d}", request)
    return {"LayerVersions": [_listed(version) for version in shown]} | more


def _key(context: CallContext, name: str) -> tuple[str, str, str]:
    """Return account, region and name of a layer that is given by name or ARN."""
    if not name.startswith("arn:"):
        return context.account_id, context.region, name
    arn = parse_arn(name)
    return arn.account_id, arn.region, arn.resource.split(":")[1]


def _check_number(number: int) -> None:
    if number < 1:
        raise invalid_parameter("Layer Version Cannot be less than 1")


def _version(lambda_: LambdaState, key: tuple[str, str, str], number: int) -> LayerVersion:
    _check_number(number)
    version = lambda_.layer_version_or_none(*key, number)
    if version is None:
        raise resource_not_found("The resource you requested does not exist.")
    return version


def _fits(version: LayerVersion, request: Request) -> bool:
    runtime = request.get("CompatibleRuntime")
    architecture = request.get("CompatibleArchitecture")
    return (not runtime or runtime in (version.runtimes or ())) and (
        not architecture or architecture in (version.architectures or ())
    )


def _given(request: Request, member: str) -> tuple[str, ...] | None:
    return tuple(request[member]) if member in request else None


def _listed(version: LayerVersion) -> Result:
    described: Result = {
        "LayerVersionArn": version.arn,
        "Version": version.number,
        "Description": version.description,
        "CreatedDate": iso(version.created_ms),
    }
    if version.runtimes is not None:
        described["CompatibleRuntimes"] = list(version.runtimes)
    if version.architectures is not None:
        described["CompatibleArchitectures"] = list(version.architectures)
    if version.license_info:
        described["LicenseInfo"] = version.license_info
    return described


def _described(context: CallContext, version: LayerVersion) -> Result:
    content = {
        "Location": uploads.location(context, version),
        "CodeSha256": sha256_of(version.package),
        "CodeSize": len(version.package),
    }
    return _listed(version) | {"LayerArn": version.layer_arn, "Content": content}
