"""What is still owed for an order: to whom, and which worker has to pay it.

Everything follows from the stored record alone, so whoever is woken for an order, once or five
times, in whatever order, comes to the same conclusion.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from chalicelib.domain.states import ON_THE_WAY, PRINTED, State

if TYPE_CHECKING:
    from chalicelib.domain.record import OrderRecord


class Undo(StrEnum):
    """Whether a ticket that must not be is gone."""

    PENDING = "pending"
    DONE = "done"
    FAILED = "failed"  # left to people


class Answer(StrEnum):
    """What can be said to a partner about an order."""

    HOLD = "hold"  # it will be made
    ACCEPT = "accept"  # it is being made
    DENY = "deny"
    CANCEL = "cancel"
    AGREE = "agree"  # to the partner's own cancellation
    READY = "ready"


class Duty(StrEnum):
    """Who has to be woken."""

    FETCH = "fetch"
    KITCHEN = "kitchen"
    PARTNER = "partner"
    PUBLISH = "publish"


SAID = {
    Answer.HOLD: "held",
    Answer.ACCEPT: "accepted",
    Answer.DENY: "denied",
    Answer.CANCEL: "cancelled",
    Answer.AGREE: "cancelled",
}
OVER = frozenset({"denied", "cancelled", "refused", "given_up"})
"""Ends of the conversation with a partner."""


def answer_owed(record: OrderRecord) -> Answer | None:
    """Return what the partner has to be told next."""
    if record.answered in OVER:
        return None
    if record.state is State.CANCELLED and record.by_partner:
        return Answer.AGREE
    if record.state is State.REJECTED or record.state is State.CANCELLED:
        return Answer.DENY if record.answered is None else Answer.CANCEL
    if record.state in PRINTED:
        if record.answered in (None, "held"):
            return Answer.ACCEPT
        is_news = record.state is State.READY and not record.ready_told
        return Answer.READY if is_news else None
    is_held = record.state is State.HELD or record.fired
    return Answer.HOLD if is_held and record.answered is None else None


def may_have_said_yes(record: OrderRecord) -> bool:
    """Say whether an unanswered order that ended may have been confirmed all the same.

    The answer to our yes got lost, and then the kitchen took the order back, or an order that we
    had promised for later could not be made.
    """
    by_kitchen = record.state is State.CANCELLED and not record.by_partner
    return record.answered is None and (by_kitchen or record.fired)


def duties(record: OrderRecord) -> frozenset[Duty]:
    """Return everything that is owed."""
    owed = set()
    if record.state is State.NOTIFIED:
        owed.add(Duty.FETCH)
    if record.state in ON_THE_WAY or record.state is State.HELD or record.undo is Undo.PENDING:
        owed.add(Duty.KITCHEN)
    if answer_owed(record) is not None:
        owed.add(Duty.PARTNER)
    if record.outbox and not owed:
        owed.add(Duty.PUBLISH)
    return frozenset(owed)
