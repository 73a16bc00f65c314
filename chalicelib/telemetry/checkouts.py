"""What a change of a checkout means in metrics: counted by the write that made it true."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib.domain.checkout import UNDER_WAY, Courier, Ending, Kitchen, Paid
from chalicelib.telemetry.metrics import put

if TYPE_CHECKING:
    from chalicelib.domain.checkout import Checkout

UNDECIDED = (Kitchen.NO, Kitchen.ASKED)
UNPAID = (Ending.DECLINED, Ending.UNPAID)
"""Between the customer and the bank. `CANCELLED` is the customer's own; all others are ours."""


def count_changed(before: Checkout, after: Checkout, now_ms: int) -> None:
    """Count what is new in a checkout that has just been written over another."""
    values = {**_decision(before, after), **_ages(before, after, now_ms)}
    ended = after.ending if before.ending is None else None
    if ended is not None:
        values["CheckoutsEnded"] = 1
    _put(after, values, now_ms, ending=ended or "")
    for step in after.tries:
        if after.tries[step] > before.tries.get(step, 0):
            _put(after, {"StepFailures": 1}, now_ms, step=step)
    stuck = set(after.shown) - set(before.shown)
    if after.paid is Paid.STUCK and before.paid is not Paid.STUCK:
        stuck.add("pay")
    for step in sorted(stuck):
        _put(after, {"StepsStuck": 1}, now_ms, step=step)


def _decision(before: Checkout, after: Checkout) -> dict[str, float]:
    """Return what became of a checkout, once; of one that was sold, that it broke."""
    if before.ending is not None:
        return {}
    ended, was_sold = after.ending, before.kitchen not in UNDECIDED
    if ended is None:
        is_sold = not was_sold and after.kitchen not in UNDECIDED
        return _decided(sold=1) if is_sold else {}
    if ended is Ending.CANCELLED:
        return {}
    if was_sold:
        return {"CheckoutsBroken": 1}
    return _decided(unpaid=1) if ended in UNPAID else _decided(lost=1)


def _decided(*, sold: int = 0, lost: int = 0, unpaid: int = 0) -> dict[str, float]:
    # All three of each decision, so that they always have the same instants.
    return {"CheckoutsSold": sold, "CheckoutsLost": lost, "CheckoutsUnpaid": unpaid}


def _ages(before: Checkout, after: Checkout, now_ms: int) -> dict[str, float]:
    ages: dict[str, float] = {}
    if before.paid is not Paid.HELD and after.paid is Paid.HELD:
        ages["TimeToHold"] = now_ms - after.placed_ms
    if before.kitchen is Kitchen.ASKED and after.kitchen is Kitchen.MAKING:  # not one for later
        ages["CheckoutTimeToTicket"] = now_ms - after.placed_ms
    was_looked_for = before.courier in (Courier.NONE, Courier.ASKED)
    if was_looked_for and after.courier in UNDER_WAY and after.courier_ms is not None:
        ages["TimeToCourier"] = now_ms - after.courier_ms
    return ages


def _put(checkout: Checkout, values: dict[str, float], now_ms: int, **dimensions: str) -> None:
    if values:
        put(
            now_ms,
            values,
            {"store": checkout.channel_store_id, **dimensions},
            event="shop.counted",
            order=checkout.order_key,
        )
