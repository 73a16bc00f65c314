"""`{{resolve:service:…}}` in a template: values of SSM and Secrets Manager.

Source: user guide, "Get values stored in other services using dynamic references".
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from chalice_offline.core.errors import AwsError
from chalice_offline.services.cloudformation.errors import validation_error

if TYPE_CHECKING:
    from collections.abc import Callable

    Call = Callable[[str, str, dict[str, Any]], dict[str, Any]]

_REFERENCE = re.compile(r"\{\{resolve:(ssm|ssm-secure|secretsmanager):([^{}]*)\}\}")


def with_values(value: Any, call: Call) -> Any:
    """Return `value` with what its dynamic references stand for; raises AwsError."""
    if isinstance(value, dict):
        return {name: with_values(item, call) for name, item in value.items()}
    if isinstance(value, list):
        return [with_values(item, call) for item in value]
    if isinstance(value, str) and "{{resolve:" in value:
        return _REFERENCE.sub(lambda match: _value(match[1], match[2], call), value)
    return value


def parameter_in_ssm(name: str, call: Call) -> str | None:
    """Return the value of a parameter in SSM; None when there is none of that name."""
    try:
        reply = call("ssm", "GetParameter", {"Name": name, "WithDecryption": True})
    except AwsError as error:
        if error.code == "ParameterNotFound":
            return None
        raise
    return str(reply["Parameter"]["Value"])


def _value(service: str, named: str, call: Call) -> str:
    if service == "secretsmanager":
        return _secret(named, call)
    found = parameter_in_ssm(named, call)
    if found is None:
        raise validation_error(
            f"Unable to fetch parameters [{named}] from parameter store for this account."
        )
    return found


def _secret(named: str, call: Call) -> str:
    """Read secret-id:SecretString:json-key:version-stage:version-id; an ARN has colons, too."""
    identifier, _, rest = named.partition(":SecretString")
    key, stage, version = ([*rest.removeprefix(":").split(":"), "", "", ""])[:3]
    request = {"SecretId": identifier}
    if stage:
        request["VersionStage"] = stage
    if version:
        request["VersionId"] = version
    found = call("secretsmanager", "GetSecretValue", request)["SecretString"]
    if not key:
        return str(found)
    try:
        return str(json.loads(found)[key])
    except (ValueError, KeyError, TypeError):
        raise validation_error(
            f"Could not find a value associated with JSONKey in SecretString: {key}"
        ) from None
