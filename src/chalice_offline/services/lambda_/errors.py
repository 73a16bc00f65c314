"""Lambda's errors, with AWS's texts."""

from __future__ import annotations

from chalice_offline.core.errors import AwsError

RECURSIVE_INVOCATION = "RecursiveInvocationException"


def function_not_found(arn: str) -> AwsError:
    """No function of that name (recorded on AWS)."""
    return AwsError(
        "ResourceNotFoundException", f"Function not found: {arn}", fields={"Type": "User"}
    )


def resource_not_found(message: str) -> AwsError:
    """Something else that is not there."""
    return AwsError("ResourceNotFoundException", message, fields={"Type": "User"})


def invalid_parameter(message: str) -> AwsError:
    """A parameter Lambda refuses."""
    return AwsError("InvalidParameterValueException", message, fields={"Type": "User"})


def conflict(message: str) -> AwsError:
    """Something is there already, or is used by something else."""
    return AwsError("ResourceConflictException", message, status=409, fields={"Type": "User"})


def statement_exists(statement_id: str) -> AwsError:
    """A policy has a statement of that id already."""
    return conflict(
        f"The statement id ({statement_id}) provided already exists. Please provide a new "
        "statement id, or remove the existing statement."
    )


def statement_not_found(statement_id: str) -> AwsError:
    """A policy has no statement of that id."""
    return resource_not_found(f"Statement {statement_id} is not found in resource policy.")


def stale_revision(reader: str) -> AwsError:
    """A change that is based on an older state; `reader` is the operation that tells the present.

    (Recorded on AWS.)
    """
    return AwsError(
        "PreconditionFailedException",
        "The Revision Id provided does not match the latest Revision Id. Call the "
        f"{reader} API to retrieve the latest Revision Id",
        status=412,
        fields={"Type": "User"},
    )


def plain_invalid_parameter(message: str) -> AwsError:
    """The same from the parts of Lambda that do not say whose fault it is (recorded)."""
    return AwsError("InvalidParameterValueException", message, fields={"Type": None})


def other_account() -> AwsError:
    """Something that is to be made in an account that is not the caller's (recorded)."""
    return AwsError("AccessDeniedException", status=403, fields={"message": None})


def throttled(reason: str) -> AwsError:
    """No concurrency left (recorded on AWS)."""
    return AwsError(
        "TooManyRequestsException",
        "Rate Exceeded.",
        status=429,
        fields={"Type": "User", "Reason": reason},
    )


def recursive_invocation() -> AwsError:
    """The function has run too often in one chain of requests (text of botocore's model)."""
    return AwsError(
        RECURSIVE_INVOCATION,
        "Lambda has detected your function being invoked in a recursive loop with other Amazon Web "
        "Services resources and stopped your function's invocation.",
        fields={"Type": "User"},
    )


def reserved_too_much(least: int) -> AwsError:
    """Too little concurrency would be left for functions that have none reserved."""
    return plain_invalid_parameter(
        "Specified ReservedConcurrentExecutions for function decreases account's "
        f"UnreservedConcurrentExecution below its minimum value of [{least}]."
    )


def not_implemented(message: str) -> AwsError:
    """Something AWS does and this emulator does not."""
    return AwsError("NotImplemented", message, status=501, sender_fault=False)


def runtime_not_run(name: str, runtime: str) -> AwsError:
    """A function in another language: Lambda's own error for a runtime it cannot run."""
    return AwsError(
        "InvalidRuntimeException",
        f"chalice-offline runs Python functions only; the runtime of {name} is {runtime}.",
        status=502,
        fields={"Type": "User"},
    )
