"""The customer is told how things stand: one mail per state, and never the same one twice.

A mail cannot be made to be sent once only. So it is written down as sent before it is: a crash in
between costs a mail, a lost answer does not send a second one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib import log
from chalicelib.adapters.mail import MailNotSent, MailRefused, MailUnknown
from chalicelib.domain.checkout import Ending, Message
from chalicelib.domain.checkout_duties import Step, message_owed
from chalicelib.domain.money import Money
from chalicelib.shop.saga import Overtaken, change, find, is_early, try_later

if TYPE_CHECKING:
    from chalicelib.bootstrap import Services
    from chalicelib.domain.checkout import Checkout
    from chalicelib.domain.commands import TellCustomer

WORDS: dict[str, tuple[str, str]] = {
    Message.SCHEDULED: ("We have your order", "It will be ready when you asked for it."),
    Message.ACCEPTED: ("Your order is being made", "The kitchen has it. You paid {total}."),
    Message.READY: ("Your order is ready", "You can fetch it now."),
    Message.ON_THE_WAY: ("Your order is on its way", "The courier has your food."),
    Message.DELIVERED: ("Your order was delivered", "Enjoy your meal."),
    Message.PICKUP_INSTEAD: (
        "Please fetch your order",
        "We found no courier. Your food is being made, as you wished; you get {extras} back.",
    ),
    Message.NOT_CANCELLED: (
        "Your order could not be cancelled",
        "The kitchen had finished it before we could stop it.",
    ),
    Ending.DECLINED: ("Your payment was declined", "You were not charged, and nothing is made."),
    Ending.UNPAID: (
        "Your payment did not arrive in time",
        "You were not charged, and nothing is made.",
    ),
    Ending.PAYMENT_LOST: ("Your payment failed", "You were not charged. We are sorry."),
    Ending.REFUSED: (
        "The restaurant cannot make your order",
        "You were not charged. We are sorry.",
    ),
    Ending.CANCELLED: ("Your order is cancelled", "You get back whatever you have paid."),
    Ending.KITCHEN_CANCELLED: (
        "The restaurant had to cancel your order",
        "You get back whatever you have paid. We are sorry.",
    ),
    Ending.NO_COURIER: (
        "We found no courier for your order",
        "It is cancelled, and you get back whatever you have paid. We are sorry.",
    ),
    Ending.COURIER_LOST: (
        "The courier could not deliver your order",
        "You get back whatever you have paid. We are sorry.",
    ),
}
"""Subject and text of every message."""


def tell_customer(services: Services, command: TellCustomer) -> None:
    """Tell the customer what is owed."""
    checkout = find(services, command.checkout_id)
    if checkout is None:
        return
    try:
        while (message := message_owed(checkout)) is not None:
            if is_early(services, checkout, Step.TELL):
                return
            checkout = _tell(services, checkout, message)
    except Overtaken as overtaken:
        log.info("shop.overtaken", checkout=command.checkout_id, state=str(overtaken))


def _tell(services: Services, checkout: Checkout, message: str) -> Checkout:
    claimed = change(services, checkout, lambda c: c.claim(message), Step.TELL)
    subject, text = _written(checkout, message)
    try:
        services.mail.send(checkout.email, subject, text)
    except MailNotSent as error:
        unclaimed = change(services, claimed, lambda c: c.unclaim(message), Step.TELL)
        return try_later(services, unclaimed, Step.TELL, str(error))
    except (MailRefused, MailUnknown) as error:
        log.error(
            "shop.not_told", checkout=checkout.checkout_id, message=message, reason=str(error)
        )
    else:
        log.info("shop.told", checkout=checkout.checkout_id, message=message)
    return claimed


def _written(checkout: Checkout, message: str) -> tuple[str, str]:
    subject, text = WORDS[message]
    extras = Money(checkout.extras, checkout.currency)
    words = text.format(total=checkout.amount, extras=extras)
    return subject, f"{words}\n\nYour order {checkout.checkout_id[-5:].upper()}\n"
