"""The order behind a webhook is read or fetched, mapped to the store's menu, and written down once.

Whatever is wrong with it becomes a refusal with a reason. What cannot be fetched at the moment is
written down as NOTIFIED: from then on somebody owes the partner an answer, whatever happens.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from chalicelib import log
from chalicelib.adapters.http import VendorHttpError
from chalicelib.channels.base import OrderWithdrawn, PartnerRefused, PartnerUnavailable
from chalicelib.domain.commands import Notice, NoticeKind
from chalicelib.domain.deadlines import backoff_seconds
from chalicelib.domain.duties import Duty
from chalicelib.domain.errors import (
    InvalidMoney,
    InvalidPayload,
    OrderRefused,
    RetryLater,
    VersionConflict,
)
from chalicelib.domain.fulfilment import When
from chalicelib.domain.record import OrderRecord
from chalicelib.domain.refusal import Reason, Refusal
from chalicelib.domain.states import ON_THE_WAY, State
from chalicelib.orders.outbox import relay, relay_and_settle, save
from chalicelib.orders.wakes import wake, wake_again
from chalicelib.telemetry import work
from chalicelib.telemetry.metrics import put

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from chalicelib.bootstrap import Services
    from chalicelib.domain.commands import FetchOrder, ReceiveOrder
    from chalicelib.domain.order import Order
    from chalicelib.domain.store import Store

MAX_ORDER_BYTES = 200_000
"""A stored order must fit into DynamoDB's 400 kB item together with its events."""

LONGEST_WAIT_SECONDS = 10

LATEST_MS = 366 * 86_400_000
"""Nobody orders for later. Times like the year 9999 stand for none, and no calendar gets beyond."""


