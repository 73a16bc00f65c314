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
    ("new", "receive", "received"),
    ("new", "reject", "rejected"),
    ("new", "cancel", "cancelled"),
    ("received", "submit", "submitting"),
    ("received", "reject", "rejected"),
    ("received", "cancel", "cancelled"),
    ("submitting", "lose_track", "pos_unknown"),
    ("submitting", "accept", "accepted"),
    ("submitting", "reject", "rejected"),
    ("submitting", "cancel", "cancelled"),
    ("pos_unknown", "submit", "submitting"),
    ("pos_unknown", "accept", "accepted"),
    ("pos_unknown", "reject", "rejected"),
    ("pos_unknown", "cancel", "cancelled"),
    ("accepted", "cancel", "cancelled"),
    ("accepted", "complete", "completed"),
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


def test_every_step_but_submit_is_told_to_the_world() -> None:
    """Writing SUBMITTING is a note to ourselves."""
    assert set(Step) - set(EVENT_OF_STEP) == {Step.SUBMIT}
