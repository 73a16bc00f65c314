"""Where a message can be is a table: what it does not have raises, and changes nothing."""

from __future__ import annotations

import pytest

from chalice_offline.core.errors import EmulatorBug
from chalice_offline.services.sqs.message import (
    DELAYED,
    IN_FLIGHT,
    MAY_FOLLOW,
    OUTSIDE,
    VISIBLE,
    Message,
)

PLACES = (OUTSIDE, DELAYED, VISIBLE, IN_FLIGHT)


@pytest.mark.parametrize("before", PLACES)
@pytest.mark.parametrize("after", PLACES)
def test_a_message_follows_the_table(before: int, after: int) -> None:
    """From each place to each other one: a delayed message is not received, say."""
    message = Message(
        message_id="1", body="x", attributes=None, trace_header="", sender_id="", sent_ms=0
    )
    message.place = before
    if after in MAY_FOLLOW[before]:
        message.move_to(after)
        assert message.place == after
        return
    with pytest.raises(EmulatorBug, match="a message that is"):
        message.move_to(after)
    assert message.place == before
