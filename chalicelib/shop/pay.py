"""The money: opened, held, taken once the kitchen has the ticket, or given back.

    open        the payment exists and holds nothing; its id is written down
    authorise   it holds the money: now the order may go to the kitchen
    capture     the kitchen has the ticket: now the money is taken
    release     there will be no food: what is held is let go, what was taken is refunded

Every call may be made again: the payment itself, of which an order has one, can be authorised,
captured and given back once only. After a call without an answer the payment is read first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib import log
from chalicelib.domain.checkout import PAY_WITHIN_MS, Ending
from chalicelib.domain.checkout_duties import Payment as Duty
from chalicelib.domain.checkout_duties import Step, payment_owed
from chalicelib.domain.money import Money
from chalicelib.payments.base import (
    PaymentDeclined,
    PaymentRefused,
    PaymentStatus,
    PaymentUnavailable,
)
from chalicelib.shop.saga import (
    Overtaken,
    change,
    find,
    has_failed_for_too_long,
    is_early,
    tell_staff,
    try_later,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalicelib.bootstrap import Services
    from chalicelib.domain.checkout import Checkout
    from chalicelib.domain.commands import SettlePayment

STEPS_AT_ONCE = 2
"""Of seven seconds a call at most, reading included: the function lives for 25."""
CUSTOMER_SECONDS = 20
"""How often a payment is looked at while the customer answers the bank; its webhook is faster."""
WHILE_WAITING = 30
"""Seconds at most between two tries while the customer waits."""


def settle_payment(services: Services, command: SettlePayment) -> None:
    """Do what is owed about the money."""
    checkout = find(services, command.checkout_id)
    if checkout is None:
        return
    if command.payment_id and command.payment_id != checkout.payment_id:
        _release_stray(services, checkout, command.payment_id)
        return
    for _ in range(STEPS_AT_ONCE):
        duty = payment_owed(checkout)
        # A webhook is news: what was being waited for may be there.
        if duty is None or (is_early(services, checkout, Step.PAY) and not command.payment_id):
            return
        try:
            changed = _do(services, checkout, duty)
        except Overtaken as overtaken:
            log.info("shop.overtaken", checkout=checkout.checkout_id, state=str(overtaken))
            changed = services.checkouts.get(command.checkout_id)
        if changed is None:
            return
        checkout = changed
    if payment_owed(checkout) is not None and not is_early(services, checkout, Step.PAY):
        try_later(services, checkout, Step.PAY, "the function has no time for more", cap=1)


def _do(services: Services, checkout: Checkout, duty: Duty) -> Checkout | None:
    """Do one thing about the money; None when nothing more can be done now."""
    try:
        if duty in (Duty.OPEN, Duty.AUTHORISE) and _is_too_late(services, checkout):
            return _end(services, checkout, Ending.UNPAID, "not in time")
        if has_failed_for_too_long(services, checkout, Step.PAY):
            return _give_up(services, checkout, duty)
        return STEPS[duty](services, checkout)
    except PaymentDeclined as error:
        return _end(services, checkout, Ending.DECLINED, error.code)
    except PaymentRefused as error:
        log.error("shop.payment_refused", checkout=checkout.checkout_id, reason=str(error))
        if duty in (Duty.OPEN, Duty.AUTHORISE):
            return _end(services, checkout, Ending.DECLINED, "payment_method")
        try_later(services, checkout, Step.PAY, f"{duty}: {error}")
    except PaymentUnavailable as error:
        cap = WHILE_WAITING if duty in (Duty.OPEN, Duty.AUTHORISE, Duty.CAPTURE) else 300
        reason = f"{duty}: {error}"
        try_later(services, checkout, Step.PAY, reason, at_least=error.retry_after, cap=cap)
    return None


def _is_too_late(services: Services, checkout: Checkout) -> bool:
    return services.now_ms() >= checkout.placed_ms + PAY_WITHIN_MS


def _end(services: Services, checkout: Checkout, ending: Ending, why: str) -> Checkout:
    log.info("shop.ends", checkout=checkout.checkout_id, ending=ending, why=why)
    return change(services, checkout, lambda c: c.end(ending, why), Step.PAY)


def _open(services: Services, checkout: Checkout) -> Checkout:
    attempt = checkout.tries.get(Step.PAY, 0)
    payment = services.payments.open(checkout.checkout_id, checkout.amount, attempt)
    return change(services, checkout, lambda c: c.opened(payment.id), Step.PAY)


def _authorise(services: Services, checkout: Checkout) -> Checkout | None:
    payments, id_ = services.payments, checkout.payment_id
    attempt = checkout.tries.get(Step.PAY, 0)
    payment = payments.read(id_) if attempt or checkout.action else None
    if payment is None or payment.status is PaymentStatus.NEW:
        payment = payments.authorise(id_, checkout.method, attempt)
    if payment.amount != checkout.amount:
        tell_staff(services, checkout, "amount: the payment is for another amount")
        return _end(services, checkout, Ending.PAYMENT_LOST, "amount")
    if payment.status is PaymentStatus.HELD:
        return change(services, checkout, lambda c: c.held(), Step.PAY)
    if payment.status is PaymentStatus.TAKEN:
        # By hand, at the provider's desk. The kitchen gets the order, or the money goes back.
        return change(services, checkout, lambda c: c.taken(), Step.PAY)
    if payment.status is PaymentStatus.ACTION:
        secret = payment.secret
        asked = change(services, checkout, lambda c: c.wants_action(secret), Step.PAY)
        reason = "the customer's bank asks the customer"
        try_later(services, asked, Step.PAY, reason, at_least=CUSTOMER_SECONDS, cap=1)
        return None
    return _end(services, checkout, Ending.PAYMENT_LOST, "released")


def _capture(services: Services, checkout: Checkout) -> Checkout:
    attempt = checkout.tries.get(Step.PAY, 0)
    try:
        services.payments.capture(checkout.payment_id, checkout.amount, attempt)
    except PaymentRefused as error:
        if services.payments.read(checkout.payment_id).status is not PaymentStatus.ENDED:
            raise
        tell_staff(services, checkout, f"lost: the money is not held any more: {error}")
        return _end(services, checkout, Ending.PAYMENT_LOST, "released")
    return change(services, checkout, lambda c: c.taken(), Step.PAY)


def _refund_extras(services: Services, checkout: Checkout) -> Checkout:
    attempt = checkout.tries.get(Step.PAY, 0)
    extras = Money(checkout.extras, checkout.currency)
    services.payments.refund(checkout.payment_id, extras, "no_courier", attempt)
    return change(services, checkout, lambda c: c.extras_given_back(), Step.PAY)


def _release(services: Services, checkout: Checkout) -> Checkout:
    services.payments.release(checkout.payment_id, checkout.tries.get(Step.PAY, 0))
    return change(services, checkout, lambda c: c.given_back(), Step.PAY)


STEPS: dict[Duty, Callable[[Services, Checkout], Checkout | None]] = {
    Duty.OPEN: _open,
    Duty.AUTHORISE: _authorise,
    Duty.CAPTURE: _capture,
    Duty.REFUND_EXTRAS: _refund_extras,
    Duty.RELEASE: _release,
}


def _give_up(services: Services, checkout: Checkout, duty: Duty) -> Checkout:
    tell_staff(services, checkout, f"stuck: {duty} has failed for days")
    return change(services, checkout, lambda c: c.stuck(), Step.PAY)


def _release_stray(services: Services, checkout: Checkout, payment_id: str) -> None:
    """Give back what a payment holds that is not the order's: nobody pays twice.

    By construction there is none; somebody may have made one by hand.
    """
    # What fails here brings the message back: nothing else knows of this payment.
    payment = services.payments.read(payment_id)
    if payment.status in (PaymentStatus.NEW, PaymentStatus.ENDED):
        return
    log.error("shop.stray_payment", checkout=checkout.checkout_id)
    tell_staff(services, checkout, "stray: a second payment was given back")
    services.payments.release(payment_id, 0)
