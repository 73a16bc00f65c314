"""How a function is described: GetFunctionConfiguration, and every reply that repeats it."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING

from chalice_offline.services.lambda_ import limits
from chalice_offline.services.lambda_.function_states import FunctionLife, FunctionState
from chalice_offline.services.lambda_.packages import sha256_of
from chalice_offline.services.lambda_.timestamps import iso

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalice_offline.core.kernel import Result
    from chalice_offline.services.lambda_.function import (
        Function,
        FunctionSettings,
        Upload,
        Version,
    )


def configuration(function: Function, version: Version | None = None, arn: str = "") -> Result:
    """Return a version ($LATEST if none is given) as GetFunctionConfiguration describes it.

    `arn` is the one that was asked for, when it is not the version's own: an alias's.
    """
    version = version or function.latest
    settings, upload = version.settings, version.upload
    own_arn = function.arn if version.is_latest else version.arn
    described: Result = {
        "FunctionName": settings.name,
        "FunctionArn": arn or own_arn,
        "Runtime": "python3.13",
        "Role": f"arn:aws:iam::{settings.account_id}:role/{settings.name}",
        "Handler": settings.handler,
        "CodeSize": 0,
        "CodeSha256": base64.b64encode(hashlib.sha256(function.arn.encode()).digest()).decode(),
        "Description": "",
        "Timeout": settings.timeout_seconds,
        "MemorySize": settings.memory_mb,
        "LastModified": iso(version.modified_ms),
        "Version": version.number,
        "TracingConfig": {"Mode": "PassThrough"},
        "RevisionId": version.revision,
        "PackageType": "Zip",
        "Architectures": ["x86_64"],
    } | version.life.described()
    if settings.variables:
        described["Environment"] = {"Variables": dict(settings.variables)}
    if version.dead_letter_arn:
        described["DeadLetterConfig"] = {"TargetArn": version.dead_letter_arn}
    if upload is not None:
        described |= _of_upload(settings, upload)
    return described


def as_created(described: Result) -> Result:
    """Return a version's description as the reply that has just published it gives it (recorded).

    It is Active right after.
    """
    pending = FunctionLife(FunctionState.PENDING).described()
    kept = {name: value for name, value in described.items() if name != "LastUpdateStatus"}
    return kept | pending


# What GetFunctionConfiguration tells and a list does not (recorded).
_NOT_LISTED = (
    "State",
    "StateReason",
    "StateReasonCode",
    "LastUpdateStatus",
    "LastUpdateStatusReason",
    "LastUpdateStatusReasonCode",
    "RuntimeVersionConfig",
)


def listed(function: Function, version: Version, arn: str) -> Result:
    """Return a version as lists of functions and versions describe it."""
    described = configuration(function, version, arn)
    return {name: value for name, value in described.items() if name not in _NOT_LISTED}


def _of_upload(settings: FunctionSettings, upload: Upload) -> Result:
    """Return what is said of an uploaded function besides what is said of all."""
    stored = upload.described
    runtime_version = hashlib.sha256(upload.runtime.encode()).hexdigest()
    described: Result = {
        "Runtime": upload.runtime,
        "Role": upload.role,
        "CodeSize": len(upload.package),
        "CodeSha256": sha256_of(upload.package),
        "Description": stored.get("Description", ""),
        "Architectures": stored.get("Architectures", ["x86_64"]),
        "TracingConfig": stored.get("TracingConfig", {"Mode": "PassThrough"}),
        "EphemeralStorage": stored.get("EphemeralStorage", {"Size": limits.EPHEMERAL_MB_DEFAULT}),
        "LoggingConfig": _logging(settings, stored.get("LoggingConfig", {})),
        "SnapStart": {"ApplyOn": "None", "OptimizationStatus": "Off"} | stored.get("SnapStart", {}),
        "RuntimeVersionConfig": {
            "RuntimeVersionArn": f"arn:aws:lambda:{settings.region}::runtime:{runtime_version}"
        },
    }
    if upload.layers:
        described["Layers"] = [
            {"Arn": layer.arn, "CodeSize": len(layer.package)} for layer in upload.layers
        ]
    if upload.has_variables:
        described["Environment"] = {"Variables": dict(settings.variables)}
    if "KMSKeyArn" in stored:
        described["KMSKeyArn"] = stored["KMSKeyArn"]
    if stored.get("VpcConfig"):
        network = {"SubnetIds": [], "SecurityGroupIds": [], "VpcId": ""}
        described["VpcConfig"] = network | stored["VpcConfig"]
    return described


def _logging(settings: FunctionSettings, stored: Mapping[str, str]) -> Result:
    """Return how a function logs; only JSON has levels, INFO unless others are set (recorded)."""
    own = {"LogFormat": "Text", "LogGroup": f"/aws/lambda/{settings.name}"}
    if stored.get("LogFormat") == "JSON":
        own |= {"ApplicationLogLevel": "INFO", "SystemLogLevel": "INFO"}
    return {**own, **stored}


def described_concurrency(function: Function) -> Result:
    """Return the reserved concurrency as Lambda tells it."""
    if function.reserved_concurrency is None:
        return {}
    return {"ReservedConcurrentExecutions": function.reserved_concurrency}
