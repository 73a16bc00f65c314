"""CloudFormation's errors, in AWS's words (recorded on AWS unless a comment says otherwise)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.core.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Iterable


def validation_error(message: str) -> AwsError:
    """A request or template that CloudFormation refuses."""
    return AwsError("ValidationError", message)


def format_error(problem: str) -> AwsError:
    """A template whose shape is wrong."""
    return validation_error(f"Template format error: {problem}")


def template_error(problem: str) -> AwsError:
    """A template whose functions cannot be resolved."""
    return validation_error(f"Template error: {problem}")


def stack_not_found(name: str) -> AwsError:
    """No such stack, as DescribeStacks and most others say it."""
    return validation_error(f"Stack with id {name} does not exist")


def stack_missing(name: str) -> AwsError:
    """No such stack, as operations on change sets, events and updates say it."""
    return validation_error(f"Stack [{name}] does not exist")


def stack_quoted_missing(name: str) -> AwsError:
    """No such stack, as DescribeStackResource says it."""
    return validation_error(f"Stack '{name}' does not exist")


def stack_exists(name: str) -> AwsError:
    """The name is taken."""
    return AwsError("AlreadyExistsException", f"Stack [{name}] already exists")


def wrong_state(stack_id: str, status: str, doing: str = "updated") -> AwsError:
    """A stack in a state in which this cannot be asked of it."""
    return validation_error(f"Stack:{stack_id} is in {status} state and can not be {doing}.")


def nothing_to_update() -> AwsError:
    """An update that changes nothing."""
    return validation_error("No updates are to be performed.")


def insufficient_capabilities(missing: Iterable[str]) -> AwsError:
    """A template that does what the request does not acknowledge."""
    listed = ", ".join(missing)
    return AwsError("InsufficientCapabilitiesException", f"Requires capabilities : [{listed}]")


def change_set_not_found(name: str) -> AwsError:
    """No such change set."""
    return AwsError("ChangeSetNotFound", f"ChangeSet [{name}] does not exist", status=404)


def change_set_exists(name: str) -> AwsError:
    """The change set's name is taken."""
    return AwsError("AlreadyExistsException", f"ChangeSet {name} already exists")


def resource_not_found(logical_id: str, stack: str) -> AwsError:
    """No such resource in a stack."""
    return validation_error(f"Resource {logical_id} does not exist for stack {stack}")


class TransformError(AwsError):
    """A transform that did not come to its end: of a stack in its events, of a change set in it."""

    def __init__(self, message: str) -> None:
        super().__init__("ValidationError", message)


def not_emulated(sentence: str) -> AwsError:
    """Something AWS has and this emulator has not."""
    return AwsError("NotImplemented", sentence, status=501, sender_fault=False)
