"""Whether Lambda stops a function that runs in a loop with other services."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.lambda_.function import Function
    from chalice_offline.services.lambda_.state import LambdaState

_STOP, _GO_ON = "Terminate", "Allow"


def put_function_recursion_config(
    lambda_: LambdaState, context: CallContext, request: Request
) -> Result:
    """Stop loops of a function (Terminate) or let them go on (Allow)."""
    function = lambda_.find_function(request["FunctionName"], context)
    function.stops_loops = request["RecursiveLoop"] == _STOP
    return _described(function)


def get_function_recursion_config(
    lambda_: LambdaState, context: CallContext, request: Request
) -> Result:
    """Tell which of both it is."""
    return _described(lambda_.find_function(request["FunctionName"], context))


def _described(function: Function) -> Result:
    return {"RecursiveLoop": _STOP if function.stops_loops else _GO_ON}
