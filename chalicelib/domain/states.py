"""The life of an order as a table: what is not in it cannot happen.

    NEW ─receive→ RECEIVED ─submit→ SUBMITTING ─accept→ ACCEPTED ─complete→ COMPLETED
                                     │     ↑ submit
                            lose_track     │
                                     ↓     │
                                    POS_UNKNOWN ─accept→ ACCEPTED
    and from every undecided state: reject → REJECTED, cancel → CANCELLED.

SUBMITTING is written before the first call to the point of sale. Whoever finds an order there
does not know whether that call was carried out, and must look before calling again.
"""

from __future__ import annotations

from enum import StrEnum

from chalicelib.domain.errors import IllegalTransition


class State(StrEnum):
    """Where an order is."""

    NEW = "new"
    RECEIVED = "received"
    SUBMITTING = "submitting"
    POS_UNKNOWN = "pos_unknown"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    CANCELLED = "cancelled"
    COMPLETED = "completed"


class Step(StrEnum):
    """What can happen to an order."""

    RECEIVE = "receive"
    SUBMIT = "submit"
    LOSE_TRACK = "lose_track"
    ACCEPT = "accept"
    REJECT = "reject"
    CANCEL = "cancel"
    COMPLETE = "complete"


TRANSITIONS: dict[tuple[State, Step], State] = {
    (State.NEW, Step.RECEIVE): State.RECEIVED,
    # refused before it ever was an order: unknown store, unmapped item, bad money
    (State.NEW, Step.REJECT): State.REJECTED,
    # vendors do not order their webhooks: a cancellation may come before its order
    (State.NEW, Step.CANCEL): State.CANCELLED,
    (State.RECEIVED, Step.SUBMIT): State.SUBMITTING,
    (State.RECEIVED, Step.REJECT): State.REJECTED,
    (State.RECEIVED, Step.CANCEL): State.CANCELLED,
    (State.SUBMITTING, Step.LOSE_TRACK): State.POS_UNKNOWN,
    (State.SUBMITTING, Step.ACCEPT): State.ACCEPTED,
    (State.SUBMITTING, Step.REJECT): State.REJECTED,
    (State.SUBMITTING, Step.CANCEL): State.CANCELLED,
    (State.POS_UNKNOWN, Step.SUBMIT): State.SUBMITTING,
    (State.POS_UNKNOWN, Step.ACCEPT): State.ACCEPTED,
    (State.POS_UNKNOWN, Step.REJECT): State.REJECTED,
    (State.POS_UNKNOWN, Step.CANCEL): State.CANCELLED,
    (State.ACCEPTED, Step.CANCEL): State.CANCELLED,
    (State.ACCEPTED, Step.COMPLETE): State.COMPLETED,
}

EVENT_OF_STEP: dict[Step, str] = {
    Step.RECEIVE: "order.received",
    Step.LOSE_TRACK: "order.pos_unknown",
    Step.ACCEPT: "order.accepted",
    Step.REJECT: "order.rejected",
    Step.CANCEL: "order.cancelled",
    Step.COMPLETE: "order.completed",
}
"""What the world is told. SUBMIT is missing: it is our own note, nobody else's business."""

UNDECIDED = frozenset({State.RECEIVED, State.SUBMITTING, State.POS_UNKNOWN})
"""States in which the partner still waits for a yes or a no."""

MAY_HAVE_TICKET = frozenset({State.SUBMITTING, State.POS_UNKNOWN})
"""Undecided states in which the point of sale may already have the order."""


def next_state(state: State, step: Step) -> State:
    """Return where `step` leads from `state`, or raise IllegalTransition."""
    try:
        return TRANSITIONS[state, step]
    except KeyError:
        raise IllegalTransition(f"an order that is {state} cannot {step}") from None
