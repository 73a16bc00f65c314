"""Function URLs: made, changed, listed and deleted."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from chalice_offline.core.errors import AwsError
from chalice_offline.services.lambda_.errors import conflict, resource_not_found
from chalice_offline.services.lambda_.pages import page_of
from chalice_offline.services.lambda_.references import reference_in, reference_of
from chalice_offline.services.lambda_.timestamps import iso
from chalice_offline.services.lambda_.urls.function_url import FunctionUrl

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.lambda_.function import Function
    from chalice_offline.services.lambda_.references import Reference
    from chalice_offline.services.lambda_.state import LambdaState

_QUALIFIER = re.compile(r"(?!^\d+$)^[0-9a-zA-Z-_]+$")
# A tag that gives a function's URL a name of one's own, as tools for LocalStack know it.
_CUSTOM_ID_TAG = "_custom_id_"


def create_function_url_config(
    lambda_: LambdaState, context: CallContext, request: Request
) -> Result:
    """Give a function, or an alias of one, a URL."""
    function, reference = _function(lambda_, context, request)
    if reference.kept_under in function.urls:
        raise conflict(
            f"Failed to create function url config for [functionArn = {reference.arn}]. Error "
            "message:  FunctionUrlConfig exists for this Lambda function"
        )
    now_ms = context.now_ms
    url_id = _url_id(lambda_, function, reference)
    url = FunctionUrl(url_id, request["AuthType"], now_ms, now_ms)
    _change(url, request)
    function.urls[reference.kept_under] = url
    left_out = ["LastModifiedTime", *(["InvokeMode"] if "InvokeMode" not in request else [])]
    return _described(url, reference, context, *left_out)


def get_function_url_config(lambda_: LambdaState, context: CallContext, request: Request) -> Result:
    """Describe a URL."""
    reference = _reference(context, request)
    return _described(_found(lambda_, reference)[1], reference, context)


def update_function_url_config(
    lambda_: LambdaState, context: CallContext, request: Request
) -> Result:
    """Change what a request names of a URL."""
    _, reference = _function(lambda_, context, request)
    _, url = _found(lambda_, reference)
    _change(url, request)
    url.modified_ms = context.now_ms
    return _described(url, reference, context)


def delete_function_url_config(
    lambda_: LambdaState, context: CallContext, request: Request
) -> Result:
    """Take a URL away."""
    reference = _reference(context, request)
    function, _ = _found(lambda_, reference)
    del function.urls[reference.kept_under]
    return {}


def list_function_url_configs(
    lambda_: LambdaState, context: CallContext, request: Request
) -> Result:
    """List the URLs of a function and its aliases."""
    function = lambda_.function_or_none(reference_of(request["FunctionName"], context))
    if function is None:
        raise resource_not_found("Function does not exist")
    shown, more = page_of(function.urls.items(), lambda one: one[0], request)
    configs = [
        _described(url, _by_qualifier(function, qualifier, context), context)
        for qualifier, url in shown
    ]
    return {"FunctionUrlConfigs": configs} | more


def _function(
    lambda_: LambdaState, context: CallContext, request: Request
) -> tuple[Function, Reference]:
    """Return the function a URL is made or changed for, and what names it."""
    reference = _reference(context, request)
    function = lambda_.function_or_none(reference)
    if function is None or function.version(reference.qualifier) is None:
        raise resource_not_found("Function does not exist")
    return function, reference


def _by_qualifier(function: Function, qualifier: str, context: CallContext) -> Reference:
    arn = function.arn if qualifier.startswith("$") else f"{function.arn}:{qualifier}"
    return reference_of(arn, context)


def _reference(context: CallContext, request: Request) -> Reference:
    qualifier = request.get("Qualifier")
    if qualifier is not None and not _QUALIFIER.match(qualifier):
        raise AwsError(
            "ValidationException",
            f"1 validation error detected: Value '{qualifier}' at 'qualifier' failed to satisfy "
            "constraint: Member must satisfy regular expression pattern: "
            r"((?!^\d+$)^[0-9a-zA-Z-_]+$)",
        )
    return reference_in(request, context)


def _found(lambda_: LambdaState, reference: Reference) -> tuple[Function, FunctionUrl]:
    function = lambda_.function_or_none(reference)
    url = function.urls.get(reference.kept_under) if function else None
    if function is None or url is None:
        raise resource_not_found("The resource you requested does not exist.")
    return function, url


def _url_id(lambda_: LambdaState, function: Function, reference: Reference) -> str:
    custom = function.tags.get(_CUSTOM_ID_TAG)
    if not custom:
        return lambda_.kernel.ids.hex(32)
    return f"{custom}-{reference.qualifier}" if reference.qualifier else custom


def _change(url: FunctionUrl, request: Request) -> None:
    url.auth_type = request.get("AuthType", url.auth_type)
    url.invoke_mode = request.get("InvokeMode", url.invoke_mode)
    url.cors = dict(request.get("Cors", url.cors))


def _described(
    url: FunctionUrl, reference: Reference, context: CallContext, *left_out: str
) -> Result:
    described: Result = {
        "FunctionUrl": _address(url, context),
        "FunctionArn": reference.arn,
        "AuthType": url.auth_type,
        "InvokeMode": url.invoke_mode,
        "CreationTime": iso(url.created_ms),
        "LastModifiedTime": iso(url.modified_ms),
    }
    if url.cors:
        described["Cors"] = url.cors
    return {name: value for name, value in described.items() if name not in left_out}


def _address(url: FunctionUrl, context: CallContext) -> str:
    """Return the URL under which the endpoint that was asked serves the function."""
    scheme, _, rest = context.endpoint.partition("://")
    host, colon, port = rest.partition(":")
    if host.endswith(".amazonaws.com"):  # botocore's own names, in this process
        return f"https://{url.url_id}.lambda-url.{context.region}.on.aws/"
    local = "localhost" if host in ("127.0.0.1", "localhost") else host
    return f"{scheme}://{url.url_id}.lambda-url.{context.region}.{local}{colon}{port}/"
