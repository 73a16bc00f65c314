"""How a function is described: GetFunctionConfiguration, and every reply that repeats it."""

from __future__ import annotations

import base64
import hashlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from chalice_offline.services.lambda_ import limits
from chalice_offline.services.lambda_.function import revision_of
from chalice_offline.services.lambda_.packages import sha256_of

if TYPE_CHECKING:
    from chalice_offline.core.kernel import Result
    from chalice_offline.services.lambda_.function import Function, Upload


def configuration(function: Function) -> Result:
    """Return a function as GetFunctionConfiguration describes it."""
    settings = function.settings
    described: Result = {
        "FunctionName": settings.name,
        "FunctionArn": function.arn,
        "Runtime": "python3.13",
        "Role": f"arn:aws:iam::{settings.account_id}:role/{settings.name}",
        "Handler": settings.handler,
        "CodeSize": 0,
        "CodeSha256": base64.b64encode(hashlib.sha256(function.arn.encode()).digest()).decode(),
        "Description": "",
        "Timeout": settings.timeout_seconds,
        "MemorySize": settings.memory_mb,
        "LastModified": _iso(function.modified_ms),
        "Version": "$LATEST",
        "TracingConfig": {"Mode": "PassThrough"},
        "RevisionId": revision_of(f"{function.arn}{function.modified_ms}"),
        "PackageType": "Zip",
        "Architectures": ["x86_64"],
    } | function.life.described()
    if settings.variables:
        described["Environment"] = {"Variables": dict(settings.variables)}
    if function.dead_letter_arn:
        described["DeadLetterConfig"] = {"TargetArn": function.dead_letter_arn}
    if function.upload is not None:
        described |= _of_upload(function, function.upload)
    return described


def _of_upload(function: Function, upload: Upload) -> Result:
    """Return what is said of an uploaded function besides what is said of all."""
    stored = upload.described
    region = function.settings.region
    runtime_version = hashlib.sha256(upload.runtime.encode()).hexdigest()
    logging = {"LogFormat": "Text", "LogGroup": f"/aws/lambda/{function.settings.name}"}
    described: Result = {
        "Runtime": upload.runtime,
        "Role": upload.role,
        "CodeSize": len(upload.package),
        "CodeSha256": sha256_of(upload.package),
        "RevisionId": upload.revision,
        "Description": stored.get("Description", ""),
        "Architectures": stored.get("Architectures", ["x86_64"]),
        "TracingConfig": stored.get("TracingConfig", {"Mode": "PassThrough"}),
        "EphemeralStorage": stored.get("EphemeralStorage", {"Size": limits.EPHEMERAL_MB_DEFAULT}),
        "LoggingConfig": logging | stored.get("LoggingConfig", {}),
        "SnapStart": {"ApplyOn": "None", "OptimizationStatus": "Off"} | stored.get("SnapStart", {}),
        "RuntimeVersionConfig": {
            "RuntimeVersionArn": f"arn:aws:lambda:{region}::runtime:{runtime_version}"
        },
    }
    if upload.has_variables:
        described["Environment"] = {"Variables": dict(function.settings.variables)}
    if "KMSKeyArn" in stored:
        described["KMSKeyArn"] = stored["KMSKeyArn"]
    if stored.get("VpcConfig"):
        network = {"SubnetIds": [], "SecurityGroupIds": [], "VpcId": ""}
        described["VpcConfig"] = network | stored["VpcConfig"]
    return described


def _iso(instant_ms: int) -> str:
    instant = datetime.fromtimestamp(instant_ms / 1000, UTC)
    return instant.strftime("%Y-%m-%dT%H:%M:%S.") + f"{instant_ms % 1000:03d}+0000"


def described_concurrency(function: Function) -> Result:
    """Return the reserved concurrency as Lambda tells it."""
    if function.reserved_concurrency is None:
        return {}
    return {"ReservedConcurrentExecutions": function.reserved_concurrency}
