"""The courier: quoted, accepted, followed, sent away, under an id of our own.

Policy: a courier is looked for as soon as the kitchen has the order, for COURIER_WITHIN_MS. Is none
found, the customer fetches the food and gets fee and tip back, when that was ticked; else the order
is taken back at the kitchen and paid back whole. One who gives up is replaced as long as the food
is here; with the food in the bag the customer is paid back whole, and staff are told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib import log
from chalicelib.couriers.base import CourierRefused, CourierUnavailable, QuoteGone
from chalicelib.domain.checkout import COURIER_WITHIN_MS, FOLLOW_MS, Courier, Ending
from chalicelib.domain.checkout_duties import Carrying, Step, carrying_owed
from chalicelib.domain.fulfilment import Journey
from chalicelib.domain.money import Money
from chalicelib.shop.saga import Overtaken, change, find, is_early, tell_staff, try_later, wake

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalicelib.bootstrap import Services
    from chalicelib.couriers.base import Delivery
    from chalicelib.domain.checkout import Checkout
    from chalicelib.domain.commands import Dispatch

ASK_LEASE_MS = 30_000
"""Longer than the function lives: after that no call of a worker that died is under way."""
LONGEST_WAIT_SECONDS = 60
FEE_LIMIT_PER_CENT = 100
"""A courier may cost as much as the goods, or LEAST_FEE_LIMIT where those are cheap."""
LEAST_FEE_LIMIT = 2_000


def dispatch(services: Services, command: Dispatch) -> None:
    """Take in news of the courier, and do what is owed."""
    checkout = find(services, command.checkout_id)
    if checkout is None:
        return
    if command.journey is not None:
        checkout = _moved(services, checkout, command.delivery_id, command.journey)
    duty = carrying_owed(checkout)
    if duty is None or is_early(services, checkout, Step.COURIER):
        return
    try:
        STEPS[duty](services, checkout)
    except Overtaken as overtaken:
        log.info("shop.overtaken", checkout=command.checkout_id, state=str(overtaken))
    except CourierUnavailable as error:
        _later(services, checkout, str(error), error.retry_after)


def _moved(services: Services, checkout: Checkout, delivery_id: str, journey: Journey) -> Checkout:
    now_ms = services.now_ms()
    try:
        moved = change(
            services, checkout, lambda c: c.moved(delivery_id, journey, now_ms), Step.COURIER
        )
    except Overtaken:
        # Old news, or of a courier before this one.
        return services.checkouts.get(checkout.checkout_id) or checkout
    if moved.ending is Ending.COURIER_LOST:
        tell_staff(services, moved, "courier: gave up with the food in the bag")
    return moved


def _book(services: Services, checkout: Checkout) -> None:
    """Have a courier come. Whatever is lost on the way is found under the same id."""
    if services.now_ms() >= (checkout.courier_ms or checkout.placed_ms) + COURIER_WITHIN_MS:
        _not_found(services, checkout)
        return
    until_ms = services.now_ms() + ASK_LEASE_MS
    asking = change(services, checkout, lambda c: c.asking(until_ms), Step.COURIER)
    goods = Money(asking.total - asking.extras, asking.currency)
    id_, store_id = asking.delivery_id, asking.channel_store_id
    try:
        delivery = services.couriers.quote(id_, store_id, asking.person, goods)
        if delivery.journey is None:
            _check_fee(delivery, goods)
            delivery = services.couriers.accept(id_, Money(asking.tip, asking.currency))
    except QuoteGone as error:
        _later(services, asking, str(error), 0)
    except CourierRefused as error:
        # Nobody now; somebody may be free in a minute.
        _later(services, asking, str(error), None)
    else:
        moved = _moved(services, asking, id_, delivery.journey or Journey.CREATED)
        if moved.ending is not None:
            # Meanwhile nobody wants the food any more, and this function has no time for more.
            wake(services, moved, Step.COURIER)


def _check_fee(quote: Delivery, goods: Money) -> None:
    limit = max(LEAST_FEE_LIMIT, goods.amount * FEE_LIMIT_PER_CENT // 100)
    if quote.fee.amount > limit:
        raise CourierRefused(f"a courier for {quote.fee} is too dear")


def _later(services: Services, checkout: Checkout, reason: str, at_least: int | None) -> None:
    cap = LONGEST_WAIT_SECONDS
    try:
        try_later(services, checkout, Step.COURIER, reason, at_least=at_least, cap=cap)
    except Overtaken as overtaken:
        log.info("shop.overtaken", checkout=checkout.checkout_id, state=str(overtaken))


def _not_found(services: Services, checkout: Checkout) -> None:
    """Nobody was found in time; first make sure that nobody comes after all."""
    if checkout.courier is Courier.ASKED:
        if _may_be_asking(services, checkout):
            return
        found = services.couriers.find(checkout.delivery_id, checkout.currency)
        if found is not None and found.journey not in (None, Journey.CANCELLED):
            _moved(services, checkout, checkout.delivery_id, found.journey)
            return
    log.warning("shop.no_courier", checkout=checkout.checkout_id, pickup=checkout.or_pickup)
    if checkout.or_pickup:
        change(services, checkout, lambda c: c.fetched_instead(), Step.COURIER)
    else:
        change(services, checkout, lambda c: c.end(Ending.NO_COURIER), Step.COURIER)


def _may_be_asking(services: Services, checkout: Checkout) -> bool:
    """Say whether another worker may be inside a call; then look again when it cannot be."""
    now_ms = services.now_ms()
    if now_ms >= checkout.asking_ms:
        return False
    seconds = -(-(checkout.asking_ms - now_ms) // 1000)
    try_later(services, checkout, Step.COURIER, "a courier is being asked", at_least=seconds)
    return True


def _follow(services: Services, checkout: Checkout) -> None:
    """No word for long: look where the courier is."""
    found = services.couriers.find(checkout.delivery_id, checkout.currency)
    journey = Journey.CANCELLED if found is None else found.journey
    after = checkout
    if journey is not None:
        after = _moved(services, checkout, checkout.delivery_id, journey)
    if after.courier is checkout.courier and after.attempt == checkout.attempt:
        next_ms = services.now_ms() + FOLLOW_MS
        change(services, after, lambda c: c.followed(next_ms), Step.COURIER)


def _send_away(services: Services, checkout: Checkout) -> None:
    if checkout.courier is Courier.ASKED and _may_be_asking(services, checkout):
        return
    try:
        services.couriers.cancel(checkout.delivery_id)
    except CourierRefused as error:
        # The food is in the bag. It is paid back all the same; somebody may want to know.
        tell_staff(services, checkout, f"courier: cannot be stopped: {error}")
    change(services, checkout, lambda c: c.sent_away(), Step.COURIER)


STEPS: dict[Carrying, Callable[[Services, Checkout], None]] = {
    Carrying.BOOK: _book,
    Carrying.FOLLOW: _follow,
    Carrying.SEND_AWAY: _send_away,
}
