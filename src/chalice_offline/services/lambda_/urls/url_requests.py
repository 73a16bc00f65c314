"""InvokeFunctionUrl: a request to a function's URL. botocore lacks this operation."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING

from chalice_offline.core.errors import AwsError
from chalice_offline.core.http import joined
from chalice_offline.core.pending import Pending
from chalice_offline.services.lambda_ import limits
from chalice_offline.services.lambda_.errors import function_not_found, runtime_not_run
from chalice_offline.services.lambda_.runs import start_run
from chalice_offline.services.lambda_.urls.url_cors import is_preflight, preflight_reply, with_cors
from chalice_offline.services.lambda_.urls.url_events import url_event
from chalice_offline.services.lambda_.urls.url_replies import url_reply

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Reply, Request, Result
    from chalice_offline.services.lambda_.function import Function
    from chalice_offline.services.lambda_.runs import RunResult
    from chalice_offline.services.lambda_.state import LambdaState
    from chalice_offline.services.lambda_.urls.function_url import FunctionUrl

_log = logging.getLogger(__name__)


def invoke_function_url(lambda_: LambdaState, context: CallContext, request: Request) -> Reply:
    """Run the function behind a URL, and give what it returns as an HTTP response."""
    function, qualifier, url = _found(lambda_, context, request["urlId"])
    fields = dict(joined(request["headers"]))
    if url.cors and is_preflight(request["method"], fields):
        return preflight_reply(url.cors, fields)
    if url.auth_type == "AWS_IAM" and not context.signed:
        raise _forbidden()
    _warn_when_not_permitted(function, qualifier, url)
    version = function.version(qualifier)
    if version is None:
        raise function_not_found(f"{function.arn}:{qualifier}")
    if version.upload is not None and not version.upload.is_runnable:
        raise runtime_not_run(function.name, version.upload.runtime)
    if len(request["body"]) > limits.SYNCHRONOUS_PAYLOAD_BYTES:
        raise AwsError("RequestTooLargeException", "Request Entity Too Large", status=413)
    trace_id = context.trace_header or _new_trace_id(lambda_, context)
    event = url_event(lambda_.kernel, url, context, request, trace_id)
    reply: Pending[Result] = Pending()

    def done(run: RunResult) -> None:
        answer = url_reply(run.outcome, streamed=url.invoke_mode == "RESPONSE_STREAM")
        own = [("x-amzn-RequestId", run.request_id), ("X-Amzn-Trace-Id", trace_id)]
        named = answer | {"headers": [*answer["headers"], *own]}
        reply.resolve(with_cors(named, url.cors, fields))

    start_run(
        lambda_.kernel,
        function,
        json.dumps(event, separators=(",", ":")).encode(),
        (context.entry,),
        done,
        request_id=context.request_id,
        qualifier=qualifier,
        trace_header=trace_id,
        is_awaited=True,
    )
    return reply


def _found(
    lambda_: LambdaState, context: CallContext, url_id: str
) -> tuple[Function, str, FunctionUrl]:
    wanted = url_id.lower()  # it comes from a host name
    for function in lambda_.all_functions():
        for kept_under, url in function.urls.items():
            if url.url_id.lower() == wanted and function.settings.region == context.region:
                return function, "" if kept_under.startswith("$") else kept_under, url
    raise AwsError("AccessDeniedException", status=403)  # recorded: {"Message":null}


def _forbidden() -> AwsError:
    """Return the refusal of a request without a signature (recorded on AWS)."""
    return AwsError(
        "AccessDeniedException",
        "Forbidden. For troubleshooting Function URL authorization issues, see: "
        "https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html",
        status=403,
    )


def _warn_when_not_permitted(function: Function, qualifier: str, url: FunctionUrl) -> None:
    """Say once what AWS would answer 403 for; policies are not enforced here."""
    policy = function.permissions.get(qualifier or "$LATEST")
    statements = policy.statements.values() if policy else ()
    if url.warned or url.auth_type != "NONE":
        return
    if any(one["Action"] in ("lambda:InvokeFunctionUrl", "lambda:*") for one in statements):
        return
    url.warned = True
    _log.warning(
        "AWS would refuse requests to the URL of %s: its policy does not allow "
        "lambda:InvokeFunctionUrl to everybody (AddPermission, Principal *)",
        function.name,
    )


def _new_trace_id(lambda_: LambdaState, context: CallContext) -> str:
    return f"Root=1-{context.now_ms // 1000:08x}-{lambda_.kernel.ids.hex(24)}"
