"""The states of a function and of its last update, as tables.

Source: AWS Lambda developer guide, "Lambda function states". Nothing makes a function Inactive or
Failed here: there is no machine to take away, and what cannot be imported is told by each run.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any, Final, TypeVar

from chalice_offline.core.errors import EmulatorBug

if TYPE_CHECKING:
    from collections.abc import Mapping


class FunctionState(Enum):
    """Whether a function can be invoked; AWS's spelling."""

    PENDING = "Pending"
    ACTIVE = "Active"
    INACTIVE = "Inactive"
    FAILED = "Failed"


class UpdateStatus(Enum):
    """How the last update of a function stands; AWS's spelling."""

    IN_PROGRESS = "InProgress"
    SUCCESSFUL = "Successful"
    FAILED = "Failed"


STATE_MAY_FOLLOW: Final[Mapping[FunctionState, frozenset[FunctionState]]] = {
    FunctionState.PENDING: frozenset({FunctionState.ACTIVE, FunctionState.FAILED}),
    FunctionState.ACTIVE: frozenset({FunctionState.INACTIVE}),
    FunctionState.INACTIVE: frozenset({FunctionState.PENDING}),
    FunctionState.FAILED: frozenset({FunctionState.PENDING}),
}
UPDATE_MAY_FOLLOW: Final[Mapping[UpdateStatus, frozenset[UpdateStatus]]] = {
    UpdateStatus.IN_PROGRESS: frozenset({UpdateStatus.SUCCESSFUL, UpdateStatus.FAILED}),
    UpdateStatus.SUCCESSFUL: frozenset({UpdateStatus.IN_PROGRESS}),
    UpdateStatus.FAILED: frozenset({UpdateStatus.IN_PROGRESS}),
}

# What AWS says of a function that is not ready yet, also while it is updated (recorded).
_REASON, _REASON_CODE = "The function is being created.", "Creating"

_S = TypeVar("_S", bound=Enum)


class FunctionLife:
    """One function, from its creation on. The project's own functions are there from the start."""

    __slots__ = ("state", "update")

    def __init__(self, state: FunctionState = FunctionState.ACTIVE) -> None:
        self.state = state
        self.update = UpdateStatus.SUCCESSFUL

    def move_to(self, state: FunctionState) -> None:
        """Take another state; an EmulatorBug, and no change, when the table has no such step."""
        self.state = _followed(self.state, state, STATE_MAY_FOLLOW)

    def update_is(self, status: UpdateStatus) -> None:
        """Begin or end an update; an EmulatorBug, and no change, when it cannot be."""
        self.update = _followed(self.update, status, UPDATE_MAY_FOLLOW)

    def described(self) -> dict[str, Any]:
        """Return what GetFunctionConfiguration says of it."""
        state = {"State": self.state.value}
        if self.state is FunctionState.PENDING:
            return state | {"StateReason": _REASON, "StateReasonCode": _REASON_CODE}
        status = {"LastUpdateStatus": self.update.value}
        if self.update is UpdateStatus.IN_PROGRESS:
            status |= {
                "LastUpdateStatusReason": _REASON,
                "LastUpdateStatusReasonCode": _REASON_CODE,
            }
        return state | status


def _followed(present: _S, wanted: _S, table: Mapping[_S, frozenset[_S]]) -> _S:
    if wanted not in table[present]:
        raise EmulatorBug(f"a function that is {present.value} cannot become {wanted.value}")
    return wanted
