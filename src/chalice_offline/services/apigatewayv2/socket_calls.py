"""What the routes of WebSocket APIs lead to: functions, AWS services, HTTP endpoints, mocks.

Source: AWS, "Set up a WebSocket API integration in API Gateway".
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from chalice_offline.core.errors import AwsError
from chalice_offline.core.http import Headers, HttpRequest
from chalice_offline.core.utf8 import utf8
from chalice_offline.services.apigatewayv2 import replies
from chalice_offline.services.apigatewayv2.access_log import write_event
from chalice_offline.services.apigatewayv2.functions import function_of, invoke, with_variables
from chalice_offline.services.apigatewayv2.limits import WEBSOCKET_TIMEOUT_MS
from chalice_offline.services.apigatewayv2.socket_mappings import (
    NoMappingError,
    mapped_reply,
    mapped_request,
)
from chalice_offline.services.common.aws_requests import NoSuchTargetError, Signed, send_signed

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice_offline.core.http import HttpResponse
    from chalice_offline.core.kernel import Result
    from chalice_offline.core.pending import Pending
    from chalice_offline.core.scheduler import Timer
    from chalice_offline.services.apigatewayv2.api import Described
    from chalice_offline.services.apigatewayv2.connection import Connection
    from chalice_offline.services.apigatewayv2.state import ApiGatewayV2State

FAILED, TIMED_OUT = 502, 504
_MOCK_STATUS = re.compile(r"""["']?statusCode["']?\s*:\s*["']?(\d{3})""")


@dataclass(frozen=True, slots=True)
class Answer:
    """What an integration answered; status 502 when it failed, 504 when it took too long."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class SocketCall:
    """One event of a connection on its way to what its route leads to."""

    apis: ApiGatewayV2State
    connection: Connection
    route: Described
    event: dict[str, Any]
    causes: tuple[int, ...]
    answered: Callable[[Answer], None]
    is_over: bool = False
    timer: Timer | None = None

    @property
    def variables(self) -> dict[str, str]:
        """The stage's variables."""
        return dict(self.connection.stage.get("StageVariables") or {})

    @property
    def request_id(self) -> str:
        """The id that the event's context and the client's error messages have."""
        return str(self.event["requestContext"]["requestId"])

    def end(self, answer: Answer) -> None:
        """Hand the answer on; what comes after the first is too late."""
        if self.is_over:
            return
        self.is_over = True
        self.apis.kernel.cancel(self.timer)
        api, stage = self.connection.api, self.connection.stage
        context = self.event["requestContext"]
        write_event(self.apis, api, stage, context, answer.status, self.causes)
        self.answered(answer)


def start(call: SocketCall) -> None:
    """Call the route's integration; the answer comes now or later."""
    target = str(call.route.get("Target", "")).removeprefix("integrations/")
    snapshot = call.connection.api.deployed(call.connection.stage)
    integration = snapshot.integrations.get(target)
    if integration is None:
        call.end(Answer(FAILED if call.route.get("Target") else 200))
        return
    try:
        _STEPS[integration["IntegrationType"]](call, integration)
    except (NoMappingError, NoSuchTargetError):
        call.end(Answer(FAILED))
    if not call.is_over:
        _limit(call, int(integration.get("TimeoutInMillis") or WEBSOCKET_TIMEOUT_MS))


def _limit(call: SocketCall, timeout_ms: int) -> None:
    """Answer for an integration that takes too long, unless timeouts wait for a debugger."""
    kernel = call.apis.kernel

    def overdue() -> None:
        if kernel.timeouts_wait():
            _limit(call, timeout_ms)
        else:
            call.end(Answer(TIMED_OUT))

    call.timer = kernel.at(kernel.now_ms + timeout_ms, overdue, owed=False)


def _mock(call: SocketCall, integration: Described) -> None:
    body = mapped_request(call.event, integration, call.variables).body
    found = _MOCK_STATUS.search(body)
    _go_on(call, integration, int(found[1]) if found else 200, b"")


