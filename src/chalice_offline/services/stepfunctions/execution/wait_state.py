"""Wait: for a number of seconds, or until an instant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.services.stepfunctions import limits
from chalice_offline.services.stepfunctions.language import jsonata
from chalice_offline.services.stepfunctions.language.failures import (
    evaluation_failure,
    runtime_failure,
)
from chalice_offline.services.stepfunctions.language.json_text import compact
from chalice_offline.services.stepfunctions.language.paths import NoSuchValue
from chalice_offline.services.stepfunctions.language.timestamps import parse_timestamp

if TYPE_CHECKING:
    from chalice_offline.services.stepfunctions.execution.state_run import StateRun

_DAY_MS = 24 * 3600 * 1000


def perform_wait(run: StateRun) -> None:
    """Go on when it is time."""
    now_ms = run.kernel.now_ms
    due_ms = _due_ms(run, now_ms)
    if due_ms - now_ms > limits.WAIT_DAYS_MAX * _DAY_MS:
        raise runtime_failure("Wait state delay is too long.")
    detail = {"execution": run.frame.arn, "state": run.name}
    what = f"waits {max(0, due_ms - now_ms) / 1000:g} s"
    run.flow.cause = run.kernel.note("stepfunctions", detail, (run.flow.cause,), what)
    run.waits("timer", "time to pass", max(now_ms, due_ms))
    run.later(max(now_ms, due_ms), lambda: run.succeed(run.input))


def _due_ms(run: StateRun, now_ms: int) -> int:
    definition = run.definition
    if "Seconds" in definition:
        return now_ms + round(_seconds(run) * 1000)
    if "SecondsPath" in definition:
        return now_ms + 1000 * _seconds_at(run, definition["SecondsPath"])
    if "Timestamp" in definition:
        return _timestamp(run, definition["Timestamp"])
    return _timestamp_at(run, definition["TimestampPath"])


def _seconds(run: StateRun) -> float:
    text = run.definition["Seconds"]
    if not jsonata.is_expression(text):
        given: float = text
        return given
    value = jsonata.evaluate(text, run.sources, "Seconds")
    run.has_begun = True
    seconds: float = jsonata.expect(value, text, "Seconds", int, float)
    return seconds


def _seconds_at(run: StateRun, path: str) -> int:
    value = _look_up(run, path)
    if value is None:
        raise runtime_failure(
            f"The SecondsPath parameter does not reference an input value: {path}"
        )
    if isinstance(value, bool) or not isinstance(value, int):
        raise runtime_failure(
            f"The SecondsPath parameter cannot be parsed as a long value: {path} == {_shown(value)}"
        )
    if value < 0:
        raise runtime_failure(
            f"The SecondsPath parameter references a negative value: {path} == {value}"
        )
    return value


def _timestamp(run: StateRun, given: str) -> int:
    text: Any = given
    if jsonata.is_expression(given):
        text = jsonata.expect(
            jsonata.evaluate(given, run.sources, "Timestamp"), given, "Timestamp", str
        )
        run.has_begun = True
    due_ms = parse_timestamp(text)
    if due_ms is None:
        cause = (
            "The Timestamp field cannot be parsed as an ISO-8601 extended offset date-time format "
            f"string: {text}"
        )
        raise evaluation_failure(cause, "Timestamp")
    return due_ms


def _timestamp_at(run: StateRun, path: str) -> int:
    value = _look_up(run, path)
    if value is None:
        raise runtime_failure(
            f"The TimestampPath parameter does not reference an input value: {path}"
        )
    due_ms = parse_timestamp(value) if isinstance(value, str) else None
    if due_ms is None:
        raise runtime_failure(
            "The TimestampPath parameter does not reference a valid ISO-8601 extended offset "
            f"date-time format string: {path} == {_shown(value)}"
        )
    return due_ms


def _look_up(run: StateRun, path: str) -> Any:
    try:
        return run.sources.with_data(run.input).look_up(path)
    except NoSuchValue:
        return None


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else compact(value)
