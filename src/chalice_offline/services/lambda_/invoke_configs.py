"""How asynchronous invocations of a function are set up: the EventInvokeConfig operations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.services.lambda_.errors import invalid_parameter, resource_not_found
from chalice_offline.services.lambda_.function import InvokeConfig

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.lambda_.function import Function
    from chalice_offline.services.lambda_.state import LambdaState


def put_function_event_invoke_config(
    lambda_: LambdaState, context: CallContext, request: Request
) -> Result:
    """Set how asynchronous invocations are retried and where results go; replaces what was set."""
    function = lambda_.find_function(request["FunctionName"], context)
    function.invoke_config = InvokeConfig()
    return _change_invoke_config(function, function.invoke_config, context, request)


def update_function_event_invoke_config(
    lambda_: LambdaState, context: CallContext, request: Request
) -> Result:
    """Change only what the request names."""
    function = lambda_.find_function(request["FunctionName"], context)
    return _change_invoke_config(function, _invoke_config(function), context, request)


def get_function_event_invoke_config(
    lambda_: LambdaState, context: CallContext, request: Request
) -> Result:
    """Tell how asynchronous invocations are set up."""
    function = lambda_.find_function(request["FunctionName"], context)
    return _described_invoke_config(function, _invoke_config(function))


def delete_function_event_invoke_config(
    lambda_: LambdaState, context: CallContext, request: Request
) -> Result:
    """Return to the defaults."""
    function = lambda_.find_function(request["FunctionName"], context)
    _invoke_config(function)
    function.invoke_config = None
    return {}


def _invoke_config(function: Function) -> InvokeConfig:
    if function.invoke_config is None:
        raise resource_not_found(
            f"The function {function.arn}:$LATEST doesn't have an EventInvokeConfig"
        )
    return function.invoke_config


def _change_invoke_config(
    function: Function, config: InvokeConfig, context: CallContext, request: Request
) -> Result:
    settings = {"MaximumRetryAttempts", "MaximumEventAgeInSeconds", "DestinationConfig"}
    if not settings & set(request):
        raise invalid_parameter(
            "You must specify at least one of error handling or destination setting."
        )
    config.maximum_retries = request.get("MaximumRetryAttempts", config.maximum_retries)
    config.maximum_age_seconds = request.get("MaximumEventAgeInSeconds", config.maximum_age_seconds)
    if "DestinationConfig" in request:
        config.destinations = {
            condition: request["DestinationConfig"][condition]["Destination"]
            for condition in ("OnSuccess", "OnFailure")
            if request["DestinationConfig"].get(condition, {}).get("Destination")
        }
    config.modified_ms = context.now_ms
    return _described_invoke_config(function, config)


def _described_invoke_config(function: Function, config: InvokeConfig) -> Result:
    return {
        "LastModified": config.modified_ms / 1000,
        "FunctionArn": f"{function.arn}:$LATEST",
        "MaximumRetryAttempts": config.maximum_retries,
        "MaximumEventAgeInSeconds": config.maximum_age_seconds,
        "DestinationConfig": {
            condition: {"Destination": config.destinations[condition]}
            if condition in config.destinations
            else {}
            for condition in ("OnSuccess", "OnFailure")
        },
    }
