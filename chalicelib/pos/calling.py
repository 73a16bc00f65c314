"""What it says of a call to a point of sale that no reply came, or none that can be read."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from chalicelib.adapters.http import ConnectFailed, NoReply
from chalicelib.domain.errors import RetryLater
from chalicelib.pos.base import (
    PosAnswerUnreadable,
    PosNotConnected,
    PosOutcomeUnknown,
    PosUnavailable,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chalicelib.adapters.http import HttpReply

RECONNECT_SECONDS = 300
"""A seller connects anew in minutes or hours. By the usual waits a kitchen's queue would give a
message to people after ten deliveries, in little more than a minute."""


@contextmanager
def calling() -> Iterator[None]:
    """Raise PosUnavailable when nothing was sent, PosOutcomeUnknown when no reply came."""
    try:
        yield
    except ConnectFailed as error:
        raise PosUnavailable(str(error)) from error
    except NoReply as error:
        raise PosOutcomeUnknown(str(error)) from error


def answer_of(reply: HttpReply) -> dict[str, Any]:
    """Return what a vendor answered; raises PosAnswerUnreadable when it is no object."""
    try:
        return reply.json_object()
    except NoReply as error:
        raise PosAnswerUnreadable(str(error)) from error


def again_later(error: PosUnavailable | PosOutcomeUnknown | PosNotConnected) -> RetryLater:
    """Return what brings a message back that only the point of sale can answer."""
    is_gone = isinstance(error, PosNotConnected) or (
        isinstance(error, PosUnavailable) and error.disconnected
    )
    return RetryLater(str(error), RECONNECT_SECONDS if is_gone else None)
