"""TestState's mocks: a task's result without the task, held against the service's model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.protocols import load_service
from chalice_offline.services.stepfunctions.errors import validation_error
from chalice_offline.services.stepfunctions.execution.map_items import items_of
from chalice_offline.services.stepfunctions.execution.state_run import number_field
from chalice_offline.services.stepfunctions.language.failures import (
    StateFailure,
    threshold_exceeded,
)
from chalice_offline.services.stepfunctions.language.json_text import NotJson, parse
from chalice_offline.services.stepfunctions.language.resources import api_call
from chalice_offline.services.stepfunctions.tasks.api_requests import operation_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chalice_offline.core.errors import AwsError
    from chalice_offline.services.stepfunctions.execution.state_run import StateRun

_MOCKED = frozenset({"Task", "Map", "Parallel"})
_KINDS: dict[str, tuple[tuple[type, ...], str]] = {
    "structure": ((dict,), "an object"),
    "map": ((dict,), "an object"),
    "list": ((list,), "an array"),
    "string": ((str,), "a string"),
    "timestamp": ((str,), "a string"),
    "blob": ((str,), "a string"),
    "integer": ((int, float), "a number"),
    "long": ((int, float), "a number"),
    "float": ((int, float), "a number"),
    "double": ((int, float), "a number"),
    "boolean": ((bool,), "a boolean"),
}


def mocked(
    mock: Mapping[str, Any], state: Mapping[str, Any], failures: int
) -> Callable[[StateRun], None] | None:
    """Return what a state does instead of its own; ValidationException for a wrong mock.

    `failures` is how many iterations of a Map are said to have failed.
    """
    if not mock:
        return None
    if state["Type"] not in _MOCKED:
        raise validation_error(
            f"State type '{state['Type']}' is not supported when a mock is specified"
        )
    if "result" in mock and "errorOutput" in mock:
        raise validation_error(
            "A test mock should have only one of the following fields: [result, errorOutput]."
        )
    if "errorOutput" in mock:
        error = mock["errorOutput"]
        return _failing(StateFailure(error.get("error"), error.get("cause")))
    result = _result(mock, state)

    if failures and isinstance(result, list) and failures > len(result):
        raise validation_error(
            "Map iteration failure count must be less than or equal to the number of Map iterations"
        )

    def perform(run: StateRun) -> None:
        if run.type == "Map":
            _inspect_map(run, failures, result)
        run.succeed(result)

    return perform


def _inspect_map(run: StateRun, failures: int, result: Any) -> None:
    """Work out a Map's fields; fail if more iterations have failed than it tolerates."""
    if "ItemReader" not in run.definition:
        items = items_of(run)
        if "ItemsPath" in run.definition:
            run.inspected["afterItemsPath"] = items
    count, percentage = _inspect_numbers(run)
    share = 100 * failures / len(result) if isinstance(result, list) and result else 0
    if (count is not None and failures > count) or (percentage is not None and share > percentage):
        raise threshold_exceeded()


def _inspect_numbers(run: StateRun) -> tuple[Any, Any]:
    """Work out MaxConcurrency and what is tolerated; return the latter: count and percentage."""
    run.inspected["maxConcurrency"] = number_field(run, "MaxConcurrency") or 0
    count = number_field(run, "ToleratedFailureCount")
    percentage = number_field(run, "ToleratedFailurePercentage", "float")
    if count is not None:
        run.inspected["toleratedFailureCount"] = count
    if percentage is not None:
        run.inspected["toleratedFailurePercentage"] = float(percentage)
    return count, percentage


def _failing(failure: StateFailure) -> Callable[[StateRun], None]:
    def fail(run: StateRun) -> None:
        if run.type == "Map":
            _inspect_numbers(run)
            if "ItemsPath" in run.definition:
                run.inspected["afterItemsPath"] = items_of(run)
        raise failure

    return fail


def _result(mock: Mapping[str, Any], state: Mapping[str, Any]) -> Any:
    try:
        result = parse(mock.get("result", ""))
    except NotJson as error:
        raise validation_error("Mocked result must be valid JSON") from error
    if state["Type"] == "Parallel":
        _check_list(result)
        if len(result) != len(state["Branches"]):
            raise validation_error(
                "Mocked result must contain the same number of items as number of Parallel "
                "branches."
            )
    elif state["Type"] == "Map":
        if "ResultWriter" in state:
            if not isinstance(result, dict):
                raise validation_error("Mocked result must be a JSON object.")
        else:
            _check_list(result)
    else:
        _check_fields(result, state, mock.get("fieldValidationMode", "STRICT"))
    return result


def _check_list(result: Any) -> None:
    if not isinstance(result, list):
        raise validation_error("Mocked result must be an array.")


def _check_fields(result: Any, state: Mapping[str, Any], mode: str) -> None:
    call = api_call(state["Resource"])
    if call is None or mode == "NONE" or call.pattern:
        return
    try:
        service, operation = operation_of(call)
    except StateFailure:  # a service without a model here: there is nothing to hold it against
        return
    shape = load_service(service).operation_model(operation).output_shape
    if shape is None or not isinstance(result, dict):
        return
    skip = {"Payload"} if service == "lambda" else set()
    _check_members(result, shape, skip, is_strict=mode == "STRICT")


def _check_members(value: Any, shape: Any, skip: set[str], *, is_strict: bool) -> None:
    by_name = {
        name[:1].upper() + name[1:]: (name, member) for name, member in shape.members.items()
    }
    for name, (own, member) in by_name.items():
        if name in value and name not in skip:
            _check_value(value[name], member, name, is_strict=is_strict)
        elif is_strict and own in shape.required_members and name not in value:
            raise _wrong(f"Required field '{name}' is missing")


def _check_value(value: Any, shape: Any, name: str, *, is_strict: bool) -> None:
    kinds, words = _KINDS.get(shape.type_name, ((object,), ""))
    is_other = isinstance(value, bool) and bool not in kinds and object not in kinds
    if is_other or not _is(value, kinds):
        raise _wrong(f"Field '{name}' must be {words}")
    if shape.type_name == "structure":
        _check_members(value, shape, set(), is_strict=is_strict)
    elif shape.type_name == "list":
        for item in value:
            _check_value(item, shape.member, name, is_strict=is_strict)
    else:
        _check_limits(value, shape, name)


def _is(value: Any, kinds: tuple[type, ...]) -> bool:
    return isinstance(value, kinds)


def _check_limits(value: Any, shape: Any, name: str) -> None:
    limits = shape.metadata
    if limits.get("enum") and value not in limits["enum"]:
        raise _wrong(f"Field '{name}' is not an expected value")
    low, high = limits.get("min"), limits.get("max")
    if isinstance(value, str):
        if low is not None and len(value) < low:
            raise _wrong(f"Field '{name}' is smaller than the minimum length")
        if high is not None and len(value) > high:
            raise _wrong(f"Field '{name}' exceeds the maximum length")
    elif isinstance(value, int | float):
        if low is not None and value < low:
            raise _wrong(f"Field '{name}' is less than the minimum value")
        if high is not None and value > high:
            raise _wrong(f"Field '{name}' exceeds the maximum value")


def _wrong(what: str) -> AwsError:
    return validation_error(f"Mock result schema validation error: {what}")
