"""Functions behind APIs: which one a URI names, and asking it."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from chalice_offline.core.errors import AwsError
from chalice_offline.core.pending import Pending

if TYPE_CHECKING:
    from chalice_offline.core.kernel import Result
    from chalice_offline.services.apigatewayv2.api import Api
    from chalice_offline.services.apigatewayv2.state import ApiGatewayV2State

_INVOCATION = re.compile(
    r"arn:[\w-]+:apigateway:[\w-]*:lambda:path/[\d-]+/functions/(.+)/invocations"
)
_VARIABLE = re.compile(r"\$\{stageVariables\.(\w+)\}")


def function_of(uri: str, variables: dict[str, str]) -> str:
    """Return the function's ARN that an integration or authorizer names."""
    named = with_variables(uri, variables)
    invocation = _INVOCATION.fullmatch(named)
    return invocation[1] if invocation else named


def with_variables(uri: str, variables: dict[str, str]) -> str:
    """Return a URI with the stage's variables put in."""
    return _VARIABLE.sub(lambda found: variables.get(found[1], ""), uri)


def invoke(
    apis: ApiGatewayV2State,
    api: Api,
    function: str,
    event: dict[str, Any] | bytes,
    causes: tuple[int, ...],
    *,
    waits: bool = True,
    trace_header: str = "",
) -> Pending[Result]:
    """Invoke a function as API Gateway does; refusals come out of the Pending as AwsError."""
    payload = event if isinstance(event, bytes) else json.dumps(event).encode()
    settled: Pending[Result] = Pending()
    try:
        reply = apis.kernel.deliver(
            "lambda",
            "Invoke",
            {
                "FunctionName": function,
                "Payload": payload,
                "InvocationType": "RequestResponse" if waits else "Event",
            },
            account_id=api.account_id,
            region=api.region,
            causes=causes,
            principal="apigateway.amazonaws.com",
            trace_header=trace_header,
        )
    except AwsError as error:
        settled.fail(error)
        return settled
    if isinstance(reply, Pending):
        return reply
    settled.resolve(reply)
    return settled
