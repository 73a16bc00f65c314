"""Reserved concurrency."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.lambda_.function import Function
    from chalice_offline.services.lambda_.state import LambdaState


def put_function_concurrency(
    lambda_: LambdaState, context: CallContext, request: Request
) -> Result:
    """Reserve concurrency; 0 stops the function from being run at all."""
    function = lambda_.find_function(request["FunctionName"], context)
    function.reserved_concurrency = request["ReservedConcurrentExecutions"]
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
    function.reserved_concurrency = None
    lambda_.kernel.signal(f"{function.arn}:idle")
    return {}


def described_concurrency(function: Function) -> Result:
    """Return the reserved concurrency as Lambda tells it."""
    if function.reserved_concurrency is None:
        return {}
    return {"ReservedConcurrentExecutions": function.reserved_concurrency}
