"""What is still owed for a checkout, and which worker has to pay it."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from chalicelib.domain.checkout import (
    COOKED,
    IN_KITCHEN,
    UNDER_WAY,
    Courier,
    Kitchen,
    Message,
    Paid,
)
from chalicelib.domain.deadlines import NUDGE_MS
from chalicelib.domain.fulfilment import Handover

if TYPE_CHECKING:
    from chalicelib.domain.checkout import Checkout


class Step(StrEnum):
    """A step of the saga: each has its queue and its function."""

    PAY = "pay"
    PLACE = "place"
    COURIER = "courier"
    TELL = "tell"


class Payment(StrEnum):
    """What can be owed about the money."""

    OPEN = "open"
    AUTHORISE = "authorise"
    CAPTURE = "capture"
    REFUND_EXTRAS = "refund_extras"
    RELEASE = "release"


def payment_owed(checkout: Checkout) -> Payment | None:
    """Return what has to be done about the money.

    Nothing is taken before the kitchen has the ticket, and nothing given back while it has one.
    """
    paid = checkout.paid
    if paid in (Paid.BACK, Paid.STUCK):
        return None
    if checkout.ending is not None:
        is_owed = checkout.is_settled and paid is not Paid.NO
        return Payment.RELEASE if is_owed else None
    if paid is Paid.NO:
        return Payment.OPEN
    if paid is Paid.OPEN:
        return Payment.AUTHORISE
    if paid is Paid.HELD:
        return Payment.CAPTURE if checkout.kitchen in COOKED else None
    is_less = checkout.pickup_instead and checkout.extras and not checkout.extras_back
    return Payment.REFUND_EXTRAS if is_less else None


class Placing(StrEnum):
    """What can be owed at the kitchen."""

    ASK = "ask"
    PASS_ON = "pass_on"  # noqa: S105 - a step
    LOOK = "look"
    WITHDRAW = "withdraw"


def placing_owed(checkout: Checkout) -> Placing | None:
    """Return what has to be done about the kitchen's order."""
    if checkout.ending is not None:
        is_owed = checkout.kitchen in IN_KITCHEN and not checkout.unstoppable
        return Placing.WITHDRAW if is_owed else None
    if checkout.kitchen is Kitchen.NO:
        return Placing.ASK if checkout.paid in (Paid.HELD, Paid.TAKEN) else None
    if checkout.kitchen is Kitchen.ASKED and not checkout.passed_on:
        return Placing.PASS_ON
    return Placing.LOOK if checkout.kitchen in (Kitchen.ASKED, Kitchen.SCHEDULED) else None


class Carrying(StrEnum):
    """What can be owed about the courier."""

    BOOK = "book"
    FOLLOW = "follow"
    SEND_AWAY = "send_away"


def carrying_owed(checkout: Checkout) -> Carrying | None:
    """Return what has to be done about the courier.

    Food that its customer does not want any more may be made already: it is brought then. So until
    the kitchen has said which, nobody is sent away, and nobody asked to come.
    """
    if checkout.ending is not None and not checkout.may_go_on:
        # One who has the food cannot be sent away any more: then staff are told (shop/dispatch.py).
        return Carrying.SEND_AWAY if checkout.courier not in (Courier.NONE, Courier.AWAY) else None
    if checkout.handover is not Handover.COURIER or checkout.kitchen not in COOKED:
        return None
    if checkout.courier in (Courier.NONE, Courier.ASKED):
        return Carrying.BOOK if checkout.ending is None else None
    return Carrying.FOLLOW if checkout.courier in UNDER_WAY else None


def message_owed(checkout: Checkout) -> str | None:
    """Return what the customer has to be told now: only where things stand, never what was."""
    stands = [message for message in _standing(checkout) if message not in checkout.told]
    return stands[0] if stands else None


def _standing(checkout: Checkout) -> list[str]:
    if checkout.ending is not None:
        # Not before the kitchen has let go: a cancellation may come too late.
        return [str(checkout.ending)] if checkout.is_settled else []
    found: list[str] = []
    if checkout.not_cancelled:
        found.append(Message.NOT_CANCELLED)
    if checkout.pickup_instead:
        found.append(Message.PICKUP_INSTEAD)
    if checkout.courier is Courier.DELIVERED:
        found.append(Message.DELIVERED)
    elif checkout.courier is Courier.PICKED_UP:
        found.append(Message.ON_THE_WAY)
    elif checkout.kitchen is Kitchen.READY and checkout.handover is Handover.PICKUP:
        found.append(Message.READY)
    elif checkout.kitchen in COOKED:
        found.append(Message.ACCEPTED)
    elif checkout.kitchen is Kitchen.SCHEDULED:
        found.append(Message.SCHEDULED)
    return found


def owed(checkout: Checkout) -> dict[Step, str]:
    """Return what is owed, by whose turn it is."""
    every = {
        Step.PAY: payment_owed(checkout),
        Step.PLACE: placing_owed(checkout),
        Step.COURIER: carrying_owed(checkout),
        Step.TELL: message_owed(checkout),
    }
    return {step: str(what) for step, what in every.items() if what is not None}


def steps_owed(checkout: Checkout) -> frozenset[Step]:
    """Return whose turn it is."""
    return frozenset(owed(checkout))


def due_ms(checkout: Checkout, now_ms: int) -> int | None:
    """Return when the sweep looks: the first of the steps has been quiet for too long then."""
    expected = [max(checkout.next_ms.get(step, now_ms), now_ms) for step in steps_owed(checkout)]
    return min(expected) + NUDGE_MS if expected else None


def tidied(checkout: Checkout) -> Checkout:
    """Return the checkout without the customer's data once nothing more can happen."""
    is_over = checkout.ending is not None or checkout.courier is Courier.DELIVERED
    return checkout.without_person() if is_over and not steps_owed(checkout) else checkout
