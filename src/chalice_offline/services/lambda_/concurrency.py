"""Reserved concurrency, and the account's limits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.services.lambda_ import limits
from chalice_offline.services.lambda_.description import described_concurrency
from chalice_offline.services.lambda_.errors import reserved_too_much

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.lambda_.state import LambdaState


def put_function_concurrency(
    lambda_: LambdaState, context: CallContext, request: Request
) -> Result:
    """Reserve concurrency; 0 stops the function from being run at all."""
    function = lambda_.find_function(request["FunctionName"], context)
    name, count = function.settings.name, request["ReservedConcurrentExecutions"]
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
    function.concurrency.reserve(function.settings.name, None)
    lambda_.kernel.signal(f"{function.arn}:idle")
    return {}


def get_account_settings(lambda_: LambdaState, context: CallContext, _request: Request) -> Result:
    """Tell the limits of the account in this region, and what is used of them."""
    concurrency = lambda_.concurrency(context.account_id, context.region)
    functions = lambda_.functions_of(context)
    used_bytes = sum(len(one.upload.package) for one in functions if one.upload is not None)
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
