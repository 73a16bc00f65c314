"""One try of a task: from the event that schedules it to the one that ends it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.services.stepfunctions.execution.state_run import (
    NOT_TRUNCATED,
    number_field,
)
from chalice_offline.services.stepfunctions.language.failures import (
    HEARTBEAT_TIMEOUT,
    TIMEOUT,
    StateFailure,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chalice_offline.core.scheduler import Timer
    from chalice_offline.services.stepfunctions.execution.state_run import StateRun


_ARN_COLONS = 5


class Attempt:
    """Ends once: with a result, a failure, at its timeout, or because the state is aborted.

    `words` is what events begin with ("Task", "LambdaFunction", "Activity"), `members` what each of
    their details holds.
    """

    def __init__(self, run: StateRun, words: str, members: Mapping[str, Any] | None = None) -> None:
        self.run = run
        self.ended = False
        # The account that calls are made in: that of the role in Credentials, "" for the own.
        self.account_id = ""
        self.timeout_s = number_field(run, "TimeoutSeconds")
        self.heartbeat_s = number_field(run, "HeartbeatSeconds")
        self._words = words
        self._members = dict(members or {})
        self._timeout: Timer | None = None
        self._heartbeat: Timer | None = None
        self._waits_for = ""
        self._cleaning: list[Callable[[], None]] = []
        run.abort_attempt = self.abort

    @property
    def cause(self) -> int:
        """The journal entry that calls of this task follow from."""
        return self.run.flow.cause

    def waits(self, kind: str, text: str) -> None:
        """Say what the task waits for, until its timeout or the next missed heartbeat."""
        due = [timer.due_ms for timer in (self._timeout, self._heartbeat) if timer is not None]
        self.run.waits(kind, text, min(due, default=None))

    def waits_for_callback(self, what: str) -> None:
        """Somebody else ends the task: a person, a worker, with its token.

        From here on its timeouts are expiries, and no steps of work under way that are waited for.
        """
        self._waits_for = what
        self._timeout = self._not_owed(self._timeout, TIMEOUT)
        self._heartbeat = self._not_owed(self._heartbeat, HEARTBEAT_TIMEOUT)
        self.waits("callback", what)
        detail = {"execution": self.run.frame.arn, "state": self.run.name}
        self.run.flow.cause = self.run.kernel.note(
            "stepfunctions", detail, (self.run.flow.cause,), f"waits for {what}"
        )

    def scheduled(self, details: Mapping[str, Any]) -> None:
        """Write that the task is to be done; its timeouts begin."""
        members = {**self._members, **details}
        role = details.get("taskCredentials", {}).get("roleArn", "")
        self.account_id = role.split(":")[4] if role.count(":") >= _ARN_COLONS else ""
        if self.timeout_s is not None:
            members["timeoutInSeconds"] = self.timeout_s
            self._timeout = self._after(self.timeout_s, lambda: self._time_out(TIMEOUT))
        if self.heartbeat_s is not None:
            members["heartbeatInSeconds"] = self.heartbeat_s
        self.event("Scheduled", members)
        self.beats()

    def started(self, details: Mapping[str, Any] | None = None) -> None:
        """Write that somebody does it."""
        self.event("Started", {**self._members, **(details or {})})

    def submitted(self, output: Any) -> None:
        """Write what the call has answered; the task goes on."""
        try:
            text = self.run.check_size(output, self.limit_name())
        except StateFailure as failure:
            self._fail(failure)
            return
        self.event("Submitted", {**self._members, **_output(text)})

    def beats(self) -> None:
        """Let the heartbeat begin anew."""
        if self.heartbeat_s is not None and not self.ended:
            self.run.kernel.cancel(self._heartbeat)
            self._heartbeat = self._after(
                self.heartbeat_s, lambda: self._time_out(HEARTBEAT_TIMEOUT)
            )
            if self._waits_for:
                self.waits("callback", self._waits_for)

    def cleans(self, step: Callable[[], None]) -> None:
        """Do something when the try ends, whichever way."""
        self._cleaning.append(step)

    def succeeded(self, output: Any) -> None:
        """End with a result."""
        self.run.flow.guarded(lambda: self._succeed(output))()

    def failed(self, error: str | None, cause: str | None) -> None:
        """End with a failure."""
        self.fail(StateFailure(error, cause))

    def fail(self, failure: StateFailure) -> None:
        """End with a failure, and write it down."""
        self.run.flow.guarded(lambda: self._fail(failure))()

    def abort(self) -> None:
        """End without a word."""
        self._end()

    def event(self, what: str, details: Mapping[str, Any]) -> None:
        """Write an event of this task."""
        kind = self._words + what
        key = f"{kind[:1].lower()}{kind[1:]}EventDetails"
        if details or self._words == "Activity":
            self.run.event(kind, key, dict(details))
        else:
            self.run.event(kind)

    def limit_name(self) -> str:
        """What a result that is too long is said to be of."""
        return str(self._members.get("resourceType", self.run.definition["Resource"]))

    def _succeed(self, output: Any) -> None:
        if self.ended:
            return
        try:
            text = self.run.check_size(output, self.limit_name())
        except StateFailure as failure:
            self._fail(failure)
            return
        self._end()
        self.event("Succeeded", {**self._members, **_output(text)})
        self.run.succeed(output)

    def _fail(self, failure: StateFailure) -> None:
        if self.ended:
            return
        self._end()
        self.event("Failed", {**self._members, **_failure(failure)})
        self.run.fail(failure)

    def _time_out(self, error: str) -> None:
        if self.ended:
            return
        self._end()
        # AWS names both timeouts States.Timeout (recorded), unless somebody waits for the other.
        name = error if error in _named_errors(self.run.definition) else TIMEOUT
        self.event("TimedOut", {**self._members, **_failure(StateFailure(TIMEOUT, ""))})
        self.run.fail(StateFailure(name, ""))

    def _end(self) -> None:
        self.ended = True
        self.run.kernel.cancel(self._timeout)
        self.run.kernel.cancel(self._heartbeat)
        for step in self._cleaning:
            step()
        self._cleaning.clear()

    def _after(self, seconds: float, step: Callable[[], None]) -> Timer:
        kernel = self.run.kernel
        due_ms = kernel.now_ms + round(seconds * 1000)
        return kernel.at(due_ms, self.run.flow.guarded(step), owed=not self._waits_for)

    def _not_owed(self, timer: Timer | None, error: str) -> Timer | None:
        kernel = self.run.kernel
        if timer is None:
            return None
        kernel.cancel(timer)
        step = self.run.flow.guarded(lambda: self._time_out(error))
        return kernel.at(timer.due_ms, step, owed=False)


def _named_errors(definition: Mapping[str, Any]) -> set[str]:
    handlers = (*definition.get("Retry", ()), *definition.get("Catch", ()))
    return {name for handler in handlers for name in handler["ErrorEquals"]}


def _output(text: str) -> dict[str, Any]:
    return {"output": text, "outputDetails": NOT_TRUNCATED}


def _failure(failure: StateFailure) -> dict[str, Any]:
    members = {"error": failure.error, "cause": failure.cause}
    return {name: value for name, value in members.items() if value}
