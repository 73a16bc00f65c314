"""CreateAlias, GetAlias, UpdateAlias, DeleteAlias, ListAliases."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.core.errors import AwsError
from chalice_offline.services.lambda_.alias import Alias
from chalice_offline.services.lambda_.errors import (
    conflict,
    function_not_found,
    invalid_parameter,
    plain_invalid_parameter,
    resource_not_found,
    stale_revision,
)
from chalice_offline.services.lambda_.function import LATEST
from chalice_offline.services.lambda_.pages import page_of
from chalice_offline.services.lambda_.references import reference_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.lambda_.function import Function
    from chalice_offline.services.lambda_.state import LambdaState


def create_alias(lambda_: LambdaState, context: CallContext, request: Request) -> Result:
    """Give a version a name."""
    reference = reference_of(request["FunctionName"], context)
    function = lambda_.function_or_none(reference)
    name, version = request["Name"], request["FunctionVersion"]
    if function is None:
        raise function_not_found(f"{reference.function_arn}:{version}")
    weights = _weights(function, version, request)
    if name in function.aliases:
        raise conflict(f"Alias already exists: {function.arn}:{name}")
    alias = Alias(
        name, version, lambda_.kernel.ids.uuid(), request.get("Description", ""), weights or {}
    )
    function.aliases[name] = alias
    return _described(function, alias)


def get_alias(lambda_: LambdaState, context: CallContext, request: Request) -> Result:
    """Describe an alias."""
    function = lambda_.find_function(request["FunctionName"], context)
    alias = function.aliases.get(request["Name"])
    if alias is None:
        raise resource_not_found(f"Cannot find alias arn: {function.arn}:{request['Name']}")
    return _described(function, alias)


def update_alias(lambda_: LambdaState, context: CallContext, request: Request) -> Result:
    """Let an alias stand for another version, or change what else the request names."""
    function = lambda_.find_function(request["FunctionName"], context)
    alias = function.aliases.get(request["Name"])
    if alias is None:
        raise resource_not_found(f"Alias not found: {function.arn}:{request['Name']}")
    if request.get("RevisionId", alias.revision) != alias.revision:
        raise stale_revision("GetFunction/GetAlias")
    version = request.get("FunctionVersion", alias.version)
    weights = _weights(function, version, request)
    alias.version = version
    alias.description = request.get("Description", alias.description)
    alias.weights = alias.weights if weights is None else weights
    alias.revision = lambda_.kernel.ids.uuid()
    return _described(function, alias)


def delete_alias(lambda_: LambdaState, context: CallContext, request: Request) -> Result:
    """Delete an alias; one that is not there is no error (recorded)."""
    function = lambda_.find_function(request["FunctionName"], context)
    name = request["Name"]
    if function.aliases.pop(name, None) is not None:
        function.provisioned.pop(name, None)
        function.permissions.pop(name, None)
        function.invoke_configs.pop(name, None)
        function.urls.pop(name, None)
    return {}


def list_aliases(lambda_: LambdaState, context: CallContext, request: Request) -> Result:
    """List a function's aliases, or those of one version."""
    function = lambda_.find_function(request["FunctionName"], context)
    wanted = request.get("FunctionVersion")
    found = [one for one in function.aliases.values() if wanted in (None, one.version)]
    shown, more = page_of(found, lambda alias: alias.name, request)
    return {"Aliases": [_described(function, alias) for alias in shown]} | more


def _weights(function: Function, version: str, request: Request) -> Mapping[str, float] | None:
    """Return the checked weights of a request, None when it does not speak of them."""
    config = request.get("RoutingConfig")
    weights = None if config is None else dict(config.get("AdditionalVersionWeights", {}))
    for name, share in (weights or {}).items():
        _check_weight(name, share)
    if weights and len(weights) > 1:
        raise invalid_parameter(
            "Number of items in AdditionalVersionWeights cannot be greater than 1"
        )
    if weights and version == LATEST:
        raise plain_invalid_parameter(
            "$LATEST is not supported for an alias pointing to more than 1 version"
        )
    for name in (version, *(weights or {})):
        if name != LATEST and name not in function.published:
            raise function_not_found(f"{function.arn}:{name}")
    if weights and version in weights:
        raise invalid_parameter(
            f"Invalid function version {version}. Function version {version} is already included "
            "in routing configuration."
        )
    return weights


def _check_weight(version: str, share: float) -> None:
    """Refuse what is no number of a version, and no share (texts recorded)."""
    named = f"Value '{{{version}={share}}}' at 'routingConfig.additionalVersionWeights'"
    if not version.isdigit():
        raise AwsError(
            "ValidationException",
            f"1 validation error detected: {named} failed to satisfy constraint: Map keys must "
            "satisfy constraint: [Member must have length less than or equal to 1024, Member must "
            "have length greater than or equal to 1, Member must satisfy regular expression "
            "pattern: [0-9]+]",
        )
    if not 0 <= share <= 1:
        raise AwsError(
            "ValidationException",
            f"1 validation error detected: {named} failed to satisfy constraint: Map value must "
            "satisfy constraint: [Member must have value less than or equal to 1.0, Member must "
            "have value greater than or equal to 0.0, Member must not be null]",
        )


def _described(function: Function, alias: Alias) -> Result:
    described: Result = {
        "AliasArn": f"{function.arn}:{alias.name}",
        "Name": alias.name,
        "FunctionVersion": alias.version,
        "Description": alias.description,
        "RevisionId": alias.revision,
    }
    if alias.weights:
        described["RoutingConfig"] = {"AdditionalVersionWeights": dict(alias.weights)}
    return described
