"""One execution of a state machine, from its start to its end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.services.stepfunctions import limits
from chalice_offline.services.stepfunctions.execution.flow import StateFlow, history_full
from chalice_offline.services.stepfunctions.execution.frame import Frame
from chalice_offline.services.stepfunctions.execution.history import History
from chalice_offline.services.stepfunctions.execution.state_run import NOT_TRUNCATED
from chalice_offline.services.stepfunctions.language.failures import TIMEOUT, StateFailure
from chalice_offline.services.stepfunctions.language.json_text import compact
from chalice_offline.services.stepfunctions.language.timestamps import spell

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chalice_offline.core.kernel import Kernel
    from chalice_offline.core.scheduler import Timer
    from chalice_offline.services.stepfunctions.execution.history import Event
    from chalice_offline.services.stepfunctions.state_machine import Revision
    from chalice_offline.services.stepfunctions.surroundings import Surroundings

RUNNING = "RUNNING"
SUCCEEDED = "SUCCEEDED"
FAILED = "FAILED"
TIMED_OUT = "TIMED_OUT"
ABORTED = "ABORTED"


class Execution:
    """What DescribeExecution tells, and the states under way.

    `machine` is StateMachine of the context object if it is not the revision's own. Each status is
    told to `changed`, the end also to `ended`, and to whoever watches the ARN.
    """

    def __init__(
        self,
        kernel: Kernel,
        surroundings: Surroundings,
        *,
        arn: str,
        name: str,
        revision: Revision,
        input_text: str,
        data: Any,
        called_as: str,
        cause: int,
        machine: Mapping[str, Any] | None = None,
        written: Callable[[Event], None] | None = None,
        changed: Callable[[Execution], None] | None = None,
        ended: Callable[[Execution], None] | None = None,
    ) -> None:
        self.arn = arn
        self.name = name
        self.revision = revision
        self.input_text = input_text
        self.called_as = called_as
        self.version_arn = ""
        # Counts executions in the order in which they were made.
        self.sequence = 0
        # Of those that a distributed Map has started.
        self.map_run_arn = ""
        self.item_count = 0
        self.status = RUNNING
        self.started_ms = kernel.now_ms
        self.stopped_ms: int | None = None
        self.redriven_ms: int | None = None
        self.redrive_count = 0
        self.output_text: str | None = None
        self.error: str | None = None
        self.cause: str | None = None
        self._kernel = kernel
        self._surroundings = surroundings
        self._data = data
        self._machine = machine
        self._changed_to = changed
        self._ended = ended
        self._timer: Timer | None = None
        self.history = History(kernel, keep=not revision.is_express, written=written)
        self._about: dict[str, Any] = {
            "Id": arn,
            "Input": data,
            "StartTime": spell(self.started_ms),
            "Name": name,
            "RoleArn": revision.role_arn,
            "RedriveCount": 0,
        }
        self.frame = self._new_frame()
        self._flow = StateFlow(
            self.frame,
            revision.definition,
            previous=0,
            cause=cause,
            done=self._succeeded,
            failed=self._fails,
            overflow=self._overflow,
        )

    @property
    def is_running(self) -> bool:
        """Whether it has not ended."""
        return self.status == RUNNING

    @property
    def alias_arn(self) -> str:
        """The alias it was started through, or ""."""
        is_alias = self.called_as not in (self.revision.machine_arn, self.version_arn)
        return self.called_as if is_alias else ""

    @property
    def entry(self) -> int:
        """The journal entry of what happened last."""
        return self._flow.cause

    def redrive_status(self) -> tuple[str, str]:
        """Return whether it can be redriven, and why not."""
        ended_ms = self._kernel.now_ms if self.stopped_ms is None else self.stopped_ms
        reason = ""
        if self.status in (RUNNING, SUCCEEDED):
            reason = f"Execution is {self.status} and cannot be redriven"
        elif self.history.last_id >= limits.REDRIVABLE_EVENTS:
            reason = "Execution history event limit exceeded"
        elif self._kernel.now_ms - self.started_ms > limits.EXECUTION_MS_MAX:
            reason = "Execution has exceeded the max execution time"
        elif self._kernel.now_ms - ended_ms > limits.REDRIVABLE_MS:
            reason = "Execution redrivable period exceeded"
        return ("NOT_REDRIVABLE", reason) if reason else ("REDRIVABLE", "")

    def start(self) -> None:
        """Write the beginning down; the first state is entered as soon as this input is done."""
        details = {
            "input": self.input_text,
            "inputDetails": NOT_TRUNCATED,
            "roleArn": self.revision.role_arn,
        }
        if self.called_as.count(":") > 6:
            is_number = self.called_as.rsplit(":", 1)[-1].isdigit()
            key = "stateMachineVersionArn" if is_number else "stateMachineAliasArn"
            details[key] = self.called_as
        self.history.add("ExecutionStarted", 0, "executionStartedEventDetails", details)
        self._begin_timeout()
        self._changed()
        self._flow.start(self._data)

    def stop(self, error: str | None, cause: str | None) -> None:
        """End because somebody says so."""
        details = {"error": error, "cause": cause}
        known = {name: value for name, value in details.items() if value is not None}
        self._flow.abort()
        self.error, self.cause = error, cause
        self.history.add("ExecutionAborted", 0, "executionAbortedEventDetails", known, last=True)
        self._end(ABORTED)

    def tell_nobody(self) -> None:
        """Let EventBridge hear of its status no more."""
        self._changed_to = None

    def redrive(self, entry: int) -> None:
        """Go on with the state that failed."""
        self.redrive_count += 1
        self.redriven_ms = self._kernel.now_ms
        self.status, self.stopped_ms = RUNNING, None
        self.error = self.cause = None
        self._about.update(RedriveCount=self.redrive_count, RedriveTime=spell(self._kernel.now_ms))
        details = {"redriveCount": self.redrive_count}
        previous = self.history.add(
            "ExecutionRedriven", 0, "executionRedrivenEventDetails", details
        )
        self._begin_timeout()
        self._changed()
        self._flow.resume(previous, entry)

    def _new_frame(self) -> Frame:
        revision = self.revision
        machine = self._machine or {"Id": revision.machine_arn, "Name": revision.machine_name}
        return Frame(
            kernel=self._kernel,
            history=self.history,
            surroundings=self._surroundings,
            arn=self.arn,
            machine_arn=revision.machine_arn,
            role_arn=revision.role_arn,
            account_id=revision.account_id,
            region=revision.region,
            context={"Execution": self._about, "StateMachine": machine},
            query_language=revision.definition.get("QueryLanguage", "JSONPath"),
            is_express=revision.is_express,
            logging=revision.logging,
        )

    def _begin_timeout(self) -> None:
        seconds = self.revision.definition.get("TimeoutSeconds")
        longest_ms = limits.EXPRESS_MS_MAX if self.revision.is_express else limits.EXECUTION_MS_MAX
        due_ms = min(longest_ms, round(seconds * 1000)) if seconds else longest_ms
        self._timer = self._kernel.at(
            self._kernel.now_ms + due_ms, self._time_out, owed=seconds is not None
        )

    def _succeeded(self, output: Any) -> None:
        self.output_text = compact(output)
        details = {"output": self.output_text, "outputDetails": NOT_TRUNCATED}
        self.history.add(
            "ExecutionSucceeded",
            self._flow.previous,
            "executionSucceededEventDetails",
            details,
            last=True,
        )
        self._end(SUCCEEDED)

    def _fails(self, failure: StateFailure) -> None:
        self.error, self.cause = failure.error or None, failure.cause or None
        self.history.add(
            "ExecutionFailed",
            self._flow.previous,
            "executionFailedEventDetails",
            _known(failure),
            last=True,
        )
        self._end(FAILED)

    def _overflow(self) -> None:
        if self.is_running:
            self._flow.abort()
            self._fails(history_full())

    def _time_out(self) -> None:
        self._flow.abort()
        self.error = TIMEOUT if self.revision.is_express else None
        self.history.add(
            "ExecutionTimedOut",
            0,
            "executionTimedOutEventDetails",
            {"error": TIMEOUT} if self.revision.is_express else {},
            last=True,
        )
        self._end(TIMED_OUT)

    def _end(self, status: str) -> None:
        self._kernel.cancel(self._timer)
        self.status = status
        self.stopped_ms = self._kernel.now_ms
        detail = {"execution": self.arn, "error": self.error}
        self._kernel.note("stepfunctions", detail, (self._flow.cause,), status)
        self._changed()
        if self._ended is not None:
            self._ended(self)
        self._kernel.signal(self.arn)

    def _changed(self) -> None:
        if self._changed_to is not None:
            self._changed_to(self)


def _known(failure: StateFailure) -> Mapping[str, Any]:
    members = {"error": failure.error, "cause": failure.cause}
    return {name: value for name, value in members.items() if value}
