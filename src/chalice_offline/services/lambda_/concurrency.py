"""Reserved concurrency, and the account's limits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.services.lambda_ import limits
from chalice_offline.services.lambda_.description import described_concurrency
from chalice_offline.services.lambda_.errors import (
    function_not_found,
    invalid_parameter,
    plain_invalid_parameter,
    reserved_too_much,
)
from chalice_offline.services.lambda_.function import LATEST
from chalice_offline.services.lambda_.references import reference_of

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.lambda_.function import Function
    from chalice_offline.services.lambda_.state import LambdaState


def put_function_concurrency(
    lambda_: LambdaState, context: CallContext, request: Request
) -> Result:
    """Reserve concurrency; 0 stops the function from being run at all."""
    function = _whole_function(lambda_, context, request)
    name, count = function.name, request["ReservedConcurrentExecutions"]
    if count and count < function.provided:
        raise plain_invalid_parameter(
            f" ReservedConcurrentExecutions  {count} should not be lower than function's total "
            f"provisioned concurrency [{function.provided}]."
        )
    if not function.concurrency.can_reserve(name, count):
        raise reserved_too_much(limits.UNRESERVED_CONCURRENCY_MIN)
    function.concurrency.reserve(name, count)
    lambda_.kernel.signal(f"{function.arn}:idle")
    return described_concurrency(function)


def get_function_concurrency(
    lambda_: LambdaState, context: CallContext, request: Request
) -> Result:
    """Tell the reserved concurrency, if any."""
    return described_concurrency(lambda_.find_function(request["FunctionName"], context))


def delete_function_concurrency(
    lambda_: LambdaState, context: CallContext, request: Request
) -> Result:
    """Give reserved concurrency back."""
    function = lambda_.find_function(request["FunctionName"], context)
    function.concurrency.reserve(function.name, None)
    lambda_.kernel.signal(f"{function.arn}:idle")
    return {}


def get_account_settings(lambda_: LambdaState, context: CallContext, _request: Request) -> Result:
    """Tell the limits of the account in this region, and what is used of them."""
    concurrency = lambda_.concurrency(context.account_id, context.region)
    functions = lambda_.functions_of(context)
    versions = [version for one in functions for version in one.versions()]
    layers = [
        version
        for layer in lambda_.layers.values()
        if (layer.account_id, layer.region) == (context.account_id, context.region)
        for version in layer.versions.values()
    ]
    used_bytes = sum(len(one.upload.package) for one in versions if one.upload is not None)
    used_bytes += sum(len(one.package) for one in layers)
    return {
        "AccountLimit": {
            "TotalCodeSize": limits.TOTAL_CODE_BYTES,
            "CodeSizeUnzipped": limits.UNZIPPED_BYTES,
            "CodeSizeZipped": limits.ZIPPED_BYTES,
            "ConcurrentExecutions": limits.CONCURRENT_EXECUTIONS,
            "UnreservedConcurrentExecutions": concurrency.unreserved,
        },
        "AccountUsage": {"TotalCodeSize": used_bytes, "FunctionCount": len(functions)},
    }


def _whole_function(lambda_: LambdaState, context: CallContext, request: Request) -> Function:
    reference = reference_of(request["FunctionName"], context)
    function = lambda_.function_or_none(reference)
    if reference.qualifier:
        raise invalid_parameter(
            "This operation is permitted on Lambda functions only. Aliases and versions do not "
            "support this operation. Please specify either a function name or an unqualified "
            "function ARN."
        )
    if function is None:
        raise function_not_found(f"{reference.function_arn}:{LATEST}")
    return function
