"""One function per command. The tables at the end say what leads to what."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from chalicelib import log
from chalicelib.adapters.http import VendorHttpError
from chalicelib.channels.base import (
    OrderWithdrawn,
    PartnerRefused,
    PartnerUnavailable,
    read_json_object,
)
from chalicelib.domain.commands import (
    AnswerPartner,
    CancelOrder,
    Command,
    ImportMenu,
    NotePosChange,
    Notice,
    NoticeKind,
    ReceiveOrder,
    SubmitOrder,
    SweepDeadlines,
    TellStaff,
)
from chalicelib.domain.deadlines import may_call_pos
from chalicelib.domain.errors import (
    InvalidMoney,
    InvalidPayload,
    OrderRefused,
    RetryLater,
    VersionConflict,
)
from chalicelib.domain.events import Event, event_id, iso
from chalicelib.domain.record import OrderRecord
from chalicelib.domain.refusal import Reason, Refusal
from chalicelib.domain.states import State
from chalicelib.domain.store import Menu, read_menu
from chalicelib.outbox import relay, relay_and_settle
from chalicelib.pos.base import (
    PosNotice,
    PosOutcomeUnknown,
    PosRefused,
    PosUnavailable,
    TicketState,
)
from chalicelib.submission import submit_order
from chalicelib.sweep import sweep_deadlines

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalicelib.bootstrap import Services
    from chalicelib.channels.base import Channel
    from chalicelib.domain.order import Order
    from chalicelib.domain.store import Store

MAX_ORDER_BYTES = 200_000
"""A stored order must fit into DynamoDB's 400 kB item together with its events."""


def receive_order(services: Services, command: ReceiveOrder) -> None:
    """Write the order down once, as received or as refused. Duplicates change nothing."""
    key = command.notice.key
    existing = services.orders.get(key)
    if existing is None:
        try:
            existing = services.orders.save(_first_version(services, command))
        except VersionConflict:
            raise RetryLater("the same order is being received elsewhere", 1) from None
    else:
        log.info("order.duplicate", order=key, state=existing.state)
    if existing.version == 1:
        # New, or its first delivery crashed before publishing (or has not finished yet).
        relay(services, existing)


def cancel_order(services: Services, command: CancelOrder) -> None:
    """Stop the order wherever it is; remember the cancellation if it came before the order.

    A ticket that is already printed is not taken back here (Square's capability `cancel` is
    off): the event names the state the order was in, and staff are told.
    """
    notice = command.notice
    record = services.orders.get(notice.key)
    if record is not None and record.state in (State.REJECTED, State.COMPLETED):
        log.info("order.cancel_ignored", order=notice.key, state=record.state)
        return
    if record is None or record.state is not State.CANCELLED:
        record = record or _new_record(notice, command.received_ms)
        record = services.orders.save(record.cancel(services.now_ms()))
    if record.outbox:
        relay_and_settle(services, record)


def answer_partner(services: Services, command: AnswerPartner) -> None:
    """Tell the partner what was decided, once."""
    record = services.orders.get(command.key)
    if record is None or not record.awaits_answer:
        log.info("callback.not_needed", order=command.key)
        return
    channel = services.channels[record.channel]
    now_ms = services.now_ms()
    try:
        if now_ms - record.received_ms > channel.give_up_ms:
            raise PartnerRefused("too late: the partner has decided without us")
        answered = _answer(channel, record, now_ms)
    except (PartnerUnavailable, VendorHttpError) as error:
        # Saying the same answer twice does no harm, so every kind of failure is retried.
        retry_after = error.retry_after if isinstance(error, PartnerUnavailable) else None
        raise RetryLater(f"{record.channel}: {error}", retry_after) from error
    except PartnerRefused as error:
        log.error("callback.refused", order=record.key, reason=str(error))
        record = services.orders.save(record.answer_failed("refused", str(error), now_ms))
        relay_and_settle(services, record)
    else:
        services.orders.save(record.settled(answered))
        log.info(f"callback.{answered}", order=record.key, after_ms=now_ms - record.received_ms)


