"""The order's life: every edge of the table, and every edge that is not in it."""

from __future__ import annotations

from itertools import product

import pytest

from chalicelib.domain.errors import IllegalTransition
from chalicelib.domain.states import (
    EVENT_OF_STEP,
    TRANSITIONS,
    UNDECIDED,
    State,
    Step,
    next_state,
)

LEGAL = {
    ("new", "notify", "notified"),
    ("new", "receive", "received"),
    ("new", "hold", "held"),
    ("new", "reject", "rejected"),
    ("new", "cancel", "cancelled"),
    ("notified", "receive", "received"),
    ("notified", "hold", "held"),
    ("notified", "reject", "rejected"),
    ("notified", "cancel", "cancelled"),
    ("held", "fire", "received"),
    ("held", "reject", "rejected"),
    ("held", "cancel", "cancelled"),
    ("received", "submit", "submitting"),
    ("received", "print", "releasing"),
    ("received", "reject", "rejected"),
    ("received", "cancel", "cancelled"),
    ("submitting", "submit", "submitting"),
    ("submitting", "print", "releasing"),
    ("submitting", "reject", "rejected"),
    ("submitting", "cancel", "cancelled"),
    ("created", "print", "releasing"),
    ("created", "reject", "rejected"),
    ("created", "cancel", "cancelled"),
    ("releasing", "print", "releasing"),
    ("releasing", "accept", "accepted"),
    ("releasing", "reject", "rejected"),
    ("releasing", "cancel", "cancelled"),
    ("accepted", "ready", "ready"),
    ("accepted", "cancel", "cancelled"),
    ("accepted", "complete", "completed"),
    ("ready", "complete", "completed"),
    ("ready", "cancel", "cancelled"),
}
ILLEGAL = [
    (state, step)
    for state, step in product(State, Step)
    if (str(state), str(step)) not in {(before, how) for before, how, _ in LEGAL}
]


@pytest.mark.parametrize(("before", "step", "after"), sorted(LEGAL))
def test_next_state_follows_the_table(before: str, step: str, after: str) -> None:
    """The table written down a second time, so that an edit of it is a decision."""
    assert next_state(State(before), Step(step)) is State(after)


@pytest.mark.parametrize(("state", "step"), ILLEGAL)
def test_next_state_refuses_every_other_step(state: State, step: Step) -> None:
    """What is not in the table cannot happen."""
    with pytest.raises(IllegalTransition):
        next_state(state, step)


def test_every_edge_is_tested() -> None:
    """No edge is in the table and not in this file."""
    assert {(str(s), str(step), str(t)) for (s, step), t in TRANSITIONS.items()} == LEGAL


def test_nothing_leads_out_of_a_final_state() -> None:
    """Rejected, cancelled and completed orders stay what they are."""
    final = {State.REJECTED, State.CANCELLED, State.COMPLETED}
    assert not any(state in final for state, _ in TRANSITIONS)


def test_every_undecided_order_can_be_rejected_and_cancelled() -> None:
    """The sweep and the partner can always end the wait."""
    for state in UNDECIDED:
        assert (state, Step.REJECT) in TRANSITIONS
        assert (state, Step.CANCEL) in TRANSITIONS


def test_every_step_but_our_own_notes_is_told_to_the_world() -> None:
    """That a call is about to be made is nobody else's business."""
    assert set(Step) - set(EVENT_OF_STEP) == {Step.NOTIFY, Step.SUBMIT, Step.PRINT}


def test_only_an_order_about_to_print_can_be_accepted() -> None:
    """Whoever prints has written so first, over the version that a cancellation would change."""
    assert {state for state, step in TRANSITIONS if step is Step.ACCEPT} == {State.RELEASING}
