"""The order goes the way of every partner's order to the kitchen, and is taken back on that way.

Our shop is a channel like the others (channels/shop.py): the kitchen's decision comes back through
its answers. An order that has been quiet for too long is looked at in its own record.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib import log
from chalicelib.domain.checkout import LOOK_MS, SHOP, Kitchen
from chalicelib.domain.checkout_duties import Placing, Step, placing_owed
from chalicelib.domain.commands import Notice, NoticeKind
from chalicelib.domain.states import PRINTED, State
from chalicelib.ingest.webhooks import webhook_event
from chalicelib.shop import kitchen
from chalicelib.shop.saga import Overtaken, change, find, is_early

if TYPE_CHECKING:
    from chalicelib.bootstrap import Services
    from chalicelib.domain.checkout import Checkout
    from chalicelib.domain.commands import PlaceOrder
    from chalicelib.domain.record import OrderRecord


def place_order(services: Services, command: PlaceOrder) -> None:
    """Do what is owed about the kitchen's order."""
    checkout = find(services, command.checkout_id)
    if checkout is None:
        return
    duty = placing_owed(checkout)
    if duty is None or is_early(services, checkout, Step.PLACE):
        return
    try:
        if duty is Placing.ASK:
            # Written before it happens: from here on a cancellation goes to the kitchen, too.
            checkout = change(services, checkout, lambda c: c.asked(), Step.PLACE)
            _pass_on(services, checkout)
        elif duty is Placing.PASS_ON:
            _pass_on(services, checkout)
        elif duty is Placing.WITHDRAW:
            _withdraw(services, checkout)
        else:
            _look(services, checkout)
    except Overtaken as overtaken:
        log.info("shop.overtaken", checkout=command.checkout_id, state=str(overtaken))


def _pass_on(services: Services, checkout: Checkout) -> None:
    _publish(services, checkout, NoticeKind.ORDER)
    now_ms = services.now_ms()
    change(services, checkout, lambda c: c.was_passed_on(now_ms), Step.PLACE)


def _withdraw(services: Services, checkout: Checkout) -> None:
    """Take the order back, until its record says that it is out, or too late."""
    record = services.orders.get(checkout.order_key)
    if record is not None and record.state is State.COMPLETED:
        log.warning("shop.too_late", checkout=checkout.checkout_id, ending=checkout.ending)
        change(services, checkout, lambda c: c.unstopped(), Step.PLACE)
        return
    if record is not None and record.state in (State.CANCELLED, State.REJECTED):
        _follow(services, checkout, record)
        return
    _publish(services, checkout, NoticeKind.CANCELLATION)
    _wait(services, checkout)


def _look(services: Services, checkout: Checkout) -> None:
    """Without an answer for long: see what became of the order."""
    record = services.orders.get(checkout.order_key)
    if record is None:
        _publish(services, checkout, NoticeKind.ORDER)
        _wait(services, checkout)
    elif not _follow(services, checkout, record):
        _wait(services, checkout)


def _follow(services: Services, checkout: Checkout, record: OrderRecord) -> bool:
    """Take the kitchen's decision from the record; False while there is none."""
    if record.state in (State.CANCELLED, State.REJECTED):
        kitchen.is_out(services, record)
    elif record.state in PRINTED:
        kitchen.has_ticket(services, record, services.now_ms())
    elif record.state is State.HELD and checkout.kitchen is Kitchen.ASKED:
        kitchen.holds(services, record, record.next_try_ms or services.now_ms())
    else:
        return False
    return True


def _wait(services: Services, checkout: Checkout) -> None:
    next_ms = services.now_ms() + LOOK_MS
    change(services, checkout, lambda c: c.looked(next_ms), Step.PLACE)


def _publish(services: Services, checkout: Checkout, kind: NoticeKind) -> None:
    id_ = checkout.checkout_id
    notice = Notice(kind, SHOP, checkout.channel_store_id, id_, f"{id_}:{kind}", str(kind))
    # Thin: the order is fetched from the checkout, which may have ended by then.
    services.bus.publish([webhook_event(services, notice, b"", services.now_ms())])
    log.info("shop.published", checkout=id_, kind=kind)
