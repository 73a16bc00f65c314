"""How asynchronous invocations of a function are set up: the EventInvokeConfig operations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.core.arn import parse_arn
from chalice_offline.services.lambda_.errors import invalid_parameter, resource_not_found
from chalice_offline.services.lambda_.invoke_config import InvokeConfig
from chalice_offline.services.lambda_.pages import page_of
from chalice_offline.services.lambda_.references import reference_in, reference_of

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.errors import AwsError
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.lambda_.function import Function
    from chalice_offline.services.lambda_.references import Reference
    from chalice_offline.services.lambda_.state import LambdaState

_SETTINGS = ("MaximumRetryAttempts", "MaximumEventAgeInSeconds", "DestinationConfig")
_DESTINATIONS = frozenset({"sqs", "sns", "lambda", "events", "s3"})


def put_function_event_invoke_config(
    lambda_: LambdaState, context: CallContext, request: Request
) -> Result:
    """Set how asynchronous invocations are retried and where results go; replaces what was set."""
    _check_says_something(request)  # before the function (recorded)
    function, reference = _function(lambda_, context, request)
    _check(lambda_, context, function, request)
    function.invoke_configs[reference.kept_under] = config = InvokeConfig()
    return _change(config, reference, context, request)


def update_function_event_invoke_config(
    lambda_: LambdaState, context: CallContext, request: Request
) -> Result:
    """Change only what the request names."""
    function, reference = _function(lambda_, context, request)
    config = _found(function, reference)
    _check(lambda_, context, function, request)
    return _change(config, reference, context, request)


def get_function_event_invoke_config(
    lambda_: LambdaState, context: CallContext, request: Request
) -> Result:
    """Tell how asynchronous invocations are set up."""
    reference = reference_in(request, context)
    return _described(_found(lambda_.function_or_none(reference), reference), reference)


def delete_function_event_invoke_config(
    lambda_: LambdaState, context: CallContext, request: Request
) -> Result:
    """Return to the defaults."""
    reference = reference_in(request, context)
    function = lambda_.function_or_none(reference)
    _found(function, reference)
    if function is not None:
        del function.invoke_configs[reference.kept_under]
    return {}


def list_function_event_invoke_configs(
    lambda_: LambdaState, context: CallContext, request: Request
) -> Result:
    """List what is set for a function, its versions and its aliases."""
    function, reference = _function(lambda_, context, request)
    shown, more = page_of(function.invoke_configs.items(), lambda one: one[0], request)
    configs = [
        _described(config, reference_of(f"{reference.function_arn}:{qualifier}", context))
        for qualifier, config in shown
    ]
    return {"FunctionEventInvokeConfigs": configs} | more


def _function(
    lambda_: LambdaState, context: CallContext, request: Request
) -> tuple[Function, Reference]:
    reference = reference_in(request, context)
    function = lambda_.function_or_none(reference)
    if function is None or function.version(reference.qualifier) is None:
        raise resource_not_found("The function doesn't exist.")
    return function, reference


def _found(function: Function | None, reference: Reference) -> InvokeConfig:
    config = function.invoke_configs.get(reference.kept_under) if function else None
    if config is None:
        arn = f"{reference.function_arn}:{reference.kept_under}"
        raise resource_not_found(f"The function {arn} doesn't have an EventInvokeConfig")
    return config


def _check_says_something(request: Request) -> None:
    if not any(name in request for name in _SETTINGS):
        raise invalid_parameter(
            "You must specify at least one of error handling or destination setting."
        )


def _check(
    lambda_: LambdaState, context: CallContext, function: Function, request: Request
) -> None:
    _check_says_something(request)
    for end in ("OnSuccess", "OnFailure"):
        to = request.get("DestinationConfig", {}).get(end, {}).get("Destination", "")
        if to:
            _check_destination(lambda_, context, function, to, request["DestinationConfig"])


def _check_destination(
    lambda_: LambdaState, context: CallContext, function: Function, to: str, config: Request
) -> None:
    arn = parse_arn(to)
    if arn.service not in _DESTINATIONS:
        raise _invalid_config(config)
    if arn.service != "lambda":
        return
    reference = reference_of(to, context)
    if lambda_.function_or_none(reference) is None:
        raise invalid_parameter(f"The destination ARN {to} is invalid.")
    if lambda_.function_or_none(reference) is function:
        raise invalid_parameter("You can't specify the function as a destination for itself.")


def _invalid_config(config: Request) -> AwsError:
    """Return the error that names a config as AWS's own classes print it (recorded)."""
    ends = {
        end: f"{end}(destination={config[end]['Destination']})" if config.get(end) else "null"
        for end in ("OnSuccess", "OnFailure")
    }
    return invalid_parameter(
        f"The provided destination config DestinationConfig(onSuccess={ends['OnSuccess']}, "
        f"onFailure={ends['OnFailure']}) is invalid."
    )


def _change(
    config: InvokeConfig, reference: Reference, context: CallContext, request: Request
) -> Result:
    config.retries = request.get("MaximumRetryAttempts", config.retries)
    config.age_seconds = request.get("MaximumEventAgeInSeconds", config.age_seconds)
    if "DestinationConfig" in request:
        config.destinations = {
            condition: request["DestinationConfig"][condition]["Destination"]
            for condition in ("OnSuccess", "OnFailure")
            if request["DestinationConfig"].get(condition, {}).get("Destination")
        }
    config.modified_ms = context.now_ms
    return _described(config, reference)


def _described(config: InvokeConfig, reference: Reference) -> Result:
    return {
        "LastModified": config.modified_ms / 1000,
        "FunctionArn": f"{reference.function_arn}:{reference.kept_under}",
        "MaximumRetryAttempts": config.retries,
        "MaximumEventAgeInSeconds": config.age_seconds,
        "DestinationConfig": {
            condition: {"Destination": config.destinations[condition]}
            if condition in config.destinations
            else {}
            for condition in ("OnSuccess", "OnFailure")
        },
    }
