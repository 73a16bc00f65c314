"""Step Functions' errors, with AWS's texts (recorded on AWS)."""

from __future__ import annotations

from chalice_offline.core.errors import AwsError


def validation_error(message: str) -> AwsError:
    """A value the service refuses."""
    return AwsError("ValidationException", message)


def state_machine_not_found(arn: str) -> AwsError:
    """No state machine, version or alias of that ARN."""
    return AwsError("StateMachineDoesNotExist", f"State Machine Does Not Exist: '{arn}'")


def state_machine_exists(arn: str) -> AwsError:
    """The name is taken by a state machine that is another one."""
    return AwsError("StateMachineAlreadyExists", f"State Machine Already Exists: '{arn}'")


def execution_not_found(arn: str) -> AwsError:
    """No execution of that ARN."""
    return AwsError("ExecutionDoesNotExist", f"Execution Does Not Exist: '{arn}'")


def execution_exists(arn: str) -> AwsError:
    """The name is taken by an execution with another input, or one that has ended."""
    return AwsError("ExecutionAlreadyExists", f"Execution Already Exists: '{arn}'")


def execution_not_redrivable(message: str) -> AwsError:
    """The execution cannot be gone on with."""
    return AwsError("ExecutionNotRedrivable", message)


def activity_not_found(arn: str) -> AwsError:
    """No activity of that ARN."""
    return AwsError("ActivityDoesNotExist", f"Activity Does Not Exist: '{arn}'")


def invalid_arn(reason: str) -> AwsError:
    """A text is no ARN, or one of something else."""
    return AwsError("InvalidArn", f"Invalid Arn: '{reason}'")


def invalid_name(name: str) -> AwsError:
    """A name with characters that AWS does not take."""
    return AwsError("InvalidName", f"Invalid Name: '{name}'")


def invalid_definition(text: str) -> AwsError:
    """A definition with errors; `text` are its diagnostics."""
    return AwsError("InvalidDefinition", f"Invalid State Machine Definition: '{text}'")


def not_testable() -> AwsError:
    """TestState runs no states within states."""
    return AwsError(
        "InvalidDefinition",
        "TestState API does not support Map or Parallel states. Supported state types include: "
        "[Task, Wait, Pass, Succeed, Fail, Choice]",
    )


def invalid_input(reason: str) -> AwsError:
    """An execution's input is no JSON, or too long."""
    return AwsError("InvalidExecutionInput", f"Invalid State Machine Execution Input: '{reason}'")


def invalid_output(reason: str) -> AwsError:
    """What SendTaskSuccess brings is no JSON."""
    return AwsError("InvalidOutput", f"Invalid Output: '{reason}'")


def invalid_token() -> AwsError:
    """A page or task token that was never given out."""
    return AwsError("InvalidToken", "Invalid Token: 'Invalid token'")


def task_timed_out() -> AwsError:
    """The task of a token has ended, or its execution has."""
    return AwsError("TaskTimedOut", "Task Timed Out: 'Provided task does not exist anymore'")


def type_not_supported() -> AwsError:
    """The operation is for the other kind of state machine."""
    return AwsError(
        "StateMachineTypeNotSupported",
        "This operation is not supported by this type of state machine",
    )


def resource_not_found(arn: str = "") -> AwsError:
    """Something that is tagged, an alias or a map run that is not there."""
    if arn:
        message = f"Resource not found: '{arn}'"
        return AwsError("ResourceNotFound", message, fields={"resourceName": arn})
    return AwsError("ResourceNotFound", "Request references a resource that does not exist.")


def conflict(message: str) -> AwsError:
    """The request and the state of things do not go together."""
    return AwsError("ConflictException", message)


def invalid_logging(reason: str) -> AwsError:
    """A logging configuration that AWS refuses."""
    return AwsError("InvalidLoggingConfiguration", f"Invalid Logging Configuration: {reason}")


def missing_parameter(message: str) -> AwsError:
    """An update that changes nothing."""
    return AwsError("MissingRequiredParameter", message)


def too_many_tags(arn: str) -> AwsError:
    """More tags than a resource may have."""
    return AwsError(
        "TooManyTags",
        f"Too many tags for resource '{arn}'",
        fields={"resourceName": arn},
    )
