"""Invoke: run a function now, soon or not at all."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

from chalice_offline.core.errors import AwsError
from chalice_offline.core.pending import Pending
from chalice_offline.core.unspelled import UnspelledJson
from chalice_offline.services.lambda_ import asynchronous, limits
from chalice_offline.services.lambda_.errors import runtime_not_run
from chalice_offline.services.lambda_.references import reference_in
from chalice_offline.services.lambda_.runs import start_run

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Reply, Request, Result
    from chalice_offline.services.lambda_.runs import RunResult
    from chalice_offline.services.lambda_.state import LambdaState

# Who spells each payload as JSON: nobody parses it to find that out, which takes as long as much
# of a route does.
_SEND_JSON = frozenset({"apigateway.amazonaws.com"})
# A payload of this length is never too long.
_ANY_LENGTH = min(limits.SYNCHRONOUS_PAYLOAD_BYTES, limits.ASYNCHRONOUS_PAYLOAD_BYTES)


def invoke(lambda_: LambdaState, context: CallContext, request: Request) -> Reply:
    """Run a function now (RequestResponse), soon (Event) or not at all (DryRun)."""
    reference = reference_in(request, context)
    found = lambda_.version_or_none(reference)
    if found is None:
        raise reference.with_qualifier().not_found()
    function, version = found
    kind = request.get("InvocationType", "RequestResponse")
    payload = request.get("Payload") or b"{}"
    if version.upload is not None and not version.upload.is_runnable:
        raise runtime_not_run(function.name, version.upload.runtime)
    if isinstance(payload, UnspelledJson) and (kind == "Event" or payload.longest > _ANY_LENGTH):
        payload = payload.spelled()
    if not isinstance(payload, UnspelledJson):
        _check_size(payload, asynchronous=kind == "Event")
        if context.principal not in _SEND_JSON:
            _check_json(payload)
    client_context = _client_context(request)
    if kind == "DryRun":
        return {"StatusCode": 204}
    if kind == "Event":
        asynchronous.accept(lambda_.kernel, function, reference.qualifier, payload, context)
        return {"StatusCode": 202, "Payload": b""}
    reply: Pending[Result] = Pending()

    def done(result: RunResult) -> None:
        answer: Result = {
            "StatusCode": 200,
            "ExecutedVersion": result.version,
            "Payload": result.outcome.payload,
        }
        if result.outcome.failed:
            answer["FunctionError"] = "Unhandled"
        if request.get("LogType") == "Tail":
            answer["LogResult"] = _log_result(result.lines.texts())
        reply.resolve(answer)

    start_run(
        lambda_.kernel,
        function,
        payload,
        (context.entry,),
        done,
        request_id=context.request_id,
        qualifier=reference.qualifier,
        client_context=client_context,
        trace_header=context.trace_header,
        is_awaited=True,
    )
    return reply


def _log_result(lines: list[str]) -> str:
    return base64.b64encode("".join(lines).encode()[-limits.LOG_RESULT_BYTES :]).decode()


def _client_context(request: Request) -> str:
    """Return what the caller says about itself, as JSON; only a synchronous run sees it.

    AWS looks at it before it runs anything (text: boto/boto3 issue 2153).
    """
    encoded = request.get("ClientContext", "")
    if not encoded:
        return ""
    try:
        text = base64.b64decode(encoded, validate=True).decode()
        content = json.loads(text)
    except (ValueError, RecursionError):  # not ASCII, not base64, not UTF-8 inside, no JSON
        content = None
    if not isinstance(content, dict):
        raise AwsError(
            "InvalidRequestContentException",
            "Client context must be a valid Base64-encoded JSON object.",
            fields={"Type": "User"},
        )
    return text


def _check_size(payload: bytes, *, asynchronous: bool) -> None:
    limit = limits.ASYNCHRONOUS_PAYLOAD_BYTES if asynchronous else limits.SYNCHRONOUS_PAYLOAD_BYTES
    if len(payload) > limit:
        message = (
            f"{len(payload)} byte payload is too large for the Event invocation type "
            f"(limit {limit} bytes)"
            if asynchronous
            else f"Request must be smaller than {limit} bytes for the InvokeFunction operation"
        )
        raise AwsError("RequestTooLargeException", message, status=413, fields={"Type": "User"})


def _check_json(payload: bytes) -> None:
    try:
        json.loads(payload)
    except (ValueError, RecursionError) as error:
        raise AwsError(
            "InvalidRequestContentException",
            f"Could not parse request body into json: Could not parse payload into json: {error}",
            fields={"Type": "User"},
        ) from error
