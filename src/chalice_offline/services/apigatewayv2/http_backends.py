"""What the routes of HTTP APIs lead to: functions, HTTP endpoints, calls of AWS services."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from chalice_offline.core.errors import AwsError
from chalice_offline.core.http import Headers, HttpRequest
from chalice_offline.core.pending import Pending
from chalice_offline.core.utf8 import utf8
from chalice_offline.services.apigatewayv2 import replies
from chalice_offline.services.apigatewayv2.functions import function_of, invoke
from chalice_offline.services.apigatewayv2.http_events import lambda_event
from chalice_offline.services.apigatewayv2.http_mappings import value_of
from chalice_offline.services.apigatewayv2.limits import HTTP_TIMEOUT_MS

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice_offline.core.http import HttpResponse
    from chalice_offline.core.kernel import Result
    from chalice_offline.services.apigatewayv2.api import Described
    from chalice_offline.services.apigatewayv2.exchange import Exchange

    Finish = Callable[[replies.Reply], None]
    GiveUp = Callable[[replies.Refused], None]

_NOT_PASSED = frozenset({"connection", "content-length", "transfer-encoding", "date", "server"})

# AWS, "Integration subtype reference": service, operation, the parameters by their names in AWS.
SUBTYPES: dict[str, tuple[str, str, dict[str, str]]] = {
    "EventBridge-PutEvents": ("events", "PutEvents", {}),
    "SQS-SendMessage": ("sqs", "SendMessage", {}),
    "SQS-ReceiveMessage": ("sqs", "ReceiveMessage", {}),
    "SQS-DeleteMessage": ("sqs", "DeleteMessage", {}),
    "SQS-PurgeQueue": ("sqs", "PurgeQueue", {}),
    "Kinesis-PutRecord": ("kinesis", "PutRecord", {}),
    "StepFunctions-StartExecution": (
        "stepfunctions",
        "StartExecution",
        {"StateMachineArn": "stateMachineArn", "Input": "input", "Name": "name"},
    ),
    "StepFunctions-StartSyncExecution": (
        "stepfunctions",
        "StartSyncExecution",
        {"StateMachineArn": "stateMachineArn", "Input": "input", "Name": "name"},
    ),
    "StepFunctions-StopExecution": (
        "stepfunctions",
        "StopExecution",
        {"ExecutionArn": "executionArn", "Cause": "cause", "Error": "error"},
    ),
}


def integrate(exchange: Exchange, finish: Finish, give_up: GiveUp) -> None:
    """Call what the route leads to; `finish` gets the reply, now or later."""
    target = str(exchange.route.get("Target", "")).removeprefix("integrations/")
    integration = exchange.snapshot.integrations.get(target)
    if integration is None:
        raise replies.failed()
    if integration.get("IntegrationSubtype"):
        _service(exchange, integration, finish, give_up)
    elif integration["IntegrationType"] == "AWS_PROXY":
        _function(exchange, integration, finish, give_up)
    else:
        _http(exchange, integration, finish, give_up)


def _function(exchange: Exchange, integration: Described, finish: Finish, give_up: GiveUp) -> None:
    version = integration["PayloadFormatVersion"]

    def answered(pending: Pending[Result]) -> None:
        try:
            result = pending.result()
            if "FunctionError" in result:
                raise replies.failed()
            reply = replies.function_reply(result["Payload"], version)
        except AwsError:
            give_up(replies.failed())
        except replies.Refused as refused:
            give_up(refused)
        else:
            finish(reply)

    function = function_of(integration["IntegrationUri"], exchange.variables)
    event = lambda_event(exchange, version)
    whose = exchange.apis, exchange.api, function
    trace = exchange.trace_id
    invoke(*whose, event, exchange.causes, trace_header=trace).then(answered)


# ---- HTTP -----------------------------------------------------------------------------------


def _http(exchange: Exchange, integration: Described, finish: Finish, give_up: GiveUp) -> None:
    uri = integration["IntegrationUri"]
    for name, value in exchange.path_parameters.items():
        for spelled in (f"{{{name}}}", f"{{{name}+}}"):
            uri = uri.replace(spelled, quote(value, safe="/%"))
    uri = value_of(exchange, uri)
    query = exchange.raw_query
    headers = {n: ",".join(v) for n, v in exchange.headers.items() if n != "host"}
    changes = integration.get("RequestParameters") or {}
    for key, expression in changes.items():
        action, _, place = key.partition(":")
        kind, _, name = place.partition(".")
        value = value_of(exchange, expression)
        if kind == "header":
            _change(headers, action, name.lower(), value)
        elif kind == "querystring" and action in ("append", "overwrite"):
            query = "&".join(filter(None, (query, f"{quote(name)}={quote(value)}")))
        elif place == "path" and action == "overwrite":
            uri = "/".join([*uri.split("/")[:3], value.lstrip("/")])
    url = f"{uri}{'&' if '?' in uri else '?'}{query}" if query else uri
    method = integration["IntegrationMethod"]
    method = exchange.method if method == "ANY" else method
    sent = HttpRequest(method, url, Headers(headers.items()), exchange.body)

    def done(response: HttpResponse | None, _reason: str) -> None:
        if response is None:
            give_up(replies.unavailable())
        else:
            finish(_passed_back(exchange, integration, response))

    timeout_ms = int(integration.get("TimeoutInMillis") or HTTP_TIMEOUT_MS)
    exchange.apis.kernel.send_http(sent, timeout_ms, done, exchange.causes)


def _change(headers: dict[str, str], action: str, name: str, value: str) -> None:
    if action == "remove":
        headers.pop(name, None)
    elif action == "append" and name in headers:
        headers[name] = f"{headers[name]},{value}"
    else:
        headers[name] = value


def _passed_back(
    exchange: Exchange, integration: Described, response: HttpResponse
) -> replies.Reply:
    fields = {n.lower(): v for n, v in response.headers.items() if n.lower() not in _NOT_PASSED}
    fields.pop("content-encoding", None)
    status = response.status
    changes = (integration.get("ResponseParameters") or {}).get(str(status), {})
    for key, expression in changes.items():
        action, _, place = key.partition(":")
        value = value_of(exchange, expression, response)
        if place == "statuscode":
            status = int(value) if value.isdigit() else status
        else:
            _change(fields, action, place.partition(".")[2].lower(), value)
    listed = [(name, value) for name, text in fields.items() for value in text.split("\n")]
    return replies.Reply(status, listed, response.body)


# ---- other services -----------------------------------------------------------------------


def _service(exchange: Exchange, integration: Described, finish: Finish, give_up: GiveUp) -> None:
    """Source: AWS, "Create AWS service integrations for HTTP APIs"."""
    known = SUBTYPES.get(integration["IntegrationSubtype"])
    if known is None:
        raise replies.Refused(501, f"{integration['IntegrationSubtype']} is not emulated")
    service, operation, names = known
    parameters = _parameters(exchange, integration, names)
    region = parameters.pop("Region", exchange.api.region)
    if service == "events":
        parameters = _entry(parameters)
    if service == "kinesis" and "Data" in parameters:
        parameters["Data"] = utf8(str(parameters["Data"]))
    pending: Pending[Any] = Pending()
    try:
        reply = exchange.apis.kernel.deliver(
            service,
            operation,
            parameters,
            account_id=exchange.api.account_id,
            region=region,
            causes=exchange.causes,
            principal="apigateway.amazonaws.com",
        )
    except AwsError as error:
        pending.fail(error)
    else:
        if isinstance(reply, Pending):
            pending = reply
        else:
            pending.resolve(reply)

    def answered(result: Pending[Any]) -> None:
        try:
            body = json.dumps(result.result(), default=str)
        except AwsError as error:
            give_up(replies.Refused(error.status, error.message or error.code))
        else:
            finish(replies.Reply(200, [("Content-Type", replies.JSON)], utf8(body)))

    pending.then(answered)


def _parameters(
    exchange: Exchange, integration: Described, names: dict[str, str]
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, expression in (integration.get("RequestParameters") or {}).items():
        value = value_of(exchange, expression)
        if value:
            found[names.get(name, name)] = value
    return found


def _entry(parameters: dict[str, Any]) -> dict[str, Any]:
    entry = {k: v for k, v in parameters.items() if k != "Resources"}
    if "Resources" in parameters:
        entry["Resources"] = json.loads(parameters["Resources"])
    return {"Entries": [entry]}
