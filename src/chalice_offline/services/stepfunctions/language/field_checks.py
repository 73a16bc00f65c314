"""The fields of one state: which it needs, which values they take."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.services.stepfunctions.language import jsonata
from chalice_offline.services.stepfunctions.language.choices import OPERATORS
from chalice_offline.services.stepfunctions.language.intrinsic_parser import (
    NotIntrinsic,
    check_path,
    parse_call,
)
from chalice_offline.services.stepfunctions.language.resources import (
    api_call,
    is_activity,
    is_function,
    is_known,
)
from chalice_offline.services.stepfunctions.language.timestamps import parse_timestamp

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    Wrong = tuple[str, str]

_TEMPLATES = ("Parameters", "ResultSelector", "ItemSelector", "Assign")
_WITH_RETRY = frozenset({"Map", "Parallel", "Task"})
# Which types of states have a field; others may not (github.com/floci-io/floci, issue 2735).
_ONLY_ON = {
    "TimeoutSeconds": frozenset({"Task"}),
    "Catch": _WITH_RETRY,
    "Retry": _WITH_RETRY,
}
# States language specification, and the developer guide's pages of each state: what numbers may be.
_LIMITS = {
    "TimeoutSeconds": (1, 99_999_999, True),
    "HeartbeatSeconds": (1, 99_999_999, True),
    "Seconds": (0, 99_999_999, True),
    "MaxConcurrency": (0, 2**31 - 1, True),
    "ToleratedFailureCount": (0, 2**31 - 1, True),
    "ToleratedFailurePercentage": (0, 100, False),
    "IntervalSeconds": (1, 99_999_999, True),
    "MaxDelaySeconds": (1, 31_622_400, True),
    "MaxAttempts": (0, 99_999_999, True),
    "BackoffRate": (1, 2**31 - 1, False),
}
_LABEL_FORBIDDEN = ' ?*<>{}[]:;,\\|^~$#%&`"'
_LABEL_MAX = 40
# Fields of each language that the other does not have.
_JSONPATH_ONLY = (
    "InputPath", "OutputPath", "ResultPath", "Parameters", "ResultSelector", "ItemsPath",
    "TimeoutSecondsPath", "HeartbeatSecondsPath", "SecondsPath", "TimestampPath",
    "MaxConcurrencyPath", "CausePath", "ErrorPath",
)  # fmt: skip
_PATHS = ("InputPath", "OutputPath", "ResultPath")
_JSONATA_ONLY = ("Arguments", "Output", "Items")


def check_fields(
    state: Mapping[str, Any], place: str, language: str, *, is_express: bool
) -> Iterator[Wrong]:
    """Return what is wrong with a state's own fields: messages and places."""
    kind = state["Type"]
    yield from _language(state, place, language)
    for name, kinds in _ONLY_ON.items():
        if name in state and kind not in kinds:
            yield f"Field '{name}' is not supported", place
    if kind == "Task":
        yield from _task(state, place, is_express=is_express)
    elif kind == "Wait":
        yield from _wait(state, place, language)
    elif kind == "Choice":
        yield from _choice(state, place, language)
    elif kind == "Map":
        yield from _map(state, place)
    yield from check_numbers(state, place, language)
    for name in _PATHS:
        path = state.get(name)
        if path is not None and not (isinstance(path, str) and path.startswith("$")):
            yield "Value is not a Reference Path", f"{place}/{name}"
    for name in ("Retry", "Catch"):
        yield from _handlers(state.get(name, []), f"{place}/{name}")
    if language != "JSONata":
        for name in _TEMPLATES:
            yield from _template(state.get(name), f"{place}/{name}")


def _handlers(handlers: Any, place: str) -> Iterator[Wrong]:
    """Retriers and catchers."""
    if not isinstance(handlers, list):
        yield "Expected value of type Array", place
        return
    for position, handler in enumerate(handlers):
        where = f"{place}[{position}]"
        if not isinstance(handler, dict):
            yield "Expected value of type Object", where
            continue
        if not handler.get("ErrorEquals"):
            yield "The field 'ErrorEquals' is required but was missing", where
        yield from check_numbers(handler, where, "")


def check_numbers(fields: Mapping[str, Any], place: str, language: str) -> Iterator[Wrong]:
    """Return what is wrong with the numbers of a state, a retrier or a machine."""
    for name, (least, most, is_whole) in _LIMITS.items():
        value = fields.get(name)
        if value is None or (language == "JSONata" and jsonata.is_expression(value)):
            continue
        is_number = isinstance(value, int) or (isinstance(value, float) and not is_whole)
        if not is_number or isinstance(value, bool) or not least <= value <= most:
            kind = "an integer" if is_whole else "a number"
            yield f"Value must be {kind} between {least} and {most}", f"{place}/{name}"


def _language(state: Mapping[str, Any], place: str, language: str) -> Iterator[Wrong]:
    wrong = _JSONPATH_ONLY if language == "JSONata" else _JSONATA_ONLY
    other = "JSONPath" if language == "JSONata" else "JSONata"
    for name in wrong:
        if name in state:
            message = (
                f"The QueryLanguage is set to '{language}', but field '{name}' is only supported "
                f"for the '{other}' QueryLanguage"
            )
            yield message, place


