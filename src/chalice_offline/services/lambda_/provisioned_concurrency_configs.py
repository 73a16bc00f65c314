"""Provisioned concurrency: containers that wait for a version or an alias.

Here none is ever cold; what is asked for is kept, counted against the account and told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.core.errors import AwsError
from chalice_offline.services.lambda_ import limits
from chalice_offline.services.lambda_.errors import (
    conflict,
    function_not_found,
    invalid_parameter,
    plain_invalid_parameter,
)
from chalice_offline.services.lambda_.function import LATEST
from chalice_offline.services.lambda_.pages import page_of
from chalice_offline.services.lambda_.provisioned_concurrency import ProvisionedConcurrency
from chalice_offline.services.lambda_.references import reference_in
from chalice_offline.services.lambda_.timestamps import iso

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.lambda_.function import Function
    from chalice_offline.services.lambda_.state import LambdaState


def put_config(lambda_: LambdaState, context: CallContext, request: Request) -> Result:
    """Provide concurrency for a version or an alias; it is ready right after."""
    count = request["ProvisionedConcurrentExecutions"]
    if request["Qualifier"] == LATEST:
        raise invalid_parameter(
            "Provisioned Concurrency Configs cannot be applied to unpublished function versions."
        )
    function, qualifier = _function(lambda_, context, request)
    _check_version_is_free(function, qualifier)
    _check_count(function, qualifier, count)
    config = ProvisionedConcurrency(count, context.now_ms)
    function.provisioned[qualifier] = config
    lambda_.kernel.at(context.now_ms, config.get_ready)
    return _described(config)


def get_config(lambda_: LambdaState, context: CallContext, request: Request) -> Result:
    """Tell what is provided for a version or an alias."""
    function, qualifier = _function(lambda_, context, request)
    return _described(_found(function, qualifier))


def delete_config(lambda_: LambdaState, context: CallContext, request: Request) -> Result:
    """Provide nothing any more."""
    function, qualifier = _function(lambda_, context, request)
    function.provisioned.pop(qualifier, None)
    return {}


def list_configs(lambda_: LambdaState, context: CallContext, request: Request) -> Result:
    """List what is provided for the versions and aliases of a function."""
    function = lambda_.find_function(request["FunctionName"], context)
    shown, more = page_of(function.provisioned.items(), lambda one: one[0], request)
    configs = [
        {"FunctionArn": f"{function.arn}:{qualifier}"} | _described(config)
        for qualifier, config in shown
    ]
    return {"ProvisionedConcurrencyConfigs": configs} | more


def _function(lambda_: LambdaState, context: CallContext, request: Request) -> tuple[Function, str]:
    reference = reference_in(request, context)
    if reference.qualifier == LATEST:
        raise invalid_parameter(
            "The function resource provided must be an alias or a published version."
        )
    function = lambda_.function_or_none(reference)
    if function is None or function.version(reference.qualifier) is None:
        if reference.qualifier.isdigit():
            raise function_not_found(reference.arn)
        raise reference.not_set_for()
    return function, reference.qualifier


def _found(function: Function, qualifier: str) -> ProvisionedConcurrency:
    try:
        return function.provisioned[qualifier]
    except KeyError:
        raise AwsError(
            "ProvisionedConcurrencyConfigNotFoundException",
            "No Provisioned Concurrency Config found for this function",
            status=404,
            fields={"Type": "User"},
        ) from None


def _check_version_is_free(function: Function, qualifier: str) -> None:
    """Refuse to provide for one version by its number and by an alias at once (recorded)."""
    alias = function.aliases.get(qualifier)
    if alias is not None and alias.version in function.provisioned:
        raise conflict(
            "Alias can't be used for Provisioned Concurrency configuration on an already "
            "Provisioned version"
        )
    pointing = (one for one in function.aliases.values() if one.version == qualifier)
    if any(one.name in function.provisioned for one in pointing):
        raise conflict("Version is pointed by a Provisioned Concurrency alias")


def _check_count(function: Function, qualifier: str, count: int) -> None:
    others = sum(
        config.requested for name, config in function.provisioned.items() if name != qualifier
    )
    reserved = function.reserved_concurrency
    if reserved is not None:
        if others + count > reserved:
            raise invalid_parameter(
                "Requested Provisioned Concurrency should not be greater than the "
                "reservedConcurrentExecution for function"
            )
        return
    free = function.concurrency.unreserved - others
    if count > free:
        raise plain_invalid_parameter(
            "Specified ConcurrentExecutions for function is greater than account's unreserved "
            f"concurrency [{free}]."
        )
    if free - count < limits.UNRESERVED_CONCURRENCY_MIN:
        raise plain_invalid_parameter(
            "Specified ConcurrentExecutions for function decreases account's "
            "UnreservedConcurrentExecution below its minimum value of "
            f"[{limits.UNRESERVED_CONCURRENCY_MIN}]."
        )


def _described(config: ProvisionedConcurrency) -> Result:
    ready = config.requested if config.is_ready else 0
    return {
        "RequestedProvisionedConcurrentExecutions": config.requested,
        "AvailableProvisionedConcurrentExecutions": ready,
        "AllocatedProvisionedConcurrentExecutions": ready,
        "Status": "READY" if config.is_ready else "IN_PROGRESS",
        "LastModified": iso(config.modified_ms),
    }
