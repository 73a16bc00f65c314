"""Jobs of other services (.sync): the task ends when the job that its call has started does.

Sources: the pages on optimised integrations of AWS Batch, Athena, AWS Glue, CodeBuild and Amazon
ECS, Step Functions developer guide. AWS hears of a job's end by an event or looks for it; here it
is looked for, at once and then every five seconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chalice_offline.core.errors import AwsError
from chalice_offline.services.stepfunctions.language.failures import TASK_FAILED, StateFailure
from chalice_offline.services.stepfunctions.language.json_text import compact
from chalice_offline.services.stepfunctions.tasks import api_requests
from chalice_offline.services.stepfunctions.tasks.api_errors import api_failure
from chalice_offline.services.stepfunctions.tasks.function_task import deliver

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice_offline.core.pending import Pending
    from chalice_offline.core.scheduler import Timer
    from chalice_offline.services.stepfunctions.tasks.attempt import Attempt

_EVERY_MS = 5_000
# A job that nobody finishes (offline no machine may be behind it) would keep settle() for ever.
_OWED_LOOKS = 720

Described = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Job:
    """How to look at what a call has started, and how to stop it.

    `named` makes the requests of `describe` and `stop` of the call's answer and its request;
    `within` is where the description has the job, `status` where the job has its status (paths,
    numbers for items of lists). `shown` is the member of the result that holds it; "" when the
    result is the job itself.
    """

    describe: str
    named: Callable[[Described, Described], Described]
    within: tuple[str | int, ...]
    status: tuple[str, ...]
    succeeded: frozenset[str]
    failed: frozenset[str]
    shown: str = ""
    stop: str = ""
    stop_named: Callable[[Described, Described], Described] | None = None


_JOBS: dict[tuple[str, str], Job] = {
    ("athena", "StartQueryExecution"): Job(
        "GetQueryExecution",
        lambda answer, _: {"QueryExecutionId": answer["QueryExecutionId"]},
        ("QueryExecution",),
        ("Status", "State"),
        frozenset({"SUCCEEDED"}),
        frozenset({"FAILED", "CANCELLED"}),
        shown="QueryExecution",
        stop="StopQueryExecution",
    ),
    ("glue", "StartJobRun"): Job(
        "GetJobRun",
        lambda answer, request: {"JobName": request["JobName"], "RunId": answer["JobRunId"]},
        ("JobRun",),
        ("JobRunState",),
        frozenset({"SUCCEEDED"}),
        frozenset({"FAILED", "STOPPED", "TIMEOUT", "ERROR", "EXPIRED"}),
        stop="BatchStopJobRun",
        stop_named=lambda answer, request: {
            "JobName": request["JobName"],
            "JobRunIds": [answer["JobRunId"]],
        },
    ),
    ("codebuild", "StartBuild"): Job(
        "BatchGetBuilds",
        lambda answer, _: {"ids": [answer["build"]["id"]]},
        ("Builds", 0),
        ("BuildStatus",),
        frozenset({"SUCCEEDED"}),
        frozenset({"FAILED", "FAULT", "STOPPED", "TIMED_OUT"}),
        shown="Build",
        stop="StopBuild",
        stop_named=lambda answer, _: {"id": answer["build"]["id"]},
    ),
    ("batch", "SubmitJob"): Job(
        "DescribeJobs",
        lambda answer, _: {"jobs": [answer["jobId"]]},
        ("Jobs", 0),
        ("Status",),
        frozenset({"SUCCEEDED"}),
        frozenset({"FAILED"}),
        stop="TerminateJob",
        stop_named=lambda answer, _: {
            "jobId": answer["jobId"],
            "reason": "The execution of the state machine has ended",
        },
    ),
    ("ecs", "RunTask"): Job(
        "DescribeTasks",
        lambda answer, request: {
            "tasks": [answer["tasks"][0]["taskArn"]],
            **({"cluster": request["cluster"]} if "cluster" in request else {}),
        },
        ("Tasks", 0),
        ("LastStatus",),
        frozenset({"STOPPED"}),
        frozenset(),
        stop="StopTask",
        stop_named=lambda answer, request: {
            "task": answer["tasks"][0]["taskArn"],
            **({"cluster": request["cluster"]} if "cluster" in request else {}),
        },
    ),
}

SERVICES = frozenset(service for service, _ in _JOBS)
"""The services that have jobs here."""


def job_of(service: str, operation: str) -> Job | None:
    """Return what a call starts; None for calls whose jobs nobody looks at."""
    return _JOBS.get((service, operation))


def wait_for_job(
    attempt: Attempt, service: str, job: Job, answer: Described, request: Described
) -> None:
    """End the task with the job; the job is stopped when the task ends before."""
    _Waiting(attempt, service, job, answer, request).begin()


class _Waiting:
    def __init__(
        self, attempt: Attempt, service: str, job: Job, answer: Described, request: Described
    ) -> None:
        self._attempt = attempt
        self._service = service
        self._job = job
        self._answer = answer
        self._request = request
        self._looks = 0
        self._has_ended = False
        self._timer: Timer | None = None

    def begin(self) -> None:
        """Look whether it has ended already."""
        self._attempt.waits("job", f"{self._service}, until {self._job.describe} shows its end")
        self._attempt.cleans(self._ends)
        self._look()

    def _look(self) -> None:
        self._looks += 1
        request = self._job.named(self._answer, self._request)
        deliver(self._attempt, self._service, self._job.describe, request, self._described)

    def _described(self, reply: Pending[Any]) -> None:
        if self._attempt.ended:
            return
        try:
            answer = reply.result()
        except AwsError as error:
            self._attempt.fail(api_failure(self._service, error, self._attempt.run.kernel.ids))
            return
        found: Any = api_requests.result_of(
            self._service, self._job.describe, answer, spell_dates=False
        )
        for part in self._job.within:
            found = found[part]
        status: Any = found
        for member in self._job.status:
            status = status.get(member) if isinstance(status, dict) else None
        if status in self._job.succeeded and not _has_bad_container(self._service, found):
            self._has_ended = True
            self._attempt.succeeded({self._job.shown: found} if self._job.shown else found)
        elif status in self._job.failed | self._job.succeeded:
            self._has_ended = True
            self._attempt.fail(StateFailure(TASK_FAILED, compact(found)))
        else:
            self._look_again()

    def _look_again(self) -> None:
        kernel = self._attempt.run.kernel
        self._timer = kernel.at(
            kernel.now_ms + _EVERY_MS,
            self._attempt.run.flow.guarded(self._look),
            owed=self._looks < _OWED_LOOKS,
        )

    def _ends(self) -> None:
        kernel = self._attempt.run.kernel
        kernel.cancel(self._timer)
        if self._has_ended or not self._job.stop:
            return
        named = self._job.stop_named or self._job.named
        try:
            self._attempt.run.frame.deliver(
                self._service,
                self._job.stop,
                named(self._answer, self._request),
                (self._attempt.cause,),
                self._attempt.account_id,
            )
        except AwsError as error:
            kernel.note(self._service, {"stop": self._job.stop}, (self._attempt.cause,), str(error))


def _has_bad_container(service: str, found: Described) -> bool:
    """Whether a task of ECS stopped because an essential part of it did not end well."""
    return service == "ecs" and any(
        container.get("ExitCode") for container in found.get("Containers", ())
    )
