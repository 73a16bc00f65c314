"""The integration step: MOCK, Lambda, other AWS services, HTTP."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from chalice_offline.core.errors import AwsError
from chalice_offline.core.http import Headers, HttpRequest
from chalice_offline.core.pending import Pending
from chalice_offline.services.apigateway import aws_requests, failures
from chalice_offline.services.apigateway.backend_replies import Answer, integration_reply
from chalice_offline.services.apigateway.backend_requests import backend_request, request_body
from chalice_offline.services.apigateway.exchange import Exchange, GatewayFailure, Reply
from chalice_offline.services.apigateway.lambda_event import (
    ProxyEvent,
    lambda_function,
    proxy_reply,
)
from chalice_offline.services.apigateway.mappings import with_stage_variables

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice_offline.core.http import HttpResponse
    from chalice_offline.core.kernel import Result

    Finish = Callable[[Reply | GatewayFailure], None]

_PRINCIPAL = "apigateway.amazonaws.com"
_spell = json.JSONEncoder(separators=(",", ":")).encode
_STATUS = re.compile(r"""["']?statusCode["']?\s*:\s*["']?(\d{3})""")
_NOT_PASSED_BACK = frozenset(
    {"connection", "content-length", "transfer-encoding", "date", "server"}
)


def integrate(exchange: Exchange, finish: Finish) -> None:
    """Call what the method integrates; `finish` gets the reply, now or later."""
    kind = exchange.taken.integration.get("type")
    step = _KINDS.get(str(kind))
    if step is None:
        raise failures.internal_error()
    step(exchange, finish)


def _mock(exchange: Exchange, finish: Finish) -> None:
    body = request_body(exchange)
    text = body.decode("utf-8", "replace")
    # AWS reads the template's result leniently: {statusCode: 200} is fine (recorded).
    found = _STATUS.search(text)
    if found is None:
        raise failures.internal_error()
    finish(integration_reply(exchange, Answer(int(found[1]), {}, b"", found[1])))


# ---- Lambda -------------------------------------------------------------------------------


def _lambda_proxy(exchange: Exchange, finish: Finish) -> None:
    integration = exchange.taken.integration
    if integration.get("httpMethod") != "POST":  # recorded
        raise failures.internal_error()
    payload = _proxy_payload(exchange)

    def answered(result: Result) -> None:
        if "FunctionError" in result:
            raise failures.bad_gateway()
        exchange.integration_status = 200
        finish(proxy_reply(exchange, result["Payload"]))

    _invoke(exchange, payload, "RequestResponse", answered, finish)


def _proxy_payload(exchange: Exchange) -> bytes | ProxyEvent:
    """Return a proxy event, with what request parameters map to it."""
    mapped = exchange.taken.integration.get("requestParameters")
    unspelled = ProxyEvent(exchange)
    if not mapped:
        return unspelled
    event = unspelled.document()
    request = backend_request(exchange, is_proxy=True)
    for target in mapped:
        _, _, place, name = target.split(".", 3)
        # What the client sent itself stays (recorded).
        if place == "header" and name in request.headers and exchange.header(name) is None:
            event["headers"][name] = request.headers[name]
            event["multiValueHeaders"][name] = [request.headers[name]]
    return _spell(event).encode()


def _lambda(exchange: Exchange, finish: Finish) -> None:
    integration = exchange.taken.integration
    if integration.get("httpMethod") != "POST":
        raise failures.internal_error()
    request = backend_request(exchange, is_proxy=False)
    kind = next(
        (v for k, v in request.headers.items() if k.lower() == "x-amz-invocation-type"),
        "RequestResponse",
    )

    def answered(result: Result) -> None:
        payload: bytes = result.get("Payload") or b""
        error = _error_message(payload) if "FunctionError" in result else ""
        answer = Answer(result["StatusCode"], {}, payload, error)
        finish(integration_reply(exchange, answer))

    _invoke(exchange, _document(request.body), kind, answered, finish)


def _document(body: bytes) -> bytes:
    """Return what a template or a client made; Lambda takes JSON only."""
    try:
        json.loads(body or b"{}")
    except (ValueError, RecursionError) as error:
        raise failures.internal_error() from error
    return body or b"{}"


def _error_message(payload: bytes) -> str:
    try:
        return str(json.loads(payload).get("errorMessage", ""))
    except (ValueError, AttributeError):
        return payload.decode("utf-8", "replace")


def _invoke(
    exchange: Exchange,
    payload: bytes | ProxyEvent,
    kind: str,
    answered: Callable[[Result], None],
    finish: Finish,
) -> None:
    uri = with_stage_variables(exchange.taken.integration["uri"], exchange.variables)
    request = {"FunctionName": lambda_function(uri), "Payload": payload, "InvocationType": kind}
    try:
        reply = exchange.gateway.kernel.deliver(
            "lambda",
            "Invoke",
            request,
            account_id=exchange.api.account_id,
            region=_region(uri, exchange),
            causes=exchange.causes,
            principal=_PRINCIPAL,
            trace_header=exchange.trace_id,
        )
    except AwsError as error:
        raise _refused(error) from error
    if not isinstance(reply, Pending):
        answered(reply)
        return

    def settled(pending: Pending[Result]) -> None:
        try:
            answered(pending.result())
        except GatewayFailure as failure:
            finish(failure)
        except AwsError as error:
            finish(_refused(error))

    reply.then(settled)


def _refused(error: AwsError) -> GatewayFailure:
    """Lambda takes 6 MB; what is larger is said to be so. All else is the API's own mistake."""
    if error.code == "RequestTooLargeException":
        return failures.too_large()
    return failures.internal_error()