def import_menu(services: Services, command: ImportMenu) -> None:
    """Replace a store's menu by a file, whole or not at all."""
    content = services.files.read(command.file_key)
    version = hashlib.sha256(content).hexdigest()[:16]
    try:
        menu = read_menu(read_json_object(content), version)
        _check_known(services, menu)
    except InvalidPayload as error:
        log.error("menu.rejected", file=command.file_key, reason=str(error))
        _publish_menu(services, "menu.rejected", command, version, {"why": str(error)})
        return
    if not services.stores.replace_menu(menu, command.sequencer):
        log.warning("menu.outdated", file=command.file_key)
        return
    data = {"storeId": menu.store.store_id, "items": len(menu.items)}
    _publish_menu(services, "menu.imported", command, version, data)
    log.info("menu.imported", file=command.file_key, items=len(menu.items))


def note_pos_change(services: Services, command: NotePosChange) -> None:
    """Follow what happens to a ticket after it was printed."""
    if command.state not in (TicketState.COMPLETED, TicketState.VOIDED):
        log.info("pos_change.ignored", vendor=command.vendor, state=command.state)
        return
    state = TicketState(command.state)
    notice = PosNotice("", "", command.pos_order_id, state, command.location_id)
    try:
        key = services.points_of_sale[command.vendor].order_key_of(notice)
    except PosRefused as error:
        log.warning("pos_change.unreadable", vendor=command.vendor, reason=str(error))
        return
    except (PosUnavailable, PosOutcomeUnknown) as error:
        raise RetryLater(str(error)) from error
    record = services.orders.get(key) if key else None
    if record is None:
        log.info("pos_change.not_ours", vendor=command.vendor)
    elif record.undecided or record.awaits_answer:
        raise RetryLater(f"{record.key} is not decided yet")
    elif state is TicketState.COMPLETED and record.state is State.ACCEPTED:
        done = services.orders.save(record.complete(services.now_ms()))
        relay_and_settle(services, done)
    elif state is TicketState.VOIDED and record.state is State.ACCEPTED:
        type_, data = "order.pos_cancelled", {"posOrderId": command.pos_order_id}
        id_ = event_id(record.key, type_)
        services.bus.publish([Event(id_, type_, record.key, services.now_ms(), data)])
        log.warning(type_, order=record.key)


def tell_staff(services: Services, command: TellStaff) -> None:
    """Keep a note where people look: one small file per occurrence."""
    at = iso(command.time_ms)
    note = {
        "type": command.event_type,
        "subject": command.subject,
        "time": at,
        "reason": command.reason,
    }
    services.files.write(f"alerts/{at[:10]}/{command.event_id}.json", json.dumps(note).encode())
    log.warning("staff.told", type=command.event_type, subject=command.subject)


def handle(services: Services, command: Command) -> None:
    """Carry out any command."""
    HANDLERS[type(command)](services, command)


def _new_record(notice: Notice, received_ms: int) -> OrderRecord:
    return OrderRecord(notice.channel, notice.channel_store_id, notice.order_id, received_ms)


def _first_version(services: Services, command: ReceiveOrder) -> OrderRecord:
    """Read, fetch and map the order; whatever is wrong with it becomes a refusal with a reason."""
    notice, now_ms = command.notice, services.now_ms()
    record = _new_record(notice, command.received_ms)
    store = services.stores.find(notice.channel, notice.channel_store_id)
    if store is None:
        return record.reject(Refusal(Reason.UNKNOWN_STORE, "this store is not connected"), now_ms)
    if not may_call_pos(command.received_ms, now_ms):
        refusal = Refusal(Reason.TIMED_OUT, "the order was not read in time")
        return record.reject(refusal, now_ms, store=store)
    try:
        order = _mapped_order(services, command, store)
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
        raise RetryLater(f"{notice.channel}: {error}", error.retry_after) from error
    except (PartnerRefused, VendorHttpError) as error:
        # Also for "not found": the webhook may be faster than the partner's own database.
        raise RetryLater(f"{notice.channel}: {error}") from error
    return record.receive(order, store, now_ms)


