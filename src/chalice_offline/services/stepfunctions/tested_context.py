"""The context object that TestState may be given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.services.stepfunctions.errors import validation_error
from chalice_offline.services.stepfunctions.language.json_text import NotJson, parse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalice_offline.core.errors import AwsError

# The members that there are, and whether each must be text (recorded).
_MEMBERS: Mapping[str, Mapping[str, bool]] = {
    "Execution": {
        "Id": True,
        "Input": False,
        "Name": True,
        "RoleArn": True,
        "StartTime": True,
        "RedriveCount": False,
        "RedriveTime": True,
    },
    "State": {"EnteredTime": True, "Name": True, "RetryCount": False},
    "StateMachine": {"Id": True, "Name": True},
    "Task": {"Token": True},
}
_WAITING = (".sync", ".sync:2", ".waitForTaskToken")


def checked_context(text: str | None, state: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the context object, or None when none is given; ValidationException if it is wrong."""
    if text is None:
        return None
    try:
        given = parse(text)
    except NotJson as error:
        raise _invalid("must be valid JSON") from error
    if not isinstance(given, dict):
        raise _invalid("must be a JSON object")
    if "Map" in given:
        raise _invalid("'Map' field is not supported when mocking a Context object")
    for name, members in given.items():
        known = _MEMBERS.get(name)
        if known is None:
            raise _invalid(f"Field '{name}' is not allowed")
        _check_members(name, members, known)
    if "Task" in given and not state.get("Resource", "").endswith(_WAITING):
        raise _invalid(
            "Context object contains 'Task' when state is not a Task state with a '.sync' or "
            "'.waitForTaskToken' service integration pattern"
        )
    return given


def _check_members(name: str, members: Any, known: Mapping[str, bool]) -> None:
    if not isinstance(members, dict):
        raise _invalid(f"{name} must be an object")
    for member, value in members.items():
        if member not in known:
            raise _invalid(f"Field '{member}' is not allowed")
        if known[member] and not isinstance(value, str):
            raise _invalid(f"{name}.{member} must be a string")


def _invalid(what: str) -> AwsError:
    return validation_error(f"Invalid Context object provided: {what}")
