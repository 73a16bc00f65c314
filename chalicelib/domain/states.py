"""The life of an order as a table: what is not in it cannot happen.

    NEW ─→ NOTIFIED ─→ RECEIVED ─submit→ SUBMITTING ─print→ RELEASING ─accept→ ACCEPTED
              └─→ HELD ─fire─↑                                             ─→ READY ─→ COMPLETED

and from every state before ACCEPTED: reject → REJECTED; from every state before COMPLETED:
cancel → CANCELLED. SUBMITTING and RELEASING are written before the call that they are named
after: whoever finds an order there does not know whether that call was carried out. A call that
was certainly not carried out leads back without a step: to RECEIVED, or from RELEASING to CREATED.

Only RELEASING may print. That is why it is the last thing written before the call, over the
version that was read: a cancellation in between makes the write fail, and nothing prints.

What else is owed beside the state (domain/duties.py) does not change the state: an answer to the
partner, and the undoing of a ticket that must not be (`undo`).
"""

from __future__ import annotations

from enum import StrEnum

from chalicelib.domain.errors import IllegalTransition


class State(StrEnum):
    """Where an order is."""

    NEW = "new"
    NOTIFIED = "notified"  # we know of it and could not fetch it yet
    HELD = "held"  # accepted, and to be made later
    RECEIVED = "received"
    SUBMITTING = "submitting"  # a ticket may exist, the kitchen has not seen it
    CREATED = "created"  # a ticket exists, the kitchen has not seen it
    RELEASING = "releasing"  # the kitchen may have seen it
    ACCEPTED = "accepted"  # the kitchen has it
    READY = "ready"
    COMPLETED = "completed"
    REJECTED = "rejected"
    CANCELLED = "cancelled"


class Step(StrEnum):
    """What can happen to an order."""

    NOTIFY = "notify"
    RECEIVE = "receive"
    HOLD = "hold"
    FIRE = "fire"
    SUBMIT = "submit"
    PRINT = "print"
    ACCEPT = "accept"
    READY = "ready"
    COMPLETE = "complete"
    REJECT = "reject"
    CANCEL = "cancel"


EARLY = (State.NEW, State.NOTIFIED)
BEFORE_KITCHEN = (State.RECEIVED, State.SUBMITTING, State.CREATED, State.RELEASING)

TRANSITIONS: dict[tuple[State, Step], State] = {
    (State.NEW, Step.NOTIFY): State.NOTIFIED,
    **{(state, Step.RECEIVE): State.RECEIVED for state in EARLY},
    **{(state, Step.HOLD): State.HELD for state in EARLY},
    (State.HELD, Step.FIRE): State.RECEIVED,
    (State.RECEIVED, Step.SUBMIT): State.SUBMITTING,
    (State.SUBMITTING, Step.SUBMIT): State.SUBMITTING,
    # straight from RECEIVED where creating is printing
    **{(state, Step.PRINT): State.RELEASING for state in BEFORE_KITCHEN},
    (State.RELEASING, Step.ACCEPT): State.ACCEPTED,
    (State.ACCEPTED, Step.READY): State.READY,
    (State.ACCEPTED, Step.COMPLETE): State.COMPLETED,
    (State.READY, Step.COMPLETE): State.COMPLETED,
    # NEW: refused before it ever was an order (unknown store, unmapped item, bad money)
    **{(s, Step.REJECT): State.REJECTED for s in (*EARLY, State.HELD, *BEFORE_KITCHEN)},
    # NEW: vendors do not order their webhooks, a cancellation may come before its order
    **{
        (s, Step.CANCEL): State.CANCELLED
        for s in (*EARLY, State.HELD, *BEFORE_KITCHEN, State.ACCEPTED, State.READY)
    },
}

EVENT_OF_STEP: dict[Step, str] = {
    Step.RECEIVE: "order.received",
    Step.HOLD: "order.held",
    Step.FIRE: "order.released",
    Step.ACCEPT: "order.accepted",
    Step.READY: "order.ready",
    Step.COMPLETE: "order.completed",
    Step.REJECT: "order.rejected",
    Step.CANCEL: "order.cancelled",
}
"""What the world is told. The others are our own notes, nobody else's business."""

UNDECIDED = frozenset({State.NOTIFIED, *BEFORE_KITCHEN})
"""States in which somebody must decide before the order's deadline."""

ON_THE_WAY = frozenset(BEFORE_KITCHEN)
"""States in which a worker of the point of sale is to bring the order forward."""

MAY_HAVE_TICKET = frozenset({State.SUBMITTING, State.CREATED, State.RELEASING})
"""States before ACCEPTED in which the point of sale may already have the order."""

PRINTED = frozenset({State.ACCEPTED, State.READY, State.COMPLETED})

FINAL = frozenset({State.COMPLETED, State.REJECTED, State.CANCELLED})


def next_state(state: State, step: Step) -> State:
    """Return where `step` leads from `state`, or raise IllegalTransition."""
    try:
        return TRANSITIONS[state, step]
    except KeyError:
        raise IllegalTransition(f"an order that is {state} cannot {step}") from None