def _mapped_order(services: Services, command: ReceiveOrder, store: Store) -> Order:
    channel = services.channels[command.notice.channel]
    payload = channel.order_payload(command.notice, command.body)
    order = channel.to_order(command.notice, payload, store.currency)
    if order.lines_total.currency != store.currency or order.subtotal.currency != store.currency:
        raise OrderRefused(Refusal(Reason.PRICING, "the order is not in the store's currency"))
    order, missing = order.mapped(services.stores.pos_ids(store, order.item_ids()))
    if missing:
        text = "items that the store's menu does not have"
        raise OrderRefused(Refusal(Reason.UNMAPPED_ITEM, text, tuple(missing)))
    if len(json.dumps(order.to_dict())) > MAX_ORDER_BYTES:
        raise InvalidPayload("the order is too large")
    return order


def _answer(channel: Channel, record: OrderRecord, now_ms: int) -> str:
    if record.state is State.REJECTED:
        channel.deny(record)
        return "denied"
    assert record.store is not None, "an accepted order has a store"
    channel.accept(record, ready_ms=now_ms + record.store.prep_minutes * 60_000)
    return "accepted"


def _check_known(services: Services, menu: Menu) -> None:
    if menu.store.pos not in services.points_of_sale:
        raise InvalidPayload("the menu names an unknown point of sale")
    if unknown := set(menu.channels) - set(services.channels):
        raise InvalidPayload(f"the menu names unknown channels: {', '.join(sorted(unknown))}")


def _publish_menu(
    services: Services, type_: str, command: ImportMenu, version: str, data: dict[str, Any]
) -> None:
    id_ = event_id(type_, command.file_key, version, command.sequencer)
    services.bus.publish([Event(id_, type_, command.file_key, services.now_ms(), data)])


HANDLERS: dict[type, Callable[[Services, Any], None]] = {
    ReceiveOrder: receive_order,
    CancelOrder: cancel_order,
    SubmitOrder: submit_order,
    AnswerPartner: answer_partner,
    ImportMenu: import_menu,
    SweepDeadlines: sweep_deadlines,
    NotePosChange: note_pos_change,
    TellStaff: tell_staff,
}


def _notice(event: Event) -> Notice:
    data = event.data
    return Notice(
        NoticeKind(event.type),
        data["channel"],
        data["storeId"],
        data["orderId"],
        data["eventId"],
        data["eventType"],
    )


def receive_order_of(services: Services, event: Event) -> Command:
    """Return the command behind a new order's webhook, with its body from wherever it is."""
    file = event.data.get("bodyFile")
    body = services.files.read(file) if file else event.data["body"].encode()
    return ReceiveOrder(_notice(event), event.time_ms, body)


def cancel_order_of(_services: Services, event: Event) -> Command:
    """Return the command behind a cancellation's webhook."""
    return CancelOrder(_notice(event), event.time_ms)


def answer_partner_of(_services: Services, event: Event) -> Command:
    """Return the command that a decision leads to."""
    return AnswerPartner(event.subject)


def tell_staff_of(_services: Services, event: Event) -> Command:
    """Return the command that something unusual leads to."""
    refusal = event.data.get("refusal") or {}
    reason = str(
        refusal.get("detail")
        or refusal.get("text")
        or event.data.get("why")
        or event.data.get("from")
        or ""
    )
    return TellStaff(event.id, event.type, event.subject, event.time_ms, reason)


COMMANDS: dict[str, dict[str, Callable[[Services, Event], Command]]] = {
    "inbound": {
        "channel.order.notified": receive_order_of,
        "channel.order.scheduled": receive_order_of,
        "channel.order.cancelled": cancel_order_of,
    },
    "callbacks": {
        "order.accepted": answer_partner_of,
        "order.rejected": answer_partner_of,
    },
    "notifications": {
        "order.rejected": tell_staff_of,
        "order.cancelled": tell_staff_of,
        "order.pos_unknown": tell_staff_of,
        "order.pos_cancelled": tell_staff_of,
        "order.ticket_orphaned": tell_staff_of,
        "order.callback_refused": tell_staff_of,
        "menu.rejected": tell_staff_of,
    },
}
"""Which command each event becomes, per queue. The filters in .chalice/resources.json let in
exactly these event types; tests hold the two together."""
