"""http:invoke: a request to an HTTPS API, logged in by a connection of EventBridge.

Source: developer guide, "Call HTTPS APIs in Step Functions workflows".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.core.errors import AwsError
from chalice_offline.core.http import Headers, HttpRequest, HttpResponse
from chalice_offline.services.stepfunctions import limits
from chalice_offline.services.stepfunctions.language.failures import (
    StateFailure,
    runtime_failure,
)
from chalice_offline.services.stepfunctions.language.json_text import compact
from chalice_offline.services.stepfunctions.tasks.function_task import deliver
from chalice_offline.services.stepfunctions.tasks.http_messages import (
    form_of,
    json_body,
    query_of,
    result_of,
    texts,
)
from chalice_offline.services.stepfunctions.tasks.patterns import answered, new_attempt

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalice_offline.core.pending import Pending
    from chalice_offline.services.stepfunctions.execution.state_run import StateRun
    from chalice_offline.services.stepfunctions.language.resources import ApiCall
    from chalice_offline.services.stepfunctions.tasks.attempt import Attempt

_SUCCESS = range(200, 300)
_UNAUTHORIZED = frozenset({401, 407})
# Their bodies are not sent.
_BODILESS = frozenset({"GET", "HEAD", "OPTIONS"})
_FORM = "application/x-www-form-urlencoded"


def perform_http(run: StateRun, call: ApiCall, credentials: dict[str, Any]) -> None:
    """Make the request; a status that is no success fails the task by its number."""
    parameters = run.input if isinstance(run.input, dict) else {}
    connection = _connection(parameters)
    required = {
        "ApiEndpoint": parameters.get("ApiEndpoint"),
        "Method": parameters.get("Method"),
        "ConnectionArn": connection,
    }
    missing = [name for name, value in required.items() if not value]
    if missing:
        what = f"The field '{missing[0]}' is required but was missing"
        raise runtime_failure(
            f"The Parameters '{compact(run.input)}' could not be used to start the Task: [{what}]"
        )
    attempt = new_attempt(run, call)
    details = {"region": run.frame.region, "parameters": compact(parameters)}
    attempt.scheduled({**details, **credentials})
    attempt.started()
    attempt.waits("call", f"{parameters['Method']} {parameters['ApiEndpoint']}")
    _HttpCall(attempt, call, parameters, connection).begin()


class _HttpCall:
    """One request, and a second one with a new access token when the first is not authorized."""

    def __init__(
        self, attempt: Attempt, call: ApiCall, parameters: Mapping[str, Any], connection: str
    ) -> None:
        self._attempt = attempt
        self._call = call
        self._parameters = parameters
        self._connection = connection
        self._is_renewed = False

    def begin(self) -> None:
        request = {"ConnectionArn": self._connection, "Renew": self._is_renewed}
        deliver(self._attempt, "events", "RetrieveConnectionCredentials", request, self._send)

    def _send(self, reply: Pending[Any]) -> None:
        if self._attempt.ended:
            return
        try:
            added = reply.result()
        except AwsError as error:
            known = error.code == "ResourceNotFoundException"
            name = "NotFound" if known else "InvalidConnectionState"
            failure = StateFailure(f"Events.ConnectionResource.{name}", error.message)
            self._attempt.fail(failure)
            return
        self._attempt.run.kernel.send_http(
            _request(self._attempt.run.frame.region, self._parameters, added),
            limits.HTTP_TASK_MS,
            self._replied,
            (self._attempt.cause,),
        )

    def _replied(self, response: HttpResponse | None, reason: str) -> None:
        if self._attempt.ended:
            return
        if response is None:
            self._attempt.fail(StateFailure("States.Http.Socket", reason))
            return
        if response.status in _UNAUTHORIZED and not self._is_renewed:
            self._is_renewed = True
            self.begin()
            return
        result = result_of(response.status, response.headers.items(), response.body)
        if response.status in _SUCCESS:
            answered(self._attempt, self._call, result)
            return
        body = result["ResponseBody"]
        cause = body if isinstance(body, str) else compact(body)
        self._attempt.fail(StateFailure(f"States.Http.StatusCode.{response.status}", cause))


def _connection(parameters: Mapping[str, Any]) -> str:
    for name in ("Authentication", "InvocationConfig"):
        given = parameters.get(name)
        if isinstance(given, dict) and isinstance(given.get("ConnectionArn"), str):
            return str(given["ConnectionArn"])
    return ""


def _request(
    region: str, parameters: Mapping[str, Any], added: Mapping[str, Mapping[str, str]]
) -> HttpRequest:
    """Return the request; where both have a value the connection's counts."""
    method = str(parameters["Method"]).upper()
    query = query_of({**(parameters.get("QueryParameters") or {}), **added["Query"]})
    url = parameters["ApiEndpoint"]
    if query:
        url = f"{url}{'&' if '?' in url else '?'}{query}"
    headers = Headers(
        [
            ("user-agent", f"Amazon|StepFunctions|HttpInvoke|{region}"),
            ("range", f"bytes=0-{limits.DATA_BYTES_MAX}"),
        ]
    )
    for name, value in (parameters.get("Headers") or {}).items():
        headers[name] = ", ".join(texts(value))
    for name, text in added["Headers"].items():
        headers[name] = text
    body = b"" if method in _BODILESS else _body(parameters, added["Body"], headers)
    return HttpRequest(method, url, headers, body)


def _body(parameters: Mapping[str, Any], added: Mapping[str, str], headers: Headers) -> bytes:
    body = parameters.get("RequestBody")
    if added:
        body = {**(body if isinstance(body, dict) else {}), **added}
    transform = parameters.get("Transform") or {}
    if transform.get("RequestBodyEncoding") == "URL_ENCODED" and isinstance(body, dict):
        headers["content-type"] = _FORM
        options = transform.get("RequestEncodingOptions") or {}
        return form_of(body, options.get("ArrayFormat", "INDICES")).encode()
    headers.setdefault("content-type", "application/json")
    return body.encode() if isinstance(body, str) else json_body(body)
