"""GetFunction, GetFunctionConfiguration, ListFunctions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.services.lambda_ import uploads
from chalice_offline.services.lambda_.description import configuration, described_concurrency

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.lambda_.state import LambdaState


def get_function(lambda_: LambdaState, context: CallContext, request: Request) -> Result:
    """Describe a function, its code's place and its tags."""
    function = lambda_.find_function(request["FunctionName"], context)
    result: Result = {
        "Configuration": configuration(function),
        "Code": {"RepositoryType": "local", "Location": f"file:{function.settings.handler}"}
        if function.upload is None
        else {"RepositoryType": "S3", "Location": uploads.location(context, function)},
    }
    if function.tags:
        result["Tags"] = dict(function.tags)
    if function.reserved_concurrency is not None:
        result["Concurrency"] = described_concurrency(function)
    return result


def get_function_configuration(
    lambda_: LambdaState, context: CallContext, request: Request
) -> Result:
    """Describe a function's settings."""
    return configuration(lambda_.find_function(request["FunctionName"], context))


def list_functions(lambda_: LambdaState, context: CallContext, _request: Request) -> Result:
    """List the functions of the caller's account and region."""
    return {"Functions": [configuration(f) for f in lambda_.functions_of(context)]}
