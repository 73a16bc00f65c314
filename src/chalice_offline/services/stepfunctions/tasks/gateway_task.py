"""apigateway:invoke: a request to a REST or HTTP API of the same emulator.

Source: developer guide, "Create API Gateway REST APIs with Step Functions"; results and errors are
recorded.
"""

from __future__ import annotations

import re
from email.utils import formatdate
from typing import TYPE_CHECKING, Any

from chalice_offline.core.errors import AwsError
from chalice_offline.services.stepfunctions.language.failures import (
    StateFailure,
    runtime_failure,
)
from chalice_offline.services.stepfunctions.language.json_text import compact
from chalice_offline.services.stepfunctions.tasks.function_task import deliver
from chalice_offline.services.stepfunctions.tasks.http_messages import (
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

# As on AWS, and as local tools write it: this machine, and the API in the path.
_ENDPOINTS = (
    re.compile(r"(?:https?://)?([A-Za-z0-9]+)\.execute-api\.[a-z0-9.-]+(?::\d+)?/?"),
    re.compile(
        r"(?:https?://)?(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?"
        r"/(?:restapis|_aws/execute-api)/([A-Za-z0-9]+)/?"
    ),
)
_ERRORS = 400
_REQUIRED = ("ApiEndpoint", "Method")


def perform_gateway(run: StateRun, call: ApiCall, credentials: dict[str, Any]) -> None:
    """Make the request; a status of 400 or more fails the task."""
    parameters = run.input if isinstance(run.input, dict) else {}
    missing = [name for name in _REQUIRED if not parameters.get(name)]
    if missing:
        what = f"The field '{missing[0]}' is required but was missing"
        raise runtime_failure(
            f"The Parameters '{compact(run.input)}' could not be used to start the Task: [{what}]"
        )
    attempt = new_attempt(run, call)
    details = {"region": run.frame.region, "parameters": compact(parameters)}
    attempt.scheduled({**details, **credentials})
    attempt.started()
    endpoint = parameters["ApiEndpoint"]
    api_id = _api_at(endpoint)
    if api_id is None:
        cause = f"chalice-offline knows no API at {endpoint}."
        attempt.fail(StateFailure("ApiGateway.SdkClientException", cause))
        return
    attempt.waits("call", f"{parameters['Method']} {endpoint}")

    def replied(reply: Pending[Any]) -> None:
        if attempt.ended:
            return
        try:
            answer = reply.result()
        except AwsError as error:
            attempt.fail(StateFailure(f"ApiGateway.{error.status}", error.message))
            return
        result = result_of(answer["statusCode"], _as_received(run, answer), answer["body"])
        if answer["statusCode"] >= _ERRORS:
            body = result["ResponseBody"]
            cause = body if isinstance(body, str) else compact(body)
            attempt.fail(StateFailure(f"ApiGateway.{answer['statusCode']}", cause))
        else:
            answered(attempt, call, result)

    deliver(attempt, "execute-api", "Request", _request(api_id, parameters), replied)


def _as_received(run: StateRun, answer: dict[str, Any]) -> list[tuple[str, str]]:
    """Return a reply's header fields, and those of HTTP itself: the result tells all (recorded)."""
    own = {
        "Connection": "keep-alive",
        "Content-Length": str(len(answer["body"])),
        "Date": formatdate(run.kernel.now_ms // 1000, usegmt=True),
    }
    names = {name.lower() for name in own}
    return [*own.items(), *(one for one in answer["headers"] if one[0].lower() not in names)]


def _api_at(endpoint: Any) -> str | None:
    found = (pattern.fullmatch(str(endpoint)) for pattern in _ENDPOINTS)
    return next((one[1] for one in found if one is not None), None)


def _request(api_id: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    headers = parameters.get("Headers") or {}
    fields = [(name, text) for name, value in headers.items() for text in texts(value)]
    fields += [("Content-Type", "application/json"), ("User-Agent", "Amazon|StepFunctions")]
    path = str(parameters.get("Path") or "")
    return {
        "apiId": api_id,
        "stage": parameters.get("Stage", ""),
        "method": parameters["Method"],
        "path": path if path.startswith("/") else f"/{path}",
        "rawQuery": query_of(parameters.get("QueryParameters") or {}),
        "headers": fields,
        "body": json_body(parameters.get("RequestBody")),
    }