def _task(state: Mapping[str, Any], place: str, *, is_express: bool) -> Iterator[Wrong]:
    resource = state.get("Resource")
    if not isinstance(resource, str):
        yield "The field 'Resource' is required but was missing", place
        return
    call = api_call(resource)
    if (call is None and not is_activity(resource) and not is_function(resource)) or (
        call is not None and not is_known(call)
    ):
        yield _unknown(resource), f"{place}/Resource"
    if is_express:
        if is_activity(resource):
            yield "Express state machine does not support Activity ARN", f"{place}/Resource"
        elif call is not None and call.pattern == "waitForTaskToken":
            # The space at the end is AWS's.
            message = (
                "Express state machine does not support '.waitForTaskToken' service integration "
            )
            yield message, f"{place}/Resource"
        elif call is not None and call.pattern:
            message = "Express state machine does not support '.sync' service integration"
            yield message, f"{place}/Resource"
    beat, timeout = state.get("HeartbeatSeconds"), state.get("TimeoutSeconds")
    if isinstance(beat, int) and isinstance(timeout, int) and beat >= timeout:
        yield "HeartbeatSeconds must be smaller than TimeoutSeconds", place
    credentials = state.get("Credentials")
    if credentials is not None and not {"RoleArn", "RoleArn.$"} & set(credentials):
        yield "The field 'RoleArn' is required but was missing", f"{place}/Credentials"


def _unknown(resource: str) -> str:
    return (
        f"The resource provided {resource} is not recognized. The value is not a valid resource "
        "ARN, or the resource is not available in this region."
    )


def _wait(state: Mapping[str, Any], place: str, language: str) -> Iterator[Wrong]:
    names = ("Seconds", "Timestamp", "SecondsPath", "TimestampPath")
    if sum(name in state for name in names) != 1:
        yield f"Exactly one of these fields is required: [{', '.join(names)}]", place
    timestamp = state.get("Timestamp")
    is_computed = language == "JSONata" and jsonata.is_expression(timestamp)
    is_given = isinstance(timestamp, str) and not is_computed
    if is_given and parse_timestamp(str(timestamp)) is None:
        yield "String does not match RFC3339 timestamp", f"{place}/Timestamp"


def _choice(state: Mapping[str, Any], place: str, language: str) -> Iterator[Wrong]:
    choices = state.get("Choices")
    if not choices or not isinstance(choices, list):
        yield "Value cannot be empty", f"{place}/Choices"
        return
    for position, rule in enumerate(choices):
        where = f"{place}/Choices[{position}]"
        if not isinstance(rule, dict):
            yield "Expected value of type Object", where
            continue
        if "Next" not in rule:
            yield "The field 'Next' is required but was missing", where
        if language == "JSONata":
            if "Condition" not in rule:
                yield "The field 'Condition' is required but was missing", where
        else:
            yield from _rule(rule, where)


def _rule(rule: Mapping[str, Any], place: str) -> Iterator[Wrong]:
    """A rule of JSONPath: one comparison of a variable, or And, Or, Not of such."""
    combined = [name for name in ("And", "Or", "Not") if name in rule]
    compared = [name for name in rule if name in OPERATORS]
    if len(combined) + len(compared) != 1:
        yield "Exactly one comparison, or one of [And, Or, Not], is required", place
        return
    if compared:
        variable = rule.get("Variable")
        if variable is None:
            yield "The field 'Variable' is required but was missing", place
        elif not _is_expression(variable):
            yield "Value is not a Reference Path", f"{place}/Variable"
        return
    name = combined[0]
    inner = [rule[name]] if name == "Not" else rule[name]
    if not isinstance(inner, list) or not inner:
        yield "Value cannot be empty", f"{place}/{name}"
        return
    for position, one in enumerate(inner):
        where = f"{place}/{name}" if name == "Not" else f"{place}/{name}[{position}]"
        if isinstance(one, dict):
            yield from _rule(one, where)
        else:
            yield "Expected value of type Object", where


def _map(state: Mapping[str, Any], place: str) -> Iterator[Wrong]:
    if "ItemProcessor" not in state and "Iterator" not in state:
        yield "The field 'ItemProcessor' is required but was missing", place
    label = state.get("Label")
    if label is None:
        return
    if not isinstance(label, str) or not label:
        yield "Label cannot be empty", f"{place}/Label"
        return
    if len(label) > _LABEL_MAX:
        yield f"Label cannot exceed {_LABEL_MAX} characters", f"{place}/Label"
    for character in label:
        if character in _LABEL_FORBIDDEN or not character.isprintable():
            yield f"Label contains invalid character: '{character}'", f"{place}/Label"
            return


def _template(template: Any, place: str) -> Iterator[Wrong]:
    if isinstance(template, list):
        for item in template:
            yield from _template(item, place)
    if not isinstance(template, dict):
        return
    for name, value in template.items():
        if not name.endswith(".$"):
            yield from _template(value, place)
        elif not _is_expression(value):
            message = (
                f"The value for the field '{name}' must be a valid JSONPath or a valid intrinsic "
                "function call"
            )
            yield message, place


def _is_expression(value: Any) -> bool:
    if not isinstance(value, str):
        return False
    try:
        if value.startswith("States."):
            parse_call(value)
        elif value.startswith("$"):
            check_path(value)
        else:
            return False
    except NotIntrinsic:
        return False
    return True
