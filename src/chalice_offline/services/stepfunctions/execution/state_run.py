"""One state under way: its input, tries, result and way out.

What a type of state does is in the modules of the types; what they share is here: data flow,
Retry, Catch, variables and the events on the way in and out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from chalice_offline.services.stepfunctions import limits
from chalice_offline.services.stepfunctions.execution import data_flow
from chalice_offline.services.stepfunctions.execution.retries import Retries
from chalice_offline.services.stepfunctions.execution.visits import (
    ABORTED,
    CAUGHT,
    FAILED,
    SUCCEEDED,
    Waiting,
)
from chalice_offline.services.stepfunctions.language import jsonata
from chalice_offline.services.stepfunctions.language.failures import (
    DATA_LIMIT,
    RUNTIME,
    StateFailure,
    is_named,
)
from chalice_offline.services.stepfunctions.language.json_text import compact
from chalice_offline.services.stepfunctions.language.sources import Sources, Variables
from chalice_offline.services.stepfunctions.language.timestamps import spell

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chalice_offline.core.scheduler import Timer
    from chalice_offline.services.stepfunctions.execution.frame import Frame

_WITH_OWN_FAILURE = frozenset({"Map", "Parallel"})
_WITH_RETRY = frozenset({"Map", "Parallel", "Task"})
# Patterns whose tasks have a token in the context object.
_WITH_TOKEN = (".sync", ".sync:2", ".waitForTaskToken")
NOT_TRUNCATED = {"truncated": False}


class Branch(Protocol):
    """A block of states that another state runs: an iteration or a branch."""

    previous: int

    def start(self, data: Any) -> None:
        """Enter the first state."""
        ...

    def abort(self) -> None:
        """Stop, because another branch has failed."""
        ...

    def resume(self, previous: int, cause: int) -> None:
        """Go on after a failure or a stop: the execution is redriven."""
        ...


class Flow(Protocol):
    """The block of states that a state belongs to."""

    frame: Frame
    previous: int
    variables: Variables
    cause: int
    is_inner: bool

    def leave(self, output: Any, following: str | None) -> None:
        """Go on with another state, or end with an output."""
        ...

    def fail(self, failure: StateFailure) -> None:
        """End with a failure that nobody has caught."""
        ...

    def branch(
        self,
        block: Mapping[str, Any],
        previous: int,
        done: Callable[[Any], None],
        failed: Callable[[StateFailure], None],
        item: Mapping[str, Any] | None = None,
    ) -> Branch:
        """Return a block of states inside this one."""
        ...

    def guarded(self, step: Callable[[], None]) -> Callable[[], None]:
        """Return a step that ends the execution when its history is full."""
        ...


class StateRun:
    """One state of one block, from its entry to its exit."""

    def __init__(
        self,
        flow: Flow,
        name: str,
        definition: Mapping[str, Any],
        raw: Any,
        context: Mapping[str, Any],
        perform: Callable[[StateRun], None],
    ) -> None:
        self.flow = flow
        self.frame = flow.frame
        self.kernel = flow.frame.kernel
        self.name = name
        self.definition = definition
        self.type: str = definition["Type"]
        self.raw = raw
        self.input: Any = raw
        language = definition.get("QueryLanguage", flow.frame.query_language)
        self.is_jsonata = language == "JSONata"
        self.retry_count = 0
        self.has_begun = False
        self.entered_id = 0
        self.token = ""
        # What TestState shows of the way through; each run has one, as it costs next to nothing.
        self.inspected: dict[str, Any] = {}
        self.abort_attempt: Callable[[], None] | None = None
        # How a redrive goes on with what has been done already: the branches, the iterations.
        self.go_on: Callable[[], None] | None = None
        self.context = context
        item = context.get("Map")
        index = item["Item"].get("Index") if item else None
        self.visit = self.frame.visits.enter(name, self.type, self.kernel.now_ms, index)
        self._entered_at = spell(self.kernel.now_ms)
        self._perform = perform
        self._retries = Retries(definition.get("Retry", ()))
        self._before = flow.previous
        self._timer: Timer | None = None
        self.sources = self.new_sources()

    def enter(self) -> None:
        """Write the entry down and try."""
        details = {
            "name": self.name,
            "input": compact(self.raw),
            "inputDetails": NOT_TRUNCATED,
        }
        self.entered_id = self.event(
            f"{self.type}StateEntered", "stateEnteredEventDetails", details
        )
        self._try()

    def event(self, kind: str, key: str = "", details: Any = None) -> int:
        """Write an event that follows the last one of this block."""
        self.flow.previous = self.frame.history.add(kind, self.flow.previous, key, details)
        return self.flow.previous

    def side_event(self, kind: str, key: str = "", details: Any = None) -> int:
        """Write an event that nothing follows."""
        return self.frame.history.add(kind, self.flow.previous, key, details)

    def waits(self, kind: str, text: str, until_ms: int | None = None) -> None:
        """Say what it waits for, to whoever watches the execution."""
        self.visit.waiting_for = Waiting(kind, text, until_ms)

    def later(self, due_ms: int, step: Callable[[], None], *, owed: bool = True) -> Timer:
        """Do something at an instant, if this state is still under way then."""
        self._timer = self.kernel.at(due_ms, self.flow.guarded(step), owed=owed)
        return self._timer

    def succeed(self, result: Any, *, rule: Mapping[str, Any] | None = None) -> None:
        """Leave with a result; a Choice gives the `rule` that decides where to."""
        self.abort_attempt = None
        try:
            way = data_flow.way_out(self, result, rule)
        except StateFailure as failure:
            self.fail(failure)
            return
        following = (rule or self.definition).get("Next")
        self.exit(way, following)

    def fail(self, failure: StateFailure) -> None:
        """Try again, go on with a catcher's state, or end the block."""
        self.abort_attempt = None
        failure = self.in_place(failure)
        if failure.is_evaluation:
            self._write_evaluation(failure)
        if self.retries(failure):
            return
        if self.type in _WITH_OWN_FAILURE and failure.error != RUNTIME:
            self.event(f"{self.type}StateFailed")
        if not self.catches(failure):
            self.visit.left(FAILED, self.kernel.now_ms, failure.error)
            self.flow.fail(failure)

    def redrive(self) -> None:
        """Try again after the execution has ended, with all retries: it was redriven."""
        self.retry_count = 0
        self._retries = Retries(self.definition.get("Retry", ()))
        if self.go_on is None:
            self._try()
            return
        self.visit.tried()
        try:
            self.go_on()
        except StateFailure as failure:
            self.fail(failure)

    def abort(self) -> None:
        """Stop: another branch has failed, or the execution was stopped."""
        self.kernel.cancel(self._timer)
        self.visit.left(ABORTED, self.kernel.now_ms)
        if self.abort_attempt is not None:
            self.abort_attempt()
            self.abort_attempt = None

    def check_size(self, value: Any, what: str = "") -> str:
        """Return a value as text; States.DataLimitExceeded when it is too long."""
        text = compact(value)
        if len(text) * 4 > limits.DATA_BYTES_MAX and len(text.encode()) > limits.DATA_BYTES_MAX:
            raise data_limit(what or self.name)
        return text

    def _try(self) -> None:
        self.visit.tried()
        self.go_on = None
        if self.definition.get("Resource", "").endswith(_WITH_TOKEN):
            self.token = self.frame.surroundings.tokens.make()
        self.sources = self.new_sources()
        try:
            self.input = data_flow.way_in(self)
            self._perform(self)
        except StateFailure as failure:
            self.fail(failure)

    def new_sources(self) -> Sources:
        """Return what the expressions of a new try may ask for."""
        state: dict[str, Any] = {"Name": self.name, "EnteredTime": self._entered_at}
        if self.type in _WITH_RETRY:
            state["RetryCount"] = self.retry_count
        task = {"Task": {"Token": self.token}} if self.token else {}
        return Sources(
            data=self.raw,
            context={**self.context, "State": state, **task},
            variables=self.flow.variables,
            ids=self.kernel.ids,
            now_ms=lambda: self.kernel.now_ms,
            states={"input": self.raw},
        )

    def exit(
        self,
        way: data_flow.WayOut,
        following: str | None,
        status: str = SUCCEEDED,
        error: str | None = None,
    ) -> None:
        """Write the exit down and go on."""
        details: dict[str, Any] = {
            "name": self.name,
            "output": way.text,
            "outputDetails": NOT_TRUNCATED,
        }
        if way.assigned:
            details["assignedVariables"] = {
                name: compact(value) for name, value in way.assigned.items()
            }
            details["assignedVariablesDetails"] = NOT_TRUNCATED
            self.flow.variables.assign(way.assigned)
        self.event(f"{self.type}StateExited", "stateExitedEventDetails", details)
        self.visit.left(status, self.kernel.now_ms, error)
        self.flow.leave(way.output, following)

    def in_place(self, failure: StateFailure) -> StateFailure:
        """Return a failure whose cause says in which state it happened."""
        if not failure.in_place:
            return failure
        where = (
            f"An error occurred while executing the state '{self.name}' "
            f"(entered at the event id #{self.entered_id}). "
        )
        return StateFailure(
            failure.error,
            where + (failure.cause or ""),
            location=failure.location,
            is_evaluation=failure.is_evaluation,
        )

    def _write_evaluation(self, failure: StateFailure) -> None:
        """Before anything has begun the event follows the state before (recorded on AWS)."""
        details = {"error": failure.error, "cause": failure.cause, "state": self.name}
        if failure.location is not None:
            details["location"] = failure.location
        if self.flow.previous == self.entered_id and not self.has_begun:
            self.flow.previous = self._before
        self.event("EvaluationFailed", "evaluationFailedEventDetails", details)

    def retries(self, failure: StateFailure) -> bool:
        """Try again later, if a retrier says so."""
        delay_ms = self._retries.delay_ms(failure.error, self.kernel.ids)
        if delay_ms is None:
            return False
        self.retry_count += 1
        detail = {"execution": self.frame.arn, "state": self.name, "error": failure.error}
        what = f"tries again in {delay_ms / 1000:g} s, for the {_ordinal(self.retry_count)} time"
        self.flow.cause = self.kernel.note("stepfunctions", detail, (self.flow.cause,), what)
        due_ms = self.kernel.now_ms + delay_ms
        self.waits("retry", f"its next try, after {failure.error}", due_ms)
        self.later(due_ms, self._try)
        return True

    def catches(self, failure: StateFailure) -> bool:
        """Go on with the state of a catcher, if one is there for the failure."""
        for catcher in self.definition.get("Catch", ()):
            if not is_named(failure.error, catcher["ErrorEquals"]):
                continue
            error_output = {"Error": failure.error, "Cause": failure.cause}
            try:
                way = data_flow.way_out_caught(self, catcher, error_output)
            except StateFailure as another:
                self.flow.fail(self.in_place(another))
                return True
            self.exit(way, catcher["Next"], CAUGHT, failure.error)
            return True
        return False


def data_limit(what: str) -> StateFailure:
    """A result that is too long."""
    return StateFailure(
        DATA_LIMIT,
        f"The state/task '{what}' returned a result with a size exceeding the maximum number of "
        "bytes service limit.",
    )


def number_field(run: StateRun, name: str, kind: str = "integer") -> Any:
    """Return a field that is given as a number, as a JSONata expression, or as a path."""
    if name in run.definition:
        value = run.definition[name]
        if jsonata.is_expression(value):
            found = jsonata.evaluate(value, run.sources, name)
            if isinstance(found, float) and found.is_integer():
                found = int(found)
            kinds = (int,) if kind == "integer" else (int, float)
            return jsonata.expect(found, value, name, *kinds)
        return value
    path = run.definition.get(f"{name}Path")
    if path is None:
        return None
    # After InputPath and before Parameters: these are the task's, not the state's.
    data = run.inspected.get("afterInputPath", run.raw)
    return data_flow.number_at(path, f"{name}Path", run.sources.with_data(data), kind)


def _ordinal(number: int) -> str:
    words = {1: "first", 2: "second", 3: "third"}
    return words.get(number, f"{number}th")
