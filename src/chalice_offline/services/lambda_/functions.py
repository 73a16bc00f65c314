"""GetFunction, GetFunctionConfiguration, ListFunctions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.services.lambda_ import uploads
from chalice_offline.services.lambda_.description import (
    configuration,
    described_concurrency,
    listed,
)
from chalice_offline.services.lambda_.pages import page_of
from chalice_offline.services.lambda_.references import reference_in

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.lambda_.state import LambdaState


def get_function(lambda_: LambdaState, context: CallContext, request: Request) -> Result:
    """Describe a function, its code's place and its tags."""
    reference = reference_in(request, context)
    function, version = lambda_.find_version(reference)
    result: Result = {
        "Configuration": configuration(function, version, reference.arn),
        "Code": {"RepositoryType": "local", "Location": f"file:{version.settings.handler}"}
        if version.upload is None
        else {"RepositoryType": "S3", "Location": uploads.location(context, version)},
    }
    if function.tags and version.is_latest:  # of a published version none are told (recorded)
        result["Tags"] = dict(function.tags)
    if function.reserved_concurrency is not None:
        result["Concurrency"] = described_concurrency(function)
    return result


def get_function_configuration(
    lambda_: LambdaState, context: CallContext, request: Request
) -> Result:
    """Describe a function's settings."""
    reference = reference_in(request, context)
    return configuration(*lambda_.find_version(reference), reference.arn)


def list_functions(lambda_: LambdaState, context: CallContext, request: Request) -> Result:
    """List the functions of the caller's account and region; with FunctionVersion all versions."""
    functions = lambda_.functions_of(context)
    if request.get("FunctionVersion"):
        found = [(f, version, version.arn) for f in functions for version in f.versions()]
    else:
        found = [(f, f.latest, f.arn) for f in functions]
    shown, more = page_of(found, lambda one: one[2], request)
    return {"Functions": [listed(*one) for one in shown]} | more
