"""Functions that come as zip files: created, changed and deleted over Lambda's own API."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlencode

from chalice_offline.core.http import Headers, HttpResponse
from chalice_offline.services.lambda_ import limits
from chalice_offline.services.lambda_.errors import (
    invalid_parameter,
    not_implemented,
    stale_revision,
)
from chalice_offline.services.lambda_.packages import package_of

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.http import HttpRequest
    from chalice_offline.core.ids import Ids
    from chalice_offline.core.kernel import Request
    from chalice_offline.services.lambda_.function import (
        Function,
        FunctionSettings,
        Upload,
        Version,
    )
    from chalice_offline.services.lambda_.layers.layer import LayerVersion
    from chalice_offline.services.lambda_.state import LambdaState


# ---- what is checked -----------------------------------------------------------------------------

# Members that change where or how code runs, and that this emulator does not have.
_NOT_HERE = (
    "ImageConfig",
    "FileSystemConfigs",
    "CapacityProviderConfig",
    "DurableConfig",
    "TenancyConfig",
    "ImageUri",
)


def check_request(request: Request) -> None:
    """Refuse what an uploaded function may not be; raises AwsError with Lambda's words."""
    wanted = [name for name in _NOT_HERE if request.get(name)]
    if request.get("PackageType") == "Image" or request.get("Code", {}).get("ImageUri"):
        wanted.append("PackageType Image")
    if wanted:
        raise not_implemented(
            "chalice-offline runs Python functions from zip files, without "
            f"{', '.join(wanted)}; nothing was changed by this call."
        )
    if "Runtime" in request:
        _check_runtime(request["Runtime"])
    variables = request.get("Environment", {}).get("Variables")
    if variables:
        _check_variables(variables)


def _check_runtime(runtime: str) -> None:
    if runtime in limits.RUNTIMES_DEPRECATED:
        raise invalid_parameter(
            f"The runtime parameter of {runtime} is no longer supported for creating or updating "
            "AWS Lambda functions. We recommend you use a supported runtime while creating or "
            "updating functions."
        )
    if runtime not in limits.RUNTIMES:
        raise invalid_parameter(
            f"Value {runtime} at 'runtime' failed to satisfy constraint: Member must satisfy enum "
            f"value set: [{', '.join(limits.RUNTIMES)}] or be a valid ARN"
        )


def _check_variables(variables: dict[str, str]) -> None:
    trouble = "Lambda was unable to configure your environment variables because the environment"
    reserved = [name for name in variables if name in limits.RESERVED_VARIABLES]
    if reserved:
        raise invalid_parameter(
            f"{trouble} variables you have provided contains reserved keys that are currently not "
            f"supported for modification. Reserved keys used in this request: {', '.join(reserved)}"
        )
    measured = json.dumps(variables, separators=(",", ":"), ensure_ascii=False)
    if len(measured.encode()) > limits.VARIABLES_BYTES:
        raise invalid_parameter(
            f"{trouble} variables you have provided exceeded the 4KB limit. "
            f"String measured: {measured}"
        )


def require_upload(function: Function) -> Upload:
    """Return the function's upload; a function of the project has none and is refused."""
    if function.upload is None:
        raise not_implemented(
            f"{function.name} belongs to the Chalice project, which alone changes it."
        )
    return function.upload


def check_revision(upload: Upload, request: Request) -> None:
    """Refuse a change that is based on an older state of the function (recorded)."""
    if request.get("RevisionId", upload.revision) != upload.revision:
        raise stale_revision("GetFunction/GetAlias")


# ---- operations on the code ----------------------------------------------------------------------


def update_code(
    lambda_: LambdaState, function: Function, context: CallContext, request: Request
) -> str:
    """Give a function another package; return the revision that the reply tells of."""
    upload = require_upload(function)
    check_request(request)
    check_revision(upload, request)
    package = package_of(lambda_.kernel, context, request, "UpdateFunctionCode")
    if request.get("DryRun"):
        return upload.revision
    upload.package = package
    if request.get("Architectures"):
        upload.described["Architectures"] = request["Architectures"]
    return changed(function, context, lambda_.kernel.ids)


def changed(function: Function, context: CallContext, ids: Ids) -> str:
    """Note that a function was changed; return the revision it has while the change is under way.

    AWS gives a new one when the change begins and another when it is done (recorded).
    """
    upload = require_upload(function)
    under_way, upload.revision = ids.uuid(), ids.uuid()
    function.latest.modified_ms = context.now_ms
    return under_way


# Where the endpoint gives packages out: the Code.Location of GetFunction.
PACKAGES_PATH = "/_chalice_offline/packages"


def location(context: CallContext, version: Version | LayerVersion) -> str:
    """Return the URL under which a package can be fetched, as long as it is there."""
    return f"{context.endpoint}{PACKAGES_PATH}?{urlencode({'of': version.arn})}"


def package_page(lambda_: LambdaState, request: HttpRequest) -> HttpResponse:
    """Answer a request for a `location` with the zip file; 404 when it is gone."""
    package = _packages(lambda_).get(parse_qs(request.query).get("of", [""])[0])
    if package is None:
        return HttpResponse(404, Headers(), b"")
    return HttpResponse(200, Headers([("content-type", "application/zip")]), package)


def _packages(lambda_: LambdaState) -> dict[str, bytes]:
    found = {
        version.arn: version.upload.package
        for function in lambda_.all_functions()
        for version in function.versions()
        if version.upload is not None
    }
    layers = [one for layer in lambda_.layers.values() for one in layer.versions.values()]
    return found | {one.arn: one.package for one in layers}


# ---- operations on the configuration -------------------------------------------------------------

# Members that are stored and described, and change nothing in how a function runs here.
_STORED = (
    "Description",
    "EphemeralStorage",
    "TracingConfig",
    "KMSKeyArn",
    "Architectures",
    "LoggingConfig",
    "SnapStart",
    "VpcConfig",
)


def settings_from(settings: FunctionSettings, request: Request) -> FunctionSettings:
    """Return the settings with what a request changes of them."""
    environment = request.get("Environment")
    return replace(
        settings,
        handler=request.get("Handler", settings.handler),
        timeout_seconds=request.get("Timeout", settings.timeout_seconds),
        memory_mb=request.get("MemorySize", settings.memory_mb),
        variables=(
            settings.variables if environment is None else dict(environment.get("Variables", {}))
        ),
    )


def apply(function: Function, upload: Upload, request: Request) -> None:
    """Take over the configuration that a request names."""
    version = function.latest
    version.settings = settings_from(version.settings, request)
    upload.runtime = request.get("Runtime", upload.runtime)
    upload.role = request.get("Role", upload.role)
    if "Environment" in request:
        upload.has_variables = "Variables" in request["Environment"]
    upload.described |= {name: request[name] for name in _STORED if name in request}
    if "DeadLetterConfig" in request:
        version.dead_letter_arn = request["DeadLetterConfig"].get("TargetArn", "")
