"""What can go wrong in a state, by the names that Retry and Catch know it under."""

from __future__ import annotations

RUNTIME = "States.Runtime"
TASK_FAILED = "States.TaskFailed"
TIMEOUT = "States.Timeout"
HEARTBEAT_TIMEOUT = "States.HeartbeatTimeout"
ALL = "States.ALL"
DATA_LIMIT = "States.DataLimitExceeded"
QUERY_EVALUATION = "States.QueryEvaluationError"
INTRINSIC = "States.IntrinsicFailure"
NO_CHOICE = "States.NoChoiceMatched"
ITEM_READER = "States.ItemReaderFailed"
RESULT_WRITER = "States.ResultWriterFailed"
THRESHOLD = "States.ExceedToleratedFailureThreshold"

_NOT_IN_TASK_FAILED = frozenset({RUNTIME, DATA_LIMIT, TIMEOUT, HEARTBEAT_TIMEOUT})


class StateFailure(Exception):  # noqa: N818 - AWS says that a state fails
    """A state fails with an error name and a cause; either may be missing.

    `in_place` says that the cause is preceded by the state in which it happened. `location` is the
    field of a JSONata expression that failed: AWS writes an event of its own then.
    """

    def __init__(
        self,
        error: str | None,
        cause: str | None,
        *,
        in_place: bool = False,
        location: str | None = None,
        is_evaluation: bool = False,
    ) -> None:
        super().__init__(f"{error}: {cause}")
        self.error = error
        self.cause = cause
        self.in_place = in_place
        self.location = location
        self.is_evaluation = is_evaluation


def runtime_failure(cause: str) -> StateFailure:
    """The definition and the data do not fit together."""
    return StateFailure(RUNTIME, cause, in_place=True)


def evaluation_failure(cause: str, location: str | None) -> StateFailure:
    """A JSONata expression has no value, or one of the wrong kind."""
    return StateFailure(
        QUERY_EVALUATION, cause, in_place=True, location=location, is_evaluation=True
    )


def is_named(error: str | None, names: list[str]) -> bool:
    """Whether one of the ErrorEquals of a retrier or catcher stands for `error`.

    Nothing stands for States.Runtime: it ends the execution even where it is named (recorded).
    """
    if error == RUNTIME:
        return False
    if error in names:
        return True
    if ALL in names:  # States.DataLimitExceeded as well (recorded)
        return True
    if TASK_FAILED in names and error not in _NOT_IN_TASK_FAILED:
        return True
    return error == HEARTBEAT_TIMEOUT and TIMEOUT in names


def threshold_exceeded() -> StateFailure:
    """More items of a Map have failed than it tolerates."""
    return StateFailure(THRESHOLD, "The specified tolerated failure threshold was exceeded")
