"""What the routes of WebSocket APIs lead to: functions, HTTP endpoints, mocks.

Source: AWS, "Set up a WebSocket API integration in API Gateway".
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from chalice_offline.core.errors import AwsError
from chalice_offline.core.http import Headers, HttpRequest
from chalice_offline.services.apigatewayv2 import replies
from chalice_offline.services.apigatewayv2.functions import function_of, invoke
from chalice_offline.services.apigatewayv2.limits import WEBSOCKET_TIMEOUT_MS

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
    def request_id(self) -> str:
        """The id that the event's context and the client's error messages have."""
        return str(self.event["requestContext"]["requestId"])

    def end(self, answer: Answer) -> None:
        """Hand the answer on; what comes after the first is too late."""
        if self.is_over:
            return
        self.is_over = True
        self.apis.kernel.cancel(self.timer)
        self.answered(answer)


def start(call: SocketCall) -> None:
    """Call the route's integration; the answer comes now or later."""
    target = str(call.route.get("Target", "")).removeprefix("integrations/")
    snapshot = call.connection.api.deployed(call.connection.stage)
    integration = snapshot.integrations.get(target)
    if integration is None:
        call.end(Answer(FAILED if call.route.get("Target") else 200))
        return
    kind = integration["IntegrationType"]
    if kind == "MOCK":
        _mock(call, integration)
    elif kind in ("HTTP", "HTTP_PROXY"):
        _http(call, integration)
    else:
        _function(call, integration)
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
    templates = integration.get("RequestTemplates") or {}
    found = _MOCK_STATUS.search(next(iter(templates.values()), ""))
    call.end(Answer(int(found[1]) if found else 200))


def _function(call: SocketCall, integration: Described) -> None:
    connection = call.connection
    is_proxy = integration["IntegrationType"] == "AWS_PROXY"
    variables = dict(connection.stage.get("StageVariables") or {})
    function = function_of(integration["IntegrationUri"], variables)
    payload = call.event if is_proxy else str(call.event.get("body") or "{}").encode()

    def ended(pending: Pending[Result]) -> None:
        try:
            result = pending.result()
            if "FunctionError" in result:
                raise replies.failed()
            answer = _proxied(result["Payload"]) if is_proxy else Answer(200, result["Payload"])
        except (AwsError, replies.Refused):
            answer = Answer(FAILED)
        call.end(answer)

    invoke(call.apis, connection.api, function, payload, call.causes).then(ended)


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
    context = call.event["requestContext"]
    headers = {"content-type": "application/json", "connectionid": context["connectionId"]}
    for name, expression in (integration.get("RequestParameters") or {}).items():
        known = expression.removeprefix("context.")
        headers[name.rpartition(".")[2]] = str(context.get(known, expression))
    method = integration["IntegrationMethod"]
    body = str(call.event.get("body") or "").encode()
    sent = HttpRequest(method, integration["IntegrationUri"], Headers(headers.items()), body)

    def done(response: HttpResponse | None, _reason: str) -> None:
        call.end(Answer(FAILED) if response is None else Answer(response.status, response.body))

    timeout_ms = int(integration.get("TimeoutInMillis") or WEBSOCKET_TIMEOUT_MS)
    call.apis.kernel.send_http(sent, timeout_ms, done, call.causes)