class NotFetched(Exception):  # noqa: N818 - internal signal
    """The partner's API did not give the order out, for the moment."""

    def __init__(self, reason: str, retry_after: int | None = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


def new_record(services: Services, notice: Notice, received_ms: int) -> OrderRecord:
    """Return the record of an order that nobody has written down yet."""
    return OrderRecord(
        notice.channel,
        notice.channel_store_id,
        notice.order_id,
        received_ms,
        clock_ms=received_ms,
        decide_within_ms=services.channels[notice.channel].decide_within_ms,
        trace=work.traceparent(),
    )


def receive_order(services: Services, command: ReceiveOrder) -> None:
    """Write the order down once. Duplicates change nothing."""
    record = new_record(services, command.notice, command.received_ms)
    lag_ms = services.now_ms() - command.received_ms
    put(services.now_ms(), {"WebhookLag": lag_ms}, {"channel": record.channel})
    try:
        written = _read(services, record, command.notice, command.webhook)
    except NotFetched as error:
        notified = record.notify(command.webhook, services.now_ms())
        # One write for "there is an order" and "it is tried again then".
        written = replace(_put_off(services, notified, error), version=notified.version)
    try:
        saved = save(services, written, over=None)
    except VersionConflict:
        _meet_again(services, command)
        return
    _pass_on(services, saved)


def _meet_again(services: Services, command: ReceiveOrder) -> None:
    """The order is there already: a duplicate, or the crash came before it was passed on."""
    existing = services.orders.get(command.notice.key)
    if existing is None:
        raise RetryLater("the same order is being received elsewhere", 1)
    log.info("order.duplicate", order=existing.key, state=existing.state)
    if existing.version == 1:
        _pass_on(services, existing)


def fetch_order(services: Services, command: FetchOrder) -> None:
    """Try again to read an order that is NOTIFIED, until its deadline denies it."""
    record = services.orders.get(command.key)
    now_ms = services.now_ms()
    if record is None or record.state is not State.NOTIFIED or record.webhook is None:
        return
    work.about(record.key, record.trace)
    if record.next_try_ms is not None and now_ms < record.next_try_ms:
        return
    notice = notice_of(record.webhook)
    try:
        written = _read(services, record, notice, record.webhook)
    except NotFetched as error:
        if now_ms < record.decide_ms:
            written = _put_off(services, record, error)
        else:
            text = "the order could not be read in time"
            refusal = Refusal(Reason.TIMED_OUT, text, detail=str(error))
            written = record.reject(refusal, now_ms)
    try:
        saved = save(services, written, over=record)
    except VersionConflict:
        log.info("order.overtaken", order=record.key)
        return
    _pass_on(services, saved)


def notice_of(webhook: Mapping[str, Any]) -> Notice:
    """Return the notice that a webhook's event carries."""
    return Notice(
        NoticeKind(webhook["kind"]),
        webhook["channel"],
        webhook["storeId"],
        webhook["orderId"],
        webhook["eventId"],
        webhook["eventType"],
    )


def _put_off(services: Services, record: OrderRecord, error: NotFetched) -> OrderRecord:
    now_ms = services.now_ms()
    wait = backoff_seconds(record.tries + 1, LONGEST_WAIT_SECONDS, error.retry_after)
    at_ms = max(now_ms, min(now_ms + wait * 1000, record.decide_ms))
    log.warning("order.not_fetched", order=record.key, reason=str(error))
    return record.postpone(at_ms, str(error), now_ms)


def _pass_on(services: Services, record: OrderRecord) -> None:
    """Wake whoever is next. Events of an order on its way travel with its decision."""
    if record.state is State.NOTIFIED:
        wake_again(services, record, Duty.FETCH, record.next_try_ms or services.now_ms())
    elif record.state in ON_THE_WAY:
        wake(services, record, Duty.KITCHEN)
    elif record.by_partner:
        relay_and_settle(services, record)
    else:
        relay(services, record)


def _read(
    services: Services, record: OrderRecord, notice: Notice, webhook: Mapping[str, Any]
) -> OrderRecord:
    """Read, fetch and map the order; whatever is wrong with it becomes a refusal."""
    now_ms = services.now_ms()
    store = services.stores.find(notice.channel, notice.channel_store_id)
    if store is None:
        return record.reject(Refusal(Reason.UNKNOWN_STORE, "this store is not connected"), now_ms)
    if now_ms >= record.decide_ms:
        refusal = Refusal(Reason.TIMED_OUT, "the order was not read in time")
        return record.reject(refusal, now_ms, store=store)
    try:
        order = _mapped_order(services, notice, webhook, store, record.received_ms)
    except OrderWithdrawn:
        return record.cancel(now_ms)
    except OrderRefused as error:
        return record.reject(error.refusal, now_ms, store=store)
    except InvalidMoney as error:
        refusal = Refusal(Reason.PRICING, f"Pricing Mismatch - {error}")
        return record.reject(refusal, now_ms, store=store)
    except InvalidPayload as error:
        return record.reject(Refusal(Reason.INVALID_ORDER, str(error)), now_ms, store=store)
    except PartnerUnavailable as error:
        raise NotFetched(f"{notice.channel}: {error}", error.retry_after) from error
    except (PartnerRefused, VendorHttpError) as error:
        # Also for "not found": the webhook may be faster than the partner's own database.
        raise NotFetched(f"{notice.channel}: {error}") from error
    kitchen_ms = order.timing.kitchen_ms(store.prep_minutes, now_ms)
    if kitchen_ms is not None:
        return record.hold(order, store, kitchen_ms, now_ms)
    return record.receive(order, store, now_ms)


def _mapped_order(
    services: Services,
    notice: Notice,
    webhook: Mapping[str, Any],
    store: Store,
    received_ms: int,
) -> Order:
    channel = services.channels[notice.channel]
    payload = channel.order_payload(notice, body_of(services, webhook))
    order = channel.to_order(notice, payload, store.currency)
    if {amount.currency for amount in order.amounts()} != {store.currency}:
        raise OrderRefused(Refusal(Reason.PRICING, "the order is not in the store's currency"))
    if below := order.below_zero():
        what, which = below
        text = f"Pricing Mismatch - {what} costs less than nothing"
        raise OrderRefused(Refusal(Reason.PRICING, text, tuple(which)))
    if not store.tolerates(order.drift, order.lines_total):
        text = f"Pricing Mismatch - the items cost {order.lines_total}, not {order.subtotal}"
        raise OrderRefused(Refusal(Reason.PRICING, text))
    capabilities = services.points_of_sale[store.pos].capabilities
    if order.person is not None and not capabilities.delivery_address:
        text = "a delivery address cannot reach the kitchen"
        raise OrderRefused(Refusal(Reason.ADDRESS, text))
    order, missing = order.mapped(services.stores.pos_ids(store, order.item_ids()))
    if missing:
        text = "items that the store's menu does not have"
        raise OrderRefused(Refusal(Reason.UNMAPPED_ITEM, text, tuple(missing)))
    _check_can_be_had(services, order, store, received_ms)
    if len(json.dumps(order.to_dict())) > MAX_ORDER_BYTES:
        raise OrderRefused(Refusal(Reason.TOO_LARGE, "the order is too large"))
    if notice.channel in store.release_on_courier and order.timing.when is When.NOW:
        order = replace(order, timing=replace(order.timing, when=When.ON_RELEASE))
    return order


def _check_can_be_had(services: Services, order: Order, store: Store, received_ms: int) -> None:
    """Refuse what the store cannot make then: when it came in, or when it is wanted.

    An order that came in before the store closed is one, however long its fetching takes.
    """
    timing, when_ms = order.timing, received_ms
    wanted_ms = timing.begin_ms if timing.ready_ms is None else timing.ready_ms
    if timing.when is When.SCHEDULED and wanted_ms is not None:
        when_ms = max(wanted_ms, received_ms)
    if when_ms - received_ms > LATEST_MS:
        raise OrderRefused(Refusal(Reason.INVALID_ORDER, "the order is for a day too far away"))
    if not store.is_open(when_ms):
        raise OrderRefused(Refusal(Reason.STORE_CLOSED, "the restaurant is closed then"))
    stock, made_ms = services.stock.of_store(store.store_id), max(when_ms, services.now_ms())
    off = {id_ for id_, item in stock.items() if item.is_off(made_ms)}
    if missing := order.parts_among(off):
        raise OrderRefused(Refusal(Reason.OUT_OF_STOCK, "sold out", tuple(missing)))


def body_of(services: Services, webhook: Mapping[str, Any]) -> bytes:
    """Return a webhook's body from wherever it is."""
    file = webhook.get("bodyFile")
    return services.files.read(file) if file else str(webhook.get("body", "")).encode()
