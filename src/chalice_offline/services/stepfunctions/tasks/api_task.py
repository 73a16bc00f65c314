"""A task that is an API call: request-response, with a task token, or until a job has ended."""

from __future__ import annotations

from email.utils import formatdate
from typing import TYPE_CHECKING, Any

from chalice_offline.core.errors import AwsError
from chalice_offline.services.stepfunctions.language.failures import (
    TASK_FAILED,
    StateFailure,
)
from chalice_offline.services.stepfunctions.language.json_text import compact
from chalice_offline.services.stepfunctions.tasks import api_requests, jobs
from chalice_offline.services.stepfunctions.tasks.api_errors import api_failure, sdk_failure
from chalice_offline.services.stepfunctions.tasks.function_task import deliver, payload_of
from chalice_offline.services.stepfunctions.tasks.nested_execution import wait_for_execution
from chalice_offline.services.stepfunctions.tasks.patterns import answered, new_attempt

if TYPE_CHECKING:
    from chalice_offline.core.pending import Pending
    from chalice_offline.services.stepfunctions.execution.state_run import StateRun
    from chalice_offline.services.stepfunctions.language.resources import ApiCall

_CALLED = jobs.SERVICES | {"dynamodb", "events", "lambda", "sns", "sqs", "states"}
_BODY_TYPE = {
    "lambda": "application/json",
    "sns": "text/xml",
    "events": "application/x-amz-json-1.1",
}


def perform_api_call(run: StateRun, call: ApiCall, credentials: dict[str, Any]) -> None:
    """Make the call, and wait as its pattern says."""
    _ApiTask(run, call).begin(credentials)


class _ApiTask:
    def __init__(self, run: StateRun, call: ApiCall) -> None:
        self._run = run
        self._call = call
        self._attempt = new_attempt(run, call)

    def begin(self, credentials: dict[str, Any]) -> None:
        run, call = self._run, self._call
        parameters = run.input
        service, operation = "", ""
        request: dict[str, Any] = {}
        if call.is_sdk or call.service in _CALLED:
            service, operation = api_requests.operation_of(call)
            request = api_requests.request_of(service, operation, parameters)
            if call.resource == "putEvents" and not call.is_sdk:
                _add_resources(run, request)
        details = {"region": run.frame.region, "parameters": compact(parameters)}
        self._attempt.scheduled({**details, **credentials})
        self._attempt.started()
        self._attempt.waits("call", f"{call.resource_type}:{call.resource}")
        if not service:
            what = f"{call.resource_type}:{call.action}"
            cause = f"chalice-offline does not emulate the integration {what}."
            self._attempt.fail(StateFailure(TASK_FAILED, cause))
            return
        self._deliver(service, operation, request)

    def _deliver(self, service: str, operation: str, request: dict[str, Any]) -> None:
        def replied(reply: Pending[Any]) -> None:
            if self._attempt.ended:
                return
            try:
                answer = reply.result()
            except AwsError as error:
                fail = sdk_failure if self._call.is_sdk else api_failure
                self._attempt.fail(fail(service, error, self._run.kernel.ids))
                return
            self._answered(service, operation, answer, request)

        try:
            api_requests.check(service, operation, request)
        except AwsError as error:
            fail = sdk_failure if self._call.is_sdk else api_failure
            self._attempt.fail(fail(service, error, self._run.kernel.ids))
            return
        deliver(self._attempt, service, operation, request, replied)

    def _answered(
        self, service: str, operation: str, answer: dict[str, Any], request: dict[str, Any]
    ) -> None:
        failure = _failure_within(self._call, answer)
        if failure is not None:
            self._attempt.fail(failure)
            return
        result = self._result(service, operation, answer)
        call, pattern = self._call, self._call.pattern
        waits = answered(self._attempt, call, result)
        if not waits or pattern == "waitForTaskToken":
            return
        if service == "stepfunctions":
            wait_for_execution(self._attempt, answer["executionArn"], parsed=pattern == "sync:2")
            return
        job = jobs.job_of(service, operation)
        if job is None:
            cause = f"chalice-offline does not emulate {pattern} for {service}:{call.action}."
            self._attempt.fail(StateFailure(TASK_FAILED, cause))
            return
        jobs.wait_for_job(self._attempt, service, job, answer, request)

    def _result(self, service: str, operation: str, answer: dict[str, Any]) -> Any:
        call = self._call
        result = api_requests.result_of(service, operation, answer, spell_dates=call.is_sdk)
        if call.is_sdk:
            return result
        if call.service == "lambda":
            result["Payload"] = payload_of(answer)
        result.update(_http_metadata(self._run, call.service, len(compact(result))))
        return result


def _add_resources(run: StateRun, request: dict[str, Any]) -> None:
    """Name the state machine and the execution in each event (recorded)."""
    for entry in request.get("Entries", ()):
        own = [run.frame.machine_arn, run.frame.arn]
        entry["Resources"] = [*entry.get("Resources", ()), *own]


def _failure_within(call: ApiCall, answer: dict[str, Any]) -> StateFailure | None:
    """Return the failure that an answer without an error tells of."""
    if call.is_sdk:
        return None
    if call.service == "lambda" and answer.get("FunctionError"):
        value = payload_of(answer)
        error = value.get("errorType") if isinstance(value, dict) else None
        return StateFailure(
            error or "Exception", value if isinstance(value, str) else compact(value)
        )
    if call.service == "events" and answer.get("FailedEntryCount"):
        return StateFailure("EventBridge.FailedEntry", compact(answer))
    return None


def _http_metadata(run: StateRun, service: str, length: int) -> dict[str, Any]:
    """Return what the SDK adds to each answer."""
    request_id = run.kernel.ids.uuid()
    headers = {
        "connection": "keep-alive",
        "Content-Length": str(length),
        "Content-Type": _BODY_TYPE.get(service, "application/x-amz-json-1.0"),
        "Date": formatdate(run.kernel.now_ms // 1000, usegmt=True),
        "x-amzn-RequestId": request_id,
    }
    return {
        "SdkHttpMetadata": {
            "AllHttpHeaders": {name: [value] for name, value in headers.items()},
            "HttpHeaders": headers,
            "HttpStatusCode": 200,
        },
        "SdkResponseMetadata": {"RequestId": request_id},
    }
