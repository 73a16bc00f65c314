"""A function's states are a table: what it does not have raises, and changes nothing."""

from __future__ import annotations

import pytest

from chalice_offline.core.errors import EmulatorBug
from chalice_offline.services.lambda_.function_states import (
    STATE_MAY_FOLLOW,
    UPDATE_MAY_FOLLOW,
    FunctionLife,
    FunctionState,
    UpdateStatus,
)


@pytest.mark.parametrize("before", list(FunctionState))
@pytest.mark.parametrize("after", list(FunctionState))
def test_a_function_follows_the_table(before: FunctionState, after: FunctionState) -> None:
    """From each state to each other one."""
    life = FunctionLife(before)
    if after in STATE_MAY_FOLLOW[before]:
        life.move_to(after)
        assert life.described()["State"] == after.value
        return
    with pytest.raises(EmulatorBug, match=f"{before.value} cannot become {after.value}"):
        life.move_to(after)
    assert life.state is before


@pytest.mark.parametrize("before", list(UpdateStatus))
@pytest.mark.parametrize("after", list(UpdateStatus))
def test_an_update_follows_the_table(before: UpdateStatus, after: UpdateStatus) -> None:
    """One update at a time, and each ends."""
    life = FunctionLife()
    life.update = before
    if after in UPDATE_MAY_FOLLOW[before]:
        life.update_is(after)
        assert life.described()["LastUpdateStatus"] == after.value
        return
    with pytest.raises(EmulatorBug):
        life.update_is(after)
    assert life.update is before
