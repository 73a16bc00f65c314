"""What it says of a call to a point of sale that no reply came, or none that can be read."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from chalicelib.adapters.http import ConnectFailed, NoReply
from chalicelib.pos.base import PosAnswerUnreadable, PosOutcomeUnknown, PosUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chalicelib.adapters.http import HttpReply


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
