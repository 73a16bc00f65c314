"""Which command each event becomes, and which function carries out each command."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalicelib.domain.commands import (
    AnswerPartner,
    CancelOrder,
    Command,
    Dispatch,
    FetchOrder,
    ImportMenu,
    KeepTokens,
    MeasureTokens,
    NoteEdit,
    NoteMenuResult,
    NotePosChange,
    NoteStock,
    PlaceOrder,
    PollPartner,
    PollPartners,
    PublishMenu,
    PublishMenus,
    ReceiveOrder,
    ReconcileStore,
    ReconcileStores,
    ReleaseOrder,
    SetStoreOpen,
    SettlePayment,
    SubmitOrder,
    SweepDeadlines,
    TakeInUnpublished,
    TellCustomer,
    TellStaff,
    TellStock,
    TellStockAgain,
    VerifyWebhook,
)
from chalicelib.ingest.inbound import (
    poll_partner,
    poll_partners,
    take_in_unpublished,
    verify_webhook,
)
from chalicelib.orders.answer import answer_partner
from chalicelib.orders.changes import cancel_order, note_edit, note_pos_change, release_order
from chalicelib.orders.receive import fetch_order, notice_of, receive_order
from chalicelib.orders.submit import submit_order
from chalicelib.orders.sweep import sweep_deadlines
from chalicelib.reconciliation.night import reconcile_store, reconcile_stores
from chalicelib.sellers.keep import keep_tokens
from chalicelib.shop.dispatch import dispatch
from chalicelib.shop.pay import settle_payment
from chalicelib.shop.place import place_order
from chalicelib.shop.tell import tell_customer
from chalicelib.staff import tell_staff
from chalicelib.stores.menus import import_menu
from chalicelib.stores.pauses import set_store_open
from chalicelib.stores.publishing import (
    note_menu_result,
    publish_menu,
    publish_menus,
    tell_stock_again,
)
from chalicelib.stores.stock import note_stock
from chalicelib.stores.telling import tell_stock
from chalicelib.telemetry.tokens import measure_tokens

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalicelib.bootstrap import Services
    from chalicelib.domain.events import Event

HANDLERS: dict[type, Callable[[Services, Any], None]] = {
    ReceiveOrder: receive_order,
    VerifyWebhook: verify_webhook,
    FetchOrder: fetch_order,
    CancelOrder: cancel_order,
    ReleaseOrder: release_order,
    NoteEdit: note_edit,
    SubmitOrder: submit_order,
    AnswerPartner: answer_partner,
    SetStoreOpen: set_store_open,
    ImportMenu: import_menu,
    SweepDeadlines: sweep_deadlines,
    PollPartner: poll_partner,
    PollPartners: poll_partners,
    MeasureTokens: measure_tokens,
    TakeInUnpublished: take_in_unpublished,
    NotePosChange: note_pos_change,
    NoteStock: note_stock,
    TellStock: tell_stock,
    TellStockAgain: tell_stock_again,
    PublishMenus: publish_menus,
    PublishMenu: publish_menu,
    NoteMenuResult: note_menu_result,
    KeepTokens: keep_tokens,
    ReconcileStores: reconcile_stores,
    ReconcileStore: reconcile_store,
    TellStaff: tell_staff,
    SettlePayment: settle_payment,
    PlaceOrder: place_order,
    Dispatch: dispatch,
    TellCustomer: tell_customer,
}


def handle(services: Services, command: Command) -> None:
    """Carry out any command."""
    HANDLERS[type(command)](services, command)


def _receive(event: Event) -> Command:
    return ReceiveOrder(notice_of(event.data), event.time_ms, event.data)


def _verify(event: Event) -> Command:
    data = event.data
    return VerifyWebhook(data["channel"], data["headers"], data, event.time_ms)


def _cancel(event: Event) -> Command:
    return CancelOrder(notice_of(event.data), event.time_ms)


def _release(event: Event) -> Command:
    return ReleaseOrder(notice_of(event.data), event.time_ms)


def _edit(event: Event) -> Command:
    return NoteEdit(notice_of(event.data), event.time_ms)


def _menu_processed(event: Event) -> Command:
    return NoteMenuResult(notice_of(event.data), event.data)


def _menu_imported(event: Event) -> Command:
    return PublishMenus(event.data["storeId"])


def _menu_published(event: Event) -> Command:
    return TellStockAgain(event.data["storeId"], event.data["channel"])


def _answer(event: Event) -> Command:
    return AnswerPartner(event.subject, event.id)


def _set_open(event: Event) -> Command:
    return SetStoreOpen(event.subject, event.data["channels"], event.time_ms)


def _tell(event: Event) -> Command:
    refusal = event.data.get("refusal") or {}
    reason = refusal.get("detail") or refusal.get("text") or event.data.get("why")
    reason = reason or event.data.get("from") or ""
    return TellStaff(event.id, event.type, event.subject, event.time_ms, str(reason))


def _ticket_changed(event: Event) -> Command:
    data = event.data
    state = None if data["state"] == "ask" else data["state"]
    where = (data["posOrderId"], data.get("locationId", ""), data.get("sellerId", ""))
    return NotePosChange(data["vendor"], *where, state, data.get("reference", ""))


COMMANDS: dict[str, dict[str, Callable[[Event], Command]]] = {
    "inbound": {
        "channel.order.notified": _receive,
        "channel.order.scheduled": _receive,
        "channel.order.cancelled": _cancel,
        "channel.order.released": _release,
        "channel.order.edited": _edit,
        "channel.menu.processed": _menu_processed,
        "channel.webhook.unverified": _verify,
    },
    "pos_events": {"pos.order.changed": _ticket_changed},
    "callbacks": {
        "order.accepted": _answer,
        "order.held": _answer,
        "order.ready": _answer,
        "order.rejected": _answer,
        "order.cancelled": _answer,
        "store.offline": _set_open,
        "store.online": _set_open,
        "menu.imported": _menu_imported,
        "menu.published": _menu_published,
    },
    "notifications": {
        "order.rejected": _tell,
        "order.cancelled": _tell,
        "order.edited": _tell,
        "order.voided": _tell,
        "order.void_failed": _tell,
        "order.callback_refused": _tell,
        "order.unreadable": _tell,
        "order.unsettled": _tell,
        "menu.rejected": _tell,
        "menu.not_published": _tell,
        "item.not_told": _tell,
        "item.reported": _tell,
        "settlement.finished": _tell,
        "settlement.unreadable": _tell,
        "store.offline": _tell,
        "store.differs": _tell,
        "seller.disconnected": _tell,
        "seller.expiring": _tell,
    },
}
"""Which command each event becomes, per queue. The filters in .chalice/resources.json let in
exactly these event types; tests hold the two together."""