def _region(uri: str, exchange: Exchange) -> str:
    parts = uri.split(":")
    return parts[3] if len(parts) > 3 and parts[3] else exchange.api.region


# ---- other services, and HTTP -------------------------------------------------------------


def _aws(exchange: Exchange, finish: Finish) -> None:
    uri = with_stage_variables(exchange.taken.integration["uri"], exchange.variables)
    if lambda_function(uri):
        _lambda(exchange, finish)
        return
    request = backend_request(exchange, is_proxy=False)
    method = exchange.taken.integration.get("httpMethod", "POST")
    method = exchange.method if method == "ANY" else method

    def answered(response: HttpResponse) -> None:
        headers = {name.lower(): [value] for name, value in response.headers.items()}
        body = response.body
        if response.file is not None:
            body = response.file.read()
        answer = Answer(response.status, headers, body, str(response.status))
        finish(integration_reply(exchange, answer))

    aws_requests.send(exchange, request, method, answered, finish)


def _http(exchange: Exchange, finish: Finish, *, is_proxy: bool = False) -> None:
    request = backend_request(exchange, is_proxy=is_proxy)
    if not request.has_host:
        raise failures.invalid_endpoint()
    integration = exchange.taken.integration
    method = integration.get("httpMethod", exchange.method)
    method = exchange.method if method == "ANY" else method
    body = b"" if method in ("GET", "HEAD") and not is_proxy else request.body
    sent = HttpRequest(method, request.url, Headers(request.headers.items()), body)

    def done(response: HttpResponse | None, reason: str) -> None:
        del reason
        if response is None:
            finish(failures.not_reached())
            return
        try:
            finish(_http_reply(exchange, response, is_proxy=is_proxy))
        except GatewayFailure as failure:
            finish(failure)

    timeout_ms = int(integration.get("timeoutInMillis") or 29_000)
    exchange.gateway.kernel.send_http(sent, timeout_ms, done, exchange.causes)


def _http_reply(exchange: Exchange, response: HttpResponse, *, is_proxy: bool) -> Reply:
    headers = {name.lower(): value.split("\n") for name, value in response.headers.items()}
    if not is_proxy:
        answer = Answer(response.status, headers, response.body, str(response.status))
        return integration_reply(exchange, answer)
    exchange.integration_status = response.status
    passed = [
        (name, value)
        for name, listed in headers.items()
        if name not in _NOT_PASSED_BACK and name != "content-encoding"
        for value in listed
    ]
    return Reply(response.status, passed, response.body)


def _http_proxy(exchange: Exchange, finish: Finish) -> None:
    _http(exchange, finish, is_proxy=True)


_KINDS: dict[str, Callable[[Exchange, Finish], None]] = {
    "MOCK": _mock,
    "AWS_PROXY": _lambda_proxy,
    "AWS": _aws,
    "HTTP": _http,
    "HTTP_PROXY": _http_proxy,
}
