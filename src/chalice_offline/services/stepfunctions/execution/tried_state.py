"""One state tried alone, as TestState does: it ends with the first thing that happens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.services.stepfunctions import limits
from chalice_offline.services.stepfunctions.execution.flow import StateFlow
from chalice_offline.services.stepfunctions.execution.retries import seconds_between
from chalice_offline.services.stepfunctions.execution.state_run import StateRun
from chalice_offline.services.stepfunctions.execution.state_types import STATE_TYPES
from chalice_offline.services.stepfunctions.language.failures import StateFailure, is_named

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chalice_offline.services.stepfunctions.execution.frame import Frame
    from chalice_offline.services.stepfunctions.language.sources import Sources

Outcome = dict[str, Any]


class TriedFlow(StateFlow):
    """A block of one state: leaving it is the end."""

    def __init__(self, frame: Frame, cause: int, ended: Callable[[Outcome], None]) -> None:
        super().__init__(
            frame,
            {"StartAt": "", "States": {}},
            previous=0,
            cause=cause,
            done=lambda _output: None,
            failed=lambda _failure: None,
            overflow=lambda: None,
        )
        self.outcome: Outcome = {}
        self._told = ended

    def leave(self, output: Any, following: str | None) -> None:
        """The state has an output."""
        next_state = {"nextState": following} if following else {}
        self._told({"status": "SUCCEEDED", "output": output, **next_state, **self.outcome})

    def fail(self, failure: StateFailure) -> None:
        """The state has failed."""
        self._told({"status": "FAILED", **_known(failure), **self.outcome})


class TriedRun(StateRun):
    """A state that does not try again and does not go on: it tells that it would."""

    def __init__(
        self,
        flow: TriedFlow,
        name: str,
        definition: Mapping[str, Any],
        data: Any,
        context: Mapping[str, Any],
        *,
        given: Mapping[str, Any] | None = None,
        perform: Callable[[StateRun], None] | None = None,
        tries_before: int = 0,
    ) -> None:
        kind = definition["Type"]
        self._given = given
        super().__init__(flow, name, definition, data, context, perform or STATE_TYPES[kind])
        self._told = flow
        self._tries_before = tries_before

    def new_sources(self) -> Sources:
        """Return the sources; a context object that is given is the whole of it."""
        sources = super().new_sources()
        return sources if self._given is None else sources.with_context(self._given)

    def in_place(self, failure: StateFailure) -> StateFailure:
        """TestState does not name the state."""
        return failure

    def retries(self, failure: StateFailure) -> bool:
        """Tell that the state would be tried again."""
        for index, retrier in enumerate(self.definition.get("Retry", ())):
            if not is_named(failure.error, retrier["ErrorEquals"]):
                continue
            if self._tries_before >= retrier.get("MaxAttempts", limits.RETRY_ATTEMPTS):
                self.inspected["errorDetails"] = {"retryIndex": index}
                return False
            self.inspected["errorDetails"] = {
                "retryIndex": index,
                "retryBackoffIntervalSeconds": round(seconds_between(retrier, self._tries_before)),
            }
            self._told.outcome = {"status": "RETRIABLE"}
            self._told.fail(failure)
            return True
        return False

    def catches(self, failure: StateFailure) -> bool:
        """Tell which catcher would go on."""
        for index, catcher in enumerate(self.definition.get("Catch", ())):
            if is_named(failure.error, catcher["ErrorEquals"]):
                self.inspected["errorDetails"] = {"catchIndex": index}
                self._told.outcome = {"status": "CAUGHT_ERROR", **_known(failure)}
                break
        return super().catches(failure)


def _known(failure: StateFailure) -> Outcome:
    members = {"error": failure.error, "cause": failure.cause}
    return {name: value for name, value in members.items() if value is not None}