def _go_on(call: SocketCall, integration: Described, status: int, body: bytes) -> None:
    """End with what the integration's responses make of an answer."""
    snapshot = call.connection.api.deployed(call.connection.stage)
    responses = snapshot.integration_responses.get(integration["IntegrationId"], {})
    try:
        text = body.decode("utf-8", "replace")
        mapped = mapped_reply(call.event, responses, status, text, call.variables)
    except NoMappingError:
        call.end(Answer(FAILED))
    else:
        call.end(Answer(status, utf8(mapped)))


def _lambda_proxy(call: SocketCall, integration: Described) -> None:
    def ended(pending: Pending[Result]) -> None:
        try:
            result = pending.result()
            if "FunctionError" in result:
                raise replies.failed()
            answer = _proxied(result["Payload"])
        except (AwsError, replies.Refused):
            answer = Answer(FAILED)
        call.end(answer)

    _invoke(call, integration, call.event).then(ended)


def _lambda(call: SocketCall, integration: Described) -> None:
    def ended(pending: Pending[Result]) -> None:
        try:
            result = pending.result()
        except AwsError:
            call.end(Answer(FAILED))
        else:
            _go_on(call, integration, 200, result["Payload"])

    body = mapped_request(call.event, integration, call.variables).body
    _invoke(call, integration, utf8(body or "{}")).then(ended)


def _invoke(
    call: SocketCall, integration: Described, payload: dict[str, Any] | bytes
) -> Pending[Result]:
    function = function_of(integration["IntegrationUri"], call.variables)
    return invoke(call.apis, call.connection.api, function, payload, call.causes)


def _aws(call: SocketCall, integration: Described) -> None:
    uri = with_variables(integration["IntegrationUri"], call.variables)
    if ":lambda:path/" in uri:
        _lambda(call, integration)
        return
    request = mapped_request(call.event, integration, call.variables)
    query = urlencode(request.query)
    signed = Signed(
        f"{uri}{'&' if '?' in uri else '?'}{query}" if query else uri,
        integration.get("IntegrationMethod", "POST"),
        request.headers,
        request.body.encode(),
        call.connection.api.account_id,
        call.causes,
    )

    def answered(response: HttpResponse) -> None:
        _go_on(call, integration, response.status, response.body)

    send_signed(call.apis.kernel, signed, answered)


def _proxied(payload: bytes) -> Answer:
    """Return what a proxy's result means; one without a status code says nothing."""
    try:
        result = json.loads(payload or b"null")
    except ValueError as error:
        raise replies.failed() from error
    if not isinstance(result, dict) or "statusCode" not in result:
        return Answer(200)
    reply = replies.function_reply(payload, "1.0")
    return Answer(reply.status, reply.body, {n.lower(): v for n, v in reply.headers})


def _http(call: SocketCall, integration: Described) -> None:
    is_proxy = integration["IntegrationType"] == "HTTP_PROXY"
    asked = integration | {"RequestTemplates": {}} if is_proxy else integration
    request = mapped_request(call.event, asked, call.variables)
    url = with_variables(integration["IntegrationUri"], call.variables)
    for name, value in request.path.items():
        url = url.replace(f"{{{name}}}", quote(value, safe=""))
    if request.query:
        url += f"{'&' if '?' in url else '?'}{urlencode(request.query)}"
    headers = Headers([("content-type", "application/json"), *request.headers.items()])
    sent = HttpRequest(integration["IntegrationMethod"], url, headers, request.body.encode())

    def done(response: HttpResponse | None, _reason: str) -> None:
        if response is None:
            call.end(Answer(FAILED))
        elif is_proxy:
            call.end(Answer(response.status, response.body))
        else:
            _go_on(call, integration, response.status, response.body)

    timeout_ms = int(integration.get("TimeoutInMillis") or WEBSOCKET_TIMEOUT_MS)
    call.apis.kernel.send_http(sent, timeout_ms, done, call.causes)


_STEPS: dict[str, Callable[[SocketCall, Described], None]] = {
    "AWS_PROXY": _lambda_proxy,
    "AWS": _aws,
    "HTTP": _http,
    "HTTP_PROXY": _http,
    "MOCK": _mock,
}
